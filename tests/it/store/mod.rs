//! The domains over real databases: every rule holds on SQLite and on Postgres, also when people race.

mod audit;
mod audit_search;
mod decisions;
mod glance;
mod long_run;
mod members;
mod members_many;
mod members_preview;
mod projects;
mod retention;
mod role_edits;
mod roles;
mod roles_preview;
mod tenant_life;
mod tenants;
pub(crate) mod world;
