//! The API through the router, on both databases: a file for each resource, a test for each rule.

mod access;
mod app_roles;
mod audit;
mod documents;
mod domains;
mod idempotency;
mod invitations;
mod joining;
mod linter;
mod lists;
mod members;
mod members_many;
mod operator;
mod projects;
mod projects_list;
mod requests;
mod roles;
mod roles_preview;
mod schemathesis;
mod tenant_life;
mod tenants;
mod tokens;
mod undo;
