//! What lists cost as tenants grow: pages and API lists of a tenant with 10,000 members and 1,000,000 audit events
//! against those of a tenant with ten of each, on both databases, request by request in turn. Run by `scripts/bench`;
//! fails when a list of the large tenant takes more than three times as long at the 99th percentile.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods,
    dead_code,
    reason = "a benchmark prints and stops, and shares the tests' harness and the other benchmarks' data"
)]

#[path = "../tests/it/harness/mod.rs"]
mod harness;
mod installation;
mod seed;

use std::time::{Duration, Instant};

use harness::services;
use installation::{Installation, client, start_provider};
use seed::Failure;

const MEMBERS: usize = 10_000;
const EVENTS: usize = 1_000_000;
/// As many as the page about the log follows by itself, and a few.
const CHAINED: usize = 120;
const REQUESTS: usize = 300;
/// How many times as long a list of the large tenant may take.
const BOUND: f64 = 3.0;

/// What is asked for, below `/t/{tenant}` and `/api/v1/tenants/{tenant}`.
const LISTS: [&str; 17] = [
    "/t/{}/members",
    "/t/{}/members?sort=-joined_at",
    "/t/{}/members?role=viewer",
    "/t/{}/members?role=owner",
    "/t/{}/members?search=colleague",
    "/t/{}/members?search=nobody",
    "/api/v1/tenants/{}/members",
    "/api/v1/tenants/{}/members?sort=-name",
    "/t/{}/audit",
    "/t/{}/audit?outcome=denied",
    "/t/{}/audit?action=role.updated",
    "/api/v1/tenants/{}/audit-events",
    "/api/v1/tenants/{}/audit-events?target=target-7&outcome=done",
    "/t/{}/access",
    "/t/{}/access/who-can?permission=projects%3Aread",
    "/t/{}/access/who-can?permission=tenant%3Adelete",
    "/t/{}",
];

fn main() -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(measure())
}

async fn measure() -> Result<(), Failure> {
    let redis = services::redis().await;
    let postgres = services::postgres().await;
    let ports = [harness::free_port(), harness::free_port()];
    let idp = start_provider(ports).await?;
    let file = tempfile::tempdir()?;
    let sqlite = format!("sqlite:{}", file.path().join("bench.db").display());
    let server = postgres.url(&postgres.create_database().await);
    let mut slow = Vec::new();
    println!(
        "\n| list | database | 10: median, p99 ms | {MEMBERS}: median, p99 ms | ratio of p99 |\n|---|---|---|---|---|"
    );
    for (name, port, url, redis) in
        [("SQLite", ports[0], &sqlite, None), ("Postgres", ports[1], &server, Some(redis.url()))]
    {
        let node = Installation::start(&idp, port, url, redis.as_deref()).await?;
        grow(&node, url).await?;
        for list in LISTS {
            let (small, large) = compare(&node, list).await?;
            let ratio = large.1 / small.1;
            println!(
                "| `{}` | {name} | {:.2}, {:.2} | {:.2}, {:.2} | {ratio:.2} |",
                list.replace("{}", "…"),
                small.0,
                small.1,
                large.0,
                large.1
            );
            if ratio > BOUND {
                slow.push(format!("{list} on {name}: {ratio:.1}"));
            }
        }
    }
    if slow.is_empty() { Ok(()) } else { Err(format!("slower than {BOUND} times: {slow:?}").into()) }
}

/// Makes the small tenant, and the tenant `bench` large.
async fn grow(node: &Installation, url: &str) -> Result<(), Failure> {
    node.post("/api/v1/tenants", r#"{"name": "Small", "slug": "small"}"#).await?;
    seed::members(url, "small", 9).await?;
    seed::events(url, "small", 9).await?;
    seed::members(url, "bench", MEMBERS).await?;
    seed::events(url, "bench", EVENTS).await?;
    for tenant in ["small", "bench"] {
        let renames = if tenant == "bench" { CHAINED } else { 10 };
        for number in 0..renames {
            let body = format!(r#"{{"name": "Renamed {number}"}}"#);
            node.patch(&format!("/api/v1/tenants/{tenant}"), body).await?;
        }
    }
    seed::analyse(url).await
}

/// Median and 99th percentile in milliseconds, of the small tenant and of the large.
async fn compare(node: &Installation, list: &str) -> Result<((f64, f64), (f64, f64)), Failure> {
    let client = client()?;
    let mut times = [Vec::with_capacity(REQUESTS), Vec::with_capacity(REQUESTS)];
    for round in 0..REQUESTS + 10 {
        for (place, tenant) in ["small", "bench"].into_iter().enumerate() {
            let path = list.replace("{}", tenant);
            let begun = Instant::now();
            let answer =
                client.get(format!("{}{path}", node.node.url)).header("cookie", &node.cookie).send().await?;
            answer.error_for_status()?.bytes().await?;
            // The first few fill caches.
            if round >= 10 {
                times[place].push(begun.elapsed());
            }
        }
    }
    let [small, large] = times.map(|mut times| {
        times.sort_unstable();
        let at = |percent: usize| millis(times[times.len() * percent / 100]);
        (at(50), at(99))
    });
    Ok((small, large))
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
