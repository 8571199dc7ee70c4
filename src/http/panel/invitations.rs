//! The page of a tenant's invitations, with the form that invites.

use std::sync::Arc;

use askama::Template;
use axum::response::Response;
use serde::Deserialize;

use crate::authz::{Grant, perm};
use crate::clock::Timestamp;
use crate::domains;
use crate::error::Result;
use crate::http::access::Can;
use crate::http::extract::Query;
use crate::http::pagination;
use crate::http::panel::inviting::Typed;
use crate::http::panel::parts::choices::{Choice, choices};
use crate::http::panel::parts::form::{self, FormErrors, Rejected};
use crate::http::panel::parts::frame::{Frame, Section, also, keeps_mail, path_of};
use crate::http::panel::parts::shown::{Avatar, Badge, Moment, badges};
use crate::http::panel::parts::view::View;
use crate::http::panel::{Icon, page};
use crate::http::routes::{Area, Routes};
use crate::ids::{InvitationId, JoinRequestId};
use crate::invitations::{self, Deps, Invitation, Status};

pub(super) fn routes() -> Routes {
    Routes::new(Area::Panel).get("/t/{tenant}/invitations", "The invitations of a tenant", list)
}

/// What the domain of invitations needs of the application.
pub(super) fn deps(app: &View) -> Deps {
    Deps {
        authz: Arc::clone(&app.authz),
        database: app.database.clone(),
        outbox: app.outbox.clone(),
        limits: app.config.limits,
        origin: app.config.origin(),
    }
}

#[derive(Debug, Default, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    /// Where to go on.
    cursor: Option<String>,
    /// Only those of which this has become.
    status: Option<Status>,
    /// What was just done.
    done: Option<String>,
}

#[derive(Debug, Template)]
#[template(path = "pages/invitations.html")]
pub(super) struct InvitationsPage {
    pub(super) frame: Frame,
    pub(super) path: String,
    pub(super) mailed: bool,
    /// The roles one may offer; nothing when one may not invite.
    pub(super) form: Option<Vec<Choice>>,
    pub(super) email: String,
    pub(super) errors: FormErrors,
    /// The only state shown, if not all are.
    pub(super) status: Option<Status>,
    pub(super) invitations: Vec<Row>,
    pub(super) first: Option<String>,
    pub(super) next: Option<String>,
    pub(super) may_revoke: bool,
    /// Who asks to be let in, for those who may let them.
    pub(super) asking: Vec<Asking>,
    /// Where the answers go.
    pub(super) answers: String,
}

impl InvitationsPage {
    /// The states one may ask for: the label, the address, whether it is the one shown.
    fn states(&self) -> Vec<(&'static str, String, bool)> {
        let states = [Status::Pending, Status::Accepted, Status::Expired, Status::Revoked].map(Some);
        let one = |status: Option<Status>| {
            (status.map_or("All", word), address(&self.path, status, None), self.status == status)
        };
        std::iter::once(None).chain(states).map(one).collect()
    }

    /// Whether anything can be done with any of those shown.
    fn acts(&self) -> bool {
        (self.form.is_some() || self.may_revoke) && self.invitations.iter().any(Row::open)
    }
}

/// Someone who asks to be let in.
#[derive(Debug)]
pub(super) struct Asking {
    pub(super) id: JoinRequestId,
    pub(super) name: String,
    pub(super) avatar: Avatar,
    pub(super) email: String,
    pub(super) role: String,
    pub(super) asked: Moment,
}

/// As many as are shown at once; the next follow when these are answered.
const ASKING: u16 = 50;

/// Who asks, oldest first; nobody for those who may not let anyone in.
async fn asking(app: &View, grant: &Grant<perm::InvitationsRead>, now: Timestamp) -> Result<Vec<Asking>> {
    let Some(inviter) = also::<perm::MembersInvite, _>(app, grant).await? else { return Ok(Vec::new()) };
    let page = domains::Page { limit: ASKING, after: None };
    let listed = domains::requests(&app.domains(), &inviter, page).await?;
    let one = |request: domains::JoinRequest| Asking {
        id: request.id,
        avatar: Avatar::new(request.user.id.uuid(), &request.user.name, None),
        name: request.user.name,
        email: request.email,
        role: grant.policy().role_by_key(&request.role).map_or(request.role, |role| role.name.clone()),
        asked: Moment::new(request.created_at, now),
    };
    Ok(listed.items.into_iter().map(one).collect())
}

