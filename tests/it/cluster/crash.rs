//! A node that is killed while it writes has lost nothing it acknowledged, and left nothing half done.

use std::time::{Duration, Instant};

use freehold::audit::verify_chain;
use freehold::db::Chain;
use futures_util::future::join_all;
use http::Method;
use serde_json::json;

use crate::harness::process::Node;

use super::client::Client;
use super::installation::Installation;
use super::within;

const WRITERS: usize = 6;
/// Killed when this many writes were acknowledged.
const WRITES: usize = 150;

/// One tenant that is renamed all the time.
struct Written {
    tenant: String,
    acknowledged: usize,
    sent: usize,
}

/// Renames the tenant until the node is gone.
async fn write(ada: &Client, node: &str, tenant: String, done: &tokio::sync::mpsc::Sender<()>) -> Written {
    let mut written = Written { tenant, acknowledged: 0, sent: 0 };
    let path = format!("/api/v1/tenants/{}", written.tenant);
    loop {
        written.sent += 1;
        let body = json!({ "name": format!("Name {}", written.sent) });
        let Some(answer) = ada.try_send(node, (Method::PATCH, &path), Some(&body), &[]).await else {
            return written;
        };
        answer.expect(200);
        written.acknowledged = written.sent;
        done.send(()).await.ok();
    }
}

async fn loses_nothing(installation: &Installation) {
    let mut node: Node = installation.node().await;
    let ada = Client::of(installation);
    ada.sign_in(&node, "google", "ada").await;
    let mut tenants = Vec::new();
    for number in 0..WRITERS {
        tenants.push(ada.create_tenant(&node, &format!("Tenant {number}")).await);
    }
    let (done, mut acknowledged) = tokio::sync::mpsc::channel(WRITES);
    let url = node.url.clone();
    let writers = tenants.into_iter().map(|tenant| write(&ada, &url, tenant, &done));
    let killer = async {
        for _ in 0..WRITES {
            acknowledged.recv().await;
        }
        node.program.kill();
        drop(acknowledged);
    };
    let (written, ()) = tokio::join!(join_all(writers), killer);

    let begin = Instant::now();
    let node = installation.node().await;
    within("ready after kill -9", begin.elapsed(), Duration::from_secs(3));
    let database = installation.database();
    for Written { tenant, acknowledged, sent } in &written {
        let name =
            ada.get(&node, &format!("/api/v1/tenants/{tenant}")).await.expect(200).json()["name"].clone();
        let number = name.as_str().unwrap().strip_prefix("Name ").map_or(0, |digits| digits.parse().unwrap());
        let kept = [*acknowledged, *sent].contains(&number);
        assert!(kept, "acknowledged {acknowledged}, sent {sent}, found {number}");
        let chain = Chain::Tenant(tenant.parse().unwrap());
        let verdict = verify_chain(&mut database.read().await.unwrap(), chain).await.unwrap();
        assert_eq!(verdict.broken_at, None);
        let events = usize::try_from(verdict.events).unwrap();
        assert_eq!(events, 1 + number, "one event for each change, and one for making the tenant");
    }
    database.close().await;
    let total: usize = written.iter().map(|written| written.acknowledged).sum();
    println!("kill -9: {total} writes acknowledged, none lost");
}

#[tokio::test(flavor = "multi_thread")]
async fn kill_9_loses_no_acknowledged_write_on_sqlite() {
    let installation = Installation::over_sqlite().await;
    assert!(installation.program(&["migrate"]).run().status.success());
    loses_nothing(&installation).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn kill_9_loses_no_acknowledged_write_on_postgres() {
    loses_nothing(&Installation::over_shared_postgres().await).await;
}

/// Requests that were acknowledged before the node is killed; all of one person, who may own fifty tenants.
const KEYED: usize = 24;

/// Makes tenants until the node is gone, each with a key of its own; the keys, the last one of which may be of a
/// request that was done and not answered.
async fn make(ada: &Client, node: &str, writer: usize, done: &tokio::sync::mpsc::Sender<()>) -> Vec<String> {
    let mut keys = Vec::new();
    loop {
        let key = format!("{writer}-{}", keys.len());
        keys.push(key.clone());
        let headers = [("idempotency-key", key.as_str())];
        let path = (Method::POST, "/api/v1/tenants");
        let Some(answer) = ada.try_send(node, path, Some(&json!({ "name": key })), &headers).await else {
            return keys;
        };
        answer.expect(201);
        done.send(()).await.ok();
    }
}

async fn writes_once(installation: &Installation) {
    let mut node: Node = installation.node().await;
    let ada = Client::of(installation);
    ada.sign_in(&node, "google", "ada").await;
    let (done, mut acknowledged) = tokio::sync::mpsc::channel(KEYED);
    let url = node.url.clone();
    let writers = (0..WRITERS).map(|writer| make(&ada, &url, writer, &done));
    let killer = async {
        for _ in 0..KEYED {
            acknowledged.recv().await;
        }
        node.program.kill();
        drop(acknowledged);
    };
    let (keys, ()) = tokio::join!(join_all(writers), killer);

    let node = installation.node().await;
    let keys: Vec<String> = keys.into_iter().flatten().collect();
    let mut done_before = 0;
    for key in &keys {
        let headers = [("idempotency-key", key.as_str())];
        let path = (Method::POST, "/api/v1/tenants");
        let again = ada.try_send(&node.url, path, Some(&json!({ "name": key })), &headers).await.unwrap();
        done_before += usize::from(again.header("idempotency-replayed") == "true");
        assert_eq!(again.expect(201).json()["name"], key.as_str());
    }
    assert!(done_before >= KEYED, "what was acknowledged is answered again");
    let me = ada.get(&node, "/api/v1/me").await.expect(200).json();
    let mut names: Vec<String> =
        me["tenants"].as_array().unwrap().iter().map(|tenant| tenant["name"].to_string()).collect();
    names.sort();
    names.dedup();
    assert_eq!(me["tenants"].as_array().unwrap().len(), keys.len(), "one tenant for each key: {names:?}");
    assert_eq!(names.len(), keys.len());
    println!("kill -9: {} requests with keys, {done_before} of them done before, none twice", keys.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn kill_9_and_a_retry_with_the_same_key_write_once_on_sqlite() {
    let installation = Installation::over_sqlite().await;
    assert!(installation.program(&["migrate"]).run().status.success());
    writes_once(&installation).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn kill_9_and_a_retry_with_the_same_key_write_once_on_postgres() {
    writes_once(&Installation::over_shared_postgres().await).await;
}
