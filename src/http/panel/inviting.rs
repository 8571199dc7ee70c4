//! What the page of invitations does: inviting, sending again, withdrawing.

use std::sync::Arc;

use askama::Template;
use axum::response::{IntoResponse as _, Response};

use crate::authz::{Grant, perm};
use crate::error::Result;
use crate::http::access::Can;
use crate::http::extract::{Form, Path};
use crate::http::panel::invitations::{Typed, Wanted, deps, invitations_page, is_mailed};
use crate::http::panel::page;
use crate::http::panel::parts::form::Rejected;
use crate::http::panel::parts::frame::{Frame, Section, path_of};
use crate::http::panel::parts::notice::Notice;
use crate::http::panel::parts::shown::Moment;
use crate::http::panel::parts::view::View;
use crate::http::routes::{Area, Routes};
use crate::ids::InvitationId;
use crate::invitations::{self, Issued, NewInvitation};

pub(super) fn routes() -> Routes {
    Routes::new(Area::Panel)
        .post("/t/{tenant}/invitations", "Invite someone", invite)
        .post("/t/{tenant}/invitations/{invitation}/resend", "Send an invitation again", resend)
        .post("/t/{tenant}/invitations/{invitation}/revoke", "Withdraw an invitation", revoke)
}

/// The link of an invitation that no mail brings. Shown this once.
#[derive(Debug, Template)]
#[template(path = "pages/invitation_link.html")]
pub(super) struct LinkPage {
    pub(super) frame: Frame,
    pub(super) path: String,
    pub(super) email: String,
    pub(super) link: String,
    pub(super) expires: Moment,
}

async fn invite(who: Can<perm::MembersInvite>, app: View, form: Form) -> Result<Response> {
    form.only(&["email", "role"])?;
    let typed = Typed { email: form.text("email")?.to_owned(), roles: form.list("role") };
    let new =
        NewInvitation { email: typed.email.clone(), roles: typed.roles.clone(), expires_in_hours: None };
    let issued = invitations::create(&deps(&app), who.grant(), new).await;
    sent(&app, who.grant(), issued, typed).await
}

async fn resend(
    who: Can<perm::MembersInvite>,
    app: View,
    Path(invitation): Path<InvitationId>,
    form: Form,
) -> Result<Response> {
    form.only(&[])?;
    let issued = invitations::resend(&deps(&app), who.grant(), invitation, None).await;
    sent(&app, who.grant(), issued, Typed::default()).await
}

async fn revoke(
    who: Can<perm::InvitationsDelete>,
    app: View,
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
    app: &View,
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

fn back<P>(grant: &Grant<P>, notice: Notice) -> Response {
    notice.at(&format!("{}/invitations", path_of(grant))).into_response()
}

/// The page again, with what was wrong. Whoever may not see the list is told why.
async fn rejected<P>(app: &View, grant: &Grant<P>, rejected: &Rejected, typed: Typed) -> Result<Response> {
    let reader = app.authz.decide(grant.principal().clone(), Arc::clone(grant.standing())).await?;
    let shown = invitations_page(app, &reader, Wanted::default(), typed, Some(rejected)).await?;
    Ok(rejected.answer(page(&shown)))
}
