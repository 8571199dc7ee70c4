//! What joining is about: who may, who asks, what came of it. Made by the domain; read by the API and the panel.

use serde::Serialize;

use super::Joining;
use crate::clock::Timestamp;
use crate::email::DomainName;
use crate::error::Person;
use crate::ids::{JoinRequestId, TenantId};

/// A tenant that someone may join by an address of theirs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Joinable {
    /// The tenant.
    pub tenant: JoinableTenant,
    /// The domain by which.
    pub domain: DomainName,
    /// The address of theirs in it.
    pub email: String,
    /// `open` when they may join at once, `ask` when they may ask.
    pub joining: Joining,
    /// Since when they wait for an answer.
    pub asked_at: Option<Timestamp>,
}

/// What of a tenant is told to those who may join it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct JoinableTenant {
    /// Its id.
    pub id: TenantId,
    /// Its name.
    pub name: String,
}

/// What joining led to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Joined {
    /// `joined`, or `asked` when someone has to let them in.
    pub outcome: JoinOutcome,
    /// The tenant that was joined; null when asked.
    pub tenant: Option<TenantJoined>,
    /// The tenant's policy version from which the membership counts.
    #[serde(skip)]
    pub policy_version: Option<i64>,
}

/// Whether someone is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum JoinOutcome {
    /// They are a member now.
    Joined,
    /// They wait for an answer.
    Asked,
}

/// A tenant, as seen by someone who just joined it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct TenantJoined {
    /// Its id.
    pub id: TenantId,
    /// Its slug.
    pub slug: String,
    /// Its name.
    pub name: String,
    /// Key of the role now held in it.
    pub roles: Vec<String>,
}

/// Someone who waits to be let in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct JoinRequest {
    /// Its id.
    pub id: JoinRequestId,
    /// Who asks.
    pub user: Person,
    /// The address a provider vouches for.
    pub email: String,
    /// The domain it is in.
    pub domain: DomainName,
    /// Key of the role they would get.
    pub role: String,
    /// When they asked.
    pub created_at: Timestamp,
}

/// Which part of the requests to list.
#[derive(Debug, Clone, Copy)]
pub struct Page {
    /// How many at most.
    pub limit: u16,
    /// The last one of the page before.
    pub after: Option<JoinRequestId>,
}

/// A part of a tenant's requests.
#[derive(Debug, Clone)]
pub struct Listed {
    /// The requests, oldest first.
    pub items: Vec<JoinRequest>,
    /// The position to go on after, when there are more.
    pub next: Option<JoinRequestId>,
}
