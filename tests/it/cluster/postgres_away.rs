//! Without the database nothing is written and, after five seconds, nothing is decided; the node stays up.

use std::time::{Duration, Instant};

use http::Method;
use serde_json::json;

use crate::harness::free_port;
use crate::harness::process::{Node, Program};
use crate::harness::services::Postgres;

use super::client::{Client, Pair};
use super::installation::Installation;
use super::within;

/// A request that is decided without SQL, asked until `end`: every answer, and when it came.
async fn decisions(pair: &Pair, node: &Node, begin: Instant, end: Duration) -> Vec<(Duration, u16)> {
    let mut pause = tokio::time::interval(Duration::from_millis(20));
    let mut answers = Vec::new();
    while begin.elapsed() < end {
        pause.tick().await;
        let asked = begin.elapsed();
        answers.push((asked, pair.vic.get(node, "/api/v1/me").await.status));
    }
    answers
}

#[tokio::test(flavor = "multi_thread")]
async fn without_postgres_writes_stop_at_once_and_decisions_after_five_seconds() {
    let mut postgres = Postgres::private().await;
    let installation = Installation::over_postgres(&postgres).await;
    // Sessions in Redis, so that a decision needs no SQL.
    let redis = crate::harness::services::Redis::private().await;
    let installation = installation.with("REDIS_URL", redis.url());
    let node = installation.node().await;
    let pair = Pair::meet(&installation, &node, &["viewer"]).await;
    // As many idle connections as the pool may hold, all of which are about to be lost.
    let members = pair.path("/members");
    futures_util::future::join_all((0..16).map(|_| pair.vic.get(&node, &members))).await;
    pair.vic.get(&node, "/api/v1/me").await.expect(200);

    // In order: the tests' Postgres would lose its last commits in a crash, which ours must not.
    postgres.stop();
    let begin = Instant::now();
    let unready = async {
        pair.ada.wait_for(&node, "/readyz", 503).await;
        begin.elapsed()
    };
    let writes = async {
        let mut longest = Duration::ZERO;
        for _ in 0..5 {
            let body = json!({ "name": "Never" });
            let refused = pair.ada.send(&node, Method::PATCH, &pair.path(""), Some(body)).await.expect(503);
            assert_eq!(refused.header("retry-after"), "1");
            longest = longest.max(refused.took);
        }
        longest
    };
    let decided = decisions(&pair, &node, begin, Duration::from_secs(7));
    let (unready, writes, answers) = tokio::join!(unready, writes, decided);
    within("/readyz is 503 without Postgres", unready, Duration::from_secs(2));
    within("a write without Postgres is refused", writes, Duration::from_secs(1));
    let last = answers.iter().rev().find(|(_, status)| *status == 200).map(|(at, _)| *at);
    within("the last decision without Postgres", last.expect("some decisions"), Duration::from_secs(5));
    assert!(answers.iter().all(|(_, status)| [200, 503].contains(status)), "{answers:?}");
    pair.ada.get(&node, "/healthz").await.expect(200);

    postgres.restart().await;
    let back = pair.ada.wait_for(&node, "/readyz", 200).await;
    within("ready after Postgres is back", back, Duration::from_secs(10));
    for round in 0..20 {
        // Connections from before must not fail one request each.
        pair.vic.get(&node, &members).await.expect(200);
        let body = json!({ "name": format!("Round {round}") });
        pair.ada.send(&node, Method::PATCH, &pair.path(""), Some(body)).await.expect(200);
    }
    assert_eq!(pair.vic.get(&node, &pair.path("")).await.expect(200).json()["name"], "Round 19");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_starts_without_postgres_becomes_ready_when_it_comes() {
    let mut postgres = Postgres::private().await;
    let installation = Installation::over_postgres(&postgres).await;
    postgres.stop();
    let (port, ops) = (free_port(), free_port());
    let program: Program = installation
        .program(&["serve"])
        .env("FREEHOLD_LISTEN", format!("127.0.0.1:{port}"))
        .env("FREEHOLD_OPS_LISTEN", format!("127.0.0.1:{ops}"));
    let program = program.spawn();
    program.line_with("Freehold is up").await;
    let node = format!("http://127.0.0.1:{port}");
    let client = Client::of(&installation);
    let status = async |path: &str| {
        let answer = client.try_send(&node, (Method::GET, path), None, &[]).await;
        answer.map(|answer| answer.status)
    };
    assert_eq!(status("/healthz").await, Some(200));
    assert_eq!(status("/readyz").await, Some(503));
    assert_eq!(status("/auth/google").await, Some(503));

    postgres.restart().await;
    let begin = Instant::now();
    let ready = crate::harness::until(Duration::from_secs(20), async || {
        (status("/readyz").await == Some(200)).then_some(())
    });
    ready.await.expect("it becomes ready");
    within("ready after Postgres came", begin.elapsed(), Duration::from_secs(10));
    assert_eq!(status("/auth/google").await, Some(303));
}
