//! Linking an identity to one's account, and unlinking one.

use askama::Template;
use axum::response::{IntoResponse as _, Response};

use crate::authz::SessionUser;
use crate::error::{Error, Result};
use crate::http::access::SignedIn;
use crate::http::extract::{Form, Path};
use crate::http::panel::page;
use crate::http::panel::parts::confirm::Confirm;
use crate::http::panel::parts::form::{FormErrors, Rejected};
use crate::http::panel::parts::frame::{Frame, Section};
use crate::http::panel::parts::notice::Notice;
use crate::http::panel::parts::view::View;
use crate::http::routes::{Area, Routes};
use crate::ids::IdentityId;
use crate::login::{Provider, accounts, flow};

pub(super) fn routes() -> Routes {
    Routes::new(Area::Panel)
        .post("/account/identities/link", "Allow linking an identity", link)
        .get("/account/identities/{identity}/unlink", "Ask before an identity is unlinked", ask)
        .post("/account/identities/{identity}/unlink", "Unlink an identity", unlink)
}

/// The way to the provider. A page of its own, because no form may be answered by another site.
#[derive(Debug, Template)]
#[template(path = "pages/link.html")]
pub(super) struct LinkPage {
    pub(super) frame: Frame,
    pub(super) provider: Provider,
    pub(super) href: String,
}

async fn link(SignedIn(principal): SignedIn, app: View, form: Form) -> Result<Response> {
    form.only(&["provider"])?;
    let provider: Provider = form.text("provider")?.parse().map_err(|_unknown| Error::NotFound)?;
    let grant = flow::allow_linking(&app.database, &app.providers, &principal, provider).await?;
    let href = format!("/auth/{}?link={grant}", provider.as_str());
    Ok(page(&LinkPage { frame: Frame::of(&app, &principal, Section::Account).await?, provider, href }))
}

async fn ask(SignedIn(principal): SignedIn, app: View, Path(identity): Path<IdentityId>) -> Result<Response> {
    principal.require_fresh(app.database.clock().now())?;
    Ok(question(&app, &principal, identity).await?.answer(None))
}

async fn unlink(
    SignedIn(principal): SignedIn,
    app: View,
    Path(identity): Path<IdentityId>,
    form: Form,
) -> Result<Response> {
    form.only(&[])?;
    match accounts::unlink(&app.database, &principal, identity).await {
        Ok(()) => Ok(Notice::Unlinked.at("/account").into_response()),
        Err(error) => {
            let rejected = Rejected::from(error, &[])?;
            Ok(question(&app, &principal, identity).await?.answer(Some(&rejected)))
        }
    }
}

async fn question(app: &View, principal: &SessionUser, identity: IdentityId) -> Result<Confirm> {
    let identities = accounts::identities(&app.database, principal).await?;
    let found = identities.into_iter().find(|known| known.id == identity).ok_or(Error::NotFound)?;
    let label = found.username.or(found.email).unwrap_or_default();
    let own =
        if found.current { " You are signed in with it now, so you will have to sign in again." } else { "" };
    Ok(Confirm {
        frame: Frame::of(app, principal, Section::Account).await?,
        title: format!("Unlink {} {label}?", found.provider),
        text: format!("You can no longer sign in with it, and every session opened with it ends.{own}"),
        action: format!("/account/identities/{identity}/unlink"),
        revision: None,
        button: "Unlink",
        cancel: "/account".to_owned(),
        errors: FormErrors::default(),
    })
}
