//! What only `freehold dev` and the tests have: the built-in identity provider and name server. Called by `main` and by
//! tests, behind the cargo feature `dev`; must never be reached from `serve` or the production image.

/// A name server that says what a page, or a test, tells it.
pub mod dns;
pub mod idp;
pub mod samples;
