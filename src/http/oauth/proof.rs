//! How a client says who it is (RFC 6749 section 2.3): in a Basic header, in the form, or by what it signed. Read by every
//! endpoint that clients call; must never choose among several ways of saying it.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::{HeaderMap, header};

use super::request::ClientRequest;
use crate::oauth::{Answer, Proof, Refused};

/// The only kind of assertion that is taken (RFC 7523 section 2.2).
const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// What the client says of itself, in one way.
pub(super) fn of(request: &ClientRequest) -> Answer<Proof> {
    let (client_id, secret) = (request.field("client_id"), request.field("client_secret"));
    let assertion = request.field("client_assertion");
    let by_header = request.headers().contains_key(header::AUTHORIZATION);
    match (by_header, secret, assertion) {
        (true, None, None) => {
            let (named, secret) = basic(request.headers()).ok_or(Refused::Client)?;
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
            if request.field("client_assertion_type") != Some(JWT_BEARER) {
                return Err(Refused::Request("The client_assertion_type is not the one for signed JWTs."));
            }
            Ok(Proof::Assertion { client_id: client_id.map(str::to_owned), assertion: assertion.into() })
        }
        (false, None, None) => Err(Refused::Client),
        _ => Err(TWO_WAYS),
    }
}

/// Client id and secret of a Basic header, in which each is form-encoded first (RFC 6749 section 2.3.1).
fn basic(headers: &HeaderMap) -> Option<(String, String)> {
    let mut given = headers.get_all(header::AUTHORIZATION).iter();
    let (Some(one), None) = (given.next(), given.next()) else { return None };
    let (scheme, code) = one.to_str().ok()?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let text = String::from_utf8(BASE64_STANDARD.decode(code).ok()?).ok()?;
    let (client_id, secret) = text.split_once(':')?;
    Some((decoded(client_id)?, decoded(secret)?))
}

/// What whoever proves it in several ways is told.
pub(super) const TWO_WAYS: Refused = Refused::Request("Prove who you are in one way, not in several.");

/// The one value that was form-encoded.
fn decoded(text: &str) -> Option<String> {
    if text.is_empty() || text.contains('&') {
        return None;
    }
    url::form_urlencoded::parse(format!("v={text}").as_bytes()).next().map(|(_, value)| value.into_owned())
}
