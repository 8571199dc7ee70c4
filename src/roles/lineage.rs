//! Which roles may inherit from which: never in a circle, never by a longer chain than Casbin follows. Asked before
//! a link is written; must agree with what loading sets aside, or a role would quietly hold less than it says.

use std::collections::{HashMap, HashSet};

use super::RoleView;
use crate::authz::MAX_DEPTH;

/// Why a role may not inherit from another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// It would inherit from itself.
    Circle,
    /// A chain would have more than [`MAX_DEPTH`] links.
    TooDeep,
}

/// The links of a tenant's roles without those of one role, whose parents are being chosen anew.
pub(super) struct Lineage<'a> {
    role: Option<&'a str>,
    up: HashMap<&'a str, Vec<&'a str>>,
    /// How many links hang below the role.
    below: usize,
}

impl<'a> Lineage<'a> {
    /// For the role with this key; none for one that is being made.
    pub(super) fn without(role: Option<&'a str>, roles: &'a [RoleView]) -> Self {
        let mut up: HashMap<&str, Vec<&str>> = HashMap::new();
        let mut down: HashMap<&str, Vec<&str>> = HashMap::new();
        for child in roles.iter().filter(|child| role != Some(child.key.as_str())) {
            for parent in &child.inherits {
                up.entry(&child.key).or_default().push(parent);
                down.entry(parent).or_default().push(&child.key);
            }
        }
        Self { role, up, below: role.map_or(0, |role| levels(&down, role).len()) }
    }

    /// Whether the role may inherit from `parent`.
    pub(super) fn check(&self, parent: &str) -> Result<(), Fault> {
        let above = levels(&self.up, parent);
        let reached = |role| role == parent || above.iter().any(|level| level.contains(role));
        if self.role.is_some_and(reached) {
            return Err(Fault::Circle);
        }
        if above.len() + 1 + self.below > MAX_DEPTH { Err(Fault::TooDeep) } else { Ok(()) }
    }
}

/// The roles one link from `start`, two links, and so on. Stored links go in no circle, but a damaged database must
/// not keep this going: it stops beyond the depth that is allowed.
fn levels<'a>(links: &HashMap<&'a str, Vec<&'a str>>, start: &str) -> Vec<HashSet<&'a str>> {
    let next = |role: &str| links.get(role).into_iter().flatten().copied();
    let mut levels = Vec::new();
    let mut level: HashSet<&str> = next(start).collect();
    while !level.is_empty() && levels.len() <= MAX_DEPTH {
        let after = level.iter().flat_map(|role| next(role)).collect();
        levels.push(std::mem::replace(&mut level, after));
    }
    levels
}

/// Keys of the roles that inherit from this one, over however many links.
pub(super) fn heirs<'a>(roles: &'a [RoleView], key: &'a str) -> HashSet<&'a str> {
    let mut down: HashMap<&str, Vec<&str>> = HashMap::new();
    for child in roles {
        for parent in &child.inherits {
            down.entry(parent).or_default().push(&child.key);
        }
    }
    levels(&down, key).into_iter().flatten().collect()
}
