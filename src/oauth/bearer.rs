//! Tokens of either kind as credentials: looked up, or checked by their signature. Called for every bearer of a signed
//! token, and where tokens are looked into or ended; must never take one for good that does not work at this moment.

use super::clients::Deps;
use super::issuer::Issuer;
use crate::authz::{Authz, TokenBearer, TokenHead, scopes};
use crate::clock::Timestamp;
use crate::db::Via;
use crate::error::{Error, Result};
use crate::ids::Subject;
use crate::tokens::format;

/// Whether the text has the parts of a signed token.
#[must_use]
pub fn is_signed(text: &str) -> bool {
    text.bytes().filter(|byte| *byte == b'.').count() == 2
}

/// A signed token as a credential.
///
/// # Errors
/// [`Error::InvalidToken`] for any defect, when its app is disabled, deleted or in another tenant; [`Error::Unavailable`].
pub async fn signed_bearer(authz: &Authz, issuer: &Issuer, text: &str) -> Result<TokenBearer> {
    let claims = issuer.verify(text).await?;
    let head = TokenHead {
        id: claims.jti,
        tenant: claims.tenant,
        owner: Subject::App(claims.sub),
        scopes: scopes(authz.catalogue(), &claims.scope),
        expires_at: Timestamp::from_micros(claims.exp.saturating_mul(1_000_000)),
        owner_version: None,
    };
    let (owner, token) = authz.signed_bearer(head).await?;
    Ok(TokenBearer { owner, token, via: Via::default() })
}

/// The token as a credential, if it works.
pub(super) async fn known(deps: Deps<'_>, text: &str) -> Result<Option<TokenBearer>> {
    let found = if is_signed(text) {
        signed_bearer(deps.authz, deps.issuer, text).await
    } else {
        let Some(hash) = format::bearer_hash(text) else { return Ok(None) };
        let found = deps.authz.bearer(&hash).await;
        found.map(|(owner, token)| TokenBearer { owner, token, via: Via::default() })
    };
    match found {
        Ok(bearer) => Ok(Some(bearer)),
        Err(Error::InvalidToken) => Ok(None),
        Err(error) => Err(error),
    }
}
