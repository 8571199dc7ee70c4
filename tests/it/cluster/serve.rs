//! The main job through `freehold serve`, with a provider it knows by its settings only.

use serde_json::json;

use crate::harness::services::Redis;

use super::client::Pair;
use super::installation::Installation;

async fn does_the_main_job(installation: &Installation) {
    let node = installation.node().await;
    let pair = Pair::meet(installation, &node, &["viewer"]).await;
    let members = pair.vic.get(&node, &pair.path("/members")).await.expect(200).json();
    assert_eq!(members["items"].as_array().unwrap().len(), 2, "{members}");

    let roles = json!({ "roles": ["viewer"] });
    let path = pair.path(&format!("/members/{}/roles", pair.ada_id));
    let denied = pair.vic.send(&node, http::Method::PUT, &path, Some(roles)).await.expect(403);
    let problem = denied.json();
    assert_eq!(denied.header("content-type"), "application/problem+json");
    assert_eq!(problem["required"], "members:update", "{problem}");
    assert_eq!(problem["held_roles"], json!(["viewer"]));
    assert_eq!(problem["granted_by"], json!(["owner", "admin"]));
    assert_eq!(problem["ask"], json!([{ "id": pair.ada_id.to_string(), "name": "Ada Sample" }]));
    assert!(problem["decision_id"].is_string() && problem["policy_version"].is_i64(), "{problem}");
}

#[tokio::test(flavor = "multi_thread")]
async fn serve_does_the_main_job_on_sqlite() {
    let installation = Installation::over_sqlite().await;
    let migrated = installation.program(&["migrate"]).run();
    assert!(migrated.status.success(), "{migrated:?}");
    does_the_main_job(&installation).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn serve_does_the_main_job_on_postgres_and_redis() {
    let redis = Redis::private().await;
    let installation = Installation::over_shared_postgres().await.with("REDIS_URL", redis.url());
    does_the_main_job(&installation).await;
}
