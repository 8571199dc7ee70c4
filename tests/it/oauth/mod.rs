//! OAuth as an app meets it: metadata, keys, tokens, and what becomes of them.

mod keys;
mod metadata;
