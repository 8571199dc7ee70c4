//! Why a decision falls as it does, in Casbin's own answers. Called when someone is told no, or asks; must never
//! decide by itself, or what is explained could differ from what is enforced.

use std::collections::{HashSet, VecDeque};

use casbin::{Enforcer, MgmtApi, RbacApi};

use super::adapter::{domain_name, role_name};
use crate::authz::permission::PermissionInfo;
use crate::authz::role::Effect;
use crate::ids::{RoleId, TenantId};

/// A decision with its reasons.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// Whether it is allowed.
    pub decision: bool,
    /// Every rule that speaks for or against it: denials first, then the nearest. Empty: no rule speaks of it.
    pub because: Vec<Reason>,
}

/// One rule that speaks for or against.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// The role that was assigned.
    pub role: RoleId,
    /// The parents walked from there, the last being `rule_role`; empty when the assigned role has the rule.
    pub via: Vec<RoleId>,
    /// What the rule says.
    pub effect: Effect,
    /// The role that has the rule.
    pub rule_role: RoleId,
}

/// The rules about `permission` that can be reached from the assigned roles.
pub(super) fn reasons(
    enforcer: &Enforcer,
    tenant: TenantId,
    assigned: &[RoleId],
    permission: &PermissionInfo,
) -> Vec<Reason> {
    let domain = domain_name(tenant);
    let mut because: Vec<Reason> =
        assigned.iter().flat_map(|role| from_role(enforcer, &domain, *role, permission)).collect();
    because.sort_by(|a, b| {
        (a.effect, a.via.len(), a.role, &a.via).cmp(&(b.effect, b.via.len(), b.role, &b.via))
    });
    because.dedup();
    because
}

fn from_role(enforcer: &Enforcer, domain: &str, role: RoleId, permission: &PermissionInfo) -> Vec<Reason> {
    let (noun, verb) = permission.noun_verb();
    let mut because = Vec::new();
    let mut seen = HashSet::from([role]);
    let mut queue = VecDeque::from([(role, Vec::new())]);
    while let Some((rule_role, via)) = queue.pop_front() {
        let name = role_name(rule_role);
        let about = [&name, domain, noun, verb].map(str::to_owned).to_vec();
        for rule in enforcer.get_filtered_policy(0, about) {
            if let Some(effect) = rule.last().and_then(|effect| Effect::parse(effect)) {
                because.push(Reason { role, via: via.clone(), effect, rule_role });
            }
        }
        for parent in parents(enforcer, &name, domain) {
            if seen.insert(parent) {
                queue.push_back((parent, [via.as_slice(), &[parent]].concat()));
            }
        }
    }
    because
}

fn parents(enforcer: &Enforcer, name: &str, domain: &str) -> Vec<RoleId> {
    let names = enforcer.get_roles_for_user(name, Some(domain));
    let mut parents: Vec<RoleId> =
        names.iter().filter_map(|name| name.strip_prefix("role:")?.parse().ok()).collect();
    // Casbin answers in no particular order; people should read the same sentence each time.
    parents.sort_unstable();
    parents
}
