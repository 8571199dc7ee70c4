//! The commands of `freehold` as people run them: what `serve` refuses, and who becomes an operator.

mod operators;
mod refusals;
