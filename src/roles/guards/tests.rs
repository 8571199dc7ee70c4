//! Nobody gives more than they hold, nor takes from who holds more: by example, and for any roles at all.

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
        suspended: None,
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
    assert!(change(&[("admin", None)], &[("careful", None)], &[("careful", None), ("owner", None)]).is_err());
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
    let catalogue = Catalogue::load(include_str!("../../../policies/permissions.toml")).unwrap();
    assert!(BUILT_IN.contains(&"tenant:delete"));
    let reason = Refusal::Above { missing: perm::TenantDelete::ID }.reason(&catalogue);
    assert_eq!(reason, "They hold rights you do not, such as tenant:delete.");
}
