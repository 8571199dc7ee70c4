//! Roles as they are asked for, by key and perhaps with an end, and their reading against the tenant's roles. Called by
//! the changes of members; must never let through a role of another tenant, nor an end that is over.

use std::collections::HashSet;

use serde::Deserialize;

use crate::authz::{HeldRole, TenantPolicy};
use crate::clock::Timestamp;
use crate::error::FieldError;

/// A role to hold: its key, or its key and an end.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "Spelling")]
pub struct RoleAssignment {
    /// The role's key.
    pub key: String,
    /// Until when; without end when absent.
    pub expires_at: Option<Timestamp>,
}

#[derive(Deserialize, schemars::JsonSchema)]
#[serde(untagged)]
enum Spelling {
    Key(String),
    Until(KeyUntil),
}

/// A role's key and until when it is held.
#[derive(Deserialize, schemars::JsonSchema)]
#[schemars(rename = "RoleUntil")]
#[serde(deny_unknown_fields)]
struct KeyUntil {
    key: String,
    #[serde(default)]
    expires_at: Option<Timestamp>,
}

impl From<Spelling> for RoleAssignment {
    fn from(spelling: Spelling) -> Self {
        match spelling {
            Spelling::Key(key) => Self { key, expires_at: None },
            Spelling::Until(KeyUntil { key, expires_at }) => Self { key, expires_at },
        }
    }
}

impl schemars::JsonSchema for RoleAssignment {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "RoleAssignment".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        Spelling::json_schema(generator)
    }
}

/// What is wrong with a body, collected until all of it is read.
#[derive(Debug, Default)]
pub(super) struct Problems(pub(super) Vec<FieldError>);

impl Problems {
    pub(super) fn say(&mut self, pointer: String, code: &'static str, detail: &'static str) {
        self.0.push(FieldError { pointer, code, detail: detail.into() });
    }

    /// The roles that the list called `field` asks for.
    pub(super) fn roles(
        &mut self,
        policy: &TenantPolicy,
        wanted: &[RoleAssignment],
        field: &str,
        now: Timestamp,
    ) -> Vec<HeldRole> {
        let mut seen = HashSet::new();
        let mut roles = Vec::new();
        for (place, RoleAssignment { key, expires_at }) in wanted.iter().enumerate() {
            let pointer = format!("/{field}/{place}");
            let Some(role) = policy.role_by_key(key) else {
                self.say(pointer, "unknown", "This tenant has no such role.");
                continue;
            };
            if expires_at.is_some_and(|end| end <= now) {
                self.say(format!("{pointer}/expires_at"), "past", "Choose a time that is still to come.");
            }
            if !seen.insert(role.id) {
                self.say(pointer, "duplicate", "Name each role once.");
            }
            roles.push(HeldRole { role: role.id, expires_at: *expires_at });
        }
        roles
    }
}
