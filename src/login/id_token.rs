//! ID tokens, checked in full (`OpenID` Connect Core 3.1.3.7). Called by `google`; must never return claims of
//! a token with any defect, nor ask any clock but ours.

use std::time::Duration;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use jsonwebtoken::{Algorithm, Validation, decode, decode_header};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::clock::Timestamp;
use crate::login::SignInError;
use crate::login::keys::Key;

/// How far the provider's clock may be ahead of ours.
const SKEW: Duration = Duration::from_mins(1);
/// How old a token may be that was made for the sign-in of this moment.
const OLDEST: Duration = Duration::from_mins(10);
const LONGEST_SUBJECT: usize = 255;

/// What a token must say.
pub(super) struct Expected<'a> {
    pub issuer: &'a str,
    pub client_id: &'a str,
    pub nonce: &'a str,
    pub now: Timestamp,
}

/// What a checked token says about the person.
#[derive(Deserialize)]
pub(super) struct Claims {
    iss: String,
    pub sub: String,
    aud: Audience,
    azp: Option<String>,
    #[serde(deserialize_with = "moment")]
    exp: Timestamp,
    #[serde(deserialize_with = "moment")]
    iat: Timestamp,
    #[serde(default, deserialize_with = "moment_if_any")]
    nbf: Option<Timestamp>,
    nonce: Option<String>,
    pub name: Option<String>,
    pub picture: Option<String>,
    pub email: Option<String>,
    #[serde(default, deserialize_with = "exactly_true")]
    pub email_verified: bool,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

/// A number of seconds, whole or not (RFC 7519 section 2).
fn moment<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
    let since_epoch = Duration::try_from_secs_f64(f64::deserialize(deserializer)?);
    Ok(Timestamp::from_micros(0) + since_epoch.map_err(serde::de::Error::custom)?)
}

fn moment_if_any<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    moment(deserializer).map(Some)
}

/// Only `true` itself: neither `"true"` nor 1 is a promise.
fn exactly_true<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    Ok(Value::deserialize(deserializer)? == Value::Bool(true))
}

/// The key a token says it is signed with, if it is of a kind we accept.
pub(super) fn signing_key(token: &str) -> Result<(String, Algorithm), SignInError> {
    let header =
        decode_header(token).map_err(|_error| SignInError::Rejected("the ID token cannot be read"))?;
    if !matches!(header.alg, Algorithm::RS256 | Algorithm::ES256) {
        return Err(SignInError::Rejected("the ID token's algorithm is not accepted"));
    }
    // Another kind of token by the same issuer must not pass for an ID token (RFC 8725 section 3.11).
    if header.crit.is_some() || header.typ.is_some_and(|typ| !typ.eq_ignore_ascii_case("jwt")) {
        return Err(SignInError::Rejected("the ID token is of another kind"));
    }
    let id = header.kid.ok_or(SignInError::Rejected("the ID token names no key"))?;
    Ok((id, header.alg))
}

/// The claims of a token that has no defect.
pub(super) fn verify(token: &str, key: &Key, expected: &Expected<'_>) -> Result<Claims, SignInError> {
    // The crate checks the signature; the claims are checked below, against our own clock.
    let mut signature_only = Validation::new(key.algorithm);
    signature_only.required_spec_claims.clear();
    signature_only.validate_exp = false;
    signature_only.validate_aud = false;
    let claims: Claims = decode(token, &key.public, &signature_only)
        .map_err(|_error| SignInError::Rejected("the ID token's signature or form is wrong"))?
        .claims;
    match claims.defect(expected) {
        None => Ok(claims),
        Some(reason) => Err(SignInError::Rejected(reason)),
    }
}

impl Claims {
    fn defect(&self, expected: &Expected<'_>) -> Option<&'static str> {
        let now = expected.now;
        let checks = [
            (is_issuer(&self.iss, expected.issuer), "the ID token is another issuer's"),
            (self.is_for(expected.client_id), "the ID token is for another client"),
            (self.exp > now, "the ID token has expired"),
            (self.iat <= now + SKEW, "the ID token is from the future"),
            (now.since(self.iat) <= OLDEST, "the ID token is too old"),
            (self.nbf.is_none_or(|nbf| nbf <= now + SKEW), "the ID token is not valid yet"),
            (self.has_nonce(expected.nonce), "the ID token belongs to another sign-in"),
            (is_subject(&self.sub), "the ID token names nobody"),
        ];
        checks.into_iter().find_map(|(holds, reason)| (!holds).then_some(reason))
    }

    /// Whether we are the audience; with several, or when it is said at all, also the authorized party.
    fn is_for(&self, client_id: &str) -> bool {
        let (ours, several) = match &self.aud {
            Audience::One(one) => (one == client_id, false),
            Audience::Many(many) => (many.iter().any(|one| one == client_id), many.len() > 1),
        };
        let party = self.azp.as_deref().map_or(!several, |azp| azp == client_id);
        ours && party
    }

    fn has_nonce(&self, nonce: &str) -> bool {
        let same = |said: &String| verify_slices_are_equal(said.as_bytes(), nonce.as_bytes()).is_ok();
        !nonce.is_empty() && self.nonce.as_ref().is_some_and(same)
    }
}

/// Google's old tokens leave out the scheme; nobody else's may.
fn is_issuer(said: &str, configured: &str) -> bool {
    said == configured || (configured == "https://accounts.google.com" && said == "accounts.google.com")
}

fn is_subject(sub: &str) -> bool {
    (1..=LONGEST_SUBJECT).contains(&sub.len())
        && sub.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic())
}

#[cfg(test)]
#[path = "id_token_tests.rs"]
mod tests;
