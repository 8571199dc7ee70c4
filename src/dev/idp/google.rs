//! The Google side: OpenID Connect. Called by the server; must never give an ID token for a code whose client,
//! redirect URI or verifier does not fit.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use http::StatusCode;
use serde_json::{Map, Value, json};

use super::Shared;
use super::faults::Fault;
use super::grants::{Grant, Presented, Refused};
use super::id_token;
use super::people::{Person, Provider};
use super::reply::{self, Reply};
use super::request::{Params, Request};

/// How long an ID token and an access token say they live, in seconds.
const TOKEN_LIFE: i64 = 3_600;

/// `GET /.well-known/openid-configuration` (OpenID Connect Discovery 1.0, RFC 9207).
pub(super) fn discovery(shared: &Shared) -> Reply {
    let issuer = shared.issuer(Provider::Google);
    let document = json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"),
        "userinfo_endpoint": format!("{issuer}/userinfo"),
        "jwks_uri": format!("{issuer}/jwks"),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "scopes_supported": ["openid", "email", "profile"],
        "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
        "claims_supported": [
            "aud", "azp", "email", "email_verified", "exp", "hd", "iat", "iss", "name", "nonce", "picture", "sub"
        ],
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": true,
    });
    reply::json(StatusCode::OK, &document)
}

/// `GET /jwks`.
pub(super) fn jwks(shared: &Shared) -> Reply {
    reply::json(StatusCode::OK, &shared.keys().jwks())
}

/// `POST /token`.
pub(super) fn token(shared: &Shared, request: &Request) -> Reply {
    if let Some(Fault::Error(code)) = &request.fault {
        return error(StatusCode::BAD_REQUEST, code, "scripted");
    }
    let Some(form) = request.form() else {
        return error(StatusCode::BAD_REQUEST, "invalid_request", "the body must be a form, each field once");
    };
    if !is_client(shared, request, &form) {
        return error(StatusCode::UNAUTHORIZED, "invalid_client", "the client or its secret is wrong");
    }
    if form.get("grant_type") != Some("authorization_code") {
        return error(StatusCode::BAD_REQUEST, "unsupported_grant_type", "only authorization_code is known");
    }
    let presented = Presented {
        provider: Provider::Google,
        code: form.get("code").unwrap_or_default(),
        redirect_uri: form.get("redirect_uri").unwrap_or_default(),
        verifier: form.get("code_verifier").unwrap_or_default(),
    };
    let redeemed = shared.grants().redeem(&presented, shared.clock.now());
    let grant = match redeemed {
        Ok(grant) => grant,
        Err(Refused::Code(why)) => return error(StatusCode::BAD_REQUEST, "invalid_grant", why),
        Err(Refused::RedirectUri) => {
            return error(StatusCode::BAD_REQUEST, "redirect_uri_mismatch", "not the URI of the code");
        }
    };
    tokens(shared, &grant, request.fault.as_ref())
}

/// `GET /userinfo`.
pub(super) fn userinfo(shared: &Shared, request: &Request) -> Reply {
    let token = request.authorization().strip_prefix("Bearer ").unwrap_or_default();
    let grant = shared.grants().holder(Provider::Google, token);
    let Some(person) = grant.as_ref().and_then(|grant| shared.person(Provider::Google, &grant.person)) else {
        return error(StatusCode::UNAUTHORIZED, "invalid_token", "the access token is unknown");
    };
    let scopes = grant.map(|grant| grant.scopes).unwrap_or_default();
    reply::json(StatusCode::OK, &Value::Object(profile(shared, &person, &scopes)))
}

fn tokens(shared: &Shared, grant: &Grant, fault: Option<&Fault>) -> Reply {
    let Some(person) = shared.person(Provider::Google, &grant.person) else {
        return error(StatusCode::BAD_REQUEST, "invalid_grant", "the person is gone");
    };
    let access_token = shared.grants().token("ya29.sample-", grant.clone());
    let claims = claims(shared, &person, grant, &access_token);
    let key = shared.keys().current();
    match id_token::mint(&key, claims, fault) {
        Ok(id_token) => reply::json(
            StatusCode::OK,
            &json!({
                "access_token": access_token,
                "expires_in": TOKEN_LIFE - 1,
                "scope": grant.scopes.join(" "),
                "token_type": "Bearer",
                "id_token": id_token,
            }),
        ),
        Err(cause) => {
            tracing::error!(%cause, "the development identity provider could not sign");
            error(StatusCode::INTERNAL_SERVER_ERROR, "server_error", "the ID token could not be signed")
        }
    }
}

fn claims(shared: &Shared, person: &Person, grant: &Grant, access_token: &str) -> Map<String, Value> {
    let now = shared.clock.now().seconds();
    let client = &shared.clients.google.0;
    // OpenID Connect Core section 3.1.3.6: the left half of the token's SHA-256.
    let half: Vec<u8> = crate::ids::secret_hash(access_token).into_iter().take(16).collect();
    let mut claims = profile(shared, person, &grant.scopes);
    claims.extend([
        ("iss".to_owned(), shared.issuer(Provider::Google).into()),
        ("aud".to_owned(), client.as_str().into()),
        ("azp".to_owned(), client.as_str().into()),
        ("iat".to_owned(), now.into()),
        ("exp".to_owned(), (now + TOKEN_LIFE).into()),
        ("at_hash".to_owned(), URL_SAFE_NO_PAD.encode(half).into()),
        ("nonce".to_owned(), grant.nonce.clone().into()),
    ]);
    claims
}

/// What the scopes allow to tell of a person.
fn profile(shared: &Shared, person: &Person, scopes: &[String]) -> Map<String, Value> {
    let mut told = Map::new();
    let asked = |name: &str| scopes.iter().any(|scope| scope == name);
    told.insert("sub".to_owned(), person.subject.as_str().into());
    if asked("email")
        && let Some(email) = person.emails.first()
    {
        told.insert("email".to_owned(), email.address.as_str().into());
        told.insert("email_verified".to_owned(), email.verified.into());
    }
    if let Some(domain) = &person.hosted_domain {
        told.insert("hd".to_owned(), domain.as_str().into());
    }
    if asked("profile") {
        told.insert("name".to_owned(), person.name.as_str().into());
        told.insert("picture".to_owned(), format!("{}/picture/{}", shared.origin(), person.key).into());
    }
    told
}

/// Client secret in the body or by Basic (RFC 6749 section 2.3.1), but not both.
fn is_client(shared: &Shared, request: &Request, form: &Params) -> bool {
    let (id, secret) = &shared.clients.google;
    let Some(encoded) = request.authorization().strip_prefix("Basic ") else {
        return form.get("client_id") == Some(id) && form.get("client_secret") == Some(secret);
    };
    let plain = STANDARD.decode(encoded).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let encode = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let right = plain.is_some_and(|plain| plain == format!("{}:{}", encode(id), encode(secret)));
    right && form.get("client_secret").is_none()
}

fn error(status: StatusCode, code: &str, why: &str) -> Reply {
    reply::json(status, &json!({ "error": code, "error_description": why }))
}
