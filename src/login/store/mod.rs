//! SQL of signing in, a file for each kind of row. Called within `login` only; must never judge: what the rows mean
//! is decided above.

mod attempts;
mod identities;
mod records;
mod sessions;
mod users;

pub(super) use attempts::{AttemptRow, insert_attempt, insert_grant, take_attempt, take_grant};
pub(super) use identities::{
    delete_identity, identities, identity, insert_identity, provider_of_address, update_identity,
    verified_addresses,
};
pub(super) use records::{delete_record, insert_record, record, update_record};
pub(super) use sessions::{Ending, insert_session, revoke, sessions, touch_session};
pub(super) use users::{Profile, insert_user, profile, update_profile};
