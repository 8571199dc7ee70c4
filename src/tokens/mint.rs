//! Making tokens: minted by a person for themselves, rotated by them, issued to an app. Must never make one outside a
//! write that records it.

use std::time::Duration;

use serde_json::json;

use super::format::{self, Kind, Minted};
use super::rules::{carried, days, overlap, read_scopes, require_held};
use super::{NewToken, NewlyMinted, Rotation, Token, store};
use crate::authz::{Authz, Grant, PermissionSet, perm};
use crate::clock::Timestamp;
use crate::db::{AuditEvent, Committed, Database, Target, WriteTx};
use crate::error::{Error, Result};
use crate::ids::{Subject, TenantId, TokenId};
use crate::names::Name;

/// A token to be issued within a write.
#[derive(Debug, Clone)]
pub struct Access<'a> {
    /// The tenant in which it works.
    pub tenant: TenantId,
    /// Whose it is.
    pub owner: Subject,
    /// What to call it.
    pub name: &'a str,
    /// The permissions it may carry, by name.
    pub scopes: &'a [&'a str],
    /// When it ends.
    pub expires_at: Timestamp,
}

/// Makes a token of `kind` within `tx`, which must record it. Who calls this has seen to what it may carry.
///
/// # Errors
/// [`Error::Unavailable`] when the database cannot answer.
pub async fn issue(tx: &mut WriteTx, kind: Kind, access: &Access<'_>) -> Result<(TokenId, Minted)> {
    let (id, minted) = (TokenId::new(), format::mint(kind));
    store::insert(tx, id, access, &minted).await?;
    Ok((id, minted))
}

/// Mints a personal token for the grant's person.
///
/// # Errors
/// [`Error::ReauthenticationRequired`] when they signed in over ten minutes ago; [`Error::Invalid`];
/// [`Error::Forbidden`] for a scope they do not hold; [`Error::Conflict`] when they have as many tokens in the tenant
/// as they may, or made one meanwhile (`room`); [`Error::Unavailable`].
pub async fn mint(
    authz: &Authz,
    grant: &Grant<perm::TokensCreate>,
    new: &NewToken,
    room: Room,
) -> Result<(NewlyMinted, Committed)> {
    let name = Name::parse(&new.name, "/name")?;
    let (scopes, lifetime) = (read_scopes(authz.catalogue(), &new.scopes)?, days(new.expires_in_days)?);
    let (mut tx, grant) = authz.write(grant).await?;
    grant.principal().require_fresh(tx.at())?;
    if scopes.minus(grant.effective()).iter().next().is_some() {
        drop(tx);
        return Err(require_held(authz, grant.standing(), scopes).await.err().unwrap_or(Error::NotFound));
    }
    room.check(&mut tx, &grant).await?;
    let expires_at = tx.at() + lifetime;
    let made = make(authz, &mut tx, &grant, name.as_str(), (scopes, expires_at)).await?;
    let event = AuditEvent::done(grant.actor(), "token.created", target(&made.kept)).changing(
        &json!({}),
        &json!({ "owner": made.kept.owner.id, "scopes": made.kept.scopes, "expires_at": expires_at }),
    );
    let committed = tx.commit(event).await?;
    Ok((made, committed))
}

