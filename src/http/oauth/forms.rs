//! The forms of the endpoints, for the API's description alone: `request` reads them field by field. Must never hold a
//! field that an endpoint does not read.
#![allow(dead_code, reason = "they are there for their schemas")]

use schemars::JsonSchema;

/// What a client sends to get an access token. It says who it is by HTTP Basic, by `client_id` and `client_secret` here,
/// or by a signed `client_assertion`; a tool that a person lets in says its `client_id` only.
#[derive(JsonSchema)]
pub(super) struct TokenForm {
    /// `client_credentials`, or `urn:ietf:params:oauth:grant-type:device_code`.
    #[schemars(example = &"client_credentials")]
    grant_type: String,
    /// Permissions, a space between two; all the app may have when left out.
    #[schemars(example = &"projects:read projects:update")]
    scope: Option<String>,
    /// What the tool waits with.
    device_code: Option<String>,
    /// The client.
    client_id: Option<String>,
    /// Its secret.
    client_secret: Option<String>,
    /// `urn:ietf:params:oauth:client-assertion-type:jwt-bearer`.
    client_assertion_type: Option<String>,
    /// A JWT that one of the app's keys signed.
    client_assertion: Option<String>,
}

/// What a client sends about a token. It says who it is as where tokens are issued.
#[derive(JsonSchema)]
pub(super) struct AboutToken {
    /// The token.
    #[schemars(example = &"fha_4fJ7sPq2Xc9LtVb0WmRkYz8HdNgA1uEoTq3vKx5")]
    token: String,
    /// What it may be; not needed, and not relied on.
    token_type_hint: Option<String>,
    /// The client.
    client_id: Option<String>,
    /// Its secret.
    client_secret: Option<String>,
    /// `urn:ietf:params:oauth:client-assertion-type:jwt-bearer`.
    client_assertion_type: Option<String>,
    /// A JWT that one of the app's keys signed.
    client_assertion: Option<String>,
}

/// What a command-line tool sends to be let in.
#[derive(JsonSchema)]
pub(super) struct DeviceForm {
    /// The tool.
    #[schemars(example = &"freehold-cli")]
    client_id: String,
    /// Permissions, a space between two.
    #[schemars(example = &"projects:read")]
    scope: String,
}
