//! The rules for giving, taking and editing roles, as pure functions of what the roles allow and deny. Called by
//! `roles`, `members` and `invitations` inside their write transactions, on standings read there; must never ask for less than what
//! the change could ever amount to, now or when some role ends.

mod edit;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

use crate::authz::{Catalogue, HeldRole, PermissionId, PermissionSet, Role, Standing, TenantPolicy};
use crate::clock::Timestamp;
use crate::ids::RoleId;

pub use self::edit::{may_edit, may_give, may_take, takes};

/// The role without which a tenant would be nobody's.
pub const OWNER: &str = "owner";

/// Why roles may not be given or taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// The person acted upon holds more than the one who acts.
    Above {
        /// A right of theirs that the actor lacks.
        missing: PermissionId,
    },
    /// A role allows more than the one who gives it holds, for as long as it would last.
    Grants {
        /// The role's name.
        role: String,
        /// What it allows and the actor lacks.
        missing: PermissionId,
    },
    /// Taking a role away, or ending it sooner, would lift a denial the actor could not lift by granting.
    Lifts {
        /// What would be gained and the actor lacks.
        missing: PermissionId,
    },
    /// The role to be changed allows more than the one who acts holds.
    RoleAbove {
        /// The role's name.
        role: String,
        /// What it allows and the actor lacks.
        missing: PermissionId,
    },
    /// The change would take something from a holder of the role who holds more than the one who acts.
    HolderAbove {
        /// A right of theirs that the actor lacks.
        missing: PermissionId,
    },
}

impl Refusal {
    /// The permission the actor would need.
    #[must_use]
    pub fn missing(&self) -> PermissionId {
        match self {
            Self::Above { missing }
            | Self::Grants { missing, .. }
            | Self::Lifts { missing }
            | Self::RoleAbove { missing, .. }
            | Self::HolderAbove { missing } => *missing,
        }
    }

    /// The refusal as a sentence for the one who is refused.
    #[must_use]
    pub fn reason(&self, catalogue: &Catalogue) -> Cow<'static, str> {
        let name = &catalogue.info(self.missing()).name;
        match self {
            Self::Above { .. } => format!("They hold rights you do not, such as {name}."),
            Self::Grants { role, .. } => {
                format!("The role {role} allows {name}, which you do not hold for as long as it would last.")
            }
            Self::Lifts { .. } => {
                format!("This would end a denial and so give {name}, which you do not hold.")
            }
            Self::RoleAbove { role, .. } => {
                format!("The role {role} allows {name}, which you do not hold, so you cannot change it.")
            }
            Self::HolderAbove { .. } => {
                format!(
                    "This would take something from a member or app that holds rights you do not, such as {name}."
                )
            }
        }
        .into()
    }
}

/// One side of a rule: the roles someone holds. Who acts by a token may take from others what their roles let them,
/// but gives only what the token reaches.
#[derive(Debug, Clone, Copy)]
pub struct Holding<'a> {
    policy: &'a TenantPolicy,
    roles: &'a [HeldRole],
    reach: Option<PermissionSet>,
}

impl<'a> Holding<'a> {
    /// `roles`, read by `policy`.
    #[must_use]
    pub fn new(policy: &'a TenantPolicy, roles: &'a [HeldRole]) -> Self {
        Self { policy, roles, reach: None }
    }

    /// The one who acts, by their standing.
    #[must_use]
    pub fn of(standing: &'a Standing) -> Self {
        Self { policy: &standing.policy, roles: &standing.roles, reach: standing.reach }
    }

    /// The one who acts, their roles read by another policy.
    #[must_use]
    pub fn by(self, policy: &'a TenantPolicy) -> Self {
        Self { policy, ..self }
    }

    /// What can be given to others at this moment: what is held, and the token that is used reaches.
    fn giveable(self, at: Timestamp) -> PermissionSet {
        let held = self.effective(at);
        self.reach.map_or(held, |reach| held.intersection(reach))
    }

    fn effective(self, at: Timestamp) -> PermissionSet {
        self.policy.effective(self.roles, at)
    }

