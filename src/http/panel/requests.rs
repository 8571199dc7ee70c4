//! The page of requests for roles: what waits for the reader's answer, what became of the others, and the form that
//! asks. Who may not change roles sees their own.

use std::sync::Arc;

use askama::Template;
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;

use crate::authz::{Grant, Own, perm};
use crate::clock::Timestamp;
use crate::error::Result;
use crate::http::access::Member;
use crate::http::extract::{Form, Query, form_token};
use crate::http::pagination;
use crate::http::panel::asking::{AskForm, Typed, by_power};
use crate::http::panel::parts::form::{self, FormErrors, Rejected};
use crate::http::panel::parts::frame::{Frame, Section, also, path_of};
use crate::http::panel::parts::notice::Notice;
use crate::http::panel::parts::shown::{Avatar, Moment};
use crate::http::panel::parts::view::View;
use crate::http::panel::{Icon, page};
use crate::http::routes::{Area, Routes};
use crate::ids::RoleRequestId;
use crate::requests::{self, Deps, RoleRequest, Status};

pub(super) fn routes() -> Routes {
    Routes::new(Area::Panel).get("/t/{tenant}/requests", "Requests for roles", list).post(
        "/t/{tenant}/requests",
        "Ask for a role",
        create,
    )
}

/// What the domain of requests needs of the application.
pub(super) fn deps(app: &View) -> Deps {
    Deps {
        authz: Arc::clone(&app.authz),
        database: app.database.clone(),
        outbox: app.outbox.clone(),
        origin: app.config.origin(),
    }
}

#[derive(Debug, Default, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct Wanted {
    /// Where to go on.
    cursor: Option<String>,
    /// Only those of which this has become.
    status: Option<Status>,
    /// What was just done.
    done: Option<String>,
}

#[derive(Debug, Template)]
#[template(path = "pages/requests.html")]
pub(super) struct RequestsPage {
    pub(super) frame: Frame,
    pub(super) path: String,
    /// Whether the reader sees everyone's.
    pub(super) all: bool,
    /// Those that wait for the reader's answer.
    pub(super) waiting: Vec<Row>,
    /// The only state shown, if not all are.
    pub(super) status: Option<Status>,
    pub(super) requests: Vec<Row>,
    /// The form that asks; none for who holds every role already.
    pub(super) ask: Option<AskForm>,
    pub(super) errors: FormErrors,
    pub(super) first: Option<String>,
    pub(super) next: Option<String>,
}

impl RequestsPage {
    /// The states one may ask for: the label, the address, whether it is the one shown.
    fn states(&self) -> Vec<(&'static str, String, bool)> {
        let states =
            [Status::Open, Status::Approved, Status::Declined, Status::Withdrawn, Status::Expired].map(Some);
        let one = |status: Option<Status>| {
            (status.map_or("All", word), address(&self.path, status, None), self.status == status)
        };
        std::iter::once(None).chain(states).map(one).collect()
    }
}

/// A request in a list.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub(super) id: RoleRequestId,
    pub(super) who: String,
    pub(super) avatar: Avatar,
    pub(super) own: bool,
    pub(super) role: String,
    pub(super) duration: String,
    pub(super) reason: String,
    pub(super) status: Status,
    pub(super) made: Moment,
}

impl Row {
    fn new(request: RoleRequest, own: bool, now: Timestamp) -> Self {
        Self {
            avatar: Avatar::new(request.member.id.uuid(), &request.member.name, None),
            who: request.member.name,
            own,
            id: request.id,
            role: request.role.name,
            duration: requests::in_words(request.duration_hours),
            reason: request.reason,
            status: request.status,
            made: Moment::new(request.created_at, now),
        }
    }

    fn word(&self) -> &'static str {
        word(self.status)
    }

    fn colour(&self) -> &'static str {
        colour(self.status)
    }
}

/// What people call a state.
pub(super) fn word(status: Status) -> &'static str {
    match status {
        Status::Open => "Open",
        Status::Approved => "Approved",
        Status::Declined => "Declined",
        Status::Withdrawn => "Taken back",
        Status::Expired => "Unanswered",
    }
}

