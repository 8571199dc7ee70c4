//! Retention: what a tenant does not want to keep is removed from the beginning of its log. The chain keeps the place
//! and hash of the last event removed, and the removal is an event that says the same, so that what is left is still
//! verified. Called by the program's upkeep; must never remove anything but the oldest events, nor silently.

use std::time::Duration;

use serde_json::json;

use super::{hexadecimal, store};
use crate::db::{Actor, AuditEvent, Chain, Database, Target};
use crate::error::Result;
use crate::ids::TenantId;

/// How often a log is shortened: each time is an event.
const EVERY: Duration = Duration::from_hours(24);
/// How many events one write removes: it must be over soon.
const AT_ONCE: i64 = 5_000;
/// How many writes one tenant gets before the others have their turn.
const TURNS: usize = 20;

/// The action of the event that records a removal.
pub(super) const ACTION: &str = "audit.expired";

/// Removes from the log of every tenant what is older than it is to be kept. Gives how many events were removed.
///
/// # Errors
/// [`crate::error::Error::Unavailable`] when the database cannot answer; what was done until then stays done.
pub async fn expire(database: &Database) -> Result<u64> {
    let now = database.clock().now();
    let due = store::due(&mut database.read().await?, now, now - EVERY).await?;
    let mut removed = 0;
    for tenant in due {
        for _ in 0..TURNS {
            let count = shorten(database, tenant).await?;
            removed += count;
            if i64::try_from(count).unwrap_or(i64::MAX) < AT_ONCE {
                break;
            }
        }
    }
    Ok(removed)
}

/// Removes the oldest events of a tenant's log, in one write. Gives how many.
async fn shorten(database: &Database, tenant: TenantId) -> Result<u64> {
    let chain = Chain::Tenant(tenant);
    let mut tx = database.write(chain).await?;
    // Asked inside: it may have been lengthened, or another node may have been here.
    let Some((name, days)) = store::kept(&mut tx, tenant).await? else { return Ok(0) };
    let before = tx.at() - Duration::from_hours(days.unsigned_abs() * 24);
    let oldest = store::oldest(&mut tx, chain.id(), AT_ONCE).await?;
    // Up to the first that is to be kept: one that an odd clock dated earlier stays with those before it.
    let old: Vec<_> = oldest.into_iter().take_while(|(_, at, _)| *at < before).collect();
    let (Some((first, ..)), Some((last, _, hash))) = (old.first(), old.last()) else { return Ok(0) };
    let removed = store::remove_up_to(&mut tx, chain.id(), *last, hash).await?;
    let after = json!({ "count": removed, "up_to": last, "hash": hexadecimal(hash), "kept_days": days });
    let event = AuditEvent::done(Actor::system("Retention"), ACTION, Target::new("tenant", tenant, name))
        .changing(&json!({ "from": first }), &after);
    tx.commit(event).await?;
    Ok(removed)
}
