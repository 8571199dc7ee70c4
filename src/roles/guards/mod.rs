//! The rules for giving and taking roles, as pure functions of what the roles allow and deny. Called by `members`
//! and `invitations` inside their write transactions, on standings read there; must never ask for less than what
//! the change could ever amount to, now or when some role ends.

use std::borrow::Cow;

use crate::authz::{Catalogue, HeldRole, PermissionId, PermissionSet, Role, TenantPolicy};
use crate::clock::Timestamp;
use crate::ids::RoleId;

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
}

impl Refusal {
    /// The permission the actor would need.
    #[must_use]
    pub fn missing(&self) -> PermissionId {
        match self {
            Self::Above { missing } | Self::Grants { missing, .. } | Self::Lifts { missing } => *missing,
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
        }
        .into()
    }
}

/// One side of a rule: the roles someone holds.
#[derive(Debug, Clone, Copy)]
pub struct Holding<'a> {
    policy: &'a TenantPolicy,
    roles: &'a [HeldRole],
}

impl<'a> Holding<'a> {
    /// `roles`, read by `policy`.
    #[must_use]
    pub fn new(policy: &'a TenantPolicy, roles: &'a [HeldRole]) -> Self {
        Self { policy, roles }
    }

    fn effective(self, at: Timestamp) -> PermissionSet {
        self.policy.effective(self.roles, at)
    }

    fn allowed(self, at: Timestamp) -> PermissionSet {
        let held = self.roles.iter().filter(|held| held.holds_at(at));
        held.filter_map(|held| self.policy.role(held.role))
            .fold(PermissionSet::EMPTY, |all, role| all.union(role.table.allow))
    }

