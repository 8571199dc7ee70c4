//! Old slugs, handing over and restoring, as clients see them.

use http::Method;
use serde_json::json;

use crate::harness::app::{Answer, TestApp, each_database};

async fn renames(app: &TestApp) -> (crate::harness::app::Person, crate::harness::app::Person) {
    let (ada, sam) = (app.person("ada").await, app.person("sam").await);
    app.tenant_of(&ada, "acme").await;
    ada.patch("/api/v1/tenants/acme", json!({ "slug": "acme-works" })).await.expect(200);
    (ada, sam)
}

fn leads_to(answer: &Answer) -> &str {
    assert_eq!(answer.status, 307, "{}", answer.text());
    assert_eq!(answer.header("cache-control"), Some("no-store"), "nobody may keep it");
    answer.header("location").unwrap()
}

#[tokio::test]
async fn an_old_slug_leads_members_on_and_tells_others_nothing() {
    each_database(async |app: TestApp| {
        let (ada, sam) = renames(&app).await;
        for (old, new) in [
            ("/t/acme", "/t/acme-works"),
            ("/t/acme/members?search=a%2Fb&role=", "/t/acme-works/members?search=a%2Fb&role="),
            ("/t/acme/roles/acme", "/t/acme-works/roles/acme"),
            ("/api/v1/tenants/acme", "/api/v1/tenants/acme-works"),
            ("/api/v1/tenants/acme/members", "/api/v1/tenants/acme-works/members"),
        ] {
            assert_eq!(leads_to(&ada.get(old).await), new);
            assert_eq!(leads_to(&ada.call(Method::HEAD, old).send().await), new);
            let unknown = old.replace("/acme", "/no-such");
            assert_eq!(
                sam.get(old).await.expect(404).without_request_id(),
                sam.get(&unknown).await.without_request_id()
            );
        }
        let page = app.anonymous().get("/t/acme").await;
        assert!(
            page.header("location").unwrap().starts_with("/login"),
            "who is not signed in learns nothing"
        );
        ada.patch("/api/v1/tenants/acme", json!({ "name": "No" })).await.problem(404, "not-found");
        ada.delete("/api/v1/tenants/acme").await.problem(404, "not-found");
        ada.post_form("/t/acme/settings/delete", &[("confirm", "acme-works")]).await.expect(404);
        ada.get("/t/acme-works").await.expect(200);
    })
    .await;
}

#[tokio::test]
async fn an_old_slug_leads_nowhere_once_its_tenant_is_gone_or_its_time_is_over() {
    each_database(async |app: TestApp| {
        let (ada, _) = renames(&app).await;
        app.clock.advance(std::time::Duration::from_hours(91 * 24));
        let ada = app.person_with(ada.external.clone()).await;
        ada.get("/t/acme").await.expect(404);
        ada.patch("/api/v1/tenants/acme-works", json!({ "slug": "acme-two" })).await.expect(200);
        leads_to(&ada.get("/t/acme-works").await);
        ada.delete("/api/v1/tenants/acme-two").await.expect(204);
        let gone = ada.get("/t/acme-works").await.expect(404).without_request_id();
        assert_eq!(ada.get("/t/acme-two").await.without_request_id(), gone);
        assert_eq!(ada.get("/t/no-such").await.without_request_id(), gone);
    })
    .await;
}

#[tokio::test]
async fn a_tenant_is_deleted_restored_and_handed_over_by_the_api() {
    each_database(async |app: TestApp| {
        let (ada, vera) = (app.person("ada").await, app.person("vera").await);
        let tenant = app.tenant_of(&ada, "acme").await;
        vera.joins(&tenant, "viewer").await;
        ada.delete(&tenant.api("")).await.expect(204);
        let list = ada.get("/api/v1/me/deleted-tenants").await.expect(200).json();
        assert_eq!((&list["items"][0]["slug"], &list["items"][0]["name"]), (&json!("acme"), &json!("acme")));
        assert_eq!(vera.get("/api/v1/me/deleted-tenants").await.json()["items"], json!([]));
        let unknown = vera.post_json("/api/v1/tenants/no-such/restore", json!({})).await;
        for named in ["acme".to_owned(), tenant.id.to_string()] {
            let refused = vera.post_json(&format!("/api/v1/tenants/{named}/restore"), json!({})).await;
            assert_eq!(refused.without_request_id(), unknown.without_request_id());
        }
        let restored = ada.post_json("/api/v1/tenants/acme/restore", json!({})).await.expect(200);
        assert_eq!(restored.json()["slug"], "acme");
        vera.get(&tenant.api("/roles")).await.expect(200);
        let handed = json!({ "to": vera.id, "keep_role": "member" });
        vera.post_json(&tenant.api("/transfer"), handed.clone()).await.problem(403, "forbidden");
        let done = ada.post_json(&tenant.api("/transfer"), handed).await.expect(200).json();
        assert_eq!(done["former"]["roles"][0]["key"], "member");
        ada.delete(&tenant.api("")).await.problem(403, "forbidden");
        let log = vera.get(&tenant.api("/audit-events")).await.expect(200).json();
        let actions: Vec<&str> =
            log["items"].as_array().unwrap().iter().map(|event| event["action"].as_str().unwrap()).collect();
        assert_eq!(actions[3..5], ["tenant.restored", "tenant.deleted"], "{actions:?}");
    })
    .await;
}
