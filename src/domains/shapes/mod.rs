//! The shapes of domains and of joining, as the API shows and takes them.

mod domain;
mod joining;

pub use self::domain::{Domain, DomainChange, DomainStatus, Joining, NewDomain, Record};
pub use self::joining::{
    JoinOutcome, JoinRequest, Joinable, JoinableTenant, Joined, Listed, Page, TenantJoined,
};
