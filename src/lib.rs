//! Freehold: the backend a multi-tenant product starts from.
//!
//! Each layer uses only what stands below it here:
//! `app → http → domains → authz → db → ids, error, clock`. See `docs/ARCHITECTURE.md`.

/// The time; the only place that asks for it.
pub mod clock;
/// E-mail addresses, strictly parsed.
pub mod email;
/// What can go wrong, without HTTP.
pub mod error;
/// Identifiers and random strings.
pub mod ids;
/// Signing in: what a provider says about a person.
pub mod login;
