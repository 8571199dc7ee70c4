//! One's own account: name, identities, sessions.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;

use crate::authz::Principal;
use crate::clock::Timestamp;
use crate::error::Result;
use crate::http::access::SignedIn;
use crate::http::extract::{Form, Path, Query};
use crate::http::panel::form::{self, FormErrors, Rejected};
use crate::http::panel::frame::Frame;
use crate::http::panel::notice::Notice;
use crate::http::panel::page;
use crate::http::panel::shown::Moment;
use crate::http::routes::{Area, Routes};
use crate::http::state::AppState;
use crate::ids::{IdentityId, SessionHandle};
use crate::login::accounts::{self, ProfileChange};
use crate::login::{Provider, accounts::Identity, accounts::Session};

pub(super) fn routes() -> Routes {
    Routes::new(Area::Panel)
        .get("/account", "One's own account", show)
        .post("/account", "Change one's name", change)
        .post("/account/sessions/{session}/end", "End a session", end_session)
        .post("/account/sessions/end-others", "End all other sessions", end_others)
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

#[derive(Debug)]
struct SessionRow {
    id: SessionHandle,
    browser: String,
    ip: String,
    provider: Option<String>,
    current: bool,
    opened: Moment,
    seen: Moment,
}

async fn show(
    SignedIn(principal): SignedIn,
    State(app): State<AppState>,
    Query(query): Query<Shown>,
) -> Result<Response> {
    let mut shown = account_page(&app, &principal, principal.user.name.clone(), None).await?;
    let done = query.done.as_deref().or(query.linked.as_deref().map(|_| Notice::Linked.code()));
    shown.frame = shown.frame.telling(done);
    Ok(page(&shown))
}

async fn change(SignedIn(principal): SignedIn, State(app): State<AppState>, form: Form) -> Result<Response> {
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

async fn end_session(
    SignedIn(principal): SignedIn,
    State(app): State<AppState>,
    Path(session): Path<SessionHandle>,
    form: Form,
) -> Result<Response> {
    form.only(&[])?;
    accounts::end_session(&app.database, &principal, session).await?;
    Ok(Notice::SessionEnded.at("/account").into_response())
}

async fn end_others(
    SignedIn(principal): SignedIn,
    State(app): State<AppState>,
    form: Form,
) -> Result<Response> {
    form.only(&[])?;
    accounts::end_other_sessions(&app.database, &principal).await?;
    Ok(Notice::OthersEnded.at("/account").into_response())
}

async fn account_page(
    app: &AppState,
    principal: &Principal,
    name: String,
    rejected: Option<&Rejected>,
) -> Result<AccountPage> {
    let now = app.database.clock().now();
    let identities = accounts::identities(&app.database, principal).await?;
    let sessions = accounts::sessions(&app.database, principal, app.sessions.idle()).await?;
    Ok(AccountPage {
        frame: Frame::of(app, principal).await?,
        name,
        email: principal.user.email.clone(),
        email_verified: principal.user.email_verified,
        errors: form::errors(rejected),
        identities: identities.into_iter().map(|identity| identity_row(identity, now)).collect(),
        linkable: app.providers.configured(),
        fresh: principal.require_fresh(now).is_ok(),
        sessions: sessions.into_iter().map(|session| session_row(session, now)).collect(),
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

fn session_row(session: Session, now: Timestamp) -> SessionRow {
    let provider = session.provider.and_then(|word| word.parse::<Provider>().ok());
    SessionRow {
        id: session.id,
        browser: browser(&session.user_agent),
        ip: session.ip,
        provider: provider.map(|provider| provider.to_string()),
        current: session.current,
        opened: Moment::new(session.created_at, now),
        seen: Moment::new(session.last_seen_at, now),
    }
}

/// The browser and system in what a browser calls itself; what is not known is shown as it is.
fn browser(agent: &str) -> String {
    const BROWSERS: [(&str, &str); 6] = [
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("HeadlessChrome/", "Chrome"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ];
    const SYSTEMS: [(&str, &str); 6] = [
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows"),
        ("Mac OS X", "macOS"),
        ("Linux", "Linux"),
    ];
    let known = |list: &[(&str, &'static str)]| {
        list.iter().find(|(mark, _)| agent.contains(mark)).map(|(_, name)| *name)
    };
    match (known(&BROWSERS), known(&SYSTEMS)) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(browser), None) => browser.to_owned(),
        (None, _) => agent.chars().take(60).collect(),
    }
}
