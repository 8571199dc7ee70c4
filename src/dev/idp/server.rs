//! The listener: reads requests, counts them, lets scripted faults happen, and calls the endpoint. Called by
//! `Idp::start`. Stands on hyper itself, because a fault may have to hang up without an answer.

use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use super::faults::{Endpoint, Fault};
use super::people::Provider::{Github, Google};
use super::reply::{self, Reply};
use super::request::Request;
use super::{Shared, authorize, control, github, google, pages, zone};

/// The connection is to be closed without an answer.
#[derive(Debug, thiserror::Error)]
#[error("a scripted fault hangs up")]
struct HangUp;

/// Serves until the task is aborted; the connections end with it.
pub(super) async fn run(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _peer)) => {
                    connections.spawn(serve(stream, Arc::clone(&shared)));
                }
                Err(error) => {
                    tracing::warn!(%error, "the development identity provider cannot accept");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            },
            Some(_ended) = connections.join_next() => {}
        }
    }
}

async fn serve(stream: TcpStream, shared: Arc<Shared>) {
    let service = service_fn(move |request| {
        let shared = Arc::clone(&shared);
        async move { answer(&shared, request).await }
    });
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new());
    if let Err(error) = builder.serve_connection(TokioIo::new(stream), service).await {
        tracing::debug!(%error, "a connection to the development identity provider ended");
    }
}

async fn answer(shared: &Shared, request: http::Request<Incoming>) -> Result<Reply, HangUp> {
    let Some(mut request) = Request::read(request).await else {
        return Ok(reply::text(StatusCode::PAYLOAD_TOO_LARGE, "the body is too large"));
    };
    if !is_ours(shared, request.host()) {
        return Ok(reply::text(StatusCode::MISDIRECTED_REQUEST, "this host is served elsewhere"));
    }
    let Some(endpoint) = Endpoint::at(&request.method, &request.path) else {
        return Ok(elsewhere(shared, &request));
    };
    shared.calls.add(endpoint);
    match shared.faults.take(endpoint) {
        None => {}
        Some(Fault::Delay(span)) => tokio::time::sleep(span).await,
        Some(Fault::Status(code)) => {
            let status = StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            return Ok(reply::text(status, "scripted"));
        }
        Some(Fault::Malformed) => return Ok(broken("{\"scripted\": tru")),
        Some(Fault::Huge) => {
            return Ok(broken(format!("{{\"padding\":\"{}\"}}", "x".repeat(8 * 1024 * 1024))));
        }
        Some(Fault::Stall) => return Ok(reply::stalled()),
        Some(Fault::Redirect(url)) => return Ok(reply::redirect(StatusCode::TEMPORARY_REDIRECT, &url)),
        Some(Fault::DropConnection) => return Err(HangUp),
        Some(Fault::Answer(value)) => return Ok(reply::json(StatusCode::OK, &value)),
        Some(fault) => request.fault = Some(fault),
    }
    Ok(dispatch(shared, endpoint, &request))
}

fn broken(body: impl Into<hyper::body::Bytes>) -> Reply {
    reply::body(StatusCode::OK, "application/json", body)
}

fn dispatch(shared: &Shared, endpoint: Endpoint, request: &Request) -> Reply {
    let cancelled = request.path.ends_with("/cancel");
    match endpoint {
        Endpoint::Discovery => google::discovery(shared),
        Endpoint::Jwks => google::jwks(shared),
        Endpoint::GoogleAuthorize => authorize::show(shared, Google, request),
        Endpoint::GoogleCallback if cancelled => authorize::cancel(shared, Google, request),
        Endpoint::GoogleCallback => authorize::choose(shared, Google, request),
        Endpoint::GoogleToken => google::token(shared, request),
        Endpoint::Userinfo => google::userinfo(shared, request),
        Endpoint::GithubAuthorize => authorize::show(shared, Github, request),
        Endpoint::GithubCallback if cancelled => authorize::cancel(shared, Github, request),
        Endpoint::GithubCallback => authorize::choose(shared, Github, request),
        Endpoint::GithubToken => github::token(shared, request),
        Endpoint::GithubUser => github::user(shared, request),
        Endpoint::GithubEmails => github::emails(shared, request),
    }
}

/// What is neither counted nor scripted.
fn elsewhere(shared: &Shared, request: &Request) -> Reply {
    match (request.method.as_str(), request.path.as_str()) {
        ("POST", "/_control") => control::control(shared, request),
        ("GET", "/") => pages::home(),
        ("GET", "/dns") => zone::show(shared),
        ("POST", "/dns") => zone::set(shared, request),
        ("GET", "/favicon.ico") => reply::text(StatusCode::NO_CONTENT, ""),
        ("GET", path) if path.starts_with("/picture/") => {
            pages::picture(path.strip_prefix("/picture/").unwrap_or_default())
        }
        ("GET", path) if path.starts_with("/mail/") => {
            pages::mail(shared, path.strip_prefix("/mail/").unwrap_or_default())
        }
        _ => pages::refusal(StatusCode::NOT_FOUND, "There is no such page at this provider."),
    }
}

/// A page elsewhere must not reach this listener under a name of its own (DNS rebinding).
fn is_ours(shared: &Shared, host: &str) -> bool {
    host == shared.address.to_string() || host == format!("localhost:{}", shared.address.port())
}