/// The colour of its badge.
pub(super) fn colour(status: Status) -> &'static str {
    match status {
        Status::Open => "wait",
        Status::Approved => "good",
        Status::Declined => "bad",
        Status::Withdrawn | Status::Expired => "",
    }
}

async fn list(Member(grant): Member, app: View, Query(wanted): Query<Wanted>) -> Result<Response> {
    Ok(page(&requests_page(&app, &grant, wanted, None).await?))
}

async fn create(Member(grant): Member, app: View, form: Form) -> Result<Response> {
    let typed = Typed::of(&form)?;
    let asked = match typed.wanted() {
        Ok(wanted) => requests::create(&deps(&app), &grant, &wanted).await,
        Err(error) => Err(error),
    };
    match asked {
        Ok(shown) => {
            let place = format!("{}/requests/{}", path_of(&grant), shown.request.id);
            Ok(Notice::RequestSent.at(&place).into_response())
        }
        Err(error) => {
            let rejected = Rejected::from(
                form::renamed(error, "/duration_hours", "/hours"),
                &["role", "hours", "reason"],
            )?;
            let shown = requests_page(&app, &grant, Wanted::default(), Some((&rejected, typed))).await?;
            Ok(rejected.answer(page(&shown)))
        }
    }
}

async fn requests_page(
    app: &View,
    grant: &Grant<Own>,
    wanted: Wanted,
    rejected: Option<(&Rejected, Typed)>,
) -> Result<RequestsPage> {
    let (path, now) = (format!("{}/requests", path_of(grant)), app.database.clock().now());
    let decider = also::<perm::MembersUpdate, _>(app, grant).await?;
    let whose = if decider.is_some() { "all".to_owned() } else { grant.subject().uuid().to_string() };
    let state = wanted.status.map_or("", Status::as_str);
    let scope = format!("panel requests {} {whose} {state}", grant.tenant());
    let after = pagination::decode(&app.sealer, &scope, wanted.cursor.as_deref())?;
    let deps = deps(app);
    let part = requests::Page { limit: 50, after, status: wanted.status, own: false };
    let listed = requests::list(&deps, grant, part).await?;
    let next = match listed.next {
        Some(next) => {
            Some(address(&path, wanted.status, Some(&pagination::encode(&app.sealer, &scope, &next)?)))
        }
        None => None,
    };
    let row = |request: RoleRequest| {
        let own = grant.is(request.member.id);
        Row::new(request, own, now)
    };
    let mut waiting = Vec::new();
    if let Some(decider) = &decider {
        let ids = requests::waiting(&app.database, decider).await?;
        let open = requests::Page { limit: 200, after: None, status: Some(Status::Open), own: false };
        let open = if ids.is_empty() { Vec::new() } else { requests::list(&deps, grant, open).await?.items };
        waiting = open.into_iter().filter(|request| ids.contains(&request.id)).map(row).collect();
    }
    let token = form_token(app, grant.person()?.session);
    let lacking = by_power(grant.policy(), |role| {
        grant.standing().roles.iter().all(|held| held.role != role.id || held.expires_at.is_some())
    });
    let mut ask = AskForm::new(&path_of(grant), token, lacking);
    let mut errors = FormErrors::default();
    if let Some((rejected, typed)) = rejected {
        errors = rejected.errors.clone();
        (ask.errors, ask.typed) = (rejected.errors.clone(), typed);
    }
    Ok(RequestsPage {
        frame: Frame::inside(app, grant, Section::Requests).await?.telling(wanted.done.as_deref()),
        all: decider.is_some(),
        waiting,
        requests: listed.items.into_iter().map(row).collect(),
        ask: Some(ask).filter(|ask| !ask.roles.is_empty()),
        errors,
        first: after.map(|_: RoleRequestId| address(&path, wanted.status, None)),
        status: wanted.status,
        next,
        path,
    })
}

/// The address of a part of the list.
fn address(path: &str, status: Option<Status>, cursor: Option<&str>) -> String {
    let status = status.map(|status| format!("status={}", status.as_str()));
    let cursor = cursor.map(|cursor| format!("cursor={cursor}"));
    let query = status.into_iter().chain(cursor).collect::<Vec<_>>().join("&");
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}
