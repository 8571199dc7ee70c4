//! One's own account: name, identities, personal tokens, sessions.

use askama::Template;
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;

use crate::authz::{Permission as _, SessionUser, perm};
use crate::clock::Timestamp;
use crate::error::Result;
use crate::http::access::SignedIn;
use crate::http::extract::{Form, Query};
use crate::http::panel::parts::form::{self, FormErrors, Rejected};
use crate::http::panel::parts::frame::{Frame, Section};
use crate::http::panel::parts::mark::Mark;
use crate::http::panel::parts::notice::Notice;
use crate::http::panel::parts::shown::Moment;
use crate::http::panel::parts::view::View;
use crate::http::panel::sessions::SessionRow;
use crate::http::panel::tokens::TokenRow;
use crate::http::panel::{Icon, page};
use crate::http::routes::{Area, Routes};
use crate::ids::{IdentityId, TenantId};
use crate::login::accounts::{self, ProfileChange};
use crate::login::{Provider, accounts::Identity};
use crate::tokens::{self, OwnToken};

pub(super) fn routes() -> Routes {
    Routes::new(Area::Panel).get("/account", "One's own account", show).post(
        "/account",
        "Change one's name",
        change,
    )
}

#[derive(Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct Shown {
    /// What was just done.
    done: Option<String>,
    /// The provider of the identity that was just linked.
    linked: Option<String>,
}

#[derive(Debug, Template)]
#[template(path = "pages/account.html")]
pub(super) struct AccountPage {
    pub(super) frame: Frame,
    pub(super) name: String,
    pub(super) email: Option<String>,
    pub(super) email_verified: bool,
    pub(super) errors: FormErrors,
    pub(super) identities: Vec<IdentityRow>,
    pub(super) linkable: Vec<Provider>,
    /// Whether the sign-in is recent enough to change identities.
    pub(super) fresh: bool,
    /// Personal tokens that work, with the names of their tenants.
    pub(super) tokens: Vec<(String, TokenRow)>,
    /// Where one may mint: the tenants' names, and the pages.
    pub(super) mint_in: Vec<(String, String)>,
    pub(super) sessions: Vec<SessionRow>,
}

/// An identity in the list.
#[derive(Debug)]
pub(super) struct IdentityRow {
    pub(super) id: IdentityId,
    pub(super) provider: Provider,
    pub(super) label: String,
    pub(super) current: bool,
    pub(super) linked: Moment,
    pub(super) used: Moment,
}

async fn show(SignedIn(principal): SignedIn, app: View, Query(query): Query<Shown>) -> Result<Response> {
    let mut shown = account_page(&app, &principal, principal.user.name.clone(), None).await?;
    let done = query.done.as_deref().or(query.linked.as_deref().map(|_| Notice::Linked.code()));
    shown.frame = shown.frame.telling(done);
    Ok(page(&shown))
}

async fn change(SignedIn(principal): SignedIn, app: View, form: Form) -> Result<Response> {
    form.only(&["name"])?;
    let wanted = ProfileChange { name: form.text("name")?.to_owned() };
    match accounts::change_profile(&app.database, &principal, &wanted, None).await {
        Ok(()) => Ok(Notice::ProfileSaved.at("/account").into_response()),
        Err(error) => {
            let rejected = Rejected::from(error, &["name"])?;
            let shown = account_page(&app, &principal, wanted.name, Some(&rejected)).await?;
            Ok(rejected.answer(page(&shown)))
        }
    }
}

async fn account_page(
    app: &View,
    principal: &SessionUser,
    name: String,
    rejected: Option<&Rejected>,
) -> Result<AccountPage> {
    let now = app.database.clock().now();
    let identities = accounts::identities(&app.database, principal).await?;
    let sessions = accounts::sessions(&app.database, principal, app.sessions.idle()).await?;
    let mut sessions: Vec<SessionRow> =
        sessions.into_iter().map(|session| SessionRow::new(session, now)).collect();
    sessions.sort_by_key(|session| !session.current);
    app.token_uses.write(&app.database).await?;
    let tokens = tokens::mine(&app.database, principal).await?;
    let (places, mint_in) = places(app, principal, &tokens).await?;
    let shown = |own: OwnToken| {
        let place = places.iter().find(|(id, ..)| *id == own.tenant)?;
        Some((place.1.clone(), TokenRow { may_rotate: place.3, ..TokenRow::of(&place.2, own.token, now) }))
    };
    Ok(AccountPage {
        tokens: tokens.into_iter().filter_map(shown).collect(),
        mint_in,
        frame: Frame::of(app, principal, Section::Account).await?,
        name,
        email: principal.user.email.clone(),
        email_verified: principal.user.email_verified,
        errors: form::errors(rejected),
        identities: identities.into_iter().map(|identity| identity_row(identity, now)).collect(),
        linkable: app.providers.configured(),
        fresh: principal.require_fresh(now).is_ok(),
        sessions,
    })
}

/// A tenant: its id, its name, its path, whether one may mint there.
type Place = (TenantId, String, String, bool);

/// The tenants the tokens work in, and those in which the person may mint: names, and the pages for it.
async fn places(
    app: &View,
    person: &SessionUser,
    tokens: &[OwnToken],
) -> Result<(Vec<Place>, Vec<(String, String)>)> {
    let (mut places, mut mint_in) = (Vec::new(), Vec::new());
    for tenant in &person.user.tenants {
        let Some(standing) = app.authz.standing(*tenant, person.user.id).await? else { continue };
        let policy = &standing.policy;
        // Nothing can be changed in a tenant that rests.
        if policy.suspended.is_some() {
            continue;
        }
        let (path, may) =
            (format!("/t/{}", policy.slug), standing.effective.contains(perm::TokensCreate::ID));
        if may {
            mint_in.push((policy.name.clone(), format!("{path}/tokens/new")));
        }
        if tokens.iter().any(|own| own.tenant == *tenant) {
            places.push((*tenant, policy.name.clone(), path, may));
        }
    }
    Ok((places, mint_in))
}

fn identity_row(identity: Identity, now: Timestamp) -> IdentityRow {
    IdentityRow {
        id: identity.id,
        provider: identity.provider,
        label: identity.username.or(identity.email).unwrap_or_else(|| "no name given".to_owned()),
        current: identity.current,
        linked: Moment::new(identity.created_at, now),
        used: Moment::new(identity.last_used_at, now),
    }
}
