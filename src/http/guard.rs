//! The rings around every handler. Guard: a request that was routed to something the table does not know is
//! answered 500 and nothing runs. Fuse: an answer that no decision touched becomes 500. Also remembers, for the
//! boundary, who asked and in whose log that belongs.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::Method;
use http::request::Parts;

use crate::authz::{Principal, SessionRef};
use crate::db::{Actor, Chain};
use crate::error::{Error, Result};
use crate::http::problem;
use crate::http::rate::Left;
use crate::http::state::AppState;

/// What became known of one request on its way in.
#[derive(Debug, Default)]
pub struct RequestTrace {
    decided: OnceLock<()>,
    principal: OnceLock<Principal>,
    asked: OnceLock<(Chain, &'static str)>,
    left: Mutex<Option<Left>>,
}

impl RequestTrace {
    /// The trace of this request.
    ///
    /// # Errors
    /// [`Error::Internal`] when the request did not pass the boundary.
    pub fn of(parts: &Parts) -> Result<&Self> {
        let trace = parts.extensions.get::<Arc<Self>>();
        trace.map(AsRef::as_ref).ok_or(Error::Internal("the request did not pass the boundary", None))
    }

    /// The same, for longer than the request's head is there.
    ///
    /// # Errors
    /// [`Error::Internal`] when the request did not pass the boundary.
    pub fn shared(parts: &Parts) -> Result<Arc<Self>> {
        let trace = parts.extensions.get::<Arc<Self>>().cloned();
        trace.ok_or(Error::Internal("the request did not pass the boundary", None))
    }

    /// Whether a decision allowed the handler to run.
    #[must_use]
    pub fn is_decided(&self) -> bool {
        self.decided.get().is_some()
    }

    /// A decision allowed the handler to run.
    pub fn decided(&self) {
        self.decided.get_or_init(|| ());
    }

    /// Who asks.
    pub fn by(&self, principal: &Principal) {
        self.principal.get_or_init(|| principal.clone());
    }

    /// How much is left of a limit that this request counts towards.
    pub(super) fn counted(&self, left: Left) {
        let mut known = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        *known = Some(known.map_or(left, |known| known.least(left)));
    }

    /// How much is left of the limit that will be reached first.
    pub(super) fn left(&self) -> Option<Left> {
        *self.left.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// In whose log a denial belongs, the caller being a member or an operator, and for which permission they ask.
    pub fn asks_in(&self, chain: Chain, permission: &'static str) {
        self.asked.get_or_init(|| (chain, permission));
    }

    /// Who asks, once it is known.
    #[must_use]
    pub fn principal(&self) -> Option<&Principal> {
        self.principal.get()
    }

    /// The session of who asks.
    #[must_use]
    pub fn session(&self) -> Option<SessionRef> {
        self.principal.get()?.person().ok().map(|person| person.session)
    }

    /// The member or operator who asked, in whose log a denial belongs, and for which permission.
    #[must_use]
    pub fn asked(&self) -> Option<(Actor, Chain, &'static str)> {
        let (chain, permission) = self.asked.get()?;
        Some((self.principal.get()?.actor(), *chain, permission))
    }
}

/// Refuses what the table does not know, and answers that no decision touched.
pub async fn guard(State(app): State<AppState>, request: Request, next: Next) -> Response {
    let Some(trace) = request.extensions().get::<Arc<RequestTrace>>().cloned() else {
        return Error::Internal("the request did not pass the boundary", None).into_response();
    };
    if let Some(path) = request.extensions().get::<MatchedPath>() {
        let method = if request.method() == Method::HEAD { &Method::GET } else { request.method() };
        match app.routes.methods(path.as_str()) {
            None => return Error::Internal("a route is not in the table", None).into_response(),
            Some(known) if !known.contains(method) => return problem::method_not_allowed(known),
            Some(_) => {}
        }
    }
    let matched = request.extensions().get::<MatchedPath>().is_some();
    let response = next.run(request).await;
    let fine = response.status().is_success() || response.status().is_redirection();
    if matched && fine && !trace.is_decided() {
        return Error::Internal("an answer was given that no decision touched", None).into_response();
    }
    response
}
