//! Seeing and revoking tokens: one's own, or all of a tenant's by who may. Must never show what opens anything.

use serde_json::json;

use super::mint::target;
use super::{Filter, OwnToken, SOON, Token, store};
use crate::authz::{Authz, Grant, Own, Right, SessionUser, perm};
use crate::clock::Timestamp;
use crate::db::{AuditEvent, Committed, Database};
use crate::error::{Error, Result};
use crate::ids::{Subject, TokenId};
use crate::roles::guards::{Holding, may_act_on};

/// The tokens that work in the tenant, newest first, and whether there are more than `limit`. Each person sees their
/// own; who holds `tokens:read` (`all`) sees everyone's.
///
/// # Errors
/// [`Error::Unavailable`] when the database cannot answer.
pub async fn list<R: Right>(
    database: &Database,
    grant: &Grant<R>,
    filter: Filter,
    (after, limit): (Option<TokenId>, u32),
) -> Result<(Vec<Token>, bool)> {
    let now = database.clock().now();
    let owner = if grant.can::<perm::TokensRead>() { filter.owner } else { Some(grant.subject()) };
    let filter = Filter { owner, ..filter };
    let mut rows =
        store::page(&mut database.read().await?, grant.tenant(), filter, (after, limit, now)).await?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = rows.len() > limit;
    rows.truncate(limit);
    Ok((rows.into_iter().map(|row| row.shown(now)).collect(), more))
}

/// A token that works in the tenant: one's own, or anyone's to who holds `tokens:read`.
///
/// # Errors
/// [`Error::NotFound`], also for others' tokens; [`Error::Unavailable`].
pub async fn find<R: Right>(database: &Database, grant: &Grant<R>, id: TokenId) -> Result<Token> {
    let now = database.clock().now();
    let row = store::token(&mut database.read().await?, grant.tenant(), id, now).await?;
    let seen = row.filter(|row| grant.can::<perm::TokensRead>() || row.owner() == grant.subject());
    Ok(seen.ok_or(Error::NotFound)?.shown(now))
}

/// The person's own tokens that work, over all their tenants, next to end first; at most 200.
///
/// # Errors
/// [`Error::Unavailable`] when the database cannot answer.
pub async fn mine(database: &Database, person: &SessionUser) -> Result<Vec<OwnToken>> {
    let now = database.clock().now();
    let rows = store::of_user(&mut database.read().await?, person.user.id, now).await?;
    Ok(rows.into_iter().map(|own| OwnToken { tenant: own.tenant_id, token: own.row.shown(now) }).collect())
}

/// The person's own tokens in the tenant that end within [`SOON`]: their names and ends, next to end first, at most
/// ten.
///
/// # Errors
/// [`Error::Unavailable`] when the database cannot answer.
pub async fn ending(
    database: &Database,
    grant: &Grant<perm::TokensCreate>,
) -> Result<Vec<(String, Timestamp)>> {
    let now = database.clock().now();
    store::ending(&mut database.read().await?, (grant.tenant(), grant.subject()), (now, now + SOON)).await
}

/// Ends a token at once, on every node: one's own, or by `tokens:delete` that of anyone who does not stand above.
///
/// # Errors
/// [`Error::NotFound`] when it does not work here or is another's; [`Error::Forbidden`] when its owner holds what the
/// actor does not; [`Error::Unavailable`].
pub async fn revoke(authz: &Authz, grant: &Grant<perm::TokensDelete>, id: TokenId) -> Result<Committed> {
    revoke_by(authz, grant, id).await
}

/// Ends one of one's own tokens at once, on every node.
///
/// # Errors
/// As [`revoke`].
pub async fn revoke_own(authz: &Authz, grant: &Grant<Own>, id: TokenId) -> Result<Committed> {
    revoke_by(authz, grant, id).await
}

async fn revoke_by<R: Right>(authz: &Authz, grant: &Grant<R>, id: TokenId) -> Result<Committed> {
    let (mut tx, grant) = authz.write(grant).await?;
    let (tenant, now) = (grant.tenant(), tx.at());
    let row = store::token(&mut tx, tenant, id, now).await?.ok_or(Error::NotFound)?;
    let own = row.owner() == grant.subject();
    if !own && R::permission().is_none() {
        return Err(Error::NotFound);
    }
    if !own && let Some(target) = authz.standing_in(&mut tx, &grant.standing().policy, row.owner()).await? {
        let (actor, target) = (Holding::of(grant.standing()), Holding::of(&target));
        if let Err(refusal) = may_act_on(actor, target, now) {
            drop(tx);
            let name = &authz.catalogue().info(refusal.missing()).name;
            return Err(authz.deny(grant.standing(), name, refusal.reason(authz.catalogue())).await?);
        }
    }
    store::revoke(&mut tx, tenant, id).await?;
    match row.owner() {
        Subject::User(user) => {
            tx.touch_user(user).await?;
        }
        Subject::App(app) => tx.touch_app(app).await?,
    }
    let token = row.shown(now);
    let event = AuditEvent::done(grant.actor(), "token.revoked", target(&token)).changing(
        &json!({ "owner": token.owner.id, "scopes": token.scopes, "expires_at": token.expires_at }),
        &json!({}),
    );
    tx.commit(event).await
}
