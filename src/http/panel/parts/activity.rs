//! A line of the audit log as a sentence.

use crate::audit::AuditLine;
use crate::clock::Timestamp;
use crate::http::panel::parts::shown::Moment;

/// Who did what to what, and when.
#[derive(Debug)]
pub(in crate::http::panel) struct Activity {
    /// Who.
    pub(in crate::http::panel) actor: String,
    /// Did what.
    pub(in crate::http::panel) did: String,
    /// To what; empty when the deed says it.
    pub(in crate::http::panel) target: String,
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
    /// `line` as seen at `now`.
    pub(in crate::http::panel) fn new(line: AuditLine, now: Timestamp) -> Self {
        let at = Moment::new(line.at, now);
        let actor = line.actor.name;
        if line.outcome == "denied" {
            let did = format!("was not allowed {}", line.action);
            return Self { actor, did, target: String::new(), denied: true, at };
        }
        let (did, target) = match DEEDS.iter().find(|(action, ..)| *action == line.action) {
            Some((_, did, true)) => ((*did).to_owned(), line.target.name),
            Some((_, did, false)) => ((*did).to_owned(), String::new()),
            // A deed without a sentence of its own is said by its name.
            None => (line.action, line.target.name),
        };
        Self { actor, did, target, denied: false, at }
    }
}
