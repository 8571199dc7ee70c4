//! The pages of a tenant's life: handing it over, deleting and restoring it; and the operators' pages.

use std::time::Duration;

use freehold::authz::platform::PlatformRole;

use super::Reads;
use crate::harness::app::each_database;

#[tokio::test]
async fn a_tenant_is_handed_over_on_its_settings() {
    each_database(async |app| {
        let (ada, vera) = (app.person("ada").await, app.person("vera").await);
        let tenant = app.tenant_of(&ada, "acme").await;
        vera.joins(&tenant, "viewer").await;
        let page = "/t/acme/settings/transfer";
        ada.get("/t/acme/settings").await.expect(200).has(&[page]);
        ada.get(page)
            .await
            .expect(200)
            .has(&["vera@example.com", "Type <b>acme</b>"])
            .lacks(&["ada@example.com ·"]);
        ada.get(&format!("{page}?search=nobody")).await.expect(200).has(&["Nobody to hand it to"]);
        let id = vera.id.to_string();
        let wrong = ada.post_form(page, &[("to", &id), ("keep_role", "admin"), ("confirm", "acme!")]).await;
        wrong.expect(422).has(&["This is not the slug", &format!("value=\"{id}\" checked")]);
        ada.post_form(page, &[("confirm", "acme")])
            .await
            .expect(422)
            .has(&["Choose who is to own the tenant."]);
        app.clock.advance(Duration::from_mins(11));
        ada.get(page).await.expect(403).has(&["/login?return_to=%2Ft%2Facme%2Fsettings%2Ftransfer"]);
        let ada = app.person_with(ada.external.clone()).await;
        let done = ada.post_form(page, &[("to", &id), ("keep_role", "admin"), ("confirm", "acme")]).await;
        assert_eq!(done.leads_to(), "/t/acme?done=transferred");
        ada.get("/t/acme").await.expect(200).has(&["Admin", "handed this tenant to", "<b>vera</b>"]);
        ada.get("/t/acme/settings").await.expect(200).lacks(&[page]);
    })
    .await;
}

#[tokio::test]
async fn a_deleted_tenant_waits_for_its_owner_on_the_page_of_tenants() {
    each_database(async |app| {
        let ada = app.person("ada").await;
        let tenant = app.tenant_of(&ada, "acme").await;
        ada.get("/tenants").await.expect(200).lacks(&["Deleted"]);
        ada.post_form("/t/acme/settings/delete", &[("confirm", "acme")]).await.expect(303);
        let path = format!("/tenants/{}/restore", tenant.id);
        ada.get("/tenants").await.expect(200).has(&["Deleted", &path, "in 1 month"]);
        app.clock.advance(Duration::from_mins(11));
        ada.get(&path).await.expect(403).has(&["Sign in again"]);
        ada.post_form(&path, &[]).await.expect(403).has(&["/login?return_to=%2Ftenants"]);
        let ada = app.person_with(ada.external.clone()).await;
        ada.get(&path).await.expect(200).has(&["Restore acme?"]);
        assert_eq!(ada.post_form(&path, &[]).await.leads_to(), "/t/acme?done=tenant-restored");
        ada.get("/t/acme").await.expect(200);
        ada.get(&path).await.expect(404);
    })
    .await;
}

#[tokio::test]
async fn operators_suspend_and_disable_on_their_pages() {
    each_database(async |app| {
        let (ada, olu) = (app.person("ada").await, app.person("olu").await);
        olu.operates(PlatformRole::Operator).await;
        let tenant = app.tenant_of(&ada, "acme").await;
        olu.get("/tenants").await.expect(200).has(&["href=\"/operator\""]);
        olu.get("/operator").await.expect(200).has(&["Ready", "/operator/tenants?status=suspended"]);
        let of_tenant = format!("/operator/tenants/{}", tenant.id);
        olu.get("/operator/tenants?search=ac").await.expect(200).has(&["1 tenant", &of_tenant]);
        olu.get("/operator/tenants?search=zz").await.expect(200).has(&["No tenant found"]);
        let suspend = format!("{of_tenant}/suspend");
        olu.get(&suspend).await.expect(200).has(&["Suspend acme?"]);
        olu.post_form(&suspend, &[("reason", "")]).await.expect(422).has(&["Say why, in a sentence."]);
        let done = olu.post_form(&suspend, &[("reason", "Unpaid.")]).await;
        assert_eq!(done.leads_to(), format!("{of_tenant}?done=tenant-suspended"));
        olu.get(&of_tenant).await.expect(200).has(&["Its members read: “Unpaid.”", "Resume…"]);
        ada.get("/t/acme").await.expect(403).has(&["This tenant is suspended: Unpaid."]);
        olu.post_form(&format!("{of_tenant}/resume"), &[]).await.expect(303);
        ada.get("/t/acme")
            .await
            .expect(200)
            .has(&["<b>Operator</b> resumed this tenant", "because: Unpaid."]);
        let of_ada = format!("/operator/users/{}", ada.id);
        olu.get("/operator/users").await.expect(200).has(&["2 people", &of_ada]);
        olu.get(&format!("{of_ada}/disable"))
            .await
            .expect(200)
            .has(&["left without an owner", "<li>acme</li>"]);
        let done = olu.post_form(&format!("{of_ada}/disable"), &[("reason", "Gone.")]).await;
        assert_eq!(done.leads_to(), format!("{of_ada}?done=person-disabled"));
        olu.get(&of_ada).await.expect(200).has(&["Nobody who may sign in owns", "Gone.", "Enable…"]);
        ada.get("/tenants").await.expect(303);
        olu.post_form(&format!("{of_ada}/enable"), &[]).await.expect(303);
        let own = format!("/operator/users/{}/disable", olu.id);
        olu.post_form(&own, &[("reason", "Me.")]).await.expect(409).has(&["You cannot disable yourself."]);
    })
    .await;
}
