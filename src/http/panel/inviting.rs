//! What the page of invitations does: inviting one address or many, sending again, withdrawing.

use std::collections::HashMap;

use askama::Template;
use axum::response::{IntoResponse as _, Response};

use crate::authz::{Grant, TenantPolicy, perm};
use crate::error::{Error, FieldError, Result};
use crate::http::access::Can;
use crate::http::extract::{Form, Path};
use crate::http::panel::invitations::{Wanted, deps, invitations_page, is_mailed};
use crate::http::panel::invited::report;
use crate::http::panel::page;
use crate::http::panel::parts::choices::{end_field, read_end};
use crate::http::panel::parts::form::Rejected;
use crate::http::panel::parts::frame::{Frame, Section, path_of};
use crate::http::panel::parts::notice::Notice;
use crate::http::panel::parts::shown::Moment;
use crate::http::panel::parts::view::View;
use crate::http::routes::{Area, Routes};
use crate::ids::InvitationId;
use crate::invitations::{self, Issued, NewInvitation, NewInvitations, addresses};
use crate::members::RoleAssignment;

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
    /// Keys of the roles that were ticked.
    pub(super) roles: Vec<String>,
    /// What was in the field of each role's end, by key, where there was one.
    pub(super) ends: HashMap<String, String>,
}

impl Typed {
    /// Reads the form. A field for the end of a role that is no more is not asked for.
    fn read(form: &Form, policy: &TenantPolicy) -> Result<Self> {
        let fields: Vec<String> = policy.roles.iter().map(|role| end_field(&role.key)).collect();
        let known: Vec<&str> =
            ["email", "role"].into_iter().chain(fields.iter().map(String::as_str)).collect();
        form.only(&known)?;
        let mut ends = HashMap::new();
        for (role, field) in policy.roles.iter().zip(&fields) {
            match form.list(field).as_slice() {
                [] => {}
                [end] => {
                    ends.insert(role.key.clone(), end.trim().to_owned());
                }
                _ => return Err(Error::Malformed("the end of a role is repeated".into())),
            }
        }
        Ok(Self { email: form.text("email")?.to_owned(), roles: form.list("role"), ends })
    }

    /// The roles to offer, each with its end.
    fn wanted(&self) -> Result<Vec<RoleAssignment>> {
        let mut problems = Vec::new();
        let mut wanted = Vec::new();
        for key in &self.roles {
            let typed = self.ends.get(key).map(String::as_str).filter(|end| !end.is_empty());
            let expires_at = typed.and_then(read_end);
            if typed.is_some() && expires_at.is_none() {
                let detail = "Write the date and time as in 2030-01-31T18:00.".into();
                problems.push(FieldError { pointer: format!("/{}", end_field(key)), code: "time", detail });
            }
            wanted.push(RoleAssignment { key: key.clone(), expires_at });
        }
        if problems.is_empty() { Ok(wanted) } else { Err(Error::Invalid(problems)) }
    }

    /// What was wrong, with what concerns an end beside the field it was typed in.
    fn rejected(&self, mut error: Error) -> Result<Rejected> {
        let mut fields = vec!["email".to_owned(), "roles".to_owned()];
        fields.extend(self.roles.iter().map(|key| end_field(key)));
        if let Error::Invalid(problems) = &mut error {
            for problem in problems {
                self.place(problem);
            }
        }
        Rejected::from(error, &fields.iter().map(String::as_str).collect::<Vec<_>>())
    }

    fn place(&self, problem: &mut FieldError) {
        let end = problem.pointer.strip_prefix("/roles/").and_then(|rest| rest.strip_suffix("/expires_at"));
        if let Some(key) = end.and_then(|place| self.roles.get(place.parse::<usize>().ok()?)) {
            problem.pointer = format!("/{}", end_field(key));
        }
        if problem.pointer == "/text" {
            "/email".clone_into(&mut problem.pointer);
        }
    }
}

async fn invite(who: Can<perm::MembersInvite>, app: View, form: Form) -> Result<Response> {
    let grant = who.grant();
    let typed = Typed::read(&form, grant.policy())?;
    let roles = match typed.wanted() {
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
