//! One person's account from outside: where they are members; disabling and enabling them, each in two steps.

use askama::Template;
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;

use super::people::AccountRow;
use super::reason::ReasonPage;
use crate::authz::platform::{PlatformGrant, perm};
use crate::error::Result;
use crate::http::access::Operator;
use crate::http::extract::{Form, Path, Query};
use crate::http::panel::parts::confirm::Confirm;
use crate::http::panel::parts::form::{FormErrors, Rejected};
use crate::http::panel::parts::frame::{Frame, Section};
use crate::http::panel::parts::notice::Notice;
use crate::http::panel::parts::shown::{Avatar, Moment};
use crate::http::panel::parts::view::View;
use crate::http::panel::{Icon, page};
use crate::http::routes::{Area, Routes};
use crate::ids::UserId;
use crate::operators::{self, PersonDetail, Reason};

pub(super) fn routes() -> Routes {
    Routes::new(Area::Panel)
        .get("/operator/users/{user}", "Anyone's account, from outside", show)
        .get("/operator/users/{user}/disable", "Ask before a person is disabled", ask_disable)
        .post("/operator/users/{user}/disable", "Disable a person", disable)
        .get("/operator/users/{user}/enable", "Ask before a person is enabled", ask_enable)
        .post("/operator/users/{user}/enable", "Enable a disabled person", enable)
}

#[derive(Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct Shown {
    /// What was just done.
    done: Option<String>,
}

#[derive(Debug, Template)]
#[template(path = "pages/operator_person.html")]
pub(in crate::http::panel) struct AccountDetailPage {
    pub(in crate::http::panel) frame: Frame,
    pub(in crate::http::panel) person: AccountRow,
    /// Since when they are disabled, and why.
    pub(in crate::http::panel) disabled: Option<(Moment, String)>,
    pub(in crate::http::panel) memberships: Vec<Place>,
    pub(in crate::http::panel) may_disable: bool,
}

impl AccountDetailPage {
    /// The tenants that would be, or are, without an owner who may sign in.
    fn owned_alone(&self) -> impl Iterator<Item = &Place> {
        self.memberships.iter().filter(|place| place.owned_alone)
    }
}

/// A tenant someone is in.
#[derive(Debug, Clone)]
pub(in crate::http::panel) struct Place {
    pub(in crate::http::panel) path: String,
    pub(in crate::http::panel) name: String,
    pub(in crate::http::panel) slug: String,
    pub(in crate::http::panel) avatar: Avatar,
    pub(in crate::http::panel) suspended: bool,
    pub(in crate::http::panel) owned_alone: bool,
    pub(in crate::http::panel) joined: Moment,
}

async fn show(
    who: Operator<perm::UsersRead>,
    app: View,
    Path(user): Path<UserId>,
    Query(query): Query<Shown>,
) -> Result<Response> {
    let detail = operators::show_person(&app.database, who.grant(), user).await?;
    let now = app.database.clock().now();
    let place = |membership: &operators::Membership| Place {
        path: format!("/operator/tenants/{}", membership.tenant.id),
        name: membership.tenant.name.clone(),
        slug: membership.tenant.slug.clone(),
        avatar: Avatar::new(membership.tenant.id.uuid(), &membership.tenant.name, None),
        suspended: membership.suspended,
        owned_alone: detail.sole_owner_of.contains(&membership.tenant),
        joined: Moment::new(membership.joined_at, now),
    };
    let person = &detail.person;
    let frame = Frame::operating(&app, who.grant(), Section::Everyone).await?;
    Ok(page(&AccountDetailPage {
        frame: frame.telling(query.done.as_deref()),
        disabled: person
            .disabled_at
            .map(|at| (Moment::new(at, now), person.disabled_reason.clone().unwrap_or_default())),
        memberships: detail.memberships.iter().map(place).collect(),
        person: AccountRow::new(person, who.grant().user(), now),
        may_disable: who.grant().can::<perm::UsersDisable>(),
    }))
}

