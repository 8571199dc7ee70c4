//! `Idempotency-Key`: a POST that is sent again, because its answer was lost, is answered again and not done again.
//! Wraps every POST handler of the API (`http/routes.rs`); domains know nothing of it, `db/once.rs` does the storing.
//! Must never give an answer to whoever may not have it now.

use std::marker::PhantomData;
use std::pin::Pin;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::handler::Handler;
use axum::response::{IntoResponse, Response};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use http_body_util::BodyExt as _;
use serde::{Deserialize, Serialize};

use crate::authz::Principal;
use crate::clock::Timestamp;
use crate::db::{Known, Once, OnceKey};
use crate::error::{Error, Result};
use crate::http::access::Access;
use crate::http::extract::read_body;
use crate::http::guard::RequestTrace;
use crate::http::openapi::Operation;
use crate::http::principal;
use crate::http::routes::Declared;
use crate::http::state::AppState;
use crate::ids::sha256;

const KEY: HeaderName = HeaderName::from_static("idempotency-key");
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
const POLICY_VERSION: HeaderName = HeaderName::from_static("x-policy-version");
/// The headers that belong to an answer; the others belong to the request it goes to.
const KEPT: [HeaderName; 4] = [header::CONTENT_TYPE, header::ETAG, header::LOCATION, POLICY_VERSION];
/// What answers are sealed for.
const PURPOSE: &str = "idempotency";
/// Longer than any request takes: what is unanswered then stays so.
const UNDER_WAY: Duration = Duration::from_mins(1);

/// A handler that does once what comes with a key.
#[derive(Debug)]
pub(super) struct Keyed<H, M>(H, PhantomData<fn() -> M>);

impl<H, M> Keyed<H, M> {
    pub(super) fn new(handler: H) -> Self {
        Self(handler, PhantomData)
    }
}

impl<H: Clone, M> Clone for Keyed<H, M> {
    fn clone(&self) -> Self {
        Self::new(self.0.clone())
    }
}

impl<H: Declared<M>, M: 'static> Handler<(), AppState> for Keyed<H, M> {
    type Future = Pin<Box<dyn Future<Output = Response> + Send>>;

    fn call(self, request: Request, app: AppState) -> Self::Future {
        if request.headers().contains_key(KEY) {
            Box::pin(
                async move { keyed(self.0, request, app).await.unwrap_or_else(IntoResponse::into_response) },
            )
        } else {
            Box::pin(self.0.call(request, app))
        }
    }
}

/// Says in the document that a key is read.
pub(super) fn describe(operation: &mut Operation) {
    operation.header(
        "Idempotency-Key",
        "1 to 255 visible characters of your choice. The same request with the same key is answered as the first one \
         was and not done again, for 24 hours; with another body it is refused (422).",
    );
}

async fn keyed<H: Declared<M>, M: 'static>(handler: H, request: Request, app: AppState) -> Result<Response> {
    let (mut parts, body) = request.into_parts();
    // Keys are somebody's. Who is nobody is told so by the handler.
    let Ok(principal) = principal::authenticate(&mut parts, &app).await else {
        return Ok(handler.call(Request::from_parts(parts, body), app).await);
    };
    let (key, body) = match read(&parts, body, &principal).await {
        Ok(read) => read,
        Err(error) => {
            return Ok(match H::admit(&mut parts, &app).await {
                Err(turned_away) => turned_away,
                Ok(()) => error.into_response(),
            });
        }
    };
    if let Some(known) = app.database.known(&key).await? {
        if let Err(turned_away) = H::admit(&mut parts, &app).await {
            return Ok(turned_away);
        }
        // What asked for a fresh sign-in when it was done may hold a secret: it asks for one again.
        if needs_session(H::access(), &app) {
            principal.require_fresh(app.database.clock().now())?;
        }
        return again(&app, &key, known);
    }
    let trace = RequestTrace::shared(&parts)?;
    let request = Request::from_parts(parts, Body::from(body));
    let (response, once) = Once::run(key.clone(), handler.call(request, app.clone())).await;
    if once.wrote().await {
        return finish(&app, &key, &once, response).await;
    }
    if !trace.is_decided() {
        return Ok(response);
    }
    // Another request with this key may have been faster, and be why this one did nothing.
    match app.database.known(&key).await? {
        None => Ok(response),
        Some(known) => again(&app, &key, known),
    }
}

/// Whether what is declared needs a person at a browser, because no token may carry it.
fn needs_session(access: Access, app: &AppState) -> bool {
    let Access::Permission(name) = access else { return false };
    let catalogue = app.authz.catalogue();
    catalogue.get(name).is_some_and(|permission| catalogue.info(permission).session_only)
}

/// The key, and the body it is the key of.
async fn read(parts: &Parts, body: Body, principal: &Principal) -> Result<(OnceKey, Bytes)> {
    let given = given(&parts.headers)?;
    let body = read_body(&parts.headers, body).await?;
    let kind = parts.headers.get(header::CONTENT_TYPE).map(HeaderValue::as_bytes).unwrap_or_default();
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    let who = principal.actor().kind;
    // As JSON, so that no two of these can be shifted into one another.
    let id = serde_json::json!([who.as_str(), who.id(), parts.method.as_str(), path, given]).to_string();
    let request = sha256(&[&(kind.len() as u64).to_be_bytes(), kind, &body].concat());
    Ok((OnceKey { id: sha256(id.as_bytes()), request }, body.into()))
}

