//! What only `freehold dev` and the tests have: the built-in identity provider. Called by `main` and by
//! tests, behind the cargo feature `dev`; must never be reached from `serve` or the production image.

pub mod idp;
pub mod samples;
