//! Apps on the pages about roles and access.

use serde_json::json;

use super::Reads as _;
use crate::harness::app::each_database;

#[tokio::test]
async fn pages_about_access_tell_of_apps() {
    each_database(async |app| {
        let ada = app.person("ada").await;
        let acme = app.tenant_of(&ada, "acme").await;
        let robot = ada.registers(&acme, "<Robot>", json!(["viewer"])).await;
        let page = format!("/t/acme/access?app={robot}");
        let able = ada.get("/t/acme/access/who-can?permission=roles:read").await.expect(200);
        able.has(&["1 person and 1 app", &page, "&#60;Robot&#62;", ">App</span>"]);
        ada.get(&page).await.expect(200).has(&[
            "&#60;Robot&#62;",
            ">App</span>",
            "<b>Viewer</b> allows it.",
            "may do 4 of 29 things",
        ]);
        let own = format!("/t/acme/apps/{robot}");
        ada.get(&own).await.expect(200).has(&["What can it do?", &page]);
        ada.get(&page).await.expect(200).has(&[&own]);
        ada.patch(&acme.api(&format!("/apps/{robot}")), json!({ "enabled": false })).await.expect(200);
        ada.get(&page).await.expect(200).has(&["is disabled, so nothing", "may do 0 of 29 things"]);
        for nothing in [format!("app={}", ada.id), format!("user={robot}"), "app=x".to_owned()] {
            ada.get(&format!("/t/acme/access?{nothing}")).await.expect(404);
        }
    })
    .await;
}

#[tokio::test]
async fn pages_about_roles_count_apps_and_tell_what_becomes_of_them() {
    each_database(async |app| {
        let ada = app.person("ada").await;
        let acme = app.tenant_of(&ada, "acme").await;
        let helper = json!({ "name": "Helper", "permissions": ["projects:read"] });
        ada.post_json(&acme.api("/roles"), helper).await.expect(201);
        let robot = ada.registers(&acme, "Robot", json!(["helper"])).await;
        ada.get("/t/acme/roles").await.expect(200).has(&["1 app"]);
        ada.get("/t/acme/roles/helper").await.expect(200).has(&["1 app"]);
        ada.get("/t/acme/access/unused?days=90").await.expect(200).has(&["1 app holds it"]);
        ada.get("/t/acme/roles/helper/delete").await.expect(200).has(&["1 app holds it."]);
        let asked = ada.get("/t/acme/roles/helper/delete?reassign_to=viewer").await.expect(200);
        asked.has(&["1 app gains something.", &format!("href=\"/t/acme/apps/{robot}\">Robot</a>")]);
    })
    .await;
}
