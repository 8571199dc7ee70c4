//! When and from where tokens were last used: noted in memory at every request, written now and then by the program's
//! upkeep and before somebody looks. It is no fact worth an event, and must never cost a request a write.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use quick_cache::sync::Cache;

use super::store;
use crate::authz::TokenHead;
use crate::clock::Timestamp;
use crate::db::Database;
use crate::error::Result;
use crate::ids::{Subject, TokenId};

/// How exact it is: who was noted less long ago, from the same address, is not noted again.
const EXACT: Duration = Duration::from_mins(1);

/// Tokens used on this node.
#[derive(Debug)]
pub struct TokenUses {
    noted: Cache<TokenId, (Timestamp, Arc<str>)>,
    waiting: Mutex<HashMap<TokenId, Use>>,
}

#[derive(Debug)]
struct Use {
    token: Arc<TokenHead>,
    at: Timestamp,
    from: Arc<str>,
}

impl TokenUses {
    /// None used yet; remembers about `tokens` of them, so as not to note them too often.
    #[must_use]
    pub fn new(tokens: usize) -> Self {
        Self { noted: Cache::new(tokens), waiting: Mutex::default() }
    }

    /// Notes that the token was used, from this address.
    pub fn note(&self, token: &Arc<TokenHead>, from: &Arc<str>, now: Timestamp) {
        let known = self.noted.get(&token.id);
        if known.is_some_and(|(before, place)| now.since(before) < EXACT && place == *from) {
            return;
        }
        self.noted.insert(token.id, (now, Arc::clone(from)));
        let used = Use { token: Arc::clone(token), at: now, from: Arc::clone(from) };
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).insert(token.id, used);
    }

    /// Writes what was noted since the last time. What cannot be written is lost: the next use tells again.
    ///
    /// # Errors
    /// [`crate::error::Error::Unavailable`] when the database cannot answer.
    pub async fn write(&self, database: &Database) -> Result<()> {
        let waiting = std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner));
        if waiting.is_empty() {
            return Ok(());
        }
        let mut uses: Vec<Use> = waiting.into_values().collect();
        // In one order on all nodes, so that two that write at once wait for each other instead of locking up.
        uses.sort_unstable_by_key(|one| (one.token.owner, one.token.id));
        for Use { token, at, from } in uses {
            // One at a time: requests that write need not wait for all of them.
            let mut on = database.upkeep().await?;
            store::used(&mut on, (token.tenant, token.id), (at, &from)).await?;
            if let Subject::App(app) = token.owner {
                store::app_used(&mut on, (token.tenant, app), (at, &from)).await?;
            }
        }
        Ok(())
    }
}
