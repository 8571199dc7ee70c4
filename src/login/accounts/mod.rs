//! From an identity to an account: found by (provider, issuer, subject) and by nothing else. Also the person's
//! own account: profile, identities, sessions. Each write is one event in the person's own log.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::authz::{Authz, Principal, SessionRef, UserHead};
use crate::clock::Timestamp;
use crate::db::{Actor, ActorKind, AuditEvent, Chain, Database, Target, Via, WriteTx};
use crate::email::EmailAddress;
use crate::error::{Error, Result};
use crate::ids::{IdentityId, SessionHandle, UserId};
use crate::login::store::{self, Ending, Profile};
use crate::login::{ExternalIdentity, Provider};
use crate::names::Name;

/// What becomes of an identity that signed in.
#[derive(Debug)]
pub enum Entry {
    /// It has, or now has, an account; the session is in the index.
    Opened {
        /// Whose account.
        user: UserId,
        /// The session.
        session: SessionRef,
    },
    /// Its verified address belongs to an account that another identity opens. No account was made.
    KnownElsewhere {
        /// The provider that opens the account.
        provider: Provider,
    },
}

/// The browser a session is opened from.
#[derive(Debug, Clone)]
pub struct Browser {
    /// The request.
    pub via: Via,
    /// What the browser calls itself, at most 200 characters of it.
    pub user_agent: String,
}

/// Finds or makes the account of an identity and opens a session that ends at `ends_at`.
///
/// # Errors
/// [`Error::Unauthenticated`] when the account is disabled; [`Error::Unavailable`].
pub async fn enter(
    database: &Database,
    external: &ExternalIdentity,
    browser: &Browser,
    ends_at: Timestamp,
) -> Result<Entry> {
    // A second round only when the same new identity signed in twice at once.
    for _ in 0..2 {
        let known = store::identity(&mut database.read().await?, external).await?;
        let entry = match known {
            Some(identity) => {
                return enter_known(database, (identity.user_id, identity.id), external, browser, ends_at)
                    .await;
            }
            None => enter_new(database, external, browser, ends_at).await,
        };
        match entry {
            Err(Error::Conflict(_)) => {}
            other => return other,
        }
    }
    Err(Error::Unavailable("the same identity is signing in elsewhere", None))
}

async fn enter_known(
    database: &Database,
    (user, identity): (UserId, IdentityId),
    external: &ExternalIdentity,
    browser: &Browser,
    ends_at: Timestamp,
) -> Result<Entry> {
    let mut tx = database.write(Chain::User(user)).await?;
    // Linked and enabled a moment ago; the lock on the person's chain makes sure it still is.
    let still = store::identity(&mut tx, external).await?.is_some_and(|row| row.user_id == user);
    let profile =
        store::profile(&mut tx, user).await?.filter(|profile| still && profile.disabled_at.is_none());
    let Some(profile) = profile else { return Err(Error::Unauthenticated) };
    let primary = store::identities(&mut tx, user).await?.first().is_some_and(|first| first.id == identity);
    store::update_identity(&mut tx, identity, external).await?;
    let fresh = if primary { from_provider(external, Some(&profile)) } else { profile.clone() };
    if fresh != profile {
        store::update_profile(&mut tx, user, &fresh).await?;
        tx.touch_user(user).await?;
    }
    open(tx, (user, identity), &fresh.name, external.provider, browser, ends_at).await
}

async fn enter_new(
    database: &Database,
    external: &ExternalIdentity,
    browser: &Browser,
    ends_at: Timestamp,
) -> Result<Entry> {
    let mut on = database.read().await?;
    for address in &external.verified_emails {
        if let Some(provider) = store::provider_of_address(&mut on, address.as_str()).await? {
            let provider =
                provider.parse().map_err(|error| Error::internal("an unknown provider is stored", error))?;
            return Ok(Entry::KnownElsewhere { provider });
        }
    }
    drop(on);
    let (user, identity) = (UserId::new(), IdentityId::new());
    let profile = from_provider(external, None);
    let mut tx = database.write(Chain::User(user)).await?;
    store::insert_user(&mut tx, user, &profile).await?;
    store::insert_identity(&mut tx, identity, user, external).await?;
    open(tx, (user, identity), &profile.name, external.provider, browser, ends_at).await
}

/// The profile a provider gives. A name the person chose here stays.
fn from_provider(external: &ExternalIdentity, known: Option<&Profile>) -> Profile {
    let name = external.name.as_deref().or(external.username.as_deref());
    let name = name.and_then(Name::salvage).map_or_else(|| "Unnamed".to_owned(), String::from);
    Profile {
        name: known.map_or(name, |known| known.name.clone()),
        email: external.email.as_ref().map(ToString::to_string),
        email_verified: external.email_verified && external.email.is_some(),
        avatar_url: external.avatar_url.clone(),
        disabled_at: None,
    }
}

