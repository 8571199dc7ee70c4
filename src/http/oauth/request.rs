//! A form as OAuth clients send it, and how they say who they are in it or beside it (RFC 6749 section 2.3). Read by the
//! endpoints; must never choose among several ways of saying it, nor look for a credential in an address.

use axum::extract::{FromRequest, Request};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::header;
use http::request::Parts;

use crate::authz::Principal;
use crate::db::Via;
use crate::device;
use crate::http::extract::{media_type, read_body};
use crate::http::openapi::{Input, Operation};
use crate::http::principal;
use crate::http::state::AppState;
use crate::oauth::{self, Answer, Client, Deps, Proof, Refused};

/// The only kind of assertion that is taken (RFC 7523 section 2.2).
const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

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
        oauth::authenticate(deps(app), &self.proof()?).await
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

    /// What the client says of itself, in one way.
    fn proof(&self) -> Answer<Proof> {
        let (client_id, secret) = (self.field("client_id"), self.field("client_secret"));
        let assertion = self.field("client_assertion");
        let by_header = self.parts.headers.contains_key(header::AUTHORIZATION);
        match (by_header, secret, assertion) {
            (true, None, None) => {
                let (named, secret) = self.basic().ok_or(Refused::Client)?;
                if client_id.is_some_and(|said| said != named) {
                    return Err(Refused::Request("The client is named twice, and not the same."));
                }
                Ok(Proof::Secret { client_id: named, secret: secret.into() })
            }
            (false, Some(secret), None) => {
                let client_id = client_id.ok_or(Refused::Client)?.to_owned();
                Ok(Proof::Secret { client_id, secret: secret.into() })
            }
            (false, None, Some(assertion)) => {
                if self.field("client_assertion_type") != Some(JWT_BEARER) {
                    return Err(Refused::Request(
                        "The client_assertion_type is not the one for signed JWTs.",
                    ));
                }
                Ok(Proof::Assertion { client_id: client_id.map(str::to_owned), assertion: assertion.into() })
            }
            (false, None, None) => Err(Refused::Client),
            _ => Err(TWO_WAYS),
        }
    }

    /// Client id and secret of a Basic header, in which each is form-encoded first (RFC 6749 section 2.3.1).
    fn basic(&self) -> Option<(String, String)> {
        let mut given = self.parts.headers.get_all(header::AUTHORIZATION).iter();
        let (Some(one), None) = (given.next(), given.next()) else { return None };
        let (scheme, code) = one.to_str().ok()?.split_once(' ')?;
        if !scheme.eq_ignore_ascii_case("basic") {
            return None;
        }
        let text = String::from_utf8(BASE64_STANDARD.decode(code).ok()?).ok()?;
        let (client_id, secret) = text.split_once(':')?;
        Some((decoded(client_id)?, decoded(secret)?))
    }
}

const TWO_WAYS: Refused = Refused::Request("Prove who you are in one way, not in several.");

/// The one value that was form-encoded.
fn decoded(text: &str) -> Option<String> {
    if text.is_empty() || text.contains('&') {
        return None;
    }
    url::form_urlencoded::parse(format!("v={text}").as_bytes()).next().map(|(_, value)| value.into_owned())
}

/// What answering a client takes.
pub(super) fn deps(app: &AppState) -> Deps<'_> {
    Deps { authz: &app.authz, database: &app.database, issuer: &app.issuer }
}
