//! A node that is asked to end says so to its load balancer first, and finishes what it began.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use super::client::Client;
use super::installation::Installation;
use super::within;

const DELAY: Duration = Duration::from_millis(1500);

#[tokio::test(flavor = "multi_thread")]
async fn sigterm_drains_a_node() {
    let installation = Installation::over_sqlite().await.with("FREEHOLD_DRAIN_DELAY", "1500ms");
    assert!(installation.program(&["migrate"]).run().status.success());
    let begin = Instant::now();
    let mut node = installation.node().await;
    println!("from exec to ready, debug build: {} ms", begin.elapsed().as_millis());
    let ada = Client::of(&installation);
    ada.sign_in(&node, "google", "ada").await;

    // A request that is under way when the signal comes, and until the listener is closed.
    let body = r#"{"name":"Slow Ada"}"#;
    let host = installation.public_url.split("://").last().unwrap();
    let mut slow = TcpStream::connect(node.url.strip_prefix("http://").unwrap()).unwrap();
    slow.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    write!(
        slow,
        "PATCH /api/v1/me HTTP/1.1\r\nhost: {host}\r\norigin: {}\r\ncookie: freehold={}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{{",
        installation.public_url,
        ada.cookie(),
        body.len()
    )
    .unwrap();
    ada.get(&node, "/readyz").await.expect(200);

    node.program.terminate();
    let begin = Instant::now();
    within("/readyz is 503 after SIGTERM", ada.wait_for(&node, "/readyz", 503).await, DELAY / 2);
    // Until the delay is over, whoever has not noticed is served, on connections new and old.
    let mut served = 0;
    while begin.elapsed() + Duration::from_millis(200) < DELAY {
        Client::of(&installation).get(&node, "/healthz").await.expect(200);
        ada.get(&node, "/api/v1/me").await.expect(200);
        served += 1;
    }
    assert!(served > 3, "{served} requests while draining");
    let closed = crate::harness::until(Duration::from_secs(5), async || {
        let request = Client::of(&installation);
        let answer = request.try_send(&node.url, (http::Method::GET, "/healthz"), None, &[]).await;
        answer.is_none().then_some(())
    });
    closed.await.expect("no new connections after the delay");
    assert!(begin.elapsed() >= DELAY, "it accepts for the whole delay: {:?}", begin.elapsed());

    slow.write_all(&body.as_bytes()[1..]).unwrap();
    let mut answer = String::new();
    slow.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 ") && answer.contains("Slow Ada"), "{answer}");
    assert_eq!(node.program.exit().await.code(), Some(0));
    within("from SIGTERM to the end", begin.elapsed(), DELAY + Duration::from_secs(10));
    let lines = node.program.lines();
    assert!(!lines.iter().any(|line| line.contains("WARN") || line.contains("ERROR")), "{lines:#?}");
}
