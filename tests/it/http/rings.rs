//! The rings around every handler: what the table does not know does not run, and an answer that no decision
//! touched does not leave.

use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::routing::get;
use freehold::http::around;
use freehold::http::routes::{Area, Routes};

use super::raw::{self, request, send};
use crate::harness::browserless::{Site, Store};

static RAN: AtomicUsize = AtomicUsize::new(0);

async fn undeclared() -> &'static str {
    RAN.fetch_add(1, Ordering::SeqCst);
    "everyone may read this"
}

#[tokio::test]
#[allow(clippy::disallowed_methods, reason = "what is tested is a route that came in this way")]
async fn a_route_that_is_not_in_the_table_does_not_run() {
    let site = Site::on(Store::sqlite().await).router(|app| {
        let nested = Router::new().route("/below", get(undeclared));
        let routes = freehold::http::routes().finish().0;
        around(routes.route("/sneaky", get(undeclared)).nest("/nested", nested), app)
    });
    let site = site.start().await;
    for path in ["/sneaky", "/nested/below"] {
        for method in ["GET", "HEAD", "POST", "DELETE"] {
            let answer = send(site.address, request(method, path, site.address, &[])).await;
            assert_eq!(answer.status, 500, "{method} {path}");
            assert!(!answer.body.contains("everyone"), "{answer:?}");
        }
    }
    assert_eq!(RAN.load(Ordering::SeqCst), 0, "no handler ran");
    assert_eq!(raw::get(site.address, "/login").await.status, 200);
}

#[tokio::test]
#[allow(clippy::disallowed_methods, reason = "what is tested is a handler that came in this way")]
async fn a_method_that_is_not_in_the_table_does_not_run() {
    let site = Site::on(Store::sqlite().await)
        .router(|app| around(Router::new().route("/login", get(never).post(never)), app))
        .start()
        .await;
    assert_eq!(send(site.address, request("POST", "/login", site.address, &[])).await.status, 405);
}

async fn never() -> &'static str {
    "everyone may read this"
}

#[tokio::test]
#[allow(clippy::disallowed_methods, reason = "what is tested is a handler that came in this way")]
async fn an_answer_that_no_decision_touched_does_not_leave() {
    let site = Site::on(Store::sqlite().await)
        .router(|app| around(Router::new().route("/api/v1/me", get(never)), app))
        .start()
        .await;
    let answer = raw::get(site.address, "/api/v1/me").await;
    assert_eq!(answer.status, 500);
    assert!(!answer.body.contains("everyone"), "{answer:?}");
}

const OAUTH: [&str; 4] =
    ["/oauth/token", "/oauth/introspect", "/oauth/revoke", "/oauth/device_authorization"];

#[test]
fn every_route_declares_who_may_call_it() {
    let table = freehold::http::table();
    assert!(table.iter().count() > 10);
    for route in table.iter() {
        assert!(!route.access.as_str().is_empty(), "{} {}", route.method, route.path);
        let changes = !matches!(route.method.as_str(), "GET" | "HEAD");
        // The OAuth endpoints prove the client by what is in the request, in OAuth's own form.
        let open = changes && route.access.as_str() == "public" && !OAUTH.contains(&route.path);
        assert!(!open, "{} {} is open", route.method, route.path);
    }
    let empty = Routes::new(Area::Api).finish().1;
    assert_eq!(empty.iter().count(), 0);
}
