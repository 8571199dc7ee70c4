//! Freehold: the backend a multi-tenant product starts from.
//!
//! Each layer uses only what stands below it here:
//! `app → http → domains → authz → db → ids, error, clock`. See `docs/ARCHITECTURE.md`.

/// The time; the only place that asks for it.
pub mod clock;
/// What only `freehold dev` and the tests have.
#[cfg(feature = "dev")]
pub mod dev;
/// What can go wrong, without HTTP.
pub mod error;
/// Identifiers and random strings.
pub mod ids;
