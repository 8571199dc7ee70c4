//! Undoing from the page of the audit log: said before it is done, offered to those who may.

use super::Reads as _;
use crate::harness::app::each_database;

#[tokio::test]
async fn undoing_asks_first_and_says_what_is_set_back() {
    each_database(async |app| {
        let (ada, vic) = (app.person("ada").await, app.person("vic").await);
        let acme = app.tenant_of(&ada, "acme").await;
        vic.joins(&acme, "viewer").await;
        let roles = format!("/api/v1/tenants/acme/members/{}/roles", vic.id);
        ada.put(&roles, serde_json::json!({ "roles": ["admin"] })).await.expect(200);
        let log = ada.get("/t/acme/audit").await.expect(200).text();
        let (before, _) = log.split_once("/undo\"").expect("it can be undone");
        let path = format!("{}/undo", before.rsplit("href=\"").next().unwrap());
        let asked = ada.get(&path).await.expect(200);
        asked.has(&[
            "Undo event",
            "changed the roles of",
            "Removed</span> admin",
            "Added</span> viewer",
            "Undo it",
        ]);
        assert_eq!(ada.post_form(&path, &[]).await.leads_to(), "/t/acme/audit?done=undone");
        ada.get("/t/acme/audit").await.has(&["to Viewer, undoing event"]);
        ada.post_form(&path, &[]).await.expect(409).has(&["cannot be undone", "has changed it since"]);
        vic.get(&path).await.expect(403);
        let reader = serde_json::json!({ "name": "Auditor", "permissions": ["audit:read"] });
        ada.post_json("/api/v1/tenants/acme/roles", reader).await.expect(201);
        ada.put(&roles, serde_json::json!({ "roles": ["auditor"] })).await.expect(200);
        vic.get("/t/acme/audit").await.expect(200).lacks(&["/undo\""]);
        vic.get(&path).await.expect(403).has(&["members:update"]);
    })
    .await;
}
