//! Signing in: everything that talks to a provider, and what it says about a person.
//!
//! A sign-in takes two steps, each by [`Providers`]:
//! ```text
//! Secrets::new() ── authorize_url ──▶ browser goes to the provider
//! Callback       ── identify ──────▶ ExternalIdentity, or an error and no identity
//! ```
//! Called by the sign-in flow only. It must never keep state between the two steps (the caller stores the
//! [`Secrets`] and consumes them before `identify`), and never put a code, token or secret into an error.

pub mod accounts;
mod attempt;
mod cached;
mod client;
mod discovery;
mod error;
mod exchange;
pub mod flow;
mod github;
mod google;
mod id_token;
mod identity;
mod keys;
mod provider;
mod providers;
mod session;
mod session_store;
mod store;

#[cfg(test)]
mod fake;
#[cfg(test)]
mod fake_keys;

pub use attempt::{Callback, Secrets};
pub use client::{CallError, is_allowed_address};
pub use error::SignInError;
pub use github::GithubSettings;
pub use google::GoogleSettings;
pub use identity::ExternalIdentity;
pub use provider::Provider;
pub use providers::Providers;
pub use session::{Opened, Resolved, Sessions};
pub use session_store::Store as SessionStore;