async fn open(
    mut tx: WriteTx,
    (user, identity): (UserId, IdentityId),
    name: &str,
    provider: Provider,
    browser: &Browser,
    ends_at: Timestamp,
) -> Result<Entry> {
    let session = SessionRef { handle: SessionHandle::new(), identity, signed_in_at: tx.at() };
    store::insert_session(
        &mut tx,
        (session.handle, user, identity),
        (&browser.user_agent, &browser.via.ip),
        ends_at,
    )
    .await?;
    let actor = Actor { kind: ActorKind::User(user), name: name.to_owned(), via: browser.via.clone() };
    let target = Target::new("session", session.handle, provider.to_string());
    tx.commit(AuditEvent::done(actor, "session.started", target)).await?;
    Ok(Entry::Opened { user, session })
}

/// Links one more identity to the account of `user`, who allowed it from `session`.
///
/// # Errors
/// [`Error::Conflict`] when the identity belongs to an account already; nothing moves then.
/// [`Error::Unauthenticated`] when the session has ended meanwhile.
pub async fn link(
    database: &Database,
    authz: &Authz,
    (user, session): (&Arc<UserHead>, SessionHandle),
    external: &ExternalIdentity,
    via: Via,
) -> Result<()> {
    let mut tx = database.write(Chain::User(user.id)).await?;
    let ended = authz.freshness().is_revoked(session);
    let now = tx.at();
    let live = store::sessions(&mut tx, user.id, now, Timestamp::from_micros(0)).await?;
    if ended || !live.iter().any(|row| row.id == session) {
        return Err(Error::Unauthenticated);
    }
    let identity = IdentityId::new();
    store::insert_identity(&mut tx, identity, user.id, external).await?;
    tx.touch_user(user.id).await?;
    let actor = Actor { kind: ActorKind::User(user.id), name: user.name.clone(), via };
    let target = Target::new("identity", identity, external.provider.to_string());
    tx.commit(AuditEvent::done(actor, "identity.linked", target)).await?;
    Ok(())
}

/// An identity, as its person sees it.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
pub struct Identity {
    /// Its id.
    pub id: IdentityId,
    /// The provider.
    pub provider: Provider,
    /// The name at the provider, where it has one.
    pub username: Option<String>,
    /// The address at the provider.
    pub email: Option<String>,
    /// Whether the present session was opened with it.
    pub current: bool,
    /// When it was linked.
    pub created_at: Timestamp,
    /// When it was last signed in with.
    pub last_used_at: Timestamp,
}

/// The caller's identities, oldest first.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn identities(database: &Database, principal: &Principal) -> Result<Vec<Identity>> {
    let rows = store::identities(&mut database.read().await?, principal.user.id).await?;
    rows.into_iter()
        .map(|row| {
            Ok(Identity {
                id: row.id,
                provider: row
                    .provider
                    .parse()
                    .map_err(|error| Error::internal("an unknown provider is stored", error))?,
                username: row.username,
                email: row.email,
                current: row.id == principal.session.identity,
                created_at: row.created_at,
                last_used_at: row.last_used_at,
            })
        })
        .collect()
}

/// Unlinks an identity and ends the sessions opened with it. Gives whether the caller's own is among them.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::Conflict`] for the last identity; [`Error::ReauthenticationRequired`].
pub async fn unlink(database: &Database, principal: &Principal, identity: IdentityId) -> Result<()> {
    principal.require_fresh(database.clock().now())?;
    let user = principal.user.id;
    let mut tx = database.write(Chain::User(user)).await?;
    let known = store::identities(&mut tx, user).await?;
    let found = known.iter().find(|row| row.id == identity).ok_or(Error::NotFound)?;
    if known.len() == 1 {
        return Err(Error::Conflict("This is your only way to sign in. Link another identity first.".into()));
    }
    let target = Target::new("identity", identity, found.provider.clone());
    end_in(&mut tx, user, Ending::Identity(identity)).await?;
    store::delete_identity(&mut tx, identity).await?;
    tx.touch_user(user).await?;
    tx.commit(AuditEvent::done(principal.actor(), "identity.unlinked", target)).await?;
    Ok(())
}

/// A session, as its person sees it. The id ends it; it does not open it.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
pub struct Session {
    /// The handle.
    pub id: SessionHandle,
    /// The provider it was opened with; none when that identity has been unlinked.
    pub provider: Option<String>,
    /// What the browser called itself.
    pub user_agent: String,
    /// The address it was opened from.
    pub ip: String,
    /// Whether it is the present one.
    pub current: bool,
    /// When it was opened.
    pub created_at: Timestamp,
    /// When it was last used, to the minute.
    pub last_seen_at: Timestamp,
    /// When it ends at the latest.
    pub expires_at: Timestamp,
}

