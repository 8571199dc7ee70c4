//! Chains of audit events: each event's hash covers the one before it, so that altering, removing or inserting a row
//! afterwards shows. Called by `WriteTx::commit` and by whoever verifies a log; must never leave a column out.

use aws_lc_rs::digest::{Context, SHA256};
use uuid::Uuid;

use crate::clock::Timestamp;
use crate::db::AuditEvent;
use crate::ids::{EventId, TenantId, UserId};

/// Which chain an event belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Chain {
    /// A tenant's own log.
    Tenant(TenantId),
    /// What concerns one person rather than a tenant: sign-ins, identities, sessions.
    User(UserId),
    /// What operators do to the installation.
    Platform,
}

impl Chain {
    /// The id of the chain's row.
    #[must_use]
    pub fn id(self) -> Uuid {
        match self {
            Self::Tenant(tenant) => tenant.uuid(),
            Self::User(user) => user.uuid(),
            Self::Platform => Uuid::nil(),
        }
    }
}

/// An event in its place: the columns of `audit_events`, whose hash covers all the others.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct ChainedEvent {
    /// Whose log.
    pub chain_id: Uuid,
    /// Place in the log, from 1.
    pub sequence: i64,
    /// The event's id.
    pub id: EventId,
    /// When.
    pub at: Timestamp,
    /// `user`, `app` or `system`.
    pub actor_type: String,
    /// Whose id, if anyone's.
    pub actor_id: Option<Uuid>,
    /// The actor's name at that time.
    pub actor_name: String,
    /// What was done.
    pub action: String,
    /// What kind of thing was acted upon.
    pub target_type: String,
    /// Its id.
    pub target_id: String,
    /// Its name at that time.
    pub target_name: String,
    /// Before and after, as JSON text. Text on both databases: the hash covers these very bytes.
    pub changes: String,
    /// How it ended.
    pub outcome: String,
    /// From which address.
    pub ip: String,
    /// By which request.
    pub request_id: String,
    /// The hash of the event before it and of all the fields above.
    pub hash: Vec<u8>,
}

impl ChainedEvent {
    pub(super) fn new(
        chain: Chain,
        sequence: i64,
        at: Timestamp,
        event: AuditEvent,
        previous: &[u8],
    ) -> Self {
        let mut chained = Self {
            chain_id: chain.id(),
            sequence,
            id: EventId::new(),
            at,
            actor_type: event.actor.kind.as_str().to_owned(),
            actor_id: event.actor.kind.id(),
            actor_name: event.actor.name,
            action: event.action.to_owned(),
            target_type: event.target.kind.to_owned(),
            target_id: event.target.id,
            target_name: event.target.name,
            changes: event.changes.to_string(),
            outcome: event.outcome.as_str().to_owned(),
            ip: event.actor.via.ip.to_string(),
            request_id: event.actor.via.request_id.to_string(),
            hash: Vec::new(),
        };
        chained.hash = chained.expected_hash(previous);
        chained
    }

    /// The hash this event must have when the one before it has `previous`.
    #[must_use]
    pub fn expected_hash(&self, previous: &[u8]) -> Vec<u8> {
        let actor_id = self.actor_id.map(|id| id.to_string()).unwrap_or_default();
        let id = self.id.uuid();
        let mut context = Context::new(&SHA256);
        let fields: [&[u8]; 16] = [
            previous,
            self.chain_id.as_bytes(),
            &self.sequence.to_be_bytes(),
            id.as_bytes(),
            &self.at.micros().to_be_bytes(),
            self.actor_type.as_bytes(),
            actor_id.as_bytes(),
            self.actor_name.as_bytes(),
            self.action.as_bytes(),
            self.target_type.as_bytes(),
            self.target_id.as_bytes(),
            self.target_name.as_bytes(),
            self.changes.as_bytes(),
            self.outcome.as_bytes(),
            self.ip.as_bytes(),
            self.request_id.as_bytes(),
        ];
        for field in fields {
            // Length first, so that no two different events give the same bytes.
            context.update(&(field.len() as u64).to_be_bytes());
            context.update(field);
        }
        context.finish().as_ref().to_vec()
    }
}
