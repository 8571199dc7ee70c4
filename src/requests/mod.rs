//! Requests for roles: a member says which role they need, why and for how long; those who may give it approve or
//! decline. Called by the API and the panel. Must never give a role by other rules than `members` gives it by, nor
//! show a request to a member who neither made it nor may change roles.
//!
//! ```text
//! ask ─▶ open ──approve──▶ approved     the role is given in the same write, as far as the approver may give it then
//!         │ ├────decline──▶ declined
//!         │ └───withdraw──▶ withdrawn    by who asked
//!         └──────time─────▶ expired      after 14 days; the member or the role gone: the request is gone
//! ```

mod ask;
mod decide;
mod guards;
mod list;
mod store;

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::authz::{Authz, NamedRole};
use crate::clock::Timestamp;
use crate::db::Database;
use crate::error::Person;
use crate::ids::RoleRequestId;
use crate::mail::Outbox;

pub use self::ask::create;
pub use self::decide::{approve, decline, withdraw};
pub use self::list::{deciders, list, show, waiting};

/// How long a request can be answered.
pub const ANSWERED_WITHIN: Duration = Duration::from_hours(14 * 24);
/// The longest reason and note, in characters.
pub const LONGEST_TEXT: usize = 500;
/// The longest time a role can be asked for with an end, in hours: a year.
pub const MOST_HOURS: i64 = 8_760;

/// What requests need of the rest of the program.
#[derive(Debug, Clone)]
pub struct Deps {
    /// Decides, again, inside each write.
    pub authz: Arc<Authz>,
    /// Where requests are.
    pub database: Database,
    /// Where the mail about them is put.
    pub outbox: Outbox,
    /// The public URL without a path: links begin with it.
    pub origin: String,
}

/// A request for a role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct RoleRequest {
    /// Its id.
    pub id: RoleRequestId,
    /// Who asks.
    pub member: Person,
    /// For which role.
    pub role: NamedRole,
    /// Why.
    pub reason: String,
    /// For how many hours from the approval on; without end when absent.
    pub duration_hours: Option<i64>,
    /// What has become of it.
    pub status: Status,
    /// When it was made.
    pub created_at: Timestamp,
    /// From this moment it cannot be answered.
    pub expires_at: Timestamp,
    /// When it was answered or withdrawn.
    pub decided_at: Option<Timestamp>,
    /// By whom. Absent too when that person's account is gone.
    pub decided_by: Option<Person>,
    /// What they said to it; may be empty.
    pub note: String,
    /// Until when the role was given, if it was and has an end.
    pub given_until: Option<Timestamp>,
}

impl RoleRequest {
    /// Changes whenever the request does: the source of its `ETag`.
    #[must_use]
    pub fn revision(&self) -> String {
        format!("{}-{}", self.decided_at.unwrap_or(self.created_at).micros(), self.status.as_str())
    }
}

/// A request, and who can answer it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[schemars(rename = "RoleRequestShown")]
pub struct Shown {
    /// The request.
    #[serde(flatten)]
    pub request: RoleRequest,
    /// Some of those who can answer it, at most ten; nobody once it is answered.
    pub deciders: Vec<Person>,
}

/// What has become of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "RoleRequestStatus")]
pub enum Status {
    /// It waits for an answer.
    Open,
    /// The role was given.
    Approved,
    /// It was not.
    Declined,
    /// Who asked took it back.
    Withdrawn,
    /// Nobody answered in time.
    Expired,
}

impl Status {
    /// The word in the API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Approved => "approved",
            Self::Declined => "declined",
            Self::Withdrawn => "withdrawn",
            Self::Expired => "expired",
        }
    }
}

/// The body that asks for a role.
#[derive(Debug, Clone, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRequest {
    /// The key of the role.
    pub role: String,
    /// Why: 1 to 500 characters, in lines if need be.
    #[schemars(length(min = 1, max = 500))]
    pub reason: String,
    /// For how long, from the approval on; without end when absent.
    #[serde(default)]
    #[schemars(range(min = 1, max = 8760))]
    pub duration_hours: Option<i64>,
}

/// The body that approves a request. Without an end the role is given for as long as was asked; one that is given may
/// only be sooner.
#[derive(Debug, Clone, Default, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Approval {
    /// When the role ends.
    #[serde(default)]
    pub expires_at: Option<Timestamp>,
    /// For how many hours it is given, in place of `expires_at`.
    #[serde(default)]
    #[schemars(range(min = 1, max = 8760))]
    pub duration_hours: Option<i64>,
    /// What to say to it.
    #[serde(default)]
    #[schemars(length(max = 500))]
    pub note: Option<String>,
}

/// The body that declines a request.
#[derive(Debug, Clone, Default, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Decline {
    /// What to say to it.
    #[serde(default)]
    #[schemars(length(max = 500))]
    pub note: Option<String>,
}

/// Which part of the requests to list.
#[derive(Debug, Clone, Copy)]
pub struct Page {
    /// How many at most.
    pub limit: u16,
    /// The last one of the page before.
    pub after: Option<RoleRequestId>,
    /// Only those in this state.
    pub status: Option<Status>,
    /// Only the caller's own, also for those who may see all.
    pub own: bool,
}

/// A part of the requests.
#[derive(Debug, Clone)]
pub struct Listed {
    /// The requests, newest first.
    pub items: Vec<RoleRequest>,
    /// The position to go on after, when there are more.
    pub next: Option<RoleRequestId>,
}

/// A time in hours as people say it, such as `for 8 hours`, `for 30 days` or `without end`.
#[must_use]
pub fn in_words(hours: Option<i64>) -> String {
    let Some(hours) = hours else { return "without end".to_owned() };
    let (count, unit) = if hours >= 24 && hours % 24 == 0 { (hours / 24, "day") } else { (hours, "hour") };
    format!("for {count} {unit}{}", if count == 1 { "" } else { "s" })
}

/// When what begins now and lasts so many hours ends.
fn end(now: Timestamp, hours: Option<i64>) -> Option<Timestamp> {
    hours.map(|hours| now + Duration::from_hours(hours.unsigned_abs()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_said_as_people_say_it() {
        for (hours, said) in [
            (None, "without end"),
            (Some(1), "for 1 hour"),
            (Some(8), "for 8 hours"),
            (Some(24), "for 1 day"),
            (Some(36), "for 36 hours"),
            (Some(720), "for 30 days"),
        ] {
            assert_eq!(in_words(hours), said);
        }
    }
}
