//! Where programs learn how to get and to check tokens: metadata of the issuer (RFC 8414) and of the API (RFC 9728), and
//! the keys (RFC 7517). Must never be built from anything but the public URL.

use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, header};
use serde_json::{Value, json};

use crate::error::Result;
use crate::http::access::{Public, reason};
use crate::http::oauth::device::DEVICE_GRANT;
use crate::http::openapi::{Operation, Output};
use crate::http::routes::{Area, Routes};
use crate::http::state::AppState;
use crate::oauth::ALGORITHMS;

pub(super) fn routes() -> Routes {
    Routes::new(Area::Service)
        .get("/.well-known/oauth-authorization-server", "How apps get tokens (RFC 8414)", issuer)
        .get("/.well-known/oauth-protected-resource", "What the API takes tokens from (RFC 9728)", resource)
        .get("/.well-known/jwks.json", "The keys that signed tokens are checked with (RFC 7517)", keys)
}

/// A document anyone may keep for a while.
#[derive(Debug)]
struct Kept {
    document: Value,
    max_age: &'static str,
}

impl IntoResponse for Kept {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::from(self.document.to_string()));
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(self.max_age));
        response
    }
}

impl Output for Kept {
    fn describe(operation: &mut Operation) {
        operation.file_answer(200, &["application/json"]);
    }
}

async fn issuer(_: Public<reason::Discovery>, State(app): State<AppState>) -> Kept {
    let methods = json!(["client_secret_basic", "client_secret_post", "private_key_jwt"]);
    // Tools that people let in prove nothing.
    let at_the_token_endpoint =
        json!(["client_secret_basic", "client_secret_post", "private_key_jwt", "none"]);
    let document = json!({
        "issuer": app.config.origin(),
        "token_endpoint": app.config.link("/oauth/token"),
        "introspection_endpoint": app.config.link("/oauth/introspect"),
        "revocation_endpoint": app.config.link("/oauth/revoke"),
        "device_authorization_endpoint": app.config.link("/oauth/device_authorization"),
        "jwks_uri": app.config.link("/.well-known/jwks.json"),
        "grant_types_supported": ["client_credentials", DEVICE_GRANT],
        // There is no authorization endpoint. The member is required all the same, and may not be empty (RFC 8414
        // sections 2 and 3.2).
        "response_types_supported": ["none"],
        "token_endpoint_auth_methods_supported": at_the_token_endpoint,
        "token_endpoint_auth_signing_alg_values_supported": ALGORITHMS,
        "introspection_endpoint_auth_methods_supported": methods,
        "introspection_endpoint_auth_signing_alg_values_supported": ALGORITHMS,
        "revocation_endpoint_auth_methods_supported": methods,
        "revocation_endpoint_auth_signing_alg_values_supported": ALGORITHMS,
        "scopes_supported": scopes(&app),
    });
    Kept { document, max_age: "public, max-age=300" }
}

async fn resource(_: Public<reason::Discovery>, State(app): State<AppState>) -> Kept {
    let document = json!({
        "resource": app.config.origin(),
        "resource_name": "Freehold",
        "authorization_servers": [app.config.origin()],
        "jwks_uri": app.config.link("/.well-known/jwks.json"),
        "bearer_methods_supported": ["header"],
        "scopes_supported": scopes(&app),
    });
    Kept { document, max_age: "public, max-age=300" }
}

async fn keys(_: Public<reason::Discovery>, State(app): State<AppState>) -> Result<Kept> {
    // Not for long: who meets a token of a key they do not know should find it by asking again.
    Ok(Kept { document: app.issuer.public_keys().await?, max_age: "public, max-age=60" })
}

/// What a token may carry at all.
fn scopes(app: &AppState) -> Vec<&str> {
    let all = app.authz.catalogue().iter().filter(|(_, info)| !info.session_only);
    all.map(|(_, info)| info.name.as_str()).collect()
}
