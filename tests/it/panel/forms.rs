//! Forms that are not accepted: the same page, what is wrong beside its field, and all that was typed.

use super::Reads as _;
use crate::harness::app::{Person, each_database};

/// The revision in the form of a page.
async fn revision(person: &Person, path: &str) -> String {
    let page = person.get(path).await.expect(200).text();
    let (_, rest) = page.split_once(r#"name="revision" value=""#).expect("a revision");
    rest.split('"').next().unwrap().to_owned()
}

#[tokio::test]
async fn what_was_typed_is_kept() {
    each_database(async |app| {
        let ada = app.person("ada").await;
        app.tenant_of(&ada, "acme").await;
        let refused =
            ada.post_form("/tenants", &[("name", "Blue Works"), ("slug", "Blue!")]).await.expect(422);
        refused.has(&[
            "value=\"Blue Works\"",
            "value=\"Blue!\"",
            "id=\"slug-error\"",
            "slug-help slug-error",
        ]);
        refused.lacks(&["id=\"name-error\""]);
        let taken = ada.post_form("/tenants", &[("name", "Blue Works"), ("slug", "acme")]).await;
        assert!(taken.status == 409 || taken.status == 422, "{}", taken.text());
        taken.has(&["value=\"Blue Works\"", "value=\"acme\""]);

        let long = "x".repeat(81);
        let refused = ada.post_form("/account", &[("name", &long)]).await.expect(422);
        refused.has(&[&format!("value=\"{long}\""), "id=\"name-error\"", "Use at most 80 characters."]);

        let fields = [("email", "not an address"), ("role", "member"), ("role", "viewer")];
        let refused = ada.post_form("/t/acme/invitations", &fields).await.expect(422);
        refused.has(&[">not an address</textarea>", "id=\"email-error\""]);
        refused.has(&["value=\"member\" checked", "value=\"viewer\" checked"]);
        refused.lacks(&["value=\"admin\" checked"]);
        ada.post_form("/t/acme/invitations", &[("email", "vic@example.com")])
            .await
            .expect(422)
            .has(&[">vic@example.com</textarea>", "id=\"roles-error\""]);

        let seen = revision(&ada, "/t/acme/settings").await;
        let fields = [("name", "Blue"), ("slug", "Not A Slug"), ("revision", seen.as_str())];
        let refused = ada.post_form("/t/acme/settings", &fields).await.expect(422);
        refused.has(&["value=\"Blue\"", "value=\"Not A Slug\"", "id=\"slug-error\""]);
        let refused = ada.post_form("/t/acme/settings/delete", &[("confirm", "acmee")]).await.expect(422);
        refused.has(&["id=\"confirm-error\"", "Nothing was deleted."]);
        ada.get("/t/acme").await.expect(200);
    })
    .await;
}

#[tokio::test]
async fn a_page_that_is_out_of_date_changes_nothing() {
    each_database(async |app| {
        let (ada, vic) = (app.person("ada").await, app.person("vic").await);
        let acme = app.tenant_of(&ada, "acme").await;
        vic.joins(&acme, "viewer").await;
        let member = format!("/t/acme/members/{}", vic.id);
        let (seen, roles) = (revision(&ada, &member).await, format!("{member}/roles"));
        let saved = ada.post_form(&roles, &[("role", "member"), ("revision", &seen)]).await;
        assert_eq!(saved.leads_to(), format!("{member}?done=roles-changed"));
        let stale = ada.post_form(&roles, &[("role", "admin"), ("revision", &seen)]).await.expect(412);
        stale.has(&["It was changed meanwhile.", "value=\"admin\" checked"]);
        ada.get(&member).await.has(&["value=\"member\" checked"]).lacks(&["value=\"admin\" checked"]);

        let seen = revision(&ada, "/t/acme/settings").await;
        let fields = [("name", "Acme 2"), ("slug", "acme"), ("revision", seen.as_str())];
        assert_eq!(
            ada.post_form("/t/acme/settings", &fields).await.leads_to(),
            "/t/acme/settings?done=settings-saved"
        );
        ada.post_form("/t/acme/settings", &fields).await.expect(412).has(&["It was changed meanwhile."]);
        let unread = [("name", "Acme 3"), ("slug", "acme"), ("revision", "x")];
        ada.post_form("/t/acme/settings", &unread).await.expect(400);
    })
    .await;
}

#[tokio::test]
async fn a_form_has_only_its_own_fields() {
    each_database(async |app| {
        let ada = app.person("ada").await;
        app.tenant_of(&ada, "acme").await;
        ada.post_form("/tenants", &[("name", "Blue"), ("owner", "x")]).await.expect(422);
        ada.post_form("/tenants", &[("name", "Blue"), ("name", "Red")]).await.expect(400);
        ada.post_form("/account", &[("name", "Ada"), ("operator", "true")]).await.expect(422);
        ada.post_form("/logout", &[("x", "y")]).await.expect(422);
        assert_eq!(app.db_number("select count(*) from tenants").await, 1);
        ada.get("/account").await.expect(200);
    })
    .await;
}
