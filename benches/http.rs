//! What a request costs, as ratios against yardsticks on the same machine in the same run: bare axum returning the
//! same bytes, bare axum after one Redis GET, bare axum after the same SQL. Run by `scripts/bench`, which installs
//! `wrk`. Every server is a process of its own; rounds are interleaved, and the median of each is taken.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods,
    dead_code,
    reason = "a benchmark prints and stops, and shares the tests' harness and the other benchmark's data"
)]

#[path = "../tests/it/harness/mod.rs"]
mod harness;
mod installation;
mod seed;
mod yardstick;

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use harness::services;
use installation::{Installation, client, start_provider};
use seed::Failure;

/// The same allocator as the program's, so that the yardstick differs by nothing but what it leaves out.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const ROUNDS: usize = 5;
const SECONDS: u32 = 3;
const CONNECTIONS: u32 = 32;

fn main() -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let arguments: Vec<String> = std::env::args().collect();
    if let [_, role, port, rest @ ..] = arguments.as_slice()
        && role == "yardstick"
    {
        return runtime.block_on(yardstick::serve(port.parse()?, rest));
    }
    runtime.block_on(measure())
}

/// One thing measured against its yardstick.
struct Comparison {
    what: &'static str,
    ours: Target,
    yardstick: Target,
    goal: f64,
}

#[derive(Clone)]
struct Target {
    url: String,
    headers: Vec<String>,
}

async fn measure() -> Result<(), Failure> {
    let redis = services::redis().await;
    let postgres = services::postgres().await;
    let ports = [harness::free_port(), harness::free_port()];
    let idp = start_provider(ports).await?;

    let file = tempfile::tempdir()?;
    let sqlite = format!("sqlite:{}", file.path().join("bench.db").display());
    let on_sqlite = Installation::start(&idp, ports[0], &sqlite, None).await?;
    seed::members(&sqlite, "bench", 60).await?;
    let database = postgres.url(&postgres.create_database().await);
    let on_postgres = Installation::start(&idp, ports[1], &database, Some(&redis.url())).await?;
    seed::members(&database, "bench", 60).await?;

    let me = on_postgres.get("/api/v1/me").await?;
    let (token, sqlite_token) = (on_postgres.mint().await?, on_sqlite.mint().await?);
    let me_by_token = on_postgres.get_by(&token, "/api/v1/me").await?;
    let yard = Yardstick::start([&me, &me_by_token], &redis.url(), &database)?;
    yard.ready().await?;

    report(&comparisons([&on_sqlite, &on_postgres], [&sqlite_token, &token], &yard.url))?;
    facts(&on_sqlite, "SQLite")?;
    facts(&on_postgres, "Postgres + Redis")?;
    Ok(())
}

fn comparisons(
    [on_sqlite, on_postgres]: [&Installation; 2],
    [sqlite_token, token]: [&str; 2],
    yard: &str,
) -> [Comparison; 6] {
    let plain = |path: &str| Target { url: format!("{yard}{path}"), headers: Vec::new() };
    [
        Comparison {
            what: "`/api/v1/me` by session in Redis, against bare axum + one Redis GET",
            ours: target(on_postgres, "/api/v1/me"),
            yardstick: plain("/redis"),
            goal: 1.0,
        },
        Comparison {
            what: "`/api/v1/me` by session in Redis, against bare axum, same bytes",
            ours: target(on_postgres, "/api/v1/me"),
            yardstick: plain("/bytes"),
            goal: 0.75,
        },
        Comparison {
            what: "`/api/v1/me` by session in SQLite, against bare axum, same bytes",
            ours: target(on_sqlite, "/api/v1/me"),
            yardstick: plain("/bytes"),
            goal: 0.75,
        },
        Comparison {
            what: "`/api/v1/me` by token, on Postgres and Redis, against bare axum, same bytes",
            ours: by_token(on_postgres, token, "/api/v1/me"),
            yardstick: plain("/bytes-by-token"),
            goal: 0.75,
        },
        Comparison {
            what: "`/api/v1/me` by token, on SQLite, against bare axum, same bytes",
            ours: by_token(on_sqlite, sqlite_token, "/api/v1/me"),
            yardstick: plain("/bytes-by-token"),
            goal: 0.75,
        },
        Comparison {
            what: "list of 50 members in Postgres, against bare axum + the same SQL",
            ours: target(on_postgres, "/api/v1/tenants/bench/members?limit=50"),
            yardstick: plain("/sql"),
            goal: 0.85,
        },
    ]
}

