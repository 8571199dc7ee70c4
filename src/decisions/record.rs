//! Decisions of this node that are not written yet, added up in memory. Noting one takes a lock that few share and
//! no query; the program's upkeep writes them every few seconds, and whoever reads writes first.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{store, week_of};
use crate::authz::{Catalogue, PermissionId, Standing};
use crate::clock::Timestamp;
use crate::db::Database;
use crate::error::Result;
use crate::ids::{RoleId, Subject, TenantId};

/// How many locks the record is spread over.
const SHARDS: usize = 16;
/// How many different decisions a shard holds at most until they are written: some 100,000 in all. What comes then
/// is not counted, and a metric says how much that was.
const MOST: usize = 6_250;

/// Whose decision on what.
pub(super) type Key = (TenantId, PermissionId, Subject);
/// What which role allowed.
pub(super) type Use = (TenantId, RoleId, PermissionId);

/// How often something was allowed and denied.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Count {
    pub(super) allowed: i64,
    pub(super) denied: i64,
}

#[derive(Debug, Default)]
struct Shard {
    counts: HashMap<Key, Count>,
    uses: HashSet<Use>,
}

/// The decisions of this node that are not written yet.
#[derive(Debug, Default)]
pub struct Record {
    shards: [Mutex<Shard>; SHARDS],
}

impl Record {
    /// Notes that `subject`, of this standing, was allowed or denied `permission`.
    pub fn note(
        &self,
        standing: &Standing,
        subject: Subject,
        (permission, allowed): (PermissionId, bool),
        now: Timestamp,
    ) {
        let tenant = standing.policy.id;
        let mut shard = self.shard(subject);
        let shard = &mut *shard;
        let full = shard.counts.len() >= MOST;
        let count = match shard.counts.entry((tenant, permission, subject)) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(_) if full => {
                metrics::counter!("freehold_decisions_not_counted_total").increment(1);
                return;
            }
            Entry::Vacant(new) => {
                // Which roles it was by is noted once between two writings, not at every request.
                let by = standing.held(now).filter(|(role, _)| role.table.allow.contains(permission));
                shard.uses.extend(by.filter(|_| allowed).map(|(role, _)| (tenant, role.id, permission)));
                new.insert(Count::default())
            }
        };
        *(if allowed { &mut count.allowed } else { &mut count.denied }) += 1;
    }

    /// Writes what was noted since the last time. What cannot be written is lost: these are counts, and the next
    /// decision counts again.
    ///
    /// # Errors
    /// [`crate::error::Error::Unavailable`] when the database cannot answer.
    pub async fn write(&self, database: &Database, catalogue: &Catalogue) -> Result<()> {
        let (mut counts, mut uses) = (Vec::new(), HashSet::new());
        for shard in &self.shards {
            let taken = std::mem::take(&mut *lock(shard));
            counts.extend(taken.counts);
            uses.extend(taken.uses);
        }
        if counts.is_empty() {
            return Ok(());
        }
        // In one order on all nodes, so that two that write at once wait for each other instead of locking up.
        counts.sort_unstable_by_key(|(key, _)| *key);
        let mut uses: Vec<Use> = uses.into_iter().collect();
        uses.sort_unstable();
        let now = database.clock().now();
        let mut on = database.upkeep().await?;
        store::add_counts(&mut on, catalogue, &counts, week_of(now)).await?;
        store::set_uses(&mut on, catalogue, &uses, now).await
    }

    fn shard(&self, subject: Subject) -> MutexGuard<'_, Shard> {
        let [.., last] = *subject.uuid().as_bytes();
        // There are shards for all values that the remainder can have.
        let [first, ..] = &self.shards;
        lock(self.shards.get(usize::from(last) % SHARDS).unwrap_or(first))
    }
}

fn lock(shard: &Mutex<Shard>) -> MutexGuard<'_, Shard> {
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}
