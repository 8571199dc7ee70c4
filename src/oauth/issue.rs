//! Issuing access tokens to apps. Called by the token endpoint; must never put into a token what the app does not hold at
//! that moment, nor issue one that the tenant's log does not name.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

use super::LONGEST_LIFETIME;
use super::clients::{Client, Deps, SUSPENDED};
use super::jwt::{self, AccessClaims};
use super::refused::{Answer, Refused};
use super::store::{self, ClientRow};
use crate::authz::{Catalogue, PermissionSet};
use crate::clock::Timestamp;
use crate::db::{Actor, ActorKind, AuditEvent, Chain, Target, Via, WriteTx};
use crate::error::{Error, Result};
use crate::ids::{Subject, TokenId};
use crate::tokens::format::Kind;
use crate::tokens::{self, Access, carried};

/// An access token, and what goes with it (RFC 6749 section 5.1).
#[derive(Serialize, JsonSchema)]
pub struct Issued {
    /// The token: `fha_…`, or a signed one when the app's `token_format` is `jwt`.
    pub access_token: String,
    /// `Bearer`.
    pub token_type: &'static str,
    /// In how many seconds it ends.
    pub expires_in: u64,
    /// What it may carry: permissions, separated by spaces.
    pub scope: String,
}

impl std::fmt::Debug for Issued {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Issued").field("scope", &self.scope).finish_non_exhaustive()
    }
}

/// On what terms tokens are issued.
#[derive(Debug)]
pub struct Terms {
    /// How long one works: an hour at most.
    pub lifetime: Duration,
    /// How many opaque ones of one app may work at a time.
    pub most: i64,
    /// How the request came.
    pub via: Via,
}

/// Issues a token to the app itself (RFC 6749 section 4.4): for `scope`, or for all the app may do by token.
///
/// # Errors
/// [`Refused::Scope`] for what the app does not hold or no token may carry; [`Refused::Client`] when the app was disabled
/// meanwhile; [`Refused::Unauthorized`] when its tenant is suspended; [`Refused::Failed`], with [`Error::TooMany`] when as
/// many of its tokens work as may.
pub async fn client_credentials(
    deps: Deps<'_>,
    client: &Client,
    scope: Option<&str>,
    terms: Terms,
) -> Answer<Issued> {
    let wanted = scope.map(|scope| read(deps.authz.catalogue(), scope)).transpose()?;
    // Before the write begins: it may have to make the first key, which is a write of its own.
    let row = store::client(&mut deps.database.read().await?, client).await?.ok_or(Refused::Client)?;
    let key = if row.signs() { Some(deps.issuer.signing_key().await?) } else { None };

    let mut tx = deps.database.write(Chain::Tenant(client.tenant)).await?;
    let policy = deps.authz.policy_in(&mut tx, client.tenant).await.map_err(gone)?;
    if policy.suspended.is_some() {
        return Err(SUSPENDED);
    }
    let standing = deps.authz.standing_in(&mut tx, &policy, client.app).await?.ok_or(Refused::Client)?;
    let held = carried(deps.authz.catalogue(), standing.effective);
    let scopes = wanted.unwrap_or(held);
    if scopes.is_empty() || !scopes.is_subset(held) {
        return Err(Refused::Scope(
            "The app's roles do not allow all of it now, or there is nothing they allow.",
        ));
    }
    let names = deps.authz.catalogue().names(scopes);
    let lifetime = terms.lifetime.min(LONGEST_LIFETIME);
    let made = Making { client, row: &row, names: &names, expires_at: tx.at() + lifetime };
    let (id, access_token) = match key {
        None => made.opaque(&mut tx, terms.most).await?,
        Some((kid, key)) => {
            let claims = made.claims(deps.issuer.url(), tx.at());
            (claims.jti, jwt::sign(&claims, kid, &key)?)
        }
    };
    tx.commit(made.event(id, terms.via)).await?;
    Ok(Issued { access_token, token_type: "Bearer", expires_in: lifetime.as_secs(), scope: names.join(" ") })
}

/// Reads `scope` (RFC 6749 section 3.3): known permissions that a token may carry, each separated by one space.
pub(crate) fn read(catalogue: &Catalogue, scope: &str) -> Answer<PermissionSet> {
    let mut set = PermissionSet::EMPTY;
    for name in scope.split(' ') {
        let permission = catalogue.get(name).filter(|id| !catalogue.info(*id).session_only);
        set.insert(
            permission.ok_or(Refused::Scope("One of these is no permission, or no token may carry it."))?,
        );
    }
    Ok(set)
}

/// Of a tenant that is gone there are no clients.
fn gone(error: Error) -> Refused {
    if matches!(error, Error::NotFound) { Refused::Client } else { Refused::Failed(error) }
}

/// A token in the making.
struct Making<'a> {
    client: &'a Client,
    row: &'a ClientRow,
    names: &'a [&'a str],
    expires_at: Timestamp,
}

impl Making<'_> {
    async fn opaque(&self, tx: &mut WriteTx, most: i64) -> Result<(TokenId, String)> {
        let (tenant, owner) = (self.client.tenant, Subject::App(self.client.app));
        if let Some(retry_after) = tokens::full(tx, tenant, owner, most).await? {
            let what = "As many access tokens of this app work as may. Use one until it ends, or revoke those that are not \
                        needed.";
            return Err(Error::TooMany { what: what.into(), retry_after });
        }
        let access =
            Access { tenant, owner, name: &self.row.name, scopes: self.names, expires_at: self.expires_at };
        let (id, minted) = tokens::issue(tx, Kind::Access, &access).await?;
        Ok((id, minted.text))
    }

    fn claims(&self, issuer: &str, now: Timestamp) -> AccessClaims {
        AccessClaims {
            iss: issuer.to_owned(),
            sub: self.client.app,
            aud: issuer.to_owned(),
            client_id: self.row.client_id.clone(),
            tenant: self.client.tenant,
            scope: self.names.join(" "),
            iat: now.seconds(),
            exp: self.expires_at.seconds(),
            jti: TokenId::new(),
        }
    }

    fn event(&self, id: TokenId, via: Via) -> AuditEvent {
        let actor = Actor { kind: ActorKind::App(self.client.app), name: self.row.name.clone(), via };
        let format = if self.row.signs() { "jwt" } else { "opaque" };
        AuditEvent::done(actor, "token.issued", Target::new("app", self.client.app, self.row.name.clone()))
            .changing(
                &json!({}),
                &json!({ "id": id, "format": format, "scopes": self.names, "expires_at": self.expires_at }),
            )
    }
}
