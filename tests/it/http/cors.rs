//! Pages of other sites: which of them may call the API, and with what.

use std::time::Duration;

use http::Method;
use serde_json::{Value, json};

use crate::harness::app::{Answer, Person, Tenant, TestApp, each_database};

const PAGE: &str = "https://app.example.com";
const OTHER: &str = "https://other.example.com";
const PATHS: [&str; 3] = ["/api/v1/me", "/oauth/token", "/oauth/revoke"];
/// What was found of an origin is used this long.
const KEPT: Duration = Duration::from_secs(2);

/// An app whose pages stand at `origin`, and a token of its owner's for the same tenant.
async fn with_page(owner: &Person, tenant: &Tenant, origin: &str) -> (Value, String) {
    let app = json!({ "name": "Page", "roles": ["viewer"], "allowed_origins": [origin] });
    let app = owner.post_json(&tenant.api("/apps"), app).await.expect(201).json();
    let token = json!({ "name": "For the page", "scopes": ["tenant:read"] });
    let token = owner.post_json(&tenant.api("/tokens"), token).await.expect(201).json();
    (app, token["token"].as_str().unwrap().to_owned())
}

async fn preflight(app: &TestApp, path: &str, origin: &str) -> Answer {
    let call = app.anonymous().call(Method::OPTIONS, path).header("origin", origin);
    let call = call.header("access-control-request-method", "POST");
    call.header("access-control-request-headers", "authorization,idempotency-key").send().await
}

/// What a page at `origin` is answered; with a token, or with none.
async fn call(app: &TestApp, origin: &str, path: &str, token: Option<&str>) -> Answer {
    let call = app.anonymous().call(Method::GET, path).header("origin", origin);
    match token {
        Some(token) => call.header("authorization", format!("Bearer {token}")).send().await,
        None => call.send().await,
    }
}

fn readable_at(answer: &Answer) -> Option<&str> {
    // Never with cookies, whoever asks.
    assert_eq!(answer.header("access-control-allow-credentials"), None);
    assert!(answer.headers.get_all("vary").iter().any(|names| names == "origin"), "{:?}", answer.headers);
    let origin = answer.header("access-control-allow-origin");
    assert_eq!(origin.is_some(), answer.header("access-control-expose-headers").is_some());
    origin
}

#[tokio::test]
async fn a_browser_may_ask_for_the_pages_of_apps_only() {
    each_database(async |app| {
        let ada = app.person("ada").await;
        let acme = app.tenant_of(&ada, "acme").await;
        with_page(&ada, &acme, PAGE).await;
        for path in PATHS {
            let asked = preflight(&app, path, PAGE).await.expect(204);
            assert_eq!(asked.header("access-control-allow-origin"), Some(PAGE), "{path}");
            assert_eq!(asked.header("access-control-max-age"), Some("600"));
            assert_eq!(asked.header("access-control-allow-credentials"), None);
            assert!(asked.header("access-control-allow-methods").unwrap().contains("POST"));
            let headers = asked.header("access-control-allow-headers").unwrap();
            assert!(headers.contains("authorization") && headers.contains("idempotency-key"), "{headers}");
            assert!(!headers.contains("cookie") && !headers.contains('*'), "{headers}");
            // As text: what is like it is not it.
            for like in [
                OTHER,
                "null",
                "*",
                "https://app.example.com:443",
                "https://app.example.com/",
                "http://app.example.com",
                "https://APP.example.com",
                "https://app.example.com.evil.example",
                "https://evil.example/https://app.example.com",
                "https://sub.app.example.com",
            ] {
                let refused = preflight(&app, path, like).await;
                assert!(
                    [404, 405].contains(&refused.status.as_u16()),
                    "{path} for {like}: {}",
                    refused.status
                );
                assert_eq!(refused.header("access-control-allow-origin"), None, "{path} for {like}");
            }
        }
        // Nothing else answers OPTIONS.
        for path in ["/", "/login", "/account", "/t/acme", "/api/openapi.json", "/auth/github", "/healthz"] {
            let refused = preflight(&app, path, PAGE).await;
            assert!([404, 405].contains(&refused.status.as_u16()), "{path}: {}", refused.status);
            assert_eq!(refused.header("access-control-allow-origin"), None, "{path}");
        }
        let no_question = app.anonymous().call(Method::OPTIONS, "/api/v1/me").header("origin", PAGE);
        no_question.send().await.problem(405, "method-not-allowed");
    })
    .await;
}

