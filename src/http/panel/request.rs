//! One request for a role: for who asked, what became of it and who can answer; for those who can, the answer.

use askama::Template;
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;

use crate::authz::{Grant, Own, perm};
use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::http::access::{Can, Member};
use crate::http::extract::{Form, Path, Query};
use crate::http::panel::denied::Helper;
use crate::http::panel::invitations::is_mailed;
use crate::http::panel::page;
use crate::http::panel::parts::choices::read_end;
use crate::http::panel::parts::form::{self, FormErrors, Rejected};
use crate::http::panel::parts::frame::{Frame, Section, also, path_of};
use crate::http::panel::parts::notice::Notice;
use crate::http::panel::parts::shown::{Avatar, Moment};
use crate::http::panel::parts::view::View;
use crate::http::panel::requests::{colour, deps, word};
use crate::http::routes::{Area, Routes};
use crate::ids::RoleRequestId;
use crate::requests::{self, Approval, Decline, RoleRequest, Status};

pub(super) fn routes() -> Routes {
    Routes::new(Area::Panel)
        .get("/t/{tenant}/requests/{request}", "One request for a role", show)
        .post("/t/{tenant}/requests/{request}/approve", "Give the role that was asked for", approve)
        .post("/t/{tenant}/requests/{request}/decline", "Decline a request for a role", decline)
        .post("/t/{tenant}/requests/{request}/withdraw", "Take back a request for a role", withdraw)
}

#[derive(Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct Seen {
    /// What was just done.
    done: Option<String>,
}

#[derive(Debug, Template)]
#[template(path = "pages/request.html")]
pub(super) struct RequestPage {
    pub(super) frame: Frame,
    /// The path of the tenant.
    pub(super) path: String,
    pub(super) request: Facts,
    /// What the role allows: permission and sentence.
    pub(super) allows: Vec<(String, String)>,
    /// Who can answer, while it is open.
    pub(super) deciders: Vec<Helper>,
    /// Whether they got a mail.
    pub(super) mailed: bool,
    /// Whether the reader can answer.
    pub(super) answers: bool,
    pub(super) typed: Typed,
    pub(super) errors: FormErrors,
}

/// What is known of the request.
#[derive(Debug, Clone)]
pub(super) struct Facts {
    pub(super) id: String,
    pub(super) revision: String,
    pub(super) who: String,
    pub(super) avatar: Avatar,
    /// The path of their page, for those who may see it.
    pub(super) page: Option<String>,
    pub(super) own: bool,
    pub(super) role: String,
    pub(super) duration: String,
    pub(super) reason: String,
    pub(super) status: Status,
    pub(super) made: Moment,
    pub(super) expires: Moment,
    pub(super) decided: Option<Moment>,
    pub(super) decided_by: String,
    pub(super) note: String,
    pub(super) until: Option<Moment>,
}

impl Facts {
    fn new(request: &RoleRequest, own: bool, page: Option<String>, now: Timestamp) -> Self {
        Self {
            id: request.id.to_string(),
            revision: request.revision(),
            who: request.member.name.clone(),
            avatar: Avatar::new(request.member.id.uuid(), &request.member.name, None),
            page,
            own,
            role: request.role.name.clone(),
            duration: requests::in_words(request.duration_hours),
            reason: request.reason.clone(),
            status: request.status,
            made: Moment::new(request.created_at, now),
            expires: Moment::new(request.expires_at, now),
            decided: request.decided_at.map(|at| Moment::new(at, now)),
            decided_by: request.decided_by.as_ref().map(|person| person.name.clone()).unwrap_or_default(),
            note: request.note.clone(),
            until: request.given_until.map(|at| Moment::new(at, now)),
        }
    }

    pub(super) fn is_open(&self) -> bool {
        self.status == Status::Open
    }

    pub(super) fn word(&self) -> &'static str {
        word(self.status)
    }

    pub(super) fn colour(&self) -> &'static str {
        colour(self.status)
    }
}

/// What was typed into the answer.
#[derive(Debug, Clone, Default)]
pub(super) struct Typed {
    pub(super) until: String,
    pub(super) note: String,
}

impl Typed {
    fn of(form: &Form) -> Result<Self> {
        form.only(&["until", "note", "revision"])?;
        Ok(Self { until: form.text("until")?.trim().to_owned(), note: form.text("note")?.to_owned() })
    }

