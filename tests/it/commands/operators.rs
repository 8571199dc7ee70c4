//! `operator add` makes operators of people who have signed in, and of nobody else.

use serde_json::json;

use crate::cluster::{Client, Installation};

#[tokio::test(flavor = "multi_thread")]
async fn only_operators_create_tenants_where_that_is_the_rule() {
    let installation = Installation::over_sqlite().await.with("FREEHOLD_TENANT_CREATION", "operators");
    assert!(installation.program(&["migrate"]).run().status.success());
    let add = |address: &str| installation.program(&["operator", "add", address]).run();

    let unknown = add("ada@example.com");
    assert_eq!(unknown.status.code(), Some(1), "{unknown:?}");
    assert!(unknown.stderr.contains("ada@example.com has signed in"), "{unknown:?}");
    assert_eq!(add("not an address").status.code(), Some(2));

    let node = installation.node().await;
    let (ada, vic) = (Client::of(&installation), Client::of(&installation));
    ada.sign_in(&node, "google", "ada").await;
    vic.sign_in(&node, "github", "vic").await;
    ada.post(&node, "/api/v1/tenants", json!({ "name": "Acme" })).await.expect(403);

    let added = add("ada@example.com");
    assert!(added.status.success() && added.stdout.contains("Ada Sample"), "{added:?}");
    let begin = std::time::Instant::now();
    let created = crate::harness::until(std::time::Duration::from_secs(10), async || {
        let answer = ada.post(&node, "/api/v1/tenants", json!({ "name": "Acme" })).await;
        (answer.status == 201).then_some(())
    });
    created.await.expect("operators create tenants");
    println!("an operator added beside a running node: {} ms", begin.elapsed().as_millis());
    vic.post(&node, "/api/v1/tenants", json!({ "name": "Vics" })).await.expect(403);
}

#[tokio::test(flavor = "multi_thread")]
async fn operators_are_added_listed_and_removed_but_for_the_last() {
    let installation = Installation::over_sqlite().await;
    assert!(installation.program(&["migrate"]).run().status.success());
    let node = installation.node().await;
    let (ada, vic) = (Client::of(&installation), Client::of(&installation));
    ada.sign_in(&node, "google", "ada").await;
    vic.sign_in(&node, "github", "vic").await;
    let run = |arguments: &[&str]| {
        let all: Vec<&str> = ["operator"].iter().chain(arguments).copied().collect();
        installation.program(&all).run()
    };
    assert!(run(&["list"]).stdout.contains("Nobody operates"));
    assert_eq!(run(&["add", "ada@example.com", "--role", "owner"]).status.code(), Some(2));
    assert!(run(&["add", "ada@example.com"]).status.success());
    assert!(run(&["add", "vic@example.com", "--role", "support"]).stdout.contains("holds the role support"));
    let twice = run(&["add", "ada@example.com"]);
    assert!(!twice.status.success() && twice.stderr.contains("already"), "{twice:?}");
    let list = run(&["list"]).stdout;
    assert!(list.contains("operator Ada Sample (ada@example.com)"), "{list}");
    assert!(list.contains("support  Vic Sample"), "{list}");
    for refused in
        [run(&["remove", "ada@example.com"]), run(&["add", "ada@example.com", "--role", "support"])]
    {
        assert!(!refused.status.success() && refused.stderr.contains("needs an operator"), "{refused:?}");
    }
    assert!(run(&["remove", "vic@example.com"]).status.success());
    let verified = installation.program(&["audit", "verify"]).run();
    assert!(verified.status.success(), "{verified:?}");
}
