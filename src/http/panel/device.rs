//! Letting a command-line tool in: the code it shows, then what it would be able to do, and yes or no. The tool's side is
//! `http/oauth/device`.

use askama::Template;
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;

use crate::authz::{Grant, Own, PermissionSet, SessionUser, perm};
use crate::device::{self, TOKEN_LIFETIME};
use crate::error::Result;
use crate::http::access::{Can, Member, SignedIn};
use crate::http::answer::SeeOther;
use crate::http::extract::{Form, Path, Query, form_token};
use crate::http::panel::parts::form::{self, FormErrors, Rejected};
use crate::http::panel::parts::frame::path_of;
use crate::http::panel::parts::notice::Notice;
use crate::http::panel::parts::shown::Moment;
use crate::http::panel::parts::view::{Look, View};
use crate::http::panel::{Icon, page};
use crate::http::routes::{Area, Routes};
use crate::ids::DeviceRequestId;

pub(super) fn routes() -> Routes {
    Routes::new(Area::Panel)
        .get("/device", "Ask for the code of a command-line tool", ask)
        .post("/device", "Enter the code of a command-line tool", enter)
        .get("/t/{tenant}/device/{device}", "What a command-line tool would be able to do", show)
        .post("/t/{tenant}/device/{device}/approve", "Let a command-line tool in", approve)
        .post("/t/{tenant}/device/{device}/decline", "Turn a command-line tool away", decline)
}

#[derive(Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct Given {
    /// The code, in the address that a tool opens or shows as a picture.
    user_code: Option<String>,
    /// What was just done.
    done: Option<String>,
}

#[derive(Debug, Template)]
#[template(path = "pages/device.html")]
pub(super) struct CodePage {
    pub(super) look: Look,
    pub(super) form_token: String,
    pub(super) user_code: String,
    pub(super) notice: Option<&'static str>,
    pub(super) errors: FormErrors,
}

#[derive(Debug, Template)]
#[template(path = "pages/device_tool.html")]
pub(super) struct ToolPage {
    pub(super) look: Look,
    pub(super) form_token: String,
    /// The path of this page.
    pub(super) path: String,
    pub(super) tool: String,
    pub(super) tenant: String,
    /// Who would let it in.
    pub(super) name: String,
    pub(super) asked_from: String,
    pub(super) asked: Moment,
    /// When its token would end.
    pub(super) ends: Moment,
    /// What it would be able to do: permission and sentence.
    pub(super) given: Vec<(String, String)>,
    /// What it asked for besides, which the reader does not hold.
    pub(super) not_given: Vec<(String, String)>,
    /// Whether the reader may let tools in here.
    pub(super) may: bool,
    pub(super) errors: FormErrors,
}

impl ToolPage {
    /// The scopes the reader is shown, as the form sends them back.
    fn shown(&self) -> String {
        self.given.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(" ")
    }
}

async fn ask(SignedIn(person): SignedIn, app: View, Query(given): Query<Given>) -> Result<Response> {
    let code: String = given.user_code.unwrap_or_default().chars().take(20).collect();
    Ok(page(&CodePage {
        notice: Notice::text(given.done.as_deref()),
        ..code_page(&app, &person, code, None)
    }))
}

async fn enter(SignedIn(person): SignedIn, app: View, form: Form) -> Result<Response> {
    form.only(&["user_code"])?;
    let typed = form.text("user_code")?;
    match device::enter(app.device(), &person, typed).await {
        Ok(found) => Ok(SeeOther(format!("/t/{}/device/{}", found.tenant, found.id)).into_response()),
        Err(error) => {
            let rejected = Rejected::from(error, &["user_code"])?;
            Ok(rejected.answer(page(&code_page(&app, &person, typed.to_owned(), Some(&rejected)))))
        }
    }
}

fn code_page(app: &View, person: &SessionUser, user_code: String, rejected: Option<&Rejected>) -> CodePage {
    CodePage {
        look: app.look(),
        form_token: form_token(app, person.session),
        user_code,
        notice: None,
        errors: form::errors(rejected),
    }
}

async fn show(Member(grant): Member, app: View, Path(id): Path<DeviceRequestId>) -> Result<Response> {
    // Asked for here, so that nobody reads it all and is then sent away.
    grant.principal().require_fresh(app.database.clock().now())?;
    Ok(page(&tool_page(&app, &grant, id, None).await?))
}

async fn approve(
    who: Can<perm::TokensCreate>,
    app: View,
    Path(id): Path<DeviceRequestId>,
    form: Form,
) -> Result<Response> {
    form.only(&["scopes"])?;
    match device::approve(app.device(), who.grant(), id, form.text("scopes")?).await {
        Ok(_) => Ok(Notice::ToolLetIn.at("/device").into_response()),
        Err(error) => {
            let rejected = Rejected::from(error, &[])?;
            let grant = app.authz.also::<Own, _>(who.grant()).await?;
            Ok(rejected.answer(page(&tool_page(&app, &grant, id, Some(&rejected)).await?)))
        }
    }
}

async fn decline(
    Member(grant): Member,
    app: View,
    Path(id): Path<DeviceRequestId>,
    form: Form,
) -> Result<Response> {
    form.only(&[])?;
    device::decline(app.device(), &grant, id).await?;
    Ok(Notice::ToolTurnedAway.at("/device").into_response())
}

async fn tool_page(
    app: &View,
    grant: &Grant<Own>,
    id: DeviceRequestId,
    rejected: Option<&Rejected>,
) -> Result<ToolPage> {
    let waiting = device::find(app.device(), grant, id).await?;
    let (person, now) = (grant.person()?, app.database.clock().now());
    let sentences = |set: PermissionSet| {
        let infos = set.iter().map(|id| app.authz.catalogue().info(id));
        infos.map(|info| (info.name.clone(), info.description.clone())).collect()
    };
    Ok(ToolPage {
        look: app.look(),
        form_token: form_token(app, person.session),
        path: format!("{}/device/{id}", path_of(grant)),
        tool: waiting.tool,
        tenant: grant.policy().name.clone(),
        name: person.user.name.clone(),
        asked_from: waiting.asked_from,
        asked: Moment::new(waiting.created_at, now),
        ends: Moment::new(now + TOKEN_LIFETIME, now),
        given: sentences(waiting.given),
        not_given: sentences(waiting.not_given),
        may: grant.can::<perm::TokensCreate>(),
        errors: form::errors(rejected),
    })
}
