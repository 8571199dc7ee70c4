//! Audit events: what a write must say to be committed, and how each is chained to the one before it, so that
//! altering, removing or inserting a row afterwards shows. Reading them is the business of `audit/`.

use aws_lc_rs::digest::{Context, SHA256};
use serde_json::Value;
use uuid::Uuid;

use crate::clock::Timestamp;
use crate::ids::{AppId, EventId, TenantId, UserId};

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

/// Who did it, and from where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// A person, an app, or the program itself.
    pub kind: ActorKind,
    /// The name at that time.
    pub name: String,
    /// The request it came by.
    pub via: Via,
}

/// Whether a person, an app, or the program acted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ActorKind {
    /// A person.
    User(UserId),
    /// An app.
    App(AppId),
    /// The program: upkeep and commands run on the machine.
    System,
}

impl ActorKind {
    /// `user`, `app` or `system`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::User(_) => "user",
            Self::App(_) => "app",
            Self::System => "system",
        }
    }

    /// The id, unless the program itself acted.
    #[must_use]
    pub fn id(self) -> Option<Uuid> {
        match self {
            Self::User(user) => Some(user.uuid()),
            Self::App(app) => Some(app.uuid()),
            Self::System => None,
        }
    }
}

/// The request an actor came by.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Via {
    /// The peer's address, or what a trusted proxy says it was.
    pub ip: String,
    /// The request's id.
    pub request_id: String,
}

impl Actor {
    /// The program itself, at the machine rather than by a request.
    #[must_use]
    pub fn system(name: &str) -> Self {
        Self { kind: ActorKind::System, name: name.to_owned(), via: Via::default() }
    }
}

/// What was acted upon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Its type, such as `member`.
    pub kind: &'static str,
    /// Its id.
    pub id: String,
    /// Its name at that time.
    pub name: String,
}

impl Target {
    /// A target of type `kind`.
    #[allow(clippy::needless_pass_by_value, reason = "ids are copied and texts are borrowed")]
    pub fn new(kind: &'static str, id: impl std::fmt::Display, name: impl Into<String>) -> Self {
        Self { kind, id: format!("{id}"), name: name.into() }
    }
}

/// What happened, as `noun.past_participle`, such as `member.removed`.
pub type Action = &'static str;

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It was done.
    Done,
    /// It was not allowed.
    Denied,
    /// It was allowed and did not work.
    Failed,
}

impl Outcome {
    /// `done`, `denied` or `failed`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Denied => "denied",
            Self::Failed => "failed",
        }
    }
}

/// What a committed event changes for decisions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EffectOn {
    /// No decision depends on it.
    Nothing,
    /// Who may do what in the chain's tenant: its policy version goes up.
    Access,
}

/// One line of the audit log, before it has its place in the chain.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditEvent {
    /// Who did it.
    pub actor: Actor,
    /// What was done.
    pub action: Action,
    /// To what.
    pub target: Target,
    /// `{"before": …, "after": …}`, or an empty object.
    pub changes: Value,
    /// How it ended.
    pub outcome: Outcome,
    /// Whether decisions depend on it.
    pub effect: EffectOn,
}

impl AuditEvent {
    /// Something that was done and on which no decision depends.
    #[must_use]
    pub fn done(actor: Actor, action: Action, target: Target) -> Self {
        let changes = Value::Object(serde_json::Map::new());
        Self { actor, action, target, changes, outcome: Outcome::Done, effect: EffectOn::Nothing }
    }

    /// The same event, with what was before and what is after.
    #[must_use]
    pub fn changing(mut self, before: &Value, after: &Value) -> Self {
        self.changes = serde_json::json!({ "before": before, "after": after });
        self
    }

    /// The same event, changing who may do what.
    #[must_use]
    pub fn affecting_access(mut self) -> Self {
        self.effect = EffectOn::Access;
        self
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
            ip: event.actor.via.ip,
            request_id: event.actor.via.request_id,
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
