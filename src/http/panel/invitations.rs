//! The page of a tenant's invitations, with the form that invites.

use std::sync::Arc;

use askama::Template;
use axum::response::Response;
use serde::Deserialize;

use crate::authz::{Grant, perm};
use crate::clock::Timestamp;
use crate::error::Result;
use crate::http::access::Can;
use crate::http::extract::Query;
use crate::http::pagination;
use crate::http::panel::page;
use crate::http::panel::parts::choices::{Choice, choices};
use crate::http::panel::parts::form::{self, FormErrors, Rejected};
use crate::http::panel::parts::frame::{Frame, Section, keeps_mail, path_of};
use crate::http::panel::parts::shown::{Badge, Moment, badges};
use crate::http::panel::parts::view::View;
use crate::http::routes::{Area, Routes};
use crate::ids::InvitationId;
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
    /// What was just done.
    done: Option<String>,
}

/// What was typed, for when it was not accepted.
#[derive(Debug, Default)]
pub(super) struct Typed {
    pub(super) email: String,
    pub(super) roles: Vec<String>,
}

#[derive(Debug, Template)]
#[template(path = "pages/invitations.html")]
pub(super) struct InvitationsPage {
    frame: Frame,
    path: String,
    mailed: bool,
    form: Option<Vec<Choice>>,
    email: String,
    errors: FormErrors,
    invitations: Vec<Row>,
    first: Option<String>,
    next: Option<String>,
    may_revoke: bool,
}

#[derive(Debug)]
struct Row {
    id: InvitationId,
    email: String,
    roles: Vec<Badge>,
    status: Status,
    expires: Moment,
    sent: Moment,
    invited_by: String,
}

impl Row {
    fn open(&self) -> bool {
        matches!(self.status, Status::Pending | Status::Expired)
    }
}

async fn list(who: Can<perm::InvitationsRead>, app: View, Query(wanted): Query<Wanted>) -> Result<Response> {
    Ok(page(&invitations_page(&app, who.grant(), wanted, Typed::default(), None).await?))
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
    let scope = format!("panel invitations {}", grant.tenant());
    let after = pagination::decode(&app.sealer, &scope, wanted.cursor.as_deref())?;
    let part = invitations::Page { limit: 50, after, status: None };
    let listed = invitations::list(&deps(app), grant, part).await?;
    let next = match listed.next {
        Some(next) => Some(format!("{path}?cursor={}", pagination::encode(&app.sealer, &scope, &next)?)),
        None => None,
    };
    let form = grant.can::<perm::MembersInvite>();
    Ok(InvitationsPage {
        frame: Frame::inside(app, grant, Section::Invitations).await?.telling(wanted.done.as_deref()),
        mailed: is_mailed(app),
        form: form.then(|| choices(grant, &[], |role| typed.roles.contains(&role.key), now)),
        email: typed.email,
        errors: form::errors(rejected),
        invitations: listed.items.into_iter().map(|item| row(grant, item, now)).collect(),
        first: after.map(|_: InvitationId| path.clone()),
        next,
        may_revoke: grant.can::<perm::InvitationsDelete>(),
        path,
    })
}

fn row<P>(grant: &Grant<P>, item: Invitation, now: Timestamp) -> Row {
    Row {
        roles: badges(grant, &item.roles),
        id: item.id,
        email: item.email,
        status: item.status,
        expires: Moment::new(item.expires_at, now),
        sent: Moment::new(item.sent_at, now),
        invited_by: item.invited_by.name,
    }
}
