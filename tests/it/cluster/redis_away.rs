//! Without Redis nobody is treated as signed in and nobody waits; with it again, everything goes on by itself.

use std::time::{Duration, Instant};

use crate::harness::process::Node;
use crate::harness::services::Redis;
use crate::harness::until;

use super::client::Client;
use super::installation::Installation;
use super::within;

/// For an answer while Redis is away.
const ANSWER: Duration = Duration::from_millis(250);
/// For everything to work when Redis is back.
const RECOVERY: Duration = Duration::from_secs(2);

/// Asks `times` times; every answer is a prompt 503 that says when to come back. Gives the longest.
async fn is_refused(client: &Client, node: &str, times: usize) -> Duration {
    let mut longest = Duration::ZERO;
    for _ in 0..times {
        let asked = client.try_send(node, (http::Method::GET, "/api/v1/me"), None, &[]).await;
        let answer = asked.expect("an answer").expect(503);
        assert_eq!(answer.header("retry-after"), "1");
        longest = longest.max(answer.took);
    }
    longest
}

/// How long it takes until a session that was just used is refused.
async fn refused(client: &Client, node: &Node) -> Duration {
    let begin = Instant::now();
    while client.get(node, "/api/v1/me").await.status != 503 {
        assert!(begin.elapsed() < RECOVERY, "a session is trusted without Redis");
    }
    begin.elapsed()
}

#[tokio::test(flavor = "multi_thread")]
async fn without_redis_session_routes_answer_503_at_once_and_recover() {
    let mut redis = Redis::private().await;
    let installation = Installation::over_shared_postgres().await.with("REDIS_URL", redis.url());
    let node = installation.node().await;
    let (ada, nobody) = (Client::of(&installation), Client::of(&installation));
    ada.sign_in(&node, "google", "ada").await;

    // Gone: refused, though the session was used a moment ago.
    ada.get(&node, "/api/v1/me").await.expect(200);
    redis.kill();
    within("noticing that Redis is gone", refused(&ada, &node).await, ANSWER);
    within("an answer without Redis", is_refused(&ada, &node.url, 20).await, ANSWER);
    nobody.get(&node, "/api/v1/me").await.expect(401);
    nobody.get(&node, "/healthz").await.expect(200);

    // Back, and empty: no more refusals, and people sign in again.
    redis.restart().await;
    let begin = Instant::now();
    let seen = until(RECOVERY * 5, async || (ada.get(&node, "/api/v1/me").await.status != 503).then_some(()));
    seen.await.expect("no more 503");
    ada.sign_in(&node, "google", "ada").await;
    within("recovery after Redis was away", begin.elapsed(), RECOVERY);

    // Hanging: connections stand, nothing answers.
    ada.get(&node, "/api/v1/me").await.expect(200);
    redis.pause();
    within("noticing that Redis hangs", refused(&ada, &node).await, ANSWER);
    within("an answer while Redis hangs", is_refused(&ada, &node.url, 10).await, ANSWER);
    redis.resume();
    within("recovery after Redis hung", ada.wait_for(&node, "/api/v1/me", 200).await, RECOVERY);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_starts_without_redis_works_when_it_comes() {
    let mut redis = Redis::private().await;
    let installation = Installation::over_shared_postgres().await.with("REDIS_URL", redis.url());
    redis.kill();
    let node = installation.node().await;
    let ada = Client::of(&installation);
    ada.set_cookie("AAAAAAAAAAAAAAAAAAAAAA");
    within("an answer without Redis", is_refused(&ada, &node.url, 5).await, ANSWER);
    redis.restart().await;
    within("recovery after Redis was away", ada.wait_for(&node, "/api/v1/me", 401).await, RECOVERY);
    ada.sign_in(&node, "google", "ada").await;
}
