//! What the document tells of permissions: the sentence, the roles that hold it, and whether a token may carry it.
//! Made of the catalogue and of what Casbin said of the system roles; must never tell of a tenant's own roles.

use crate::authz::platform::PlatformRole;
use crate::authz::{Catalogue, PermissionSet, SystemRoles};
use crate::http::access::Access;

/// The permissions there are, and who holds them.
#[derive(Debug)]
pub struct Rights {
    permissions: Vec<Right>,
}

/// A permission.
#[derive(Debug)]
pub(super) struct Right {
    /// `noun:verb`.
    pub(super) name: String,
    /// What it allows, in one sentence.
    pub(super) sentence: String,
    /// Whether no token carries it.
    pub(super) session_only: bool,
    /// The keys of the system roles that hold it, highest first.
    pub(super) roles: Vec<&'static str>,
}

impl Rights {
    /// What the catalogue has, and the system roles hold by what `allows` says of the key of each.
    #[must_use]
    pub fn new(catalogue: &Catalogue, system: &SystemRoles, allows: impl Fn(&str) -> PermissionSet) -> Self {
        let permissions = catalogue.iter().map(|(permission, info)| Right {
            name: info.name.clone(),
            sentence: info.description.clone(),
            session_only: info.session_only,
            roles: system
                .iter()
                .map(|role| role.key)
                .filter(|key| allows(key).contains(permission))
                .collect(),
        });
        Self { permissions: permissions.collect() }
    }

    pub(super) fn get(&self, name: &str) -> Option<&Right> {
        self.permissions.iter().find(|right| right.name == name)
    }

    /// The permissions a token can carry: the scopes.
    pub(super) fn scopes(&self) -> impl Iterator<Item = &Right> {
        self.permissions.iter().filter(|right| !right.session_only)
    }

    /// The keys of the roles that hold what the route asks for; none when it asks for no permission.
    pub(super) fn roles(&self, access: Access) -> Option<Vec<&'static str>> {
        match access {
            Access::Permission(name) | Access::PermissionOrOwn(name) | Access::PermissionOrMine(name) => {
                Some(self.get(name).map(|right| right.roles.clone()).unwrap_or_default())
            }
            Access::Platform(name) => {
                let roles = PlatformRole::ALL.into_iter().filter(|role| role.allows().contains(&name));
                Some(roles.map(PlatformRole::as_str).collect())
            }
            Access::Member | Access::Caller | Access::SignedIn | Access::Public(_) => None,
        }
    }

    /// Whether a token may call the route; a session may call all of them.
    pub(super) fn takes_tokens(&self, access: Access) -> bool {
        match access {
            Access::Permission(name) | Access::PermissionOrOwn(name) | Access::PermissionOrMine(name) => {
                self.get(name).is_some_and(|right| !right.session_only)
            }
            Access::Caller => true,
            Access::Platform(_) | Access::Member | Access::SignedIn | Access::Public(_) => false,
        }
    }
}
