//! Errors as OAuth tells them (RFC 6749 section 5.2). Called by the endpoints and, for what goes wrong before or below
//! them, by the boundary; must never say more of a client than that it was not authenticated.

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde_json::json;

use crate::error::Error;
use crate::http::problem::Problem;
use crate::oauth::Refused;

/// Whether errors at this path are told in this form.
pub(in crate::http) fn is_at(path: &str) -> bool {
    path.starts_with("/oauth/")
}

/// A problem in this form.
pub(in crate::http) fn told(problem: &Problem) -> Response {
    let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let code = match status {
        StatusCode::UNAUTHORIZED if problem.kind.ends_with("/invalid-token") => "invalid_token",
        StatusCode::UNAUTHORIZED => "invalid_client",
        StatusCode::FORBIDDEN => "insufficient_scope",
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => "temporarily_unavailable",
        _ if status.is_server_error() => "server_error",
        _ => "invalid_request",
    };
    tell(status, code, &problem.detail)
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let bad = StatusCode::BAD_REQUEST;
        match self {
            Self::Request(why) => tell(bad, "invalid_request", why),
            Self::Client => {
                let mut response = tell(
                    StatusCode::UNAUTHORIZED,
                    "invalid_client",
                    "The client is unknown, disabled, or did not prove who it is.",
                );
                let challenge = HeaderValue::from_static("Basic realm=\"freehold\"");
                response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
                response
            }
            Self::Unauthorized(why) => tell(bad, "unauthorized_client", why),
            Self::GrantType => tell(bad, "unsupported_grant_type", "There is no such grant here."),
            Self::Scope(why) => tell(bad, "invalid_scope", why),
            Self::Grant => tell(bad, "invalid_grant", "The code is not this client's, or was used."),
            Self::Pending => tell(bad, "authorization_pending", "Nobody has answered yet."),
            Self::SlowDown => tell(bad, "slow_down", "Wait five seconds longer from now on."),
            Self::Denied => tell(bad, "access_denied", "The answer was no."),
            Self::Expired => tell(bad, "expired_token", "Nobody answered in time. Start again."),
            Self::TokenType => tell(
                bad,
                "unsupported_token_type",
                "A signed token cannot be revoked; it ends by itself, or when the app is disabled.",
            ),
            // The boundary logs it and gives it its form.
            Self::Failed(Error::Unauthenticated) => Self::Client.into_response(),
            Self::Failed(error) => error.into_response(),
        }
    }
}

fn tell(status: StatusCode, code: &str, description: &str) -> Response {
    // What RFC 6749 lets a description hold.
    let plain = |letter: char| match letter {
        '"' | '\\' => '\'',
        ' '..='~' => letter,
        _ => '?',
    };
    let description: String = description.chars().map(plain).collect();
    let body = json!({ "error": code, "error_description": description });
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
    response
}
