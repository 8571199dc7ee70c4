//! Audit events: what a write must say to be committed. Made by every domain; must never hold a secret, for logs are
//! read by many. Reading them is the business of `audit/`.

use serde_json::Value;

use crate::db::Actor;
use crate::ids::EventId;

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

/// The event that a change undoes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Undone {
    /// Its id.
    pub id: EventId,
    /// Its place in the log.
    pub sequence: i64,
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

    /// The same event, undoing another.
    #[must_use]
    pub fn undoing(mut self, event: Option<Undone>) -> Self {
        if let (Some(event), Some(changes)) = (event, self.changes.as_object_mut()) {
            changes.insert("undoes".to_owned(), serde_json::json!(event));
        }
        self
    }

    /// The same event, changing who may do what.
    #[must_use]
    pub fn affecting_access(mut self) -> Self {
        self.effect = EffectOn::Access;
        self
    }
}