    /// What is held at every moment from `now` until `end`. Rights may also come back when a denial ends, so the
    /// two ends alone would not do.
    fn throughout(self, now: Timestamp, end: Option<Timestamp>) -> PermissionSet {
        ends(self.roles, now)
            .filter(|at| end.is_none_or(|end| *at < end))
            .fold(self.effective(now), |all, at| all.intersection(self.effective(at)))
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
        if let Some(missing) = first_outside(gained, actor.effective(at)) {
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::*;
    use crate::authz::{BUILT_IN, Permission, RoleTable, perm};
    use crate::ids::TenantId;

    const NOW: Timestamp = Timestamp::from_micros(1_000);

    #[allow(clippy::unnecessary_wraps, reason = "an end, as roles have it")]
    fn at(micros: i64) -> Option<Timestamp> {
        Some(Timestamp::from_micros(micros))
    }

    fn set(ids: &[PermissionId]) -> PermissionSet {
        ids.iter().copied().collect()
    }

    fn role(key: &str, allow: PermissionSet, deny: PermissionSet) -> Role {
        let system = ["owner", "admin"].contains(&key);
        let (key, name, description) = (key.to_owned(), key.to_owned(), String::new());
        Role { id: RoleId::new(), key, name, description, system, table: RoleTable { allow, deny } }
    }

    fn policy(roles: Vec<Role>) -> Arc<TenantPolicy> {
        Arc::new(TenantPolicy {
            id: TenantId::new(),
            slug: "acme".into(),
            name: "Acme".into(),
            suspended: false,
            created_at: NOW,
            version: 1,
            roles,
            retired: crate::authz::snapshot::Retired::default(),
        })
    }

    fn example() -> Arc<TenantPolicy> {
        let admin = set(&[perm::MembersRead::ID, perm::MembersUpdate::ID]);
        let owner = admin.union(set(&[perm::TenantDelete::ID]));
        policy(vec![
            role("owner", owner, PermissionSet::EMPTY),
            role("admin", admin, PermissionSet::EMPTY),
            role("careful", PermissionSet::EMPTY, set(&[perm::TenantDelete::ID])),
            role("blind", PermissionSet::EMPTY, set(&[perm::MembersRead::ID])),
        ])
    }

    fn held(policy: &TenantPolicy, keys: &[(&str, Option<Timestamp>)]) -> Vec<HeldRole> {
        let one = |(key, expires_at): &(&str, Option<Timestamp>)| HeldRole {
            role: policy.role_by_key(key).unwrap().id,
            expires_at: *expires_at,
        };
        keys.iter().map(one).collect()
    }

    fn change(
        actor: &[(&str, Option<Timestamp>)],
        before: &[(&str, Option<Timestamp>)],
        after: &[(&str, Option<Timestamp>)],
    ) -> Result<(), Refusal> {
        let policy = example();
        let roles = held(&policy, actor);
        may_change(Holding::new(&policy, &roles), &held(&policy, before), &held(&policy, after), NOW)
    }

    fn acts_on(actor: &[(&str, Option<Timestamp>)], target: &[(&str, Option<Timestamp>)]) -> bool {
        let policy = example();
        let (actor, target) = (held(&policy, actor), held(&policy, target));
        may_act_on(Holding::new(&policy, &actor), Holding::new(&policy, &target), NOW).is_ok()
    }

    #[test]
    fn nobody_grants_what_they_do_not_hold() {
        assert!(change(&[("owner", None)], &[], &[("owner", None)]).is_ok());
        assert!(change(&[("admin", None)], &[], &[("admin", None)]).is_ok());
        let refusal = change(&[("admin", None)], &[], &[("owner", None)]).unwrap_err();
        assert_eq!(refusal, Refusal::Grants { role: "owner".into(), missing: perm::TenantDelete::ID });
        // Not even when a denial would hide it for now.
        assert!(
            change(&[("admin", None)], &[("careful", None)], &[("careful", None), ("owner", None)]).is_err()
        );
    }

    #[test]
    fn nobody_gives_what_lasts_longer_than_their_own() {
        let actor = [("admin", at(5_000))];
        assert!(change(&actor, &[], &[("admin", at(5_000))]).is_ok());
        assert!(change(&actor, &[], &[("admin", at(5_001))]).is_err());
        assert!(change(&actor, &[], &[("admin", None)]).is_err());
        // Nor keeps for themselves: prolonging one's own role is giving it.
        assert!(change(&actor, &actor, &[("admin", None)]).is_err());
        assert!(change(&actor, &actor, &[("admin", at(4_000))]).is_ok());
    }

    #[test]
    fn a_role_is_ones_own_to_give_only_while_one_holds_it_all() {
        let policy = example();
        let grants = |actor: &[(&str, Option<Timestamp>)], end: Option<Timestamp>| {
            let actor = held(&policy, actor);
            may_grant(Holding::new(&policy, &actor), policy.role_by_key("owner").unwrap(), end, NOW).is_ok()
        };
        assert!(grants(&[("owner", None)], None));
        assert!(grants(&[("owner", at(5_000))], at(5_000)));
        assert!(!grants(&[("owner", at(5_000))], at(5_001)));
        assert!(!grants(&[("owner", at(5_000))], None));
        assert!(!grants(&[("owner", None), ("careful", at(5_000))], None));
        assert!(!grants(&[], None));
    }

    #[test]
    fn what_the_actor_is_denied_for_a_while_cannot_be_given_for_later() {
        let actor = [("owner", None), ("careful", at(5_000))];
        assert!(change(&actor, &[], &[("owner", None)]).is_err());
        assert!(change(&actor, &[], &[("owner", at(9_000))]).is_err());
    }

    #[test]
    fn lifting_a_denial_is_granting() {
        let target = [("owner", None), ("careful", None)];
        let refusal = change(&[("admin", None)], &target, &[("owner", None)]).unwrap_err();
        assert_eq!(refusal, Refusal::Lifts { missing: perm::TenantDelete::ID });
        // Ending it sooner is lifting it later.
        assert!(change(&[("admin", None)], &target, &[("owner", None), ("careful", at(9_000))]).is_err());
        assert!(change(&[("owner", None)], &target, &[("owner", None)]).is_ok());
        // Someone who is denied cannot free themselves.
        let blind = [("admin", None), ("blind", None)];
        assert!(change(&blind, &blind, &[("admin", None)]).is_err());
    }

    #[test]
    fn taking_roles_away_needs_no_rights_beyond_rank() {
        assert!(change(&[("admin", None)], &[("admin", None)], &[]).is_ok());
        assert!(change(&[("admin", None)], &[("owner", None)], &[]).is_ok());
    }

    #[test]
    fn nobody_acts_on_someone_above_them() {
        assert!(acts_on(&[("owner", None)], &[("owner", None)]));
        assert!(acts_on(&[("admin", None)], &[("admin", None)]));
        assert!(acts_on(&[("admin", None)], &[]));
        assert!(!acts_on(&[("admin", None)], &[("owner", None)]));
        assert!(!acts_on(&[("admin", at(900))], &[("admin", None)]), "an ended role gives no rank");
        assert!(acts_on(&[("admin", None)], &[("owner", at(900))]), "nor does it keep any");
    }

    #[test]
    fn a_denial_does_not_lower_anyones_rank() {
        assert!(!acts_on(&[("admin", None)], &[("owner", None), ("careful", None)]));
        assert!(acts_on(&[("admin", None), ("blind", None)], &[("admin", None), ("blind", None)]));
        assert!(!acts_on(&[("admin", None), ("blind", None)], &[("admin", None)]));
    }

    #[test]
    fn ownership_with_an_end_is_no_ownership() {
        let policy = example();
        let owner = owner_role(&policy);
        let forever = held(&policy, &[("owner", None)]);
        for after in [vec![], held(&policy, &[("owner", at(9_000))]), held(&policy, &[("admin", None)])] {
            assert!(gives_up_ownership(owner, &forever, &after));
            assert!(!gives_up_ownership(owner, &after, &[]));
        }
        assert!(!gives_up_ownership(owner, &forever, &forever));
    }

    fn some_roles() -> impl Strategy<Value = Vec<(usize, Option<i64>)>> {
        prop::collection::vec((0_usize..5, prop::option::of(1_001_i64..1_006)), 0..4)
    }

    proptest! {
        /// Whatever is allowed, no one ever gains at any moment what the actor does not hold at that moment.
        #[test]
        fn an_allowed_change_gives_nothing_the_actor_lacks(
            tables in prop::collection::vec((0_u8..16, 0_u8..16), 5),
            actor in some_roles(), before in some_roles(), after in some_roles(),
        ) {
            let bits = |bits: u8| -> PermissionSet {
                [perm::MembersRead::ID, perm::MembersUpdate::ID, perm::TenantDelete::ID, perm::AuditRead::ID]
                    .into_iter().enumerate().filter(|(place, _)| bits >> place & 1 == 1).map(|(_, id)| id).collect()
            };
            let policy = policy(tables.iter().map(|(allow, deny)| role("r", bits(*allow), bits(*deny))).collect());
            let roles = |picks: &[(usize, Option<i64>)]| -> Vec<HeldRole> {
                let mut roles: Vec<HeldRole> = Vec::new();
                for (place, end) in picks {
                    let role = policy.roles[*place].id;
                    if roles.iter().all(|known| known.role != role) {
                        roles.push(HeldRole { role, expires_at: end.map(Timestamp::from_micros) });
                    }
                }
                roles
            };
            let (actor, before, after) = (roles(&actor), roles(&before), roles(&after));
            if may_change(Holding::new(&policy, &actor), &before, &after, NOW).is_ok() {
                for micros in 1_000..1_010 {
                    let at = Timestamp::from_micros(micros);
                    let gained = policy.effective(&after, at).minus(policy.effective(&before, at));
                    prop_assert!(gained.is_subset(policy.effective(&actor, at)));
                }
            }
        }
    }

    #[test]
    fn a_refusal_says_what_is_missing() {
        let catalogue = Catalogue::load(include_str!("../../policies/permissions.toml")).unwrap();
        assert!(BUILT_IN.contains(&"tenant:delete"));
        let reason = Refusal::Above { missing: perm::TenantDelete::ID }.reason(&catalogue);
        assert_eq!(reason, "They hold rights you do not, such as tenant:delete.");
    }
}
