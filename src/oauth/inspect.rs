//! What a token is good for now (RFC 7662). Called by the endpoint; must never tell anyone of a token of another tenant.

use schemars::JsonSchema;
use serde::Serialize;

use super::bearer::{is_signed, known};
use super::clients::Deps;
use super::store;
use crate::authz::{Owner, TokenBearer};
use crate::clock::Timestamp;
use crate::error::Result;
use crate::ids::{TenantId, TokenId};

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

/// What the token is good for now, as someone in `tenant` may know it.
///
/// # Errors
/// [`Error::Unavailable`](crate::error::Error::Unavailable) when it cannot be known now.
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

/// When the token was made, in seconds. None when it ended meanwhile.
async fn made(deps: Deps<'_>, bearer: &TokenBearer, text: &str) -> Result<Option<i64>> {
    if is_signed(text) {
        return deps.issuer.verify(text).await.map(|claims| Some(claims.iat));
    }
    let (tenant, id) = (bearer.token.tenant, bearer.token.id);
    let at = store::token_made(&mut deps.database.read().await?, tenant, id).await?;
    Ok(at.map(Timestamp::seconds))
}
