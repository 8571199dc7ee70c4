//! Tokens as credentials: whose one is and what it may carry. Called by `http/principal.rs` for every request that
//! comes with one; must never answer from a copy older than the last change of its owner.
//!
//! A copy of a token carries its owner's version at the time it was read. Revoking a token, removing its owner from a
//! tenant or disabling them raises that version, which every node hears of by the feed of changes; the copy is then
//! read anew. So nothing needs to be remembered about what was revoked.

use std::sync::Arc;

use crate::authz::decide::Authz;
use crate::authz::snapshot::TokenHash;
use crate::authz::store::{self, TokenRow};
use crate::authz::{Catalogue, Owner, PermissionSet, TokenHead};
use crate::error::{Error, Result};
use crate::ids::Subject;

/// How often to read a token anew when its owner changes while it is read.
const ROUNDS: usize = 20;

impl Authz {
    /// The token with this hash, and its owner, if it works now.
    ///
    /// # Errors
    /// [`Error::InvalidToken`] when it is unknown, revoked or expired, when its owner is disabled or no member of its
    /// tenant any more: which of these is not said. [`Error::Unavailable`] when it cannot be known now.
    pub async fn bearer(&self, hash: &TokenHash) -> Result<(Owner, Arc<TokenHead>)> {
        self.freshness.check()?;
        for _ in 0..ROUNDS {
            let token = match self.copies.tokens.get(hash) {
                Some(copy) => copy,
                None => self.read_token(hash).await?,
            };
            let (owner, version) = self.owner(token.owner).await?;
            if token.owner_version.is_some_and(|read| read < version) {
                self.copies.tokens.remove(hash);
                continue;
            }
            self.works(&token).await?;
            return Ok((owner, token));
        }
        Err(Error::Unavailable("the token's owner changes faster than it can be read", None))
    }

    /// The owner of a token whose signature was checked, if it works now.
    ///
    /// # Errors
    /// As [`Authz::bearer`].
    pub async fn signed_bearer(&self, token: TokenHead) -> Result<(Owner, Arc<TokenHead>)> {
        let (owner, _) = self.owner(token.owner).await?;
        self.works(&token).await?;
        Ok((owner, Arc::new(token)))
    }

    /// Whether a token that was taken a while ago still works.
    ///
    /// # Errors
    /// As [`Authz::bearer`].
    pub async fn still_works(&self, token: &TokenHead) -> Result<()> {
        let (_, version) = self.owner(token.owner).await?;
        // A signed token has no row: it ends with its owner, or by itself.
        let changed = token.owner_version.is_some_and(|read| read < version);
        if changed && !store::token_works(&mut self.database.read().await?, token.id).await? {
            return Err(Error::InvalidToken);
        }
        self.works(token).await
    }

    async fn read_token(&self, hash: &TokenHash) -> Result<Arc<TokenHead>> {
        let row = store::token(&mut self.database.read().await?, hash).await?.ok_or(Error::InvalidToken)?;
        let same = aws_lc_rs::constant_time::verify_slices_are_equal(&row.hash, hash).is_ok();
        let head = row.head(self.catalogue()).filter(|_| same).ok_or(Error::InvalidToken)?;
        let head = Arc::new(head);
        self.copies.tokens.insert(*hash, Arc::clone(&head));
        Ok(head)
    }

    /// The owner, unless disabled, and their version.
    async fn owner(&self, owner: Subject) -> Result<(Owner, i64)> {
        match owner {
            Subject::User(user) => {
                let head = self.user(user).await?.filter(|head| !head.disabled).ok_or(Error::InvalidToken)?;
                let version = head.version;
                Ok((Owner::User(head), version))
            }
            Subject::App(app) => {
                let head = self.app(app).await?.filter(|head| head.enabled).ok_or(Error::InvalidToken)?;
                let version = head.version;
                Ok((Owner::App(head), version))
            }
        }
    }

    async fn works(&self, token: &TokenHead) -> Result<()> {
        let ended = token.expires_at <= self.database.clock().now();
        if ended || self.standing(token.tenant, token.owner).await?.is_none() {
            return Err(Error::InvalidToken);
        }
        Ok(())
    }
}

impl TokenRow {
    fn head(&self, catalogue: &Catalogue) -> Option<TokenHead> {
        let owner = match (self.user_id, self.app_id) {
            (Some(user), None) => Subject::User(user),
            (None, Some(app)) => Subject::App(app),
            (Some(_), Some(_)) | (None, None) => return None,
        };
        Some(TokenHead {
            id: self.id,
            tenant: self.tenant_id,
            owner,
            scopes: scopes(catalogue, &self.scopes),
            expires_at: self.expires_at,
            owner_version: Some(self.owner_version),
        })
    }
}

/// The permissions that scopes, separated by spaces, name and that a token may carry. What a later catalogue does not
/// know any more gives nothing.
#[must_use]
pub fn scopes(catalogue: &Catalogue, text: &str) -> PermissionSet {
    let known = text.split_ascii_whitespace().filter_map(|name| catalogue.get(name));
    let mut set = PermissionSet::EMPTY;
    for permission in known.filter(|id| !catalogue.info(*id).session_only) {
        set.insert(permission);
    }
    set
}
