//! Reading the audit log: whether a chain is whole, its latest lines, and lines found by what is known of them; and
//! recording what was denied. Called by the API, the panel and `freehold audit verify`; must never change a line that
//! is written, and removes the oldest only by [`expire`].

mod retention;
mod search;
mod store;
mod verify;

use serde::Serialize;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::authz::{Grant, perm};
use crate::clock::Timestamp;
use crate::db::{
    Action, Actor, AuditEvent, Chain, ChainedEvent, Committed, Database, EffectOn, Executor, Outcome, Target,
};
use crate::error::{Denial, Person, Result};
use crate::ids::EventId;

pub use retention::expire;
pub use search::{Ending, Filter, Found, count, export, search, since};
pub use verify::{
    ChainVerdict, Mark, Removed, chains, verify_chain, verify_chain_by_id, verify_latest, verify_on,
};

/// Records in a tenant's log that a member was not allowed something, or in the platform's that an operator was not.
///
/// # Errors
/// [`crate::error::Error::Unavailable`] when the database cannot answer.
pub async fn record_denied(
    database: &Database,
    chain: Chain,
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
    let tx = database.write(chain).await?;
    let (outcome, effect) = (Outcome::Denied, EffectOn::Nothing);
    tx.commit(AuditEvent { actor, action, target, changes, outcome, effect }).await
}

/// A line of the audit log, as it is shown.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
#[schemars(rename = "AuditEvent")]
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
    #[schemars(example = serde_json::json!({ "roles": { "before": ["viewer"], "after": [] } }))]
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
#[schemars(inline)]
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

/// The tenant's line with this id.
///
/// # Errors
/// [`crate::error::Error::Unavailable`] when the database cannot answer.
pub async fn event(
    on: &mut impl Executor,
    grant: &Grant<perm::AuditRead>,
    id: EventId,
) -> Result<Option<AuditLine>> {
    let event = store::by_id(on, Chain::Tenant(grant.tenant()).id(), id).await?;
    Ok(event.map(AuditLine::from))
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
    store::refused(on, grant.tenant(), grant.subject(), since, limit).await
}
