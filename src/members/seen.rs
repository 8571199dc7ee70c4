//! When members were last seen: noted by `http/access.rs` at every decision in memory, written now and then by the
//! program's upkeep. It is no one's fact worth an event, and must never cost a request a write.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use quick_cache::sync::Cache;

use super::store;
use crate::clock::Timestamp;
use crate::db::Database;
use crate::error::Result;
use crate::ids::{TenantId, UserId};

/// How exact it is: who was seen less long ago is not noted again.
const EXACT: Duration = Duration::from_mins(5);

/// Members seen by this node.
#[derive(Debug)]
pub struct LastSeen {
    noted: Cache<(TenantId, UserId), Timestamp>,
    waiting: Mutex<HashMap<(TenantId, UserId), Timestamp>>,
}

impl LastSeen {
    /// Nobody seen yet; remembers about `members` of them, so as not to note them too often.
    #[must_use]
    pub fn new(members: usize) -> Self {
        Self { noted: Cache::new(members), waiting: Mutex::default() }
    }

    /// Notes that the member used the tenant.
    pub fn note(&self, tenant: TenantId, user: UserId, now: Timestamp) {
        if self.noted.get(&(tenant, user)).is_some_and(|before| now.since(before) < EXACT) {
            return;
        }
        self.noted.insert((tenant, user), now);
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).insert((tenant, user), now);
    }

    /// Writes what was noted since the last time. What cannot be written is lost: the next sighting tells again.
    ///
    /// # Errors
    /// [`crate::error::Error::Unavailable`] when the database cannot answer.
    pub async fn write(&self, database: &Database) -> Result<()> {
        let waiting = std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner));
        if waiting.is_empty() {
            return Ok(());
        }
        for ((tenant, user), at) in waiting {
            // One at a time: requests that write need not wait for all of them.
            store::seen(&mut database.upkeep().await?, tenant, user, at).await?;
        }
        Ok(())
    }
}
