//! What operators may do to the installation: permissions, roles and grants of their own, in a Casbin domain of their
//! own. Called by `http/access` and by `operators`; must never say anything about a right inside a tenant.

mod decide;
pub mod perm;

use serde::{Deserialize, Serialize};

pub use decide::PlatformGrant;

/// Every platform permission. The place in this list is the number.
pub const PLATFORM: [&str; 6] =
    ["tenants:read", "tenants:create", "tenants:suspend", "users:read", "users:disable", "health:read"];

/// A role of the platform. Who holds none is no operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PlatformRole {
    /// Everything an operator may.
    Operator,
    /// Looks, and changes nothing.
    Support,
}

impl PlatformRole {
    /// The roles, highest first.
    pub const ALL: [Self; 2] = [Self::Operator, Self::Support];

    /// What it is called in the database and on the command line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Operator => "operator",
            Self::Support => "support",
        }
    }

    /// The role of exactly this spelling.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == text)
    }

    /// The permissions it allows, as Casbin is told.
    #[must_use]
    pub const fn allows(self) -> &'static [&'static str] {
        match self {
            Self::Operator => &PLATFORM,
            Self::Support => &["tenants:read", "users:read", "health:read"],
        }
    }
}

/// A set of platform permissions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PlatformSet(u8);

impl PlatformSet {
    /// Whether `P` is in it.
    #[must_use]
    pub fn has<P: PlatformPermission>(self) -> bool {
        self.contains(P::PLACE)
    }

    pub(super) const fn contains(self, place: usize) -> bool {
        self.0 & (1 << place) != 0
    }

    pub(super) const fn insert(&mut self, place: usize) {
        self.0 |= 1 << place;
    }
}

/// What each platform role allows, as Casbin said at start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PlatformTables {
    operator: PlatformSet,
    support: PlatformSet,
}

impl PlatformTables {
    /// What the role allows.
    #[must_use]
    pub const fn of(&self, role: PlatformRole) -> PlatformSet {
        match role {
            PlatformRole::Operator => self.operator,
            PlatformRole::Support => self.support,
        }
    }

    pub(super) const fn of_mut(&mut self, role: PlatformRole) -> &mut PlatformSet {
        match role {
            PlatformRole::Operator => &mut self.operator,
            PlatformRole::Support => &mut self.support,
        }
    }

    /// The roles that allow `P`, for those who lack it.
    pub(super) fn granting<P: PlatformPermission>(self) -> Vec<String> {
        let roles = PlatformRole::ALL.into_iter().filter(|role| self.of(*role).has::<P>());
        roles.map(|role| role.as_str().to_owned()).collect()
    }
}

/// A platform permission as a type. Only the types in [`perm`] implement it.
pub trait PlatformPermission: Placed + Send + Sync + 'static {
    /// `noun:verb`.
    const NAME: &'static str;
}

impl<P: Placed + Send + Sync + 'static> PlatformPermission for P {
    const NAME: &'static str = name(P::PLACE);
}

use sealed::Placed;
mod sealed {
    /// Seals [`PlatformPermission`](super::PlatformPermission): nothing outside this folder can name it.
    pub trait Placed {
        /// The place in [`PLATFORM`](super::PLATFORM).
        const PLACE: usize;
    }
}

/// The name at a place; a place that is none stops the compiler.
const fn name(place: usize) -> &'static str {
    let mut rest: &[&str] = &PLATFORM;
    let mut left = place;
    while let [first, others @ ..] = rest {
        if left == 0 {
            return first;
        }
        rest = others;
        left -= 1;
    }
    assert!(!rest.is_empty(), "not a platform permission");
    ""
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_platform_permission_has_one_type() {
        let names = [
            perm::TenantsRead::NAME,
            perm::TenantsCreate::NAME,
            perm::TenantsSuspend::NAME,
            perm::UsersRead::NAME,
            perm::UsersDisable::NAME,
            perm::HealthRead::NAME,
        ];
        assert_eq!(names, PLATFORM);
    }

    #[test]
    fn no_platform_permission_is_one_of_a_tenant() {
        for name in PLATFORM {
            assert!(!crate::authz::BUILT_IN.contains(&name), "{name}");
        }
    }
}
