//! What is taken away through one node is gone on the other within a second, also when Redis tells nobody.

use std::time::{Duration, Instant};

use freehold::db::{Actor, AuditEvent, Chain, Target};
use freehold::ids::{AppId, Subject, TenantId};
use freehold::tokens;
use futures_util::future::join_all;
use http::Method;
use serde_json::json;

use crate::harness::process::Node;
use crate::harness::services::Redis;

use super::client::{Client, Pair};
use super::installation::Installation;
use super::within_the_bound;

/// Tenants whose rounds run at the same time, and rounds of each. In every fifth the caller brings the version, so
/// that some 200 measure how long B went on.
const TENANTS: usize = 4;
const ROUNDS: usize = 63;
/// Rounds of ending tokens, in each of three ways.
const TOKENS: usize = 20;
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

/// A program with a token, which knows nothing of cookies.
struct Bearer {
    client: Client,
    authorization: String,
}

impl Bearer {
    fn new(two: &Two, token: &str) -> Self {
        Self { client: Client::of(&two.installation), authorization: format!("Bearer {token}") }
    }

    /// Asks `node` every few milliseconds until it answers `status`, which must be within the bound.
    async fn until(&self, node: &Node, path: &str, status: u16) -> Duration {
        let begin = Instant::now();
        let mut pause = tokio::time::interval(Duration::from_millis(4));
        let with = [("authorization", self.authorization.as_str())];
        loop {
            let answer = self.client.try_send(&node.url, (Method::GET, path), None, &with).await;
            if answer.expect("an answer").status == status {
                return begin.elapsed();
            }
            assert!(begin.elapsed() < Duration::from_secs(10), "{path} never becomes {status}");
            pause.tick().await;
        }
    }
}

/// An access token of an app, made past the endpoint at which apps ask for them.
async fn db_access_token(two: &Two, tenant: &str, app: &str) -> String {
    let database = two.installation.database();
    let tenant: TenantId = tenant.parse().unwrap();
    let app: AppId = app.parse().unwrap();
    let mut tx = database.write(Chain::Tenant(tenant)).await.unwrap();
    let expires_at = tx.at() + Duration::from_hours(1);
    let access = tokens::Access {
        tenant,
        owner: Subject::App(app),
        name: "Made by a test",
        scopes: &["invitations:read"],
        expires_at,
    };
    let (id, minted) = tokens::issue(&mut tx, tokens::format::Kind::Access, &access).await.unwrap();
    let target = Target::new("token", id, "Made by a test");
    tx.commit(AuditEvent::done(Actor::system("test"), "token.created", target)).await.unwrap();
    database.close().await;
    minted.text
}

#[allow(clippy::cognitive_complexity, reason = "one thing that ends a token after the other")]
async fn tokens_are_gone(two: &Two, what: &str) {
    let pair = Pair::meet(&two.installation, &two.a, &["admin"]).await;
    let path = pair.path("/invitations");
    let mint = async || {
        let new = json!({ "name": "A program", "scopes": ["invitations:read"] });
        let minted = pair.vic.post(&two.a, &pair.path("/tokens"), new).await.expect(201).json();
        let text = minted["token"].as_str().unwrap();
        (pair.path(&format!("/tokens/{}", minted["id"].as_str().unwrap())), Bearer::new(two, text))
    };
    let mut revoked = Vec::new();
    for _ in 0..TOKENS {
        let (token, program) = mint().await;
        program.until(&two.b, &path, 200).await;
        pair.vic.send(&two.a, Method::DELETE, &token, None).await.expect(204);
        revoked.push(program.until(&two.b, &path, 401).await);
        program.until(&two.a, &path, 401).await;
    }
    within_the_bound(&format!("a token revoked, {what}"), revoked);

    let (_, program) = mint().await;
    let mut demoted = Vec::new();
    for _ in 0..TOKENS {
        program.until(&two.b, &path, 200).await;
        pair.ada.set_roles(&two.a, &pair.tenant, pair.vic_id, &["viewer"]).await;
        demoted.push(program.until(&two.b, &path, 403).await);
        pair.ada.set_roles(&two.a, &pair.tenant, pair.vic_id, &["admin"]).await;
    }
    within_the_bound(&format!("a token whose owner was demoted, {what}"), demoted);

    let new = json!({ "name": "Robot", "roles": ["admin"] });
    let made = pair.ada.post(&two.a, &pair.path("/apps"), new).await.expect(201).json();
    let robot = made["id"].as_str().unwrap();
    let program = Bearer::new(two, &db_access_token(two, &pair.tenant, robot).await);
    let enabled = async |enabled: bool| {
        let (change, path) = (json!({ "enabled": enabled }), pair.path(&format!("/apps/{robot}")));
        pair.ada.send(&two.a, Method::PATCH, &path, Some(change)).await.expect(200);
    };
    let mut disabled = Vec::new();
    for _ in 0..TOKENS {
        program.until(&two.b, &path, 200).await;
        enabled(false).await;
        disabled.push(program.until(&two.b, &path, 401).await);
        program.until(&two.a, &path, 401).await;
        enabled(true).await;
    }
    within_the_bound(&format!("a token of an app that was disabled, {what}"), disabled);

    let (_, program) = mint().await;
    program.until(&two.b, &path, 200).await;
    let vic = pair.path(&format!("/members/{}", pair.vic_id));
    pair.ada.send(&two.a, Method::DELETE, &vic, None).await.expect(204);
    within_the_bound(
        &format!("a token whose owner was removed, {what}"),
        vec![program.until(&two.b, &path, 401).await],
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ended_token_is_gone_on_every_node_within_a_second() {
    tokens_are_gone(&Two::hearing().await, "told by Redis").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ended_token_is_gone_within_a_second_though_redis_tells_nobody() {
    tokens_are_gone(&Two::deaf().await, "pub/sub cut").await;
}
