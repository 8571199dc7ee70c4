//! Freehold: the backend a multi-tenant product starts from.
//!
//! Each layer uses only what stands below it here:
//! `app → http → domains → authz → db → ids, error, clock`. See `docs/ARCHITECTURE.md`.

/// Who may do what, in which tenant, and why.
pub mod authz;
/// The time; the only place that asks for it.
pub mod clock;
/// Settings: read, checked all at once, redacted.
pub mod config;
/// Both databases, write transactions, migrations.
pub mod db;
/// What only `freehold dev` and the tests need; not in the production image.
#[cfg(feature = "dev")]
pub mod dev;
/// E-mail addresses, strictly parsed.
pub mod email;
/// What can go wrong, without HTTP.
pub mod error;
/// Identifiers and random strings.
pub mod ids;
/// Invitations: an address that may become a member.
pub mod invitations;
/// Signing in: what a provider says about a person.
pub mod login;
/// Mail: the outbox and how it is sent.
pub mod mail;
/// What people may call things.
pub mod names;
