//! What a token is good for now (RFC 7662), and the end of one (RFC 7009). Called by these two endpoints; must never tell
//! anyone of a token of another tenant, nor end a token for anyone but the app it was issued to.

use schemars::JsonSchema;
use serde::Serialize;

use super::clients::{Client, Deps};
use super::issuer::Issuer;
use super::refused::{Answer, Refused};
use super::store;
use crate::authz::{Authz, Own, Owner, Principal, TokenBearer, TokenHead, scopes};
use crate::clock::Timestamp;
use crate::db::Via;
use crate::error::{Error, Result};
use crate::ids::{Subject, TenantId, TokenId};
use crate::tokens::{self, format};

/// What is said of a token: of one that does not work only that, of one that does all of this.
#[derive(Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Introspection {
    /// Whether it works, in the caller's tenant.
    pub active: bool,
    /// All that is known of it.
    #[serde(flatten)]
    pub token: Option<ActiveToken>,
}

/// A token that works.
#[derive(Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ActiveToken {
    /// What it may do now: its scopes, as far as its owner's roles still allow them, separated by spaces.
    pub scope: String,
    /// The app it was issued to; absent for personal tokens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// The person whose it is; absent for tokens of apps.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// `Bearer`.
    pub token_type: &'static str,
    /// When it ends, in seconds since 1970.
    pub exp: i64,
    /// When it was made, likewise.
    pub iat: i64,
    /// The id of the person or app whose it is.
    pub sub: uuid::Uuid,
    /// Whose API takes it: the public URL.
    pub aud: String,
    /// Who issued it: the public URL.
    pub iss: String,
    /// Its id.
    pub jti: TokenId,
    /// The tenant in which alone it works.
    pub tenant: TenantId,
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

/// What the token is good for now, as someone in `tenant` may know it.
///
/// # Errors
/// [`Error::Unavailable`] when it cannot be known now.
pub async fn introspect(deps: Deps<'_>, tenant: TenantId, text: &str) -> Result<Introspection> {
    let Some(bearer) = known(deps, text).await? else { return Ok(INACTIVE) };
    let head = &bearer.token;
    let standing = deps.authz.standing(head.tenant, head.owner).await?;
    let standing = standing.filter(|standing| head.tenant == tenant && standing.policy.suspended.is_none());
    let (Some(standing), Some(made)) = (standing, made(deps, &bearer, text).await?) else {
        return Ok(INACTIVE);
    };
    let (client_id, username) = match &bearer.owner {
        Owner::App(app) => (Some(app.client_id.clone()), None),
        Owner::User(user) => (None, Some(user.name.clone())),
    };
    let url = deps.issuer.url().to_owned();
    let token = ActiveToken {
        scope: deps.authz.catalogue().names(standing.effective.intersection(head.scopes)).join(" "),
        client_id,
        username,
        token_type: "Bearer",
        exp: head.expires_at.seconds(),
        iat: made,
        sub: head.owner.uuid(),
        aud: url.clone(),
        iss: url,
        jti: head.id,
        tenant: head.tenant,
    };
    Ok(Introspection { active: true, token: Some(token) })
}

const INACTIVE: Introspection = Introspection { active: false, token: None };

/// Ends a token of the client's at once. Of tokens that are not there, or not the client's, nothing comes (RFC 7009
/// section 2.2).
///
/// # Errors
/// [`Refused::TokenType`] for a signed token of the client's own, which only time ends; [`Refused::Failed`].
pub async fn revoke(deps: Deps<'_>, client: &Client, text: &str, via: Via) -> Answer<()> {
    let Some(bearer) = known(deps, text).await? else { return Ok(()) };
    if bearer.token.owner != Subject::App(client.app) {
        return Ok(());
    }
    if is_signed(text) {
        return Err(Refused::TokenType);
    }
    let (id, head) = (bearer.token.id, bearer.token.clone());
    let Some(standing) = deps.authz.standing(head.tenant, head.owner).await? else { return Ok(()) };
    let principal = Principal::Token(TokenBearer { via, ..bearer });
    let grant = deps.authz.decide::<Own>(principal, standing).await?;
    match tokens::revoke_own(deps.authz, &grant, id).await {
        // It ended meanwhile.
        Ok(_) | Err(Error::NotFound) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Whether the text has the parts of a signed token.
#[must_use]
pub fn is_signed(text: &str) -> bool {
    text.bytes().filter(|byte| *byte == b'.').count() == 2
}

/// The token as a credential, if it works.
async fn known(deps: Deps<'_>, text: &str) -> Result<Option<TokenBearer>> {
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

/// When the token was made, in seconds. None when it ended meanwhile.
async fn made(deps: Deps<'_>, bearer: &TokenBearer, text: &str) -> Result<Option<i64>> {
    if is_signed(text) {
        return deps.issuer.verify(text).await.map(|claims| Some(claims.iat));
    }
    let (tenant, id) = (bearer.token.tenant, bearer.token.id);
    let at = store::token_made(&mut deps.database.read().await?, tenant, id).await?;
    Ok(at.map(Timestamp::seconds))
}
