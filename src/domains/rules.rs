//! The rules that several of a tenant's doors share, asked inside the write. Called by `manage.rs` and `requests.rs`.

use crate::authz::{Permission as _, Role, Standing, perm};
use crate::clock::Timestamp;
use crate::db::WriteTx;
use crate::domains::Deps;
use crate::error::{Error, Result};
use crate::members;
use crate::roles::guards::{Holding, may_grant};

/// Whoever lets someone in with a role, or has a domain do it, may invite and may grant the role without end. The write
/// is dropped by the caller with the error: explaining takes another connection.
pub(super) fn refusal(standing: &Standing, role: &Role, now: Timestamp) -> Option<Refused> {
    if !standing.effective.contains(perm::MembersInvite::ID) {
        return Some(Refused::Inviting);
    }
    may_grant(Holding::of(standing), role, None, now).err().map(Refused::Granting)
}

/// What is missing to let someone in.
#[derive(Debug)]
pub(super) enum Refused {
    /// The right to invite.
    Inviting,
    /// Something the role allows.
    Granting(crate::roles::guards::Refusal),
}

impl Refused {
    /// The denial, explained. Ends the write first.
    pub(super) async fn explained(self, deps: &Deps, tx: WriteTx, standing: &Standing) -> Result<Error> {
        drop(tx);
        let catalogue = deps.authz.catalogue();
        match self {
            Self::Inviting => {
                let reason = "Who may join is for those who may invite.";
                deps.authz.deny(standing, perm::MembersInvite::NAME, reason).await
            }
            Self::Granting(refusal) => {
                let missing = &catalogue.info(refusal.missing()).name;
                deps.authz.deny(standing, missing, refusal.reason(catalogue)).await
            }
        }
    }
}

/// Refuses one more member when there are enough.
pub(super) async fn room(deps: &Deps, tx: &mut WriteTx, tenant: crate::ids::TenantId) -> Result<()> {
    if members::count_in(tx, tenant).await? >= deps.limits.members {
        return Err(Error::Conflict("This tenant has as many members as it may.".into()));
    }
    Ok(())
}