async fn ask_disable(
    who: Operator<perm::UsersDisable>,
    app: View,
    Path(user): Path<UserId>,
) -> Result<Response> {
    who.grant().principal().require_fresh(app.database.clock().now())?;
    let person = found(&app, who.grant(), user).await?;
    Ok(disable_question(&app, who.grant(), &person).await?.answer(None))
}

async fn disable(
    who: Operator<perm::UsersDisable>,
    app: View,
    Path(user): Path<UserId>,
    form: Form,
) -> Result<Response> {
    form.only(&["reason"])?;
    let reason = Reason { reason: form.text("reason")?.to_owned() };
    match operators::disable(&app.authz, who.grant(), user, &reason).await {
        Ok(_) => Ok(Notice::PersonDisabled.at(&path_of(user)).into_response()),
        Err(error) => {
            let rejected = Rejected::from(error, &["reason"])?;
            let person = found(&app, who.grant(), user).await?;
            let question = disable_question(&app, who.grant(), &person).await?;
            Ok(question.answer(Some((&rejected, &reason.reason))))
        }
    }
}

async fn ask_enable(
    who: Operator<perm::UsersDisable>,
    app: View,
    Path(user): Path<UserId>,
) -> Result<Response> {
    who.grant().principal().require_fresh(app.database.clock().now())?;
    let person = found(&app, who.grant(), user).await?;
    Ok(enable_question(&app, who.grant(), &person).await?.answer(None))
}

async fn enable(
    who: Operator<perm::UsersDisable>,
    app: View,
    Path(user): Path<UserId>,
    form: Form,
) -> Result<Response> {
    form.only(&[])?;
    match operators::enable(&app.authz, who.grant(), user).await {
        Ok(_) => Ok(Notice::PersonEnabled.at(&path_of(user)).into_response()),
        Err(error) => {
            let rejected = Rejected::from(error, &[])?;
            let person = found(&app, who.grant(), user).await?;
            Ok(enable_question(&app, who.grant(), &person).await?.answer(Some(&rejected)))
        }
    }
}

async fn disable_question<P>(
    app: &View,
    grant: &PlatformGrant<P>,
    detail: &PersonDetail,
) -> Result<ReasonPage> {
    let (name, user) = (&detail.person.name, detail.person.id);
    let alone: Vec<String> = detail.sole_owner_of.iter().map(|tenant| tenant.name.clone()).collect();
    let warning = format!(
        "Nobody else who may sign in owns these tenants; they are left without an owner while {name} is disabled:"
    );
    Ok(ReasonPage {
        frame: Frame::operating(app, grant, Section::Everyone).await?,
        title: format!("Disable {name}?"),
        text: "All their sessions end within a second and they cannot sign in. Their memberships and roles are kept, and \
               you can enable them at any time."
            .to_owned(),
        warning: (!alone.is_empty()).then_some((warning, alone)),
        readers: "Operators read this sentence; it stays in the installation's audit log. The person is not told.",
        action: format!("{}/disable", path_of(user)),
        button: "Disable",
        cancel: path_of(user),
        reason: String::new(),
        errors: FormErrors::default(),
    })
}

async fn enable_question<P>(app: &View, grant: &PlatformGrant<P>, detail: &PersonDetail) -> Result<Confirm> {
    let (name, user) = (&detail.person.name, detail.person.id);
    Ok(Confirm {
        frame: Frame::operating(app, grant, Section::Everyone).await?,
        title: format!("Enable {name}?"),
        text: format!("{name} may sign in again, with the memberships and roles they have."),
        action: format!("{}/enable", path_of(user)),
        revision: None,
        button: "Enable",
        cancel: path_of(user),
        errors: FormErrors::default(),
    })
}

fn path_of(user: UserId) -> String {
    format!("/operator/users/{user}")
}

/// The person a path names, for those who may change them: their role reads them too.
async fn found(app: &View, grant: &PlatformGrant<perm::UsersDisable>, user: UserId) -> Result<PersonDetail> {
    let reader = app.authz.operate::<perm::UsersRead>(grant.principal().clone())?;
    operators::show_person(&app.database, &reader, user).await
}
