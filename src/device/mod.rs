//! Sign-in for command-line tools (RFC 8628): a tool without a browser asks, a person agrees in theirs. Called by the
//! OAuth endpoints and the panel; must never give a tool more than the person holds who agreed, nor give it twice.
//!
//! ```text
//!   tool     start ─▶ device code, to wait with; user code, to show
//!   person   enter ─▶ the request is theirs to answer ─▶ approve │ decline
//!   tool     fetch ─▶ pending … ─▶ one personal token: scopes asked for ∩ what the person holds, in the app's tenant
//! ```
//!
//! A tool names itself by an app's client id, without a secret: what everyone can install holds none. The app lends its
//! name and its tenant, and none of its roles.

mod answer;
mod codes;
mod enter;
mod fetch;
mod start;
mod store;

use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;

use crate::authz::{Authz, PermissionSet};
use crate::clock::Timestamp;
use crate::db::{Database, Sealer};
use crate::ids::{DeviceRequestId, TenantId};

pub use answer::{approve, decline, find};
pub use enter::enter;
pub use fetch::fetch;
pub use start::{client, start};

/// How long a tool waits for an answer.
pub const LIFETIME: Duration = Duration::from_mins(10);
/// How long a tool is to wait between two questions, at first.
const PACE: Duration = Duration::from_secs(5);
/// How much longer after each question that came too soon (RFC 8628 section 3.5), and at most.
const SLOWER: Duration = Duration::from_secs(5);
const SLOWEST: Duration = Duration::from_mins(1);
/// Codes one person may type in ten minutes. There are 20^8 of them.
const MOST_ENTERED: i64 = 10;
/// For how long a tool's token lasts.
pub const TOKEN_LIFETIME: Duration = Duration::from_hours(24 * crate::tokens::DEFAULT_DAYS as u64);

/// What letting tools in takes.
#[derive(Debug, Clone, Copy)]
pub struct Deps<'a> {
    /// What people may do.
    pub authz: &'a Authz,
    /// Where requests are.
    pub database: &'a Database,
    /// Makes of user codes what is stored.
    pub sealer: &'a Sealer,
    /// Tokens one member may have.
    pub most_tokens: i64,
}

/// What a tool needs to know to wait (RFC 8628 section 3.2).
#[derive(Serialize, JsonSchema)]
pub struct Started {
    /// What the tool waits with. It is in no other answer, and not stored.
    pub device_code: String,
    /// What the tool shows, and the person types.
    pub user_code: String,
    /// Where they type it.
    pub verification_uri: String,
    /// The same with the code in it, to be opened or shown as a picture.
    pub verification_uri_complete: String,
    /// In how many seconds both codes end.
    pub expires_in: u64,
    /// How many seconds to wait between two questions.
    pub interval: u64,
}

impl std::fmt::Debug for Started {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Started").field("expires_in", &self.expires_in).finish_non_exhaustive()
    }
}

/// A request that waits for the answer of the person who typed its code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// Its id.
    pub id: DeviceRequestId,
    /// What the tool is called.
    pub tool: String,
    /// The address it asked from.
    pub asked_from: String,
    /// When it asked.
    pub created_at: Timestamp,
    /// When it stops waiting.
    pub expires_at: Timestamp,
    /// What of the scopes it asked for the person holds: what it would get.
    pub given: PermissionSet,
    /// What it asked for besides.
    pub not_given: PermissionSet,
}

/// Where an entered code leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entered {
    /// The request.
    pub id: DeviceRequestId,
    /// The tenant in which the tool would act.
    pub tenant: TenantId,
}
