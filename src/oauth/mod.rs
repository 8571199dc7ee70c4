//! OAuth for apps: the tokens they are issued, how they prove who they are, and the keys that sign. Called by
//! `http/oauth` and, for each bearer of a signed token, by `http/principal`; must never issue more than an app holds at
//! that moment.

/// Public keys by which apps prove who they are.
pub mod app_keys;
mod assertion;
mod bearer;
mod clients;
mod inspect;
mod issue;
mod issuer;
mod jwk;
mod jwt;
/// The keys that sign access tokens.
pub mod keys;
mod refused;
mod revoke;
mod store;

pub use self::bearer::{is_signed, signed_bearer};
pub use self::clients::{Client, Deps, Proof, authenticate};
pub use self::inspect::{Introspection, introspect};
pub(crate) use self::issue::read as read_scope;
pub use self::issue::{Issued, Terms, client_credentials};
pub use self::issuer::Issuer;
pub use self::jwk::{ALGORITHMS, PublicJwk, is_kid};
pub use self::jwt::AccessClaims;
pub use self::refused::{Answer, Refused};
pub use self::revoke::revoke;
pub(crate) use crate::config::LONGEST_ACCESS_TOKEN as LONGEST_LIFETIME;
