//! What is taken away through one node is gone on the other within a second, also when Redis tells nobody.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use http::Method;

use crate::harness::process::Node;
use crate::harness::services::Redis;

use super::client::{Client, Pair};
use super::installation::Installation;
use super::within_the_bound;

/// Tenants whose rounds run at the same time, and rounds of each. In every fifth the caller brings the version, so
/// that some 200 measure how long B went on.
const TENANTS: usize = 4;
const ROUNDS: usize = 63;
/// Rounds of ending sessions.
const SESSIONS: usize = 20;

/// Two nodes over one database and one Redis.
struct Two {
    installation: Installation,
    a: Node,
    b: Node,
    redis: Redis,
}

impl Two {
    async fn start(redis_url: impl AsyncFnOnce(&Redis) -> String) -> Self {
        let redis = Redis::private().await;
        let installation = Installation::over_shared_postgres()
            .await
            .with("REDIS_URL", redis_url(&redis).await)
            .with("FREEHOLD_MAX_INVITATIONS_PER_ADDRESS", "1000");
        let (a, b) = tokio::join!(installation.node(), installation.node());
        Self { installation, a, b, redis }
    }

    async fn hearing() -> Self {
        let two = Self::start(async |redis| redis.url()).await;
        let subscribed = crate::harness::until(Duration::from_secs(10), async || {
            (two.redis.command("PUBSUB CHANNELS").unwrap() == "*1").then_some(())
        });
        subscribed.await.expect("the nodes listen to each other");
        two
    }

    /// Two nodes that may neither publish nor subscribe.
    async fn deaf() -> Self {
        let quiet = async |redis: &Redis| {
            let rules = "on >quiet ~* &* +@all -publish -subscribe -psubscribe -ssubscribe -spublish";
            assert_eq!(redis.command(&format!("ACL SETUSER quiet {rules}")).unwrap(), "+OK");
            let url = redis.url();
            let (_, address) = url.split_once('@').unwrap();
            format!("redis://quiet:quiet@{address}")
        };
        let two = Self::start(quiet).await;
        assert_eq!(two.redis.command("PUBSUB CHANNELS").unwrap(), "*0", "nobody hears");
        two
    }
}

/// Asks `node` every few milliseconds until it answers `status`, which must be within the bound.
async fn until_status(client: &Client, node: &Node, path: &str, status: u16) -> Duration {
    let begin = Instant::now();
    let mut pause = tokio::time::interval(Duration::from_millis(4));
    while client.get(node, path).await.status != status {
        assert!(begin.elapsed() < Duration::from_secs(10), "{path} never becomes {status}");
        pause.tick().await;
    }
    begin.elapsed()
}

/// One tenant's rounds: a role is given and taken away through A. Gives how long B went on allowing.
async fn rounds(two: &Two, pair: &Pair) -> Vec<Duration> {
    let path = pair.path("/invitations");
    let mut times = Vec::new();
    for round in 0..ROUNDS {
        let given = pair.ada.set_roles(&two.a, &pair.tenant, pair.vic_id, &["viewer", "admin"]).await;
        pair.vic.get(&two.a, &path).await.expect(200);
        // Whoever brings the version is not decided on an older policy: no waiting.
        at_version(&pair.vic, &two.b, &path, given.policy_version()).await.expect(200);
        pair.vic.get(&two.b, &path).await.expect(200);

        let taken = pair.ada.set_roles(&two.a, &pair.tenant, pair.vic_id, &["viewer"]).await;
        if round % 5 == 4 {
            at_version(&pair.vic, &two.b, &path, taken.policy_version()).await.expect(403);
        } else {
            times.push(until_status(&pair.vic, &two.b, &path, 403).await);
        }
        pair.vic.get(&two.a, &path).await.expect(403);
    }
    times
}

async fn at_version(client: &Client, node: &Node, path: &str, version: i64) -> super::client::Answer {
    let version = version.to_string();
    let version = [("x-policy-version", version.as_str())];
    client.try_send(&node.url, (Method::GET, path), None, &version).await.expect("an answer")
}

async fn roles_are_gone(two: &Two, what: &str) {
    let mut pairs = Vec::new();
    for _ in 0..TENANTS {
        pairs.push(Pair::meet(&two.installation, &two.a, &["viewer"]).await);
    }
    let times = join_all(pairs.iter().map(|pair| rounds(two, pair))).await.concat();
    within_the_bound(&format!("a role, {what}"), times);
}

async fn sessions_are_gone(two: &Two, what: &str) {
    let owner = Client::of(&two.installation);
    owner.sign_in(&two.a, "google", "ben").await;
    let mut revoked = Vec::new();
    for _ in 0..SESSIONS {
        let other = Client::of(&two.installation);
        other.sign_in(&two.b, "google", "ben").await;
        owner.send(&two.a, Method::DELETE, "/api/v1/me/sessions", None).await.expect(204);
        revoked.push(until_status(&other, &two.b, "/api/v1/me", 401).await);
        other.get(&two.a, "/api/v1/me").await.expect(401);
    }
    within_the_bound(&format!("a session ended, {what}"), revoked);

    let mut left = Vec::new();
    for _ in 0..SESSIONS {
        let client = Client::of(&two.installation);
        client.sign_in(&two.b, "google", "ada").await;
        let cookie = client.cookie();
        client.sign_out(&two.a).await;
        client.set_cookie(&cookie);
        left.push(until_status(&client, &two.b, "/api/v1/me", 401).await);
        client.get(&two.a, "/api/v1/me").await.expect(401);
    }
    within_the_bound(&format!("a logout, {what}"), left);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_taken_away_is_gone_on_every_node_within_a_second() {
    roles_are_gone(&Two::hearing().await, "told by Redis").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_taken_away_is_gone_within_a_second_though_redis_tells_nobody() {
    roles_are_gone(&Two::deaf().await, "pub/sub cut").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ended_session_is_gone_on_every_node_within_a_second() {
    sessions_are_gone(&Two::hearing().await, "told by Redis").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ended_session_is_gone_within_a_second_though_redis_tells_nobody() {
    sessions_are_gone(&Two::deaf().await, "pub/sub cut").await;
}
