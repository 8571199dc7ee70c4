//! Errors as OAuth tells them (RFC 6749 section 5.2), for operations that speak OAuth instead of problems. Called for
//! each such operation; must never name a code that none of them answers.

use schemars::JsonSchema;
use serde_json::{Map, Value, json};

use super::responses::headers;

/// An error, as OAuth tells it.
#[derive(Debug, JsonSchema)]
#[schemars(rename = "OAuthError")]
#[allow(dead_code, reason = "it is there for its schema: http/oauth writes the text itself")]
pub(super) struct OAuthError {
    /// What went wrong, in one of the words of the RFC.
    error: String,
    /// The same as a sentence.
    error_description: String,
}

/// Status, code, what it means, and the end of the paths that answer it.
const CODES: &[(u16, &str, &str, &str)] = &[
    (400, "invalid_request", "A parameter is missing, given twice, or cannot be read.", ""),
    (400, "invalid_scope", "The app may not have one of these scopes.", "/token"),
    (400, "unauthorized_client", "The app may not use this grant.", "/token"),
    (400, "unsupported_grant_type", "There is no such grant here.", "/token"),
    (400, "invalid_grant", "The code is not this client's, or was used.", "/token"),
    (400, "authorization_pending", "Nobody has answered yet.", "/token"),
    (400, "slow_down", "Wait five seconds longer from now on.", "/token"),
    (400, "access_denied", "The answer was no.", "/token"),
    (400, "expired_token", "Nobody answered in time. Start again.", "/token"),
    (400, "invalid_scope", "There is no such scope, or no tool may have it.", "/device_authorization"),
    (400, "unsupported_token_type", "A signed token cannot be revoked; it ends by itself.", "/revoke"),
    (401, "invalid_client", "The client did not prove who it is.", ""),
    (401, "invalid_token", "The token it came with is not valid.", "/introspect"),
    (403, "insufficient_scope", "The token it came with does not carry the scope.", "/introspect"),
    (413, "invalid_request", "The body is too large.", ""),
    (415, "invalid_request", "Send it uncompressed.", ""),
    (429, "temporarily_unavailable", "Too many requests. Wait as long as `Retry-After` says.", ""),
    (500, "server_error", "Something went wrong on our side.", ""),
    (503, "temporarily_unavailable", "Something this needs cannot answer now.", ""),
];

/// The answers to what goes wrong at `path`, by status.
pub(super) fn responses(path: &str) -> Map<String, Value> {
    let mut all = Map::new();
    let here = || CODES.iter().filter(|(.., end)| path.ends_with(end));
    for (status, ..) in here() {
        let told: Vec<_> = here().filter(|(known, ..)| known == status).collect();
        let texts: Vec<String> = told.iter().map(|(_, code, text, _)| format!("`{code}`: {text}")).collect();
        let examples: Map<String, Value> = told
            .iter()
            .map(|(_, code, text, _)| {
                let value = json!({ "error": code, "error_description": text.replace('`', "'") });
                ((*code).to_owned(), json!({ "value": value }))
            })
            .collect();
        let names: &[&str] = match status {
            401 | 403 => &["X-Request-Id", "WWW-Authenticate"],
            429 | 503 => &["X-Request-Id", "Retry-After"],
            _ => &["X-Request-Id"],
        };
        let schema = json!({ "$ref": "#/components/schemas/OAuthError" });
        let response = json!({
            "description": texts.join("\n\n"),
            "headers": headers(names),
            "content": { "application/json": { "schema": schema, "examples": examples } },
        });
        all.insert(status.to_string(), response);
    }
    all
}
