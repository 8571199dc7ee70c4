//! Rate limits over several nodes: shared while there is a Redis, and each node's own while there is not.

use std::time::Duration;

use freehold::ids::secret_text;
use http::Method;

use crate::harness::process::Node;
use crate::harness::services::Redis;
use crate::harness::until;

use super::client::{Answer, Client};
use super::installation::Installation;

/// Requests a minute that are answered 401, from one address; the only limit here that is met.
const LIMIT: usize = 60;
const PATIENCE: Duration = Duration::from_secs(30);

/// One request with a token that is none, by way of a proxy from this address.
async fn guess(client: &Client, node: &Node, from: &str) -> Answer {
    let token = format!("Bearer fhp_{}", secret_text());
    let headers = [("authorization", token.as_str()), ("x-forwarded-for", from)];
    let sent = client.try_send(&node.url, (Method::GET, "/api/v1/me"), None, &headers).await;
    sent.expect("an answer")
}

/// Waits until enough of a minute is left, so that none of what follows is counted in two.
async fn a_minute_has_time() {
    let seconds = || freehold::clock::Clock::default().now().micros() / 1_000_000 % 60;
    let began = until(PATIENCE, async || (seconds() < 40).then_some(())).await;
    began.expect("minutes begin");
}

#[tokio::test(flavor = "multi_thread")]
async fn nodes_share_limits_through_redis_and_count_alone_without() {
    let mut redis = Redis::private().await;
    let installation = Installation::over_shared_postgres()
        .await
        .with("REDIS_URL", redis.url())
        .with("FREEHOLD_TRUSTED_PROXIES", "127.0.0.0/8")
        .with("FREEHOLD_RATE_FAILURES", LIMIT.to_string());
    let (first, second) = (installation.node().await, installation.node().await);
    let client = Client::of(&installation);
    a_minute_has_time().await;
    let one = "203.0.113.1";
    for _ in 0..LIMIT {
        guess(&client, &first, one).await.expect(401);
    }
    guess(&client, &first, one).await.expect(429);
    let mut let_through = 0;
    let refused = until(PATIENCE, async || {
        let answer = guess(&client, &second, one).await;
        let_through += usize::from(answer.status == 401);
        (answer.status == 429).then_some(answer)
    });
    let refused = refused.await.expect("the second node hears of it");
    assert!(let_through < LIMIT / 2, "{let_through} of {LIMIT} were let through by the second node");
    assert!(!refused.header("retry-after").is_empty());

    // Away: nothing fails for it, and each node has its own limit.
    redis.kill();
    a_minute_has_time().await;
    let other = "203.0.113.2";
    for node in [&first, &second] {
        for _ in 0..LIMIT {
            guess(&client, node, other).await.expect(401);
        }
        guess(&client, node, other).await.expect(429);
    }
}