/// An invitation in the list.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) id: InvitationId,
    pub(super) email: String,
    pub(super) roles: Vec<Badge>,
    pub(super) status: Status,
    pub(super) expires: Moment,
    pub(super) sent: Moment,
    pub(super) invited_by: String,
}

impl Row {
    fn open(&self) -> bool {
        matches!(self.status, Status::Pending | Status::Expired)
    }
}

async fn list(who: Can<perm::InvitationsRead>, app: View, Query(wanted): Query<Wanted>) -> Result<Response> {
    Ok(page(&invitations_page(&app, who.grant(), wanted, Typed::default(), None).await?))
}

/// What people call a state.
fn word(status: Status) -> &'static str {
    match status {
        Status::Pending => "Pending",
        Status::Accepted => "Accepted",
        Status::Revoked => "Withdrawn",
        Status::Expired => "Expired",
    }
}

/// Whether invitations leave by mail, or, in development, to the page of mails.
pub(super) fn is_mailed(app: &View) -> bool {
    app.config.smtp_url.is_some() || keeps_mail(app)
}

/// The page, with what was typed and what was wrong with it, if anything was.
pub(super) async fn invitations_page(
    app: &View,
    grant: &Grant<perm::InvitationsRead>,
    wanted: Wanted,
    typed: Typed,
    rejected: Option<&Rejected>,
) -> Result<InvitationsPage> {
    let (path, now) = (format!("{}/invitations", path_of(grant)), app.database.clock().now());
    let state = wanted.status.map_or("", Status::as_str);
    let scope = format!("panel invitations {} {state}", grant.tenant());
    let after = pagination::decode(&app.sealer, &scope, wanted.cursor.as_deref())?;
    let part = invitations::Page { limit: 50, after, status: wanted.status };
    let listed = invitations::list(&deps(app), grant, part).await?;
    let next = match listed.next {
        Some(next) => {
            Some(address(&path, wanted.status, Some(&pagination::encode(&app.sealer, &scope, &next)?)))
        }
        None => None,
    };
    let errors = form::errors(rejected);
    let form = grant.can::<perm::MembersInvite>();
    Ok(InvitationsPage {
        frame: Frame::inside(app, grant, Section::Invitations).await?.telling(wanted.done.as_deref()),
        mailed: is_mailed(app),
        form: form.then(|| form_choices(app, grant, &typed, &errors)),
        email: typed.email,
        errors,
        invitations: listed.items.into_iter().map(|item| row(grant, item, now)).collect(),
        first: after.map(|_: InvitationId| address(&path, wanted.status, None)),
        status: wanted.status,
        next,
        may_revoke: grant.can::<perm::InvitationsDelete>(),
        asking: asking(app, grant, now).await?,
        answers: format!("{}/join-requests", path_of(grant)),
        path,
    })
}

/// The roles one may offer, with what was typed and what was wrong with it.
pub(super) fn form_choices<P>(
    app: &View,
    grant: &Grant<P>,
    typed: &Typed,
    errors: &FormErrors,
) -> Vec<Choice> {
    choices(grant, &[], (&typed.roles, errors), app.database.clock().now())
}

/// The address of a part of the list.
fn address(path: &str, status: Option<Status>, cursor: Option<&str>) -> String {
    let status = status.map(|status| format!("status={}", status.as_str()));
    let cursor = cursor.map(|cursor| format!("cursor={cursor}"));
    let query = status.into_iter().chain(cursor).collect::<Vec<_>>().join("&");
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}

fn row<P>(grant: &Grant<P>, item: Invitation, now: Timestamp) -> Row {
    Row {
        roles: badges(grant, &item.roles, |key| Some(Moment::new(*item.role_ends.get(key)?, now))),
        id: item.id,
        email: item.email,
        status: item.status,
        expires: Moment::new(item.expires_at, now),
        sent: Moment::new(item.sent_at, now),
        invited_by: item.invited_by.name,
    }
}