    fn allowed(self, at: Timestamp) -> PermissionSet {
        let held = self.roles.iter().filter(|held| held.holds_at(at));
        held.filter_map(|held| self.policy.role(held.role))
            .fold(PermissionSet::EMPTY, |all, role| all.union(role.table.allow))
    }

    /// What can be given at every moment from `now` until `end`. Rights may also come back when a denial ends, so the
    /// two ends alone would not do.
    fn throughout(self, now: Timestamp, end: Option<Timestamp>) -> PermissionSet {
        ends(self.roles, now)
            .filter(|at| end.is_none_or(|end| *at < end))
            .fold(self.giveable(now), |all, at| all.intersection(self.giveable(at)))
    }
}

fn ends(roles: &[HeldRole], now: Timestamp) -> impl Iterator<Item = Timestamp> {
    roles.iter().filter_map(|held| held.expires_at).filter(move |end| *end > now)
}

fn first_outside(wanted: PermissionSet, held: PermissionSet) -> Option<PermissionId> {
    wanted.minus(held).iter().next()
}

/// Nobody acts on someone above them: the target's rights are among the actor's, with and without regard to
/// denials, so that a denial someone carries does not lower their rank. Not asked when both are the same person.
///
/// # Errors
/// [`Refusal::Above`].
pub fn may_act_on(actor: Holding<'_>, target: Holding<'_>, now: Timestamp) -> Result<(), Refusal> {
    let above = first_outside(target.effective(now), actor.effective(now))
        .or_else(|| first_outside(target.allowed(now), actor.allowed(now)));
    above.map_or(Ok(()), |missing| Err(Refusal::Above { missing }))
}

/// Nobody grants what they do not hold, for as long as the role given would last.
///
/// # Errors
/// [`Refusal::Grants`].
pub fn may_grant(
    actor: Holding<'_>,
    role: &Role,
    expires_at: Option<Timestamp>,
    now: Timestamp,
) -> Result<(), Refusal> {
    first_outside(role.table.allow, actor.throughout(now, expires_at))
        .map_or(Ok(()), |missing| Err(Refusal::Grants { role: role.name.clone(), missing }))
}

/// The actor may turn the roles `before` into `after`: each role that is new or lasts longer is the actor's to
/// grant, and so is whatever is gained, at any time, because a denial is gone or ends sooner.
///
/// # Errors
/// [`Refusal::Grants`] or [`Refusal::Lifts`].
pub fn may_change(
    actor: Holding<'_>,
    before: &[HeldRole],
    after: &[HeldRole],
    now: Timestamp,
) -> Result<(), Refusal> {
    for given in after.iter().filter(|given| !covered(before, **given, now)) {
        if let Some(role) = actor.policy.role(given.role) {
            may_grant(actor, role, given.expires_at, now)?;
        }
    }
    let (old, new) = (Holding::new(actor.policy, before), Holding::new(actor.policy, after));
    for at in
        std::iter::once(now).chain(ends(before, now)).chain(ends(after, now)).chain(ends(actor.roles, now))
    {
        let gained = new.effective(at).minus(old.effective(at));
        if let Some(missing) = first_outside(gained, actor.giveable(at)) {
            return Err(Refusal::Lifts { missing });
        }
    }
    Ok(())
}

/// Whether `given` was held already, for at least as long.
fn covered(before: &[HeldRole], given: HeldRole, now: Timestamp) -> bool {
    before.iter().filter(|held| held.role == given.role && held.holds_at(now)).any(|held| {
        held.expires_at.is_none_or(|end| given.expires_at.is_some_and(|given_end| given_end <= end))
    })
}

/// Whether the change takes ownership without end from someone who has it, so that owners must be counted.
#[must_use]
pub fn gives_up_ownership(owner: Option<RoleId>, before: &[HeldRole], after: &[HeldRole]) -> bool {
    let owns =
        |roles: &[HeldRole]| roles.iter().any(|held| Some(held.role) == owner && held.expires_at.is_none());
    owns(before) && !owns(after)
}

/// The system role whose holders own the tenant.
#[must_use]
pub fn owner_role(policy: &TenantPolicy) -> Option<RoleId> {
    policy.role_by_key(OWNER).filter(|role| role.system).map(|role| role.id)
}
