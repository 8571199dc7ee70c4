//! Domains of a tenant, and joining by them: a tenant proves by a DNS record that a domain is its own, and may then let
//! people with a verified address there join by themselves, or ask to. Called by the API and the panel. Must never let
//! anyone in by an address that no provider vouches for, nor say of a tenant that it exists to whom it does not concern.
//!
//! ```text
//! add ─▶ pending ──verify: the record is there──▶ verified ──▶ joining: off | ask | open, with one role
//!            ▲                                        │
//!            └──────── a check finds it gone ─────────┘        ask:  join_request ──approve | decline
//!                                                              open: member at once, unless once removed
//! ```

mod answer;
mod dns;
mod found;
mod join;
mod joinable;
mod manage;
mod policy;
mod requests;
mod rules;
mod shapes;
mod store;
mod verify;

use std::sync::Arc;
use std::time::Duration;

use crate::authz::Authz;
use crate::config::Limits;
use crate::db::Database;
use crate::mail::Outbox;

pub use self::answer::{approve, decline};
pub use self::dns::Dns;
pub use self::join::join;
pub use self::joinable::joinable;
pub use self::manage::{add, list, remove, show};
pub use self::policy::change;
pub use self::requests::{requests, waiting};
pub use self::shapes::{
    Domain, DomainChange, DomainStatus, JoinOutcome, JoinRequest, Joinable, JoinableTenant, Joined, Joining,
    Listed, NewDomain, Page, Record, TenantJoined,
};
pub use self::verify::verify;

/// Domains a tenant may name, at most.
pub const MOST: i64 = 20;

/// After this long the record is looked for again before anyone joins.
const CHECK_AGAIN: Duration = Duration::from_hours(24);

/// Who was declined may ask again after this.
const ASK_AGAIN: Duration = Duration::from_hours(7 * 24);

/// What domains need of the rest of the program.
#[derive(Debug, Clone)]
pub struct Deps {
    /// Decides, again, inside each write.
    pub authz: Arc<Authz>,
    /// Where domains are.
    pub database: Database,
    /// Where mail is put.
    pub outbox: Outbox,
    /// How many members there may be.
    pub limits: Limits,
    /// The public URL without a path.
    pub origin: String,
    /// Asks the name servers.
    pub dns: Dns,
}

/// The text a record must hold.
fn proof(token: &str) -> String {
    format!("freehold-verification={token}")
}
