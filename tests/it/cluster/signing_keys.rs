//! Keys rotated by a command beside running nodes that sign and check all the while.

use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use http::Method;
use serde_json::{Value, json};

use super::{Client, Installation};
use crate::harness::process::Node;
use crate::harness::until;

/// A program with an app's secret.
struct Machine {
    client: Client,
    form: Value,
}

impl Machine {
    /// Of an app whose tokens are signed.
    async fn new(installation: &Installation, node: &Node) -> Self {
        let ada = Client::of(installation);
        ada.sign_in(node, "google", "ada").await;
        let tenant = ada.create_tenant(node, "Acme").await;
        let apps = format!("/api/v1/tenants/{tenant}/apps");
        let new = json!({ "name": "Robot", "roles": ["viewer"], "token_format": "jwt" });
        let app = ada.post(node, &apps, new).await.expect(201).json();
        let secrets = format!("{apps}/{}/secrets", app["id"].as_str().unwrap());
        let secret = ada.post(node, &secrets, json!({})).await.expect(201).json();
        let form = format!(
            "grant_type=client_credentials&client_id={}&client_secret={}",
            app["client_id"].as_str().unwrap(),
            secret["secret"].as_str().unwrap()
        );
        Self { client: Client::of(installation), form: Value::String(form) }
    }

    async fn token(&self, node: &Node) -> String {
        let issued = self.client.post(node, "/oauth/token", self.form.clone()).await.expect(200).json();
        issued["access_token"].as_str().unwrap().to_owned()
    }

    async fn calls(&self, node: &Node, token: &str) -> u16 {
        let bearer = format!("Bearer {token}");
        let headers = [("authorization", bearer.as_str())];
        let answer = self.client.try_send(&node.url, (Method::GET, "/api/v1/me"), None, &headers).await;
        answer.expect("an answer").status
    }
}

fn kid(token: &str) -> String {
    let header = BASE64.decode(token.split('.').next().unwrap()).unwrap();
    let header: Value = serde_json::from_slice(&header).unwrap();
    header["kid"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_rotated_under_load_and_no_token_is_lost() {
    let installation = Installation::over_shared_postgres().await;
    let nodes = [installation.node().await, installation.node().await];
    let machine = Machine::new(&installation, &nodes[0]).await;
    let keys = |arguments: &[&str]| {
        let all: Vec<&str> = ["keys"].iter().chain(arguments).copied().collect();
        let done = installation.program(&all).run();
        assert!(done.status.success(), "{done:?}");
        done.stdout
    };
    assert!(keys(&["list"]).contains("no signing key yet"));
    let before = machine.token(&nodes[0]).await;
    let old = kid(&before);
    let said = keys(&["rotate"]);
    let begin = Instant::now();
    let mut tokens = 0;
    let taken_over = until(Duration::from_secs(30), async || {
        let mut signed_by = Vec::new();
        for (signer, checker) in [(0, 1), (1, 0)] {
            let token = machine.token(&nodes[signer]).await;
            assert_eq!(machine.calls(&nodes[checker], &token).await, 200, "a token of the other node");
            assert_eq!(machine.calls(&nodes[checker], &before).await, 200, "a token from before");
            tokens += 1;
            signed_by.push(kid(&token));
        }
        signed_by.iter().all(|kid| *kid != old && said.contains(kid.as_str())).then_some(())
    });
    taken_over.await.expect("the new key signs on both nodes");
    println!(
        "a new key signed on both nodes after {} ms; {tokens} tokens meanwhile",
        begin.elapsed().as_millis()
    );
    let list = keys(&["list"]);
    assert!(list.contains("  signs\n") && list.contains("published until"), "{list}");

    let withdrawn = machine.token(&nodes[0]).await;
    keys(&["rotate", "--withdraw"]);
    for node in &nodes {
        let ended = until(Duration::from_secs(10), async || {
            (machine.calls(node, &withdrawn).await == 401).then_some(())
        });
        ended.await.expect("a withdrawn key ends its tokens");
        assert_eq!(machine.calls(node, &before).await, 401);
        assert_eq!(machine.calls(node, &machine.token(node).await).await, 200);
    }
    let other = installation.program(&["keys", "rotate"]).env("FREEHOLD_SECRET", "x".repeat(40)).run();
    assert!(!other.status.success() && other.stderr.contains("--withdraw"), "{other:?}");
    let none = installation.program(&["keys", "rotate"]).env("FREEHOLD_SECRET", "").run();
    assert!(!none.status.success() && none.stderr.contains("FREEHOLD_SECRET"), "{none:?}");
    let verified = installation.program(&["audit", "verify"]).run();
    assert!(verified.status.success(), "{verified:?}");
}
