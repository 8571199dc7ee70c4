//! A line of the audit log with all that is known of it: the sentence, and what was before and after. Used by the page
//! and the live view, which show the same; must never guess what a field means.

use serde_json::Value;

use super::asked::address;
use crate::audit::AuditLine;
use crate::authz::{Catalogue, TenantPolicy};
use crate::clock::Timestamp;
use crate::http::panel::parts::activity::Activity;
use crate::http::panel::parts::shown::thousands;

/// A line, ready to be shown.
#[derive(Debug)]
pub(in crate::http::panel) struct Line {
    pub(in crate::http::panel) sequence: i64,
    pub(in crate::http::panel) said: Activity,
    pub(in crate::http::panel) failed: bool,
    pub(in crate::http::panel) action: String,
    /// What was acted upon, such as `member Ben Sample`.
    pub(in crate::http::panel) target: String,
    pub(in crate::http::panel) changes: Vec<Change>,
    pub(in crate::http::panel) ip: String,
    pub(in crate::http::panel) request_id: String,
    pub(in crate::http::panel) hash: String,
    /// Where all events by the same actor are.
    pub(in crate::http::panel) by_actor: Option<String>,
    /// Where all events about the same target are.
    pub(in crate::http::panel) about_target: String,
}

/// What became of a field.
#[derive(Debug)]
pub(in crate::http::panel) struct Change {
    /// The field, in words.
    pub(in crate::http::panel) what: String,
    /// What is not there any more.
    pub(in crate::http::panel) before: Vec<String>,
    /// What was not there before.
    pub(in crate::http::panel) after: Vec<String>,
    /// Whether these are parts of a list, of which others may have stayed.
    pub(in crate::http::panel) parts: bool,
}

impl Change {
    /// The word before what is gone.
    pub(super) fn was(&self) -> &'static str {
        if self.parts { "Removed" } else { "Before" }
    }

    /// The word before what has come.
    pub(super) fn is(&self) -> &'static str {
        match (self.parts, self.before.is_empty()) {
            (true, _) => "Added",
            (false, true) => "",
            (false, false) => "After",
        }
    }
}

impl Line {
    /// `line` of the tenant at `path`, as seen at `now`.
    pub(super) fn new(
        path: &str,
        line: AuditLine,
        policy: &TenantPolicy,
        catalogue: &Catalogue,
        now: Timestamp,
    ) -> Self {
        let actor = line.actor.id.map(|id| id.to_string());
        let named = if line.target.name.is_empty() { &line.target.id } else { &line.target.name };
        Self {
            sequence: line.sequence,
            failed: line.outcome == "failed",
            action: line.action.clone(),
            target: format!("{} {named}", line.target.kind),
            changes: changes(&line.changes),
            ip: line.ip.clone(),
            request_id: line.request_id.clone(),
            hash: line.hash.clone(),
            by_actor: actor.map(|id| address(path, [("actor", id.as_str())])),
            about_target: address(path, [("target", line.target.id.as_str())]),
            said: Activity::new(line, policy, catalogue, now),
        }
    }

    pub(super) fn number(&self) -> String {
        thousands(self.sequence)
    }
}

/// The fields that differ between before and after; all there is when the event has neither.
fn changes(changes: &Value) -> Vec<Change> {
    let empty = serde_json::Map::new();
    let fields = |side: &str| changes[side].as_object().unwrap_or(&empty);
    if changes.get("before").is_none() && changes.get("after").is_none() {
        let all = changes.as_object().unwrap_or(&empty).iter();
        return all.filter_map(|(name, value)| change(name, &Value::Null, value)).collect();
    }
    let (before, after) = (fields("before"), fields("after"));
    let mut names: Vec<&String> = before.keys().chain(after.keys()).collect();
    names.sort();
    names.dedup();
    let side =
        |side: &serde_json::Map<String, Value>, name: &str| side.get(name).cloned().unwrap_or(Value::Null);
    names.into_iter().filter_map(|name| change(name, &side(before, name), &side(after, name))).collect()
}

fn change(name: &str, before: &Value, after: &Value) -> Option<Change> {
    let (old, new) = (texts(before), texts(after));
    let besides = |all: &[String], others: &[String]| -> Vec<String> {
        all.iter().filter(|text| !others.contains(text)).cloned().collect()
    };
    let gone = Change {
        what: name.replace('_', " "),
        before: besides(&old, &new),
        after: besides(&new, &old),
        parts: before.is_array() && after.is_array(),
    };
    (!gone.before.is_empty() || !gone.after.is_empty()).then_some(gone)
}

/// A value in words, part by part. Nothing is no part.
fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::Null => Vec::new(),
        Value::Array(items) => items.iter().flat_map(texts).collect(),
        Value::String(text) => vec![text.clone()],
        Value::Object(fields) => {
            match (fields.get("key").and_then(Value::as_str), fields.get("expires_at")) {
                (Some(key), Some(Value::String(end))) => vec![format!("{key} until {end}")],
                (Some(key), _) => vec![key.to_owned()],
                (None, _) => vec![person(fields).unwrap_or_else(|| value.to_string())],
            }
        }
        Value::Bool(_) | Value::Number(_) => vec![value.to_string()],
    }
}

/// Someone with their roles, as `Ben Sample: viewer, admin`.
fn person(fields: &serde_json::Map<String, Value>) -> Option<String> {
    let (name, roles) = (fields.get("name")?.as_str()?, texts(fields.get("roles")?));
    Some(format!("{name}: {}", if roles.is_empty() { "no role".to_owned() } else { roles.join(", ") }))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(value: &Value) -> Vec<(String, Vec<String>, Vec<String>)> {
        changes(value).into_iter().map(|change| (change.what, change.before, change.after)).collect()
    }

    fn is(what: &str, before: &[&str], after: &[&str]) -> (String, Vec<String>, Vec<String>) {
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        (what.to_owned(), owned(before), owned(after))
    }

    #[test]
    fn only_what_differs_is_told() {
        let value = json!({
            "before": { "name": "A", "slug": "a", "permissions": ["x:read", "y:read"] },
            "after": { "name": "B", "slug": "a", "permissions": ["y:read", "z:read"] },
        });
        let expected = [is("name", &["A"], &["B"]), is("permissions", &["x:read"], &["z:read"])];
        assert_eq!(told(&value), expected);
    }

    #[test]
    fn each_of_many_is_told_with_their_roles() {
        let one = |name: &str, roles: &[&str]| {
            let roles: Vec<Value> =
                roles.iter().map(|key| json!({ "key": key, "expires_at": null })).collect();
            json!({ "id": "x", "name": name, "roles": roles })
        };
        let value = json!({
            "before": { "members": [one("Ada", &["viewer"]), one("Ben", &["viewer"])] },
            "after": { "members": [one("Ada", &["admin", "viewer"]), one("Ben", &[])] },
        });
        let expected =
            is("members", &["Ada: viewer", "Ben: viewer"], &["Ada: admin, viewer", "Ben: no role"]);
        assert_eq!(told(&value), [expected]);
    }

    #[test]
    fn what_was_made_and_what_was_denied_is_told_whole() {
        let made = json!({ "before": null, "after": { "key": "x", "roles": [{ "key": "a", "expires_at": "2026" }] } });
        assert_eq!(told(&made), [is("key", &[], &["x"]), is("roles", &[], &["a until 2026"])]);
        let denied = json!({ "required": "members:update", "held_roles": ["viewer"], "policy_version": 3 });
        assert_eq!(told(&denied).len(), 3);
        assert_eq!(told(&json!({})), []);
        assert_eq!(told(&json!("odd")), []);
    }
}
