//! Joining a tenant by an address in its domain, from the page of all one's tenants; and answering those who ask, from
//! the page of invitations.

use axum::response::{IntoResponse as _, Response};

use crate::authz::{Grant, perm};
use crate::domains::{self, JoinOutcome};
use crate::error::Result;
use crate::http::access::{Can, SignedIn};
use crate::http::extract::{Form, JoinableId, Path};
use crate::http::panel::invitations::{Wanted, invitations_page};
use crate::http::panel::inviting::Typed;
use crate::http::panel::page;
use crate::http::panel::parts::form::Rejected;
use crate::http::panel::parts::frame::path_of;
use crate::http::panel::parts::notice::Notice;
use crate::http::panel::parts::view::View;
use crate::http::panel::tenants;
use crate::http::routes::{Area, Routes};
use crate::ids::JoinRequestId;

pub(super) fn routes() -> Routes {
    Routes::new(Area::Panel)
        .post("/tenants/{joinable}/join", "Join a tenant, or ask to", join)
        .post("/t/{tenant}/join-requests/{join_request}/approve", "Let someone in who asked", approve)
        .post("/t/{tenant}/join-requests/{join_request}/decline", "Decline someone who asked", decline)
}

async fn join(
    SignedIn(principal): SignedIn,
    app: View,
    Path(JoinableId(tenant)): Path<JoinableId>,
    form: Form,
) -> Result<Response> {
    form.only(&[])?;
    match domains::join(&app.domains(), &principal, tenant).await {
        Ok(joined) if joined.outcome == JoinOutcome::Asked => {
            Ok(Notice::AskedToJoin.at("/tenants").into_response())
        }
        Ok(joined) => {
            let slug = joined.tenant.map(|tenant| tenant.slug).unwrap_or_default();
            Ok(Notice::Joined.at(&format!("/t/{slug}")).into_response())
        }
        Err(error) => tenants::not_joined(&app, &principal, &Rejected::from(error, &[])?).await,
    }
}

async fn approve(
    who: Can<perm::MembersInvite>,
    app: View,
    Path(request): Path<JoinRequestId>,
    form: Form,
) -> Result<Response> {
    form.only(&[])?;
    let done = domains::approve(&app.domains(), who.grant(), request).await;
    answered(&app, who.grant(), done.map(|_| Notice::LetIn)).await
}

async fn decline(
    who: Can<perm::MembersInvite>,
    app: View,
    Path(request): Path<JoinRequestId>,
    form: Form,
) -> Result<Response> {
    form.only(&[])?;
    let done = domains::decline(&app.domains(), who.grant(), request).await;
    answered(&app, who.grant(), done.map(|_| Notice::NotLetIn)).await
}

async fn answered(app: &View, grant: &Grant<perm::MembersInvite>, done: Result<Notice>) -> Result<Response> {
    match done {
        Ok(notice) => Ok(notice.at(&format!("{}/invitations", path_of(grant))).into_response()),
        Err(error) => {
            let rejected = Rejected::from(error, &[])?;
            // Whoever may not see the list is told why.
            let reader = app.authz.also(grant).await?;
            let shown =
                invitations_page(app, &reader, Wanted::default(), Typed::default(), Some(&rejected)).await?;
            Ok(rejected.answer(page(&shown)))
        }
    }
}