#[tokio::test]
async fn a_page_reads_answers_to_tokens_of_its_own_tenant_only() {
    each_database(async |app| {
        let (ada, bob) = (app.person("ada").await, app.person("bob").await);
        let (acme, umbrella) = (app.tenant_of(&ada, "acme").await, app.tenant_of(&bob, "umbrella").await);
        let (_, acmes) = with_page(&ada, &acme, PAGE).await;
        let (_, umbrellas) = with_page(&bob, &umbrella, OTHER).await;
        for (origin, token, readable) in [
            (PAGE, &acmes, true),
            (OTHER, &umbrellas, true),
            (PAGE, &umbrellas, false),
            (OTHER, &acmes, false),
            ("https://nobody.example.com", &acmes, false),
        ] {
            let answer = call(&app, origin, "/api/v1/me", Some(token)).await.expect(200);
            assert_eq!(readable_at(&answer), readable.then_some(origin), "{origin}");
        }
        // What is refused can be read too, and what helps to go on.
        let refused = call(&app, PAGE, &acme.api("/members"), Some(&acmes)).await.expect(403);
        assert_eq!(readable_at(&refused), Some(PAGE));
        for origin in [PAGE, OTHER] {
            assert_eq!(readable_at(&call(&app, origin, "/api/v1/me", None).await.expect(401)), Some(origin));
            let bad = call(&app, origin, "/api/v1/me", Some("fhp_none")).await.expect(401);
            assert_eq!(readable_at(&bad), Some(origin));
            assert!(bad.header("access-control-expose-headers").unwrap().contains("www-authenticate"));
        }
        let nobody = call(&app, "https://nobody.example.com", "/api/v1/me", None).await.expect(401);
        assert_eq!(readable_at(&nobody), None);
    })
    .await;
}

#[tokio::test]
async fn a_cookie_is_worth_nothing_to_a_page_elsewhere() {
    each_database(async |app| {
        let ada = app.person("ada").await;
        let acme = app.tenant_of(&ada, "acme").await;
        with_page(&ada, &acme, PAGE).await;
        let answer = ada.call(Method::GET, "/api/v1/me").header("origin", PAGE).send().await;
        assert_eq!(readable_at(&answer), None);
        // Nor is what it does: the way it came is not one of our own pages'.
        let post = ada.call(Method::POST, &acme.api("/roles")).header("origin", PAGE);
        let refused = post.json(json!({ "name": "Evil", "permissions": [] })).await.problem(403, "csrf");
        assert_eq!(readable_at(&refused), None);
    })
    .await;
}

#[tokio::test]
async fn an_origin_counts_while_an_app_that_works_has_it() {
    each_database(async |app| {
        let ada = app.person("ada").await;
        let acme = app.tenant_of(&ada, "acme").await;
        let (page, token) = with_page(&ada, &acme, PAGE).await;
        let path = acme.api(&format!("/apps/{}", page["id"].as_str().unwrap()));
        let readable = async || {
            app.clock.advance(KEPT);
            let asked = preflight(&app, "/api/v1/me", PAGE).await.status == 204;
            let read = readable_at(&call(&app, PAGE, "/api/v1/me", Some(&token)).await).is_some();
            assert_eq!(asked, read);
            read
        };
        assert!(readable().await);
        ada.patch(&path, json!({ "enabled": false })).await.expect(200);
        assert!(!readable().await);
        ada.patch(&path, json!({ "enabled": true })).await.expect(200);
        assert!(readable().await);
        ada.patch(&path, json!({ "allowed_origins": [OTHER] })).await.expect(200);
        assert!(!readable().await);
        ada.patch(&path, json!({ "allowed_origins": [OTHER, PAGE] })).await.expect(200);
        assert!(readable().await);
        ada.delete(&path).await.expect(204);
        assert!(!readable().await);
    })
    .await;
}
