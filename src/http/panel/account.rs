//! One's own account: name, identities, sessions.

use askama::Template;
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;

use crate::authz::Principal;
use crate::clock::Timestamp;
use crate::error::Result;
use crate::http::access::SignedIn;
use crate::http::extract::{Form, Query};
use crate::http::panel::page;
use crate::http::panel::parts::form::{self, FormErrors, Rejected};
use crate::http::panel::parts::frame::{Frame, Section};
use crate::http::panel::parts::notice::Notice;
use crate::http::panel::parts::shown::Moment;
use crate::http::panel::parts::view::View;
use crate::http::panel::sessions::SessionRow;
use crate::http::routes::{Area, Routes};
use crate::ids::IdentityId;
use crate::login::accounts::{self, ProfileChange};
use crate::login::{Provider, accounts::Identity};

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
struct AccountPage {
    frame: Frame,
    name: String,
    email: Option<String>,
    email_verified: bool,
    errors: FormErrors,
    identities: Vec<IdentityRow>,
    linkable: Vec<Provider>,
    /// Whether the sign-in is recent enough to change identities.
    fresh: bool,
    sessions: Vec<SessionRow>,
}

#[derive(Debug)]
struct IdentityRow {
    id: IdentityId,
    provider: Provider,
    label: String,
    current: bool,
    linked: Moment,
    used: Moment,
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
    match accounts::change_profile(&app.database, &principal, &wanted).await {
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
    principal: &Principal,
    name: String,
    rejected: Option<&Rejected>,
) -> Result<AccountPage> {
    let now = app.database.clock().now();
    let identities = accounts::identities(&app.database, principal).await?;
    let sessions = accounts::sessions(&app.database, principal, app.sessions.idle()).await?;
    Ok(AccountPage {
        frame: Frame::of(app, principal, Section::Account).await?,
        name,
        email: principal.user.email.clone(),
        email_verified: principal.user.email_verified,
        errors: form::errors(rejected),
        identities: identities.into_iter().map(|identity| identity_row(identity, now)).collect(),
        linkable: app.providers.configured(),
        fresh: principal.require_fresh(now).is_ok(),
        sessions: sessions.into_iter().map(|session| SessionRow::new(session, now)).collect(),
    })
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
