//! Finds or makes the account of an identity that signed in, and opens its session. Called at the end of a sign-in;
//! must never give an identity an account it was not linked to.

use crate::authz::SessionRef;
use crate::clock::Timestamp;
use crate::db::{Actor, ActorKind, AuditEvent, Chain, Database, Target, Via, WriteTx};
use crate::error::{Error, Result};
use crate::ids::{IdentityId, SessionHandle, UserId};
use crate::login::store::{self, Profile};
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
