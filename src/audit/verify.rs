//! Whether a chain is whole. Called by the panel, `freehold audit verify` and the tests; must never call a chain whole
//! that was not followed to its end.

use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::retention::ACTION;
use super::{hexadecimal, store};
use crate::authz::{Grant, perm};
use crate::clock::Timestamp;
use crate::db::{Chain, Executor};
use crate::error::Result;

/// What became of a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChainVerdict {
    /// How many events the chain says it has.
    pub events: i64,
    /// The last event up to which everything is as it was written; 0 when not even the first is.
    pub intact_up_to: i64,
    /// The first place where something was altered, removed or added; absent when nothing was.
    pub broken_at: Option<i64>,
    /// What retention removed from its beginning; absent when nothing was.
    pub removed: Option<Removed>,
}

impl ChainVerdict {
    /// How many events there are to be read.
    #[must_use]
    pub fn kept(&self) -> i64 {
        self.events - self.removed.map_or(0, |removed| removed.up_to)
    }
}

/// The events that retention removed from the beginning of a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Removed {
    /// The last of them.
    pub up_to: i64,
    /// When they were removed last.
    pub at: Timestamp,
}

/// How far a chain was followed: the place, and the hash of the event there.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    sequence: i64,
    hash: Vec<u8>,
}

/// Follows a chain from its first event to its last, reading it in parts.
///
/// # Errors
/// [`crate::error::Error::Unavailable`] when the database cannot answer.
pub async fn verify_chain(on: &mut impl Executor, chain: Chain) -> Result<ChainVerdict> {
    verify_chain_by_id(on, chain.id()).await
}

/// The ids of all chains, oldest first.
///
/// # Errors
/// [`crate::error::Error::Unavailable`] when the database cannot answer.
pub async fn chains(on: &mut impl Executor) -> Result<Vec<Uuid>> {
    store::chains(on).await
}

/// [`verify_chain`], by the id of the chain's row.
///
/// # Errors
/// [`crate::error::Error::Unavailable`] when the database cannot answer.
pub async fn verify_chain_by_id(on: &mut impl Executor, id: Uuid) -> Result<ChainVerdict> {
    follow(on, id, Mark::default(), None).await.map(|(verdict, _)| verdict)
}

/// Follows the tenant's chain on from `mark`, or from its first event, for about as long as `time`. With the mark to
/// go on from when that was not enough; the verdict then tells of the part that was followed.
///
/// # Errors
/// [`crate::error::Error::Unavailable`] when the database cannot answer.
pub async fn verify_on(
    on: &mut impl Executor,
    grant: &Grant<perm::AuditRead>,
    mark: Option<Mark>,
    time: Duration,
) -> Result<(ChainVerdict, Option<Mark>)> {
    let chain = Chain::Tenant(grant.tenant()).id();
    follow(on, chain, mark.unwrap_or_default(), Some(Instant::now() + time)).await
}

/// Whether the last `count` events of the tenant's chain, at most 400, follow one another to its end. Cheap, and
/// silent about everything before them.
///
/// # Errors
/// [`crate::error::Error::Unavailable`] when the database cannot answer.
pub async fn verify_latest(
    on: &mut impl Executor,
    grant: &Grant<perm::AuditRead>,
    count: i64,
) -> Result<ChainVerdict> {
    let chain = Chain::Tenant(grant.tenant()).id();
    let head = store::head(on, chain).await?;
    let before = head.sequence.unwrap_or(0) - count.min(400);
    let mut mark = Mark::default();
    if before > head.anchor {
        // The event before them is believed: only its hash is used.
        let event = store::events_after(on, chain, before - 1, 1).await?.into_iter().next();
        let Some(event) = event.filter(|event| event.sequence == before) else {
            return Ok(broken(head.sequence.unwrap_or(0), before - 1, None));
        };
        mark = Mark { sequence: before, hash: event.hash };
    }
    follow(on, chain, mark, None).await.map(|(verdict, _)| verdict)
}

async fn follow(
    on: &mut impl Executor,
    id: Uuid,
    mark: Mark,
    until: Option<Instant>,
) -> Result<(ChainVerdict, Option<Mark>)> {
    let head = store::head(on, id).await?;
    let (promised, ending) = (head.sequence.unwrap_or(0), head.hash.clone().unwrap_or_default());
    let (agrees, removed) = removed(on, id, &head).await?;
    if !agrees {
        return Ok((broken(promised, 0, None), None));
    }
    let Mark { sequence: mut intact, mut hash } = mark;
    if intact < head.anchor {
        (intact, hash) = (head.anchor, head.anchor_hash.unwrap_or_default());
    }
    while intact < promised {
        let events = store::events_after(on, id, intact, 500).await?;
        for event in events.iter().filter(|event| event.sequence <= promised) {
            if event.sequence != intact + 1 || event.hash != event.expected_hash(&hash) {
                return Ok((broken(promised, intact, removed), None));
            }
            intact = event.sequence;
            hash.clone_from(&event.hash);
        }
        if events.is_empty() {
            return Ok((broken(promised, intact, removed), None));
        }
        if intact < promised && until.is_some_and(|until| Instant::now() >= until) {
            let verdict = ChainVerdict { events: promised, intact_up_to: intact, broken_at: None, removed };
            return Ok((verdict, Some(Mark { sequence: intact, hash })));
        }
    }
    // A chain that is shorter than the mark lost its end.
    if hash != ending || head.last > promised || intact > promised {
        // The last event fits the ones before it, but is not the one the chain ended with.
        let intact = if hash == ending { intact } else { (intact - 1).max(0) };
        return Ok((broken(promised, intact.min(promised), removed), None));
    }
    Ok((ChainVerdict { events: promised, intact_up_to: intact, broken_at: None, removed }, None))
}

/// What retention removed, if anything, and whether that is so: the chain says it, and the latest event about it must
/// say the same, which is followed like any other. Where they differ somebody else removed something.
async fn removed(on: &mut impl Executor, id: Uuid, head: &store::Head) -> Result<(bool, Option<Removed>)> {
    if head.anchor == 0 {
        return Ok((true, None));
    }
    let said = store::latest_of(on, id, ACTION).await?;
    let said: Value = said.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or(Value::Null);
    let said = &said;
    let (after, hash) = (&said["after"], hexadecimal(head.anchor_hash.as_deref().unwrap_or_default()));
    let agrees = after["up_to"] == head.anchor && after["hash"].as_str() == Some(hash.as_str());
    Ok((agrees, head.anchored_at.map(|at| Removed { up_to: head.anchor, at })))
}

fn broken(events: i64, intact_up_to: i64, removed: Option<Removed>) -> ChainVerdict {
    ChainVerdict { events, intact_up_to, broken_at: Some(intact_up_to + 1), removed }
}
