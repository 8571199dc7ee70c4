//! A line of the audit log as a sentence. Pure: made from the line and the tenant's roles, called by the overview
//! and the audit log.

use serde_json::Value;
use uuid::Uuid;

use crate::audit::AuditLine;
use crate::authz::{Catalogue, TenantPolicy};
use crate::clock::Timestamp;
use crate::http::panel::parts::shown::{Avatar, Moment, thousands};
use crate::requests;

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

/// What can be done: the action, what it is in words, whether its target is to be named, and how a filter calls it.
const DEEDS: &[(&str, &str, bool, &str)] = &[
    ("member.updated", "changed the roles of", true, "Roles of a member changed"),
    ("members.roles_changed", "changed the roles of", true, "Roles of several members changed"),
    ("member.removed", "removed", true, "Member removed"),
    ("member.left", "left", false, "Member left"),
    ("member.joined_by_domain", "joined by their address in a domain", false, "Joined by a domain"),
    ("join_request.created", "asked to join", false, "Someone asked to join"),
    ("join_request.approved", "let in", true, "Someone let in"),
    ("join_request.declined", "declined to let in", true, "Someone not let in"),
    ("domain.added", "added the domain", true, "Domain added"),
    ("domain.verified", "proved the domain", true, "Domain proved"),
    ("domain.lapsed", "found the proof gone of the domain", true, "Proof of a domain gone"),
    ("domain.updated", "changed who may join by the domain", true, "Joining by a domain changed"),
    ("domain.removed", "removed the domain", true, "Domain removed"),
    ("invitation.created", "invited", true, "Someone invited"),
    ("invitation.resent", "sent again the invitation of", true, "Invitation sent again"),
    ("invitation.revoked", "withdrew the invitation of", true, "Invitation withdrawn"),
    ("invitation.accepted", "joined by the invitation of", true, "Invitation accepted"),
    ("role_request.created", "asked for the role", true, "Role asked for"),
    ("role_request.approved", "approved the request of", true, "Request approved"),
    ("role_request.declined", "declined the request of", true, "Request declined"),
    ("role_request.withdrawn", "took back the request for the role", true, "Request taken back"),
    ("role.created", "made the role", true, "Role made"),
    ("role.updated", "changed the role", true, "Role changed"),
    ("role.deleted", "deleted the role", true, "Role deleted"),
    ("project.created", "made the project", true, "Project made"),
    ("project.updated", "changed the project", true, "Project changed"),
    ("project.deleted", "deleted the project", true, "Project deleted"),
    ("app.created", "registered the app", true, "App registered"),
    ("app.updated", "changed the app", true, "App changed"),
    ("app.deleted", "deleted the app", true, "App deleted"),
    ("app_secret.created", "made a secret for the app", true, "Secret of an app made"),
    ("app_secret.revoked", "revoked a secret of the app", true, "Secret of an app revoked"),
    ("app_secret.warned", "told by mail that a secret ends of the app", true, "End of a secret told"),
    ("token.created", "minted the token", true, "Token minted"),
    ("token.rotated", "replaced the token", true, "Token replaced"),
    ("token.warned", "told by mail that the token ends:", true, "End of a token told"),
    ("app_key.added", "registered a public key of the app", true, "App key registered"),
    ("app_key.removed", "removed a public key of the app", true, "App key removed"),
    ("token.issued", "got an access token", false, "Access token issued"),
    ("device.approved", "let in the tool", true, "Tool let in"),
    ("device.declined", "turned away the tool", true, "Tool turned away"),
    ("token.revoked", "revoked a token:", true, "Token revoked"),
    ("audit.expired", "removed old events from this log:", false, "Old events removed"),
    ("tenant.updated", "changed the settings", false, "Settings changed"),
    ("tenant.created", "made this tenant", false, "Tenant made"),
    ("tenant.deleted", "deleted this tenant", false, "Tenant deleted"),
    ("tenant.restored", "restored this tenant", false, "Tenant restored"),
    ("tenant.transferred", "handed this tenant to", true, "Tenant handed over"),
    ("tenant.suspended", "suspended this tenant", false, "Tenant suspended"),
    ("tenant.resumed", "resumed this tenant", false, "Tenant resumed"),
];

/// The actions one may ask for, and what they are called.
pub(in crate::http::panel) fn actions() -> Vec<(&'static str, &'static str)> {
    DEEDS.iter().map(|(action, .., label)| (*action, *label)).collect()
}

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
            Some((_, did, named, _)) => {
                let target = if *named { line.target.name } else { String::new() };
                let given = given_or_taken(&line.action, &line.changes, policy);
                let did = moved(&line.changes).unwrap_or(did);
                let (did, detail) =
                    given.unwrap_or_else(|| (did, detail(&line.action, &line.changes, policy)));
                (did.to_owned(), target, undoing(detail, &line.changes))
            }
            // A deed without a sentence of its own is said by its name.
            None => (line.action, line.target.name, String::new()),
        };
        let id = line.actor.id.unwrap_or(Uuid::nil());
        let avatar = Avatar::new(id, &line.actor.name, None);
        Self { actor: line.actor.name, avatar, did, target, detail, denied, at: Moment::new(line.at, now) }
    }
}

