//! A form as OAuth clients send it, and who sent it. Read by the endpoints; must never take a parameter or a credential
//! from an address, nor choose among repeated ones.

use axum::extract::{FromRequest, Request};
use http::request::Parts;
use http::{HeaderMap, header};

use super::proof::{self, TWO_WAYS};
use crate::authz::Principal;
use crate::db::Via;
use crate::device;
use crate::http::extract::{media_type, read_body};
use crate::http::openapi::{Input, Operation};
use crate::http::principal;
use crate::http::state::AppState;
use crate::oauth::{self, Answer, Client, Deps, Refused};

/// A request by a client.
#[derive(Debug)]
pub(super) struct ClientRequest {
    fields: Vec<(String, String)>,
    parts: Parts,
}

/// Who sent it, where a bearer of a token may send it too.
#[derive(Debug)]
pub(super) enum Sender {
    Client(Client),
    Bearer(Principal),
}

impl FromRequest<AppState> for ClientRequest {
    type Rejection = Refused;

    async fn from_request(request: Request, _: &AppState) -> Answer<Self> {
        if request.uri().query().is_some() {
            return Err(Refused::Request("Parameters belong into the body, not into the address."));
        }
        if media_type(request.headers()) != Some("application/x-www-form-urlencoded") {
            return Err(Refused::Request("Send the parameters as application/x-www-form-urlencoded."));
        }
        let (parts, body) = request.into_parts();
        let body = read_body(&parts.headers, body).await?;
        let fields: Vec<(String, String)> = url::form_urlencoded::parse(&body).into_owned().collect();
        let mut names: Vec<&str> = fields.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        if names.windows(2).any(|pair| pair.first() == pair.last()) {
            return Err(Refused::Request("A parameter is given twice."));
        }
        Ok(Self { fields, parts })
    }
}

impl Input for ClientRequest {
    fn describe(operation: &mut Operation) {
        operation.oauth();
    }
}

impl ClientRequest {
    /// A parameter. One without a value is none (RFC 6749 section 3.2).
    pub(super) fn field(&self, name: &str) -> Option<&str> {
        let found = self.fields.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    /// A parameter that must be there.
    pub(super) fn required(&self, name: &str) -> Answer<&str> {
        self.field(name).ok_or(Refused::Request("A required parameter is missing."))
    }

    /// The request as the audit log names it.
    pub(super) fn via(&self) -> Via {
        self.parts.extensions.get::<Via>().cloned().unwrap_or_default()
    }

    /// The client that sent this, and proves it.
    pub(super) async fn client(&self, app: &AppState) -> Answer<Client> {
        oauth::authenticate(deps(app), &proof::of(self)?).await
    }

    /// The app that a tool names itself by. Whoever proves who they are is held to it.
    pub(super) async fn tool(&self, app: &AppState) -> Answer<Client> {
        let proves = self.parts.headers.contains_key(header::AUTHORIZATION)
            || ["client_secret", "client_assertion"].iter().any(|name| self.field(name).is_some());
        if proves {
            return self.client(app).await;
        }
        device::client(app.device(), self.required("client_id")?).await
    }

    /// The client that sent this, or the bearer of the token it came with.
    pub(super) async fn sender(&mut self, app: &AppState) -> Answer<Sender> {
        let given = self.parts.headers.get(header::AUTHORIZATION).map(http::HeaderValue::as_bytes);
        if !given.is_some_and(|value| value.starts_with(b"Bearer ")) {
            return self.client(app).await.map(Sender::Client);
        }
        if ["client_secret", "client_assertion"].iter().any(|name| self.field(name).is_some()) {
            return Err(TWO_WAYS);
        }
        Ok(Sender::Bearer(principal::authenticate(&mut self.parts, app).await?))
    }

    /// What the request says beside its form.
    pub(super) fn headers(&self) -> &HeaderMap {
        &self.parts.headers
    }
}

/// What answering a client takes.
pub(super) fn deps(app: &AppState) -> Deps<'_> {
    Deps { authz: &app.authz, database: &app.database, issuer: &app.issuer }
}
