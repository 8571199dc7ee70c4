//! One type for each platform permission. A handler names it by type (`Operator<platform::perm::TenantsSuspend>`), so a
//! permission of a tenant cannot stand in its place, nor the other way round. Must never hold one that is absent from
//! `PLATFORM`: its name would not compile.

use super::Placed;

/// `tenants:read`: see every tenant's name, state and size, and nothing inside it.
#[derive(Debug)]
pub struct TenantsRead;
impl Placed for TenantsRead {
    const PLACE: usize = 0;
}

/// `tenants:create`: make tenants where not everyone may.
#[derive(Debug)]
pub struct TenantsCreate;
impl Placed for TenantsCreate {
    const PLACE: usize = 1;
}

/// `tenants:suspend`: suspend tenants and resume them.
#[derive(Debug)]
pub struct TenantsSuspend;
impl Placed for TenantsSuspend {
    const PLACE: usize = 2;
}

/// `users:read`: see who has an account, and in which tenants they are.
#[derive(Debug)]
pub struct UsersRead;
impl Placed for UsersRead {
    const PLACE: usize = 3;
}

/// `users:disable`: disable accounts and enable them.
#[derive(Debug)]
pub struct UsersDisable;
impl Placed for UsersDisable {
    const PLACE: usize = 4;
}

/// `health:read`: see how the installation is.
#[derive(Debug)]
pub struct HealthRead;
impl Placed for HealthRead {
    const PLACE: usize = 5;
}
