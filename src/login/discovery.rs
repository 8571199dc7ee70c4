//! The `OpenID` Connect discovery document: where a provider's endpoints are. Called by `google`; must never
//! believe a document that speaks for another issuer.

use std::time::Duration;

use serde::Deserialize;
use url::Url;

use crate::login::SignInError;
use crate::login::client::{CallError, Outbound, is_allowed_address, is_plain_loopback};

/// How long a document is believed.
pub(super) const KEPT: Duration = Duration::from_hours(1);

/// What we need of the document, checked.
#[derive(Debug)]
pub(super) struct Discovery {
    pub authorization_endpoint: Url,
    pub token_endpoint: Url,
    pub jwks_uri: Url,
    /// The provider promises `iss` in every callback (RFC 9207).
    pub sends_iss: bool,
}

#[derive(Deserialize)]
struct Document {
    issuer: String,
    authorization_endpoint: Url,
    token_endpoint: Url,
    jwks_uri: Url,
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

/// Fetches the document of `issuer` and checks it (`OpenID` Connect Discovery 4.3).
pub(super) async fn fetch(outbound: &Outbound, issuer: &str) -> Result<Discovery, SignInError> {
    let address = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
    let url = Url::parse(&address).map_err(|_error| SignInError::Misconfigured("the issuer is not a URL"))?;
    let plain = is_plain_loopback(&url);
    let document: Document = outbound.get_json(url, "the discovery document").await?;
    if document.issuer != issuer {
        return Err(SignInError::Misconfigured("the discovery document is another issuer's"));
    }
    let endpoints = [&document.authorization_endpoint, &document.token_endpoint, &document.jwks_uri];
    if !endpoints.iter().all(|url| may_name(plain, url)) {
        return Err(CallError::Address.into());
    }
    Ok(Discovery {
        authorization_endpoint: document.authorization_endpoint,
        token_endpoint: document.token_endpoint,
        jwks_uri: document.jwks_uri,
        sends_iss: document.authorization_response_iss_parameter_supported,
    })
}

/// Plain http is for a provider that is itself on this machine; a distant one may not send us here.
fn may_name(plain: bool, endpoint: &Url) -> bool {
    is_allowed_address(endpoint) && (plain || endpoint.scheme() == "https")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_distant_issuer_may_not_name_this_machine_over_plain_http() {
        let named = |plain, endpoint| may_name(plain, &Url::parse(endpoint).unwrap());
        assert!(named(true, "http://127.0.0.1:1/token") && named(false, "https://id.example/token"));
        assert!(!named(false, "http://127.0.0.1:1/token") && !named(true, "http://id.example/token"));
    }
}
