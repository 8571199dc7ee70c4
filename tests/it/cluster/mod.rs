//! Real `freehold serve` processes: alone, two over one database, killed, cut off, drained. What a client may rely
//! on while things fail; the figures are those of the table of reliability.

mod client;
mod crash;
mod decisions;
mod drain;
mod installation;
mod mail;
mod postgres_away;
mod rate;
mod redis_away;
mod revocation;
mod serve;
mod sessions;
mod signing_keys;

pub(crate) use client::Client;
pub(crate) use installation::Installation;

use std::time::Duration;

/// What a fault test measured, in words, and whether it keeps to the promise.
fn within(what: &str, took: Duration, promise: Duration) {
    println!("{what}: {} ms (promised: {} ms)", took.as_millis(), promise.as_millis());
    assert!(took <= promise, "{what} took {took:?}, promised are {promise:?}");
}

/// Prints the median, the 99th percentile and the longest, and holds the bounds of a revocation.
fn within_the_bound(what: &str, mut times: Vec<Duration>) {
    times.sort_unstable();
    let at = |share: usize| times[(times.len() * share / 100).min(times.len() - 1)];
    let (p50, p99, longest) = (at(50), at(99), at(100));
    println!(
        "{what}: {} rounds, p50 {} ms, p99 {} ms, longest {} ms",
        times.len(),
        p50.as_millis(),
        p99.as_millis(),
        longest.as_millis()
    );
    assert!(p99 <= Duration::from_secs(1), "{what}: p99 is {p99:?}, promised is 1 s");
    assert!(longest <= Duration::from_secs(2), "{what}: the longest is {longest:?}, promised are 2 s");
}
