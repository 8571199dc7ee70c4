//! The SQL of OAuth: keys of this installation, keys of apps and the assertions they signed.

mod clients;
mod keys;

pub(super) use self::clients::*;
pub(super) use self::keys::*;
