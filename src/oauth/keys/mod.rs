//! The keys that sign access tokens. Called by the issuer, and by `freehold keys`; must never use a key that is over,
//! nor ask the database for each token.
//!
//! A key is published from the moment it is made and signs a little later, so that every node knows it before it
//! meets a token signed with it. When a newer one takes over, it stays published until its last token is over.

mod pair;
mod rotate;

use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use jsonwebtoken::{DecodingKey, EncodingKey};
use serde_json::{Value, json};

pub use self::rotate::{KeyLine, KeyState, Rotation, list, rotate};
use crate::clock::Timestamp;
use crate::db::{Database, Sealer};
use crate::error::{Error, Result};
use crate::oauth::jwk::PublicKey;
use crate::oauth::store::{self, SigningKeyRow};

/// A copy of the keys is used for this long. Shorter than [`Rotation::SOON`], so that every node has a new key first.
const REFRESH: Duration = Duration::from_secs(2);
/// For a key nobody has heard of the database is asked at most this often.
const BETWEEN_LOOKUPS: Duration = Duration::from_secs(1);

/// This installation's keys, as this node knows them.
#[derive(Debug)]
pub struct SigningKeys {
    database: Database,
    sealer: Sealer,
    held: RwLock<Option<Arc<KeySet>>>,
    reading: tokio::sync::Mutex<()>,
}

#[derive(Debug)]
struct KeySet {
    keys: Vec<SigningKey>,
    read_at: Instant,
}

/// One key.
#[derive(Debug)]
struct SigningKey {
    public: PublicKey,
    sealed: Vec<u8>,
    signs_from: Timestamp,
    expires_at: Option<Timestamp>,
}

impl SigningKeys {
    /// The keys in `database`, whose private halves `sealer` opens.
    #[must_use]
    pub fn new(database: Database, sealer: Sealer) -> Self {
        Self { database, sealer, held: RwLock::default(), reading: tokio::sync::Mutex::default() }
    }

    /// The key that signs now, and its name. Makes the first one.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the database cannot answer; [`Error::Internal`] when the key was sealed with another
    /// `FREEHOLD_SECRET`.
    pub(super) async fn signing(&self) -> Result<(String, EncodingKey)> {
        let mut set = self.set(REFRESH).await?;
        if set.signing(self.now()).is_none() {
            rotate::make_first(&self.database, &self.sealer).await?;
            set = self.set(Duration::ZERO).await?;
        }
        let key = set.signing(self.now()).ok_or(Error::Internal("there is no signing key", None))?;
        Ok((key.public.kid.clone(), pair::open(&self.sealer, &key.sealed)?))
    }

    /// What tokens signed by the key of this name are checked with; none when no such key is published.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the database cannot answer.
    pub(super) async fn find(&self, kid: &str) -> Result<Option<DecodingKey>> {
        let found = |set: &KeySet| {
            let mut keys = set.published(self.now());
            keys.find(|key| key.public.kid == kid).map(|key| key.public.decoding.clone())
        };
        if let Some(key) = found(&*self.set(REFRESH).await?) {
            return Ok(Some(key));
        }
        Ok(found(&*self.set(BETWEEN_LOOKUPS).await?))
    }

    /// The published keys as a set (RFC 7517), newest first.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the database cannot answer.
    pub async fn published(&self) -> Result<Value> {
        let set = self.set(REFRESH).await?;
        let keys: Vec<&Value> = set.published(self.now()).map(|key| &key.public.jwk).collect();
        Ok(json!({ "keys": keys }))
    }

    fn now(&self) -> Timestamp {
        self.database.clock().now()
    }

    /// The keys, from a copy that is younger than `age`.
    async fn set(&self, age: Duration) -> Result<Arc<KeySet>> {
        let held = || {
            let held = self.held.read().unwrap_or_else(PoisonError::into_inner).clone();
            held.filter(|set| set.read_at.elapsed() < age)
        };
        if let Some(set) = held() {
            return Ok(set);
        }
        let _one_at_a_time = self.reading.lock().await;
        if let Some(set) = held() {
            return Ok(set);
        }
        let set = Arc::new(self.read().await?);
        *self.held.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&set));
        Ok(set)
    }

    async fn read(&self) -> Result<KeySet> {
        let read_at = Instant::now();
        let rows = store::signing_keys(&mut self.database.read().await?).await?;
        let keys = rows.into_iter().map(SigningKey::new).collect::<Result<_>>()?;
        Ok(KeySet { keys, read_at })
    }
}

impl KeySet {
    /// The key that signs: the newest that has begun. When none has, because another node's clock is ahead, the first
    /// that will.
    fn signing(&self, now: Timestamp) -> Option<&SigningKey> {
        let begun = self.published(now).find(|key| key.signs_from <= now);
        begun.or_else(|| self.published(now).min_by_key(|key| key.signs_from))
    }

    fn published(&self, now: Timestamp) -> impl Iterator<Item = &SigningKey> {
        self.keys.iter().filter(move |key| key.expires_at.is_none_or(|end| now < end))
    }
}

impl SigningKey {
    fn new(row: SigningKeyRow) -> Result<Self> {
        Ok(Self {
            public: PublicKey::stored(row.kid, &row.algorithm, &row.public_jwk)?,
            sealed: row.private_key,
            signs_from: row.signs_from,
            expires_at: row.expires_at,
        })
    }
}
