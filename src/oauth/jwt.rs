//! Access tokens that are signed instead of looked up (RFC 9068). Called by the issuer; must never believe a token
//! anything before its signature was found good, nor let a token have two spellings.

use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, decode_header, encode};
use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::ids::{AppId, TenantId, TokenId};
use crate::oauth::LONGEST_LIFETIME;

/// What tells an access token from every other kind of signed token (RFC 9068 section 2.1).
const TYP: &str = "at+jwt";
/// Longer ones are not read: the head of a request has 16 kB.
const LONGEST: usize = 8 * 1024;
/// Clocks of nodes may differ by this much.
const SKEW: Duration = Duration::from_mins(1);
/// Half the order of P-256. `s` and the order less `s` sign the same; only the smaller is a token of ours.
const HALF_ORDER: [u8; 32] = [
    0x7F, 0xFF, 0xFF, 0xFF, 0x80, 0x00, 0x00, 0x00, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xDE,
    0x73, 0x7D, 0x56, 0xD3, 0x8B, 0xCF, 0x42, 0x79, 0xDC, 0xE5, 0x61, 0x7E, 0x31, 0x92, 0xA8,
];

/// What an access token says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessClaims {
    /// This installation: its public URL.
    pub iss: String,
    /// The app: there is no other owner of what it may do.
    pub sub: AppId,
    /// This installation's API: the public URL again.
    pub aud: String,
    /// The app as OAuth calls it.
    pub client_id: String,
    /// The tenant it belongs to, and the only one it works in.
    pub tenant: TenantId,
    /// The most it may do: permissions, separated by spaces.
    pub scope: String,
    /// When it was issued, in seconds.
    pub iat: i64,
    /// When it ends, in seconds.
    pub exp: i64,
    /// Names the token, as in the audit log.
    pub jti: TokenId,
}

impl AccessClaims {
    /// The permissions it may carry at most.
    pub fn scopes(&self) -> impl Iterator<Item = &str> {
        self.scope.split(' ').filter(|scope| !scope.is_empty())
    }
}

/// The token, signed.
pub(super) fn sign(claims: &AccessClaims, kid: String, key: &EncodingKey) -> Result<String> {
    let mut header = Header::new(Algorithm::ES256);
    header.typ = Some(TYP.to_owned());
    header.kid = Some(kid);
    loop {
        let token = encode(&header, claims, key)
            .map_err(|error| Error::internal("an access token cannot be signed", error))?;
        // Every other signature is one, by chance.
        if has_one_spelling(&token) {
            return Ok(token);
        }
    }
}

/// The name of the key a token says it is signed with, if it looks like one of ours at all.
pub(super) fn key_name(token: &str) -> Result<String> {
    if token.len() > LONGEST {
        return Err(Error::InvalidToken);
    }
    let header = decode_header(token).map_err(|_unreadable| Error::InvalidToken)?;
    let ours = header.alg == Algorithm::ES256
        && header.typ.as_deref() == Some(TYP)
        && header.crit.is_none()
        && header.extras.inner().is_empty();
    header.kid.filter(|_| ours).ok_or(Error::InvalidToken)
}

/// What a token says that has no defect.
pub(super) fn verify(token: &str, key: &DecodingKey, issuer: &str, now: Timestamp) -> Result<AccessClaims> {
    // The crate checks the signature; the claims are checked below, against our own clock.
    let mut signature_only = Validation::new(Algorithm::ES256);
    signature_only.required_spec_claims.clear();
    signature_only.validate_exp = false;
    signature_only.validate_aud = false;
    let claims: AccessClaims =
        decode(token, key, &signature_only).map_err(|_wrong| Error::InvalidToken)?.claims;
    let lifetime = claims.exp.checked_sub(claims.iat).and_then(|seconds| u64::try_from(seconds).ok());
    let holds = has_one_spelling(token)
        && claims.iss == issuer
        && claims.aud == issuer
        && claims.exp > now.seconds()
        && claims.iat <= (now + SKEW).seconds()
        && lifetime.is_some_and(|seconds| seconds <= LONGEST_LIFETIME.as_secs());
    if holds { Ok(claims) } else { Err(Error::InvalidToken) }
}

fn has_one_spelling(token: &str) -> bool {
    let signature = token.rsplit('.').next().and_then(|text| BASE64.decode(text).ok()).unwrap_or_default();
    signature.split_at_checked(32).is_some_and(|(_, s)| s.len() == 32 && s <= HALF_ORDER.as_slice())
}

#[cfg(test)]
#[path = "jwt_tests.rs"]
mod tests;
