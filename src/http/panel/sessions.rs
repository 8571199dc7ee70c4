//! One's sessions: how they are shown, and their end.

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};

use crate::clock::Timestamp;
use crate::error::Result;
use crate::http::access::SignedIn;
use crate::http::extract::{Form, Path};
use crate::http::panel::Icon;
use crate::http::panel::parts::notice::Notice;
use crate::http::panel::parts::shown::Moment;
use crate::http::routes::{Area, Routes};
use crate::http::state::AppState;
use crate::ids::SessionHandle;
use crate::login::Provider;
use crate::login::accounts::{self, Session};

pub(super) fn routes() -> Routes {
    Routes::new(Area::Panel).post("/account/sessions/{session}/end", "End a session", end_session).post(
        "/account/sessions/end-others",
        "End all other sessions",
        end_others,
    )
}

/// A session in the list.
#[derive(Debug)]
pub(super) struct SessionRow {
    pub(super) id: SessionHandle,
    /// What it is open on: a telephone or a computer.
    pub(super) device: Icon,
    pub(super) browser: String,
    pub(super) ip: String,
    pub(super) provider: Option<String>,
    pub(super) current: bool,
    pub(super) opened: Moment,
    pub(super) seen: Moment,
}

impl SessionRow {
    /// `session` as seen at `now`.
    pub(super) fn new(session: Session, now: Timestamp) -> Self {
        let provider = session.provider.and_then(|word| word.parse::<Provider>().ok());
        Self {
            id: session.id,
            device: device(&session.user_agent),
            browser: browser(&session.user_agent),
            ip: session.ip,
            provider: provider.map(|provider| provider.to_string()),
            current: session.current,
            opened: Moment::new(session.created_at, now),
            seen: Moment::new(session.last_seen_at, now),
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

/// The drawing of the device a browser runs on, by what it calls itself.
fn device(agent: &str) -> Icon {
    let in_hand = ["Mobile", "iPhone", "Android"].iter().any(|mark| agent.contains(mark));
    if in_hand { Icon::Phone } else { Icon::Session }
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
