//! OAuth as an app meets it: metadata, keys, tokens, and what becomes of them.

mod app_keys;
mod assertions;
mod independent;
mod inspection;
mod keys;
mod metadata;
mod robot;
mod signed;
mod signer;
mod tokens;
