//! A set of permissions as 256 bits. Roles, scopes and decisions are made of it; must stay `Copy` and free of
//! allocation, because every request joins some.

use super::PermissionId;

/// A set of permissions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct PermissionSet {
    low: u128,
    high: u128,
}

impl PermissionSet {
    /// How many different permissions fit.
    pub const CAPACITY: usize = 256;

    /// The empty set.
    pub const EMPTY: Self = Self { low: 0, high: 0 };

    /// The set of one permission.
    #[must_use]
    pub const fn only(PermissionId(number): PermissionId) -> Self {
        let bit = 1 << (number & 127);
        if number < 128 { Self { low: bit, high: 0 } } else { Self { low: 0, high: bit } }
    }

    /// Adds `permission`.
    pub const fn insert(&mut self, permission: PermissionId) {
        *self = self.union(Self::only(permission));
    }

    /// Whether `permission` is in it.
    #[must_use]
    pub const fn contains(&self, permission: PermissionId) -> bool {
        !self.intersection(Self::only(permission)).is_empty()
    }

    /// What is in either.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self { low: self.low | other.low, high: self.high | other.high }
    }

    /// What is in this one and not in the other.
    #[must_use]
    pub const fn minus(self, other: Self) -> Self {
        Self { low: self.low & !other.low, high: self.high & !other.high }
    }

    /// What is in both.
    #[must_use]
    pub const fn intersection(self, other: Self) -> Self {
        Self { low: self.low & other.low, high: self.high & other.high }
    }

    /// Whether everything in it is also in the other.
    #[must_use]
    pub const fn is_subset(self, other: Self) -> bool {
        self.minus(other).is_empty()
    }

    /// Whether nothing is in it.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.low == 0 && self.high == 0
    }

    /// How many permissions are in it.
    #[must_use]
    pub const fn len(self) -> usize {
        (self.low.count_ones() + self.high.count_ones()) as usize
    }

    /// What is in it, in the order of the catalogue.
    pub fn iter(self) -> impl Iterator<Item = PermissionId> {
        (0..=u8::MAX).map(PermissionId).filter(move |permission| self.contains(*permission))
    }
}

impl FromIterator<PermissionId> for PermissionSet {
    fn from_iter<I: IntoIterator<Item = PermissionId>>(permissions: I) -> Self {
        let mut set = Self::EMPTY;
        set.extend(permissions);
        set
    }
}

impl Extend<PermissionId> for PermissionSet {
    fn extend<I: IntoIterator<Item = PermissionId>>(&mut self, permissions: I) {
        for permission in permissions {
            self.insert(permission);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn bits(numbers: &BTreeSet<u8>) -> PermissionSet {
        numbers.iter().copied().map(PermissionId).collect()
    }

    fn numbers(set: PermissionSet) -> BTreeSet<u8> {
        set.iter().map(|permission| permission.0).collect()
    }

    proptest! {
        #[test]
        fn bits_behave_as_a_set(one: BTreeSet<u8>, other: BTreeSet<u8>) {
            let (a, b) = (bits(&one), bits(&other));
            prop_assert_eq!(numbers(a), one.clone());
            prop_assert_eq!(numbers(a.union(b)), &one | &other);
            prop_assert_eq!(numbers(a.minus(b)), &one - &other);
            prop_assert_eq!(numbers(a.intersection(b)), &one & &other);
            prop_assert_eq!(a.is_subset(b), one.is_subset(&other));
            prop_assert_eq!(a.is_empty(), one.is_empty());
            prop_assert_eq!(a.len(), one.len());
        }
    }
}