/// Replaces one of the person's own tokens by a new one of the same name, for the same time, with those of its scopes
/// they still hold. The old one works for a while beside it, so that programs can be given the new one.
///
/// # Errors
/// [`Error::NotFound`] when it is not theirs, revoked or over; [`Error::ReauthenticationRequired`];
/// [`Error::Conflict`] when they hold none of its scopes any more, have as many tokens as they may, or made one
/// meanwhile; [`Error::Invalid`]; [`Error::Unavailable`].
pub async fn rotate(
    authz: &Authz,
    grant: &Grant<perm::TokensCreate>,
    id: TokenId,
    (how, room): (&Rotation, Room),
) -> Result<(NewlyMinted, Committed)> {
    let overlap = overlap(how.overlap_hours)?;
    let (mut tx, grant) = authz.write(grant).await?;
    let now = tx.at();
    grant.principal().require_fresh(now)?;
    let old = store::token(&mut tx, grant.tenant(), id, now).await?.ok_or(Error::NotFound)?;
    if old.owner() != grant.subject() {
        return Err(Error::NotFound);
    }
    room.check(&mut tx, &grant).await?;
    let held = carried(authz.catalogue(), grant.effective());
    let scopes = crate::authz::scopes(authz.catalogue(), &old.scopes).intersection(held);
    if scopes.is_empty() {
        let text = "You hold none of this token's scopes any more. Revoke it, and mint another.";
        return Err(Error::Conflict(text.into()));
    }
    let expires_at = now + old.expires_at.since(old.created_at);
    let made = make(authz, &mut tx, &grant, &old.name, (scopes, expires_at)).await?;
    let ends = old.expires_at.min(now + overlap);
    // Who replaces a token need not be told that it ends.
    store::set_end(&mut tx, grant.tenant(), id, ends).await?;
    if let Some(user) = grant.subject().user() {
        tx.touch_user(user).await?;
    }
    let event = AuditEvent::done(grant.actor(), "token.rotated", target(&made.kept)).changing(
        &json!({ "id": id, "expires_at": old.expires_at }),
        &json!({ "id": made.kept.id, "scopes": made.kept.scopes, "expires_at": expires_at, "old_expires_at": ends }),
    );
    let committed = tx.commit(event).await?;
    Ok((made, committed))
}

async fn make(
    authz: &Authz,
    tx: &mut WriteTx,
    grant: &Grant<perm::TokensCreate>,
    name: &str,
    (scopes, expires_at): (PermissionSet, Timestamp),
) -> Result<NewlyMinted> {
    let (tenant, owner) = (grant.tenant(), grant.subject());
    let access = Access { tenant, owner, name, scopes: &authz.catalogue().names(scopes), expires_at };
    let (id, minted) = issue(tx, Kind::Personal, &access).await?;
    let now = tx.at();
    let kept: Token = store::token(tx, tenant, id, now).await?.ok_or(Error::NotFound)?.shown(now);
    Ok(NewlyMinted { kept, token: minted.text })
}

/// Whether there is room for one more token of a person in a tenant.
#[derive(Debug, Clone, Copy)]
pub struct Room {
    /// How many they may have there.
    pub most: i64,
    /// The newest they had, as [`newest`] told it, when they were asked what to make: a form that is sent twice makes
    /// one. None: whatever they have.
    pub newest: Option<TokenId>,
}

impl Room {
    async fn check(self, tx: &mut WriteTx, grant: &Grant<perm::TokensCreate>) -> Result<()> {
        let (tenant, owner) = (grant.tenant(), grant.subject());
        if let Some(seen) = self.newest
            && store::newest(tx, tenant, owner).await? != seen
        {
            let text = "You made a token since this page was shown. See whether it is the one you want.";
            return Err(Error::Conflict(text.into()));
        }
        room(tx, tenant, owner, self.most).await
    }
}

/// Whether `owner` may have one more token in the tenant, of which they may have `most`.
///
/// # Errors
/// [`Error::Conflict`] when they may not; [`Error::Unavailable`].
pub async fn room(tx: &mut WriteTx, tenant: TenantId, owner: Subject, most: i64) -> Result<()> {
    let now = tx.at();
    if store::count(tx, tenant, owner, now).await? < most {
        return Ok(());
    }
    let text = "You have as many tokens in this tenant as you may. Revoke one you do not use.";
    Err(Error::Conflict(text.into()))
}

/// Whether as many tokens of `owner` work in the tenant as may, which is `most`: then how long it is until the next of them
/// ends.
///
/// # Errors
/// [`Error::Unavailable`] when the database cannot answer.
pub async fn full(tx: &mut WriteTx, tenant: TenantId, owner: Subject, most: i64) -> Result<Option<Duration>> {
    let now = tx.at();
    if store::count(tx, tenant, owner, now).await? < most {
        return Ok(None);
    }
    let next = store::next_end(tx, tenant, owner, now).await?;
    Ok(Some(next.map_or(Duration::ZERO, |end| end.since(now))))
}

/// The newest token the grant's person ever made in the tenant; the id of nothing when there is none.
///
/// # Errors
/// [`Error::Unavailable`] when the database cannot answer.
pub async fn newest(database: &Database, grant: &Grant<perm::TokensCreate>) -> Result<TokenId> {
    store::newest(&mut database.read().await?, grant.tenant(), grant.subject()).await
}

pub(super) fn target(token: &Token) -> Target {
    Target::new("token", token.id, token.name.clone())
}
