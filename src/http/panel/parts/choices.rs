//! The tenant's roles as check boxes: which may be ticked by whom.

use crate::authz::{Grant, HeldRole, Role};
use crate::clock::Timestamp;
use crate::http::panel::parts::shown::Moment;
use crate::roles::guards::{self, Holding};

/// A role in a form of check boxes.
#[derive(Debug, Clone)]
pub(in crate::http::panel) struct Choice {
    /// Its key.
    pub(in crate::http::panel) key: String,
    /// Its name.
    pub(in crate::http::panel) name: String,
    /// What it is for.
    pub(in crate::http::panel) description: String,
    /// Whether it is ticked.
    pub(in crate::http::panel) ticked: bool,
    /// Whether ticking it would ask for more than one may give.
    pub(in crate::http::panel) beyond: bool,
    /// Until when it is held, if it ends.
    pub(in crate::http::panel) until: Option<Moment>,
}

/// The tenant's roles as choices for the grant's principal. `held` may always be kept; the rest only when it is
/// theirs to give.
pub(in crate::http::panel) fn choices<P>(
    grant: &Grant<P>,
    held: &[HeldRole],
    ticked: impl Fn(&Role) -> bool,
    now: Timestamp,
) -> Vec<Choice> {
    let actor = Holding::new(grant.policy(), &grant.standing().roles);
    let choice = |role: &Role| {
        let kept = held.iter().find(|held| held.role == role.id);
        Choice {
            key: role.key.clone(),
            name: role.name.clone(),
            description: role.description.clone(),
            ticked: ticked(role),
            beyond: kept.is_none() && guards::may_grant(actor, role, None, now).is_err(),
            until: kept.and_then(|held| held.expires_at).map(|end| Moment::new(end, now)),
        }
    };
    grant.policy().roles.iter().map(choice).collect()
}
