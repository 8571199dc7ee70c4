//! Sessions: a cookie opens a record in the session store (tower-sessions: Redis, or a table), and the record
//! names a row of the index in SQL by which sessions are listed and ended. Called by `http/principal.rs` and the
//! sign-in flow. The record never decides alone: a session that was ended stays ended whatever the store says.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use quick_cache::sync::Cache;
use serde::{Deserialize, Serialize};
use tower_sessions::session::{Id, Record};
use tower_sessions::{SessionStore, session_store};

use crate::authz::{Authz, SessionRef};
use crate::clock::Timestamp;
use crate::db::Database;
use crate::error::{Error, Result};
use crate::ids::{IdentityId, SessionHandle, UserId};
use crate::login::session_store::Store;
use crate::login::store;

/// How long a record read from the store is used without reading it again. What ends a session reaches every
/// node by the feed of changes, not by the record, so this bounds only the load on the store.
const KEPT: Duration = Duration::from_secs(3);

/// Sessions of this installation, as this node sees them.
#[derive(Debug)]
pub struct Sessions {
    store: Store,
    database: Database,
    authz: Arc<Authz>,
    idle: Duration,
    absolute: Duration,
    kept: Cache<i128, Kept>,
}

#[derive(Debug, Clone)]
struct Kept {
    record: SessionRecord,
    read: Instant,
}

/// What the record of a session says.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct SessionRecord {
    handle: SessionHandle,
    user: UserId,
    identity: IdentityId,
    signed_in_at: Timestamp,
    seen_at: Timestamp,
    ends_at: Timestamp,
}

/// A cookie value to give out.
#[derive(Debug, Clone)]
pub struct Opened {
    /// The cookie's value: opens the session.
    pub cookie: String,
    /// When the session ends at the latest.
    pub ends_at: Timestamp,
}

/// A session that a cookie opened.
#[derive(Debug, Clone, Copy)]
pub struct Resolved {
    /// Whose it is.
    pub user: UserId,
    /// Which it is.
    pub session: SessionRef,
}

impl Sessions {
    /// Sessions kept in `store`.
    #[must_use]
    pub fn new(
        store: Store,
        database: Database,
        authz: Arc<Authz>,
        (idle, absolute): (Duration, Duration),
        capacity: usize,
    ) -> Self {
        Self { store, database, authz, idle, absolute, kept: Cache::new(capacity) }
    }

    /// When a session that begins now ends at the latest.
    #[must_use]
    pub fn end_of(&self, now: Timestamp) -> Timestamp {
        now + self.absolute
    }

    /// Opens the session that the index already holds under `session.handle`, with an id of our own making.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the store cannot answer.
    pub async fn open(&self, user: UserId, session: SessionRef, ends_at: Timestamp) -> Result<Opened> {
        let record = SessionRecord {
            handle: session.handle,
            user,
            identity: session.identity,
            signed_in_at: session.signed_in_at,
            seen_at: session.signed_in_at,
            ends_at,
        };
        let mut stored = self.to_store(Id::default(), &record)?;
        self.store.create(&mut stored).await.map_err(unavailable)?;
        Ok(Opened { cookie: stored.id.to_string(), ends_at })
    }

    /// The session a cookie opens; none when it is unknown, ended or expired.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the store cannot answer, or this node cannot tell what was ended.
    pub async fn resolve(&self, cookie: &str) -> Result<Option<Resolved>> {
        let Ok(id) = cookie.parse::<Id>() else { return Ok(None) };
        self.authz.freshness().check()?;
        self.store.check()?;
        let now = self.database.clock().now();
        let Some(record) = self.record(id).await? else { return Ok(None) };
        let live = now < record.ends_at && now < record.seen_at + self.idle;
        if !live || self.authz.freshness().is_revoked(record.handle) {
            self.kept.remove(&id.0);
            return Ok(None);
        }
        let session = SessionRef {
            handle: record.handle,
            identity: record.identity,
            signed_in_at: record.signed_in_at,
        };
        let user = record.user;
        if now.since(record.seen_at) > Duration::from_mins(1).min(self.idle / 4) {
            self.touch(id, record, now).await?;
        }
        Ok(Some(Resolved { user, session }))
    }

    /// Removes a session's record. It was ended before, in SQL; this only tidies the store.
    pub async fn forget(&self, cookie: &str) {
        let Ok(id) = cookie.parse::<Id>() else { return };
        self.kept.remove(&id.0);
        if let Err(error) = self.store.delete(&id).await {
            tracing::warn!(%error, "the record of an ended session stays in the store until it expires");
        }
    }

    /// Whether the session store answers.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when it does not.
    pub fn check_store(&self) -> Result<()> {
        self.store.check()
    }

    async fn record(&self, id: Id) -> Result<Option<SessionRecord>> {
        if let Some(kept) = self.kept.get(&id.0)
            && kept.read.elapsed() < KEPT
        {
            return Ok(Some(kept.record));
        }
        let read = Instant::now();
        let Some(stored) = self.store.load(&id).await.map_err(unavailable)? else {
            self.kept.remove(&id.0);
            return Ok(None);
        };
        let value = stored.data.get(FIELD).cloned().unwrap_or_default();
        let Ok(record) = serde_json::from_value::<SessionRecord>(value) else { return Ok(None) };
        self.kept.insert(id.0, Kept { record: record.clone(), read });
        Ok(Some(record))
    }

    /// Notes that the session was used, which moves its idle limit. The store updates only what still exists.
    async fn touch(&self, id: Id, mut record: SessionRecord, now: Timestamp) -> Result<()> {
        record.seen_at = now;
        let stored = self.to_store(id, &record)?;
        self.store.save(&stored).await.map_err(unavailable)?;
        store::touch_session(&mut self.database.upkeep().await?, record.handle, now).await?;
        self.kept.insert(id.0, Kept { record, read: Instant::now() });
        Ok(())
    }

    fn to_store(&self, id: Id, record: &SessionRecord) -> Result<Record> {
        let value = serde_json::to_value(record)
            .map_err(|error| Error::internal("a session cannot be written", error))?;
        let end = record.ends_at.min(record.seen_at + self.idle);
        // Whole seconds upwards: the store must not drop what the record still allows.
        let expiry_date = (end + Duration::from_secs(1)).to_datetime();
        Ok(Record { id, data: HashMap::from([(FIELD.to_owned(), value)]), expiry_date })
    }

    /// How long a session may lie unused.
    #[must_use]
    pub fn idle(&self) -> Duration {
        self.idle
    }
}

const FIELD: &str = "session";

fn unavailable(error: session_store::Error) -> Error {
    Error::unavailable("the session store does not answer", error)
}
