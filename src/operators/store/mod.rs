//! The SQL of operators. The one store whose queries take no tenant: they count what is in one, and read nothing of it.

mod people;
mod staff;
mod tenants;

pub(super) use people::{PersonRow, disable, enable, memberships, people, person, sole_owner_of};
pub(super) use staff::{StaffRow, active_operators, holders_of_address, insert, name, remove, role, staff};
pub(super) use tenants::{Asked, TenantRow, figures, resume, suspend, tenant, tenant_named, tenants};
