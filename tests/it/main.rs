//! One test binary; its tree mirrors what is tested. `harness/` starts the servers, programs and browsers the
//! tests need, all private to the run.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    clippy::print_stdout,
    reason = "a test ends by panicking; clippy.toml's allowances do not reach the functions tests share"
)]

mod access;
mod api;
mod architecture;
mod browser;
mod cluster;
mod commands;
mod db;
mod device;
mod guide;
mod harness;
mod http;
mod login;
mod oauth;
mod panel;
mod quickstarts;
mod store;
