//! The domains over real databases: every rule holds on SQLite and on Postgres, also when people race.

mod audit;
mod audit_search;
mod decisions;
mod glance;
mod members;
mod members_many;
mod members_preview;
mod role_edits;
mod roles;
mod roles_preview;
mod tenants;
pub(crate) mod world;
