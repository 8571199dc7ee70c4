//! What the page of invitations does: inviting one address or many, sending again, withdrawing.

use askama::Template;
use axum::response::{IntoResponse as _, Response};

use crate::authz::{Grant, TenantPolicy, perm};
use crate::error::{Error, Result};
use crate::http::access::Can;
use crate::http::extract::{Form, Path};
use crate::http::panel::invitations::{Wanted, deps, invitations_page, is_mailed};
use crate::http::panel::invited::report;
use crate::http::panel::page;
use crate::http::panel::parts::form::{Rejected, renamed};
use crate::http::panel::parts::frame::{Frame, Section, path_of};
use crate::http::panel::parts::notice::Notice;
use crate::http::panel::parts::role_form::RoleForm;
use crate::http::panel::parts::shown::Moment;
use crate::http::panel::parts::view::View;
use crate::http::routes::{Area, Routes};
use crate::ids::InvitationId;
use crate::invitations::{self, Issued, NewInvitation, NewInvitations, addresses};

pub(super) fn routes() -> Routes {
    Routes::new(Area::Panel)
        .post("/t/{tenant}/invitations", "Invite people", invite)
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

/// What was typed, for when it was not accepted.
#[derive(Debug, Default)]
pub(super) struct Typed {
    /// The addresses, as they were pasted.
    pub(super) email: String,
    /// The roles to offer.
    pub(super) roles: RoleForm,
}

impl Typed {
    fn read(form: &Form, policy: &TenantPolicy) -> Result<Self> {
        let roles = RoleForm::read(form, policy, &["email"])?;
        Ok(Self { email: form.text("email")?.to_owned(), roles })
    }

    /// What was wrong, beside the field it concerns.
    fn rejected(&self, error: Error) -> Result<Rejected> {
        let error = renamed(self.roles.beside(error), "/text", "/email");
        let mut fields = self.roles.fields();
        fields.push("email".to_owned());
        Rejected::from(error, &fields.iter().map(String::as_str).collect::<Vec<_>>())
    }
}

async fn invite(who: Can<perm::MembersInvite>, app: View, form: Form) -> Result<Response> {
    let grant = who.grant();
    let typed = Typed::read(&form, grant.policy())?;
    let roles = match typed.roles.wanted(|_role| None) {
        Ok(roles) => roles,
        Err(error) => return rejected(&app, grant, &typed.rejected(error)?, typed).await,
    };
    let entries = addresses::entries(&typed.email);
    if let [] | [_] = entries.as_slice() {
        let address = entries.first().and_then(|entry| entry.email.as_ref());
        let email = address.map_or_else(|| typed.email.clone(), ToString::to_string);
        let new = NewInvitation { email, roles, expires_in_hours: None };
        let issued = invitations::create(&deps(&app), grant, new).await;
        return sent(&app, grant, issued, typed).await;
    }
    let text = Some(typed.email.clone());
    let new = NewInvitations { emails: None, text, roles, expires_in_hours: None };
    match invitations::create_all(&deps(&app), grant, new).await {
        Ok(told) if told.invited == told.items.len() && is_mailed(&app) => {
            Ok(back(grant, Notice::InvitationsSent))
        }
        Ok(told) => report(&app, grant, told, &typed).await,
        Err(error) => rejected(&app, grant, &typed.rejected(error)?, typed).await,
    }
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
        Err(error) => rejected(app, grant, &typed.rejected(error)?, typed).await,
    }
}

fn back<P>(grant: &Grant<P>, notice: Notice) -> Response {
    notice.at(&format!("{}/invitations", path_of(grant))).into_response()
}

/// The page again, with what was wrong. Whoever may not see the list is told why.
async fn rejected<P>(app: &View, grant: &Grant<P>, rejected: &Rejected, typed: Typed) -> Result<Response> {
    let reader = app.authz.also(grant).await?;
    let shown = invitations_page(app, &reader, Wanted::default(), typed, Some(rejected)).await?;
    Ok(rejected.answer(page(&shown)))
}
