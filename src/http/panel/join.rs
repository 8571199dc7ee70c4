//! An invitation's link, opened: what it offers, to whom, and the button that accepts. Open to everyone who has the
//! link; accepting needs the account that holds the address.

use askama::Template;
use axum::extract::FromRequestParts;
use axum::response::{IntoResponse as _, Response};
use http::request::Parts;

use crate::authz::SessionUser;
use crate::error::{Error, Result};
use crate::http::access::{Public, SignedIn, reason};
use crate::http::extract::{Form, Path, TokenWord, form_token};
use crate::http::openapi::{Input, Operation};
use crate::http::panel::invitations::deps;
use crate::http::panel::parts::form::{self, FormErrors, Rejected};
use crate::http::panel::parts::notice::Notice;
use crate::http::panel::parts::shown::{Badge, Moment};
use crate::http::panel::parts::view::{Look, View};
use crate::http::panel::{Icon, page};
use crate::http::principal;
use crate::http::routes::{Area, Routes};
use crate::http::state::AppState;
use crate::invitations::{self, Status};
use crate::login::{Provider, accounts};

pub(super) fn routes() -> Routes {
    Routes::new(Area::Panel).get("/invitations/{token}", "What an invitation offers", show).post(
        "/invitations/{token}",
        "Accept an invitation",
        accept,
    )
}

/// Who is calling, if anyone is signed in.
#[derive(Debug)]
struct Visitor(Option<SessionUser>);

impl FromRequestParts<AppState> for Visitor {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self> {
        match principal::session(parts, app).await {
            Ok(principal) => Ok(Self(Some(principal))),
            Err(Error::Unauthenticated | Error::InvalidToken) => Ok(Self(None)),
            Err(error) => Err(error),
        }
    }
}

impl Input for Visitor {
    fn describe(_: &mut Operation) {}
}

#[derive(Debug, Template)]
#[template(path = "pages/join.html")]
pub(super) struct JoinPage {
    pub(super) look: Look,
    pub(super) tenant: String,
    pub(super) inviter: String,
    pub(super) email: String,
    pub(super) roles: Vec<Badge>,
    pub(super) status: Status,
    pub(super) expires: Moment,
    pub(super) path: String,
    pub(super) providers: Vec<Provider>,
    pub(super) visitor: Option<Known>,
    pub(super) errors: FormErrors,
}

/// The visitor, when signed in.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) name: String,
    pub(super) form_token: String,
    /// Addresses a provider vouches for.
    pub(super) addresses: Vec<String>,
    /// Whether the invited address is one of them.
    pub(super) fits: bool,
}

async fn show(
    _: Public<reason::InvitationLink>,
    app: View,
    Path(token): Path<TokenWord>,
    Visitor(visitor): Visitor,
) -> Result<Response> {
    join_page(&app, &token, visitor.as_ref(), None).await
}

async fn accept(
    SignedIn(principal): SignedIn,
    app: View,
    Path(token): Path<TokenWord>,
    form: Form,
) -> Result<Response> {
    form.only(&[])?;
    match invitations::accept(&deps(&app), &principal, &token.0).await {
        Ok(accepted) => Ok(Notice::Joined.at(&format!("/t/{}", accepted.tenant.slug)).into_response()),
        Err(error) => join_page(&app, &token, Some(&principal), Some(&Rejected::from(error, &[])?)).await,
    }
}

async fn join_page(
    app: &View,
    token: &TokenWord,
    visitor: Option<&SessionUser>,
    rejected: Option<&Rejected>,
) -> Result<Response> {
    let offer = invitations::find(&deps(app), &token.0).await?.ok_or(Error::NotFound)?;
    let visitor = match visitor {
        Some(principal) => {
            let addresses = accounts::verified_addresses(&app.database, principal.user.id).await?;
            let fits = addresses.contains(&offer.email);
            let (name, form_token) = (principal.user.name.clone(), form_token(app, principal.session));
            Some(Known { name, form_token, addresses, fits })
        }
        None => None,
    };
    let now = app.database.clock().now();
    let badge = |role: invitations::OfferedRole| Badge {
        name: role.name,
        until: role.expires_at.map(|end| Moment::new(end, now)),
    };
    let shown = JoinPage {
        look: app.look(),
        tenant: offer.tenant,
        inviter: offer.inviter,
        email: offer.email,
        roles: offer.roles.into_iter().map(badge).collect(),
        status: offer.status,
        expires: Moment::new(offer.expires_at, now),
        path: format!("/invitations/{}", token.0),
        providers: app.providers.configured(),
        visitor,
        errors: form::errors(rejected),
    };
    Ok(form::answer(rejected, page(&shown)))
}
