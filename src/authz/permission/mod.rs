//! Permissions: their names, their numbers, and sets of them. Called by everything that asks or grants; must
//! never accept a name from outside the catalogue, nor a pattern.

mod catalogue;
/// One type for each built-in permission.
pub mod perm;
mod set;

pub use catalogue::{Catalogue, PermissionInfo};
pub use set::PermissionSet;

/// The permissions this program itself checks. The place in this list is the number, so new ones go to the end.
pub const BUILT_IN: &[&str] = &[
    "tenant:read",
    "tenant:update",
    "tenant:delete",
    "tenant:transfer",
    "members:read",
    "members:invite",
    "members:update",
    "members:delete",
    "invitations:read",
    "invitations:delete",
    "roles:read",
    "roles:create",
    "roles:update",
    "roles:delete",
    "apps:read",
    "apps:create",
    "apps:update",
    "apps:delete",
    "apps:secrets",
    "tokens:read",
    "tokens:create",
    "tokens:delete",
    "audit:read",
    "audit:export",
    "access:read",
    "projects:read",
    "projects:create",
    "projects:update",
    "projects:delete",
];

/// The built-in permissions that need a person at a browser: no token ever carries them (DESIGN 3.5).
pub(super) const SESSION_ONLY: [&str; 4] =
    ["tenant:delete", "tenant:transfer", "tokens:create", "apps:secrets"];

/// A built-in permission as a type. Only the types in [`perm`] implement it.
pub trait Permission: Named + Send + Sync + 'static {
    /// `noun:verb`.
    const NAME: &'static str;
    /// Its number, found while compiling.
    const ID: PermissionId;
}

impl<P: Named + Send + Sync + 'static> Permission for P {
    const NAME: &'static str = P::NOUN_VERB;
    const ID: PermissionId = PermissionId(built_in(P::NOUN_VERB));
}

use sealed::Named;
mod sealed {
    /// Seals [`Permission`](super::Permission): nothing outside this folder can name it.
    pub trait Named {
        const NOUN_VERB: &str;
    }
}

/// The number of a permission in the [`Catalogue`]: the same on every node that runs the same files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PermissionId(pub(super) u8);

impl PermissionId {
    /// The number, as an index into the catalogue.
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// What is wrong with `permissions.toml`, `roles.csv` or `model.conf`: every problem at once, each a sentence
/// that begins with where it is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .problems.join("\n"))]
pub struct PolicyError {
    /// The problems, in the order of the file.
    pub problems: Vec<String>,
}

impl PolicyError {
    /// `Ok` when nothing is wrong.
    pub(super) fn unless_empty(problems: Vec<String>) -> Result<(), Self> {
        if problems.is_empty() { Ok(()) } else { Err(Self { problems }) }
    }
}

/// The place of `name` in [`BUILT_IN`]; a name that is not there stops the compiler.
const fn built_in(name: &str) -> u8 {
    let mut rest = BUILT_IN;
    let mut number = 0;
    while let [first, others @ ..] = rest {
        if same(first.as_bytes(), name.as_bytes()) {
            return number;
        }
        rest = others;
        number += 1;
    }
    assert!(!rest.is_empty(), "not a built-in permission");
    number
}

/// Equality of bytes, which `==` on slices is not yet while compiling.
const fn same(mut one: &[u8], mut other: &[u8]) -> bool {
    while let ([a, one_rest @ ..], [b, other_rest @ ..]) = (one, other) {
        if *a != *b {
            return false;
        }
        one = one_rest;
        other = other_rest;
    }
    one.is_empty() && other.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_permissions_number_is_its_place() {
        assert_eq!(perm::TenantRead::ID, PermissionId(0));
        assert_eq!(perm::MembersInvite::NAME, "members:invite");
        assert_eq!(BUILT_IN[perm::MembersInvite::ID.index()], "members:invite");
        assert_eq!(BUILT_IN[perm::ProjectsDelete::ID.index()], "projects:delete");
    }

    #[test]
    fn every_built_in_permission_has_one_type() {
        let source = include_str!("perm.rs");
        for name in BUILT_IN {
            assert_eq!(source.matches(&format!("= \"{name}\";")).count(), 1, "{name}");
        }
        assert_eq!(source.matches("impl Named for").count(), BUILT_IN.len());
    }
}
