//! The SQL of domains and of joining. Every query takes the tenant, but those that begin with someone's own addresses.

mod domains;
mod joining;

pub(super) use self::domains::{
    DomainRow, by_name, checked, count, delete, domains, insert, lapse, set_joining, set_role, set_verified,
    verified_elsewhere,
};
pub(super) use self::joining::{
    OfferRow, RequestRow, decide, declined_since, forget, insert_request, is_removed, let_in, offer,
    open_request, requests, verified_addresses, waiting, was_asked,
};
