//! The outermost layer: what comes in is named, checked and limited; what goes out has its headers, and errors get
//! their final form. The one place that logs errors, with their causes, once.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use tracing::Instrument as _;

use crate::audit;
use crate::db::{Target, Via};
use crate::error::{Error, Result};
use crate::http::guard::RequestTrace;
use crate::http::panel;
use crate::http::principal::is_safe;
use crate::http::problem::{self, Failed, Problem};
use crate::http::state::AppState;

/// Header names and values together, at most.
const MAX_HEADERS: usize = 16 * 1024;
/// The path and query, at most.
const MAX_URI: usize = 8 * 1024;
/// A request takes at most this long, from its head to its answer.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(40);
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The peer's address, put into the request by the server that accepted it.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub SocketAddr);

/// Runs a request through the application, between its checks and its headers.
pub async fn boundary(State(app): State<AppState>, mut request: Request, next: Next) -> Response {
    let via = Via { ip: client_ip(&app, &request).to_string(), request_id: request_id(request.headers()) };
    request.extensions_mut().insert(via.clone());
    let trace = Arc::new(RequestTrace::default());
    request.extensions_mut().insert(Arc::clone(&trace));
    let (method, uri) = (request.method().clone(), request.uri().clone());
    let span = tracing::info_span!("request", id = %via.request_id, %method, path = shown(uri.path()));
    let answered = async {
        let response = match check(&app, &request) {
            Err(response) => *response,
            Ok(()) => match tokio::time::timeout(REQUEST_TIMEOUT, next.run(request)).await {
                Ok(response) => response,
                Err(_elapsed) => Error::Unavailable("the request took too long", None).into_response(),
            },
        };
        settle(&app, (&method, &uri), &trace, &via, response).await
    };
    let mut response = answered.instrument(span).await;
    add_headers(&app, &via, &mut response);
    if uri.path().starts_with("/auth/") {
        // The address of a callback holds a code and a state, which no page may pass on.
        let none = HeaderValue::from_static("no-referrer");
        response.headers_mut().insert(header::REFERRER_POLICY, none);
    }
    response
}

/// What must hold before anything else looks at the request.
fn check(app: &AppState, request: &Request) -> Result<(), Box<Response>> {
    let headers = request.headers();
    if request.uri().path_and_query().map_or(0, |text| text.as_str().len()) > MAX_URI {
        return Err(Box::new(StatusCode::URI_TOO_LONG.into_response()));
    }
    let size: usize = headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    if size > MAX_HEADERS {
        return Err(Box::new(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE.into_response()));
    }
    check_host(app, request).map_err(|status| Box::new(status.into_response()))
}

/// The request must be for the public URL's host (SECURITY, trap 12). Health may be asked by any name.
fn check_host(app: &AppState, request: &Request) -> Result<(), StatusCode> {
    let mut hosts = request.headers().get_all(header::HOST).iter();
    let host = hosts.next().and_then(|value| value.to_str().ok()).ok_or(StatusCode::BAD_REQUEST)?;
    if hosts.next().is_some() {
        return Err(StatusCode::BAD_REQUEST);
    }
    if matches!(request.uri().path(), "/healthz" | "/readyz") {
        return Ok(());
    }
    let public = &app.config.public_url;
    let expected = match (public.host_str(), public.port()) {
        (Some(name), Some(port)) => format!("{name}:{port}"),
        (Some(name), None) => name.to_owned(),
        (None, _) => return Err(StatusCode::MISDIRECTED_REQUEST),
    };
    let default_port = if app.config.is_https() { ":443" } else { ":80" };
    let named = |text: &str| {
        text.eq_ignore_ascii_case(&expected)
            || text.eq_ignore_ascii_case(&format!("{expected}{default_port}"))
    };
    let authority_fits = request.uri().authority().is_none_or(|authority| named(authority.as_str()));
    if named(host) && authority_fits { Ok(()) } else { Err(StatusCode::MISDIRECTED_REQUEST) }
}

fn request_id(headers: &HeaderMap) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    let given = headers.get(&REQUEST_ID).and_then(|value| value.to_str().ok());
    given
        .filter(|id| (1..=64).contains(&id.len()) && id.bytes().all(plain))
        .map_or_else(|| crate::ids::DecisionId::new().to_string(), str::to_owned)
}

/// The client's address: the peer's, or when the peer is a trusted proxy the last address in `X-Forwarded-For`
/// that is not one. What cannot be read counts for nothing.
fn client_ip(app: &AppState, request: &Request) -> IpAddr {
    let peer = request
        .extensions()
        .get::<Peer>()
        .map_or(IpAddr::from([0, 0, 0, 0]), |peer| peer.0.ip().to_canonical());
    let trusted =
        |address: &IpAddr| app.config.trusted_proxies.iter().any(|network| network.contains(address));
    if !trusted(&peer) {
        return peer;
    }
    let forwarded: Vec<&str> = request
        .headers()
        .get_all("x-forwarded-for")
        .iter()
        .flat_map(|value| value.to_str().unwrap_or("?").split(',').map(str::trim))
        .collect();
    for text in forwarded.iter().rev() {
        match text.parse::<IpAddr>() {
            Ok(address) if trusted(&address) => {}
            Ok(address) => return address.to_canonical(),
            Err(_unreadable) => return peer,
        }
    }
    peer
}

