//! From rows as the database has them to rules that Casbin can hold. Called for each policy that is loaded.
//! Writes refuse bad rows, so one here means damage: it must never take the other rules with it, and what is
//! set aside never allows but goes on denying.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use crate::authz::permission::{Catalogue, PermissionId};
use crate::authz::role::Effect;
use crate::ids::{RoleId, TenantId};

/// How many links a chain of parents may have. Casbin follows 9 from a person: one to the role they hold, and
/// these; what is beyond it drops without a word.
pub const MAX_DEPTH: usize = 8;

/// The rules of one tenant, as its rows say.
#[derive(Debug, Clone)]
pub struct TenantRules {
    /// Whose rules.
    pub tenant: TenantId,
    /// The tenant's roles; system roles with their grants filled in.
    pub roles: Vec<RoleRow>,
}

/// One role with what hangs on it.
#[derive(Debug, Clone)]
pub struct RoleRow {
    /// The role.
    pub id: RoleId,
    /// What it allows and denies itself.
    pub grants: Vec<GrantRow>,
    /// The roles it inherits from.
    pub parents: Vec<RoleId>,
}

/// One grant, unchecked.
#[derive(Debug, Clone)]
pub struct GrantRow {
    /// `noun:verb`, if the row is good.
    pub permission: String,
    /// `allow` or `deny`, if the row is good.
    pub effect: String,
}

/// A row that was set aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quarantined {
    /// The role it belongs to.
    pub role: RoleId,
    /// What is wrong with it.
    pub fault: Fault,
}

/// What is wrong with a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The permission is not in the catalogue.
    UnknownPermission,
    /// The effect is neither `allow` nor `deny`; taken as a denial.
    UnknownEffect(PermissionId),
    /// The parent is not a role of this tenant.
    UnknownParent(RoleId),
    /// With this parent the role would inherit from itself.
    Circle(RoleId),
    /// With this parent a chain would be longer than [`MAX_DEPTH`].
    TooDeep(RoleId),
}

/// What is left once the bad rows are set aside; in order, without repetition.
pub(super) struct Sorted {
    pub(super) roles: BTreeSet<RoleId>,
    pub(super) grants: BTreeSet<(RoleId, PermissionId, Effect)>,
    pub(super) links: BTreeSet<(RoleId, RoleId)>,
    pub(super) quarantined: Vec<Quarantined>,
}

/// Sorts good rows from bad ones.
pub(super) fn sort(rules: &TenantRules, catalogue: &Catalogue) -> Sorted {
    let mut sorted = Sorted {
        roles: rules.roles.iter().map(|role| role.id).collect(),
        grants: BTreeSet::new(),
        links: BTreeSet::new(),
        quarantined: Vec::new(),
    };
    for row in &rules.roles {
        for grant in &row.grants {
            match (catalogue.get(&grant.permission), Effect::parse(&grant.effect)) {
                (None, _) => sorted.set_aside(row.id, Fault::UnknownPermission),
                (Some(permission), Some(effect)) => {
                    sorted.grants.insert((row.id, permission, effect));
                }
                (Some(permission), None) => {
                    sorted.grants.insert((row.id, permission, Effect::Deny));
                    sorted.set_aside(row.id, Fault::UnknownEffect(permission));
                }
            }
        }
    }
    sorted.link(rules);
    sorted
}

impl Sorted {
    /// Those of `assigned` that are roles of this tenant; in order, without repetition.
    pub(super) fn known(&self, assigned: &[RoleId]) -> Vec<RoleId> {
        let known: BTreeSet<RoleId> =
            assigned.iter().copied().filter(|role| self.roles.contains(role)).collect();
        known.into_iter().collect()
    }

    fn set_aside(&mut self, role: RoleId, fault: Fault) {
        self.quarantined.push(Quarantined { role, fault });
    }

    /// Takes the links one by one, oldest role first, so that the graph is sound after each of them.
    fn link(&mut self, rules: &TenantRules) {
        let (mut all, mut up, mut down) = (Links::default(), Links::default(), Links::default());
        let mut wanted = BTreeSet::new();
        for (role, parent) in rules.roles.iter().flat_map(|row| row.parents.iter().map(|p| (row.id, *p))) {
            if wanted.insert((role, parent)) {
                all.add(role, parent);
            }
        }
        for (role, parent) in wanted {
            let (above, below) = (up.levels(parent), down.levels(role));
            let fault = if !self.roles.contains(&parent) {
                Fault::UnknownParent(parent)
            } else if role == parent || above.iter().any(|level| level.contains(&role)) {
                Fault::Circle(parent)
            } else if above.len() + 1 + below.len() > MAX_DEPTH {
                Fault::TooDeep(parent)
            } else {
                up.add(role, parent);
                down.add(parent, role);
                self.links.insert((role, parent));
                continue;
            };
            self.set_aside(role, fault);
            self.keep_denials(role, &all.reach(parent));
        }
    }

    /// Denies to `role` what the roles it no longer inherits from deny.
    fn keep_denials(&mut self, role: RoleId, lost: &HashSet<RoleId>) {
        let denials: Vec<_> = self
            .grants
            .iter()
            .filter(|(holder, _, effect)| *effect == Effect::Deny && lost.contains(holder))
            .map(|(_, permission, _)| (role, *permission, Effect::Deny))
            .collect();
        self.grants.extend(denials);
    }
}

#[derive(Default)]
struct Links(HashMap<RoleId, Vec<RoleId>>);

impl Links {
    fn add(&mut self, from: RoleId, to: RoleId) {
        self.0.entry(from).or_default().push(to);
    }

    fn next<'a>(&'a self, roles: impl IntoIterator<Item = &'a RoleId>) -> HashSet<RoleId> {
        roles.into_iter().filter_map(|role| self.0.get(role)).flatten().copied().collect()
    }

    /// The roles one link away, two links away, and so on; ends because no circle is ever added.
    fn levels(&self, start: RoleId) -> Vec<HashSet<RoleId>> {
        let mut levels = Vec::new();
        let mut level = self.next([&start]);
        while !level.is_empty() {
            let next = self.next(&level);
            levels.push(level);
            level = next;
        }
        levels
    }

    /// `start` and everything that can be reached from it, circles or not.
    fn reach(&self, start: RoleId) -> HashSet<RoleId> {
        let mut found = HashSet::from([start]);
        let mut edge = found.clone();
        while !edge.is_empty() {
            edge = self.next(&edge).into_iter().filter(|role| found.insert(*role)).collect();
        }
        found
    }
}

/// Rows by role, for messages: how many of each were set aside.
pub(super) fn by_role(quarantined: &[Quarantined]) -> BTreeMap<RoleId, Vec<Fault>> {
    let mut by_role: BTreeMap<RoleId, Vec<Fault>> = BTreeMap::new();
    for row in quarantined {
        by_role.entry(row.role).or_default().push(row.fault);
    }
    by_role
}
