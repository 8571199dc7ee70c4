//! Making the first key, and putting a new one in the place of the present one. Called by the keys, and by
//! `freehold keys`; must never leave an installation with a newest key it cannot open.

use std::time::Duration;

use serde_json::{Value, json};

use super::pair::{self, NewKey};
use crate::clock::Timestamp;
use crate::db::{Action, Actor, AuditEvent, Chain, Database, Sealer, Target, WriteTx};
use crate::error::{Error, Result};
use crate::oauth::LONGEST_LIFETIME;
use crate::oauth::store;

/// Clocks of nodes and of those who check tokens may differ by this much.
const SKEW: Duration = Duration::from_mins(1);

/// How a new key takes over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rotation {
    /// It signs after this long. The one before stays published until its last token is over.
    After(Duration),
    /// It signs at once, and no other key counts any more: their tokens stop working.
    Withdrawing,
}

impl Rotation {
    /// As soon as every node knows the new key.
    pub const SOON: Duration = Duration::from_secs(5);
}

/// What a key is there for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyState {
    /// Published; signs from then on.
    Waiting(Timestamp),
    /// Signs.
    Signing,
    /// Published for the tokens it signed, until then.
    Leaving(Timestamp),
}

/// One key, for a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyLine {
    /// Its name.
    pub kid: String,
    /// Its algorithm.
    pub algorithm: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// What it is there for.
    pub state: KeyState,
}

/// The published keys, newest first.
///
/// # Errors
/// [`Error::Unavailable`] when the database cannot answer.
pub async fn list(database: &Database) -> Result<Vec<KeyLine>> {
    let now = database.clock().now();
    let rows = store::signing_keys(&mut database.read().await?).await?;
    let alive = rows.into_iter().filter(|row| row.expires_at.is_none_or(|end| now < end));
    let mut signing = true;
    let line = |row: store::SigningKeyRow| {
        let state = match row.expires_at {
            _ if row.signs_from > now => KeyState::Waiting(row.signs_from),
            // Newest first: the first that has begun is the one that signs.
            _ if std::mem::take(&mut signing) => KeyState::Signing,
            end => KeyState::Leaving(end.unwrap_or(now)),
        };
        KeyLine { kid: row.kid, algorithm: row.algorithm, created_at: row.created_at, state }
    };
    Ok(alive.map(line).collect())
}

/// Puts a new key in the place of the present one. Gives the new key's name.
///
/// # Errors
/// [`Error::Conflict`] when the present key was sealed with another secret, unless it is withdrawn: nodes could not use
/// the new one either; [`Error::Unavailable`].
pub async fn rotate(database: &Database, sealer: &Sealer, how: Rotation) -> Result<String> {
    let mut tx = database.write(Chain::Platform).await?;
    let before = store::newest_key(&mut tx).await?;
    if let (Some(before), Rotation::After(_)) = (&before, how)
        && pair::open(sealer, &before.private_key).is_err()
    {
        let text = "The present key was sealed with another FREEHOLD_SECRET. Set the one the nodes have; or, if it was \
                    changed for good, withdraw the key with --withdraw.";
        return Err(Error::Conflict(text.into()));
    }
    let (signs_from, over) = match how {
        Rotation::After(wait) if before.is_some() => {
            let signs_from = tx.at() + wait;
            (signs_from, signs_from + LONGEST_LIFETIME + SKEW)
        }
        Rotation::After(_) | Rotation::Withdrawing => (tx.at(), tx.at()),
    };
    let key = NewKey::make(sealer)?;
    store::end_keys(&mut tx, over).await?;
    let before = before.map(|key| json!({ "key": key.kid })).unwrap_or_default();
    let action = match how {
        Rotation::After(_) => "signing_key.rotated",
        Rotation::Withdrawing => {
            store::withdraw_keys(&mut tx).await?;
            "signing_key.withdrawn"
        }
    };
    insert(tx, &key, signs_from, ("freehold keys rotate", action, &before)).await?;
    Ok(key.public.kid)
}

/// Makes the first key, unless another node has.
pub(super) async fn make_first(database: &Database, sealer: &Sealer) -> Result<()> {
    let mut tx = database.write(Chain::Platform).await?;
    if store::newest_key(&mut tx).await?.is_some() {
        return Ok(());
    }
    let (key, at) = (NewKey::make(sealer)?, tx.at());
    insert(tx, &key, at, ("freehold", "signing_key.made", &Value::Null)).await
}

/// Writes the key, and who did what to which one.
async fn insert(
    mut tx: WriteTx,
    key: &NewKey,
    signs_from: Timestamp,
    (by, action, before): (&str, Action, &Value),
) -> Result<()> {
    store::insert_key(&mut tx, &key.public, &key.sealed, signs_from).await?;
    let after = json!({ "key": key.public.kid, "signs_from": signs_from });
    let target = Target::new("signing_key", &key.public.kid, "");
    let event = AuditEvent::done(Actor::system(by), action, target).changing(before, &after);
    tx.commit(event).await.map(|_committed| ())
}
