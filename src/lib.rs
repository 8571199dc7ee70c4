//! Freehold: the backend a multi-tenant product starts from.
//!
//! Each layer uses only what stands below it here:
//! `app → http → domains → authz → db → ids, error, clock`. See `docs/ARCHITECTURE.md`.

// Top: puts everything together.
pub mod app;
// The door: who may call what; the API, the panel, sign-in, health.
pub mod http;
// What only `freehold dev` and the tests need; not in the production image.
#[cfg(feature = "dev")]
pub mod dev;

// Domains: the rules of each thing, and its SQL.
// Running the installation: tenants and people from outside.
pub mod operators;
// Signing in: providers, accounts, sessions.
pub mod login;
// OAuth: tokens issued to apps, the keys that sign them, how apps prove who they are.
pub mod oauth;
// Command-line tools that people let in.
pub mod device;
// Tenants: made, named, deleted.
pub mod tenants;
// Apps: machine members.
pub mod apps;
// Tokens: by which programs call for a person or as an app.
pub mod tokens;
// Invitations: an address that may become a member.
pub mod invitations;
// Requests for roles: asked by members, answered by those who may give them.
pub mod requests;
// Setting back what the audit log records.
pub mod undo;
// Domains a tenant has proved, and joining by them.
pub mod domains;
// Projects: the example of what a product adds.
pub mod projects;
// Who is in a tenant, with which roles.
pub mod members;
// The roles of a tenant, and who may give them.
pub mod roles;
// The audit log: is it whole, what is new in it.
pub mod audit;
// What was decided lately, added up.
pub mod decisions;
// Mail: the outbox and how it is sent.
pub mod mail;

// Who may do what, in which tenant, and why.
pub mod authz;

// Both databases, write transactions, migrations.
pub mod db;

// Ground.
// Settings: read, checked all at once, redacted.
pub mod config;
// Logs and metrics.
pub mod telemetry;
// The time; the only place that asks for it.
pub mod clock;
// E-mail addresses, strictly parsed.
pub mod email;
// What can go wrong, without HTTP.
pub mod error;
// Identifiers and random strings.
pub mod ids;
// What people may call things.
pub mod names;
// Long lists in parts.
pub mod lists;
