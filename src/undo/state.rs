//! What an event says was, as what the domains are asked for. Pure; must never make up what the event does not say.

use serde::Deserialize;
use serde_json::Value;

use super::unreadable;
use crate::clock::Timestamp;
use crate::error::Result;
use crate::members::RoleAssignment;
use crate::roles::{NewRole, RoleChange};

/// A role as the log keeps it.
#[derive(Deserialize)]
struct Recorded {
    key: String,
    name: String,
    description: String,
    permissions: Vec<String>,
    denies: Vec<String>,
    inherits: Vec<String>,
}

fn recorded(value: &Value) -> Result<Recorded> {
    Recorded::deserialize(value).map_err(|_older_release| unreadable())
}

/// The change that makes a role what it was.
pub(super) fn role_change(value: &Value) -> Result<RoleChange> {
    let Recorded { name, description, permissions, denies, inherits, .. } = recorded(value)?;
    Ok(RoleChange {
        name: Some(name),
        description: Some(description),
        permissions: Some(permissions),
        denies: Some(denies),
        inherits: Some(inherits),
    })
}

/// The role that was, to be made again.
pub(super) fn new_role(value: &Value) -> Result<NewRole> {
    let Recorded { key, name, description, permissions, denies, inherits } = recorded(value)?;
    Ok(NewRole {
        name,
        key: Some(key),
        description: Some(description),
        permissions: Some(permissions),
        denies: Some(denies),
        inherits: Some(inherits),
        copy_of: None,
    })
}

/// The roles someone held that have not ended since, by key.
pub(super) fn assignments(value: &Value, now: Timestamp) -> Result<Vec<RoleAssignment>> {
    let mut roles: Vec<RoleAssignment> = Vec::deserialize(value).map_err(|_older_release| unreadable())?;
    roles.retain(|role| role.expires_at.is_none_or(|end| end > now));
    roles.sort_by(|one, other| one.key.cmp(&other.key));
    Ok(roles)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_role_that_has_ended_is_not_given_back() {
        let now: Timestamp = "2026-06-01T00:00:00Z".parse().unwrap();
        let value = json!([
            { "key": "viewer", "expires_at": null },
            { "key": "admin", "expires_at": "2026-06-01T00:00:00Z" },
            { "key": "editor", "expires_at": "2026-06-02T00:00:00Z" },
        ]);
        let keys: Vec<String> = assignments(&value, now).unwrap().into_iter().map(|role| role.key).collect();
        assert_eq!(keys, ["editor", "viewer"]);
        assert!(assignments(&json!("viewer"), now).is_err());
    }
}
