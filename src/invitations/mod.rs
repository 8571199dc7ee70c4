//! Invitations: an address may become a member, with given roles, by one link used once. Called by `http/api`
//! and `http/panel`. Must never store or log a link's secret, nor tell one tenant what another has sent.
//!
//! ```text
//! create ─▶ pending ──accept──▶ accepted      who accepts holds the address, verified; who invited could still
//!    resend ↺  │ └──revoke────▶ revoked       invite and give these roles at that moment
//!   (new link) └──time────────▶ expired ──resend──▶ pending
//! ```

mod accept;
/// Addresses out of what people paste.
pub mod addresses;
mod batch;
mod guards;
mod issue;
mod manage;
mod store;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::authz::Authz;
use crate::clock::Timestamp;
use crate::config::Limits;
use crate::db::{Committed, Database};
use crate::ids::{InvitationId, TenantId};
use crate::mail::Outbox;
use crate::members::RoleAssignment;

pub use accept::{Accepted, InvitationView, JoinedTenant, OfferedRole, accept, find};
pub use batch::{Line, LineStatus, NewInvitations, Report, create_all};
pub use issue::{create, resend};
pub use manage::{list, revoke, show, waiting};

/// What inviting needs of the rest of the program.
#[derive(Debug, Clone)]
pub struct Deps {
    /// Decides, again, inside each write.
    pub authz: Arc<Authz>,
    /// Where invitations are.
    pub database: Database,
    /// Where their mail is put.
    pub outbox: Outbox,
    /// How many there may be.
    pub limits: Limits,
    /// The public URL without a path, such as `https://id.example.com`: links begin with it.
    pub origin: String,
}

/// An invitation, as the members of its tenant see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Invitation {
    /// Its id.
    pub id: InvitationId,
    /// The address invited, in lower case.
    pub email: String,
    /// Keys of the roles offered.
    pub roles: Vec<String>,
    /// When each of them ends, by key; those without an end are left out.
    pub role_ends: BTreeMap<String, Timestamp>,
    /// What has become of it.
    pub status: Status,
    /// From this moment it cannot be accepted.
    pub expires_at: Timestamp,
    /// Who sent it last.
    pub invited_by: Inviter,
    /// When it was made.
    pub created_at: Timestamp,
    /// When its present link was sent.
    pub sent_at: Timestamp,
}

/// Who sent an invitation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Inviter {
    /// `user` or `app`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// The user's or app's id.
    pub id: uuid::Uuid,
    /// The user's or app's name.
    pub name: String,
}

impl Invitation {
    /// Changes whenever the invitation does: the source of its `ETag`.
    #[must_use]
    pub fn revision(&self) -> String {
        format!("{}-{}", self.sent_at.micros(), self.status.as_str())
    }
}

/// What has become of an invitation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "InvitationStatus")]
pub enum Status {
    /// It can be accepted.
    Pending,
    /// It was.
    Accepted,
    /// It was withdrawn, or replaced by a later one.
    Revoked,
    /// Its time is over.
    Expired,
}

impl Status {
    /// The word in the API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Accepted => "accepted",
            Self::Revoked => "revoked",
            Self::Expired => "expired",
        }
    }
}

/// The body that makes an invitation.
#[derive(Debug, Clone, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewInvitation {
    /// The address to invite.
    pub email: String,
    /// The roles to offer, at least one, each by its key or by its key and an end.
    #[schemars(length(min = 1, max = 20))]
    pub roles: Vec<RoleAssignment>,
    /// How long it can be accepted: 1 to 720 hours, seven days unless given. It ends with the first of its roles that
    /// ends, if that is sooner.
    #[schemars(range(min = 1, max = 720))]
    #[serde(default)]
    pub expires_in_hours: Option<i64>,
}

/// An invitation that was just sent.
#[derive(Clone)]
pub struct Issued {
    /// It.
    pub invitation: Invitation,
    /// The link that was mailed: a secret, for handing over by hand where no mail server is configured.
    pub link: String,
    /// What the commit did.
    pub committed: Committed,
}

impl std::fmt::Debug for Issued {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Issued").field("invitation", &self.invitation.id).finish_non_exhaustive()
    }
}

/// Which part of a tenant's invitations to list.
#[derive(Debug, Clone, Copy)]
pub struct Page {
    /// How many at most.
    pub limit: u16,
    /// The last one of the page before.
    pub after: Option<InvitationId>,
    /// Only those in this state.
    pub status: Option<Status>,
}

/// A part of a tenant's invitations.
#[derive(Debug, Clone)]
pub struct Listed {
    /// The invitations, newest first.
    pub items: Vec<Invitation>,
    /// The position to go on after, when there are more.
    pub next: Option<InvitationId>,
}

/// What of a tenant's invitations waits for an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// How many can be accepted.
    pub open: i64,
    /// Those that end within a day or ended in the last 30 days, unanswered, next to end or longest over first; at
    /// most 100. One whose address was invited anew is answered by that.
    pub due: Vec<Due>,
}

/// An invitation that nobody has answered and whose time is nearly or just over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// The address invited.
    pub email: String,
    /// When it ends or ended.
    pub expires_at: Timestamp,
}

/// Turns stored rows, and the roles of each, into what members see.
fn shown<'a>(
    row: store::Row,
    roles: impl Iterator<Item = &'a store::OfferedRole> + Clone,
    now: Timestamp,
) -> Invitation {
    let inviter = row.inviter();
    Invitation {
        status: row.status(now),
        id: row.id,
        email: row.email,
        roles: roles.clone().map(|role| role.key.clone()).collect(),
        role_ends: roles.filter_map(|role| Some((role.key.clone(), role.expires_at?))).collect(),
        expires_at: row.expires_at,
        invited_by: Inviter { kind: inviter.kind(), id: inviter.uuid(), name: row.inviter_name },
        created_at: row.created_at,
        sent_at: row.sent_at,
    }
}

/// The invitation as `on` sees it.
async fn load(
    on: &mut impl crate::db::Executor,
    tenant: TenantId,
    id: InvitationId,
    now: Timestamp,
) -> crate::error::Result<Option<Invitation>> {
    let Some(row) = store::by_id(on, tenant, id).await? else { return Ok(None) };
    let roles = store::roles(on, tenant, id, id).await?;
    Ok(Some(shown(row, roles.iter(), now)))
}
