//! From an identity to an account: found by (provider, issuer, subject) and by nothing else. Also the person's
//! own account: profile, identities, sessions. Each write is one event in the person's own log.
//! Called by the handlers of `http`; must never join accounts because their addresses are equal.

mod enter;
mod identities;
mod profile;
mod sessions;

pub use enter::{Browser, Entry, enter};
pub use identities::{Identity, identities, link, unlink, verified_addresses};
pub use profile::{ProfileChange, change_profile};
pub use sessions::{Session, end_all_sessions, end_other_sessions, end_session, sessions};