/// The detail, with the event that was undone, if one was.
fn undoing(detail: String, changes: &Value) -> String {
    match changes.pointer("/undoes/sequence").and_then(Value::as_i64) {
        Some(sequence) if detail.is_empty() => format!("undoing event {}", thousands(sequence)),
        Some(sequence) => format!("{detail}, undoing event {}", thousands(sequence)),
        None => detail,
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

/// `gave … the role Editor`, `took from … the role Editor`: when someone got roles and lost none, or the other way round.
fn given_or_taken(action: &str, changes: &Value, policy: &TenantPolicy) -> Option<(&'static str, String)> {
    let side = |pointer: &str| changes.pointer(pointer)?.as_array();
    if action == "members.roles_changed" {
        let (given, taken) = (side("/after/given")?, side("/after/taken")?);
        return match (given.as_slice(), taken.as_slice()) {
            ([..], []) => Some(("gave", which(given, policy))),
            ([], [..]) => Some(("took from", which(taken, policy))),
            _ => None,
        };
    }
    let (before, after) = (side("/before/roles")?, side("/after/roles")?);
    let besides = |all: &[Value], others: &[Value]| -> Vec<Value> {
        all.iter().filter(|role| others.iter().all(|other| key(other) != key(role))).cloned().collect()
    };
    let (gained, lost) = (besides(after, before), besides(before, after));
    let (did, those) = match (action, gained.len(), lost.len()) {
        ("member.updated", 1.., 0) => ("gave", gained),
        // Who is left with none is better told so.
        ("member.updated", 0, 1..) if !after.is_empty() => ("took from", lost),
        _ => return None,
    };
    Some((did, which(&those, policy)))
}

/// `the role Editor until 2026-01-31`, `the roles Editor, Viewer`.
fn which(those: &[Value], policy: &TenantPolicy) -> String {
    let noun = if those.len() == 1 { "the role" } else { "the roles" };
    let until = match those {
        [role] => role["expires_at"].as_str().and_then(|end| end.get(..10)),
        _ => None,
    };
    let until = until.map(|day| format!(" until {day}")).unwrap_or_default();
    format!("{noun} {}{until}", roles(&Value::Array(those.to_vec()), policy))
}

/// What came of it, where a word more tells a lot.
fn detail(action: &str, changes: &Value, policy: &TenantPolicy) -> String {
    let after = &changes["after"];
    match action {
        "member.updated" => format!("to {}", roles(&after["roles"], policy)),
        "members.roles_changed" => {
            format!("giving {}, taking {}", roles(&after["given"], policy), roles(&after["taken"], policy))
        }
        "tenant.suspended" => {
            after["reason"].as_str().map(|why| format!("because: {why}")).unwrap_or_default()
        }
        "invitation.created" | "join_request.approved" => format!("as {}", roles(&after["roles"], policy)),
        "role_request.created" => requests::in_words(after["duration_hours"].as_i64()),
        "role_request.approved" | "role_request.declined" => {
            let role = roles(&Value::Array(vec![after["role"].clone()]), policy);
            let until = after["expires_at"].as_str().and_then(|end| end.get(..10));
            let until = until.map(|day| format!(" until {day}")).unwrap_or_default();
            format!("for the role {role}{until}")
        }
        "domain.updated" => joining(after, policy),
        "role.updated" | "project.updated" => renamed(changes, "which was called"),
        "role.deleted" if after["reassigned_to"].is_string() => {
            let heir = roles(&Value::Array(vec![after["reassigned_to"].clone()]), policy);
            format!("and gave its members the role {heir}")
        }
        "audit.expired" => {
            let number = |field: &str| thousands(after[field].as_i64().unwrap_or(0));
            format!("{} of them, up to event {}", number("count"), number("up_to"))
        }
        "tenant.updated" => match after["name"].as_str() {
            Some(name) if changes.pointer("/before/name") != after.get("name") => {
                format!("and called it {name}")
            }
            _ => String::new(),
        },
        _ => String::new(),
    }
}

/// Who may join by a domain now.
fn joining(after: &Value, policy: &TenantPolicy) -> String {
    let role = || roles(&Value::Array(vec![after["role"].clone()]), policy);
    match after["joining"].as_str() {
        Some("open") => format!("to everyone there, as {}", role()),
        Some("ask") => format!("to those who ask, as {}", role()),
        _ => "to nobody".to_owned(),
    }
}

/// What it is called when a project was put away, or taken back.
fn moved(changes: &Value) -> Option<&'static str> {
    match (changes.pointer("/before/archived")?.as_bool()?, changes.pointer("/after/archived")?.as_bool()?) {
        (false, true) => Some("archived the project"),
        (true, false) => Some("restored the project"),
        _ => None,
    }
}

/// The name before, when it is another now.
fn renamed(changes: &Value, words: &str) -> String {
    let (before, after) = (changes.pointer("/before/name"), changes.pointer("/after/name"));
    match before.and_then(Value::as_str) {
        Some(name) if before != after => format!("{words} {name}"),
        _ => String::new(),
    }
}

/// A role's key as the log has it: by itself, or as `{"key": …}`.
fn key(item: &Value) -> &str {
    item.as_str().or_else(|| item["key"].as_str()).unwrap_or_default()
}

/// Roles as the log has them, by their names.
fn roles(list: &Value, policy: &TenantPolicy) -> String {
    let name = |item: &Value| {
        policy.role_by_key(key(item)).map_or_else(|| key(item).to_owned(), |role| role.name.clone())
    };
    let names: Vec<String> = list.as_array().into_iter().flatten().map(name).collect();
    if names.is_empty() { "no role".to_owned() } else { names.join(", ") }
}