/// The path as it may be logged: the address of an invitation is its secret.
fn shown(path: &str) -> &str {
    if path.starts_with("/invitations/") { "/invitations/…" } else { path }
}

/// Whether errors at this path are told as pages.
fn is_for_people(path: &str) -> bool {
    let programs =
        ["/api/", "/oauth/", "/access/", "/auth/forward", "/.well-known/", "/assets/", "/healthz", "/readyz"];
    !programs.iter().any(|prefix| path.starts_with(prefix))
}

/// Logs what failed, records what was denied, and gives errors their final form.
async fn settle(
    app: &AppState,
    (method, uri): (&Method, &Uri),
    trace: &RequestTrace,
    via: &Via,
    mut response: Response,
) -> Response {
    let for_people = is_for_people(uri.path());
    let Some(Failed(error)) = response.extensions_mut().remove::<Failed>() else {
        return settle_bare(response, for_people, via);
    };
    log(&error);
    if let (Error::Forbidden(denial), false) = (error.as_ref(), is_safe(method))
        && let Some((actor, tenant, permission)) = trace.member()
        && let Err(failure) = {
            let target = Target::new("request", format!("{method} {}", uri.path()), "");
            audit::record_denied(&app.database, tenant, actor.clone(), (permission, target), denial).await
        }
    {
        tracing::error!(cause = ?failure, "a denied change could not be recorded");
    }
    let problem = Problem::of(&error, Some(via.request_id.clone()));
    let mut settled = if for_people {
        panel::problem(app, &error, &problem, (method, uri))
    } else {
        problem::json(&problem)
    };
    problem::add_headers(&error, &mut settled);
    settled
}

/// Errors that come from below our handlers, without a body of ours: no such path, too long, and the like.
fn settle_bare(response: Response, for_people: bool, via: &Via) -> Response {
    let status = response.status();
    let has_body = response.headers().contains_key(header::CONTENT_TYPE);
    if !(status.is_client_error() || status.is_server_error()) || has_body {
        return response;
    }
    let error = match status {
        StatusCode::NOT_FOUND => Some(Error::NotFound),
        StatusCode::PAYLOAD_TOO_LARGE => Some(Error::TooLarge),
        _ => None,
    };
    let mut problem = Problem::of(
        &error.unwrap_or(Error::Malformed("it is not for us".into())),
        Some(via.request_id.clone()),
    );
    if problem.status != status.as_u16() {
        problem.kind = "about:blank".into();
        problem.title = status.canonical_reason().unwrap_or("Error");
        problem.detail = match status {
            StatusCode::MISDIRECTED_REQUEST => {
                "This server answers for another host name. Use its public URL.".into()
            }
            StatusCode::URI_TOO_LONG => "The address is longer than 8 kB.".into(),
            StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => "The headers are larger than 16 kB.".into(),
            _ => "The request cannot be read.".into(),
        };
        problem.status = status.as_u16();
    }
    let mut settled = if for_people { panel::bare_problem(&problem) } else { problem::json(&problem) };
    for (name, value) in response.headers() {
        if name == header::ALLOW {
            settled.headers_mut().insert(name, value.clone());
        }
    }
    settled
}

/// Defects and failing dependencies are events for operators; the rest is for whoever debugs a client.
#[allow(clippy::cognitive_complexity, reason = "what the log macros expand to is not ours to read")]
fn log(error: &Error) {
    if matches!(error, Error::Internal(..)) {
        tracing::error!(cause = ?error, "{error}");
    } else if matches!(error, Error::Unavailable(..)) {
        tracing::warn!(cause = ?error, "{error}");
    } else {
        tracing::debug!(cause = ?error, "{error}");
    }
}

const CSP: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' https:; connect-src 'self'; \
                   font-src 'self'; form-action 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'";

fn add_headers(app: &AppState, via: &Via, response: &mut Response) {
    let headers = response.headers_mut();
    let fixed = [
        ("content-security-policy", CSP),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "same-origin"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        ("permissions-policy", "camera=(), geolocation=(), microphone=(), payment=()"),
    ];
    for (name, value) in fixed {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    if app.config.is_https() {
        let year = HeaderValue::from_static("max-age=31536000; includeSubDomains");
        headers.insert(header::STRICT_TRANSPORT_SECURITY, year);
    }
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    if let Ok(id) = HeaderValue::from_str(&via.request_id) {
        headers.insert(REQUEST_ID, id);
    }
}