    fn approval(&self) -> Result<Approval> {
        let expires_at = read_end("until", &self.until).map_err(|problem| Error::Invalid(vec![problem]))?;
        Ok(Approval { expires_at, duration_hours: None, note: Some(self.note.clone()) })
    }
}

async fn show(
    Member(grant): Member,
    app: View,
    Path(request): Path<RoleRequestId>,
    Query(seen): Query<Seen>,
) -> Result<Response> {
    let mut shown = request_page(&app, &grant, request, None).await?;
    shown.frame = shown.frame.telling(seen.done.as_deref());
    Ok(page(&shown))
}

async fn approve(
    who: Can<perm::MembersUpdate>,
    app: View,
    Path(request): Path<RoleRequestId>,
    form: Form,
) -> Result<Response> {
    let typed = Typed::of(&form)?;
    let revision = form.text("revision")?;
    let answered = match typed.approval() {
        Ok(approval) => {
            requests::approve(&deps(&app), who.grant(), request, &approval, Some(revision)).await.map(drop)
        }
        Err(error) => Err(error),
    };
    answer(&app, who.grant(), request, (answered, Notice::RequestApproved), typed).await
}

async fn decline(
    who: Can<perm::MembersUpdate>,
    app: View,
    Path(request): Path<RoleRequestId>,
    form: Form,
) -> Result<Response> {
    let typed = Typed::of(&form)?;
    let revision = form.text("revision")?;
    let body = Decline { note: Some(typed.note.clone()) };
    let answered =
        requests::decline(&deps(&app), who.grant(), request, &body, Some(revision)).await.map(drop);
    answer(&app, who.grant(), request, (answered, Notice::RequestDeclined), typed).await
}

async fn withdraw(
    Member(grant): Member,
    app: View,
    Path(request): Path<RoleRequestId>,
    form: Form,
) -> Result<Response> {
    form.only(&[])?;
    let done = requests::withdraw(&deps(&app), &grant, request, None).await.map(drop);
    answer(&app, &grant, request, (done, Notice::RequestWithdrawn), Typed::default()).await
}

/// To the list when it was done, or the page again with what was wrong.
async fn answer<P>(
    app: &View,
    grant: &Grant<P>,
    id: RoleRequestId,
    (done, notice): (Result<()>, Notice),
    typed: Typed,
) -> Result<Response> {
    let Err(error) = done else {
        return Ok(notice.at(&format!("{}/requests", path_of(grant))).into_response());
    };
    let rejected = Rejected::from(form::renamed(error, "/expires_at", "/until"), &["until", "note"])?;
    let own = app.authz.also(grant).await?;
    let shown = request_page(app, &own, id, Some((&rejected, typed))).await?;
    Ok(rejected.answer(page(&shown)))
}

async fn request_page(
    app: &View,
    grant: &Grant<Own>,
    id: RoleRequestId,
    rejected: Option<(&Rejected, Typed)>,
) -> Result<RequestPage> {
    let (path, now) = (path_of(grant), app.database.clock().now());
    let shown = requests::show(&deps(app), grant, id).await?;
    let request = shown.request;
    let own = grant.is(request.member.id);
    let answers = match also::<perm::MembersUpdate, _>(app, grant).await? {
        Some(decider) if !own && request.status == Status::Open => {
            requests::waiting(&app.database, &decider).await?.contains(&id)
        }
        Some(_) | None => false,
    };
    let see = grant.can::<perm::MembersRead>();
    let link = |id: &dyn std::fmt::Display| see.then(|| format!("{path}/members/{id}"));
    let catalogue = app.authz.catalogue();
    let allowed = grant.policy().role(request.role.id).map(|role| role.table.allow.minus(role.table.deny));
    let told = |permission| {
        let info = catalogue.info(permission);
        (info.name.clone(), info.description.clone())
    };
    let deciders = shown.deciders.iter().map(|person| Helper {
        name: person.name.clone(),
        avatar: Avatar::new(person.id.uuid(), &person.name, None),
        path: link(&person.id),
    });
    let (rejected, typed) = rejected.unzip();
    Ok(RequestPage {
        frame: Frame::inside(app, grant, Section::Requests).await?,
        request: Facts::new(&request, own, link(&request.member.id), now),
        allows: allowed.into_iter().flat_map(|set| set.iter().map(told).collect::<Vec<_>>()).collect(),
        deciders: deciders.collect(),
        mailed: is_mailed(app),
        answers,
        typed: typed.unwrap_or_default(),
        errors: form::errors(rejected),
        path,
    })
}
