//! The invitations of a tenant: sent, sent again, withdrawn.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;

use crate::authz::{Grant, perm};
use crate::clock::Timestamp;
use crate::error::Result;
use crate::http::access::Can;
use crate::http::extract::{Form, Path, Query};
use crate::http::pagination;
use crate::http::panel::form::{self, FormErrors, Rejected};
use crate::http::panel::frame::{Frame, Section, keeps_mail, path_of};
use crate::http::panel::notice::Notice;
use crate::http::panel::page;
use crate::http::panel::shown::{Badge, Choice, Moment, badges, choices};
use crate::http::routes::{Area, Routes};
use crate::http::state::AppState;
use crate::ids::InvitationId;
use crate::invitations::{self, Deps, Invitation, Issued, NewInvitation, Status};

pub(super) fn routes() -> Routes {
    Routes::new(Area::Panel)
        .get("/t/{tenant}/invitations", "The invitations of a tenant", list)
        .post("/t/{tenant}/invitations", "Invite someone", invite)
        .post("/t/{tenant}/invitations/{invitation}/resend", "Send an invitation again", resend)
        .post("/t/{tenant}/invitations/{invitation}/revoke", "Withdraw an invitation", revoke)
}

/// What the domain of invitations needs of the application.
pub(super) fn deps(app: &AppState) -> Deps {
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
struct Wanted {
    /// Where to go on.
    cursor: Option<String>,
    /// What was just done.
    done: Option<String>,
}

/// What was typed, for when it was not accepted.
#[derive(Debug, Default)]
struct Typed {
    email: String,
    roles: Vec<String>,
}

#[derive(Debug, Template)]
#[template(path = "pages/invitations.html")]
struct InvitationsPage {
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

/// The link of an invitation that no mail brings. Shown this once.
#[derive(Debug, Template)]
#[template(path = "pages/invitation_link.html")]
struct LinkPage {
    frame: Frame,
    path: String,
    email: String,
    link: String,
    expires: Moment,
}

async fn list(
    who: Can<perm::InvitationsRead>,
    State(app): State<AppState>,
    Query(wanted): Query<Wanted>,
) -> Result<Response> {
    Ok(page(&invitations_page(&app, who.grant(), wanted, Typed::default(), None).await?))
}

async fn invite(who: Can<perm::MembersInvite>, State(app): State<AppState>, form: Form) -> Result<Response> {
    form.only(&["email", "role"])?;
    let typed = Typed { email: form.text("email")?.to_owned(), roles: form.list("role") };
    let new =
        NewInvitation { email: typed.email.clone(), roles: typed.roles.clone(), expires_in_hours: None };
    let issued = invitations::create(&deps(&app), who.grant(), new).await;
    sent(&app, who.grant(), issued, typed).await
}

async fn resend(
    who: Can<perm::MembersInvite>,
    State(app): State<AppState>,
    Path(invitation): Path<InvitationId>,
    form: Form,
) -> Result<Response> {
    form.only(&[])?;
    let issued = invitations::resend(&deps(&app), who.grant(), invitation, None).await;
    sent(&app, who.grant(), issued, Typed::default()).await
}

async fn revoke(
    who: Can<perm::InvitationsDelete>,
    State(app): State<AppState>,
    Path(invitation): Path<InvitationId>,
    form: Form,
) -> Result<Response> {
    form.only(&[])?;
    match invitations::revoke(&deps(&app), who.grant(), invitation, None).await {
        Ok(_) => Ok(back(who.grant(), Notice::InvitationRevoked)),
        Err(error) => rejected(&app, who.grant(), &Rejected::from(error, &[])?, Typed::default()).await,
    }
}

/// The page after an invitation was sent, or not.
async fn sent(
    app: &AppState,
    grant: &Grant<perm::MembersInvite>,
    issued: Result<Issued>,
    typed: Typed,
) -> Result<Response> {
    match issued {
        Ok(_) if is_mailed(app) => Ok(back(grant, Notice::InvitationSent)),
        Ok(issued) => Ok(page(&LinkPage {
            frame: Frame::inside(app, grant, Section::Invitations).await?,
            path: path_of(grant),
            expires: Moment::new(issued.invitation.expires_at, app.database.clock().now()),
            email: issued.invitation.email,
            link: issued.link,
        })),
        Err(error) => rejected(app, grant, &Rejected::from(error, &["email", "roles"])?, typed).await,
    }
}

/// Whether invitations leave by mail, or, in development, to the page of mails.
fn is_mailed(app: &AppState) -> bool {
    app.config.smtp_url.is_some() || keeps_mail(app)
}

fn back<P>(grant: &Grant<P>, notice: Notice) -> Response {
    notice.at(&format!("{}/invitations", path_of(grant))).into_response()
}

/// The page again, with what was wrong. Whoever may not see the list is told why.
async fn rejected<P>(
    app: &AppState,
    grant: &Grant<P>,
    rejected: &Rejected,
    typed: Typed,
) -> Result<Response> {
    let reader = app.authz.decide(grant.principal().clone(), Arc::clone(grant.standing())).await?;
    let shown = invitations_page(app, &reader, Wanted::default(), typed, Some(rejected)).await?;
    Ok(rejected.answer(page(&shown)))
}

async fn invitations_page(
    app: &AppState,
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
