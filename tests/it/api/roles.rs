//! Roles and permissions, as members see them.

use serde_json::json;

use crate::harness::app::each_database;

#[tokio::test]
async fn a_role_is_found_by_key_and_id() {
    each_database(async |app| {
        let (ada, vic) = (app.person("ada").await, app.person("vic").await);
        let acme = app.tenant_of(&ada, "acme").await;
        vic.joins(&acme, "viewer").await;
        let role = vic.get(&acme.api("/roles/viewer")).await.expect(200).json();
        assert_eq!(role["key"], "viewer");
        assert_eq!(role["system"], true);
        assert_eq!(role["member_count"], 1);
        assert!(role["permissions"].as_array().unwrap().contains(&json!("members:read")));
        let id = role["id"].as_str().unwrap();
        assert_eq!(vic.get(&acme.api(&format!("/roles/{id}"))).await.expect(200).json(), role);
        let umbrella = app.tenant_of(&ada, "umbrella").await;
        ada.get(&umbrella.api(&format!("/roles/{id}"))).await.problem(404, "not-found");
        for none in ["nobody", "%00", "VIEWER", "viewer%20"] {
            vic.get(&acme.api(&format!("/roles/{none}"))).await.problem(404, "not-found");
        }
        assert_eq!(vic.get(&acme.api("/roles/member")).await.json()["inherits"], json!(["viewer"]));
    })
    .await;
}

#[tokio::test]
async fn the_catalogue_says_what_each_permission_is() {
    each_database(async |app| {
        let ada = app.person("ada").await;
        let acme = app.tenant_of(&ada, "acme").await;
        let all = ada.get(&acme.api("/permissions")).await.expect(200).json();
        let items = all["items"].as_array().unwrap();
        let alone: Vec<&str> = items
            .iter()
            .filter(|item| item["session_only"] == true)
            .map(|item| item["name"].as_str().unwrap())
            .collect();
        assert_eq!(alone, ["tenant:delete", "tenant:transfer", "apps:secrets", "tokens:create"]);
        assert!(items.iter().all(|item| !item["description"].as_str().unwrap().is_empty()));
    })
    .await;
}
