//! `freehold audit verify`: follows every chain of the audit log from its first event to its last.

use std::fmt::Write as _;

use crate::app::open_database;
use crate::audit;
use crate::clock::Clock;
use crate::config::Config;
use crate::error::{Error, Result};

/// Follows every chain. Gives a line for people.
///
/// # Errors
/// [`Error::Conflict`] naming every chain that was altered, and where.
pub async fn verify_audit(config: &Config) -> Result<String> {
    let database = open_database(config, false, Clock::default())?;
    let mut on = database.read().await?;
    let (mut chains, mut events, mut broken, mut told) = (0_u64, 0_i64, String::new(), String::new());
    let unwritten = |error| Error::internal("the verdict cannot be written", error);
    for chain in audit::chains(&mut on).await? {
        let verdict = audit::verify_chain_by_id(&mut on, chain).await?;
        chains += 1;
        events += verdict.intact_up_to - verdict.removed.map_or(0, |removed| removed.up_to);
        if let Some(removed) = verdict.removed {
            let (first, at) = (removed.up_to + 1, removed.at);
            write!(
                told,
                "\n  chain {chain}: from event {first} on; earlier ones were removed by retention on {at}"
            )
            .map_err(unwritten)?;
        }
        if let Some(place) = verdict.broken_at {
            // Writing to a String does not fail.
            write!(
                broken,
                "\n  chain {chain}: intact up to event {}, broken at event {place}",
                verdict.intact_up_to
            )
            .map_err(unwritten)?;
        }
    }
    drop(on);
    database.close().await;
    if broken.is_empty() {
        return Ok(format!("The audit log is intact: {events} events in {chains} chains.{told}"));
    }
    Err(Error::Conflict(format!("The audit log was altered.{broken}{told}").into()))
}
