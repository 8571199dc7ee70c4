//! Signing in from outside: a real listener, the built-in identity provider with scripted faults, and visitors
//! who keep cookies. Each name is a rule of the threat model's sections on sign-in, accounts and sessions.

mod accounts;
mod attempts;
mod id_tokens;
mod linking;
mod providers;
pub(crate) mod secrecy;
mod sessions;
