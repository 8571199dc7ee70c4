//! Where session records are kept: Redis through tower-sessions' store for it, or a table of the database.
//! Called by `login/session.rs` only. Saving never brings back what was deleted.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use async_trait::async_trait;
use fred::clients::Pool;
use fred::prelude::ClientLike;
use fred::types::Builder;
use fred::types::config::{Config, ReconnectPolicy};
use tower_sessions::SessionStore;
use tower_sessions::session::{Id, Record};
use tower_sessions::session_store::{Error as StoreError, Result as StoreResult};
use tower_sessions_redis_store::RedisStore;

use crate::clock::Timestamp;
use crate::db::Database;
use crate::error::{Error, Result};
use crate::ids::secret_hash;
use crate::login::store;

/// How long Redis may take to answer before a request is answered 503.
const COMMAND_TIMEOUT: Duration = Duration::from_millis(200);
/// How often Redis is asked whether it answers, and how long it may take to: together less than the 250 ms in which
/// a node must stop trusting what it remembers of sessions.
const PROBE_EVERY: Duration = Duration::from_millis(50);
const PROBE_TIMEOUT: Duration = Duration::from_millis(130);
/// How long a node that starts waits for Redis before it serves without it.
const START_TIMEOUT: Duration = Duration::from_millis(500);
/// One connection carries many requests at once, and either stands or does not: with more, some requests would
/// meet one that is not back yet.
const CONNECTIONS: usize = 1;

/// Either store.
#[derive(Clone)]
pub enum Store {
    /// Redis.
    Redis {
        /// Tower-sessions' store.
        store: RedisStore<Pool>,
        /// Whether it answered when last asked.
        answers: Arc<AtomicBool>,
    },
    /// A table of the database, keyed by the hash of the id.
    Sql(Database),
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Redis { .. } => "Redis",
            Self::Sql(_) => "Sql",
        })
    }
}

impl Store {
    /// Sessions in the Redis at `url`. Connects in the background and again whenever the connection is lost.
    ///
    /// # Errors
    /// [`Error::Malformed`] when the URL cannot be read.
    pub fn redis(url: &str) -> Result<Self> {
        let config = Config::from_url(url).map_err(|_may_quote_the_password| {
            Error::Malformed("REDIS_URL cannot be read; write redis://host:6379".into())
        })?;
        let pool = Builder::from_config(config)
            .with_connection_config(|connection| {
                connection.connection_timeout = Duration::from_secs(1);
                connection.internal_command_timeout = Duration::from_secs(1);
                connection.max_command_attempts = 1;
            })
            .with_performance_config(|performance| performance.default_command_timeout = COMMAND_TIMEOUT)
            .set_policy(ReconnectPolicy::new_constant(0, 100))
            .build_pool(CONNECTIONS)
            .map_err(|error| Error::internal("the Redis client cannot be made", error))?;
        let answers = Arc::new(AtomicBool::new(false));
        tokio::spawn(probe(pool.clone(), Arc::downgrade(&answers)));
        Ok(Self::Redis { store: RedisStore::new(pool), answers })
    }

    /// Waits until the store answers, or long enough.
    pub async fn started(&self) {
        let connected = async {
            while self.check().is_err() {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        if tokio::time::timeout(START_TIMEOUT, connected).await.is_err() {
            tracing::warn!("Redis is away; nobody can be signed in until it is there");
        }
    }

    /// Whether the store can be asked at all.
    ///
    /// # Errors
    /// [`Error::Unavailable`] while Redis is away, so that no request waits for it.
    pub(super) fn check(&self) -> Result<()> {
        match self {
            Self::Redis { answers, .. } if !answers.load(Ordering::Acquire) => {
                Err(Error::Unavailable("the session store is away", None))
            }
            Self::Redis { .. } | Self::Sql(_) => Ok(()),
        }
    }
}

/// Asks again and again, so that no request finds out by waiting, and none trusts a copy while Redis is away.
async fn probe(pool: Pool, answers: Weak<AtomicBool>) {
    // The client connects again by itself, but only once it has been connected.
    while pool.init().await.is_err() {
        tokio::time::sleep(PROBE_EVERY).await;
    }
    loop {
        let answered = pool.next().is_connected()
            && tokio::time::timeout(PROBE_TIMEOUT, pool.next().ping::<()>(None))
                .await
                .is_ok_and(|pong| pong.is_ok());
        let Some(answers) = answers.upgrade() else { return };
        answers.store(answered, Ordering::Release);
        drop(answers);
        tokio::time::sleep(if answered { PROBE_EVERY } else { PROBE_EVERY / 5 }).await;
    }
}

#[async_trait]
impl SessionStore for Store {
    async fn create(&self, record: &mut Record) -> StoreResult<()> {
        match self {
            Self::Redis { store, .. } => store.create(record).await,
            Self::Sql(database) => {
                let data = encode(record)?;
                let mut on = database.upkeep().await.map_err(backend)?;
                store::insert_record(&mut on, &key(&record.id), &data, expiry(record)).await.map_err(backend)
            }
        }
    }

    async fn save(&self, record: &Record) -> StoreResult<()> {
        match self {
            Self::Redis { store, .. } => store.save(record).await,
            Self::Sql(database) => {
                let data = encode(record)?;
                let mut on = database.upkeep().await.map_err(backend)?;
                store::update_record(&mut on, &key(&record.id), &data, expiry(record)).await.map_err(backend)
            }
        }
    }

    async fn load(&self, id: &Id) -> StoreResult<Option<Record>> {
        match self {
            Self::Redis { store, .. } => store.load(id).await,
            Self::Sql(database) => {
                let now = database.clock().now();
                let mut on = database.read().await.map_err(backend)?;
                let data = store::record(&mut on, &key(id), now).await.map_err(backend)?;
                let Some(data) = data else { return Ok(None) };
                let mut record: Record =
                    serde_json::from_slice(&data).map_err(|error| StoreError::Decode(error.to_string()))?;
                record.id = *id;
                Ok(Some(record))
            }
        }
    }

    async fn delete(&self, id: &Id) -> StoreResult<()> {
        match self {
            Self::Redis { store, .. } => store.delete(id).await,
            Self::Sql(database) => {
                let mut on = database.upkeep().await.map_err(backend)?;
                store::delete_record(&mut on, &key(id)).await.map_err(backend)
            }
        }
    }
}

/// The table holds the hash of the id, so that reading the database opens no session.
fn key(id: &Id) -> Vec<u8> {
    secret_hash(&id.to_string())
}

/// The record without the id that would open it.
fn encode(record: &Record) -> StoreResult<Vec<u8>> {
    let nameless = Record { id: Id(0), ..record.clone() };
    serde_json::to_vec(&nameless).map_err(|error| StoreError::Encode(error.to_string()))
}

fn expiry(record: &Record) -> Timestamp {
    Timestamp::from_datetime(record.expiry_date)
}

#[allow(clippy::needless_pass_by_value, reason = "the shape map_err calls")]
fn backend(error: Error) -> StoreError {
    tracing::debug!(cause = ?error, "session store");
    StoreError::Backend(error.to_string())
}
