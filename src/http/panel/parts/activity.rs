//! A line of the audit log as a sentence. Pure: made from the line and the tenant's roles, called by the overview.

use serde_json::Value;
use uuid::Uuid;

use crate::audit::AuditLine;
use crate::authz::{Catalogue, TenantPolicy};
use crate::clock::Timestamp;
use crate::http::panel::parts::shown::{Avatar, Moment};

/// Who did what to what, and when.
#[derive(Debug)]
pub(in crate::http::panel) struct Activity {
    /// Who.
    pub(in crate::http::panel) actor: String,
    /// Their initials.
    pub(in crate::http::panel) avatar: Avatar,
    /// Did what.
    pub(in crate::http::panel) did: String,
    /// To what; empty when the deed says it.
    pub(in crate::http::panel) target: String,
    /// With which result, such as `to Admin`; or nothing.
    pub(in crate::http::panel) detail: String,
    /// Whether it was refused.
    pub(in crate::http::panel) denied: bool,
    /// When.
    pub(in crate::http::panel) at: Moment,
}

/// What was done, in words, and whether the target is to be named.
const DEEDS: &[(&str, &str, bool)] = &[
    ("tenant.created", "made this tenant", false),
    ("tenant.updated", "changed the settings", false),
    ("member.updated", "changed the roles of", true),
    ("member.removed", "removed", true),
    ("member.left", "left", false),
    ("invitation.created", "invited", true),
    ("invitation.resent", "sent again the invitation of", true),
    ("invitation.revoked", "withdrew the invitation of", true),
    ("invitation.accepted", "joined by the invitation of", true),
];

impl Activity {
    /// `line` as seen at `now`, with roles by their present names.
    pub(in crate::http::panel) fn new(
        line: AuditLine,
        policy: &TenantPolicy,
        catalogue: &Catalogue,
        now: Timestamp,
    ) -> Self {
        let denied = line.outcome == "denied";
        let (did, target, detail) = match DEEDS.iter().find(|(action, ..)| *action == line.action) {
            _ if denied => (refusal(&line.action, catalogue), String::new(), String::new()),
            Some((_, did, named)) => {
                let target = if *named { line.target.name } else { String::new() };
                ((*did).to_owned(), target, detail(&line.action, &line.changes, policy))
            }
            // A deed without a sentence of its own is said by its name.
            None => (line.action, line.target.name, String::new()),
        };
        let id = line.actor.id.unwrap_or(Uuid::nil());
        let avatar = Avatar::new(id, &line.actor.name, None);
        Self { actor: line.actor.name, avatar, did, target, detail, denied, at: Moment::new(line.at, now) }
    }
}

/// What was not allowed, by the permission's sentence: `Remove members.` makes `was not allowed to remove members`.
fn refusal(permission: &str, catalogue: &Catalogue) -> String {
    let Some(id) = catalogue.get(permission) else { return format!("was not allowed {permission}") };
    let sentence = catalogue.info(id).description.trim_end_matches('.');
    let mut letters = sentence.chars();
    let first = letters.next().into_iter().flat_map(char::to_lowercase);
    let said: String = first.chain(letters).collect();
    format!("was not allowed to {said}")
}

/// What came of it, where a word more tells a lot.
fn detail(action: &str, changes: &Value, policy: &TenantPolicy) -> String {
    let after = &changes["after"];
    match action {
        "member.updated" => format!("to {}", roles(&after["roles"], policy)),
        "invitation.created" => format!("as {}", roles(&after["roles"], policy)),
        "tenant.updated" => match after["name"].as_str() {
            Some(name) if changes.pointer("/before/name") != after.get("name") => {
                format!("and called it {name}")
            }
            _ => String::new(),
        },
        _ => String::new(),
    }
}

/// Roles as the log has them, by key or as `{"key": …}`, by their names.
fn roles(list: &Value, policy: &TenantPolicy) -> String {
    let name = |item: &Value| {
        let key = item.as_str().or_else(|| item["key"].as_str()).unwrap_or_default();
        policy.role_by_key(key).map_or_else(|| key.to_owned(), |role| role.name.clone())
    };
    let names: Vec<String> = list.as_array().into_iter().flatten().map(name).collect();
    if names.is_empty() { "no role".to_owned() } else { names.join(", ") }
}
