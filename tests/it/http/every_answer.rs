//! What comes with every answer, errors too.

use freehold::http::access::{Public, reason};
use freehold::http::routes::{Area, Routes};
use freehold::login::Provider::Google;

use super::raw::{RawAnswer, get, request, send};
use crate::harness::browserless::{Plan, Site, Store};

#[allow(clippy::panic, reason = "what is tested is that it does")]
async fn panics(_: Public<reason::Health>) -> &'static str {
    panic!("a handler's own fault");
}

/// The product, in which asking for health panics.
fn plan(store: Store) -> Plan {
    Site::on(store).router(|app| {
        let routes = Routes::new(Area::Service).get("/healthz", "Panic", panics).finish().0;
        let product = freehold::http::router(app);
        freehold::http::around(routes, app).fallback_service(product)
    })
}

/// An answer of each kind, by what it is of.
async fn answers(site: &Site, host: &str) -> Vec<(u16, RawAnswer)> {
    let line = |method: &str, target: &str, more: &str| {
        format!("{method} {target} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n{more}\r\n")
    };
    let padding = format!("x-padding: {}\r\n", "x".repeat(17_000));
    let mut answers = Vec::new();
    for (status, bytes) in [
        (200, line("GET", "/login", "")),
        (200, line("HEAD", "/login", "")),
        (303, line("GET", "/auth/github", "")),
        (400, line("GET", "/auth/github/callback", "")),
        (401, line("GET", "/api/v1/me", "")),
        (404, line("GET", "/nowhere", "")),
        (404, line("GET", "/api/v1/nowhere", "")),
        (405, line("POST", "/login", "")),
        (405, line("POST", "/api/v1/me", "")),
        (414, line("GET", &format!("/{}", "x".repeat(9_000)), "")),
        (422, line("GET", "/login?x=1", "")),
        (431, line("GET", "/login", &padding)),
        (500, line("GET", "/healthz", "")),
        (421, line("GET", "/login", "").replace(host, "evil.example")),
        (400, line("GET", "/login", "").replace("host:", "x-host:")),
    ] {
        answers.push((status, send(site.address, bytes).await));
    }
    answers
}

fn is_protected(answer: &RawAnswer) {
    let policy: Vec<&str> = answer.header("content-security-policy").split("; ").collect();
    for rule in [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "object-src 'none'",
        "frame-ancestors 'none'",
    ] {
        assert!(policy.contains(&rule), "{rule}: {answer:?}");
    }
    assert!(!policy.iter().any(|rule| rule.contains("unsafe") || rule.contains('*')), "{policy:?}");
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
    assert!(["same-origin", "no-referrer"].contains(&answer.header("referrer-policy")), "{answer:?}");
    assert_eq!(answer.header("cross-origin-opener-policy"), "same-origin");
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(answer.header("server"), "");
    assert!(!answer.header("x-request-id").is_empty(), "{answer:?}");
}

#[tokio::test]
async fn every_answer_is_protected() {
    let site = plan(Store::sqlite().await).start().await;
    for (status, answer) in answers(&site, &site.address.to_string()).await {
        assert_eq!(answer.status, status, "{answer:?}");
        is_protected(&answer);
        assert_eq!(answer.header("strict-transport-security"), "", "not on plain http");
    }
}

#[tokio::test]
async fn under_https_every_answer_says_to_stay_there() {
    let site = plan(Store::sqlite().await).public_url("https://id.example.com").start().await;
    for (status, answer) in answers(&site, "id.example.com").await {
        assert_eq!(answer.status, status, "{answer:?}");
        is_protected(&answer);
        assert!(answer.header("strict-transport-security").starts_with("max-age=31536000"), "{answer:?}");
    }
}

#[tokio::test]
async fn what_the_signed_in_see_is_not_stored() {
    let site = Site::start(Store::sqlite().await).await;
    let visitor = site.visitor();
    assert_eq!(visitor.signs_in(Google, "ada").await.header("cache-control"), "no-store");
    for path in ["/api/v1/me", "/api/v1/me/sessions", "/api/v1/me/identities", "/", "/account"] {
        assert_eq!(visitor.get(path).await.header("cache-control"), "no-store", "{path}");
    }
}

#[tokio::test]
async fn a_request_keeps_its_id_or_gets_one() {
    let site = Site::start(Store::sqlite().await).await;
    let with = async |id: &str| {
        let headers = [format!("x-request-id: {id}")];
        send(site.address, request("GET", "/api/v1/me", site.address, &headers)).await
    };
    for id in ["a", "0192-ABC_def.1", &"x".repeat(64)] {
        let answer = with(id).await;
        assert_eq!(answer.header("x-request-id"), id);
        assert!(answer.body.contains(&format!("\"request_id\":\"{id}\"")), "{answer:?}");
    }
    for id in ["", "a b", "a,b", "<script>", "\"", "é", &"x".repeat(65)] {
        let answer = with(id).await;
        assert_ne!(answer.header("x-request-id"), id);
        assert_eq!(answer.header("x-request-id").len(), 36, "one of ours: {answer:?}");
        assert!(!answer.body.contains("script"));
    }
    let [one, other] = [get(site.address, "/login").await, get(site.address, "/login").await];
    assert_ne!(one.header("x-request-id"), other.header("x-request-id"));
}

#[tokio::test]
async fn a_panic_is_told_without_its_cause_and_nothing_else_notices() {
    let site = plan(Store::sqlite().await).start().await;
    let visitor = site.visitor();
    visitor.signs_in(Google, "ada").await;
    let headers = ["x-request-id: mine".to_owned()];
    let answer = send(site.address, request("GET", "/healthz", site.address, &headers)).await;
    assert_eq!((answer.status, answer.header("x-request-id")), (500, "mine"));
    assert_eq!(answer.header("content-type"), "application/problem+json");
    assert!(answer.body.contains("\"request_id\":\"mine\""), "{answer:?}");
    assert!(!answer.body.contains("own fault") && !answer.body.contains("panic"), "{answer:?}");
    // On the same connection as well.
    let twice = format!("GET /healthz HTTP/1.1\r\nhost: {0}\r\n\r\n", site.address)
        + request("GET", "/login", site.address, &[]).as_str();
    let text = super::raw::send_and_read(site.address, twice.as_bytes()).await;
    assert_eq!(text.matches("HTTP/1.1 500").count(), 1, "{text}");
    assert_eq!(text.matches("HTTP/1.1 200").count(), 1, "{text}");
    assert_eq!(visitor.me().await.status, 200);
}