/// The caller's live sessions, last used first; at most 200.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn sessions(
    database: &Database,
    principal: &Principal,
    idle: std::time::Duration,
) -> Result<Vec<Session>> {
    let now = database.clock().now();
    let rows = store::sessions(&mut database.read().await?, principal.user.id, now, now - idle).await?;
    Ok(rows
        .into_iter()
        .map(|row| Session {
            id: row.id,
            provider: row.provider,
            user_agent: row.user_agent,
            ip: row.ip,
            current: row.id == principal.session.handle,
            created_at: row.created_at,
            last_seen_at: row.last_seen_at,
            expires_at: row.expires_at,
        })
        .collect())
}

/// Ends one of the caller's sessions, which may be the present one.
///
/// # Errors
/// [`Error::NotFound`] when it is not a live session of theirs.
pub async fn end_session(database: &Database, principal: &Principal, session: SessionHandle) -> Result<()> {
    let mut tx = database.write(Chain::User(principal.user.id)).await?;
    if end_in(&mut tx, principal.user.id, Ending::One(session)).await? == 0 {
        return Err(Error::NotFound);
    }
    let target = Target::new("session", session, "");
    tx.commit(AuditEvent::done(principal.actor(), "session.ended", target)).await?;
    Ok(())
}

/// Ends every session of the caller but the present one. Gives how many there were.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn end_other_sessions(database: &Database, principal: &Principal) -> Result<usize> {
    let mut tx = database.write(Chain::User(principal.user.id)).await?;
    let ended = end_in(&mut tx, principal.user.id, Ending::AllBut(principal.session.handle)).await?;
    let target = Target::new("sessions", principal.user.id, ended.to_string());
    tx.commit(AuditEvent::done(principal.actor(), "session.others_ended", target)).await?;
    Ok(ended)
}

/// Ends every session of a person, inside a write that has another reason for it.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn end_all_sessions(tx: &mut WriteTx, user: UserId) -> Result<usize> {
    end_in(tx, user, Ending::All).await
}

async fn end_in(tx: &mut WriteTx, user: UserId, ending: Ending) -> Result<usize> {
    let ended = store::revoke(tx, user, ending).await?;
    for (session, until) in &ended {
        tx.announce_revoked(*session, *until);
    }
    Ok(ended.len())
}

/// The write body of `PATCH /api/v1/me`.
#[derive(Debug, Clone, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProfileChange {
    /// The new display name.
    pub name: String,
}

/// Changes the caller's display name.
///
/// # Errors
/// [`Error::Invalid`].
pub async fn change_profile(
    database: &Database,
    principal: &Principal,
    change: &ProfileChange,
) -> Result<()> {
    let name = Name::parse(&change.name, "/name")?;
    let user = principal.user.id;
    let mut tx = database.write(Chain::User(user)).await?;
    let mut profile = store::profile(&mut tx, user).await?.ok_or(Error::NotFound)?;
    let before = serde_json::json!({ "name": profile.name });
    profile.name = name.into();
    store::update_profile(&mut tx, user, &profile).await?;
    tx.touch_user(user).await?;
    let after = serde_json::json!({ "name": profile.name });
    let target = Target::new("user", user, profile.name);
    tx.commit(AuditEvent::done(principal.actor(), "user.changed", target).changing(&before, &after)).await?;
    Ok(())
}

/// Every address a provider vouches for as the person's.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn verified_addresses(database: &Database, user: UserId) -> Result<Vec<String>> {
    store::verified_addresses(&mut database.read().await?, user).await
}

/// Makes the person with this verified address an operator. Gives their name.
///
/// # Errors
/// [`Error::Conflict`] when nobody, or more than one person, has this verified address.
pub async fn make_operator(database: &Database, email: &EmailAddress) -> Result<String> {
    let holders = store::holders_of_address(&mut database.read().await?, email.as_str()).await?;
    let [user] = holders.as_slice() else {
        return Err(Error::Conflict(match holders.len() {
            0 => format!(
                "Nobody with the verified address {email} has signed in yet. Let them sign in once first."
            )
            .into(),
            _ => format!("More than one account has the verified address {email}.").into(),
        }));
    };
    let mut tx = database.write(Chain::Platform).await?;
    let profile = store::profile(&mut tx, *user).await?.ok_or(Error::NotFound)?;
    store::insert_operator(&mut tx, *user).await?;
    tx.touch_user(*user).await?;
    let target = Target::new("user", user, profile.name.clone());
    tx.commit(AuditEvent::done(Actor::system("freehold operator add"), "operator.added", target)).await?;
    Ok(profile.name)
}