/// The one key that was sent.
fn given(headers: &HeaderMap) -> Result<&str> {
    let mut keys = headers.get_all(KEY).iter();
    let key = keys.next().and_then(|key| key.to_str().ok()).filter(|_| keys.next().is_none());
    key.filter(|key| (1..=255).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic())).ok_or(
        Error::Malformed("Idempotency-Key must be given once, as 1 to 255 visible ASCII characters".into()),
    )
}

/// An answer as it is kept.
#[derive(Serialize, Deserialize)]
struct Answer {
    /// Whose it is, so that no row's answer passes for another's.
    id: Vec<u8>,
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
}

/// Commits what the handler wrote, with its answer. What ends in a defect is undone: it can be sent again.
async fn finish(app: &AppState, key: &OnceKey, once: &Once, response: Response) -> Result<Response> {
    if response.status().is_server_error() {
        once.undo().await;
        return Ok(response);
    }
    let (response, answer) = if response.status().is_success() {
        let (parts, body) = response.into_parts();
        let body =
            body.collect().await.map_err(|error| Error::internal("an answer broke off", error))?.to_bytes();
        let answer = seal(app, key, (parts.status, &parts.headers), &body)?;
        (Response::from_parts(parts, Body::from(body)), Some(answer))
    } else {
        (response, None)
    };
    match once.answered(&app.database, answer.as_deref()).await {
        Ok(()) => {
            // Whoever was woken by the handler came before there was anything.
            app.outbox.wake();
            Ok(response)
        }
        // The faster one's answer is this one's too. It is gone again only if it was undone in this moment.
        Err(Error::InProgress) => match app.database.known(key).await? {
            None => Err(Error::InProgress),
            Some(known) => again(app, key, known),
        },
        Err(error) => Err(error),
    }
}

fn seal(
    app: &AppState,
    key: &OnceKey,
    (status, headers): (StatusCode, &HeaderMap),
    body: &Bytes,
) -> Result<Vec<u8>> {
    let kept = KEPT
        .into_iter()
        .filter_map(|name| Some((name.to_string(), headers.get(&name)?.to_str().ok()?.to_owned())));
    let body =
        String::from_utf8(body.to_vec()).map_err(|error| Error::internal("an answer is no text", error))?;
    let answer = Answer { id: key.id.clone(), status: status.as_u16(), headers: kept.collect(), body };
    let answer =
        serde_json::to_vec(&answer).map_err(|error| Error::internal("an answer cannot be kept", error))?;
    // Always: it may hold a secret that is shown once.
    app.sealer.seal(PURPOSE, &answer)
}

/// What a request is answered whose key is known.
fn again(app: &AppState, key: &OnceKey, known: Known) -> Result<Response> {
    match known {
        Known::Answered(sealed) => open(app, key, &sealed).map_err(|error| {
            tracing::warn!(%error, cause = ?error, "a kept answer cannot be read");
            lost()
        }),
        Known::Other => Err(Error::invalid(
            "/Idempotency-Key",
            "reused",
            "This key came with another request before. Take a new key for each thing to be done.",
        )),
        Known::Unanswered(made_at) if !is_over(app, made_at) => Err(Error::InProgress),
        Known::Unanswered(_) => Err(lost()),
    }
}

fn is_over(app: &AppState, made_at: Timestamp) -> bool {
    app.database.clock().now().since(made_at) > UNDER_WAY
}

fn lost() -> Error {
    let text = "A request with this Idempotency-Key was done, in whole or in part, and its answer was lost. Look at what \
                there is before you send it with another key.";
    Error::Conflict(text.into())
}

fn open(app: &AppState, key: &OnceKey, sealed: &[u8]) -> Result<Response> {
    let answer = app.sealer.open(PURPOSE, sealed)?;
    let unreadable = |_quotes_the_answer| Error::Internal("it is not as it was written", None);
    let answer: Answer = serde_json::from_slice(&answer).map_err(unreadable)?;
    if answer.id != key.id {
        return Err(Error::Internal("it is of another request", None));
    }
    let mut response = Response::new(Body::from(answer.body));
    *response.status_mut() =
        StatusCode::from_u16(answer.status).map_err(|error| Error::internal("its status is none", error))?;
    let headers = response.headers_mut();
    for name in KEPT {
        if let Some((_, value)) = answer.headers.iter().find(|(kept, _)| kept == name.as_str()) {
            let value = HeaderValue::from_str(value);
            headers.insert(name, value.map_err(|error| Error::internal("its headers are none", error))?);
        }
    }
    headers.insert(REPLAYED, HeaderValue::from_static("true"));
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_one_word_of_visible_characters() {
        let headers = |values: &[&str]| {
            values.iter().map(|value| (KEY, HeaderValue::from_str(value).unwrap())).collect::<HeaderMap>()
        };
        for good in ["a", "8e03978e-40d5-43dd-bc93-6894a57f9324", &"x".repeat(255), "\"quoted\""] {
            assert_eq!(given(&headers(&[good])).unwrap(), good);
        }
        for bad in [&["a", "a"][..], &["a", "b"], &[""], &["a b"], &[&"x".repeat(256)], &["ü"], &[]] {
            assert!(given(&headers(bad)).is_err(), "{bad:?}");
        }
    }
}
