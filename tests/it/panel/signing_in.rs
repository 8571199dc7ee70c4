//! Pages and who is not signed in, or not any more.

use std::time::Duration;

use freehold::config::ProviderConfig;
use http::Method;

use super::Reads as _;
use crate::harness::app::{Backend, TestApp, each_database};

#[tokio::test]
async fn who_is_not_signed_in_is_sent_to_sign_in_and_comes_back() {
    each_database(async |app| {
        let ada = app.person("ada").await;
        app.tenant_of(&ada, "acme").await;
        for (path, back) in [
            ("/", "%2F"),
            ("/tenants", "%2Ftenants"),
            ("/account", "%2Faccount"),
            (
                "/t/acme/members?search=b%26c&role=viewer",
                "%2Ft%2Facme%2Fmembers%3Fsearch%3Db%2526c%26role%3Dviewer",
            ),
            ("/t/nobodys/settings", "%2Ft%2Fnobodys%2Fsettings"),
        ] {
            let sent = app.anonymous().get(path).await;
            assert_eq!(sent.leads_to(), format!("/login?return_to={back}"));
            app.anonymous().get(sent.leads_to()).await.expect(200).has(&["Sign in"]);
        }
        for (path, back) in [
            ("/tenants", "%2Ftenants"),
            ("/t/acme/settings/delete", "%2Ft%2Facme%2Fsettings"),
            ("/logout", "%2F"),
        ] {
            let sent = app.anonymous().call(Method::POST, path).send().await;
            assert_eq!(sent.leads_to(), format!("/login?return_to={back}"));
        }
    })
    .await;
}

/// An application that knows Google, and never asks it.
async fn with_google() -> TestApp {
    let google = ProviderConfig {
        client_id: "client".into(),
        client_secret: "secret".into(),
        url: "https://accounts.google.test".into(),
        api_url: "https://accounts.google.test".into(),
    };
    TestApp::start_with(Backend::Sqlite, |config| config.google = Some(google)).await
}

#[tokio::test]
async fn only_a_path_of_ours_is_a_place_to_come_back_to() {
    let app = with_google().await;
    let link = |return_to: &str| format!("href=\"/auth/google?return_to={return_to}\"");
    for (place, kept) in [
        ("/t/acme?a=b&c", "%2Ft%2Facme%3Fa%3Db%26c"),
        ("https://evil.example/", "%2F"),
        ("//evil.example/", "%2F"),
        ("/\\evil.example", "%2F"),
        ("/\t/evil.example", "%2F"),
        ("javascript:alert(1)", "%2F"),
        ("", "%2F"),
    ] {
        let encoded: String = url::form_urlencoded::byte_serialize(place.as_bytes()).collect();
        let page = app.anonymous().get(&format!("/login?return_to={encoded}")).await.expect(200);
        page.has(&["Continue with Google", &link(kept)]).lacks(&["evil", "alert("]);
    }
}

#[tokio::test]
async fn a_session_that_ended_opens_no_page() {
    each_database(async |app| {
        let ada = app.person("ada").await;
        ada.get("/tenants").await.expect(200);
        assert_eq!(ada.post_form("/logout", &[]).await.leads_to(), "/login?signed_out=1");
        assert_eq!(ada.get("/tenants").await.leads_to(), "/login?return_to=%2Ftenants");
        app.anonymous().get("/login?signed_out=1").await.has(&["You are signed out."]);
    })
    .await;
}

#[tokio::test]
async fn what_is_grave_asks_for_a_recent_sign_in() {
    each_database(async |app| {
        let ada = app.person("ada").await;
        app.tenant_of(&ada, "acme").await;
        ada.links_github().await;
        let account = ada.get("/account").await.expect(200).text();
        let (_, rest) = account.split_once("/account/identities/").unwrap();
        let unlink = format!("/account/identities/{}/unlink", rest.split('/').next().unwrap());
        ada.get(&unlink).await.expect(200).has(&["Unlink"]);
        ada.get("/t/acme/settings").await.expect(200).has(&["Delete this tenant</button>"]);
        app.clock.advance(Duration::from_mins(11));

        let before = app.db_number("select count(*) from identities").await;
        let asked = ada.get(&unlink).await.expect(403);
        asked.has(&["Confirm it is you", &format!("/login?return_to={}", unlink.replace('/', "%2F"))]);
        ada.post_form(&unlink, &[]).await.expect(403).has(&["Sign in again", "/login?return_to=%2Faccount"]);
        assert_eq!(app.db_number("select count(*) from identities").await, before);
        ada.get("/account").await.expect(200).has(&["Sign in again"]).lacks(&["Link Google</button>"]);

        ada.get("/t/acme/settings")
            .await
            .expect(200)
            .has(&["Sign in again"])
            .lacks(&["Delete this tenant</button>"]);
        let refused = ada.post_form("/t/acme/settings/delete", &[("confirm", "acme")]).await.expect(403);
        refused.has(&["/login?return_to=%2Ft%2Facme%2Fsettings"]);
        ada.get("/t/acme").await.expect(200);
        let again = app.person_with(ada.external.clone()).await;
        let deleted = again.post_form("/t/acme/settings/delete", &[("confirm", "acme")]).await;
        assert_eq!(deleted.leads_to(), "/tenants?done=tenant-deleted");
        ada.get("/t/acme").await.expect(404);
    })
    .await;
}