fn target(on: &Installation, path: &str) -> Target {
    Target { url: format!("{}{path}", on.node.url), headers: vec![format!("Cookie: {}", on.cookie)] }
}

fn by_token(on: &Installation, token: &str, path: &str) -> Target {
    Target { url: format!("{}{path}", on.node.url), headers: vec![format!("Authorization: Bearer {token}")] }
}

fn report(comparisons: &[Comparison]) -> Result<(), Failure> {
    println!(
        "\n| what | requests/s | yardstick | ratio | goal | p99 ms | yardstick p99 |\n|---|---|---|---|---|---|---|"
    );
    for comparison in comparisons {
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        wrk(&comparison.ours, 1)?;
        wrk(&comparison.yardstick, 1)?;
        for _ in 0..ROUNDS {
            ours.push(wrk(&comparison.ours, SECONDS)?);
            theirs.push(wrk(&comparison.yardstick, SECONDS)?);
        }
        let (ours, theirs) = (median(&mut ours), median(&mut theirs));
        let ratio = ours.0 / theirs.0;
        let verdict = if ratio >= comparison.goal { "" } else { " MISSED" };
        println!(
            "| {} | {:.0} | {:.0} | {:.0} %{verdict} | {:.0} % | {:.2} | {:.2} |",
            comparison.what,
            ours.0,
            theirs.0,
            ratio * 100.0,
            comparison.goal * 100.0,
            ours.1,
            theirs.1
        );
    }
    Ok(())
}

/// The median round, by requests per second.
fn median(rounds: &mut [(f64, f64)]) -> (f64, f64) {
    rounds.sort_by(|one, other| one.0.total_cmp(&other.0));
    rounds.get(rounds.len() / 2).copied().unwrap_or_default()
}

/// Requests per second and the 99th percentile in milliseconds. Any answer but 2xx is a failure.
fn wrk(target: &Target, seconds: u32) -> Result<(f64, f64), Failure> {
    let mut command = Command::new("wrk");
    command.args(["--latency", "-t1", &format!("-c{CONNECTIONS}"), &format!("-d{seconds}s")]);
    for header in &target.headers {
        command.args(["-H", header]);
    }
    let output = command.arg(&target.url).output()?;
    let text = String::from_utf8(output.stdout)?;
    if !output.status.success() || text.contains("Non-2xx") || text.contains("Socket errors") {
        return Err(format!("wrk {}: {text}", target.url).into());
    }
    let field = |name: &str| text.lines().find_map(|line| line.trim().strip_prefix(name).map(str::trim));
    let rate: f64 = field("Requests/sec:").ok_or("no rate")?.parse()?;
    let p99 = field("99%").ok_or("no percentile")?;
    let (number, unit) = p99.split_at(p99.find(|c: char| c.is_alphabetic()).ok_or("no unit")?);
    let scale = match unit {
        "us" => 0.001,
        "s" => 1000.0,
        _ => 1.0,
    };
    Ok((rate, number.parse::<f64>()? * scale))
}

/// Memory after the load, and how long it took to become ready.
fn facts(installation: &Installation, name: &str) -> Result<(), Failure> {
    let status = std::fs::read_to_string(format!("/proc/{}/status", installation.node.program.id()))?;
    let resident =
        status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or("?").trim().to_owned();
    println!(
        "\n{name}: {resident} resident after the load, ready {} ms after exec",
        installation.started.as_millis()
    );
    Ok(())
}

/// The yardstick's process, which this same program is when it is told so.
struct Yardstick {
    url: String,
    process: Child,
}

impl Yardstick {
    fn start([me, me_by_token]: [&str; 2], redis: &str, database: &str) -> Result<Self, Failure> {
        let port = harness::free_port();
        let process = Command::new(std::env::current_exe()?)
            .args(["yardstick", &port.to_string(), me, me_by_token, redis, database])
            .stdin(Stdio::null())
            .spawn()?;
        Ok(Self { url: format!("http://127.0.0.1:{port}"), process })
    }

    async fn ready(&self) -> Result<(), Failure> {
        let ready = harness::until(Duration::from_secs(10), async || {
            client().ok()?.get(format!("{}/sql", self.url)).send().await.ok()?.error_for_status().ok()
        });
        ready.await.map(drop).ok_or_else(|| "the yardstick does not start".into())
    }
}

impl Drop for Yardstick {
    fn drop(&mut self) {
        if let Err(error) = self.process.kill().and_then(|()| self.process.wait()) {
            println!("the yardstick did not end: {error}");
        }
    }
}
