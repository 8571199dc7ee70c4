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
    let (mut chains, mut events, mut broken) = (0_u64, 0_i64, String::new());
    for chain in audit::chains(&mut on).await? {
        let verdict = audit::verify_chain_by_id(&mut on, chain).await?;
        chains += 1;
        events += verdict.intact_up_to;
        if let Some(place) = verdict.broken_at {
            // Writing to a String does not fail.
            write!(
                broken,
                "\n  chain {chain}: intact up to event {}, broken at event {place}",
                verdict.intact_up_to
            )
            .map_err(|error| Error::internal("the verdict cannot be written", error))?;
        }
    }
    drop(on);
    database.close().await;
    if broken.is_empty() {
        return Ok(format!("The audit log is intact: {events} events in {chains} chains."));
    }
    Err(Error::Conflict(format!("The audit log was altered.{broken}").into()))
}
