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
