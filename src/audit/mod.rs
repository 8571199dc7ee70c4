//! Reading the audit log: whether a chain is whole, and its latest lines; and recording what was denied. Called by
//! the API, the panel and `freehold audit verify`; must never change a line that is written.

mod store;

use serde::Serialize;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::authz::{Grant, perm};
use crate::clock::Timestamp;
use crate::db::{
    Action, Actor, AuditEvent, Chain, ChainedEvent, Committed, Database, EffectOn, Executor, Outcome, Target,
};
use crate::error::{Denial, Person, Result};
use crate::ids::{EventId, TenantId};

/// What became of a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChainVerdict {
    /// How many events the chain says it has.
    pub events: i64,
    /// The last event up to which everything is as it was written; 0 when not even the first is.
    pub intact_up_to: i64,
    /// The first place where something was altered, removed or added; absent when nothing was.
    pub broken_at: Option<i64>,
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
    let head = store::head(on, id).await?;
    let (promised, ending) = (head.sequence.unwrap_or(0), head.hash.unwrap_or_default());
    let mut hash: Vec<u8> = Vec::new();
    let mut intact = 0;
    while intact < promised {
        let events = store::events_after(on, id, intact).await?;
        for event in events.iter().filter(|event| event.sequence <= promised) {
            if event.sequence != intact + 1 || event.hash != event.expected_hash(&hash) {
                return Ok(broken(promised, intact));
            }
            intact = event.sequence;
            hash.clone_from(&event.hash);
        }
        if events.is_empty() {
            return Ok(broken(promised, intact));
        }
    }
    if hash != ending || head.last > promised {
        // The last event fits the ones before it, but is not the one the chain ended with.
        let intact = if hash == ending { intact } else { (intact - 1).max(0) };
        return Ok(broken(promised, intact));
    }
    Ok(ChainVerdict { events: promised, intact_up_to: intact, broken_at: None })
}

fn broken(events: i64, intact_up_to: i64) -> ChainVerdict {
    ChainVerdict { events, intact_up_to, broken_at: Some(intact_up_to + 1) }
}

/// Records in the tenant's log that a member was not allowed something.
///
/// # Errors
/// [`crate::error::Error::Unavailable`] when the database cannot answer.
pub async fn record_denied(
    database: &Database,
    tenant: TenantId,
    actor: Actor,
    (action, target): (Action, Target),
    denial: &Denial,
) -> Result<Committed> {
    let changes = json!({
        "required": denial.required,
        "held_roles": denial.held_roles,
        "decision_id": denial.decision_id,
        "policy_version": denial.policy_version,
    });
    let tx = database.write(Chain::Tenant(tenant)).await?;
    let (outcome, effect) = (Outcome::Denied, EffectOn::Nothing);
    tx.commit(AuditEvent { actor, action, target, changes, outcome, effect }).await
}

/// A line of the audit log, as it is shown.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct AuditLine {
    /// The event's id.
    pub id: EventId,
    /// Its place in the log, from 1.
    pub sequence: i64,
    /// When it was.
    pub at: Timestamp,
    /// Who did it.
    pub actor: Party<Option<Uuid>>,
    /// What was done, such as `member.removed`.
    pub action: String,
    /// To what.
    pub target: Party<String>,
    /// What was before and what is after; more about it when it was denied.
    pub changes: Value,
    /// `done`, `denied` or `failed`.
    pub outcome: String,
    /// From which address.
    pub ip: String,
    /// By which request.
    pub request_id: String,
    /// The hash that chains it to the line before it, in hexadecimal.
    pub hash: String,
}

/// Who acted, or what was acted upon.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Party<I> {
    /// What it is, such as `user`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its id.
    pub id: I,
    /// Its name at that time.
    pub name: String,
}

impl From<ChainedEvent> for AuditLine {
    fn from(event: ChainedEvent) -> Self {
        Self {
            id: event.id,
            sequence: event.sequence,
            at: event.at,
            actor: Party { kind: event.actor_type, id: event.actor_id, name: event.actor_name },
            action: event.action,
            target: Party { kind: event.target_type, id: event.target_id, name: event.target_name },
            changes: serde_json::from_str(&event.changes).unwrap_or(Value::Null),
            outcome: event.outcome,
            ip: event.ip,
            request_id: event.request_id,
            hash: hexadecimal(&event.hash),
        }
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).unwrap_or('0');
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// The latest lines of the tenant's log, latest first.
///
/// # Errors
/// [`crate::error::Error::Unavailable`] when the database cannot answer.
pub async fn recent(
    on: &mut impl Executor,
    grant: &Grant<perm::AuditRead>,
    limit: u32,
) -> Result<Vec<AuditLine>> {
    let events = store::latest(on, Chain::Tenant(grant.tenant()).id(), limit).await?;
    Ok(events.into_iter().map(AuditLine::from).collect())
}

/// A member who was refused something, and how often.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Who.
    pub who: Person,
    /// How many times.
    pub times: i64,
}

/// The members, but not the caller, who were refused changes since then, most often first, at most `limit`. Looks
/// at the latest 500 lines.
///
/// # Errors
/// [`crate::error::Error::Unavailable`] when the database cannot answer.
pub async fn refused_since(
    on: &mut impl Executor,
    grant: &Grant<perm::AuditRead>,
    since: Timestamp,
    limit: u32,
) -> Result<Vec<Refused>> {
    store::refused(on, grant.tenant(), grant.user(), since, limit).await
}
