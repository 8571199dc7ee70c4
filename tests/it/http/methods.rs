//! Methods: HEAD is judged as GET, others are refused by name, and no header overrides one.

use freehold::login::Provider::Google;
use http::{Method, StatusCode};

use super::raw::{request, send};
use crate::harness::browserless::{Site, Store};

#[tokio::test]
async fn head_is_judged_as_get() {
    let site = Site::start(Store::sqlite().await).await;
    let visitor = site.visitor();
    for signed_in in [false, true] {
        if signed_in {
            visitor.signs_in(Google, "ada").await;
        }
        for path in ["/api/v1/me", "/api/v1/me/sessions", "/login", "/nowhere", "/logout", "/healthz"] {
            let get = visitor.get(path).await;
            let head = visitor.send(visitor.request(Method::HEAD, path)).await;
            assert_eq!(head.status, get.status, "{path}");
            assert_eq!(head.header("content-type"), get.header("content-type"), "{path}");
            assert_eq!(head.body, "", "{path}");
        }
    }
}

#[tokio::test]
async fn other_methods_are_refused_by_name() {
    let site = Site::start(Store::sqlite().await).await;
    for (path, allowed) in [
        ("/api/v1/me", "GET, PATCH, HEAD"),
        ("/api/v1/me/identities", "GET, HEAD"),
        ("/login", "GET, HEAD"),
        ("/logout", "POST"),
    ] {
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "get", "X"] {
            if allowed.split(", ").any(|known| known == method) {
                continue;
            }
            let answer = send(site.address, request(method, path, site.address, &[])).await;
            assert_eq!((answer.status, answer.header("allow")), (405, allowed), "{method} {path}");
            assert!(!answer.body.contains("HTTP/1.1"), "{method} {path}: nothing is echoed");
        }
    }
    let connect =
        format!("CONNECT evil.example:443 HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n\r\n", site.address);
    let answer = send(site.address, connect).await;
    assert!((400..500).contains(&answer.status), "{answer:?}");
}

#[tokio::test]
async fn a_header_or_parameter_overrides_no_method() {
    let site = Site::start(Store::sqlite().await).await;
    let visitor = site.visitor();
    visitor.signs_in(Google, "ada").await;
    for header in ["x-http-method-override", "x-method-override", "x-http-method"] {
        let disguised = visitor.request(Method::GET, "/api/v1/me/sessions").header(header, "DELETE");
        assert_eq!(visitor.send(disguised).await.status, StatusCode::OK, "{header}");
        let disguised = visitor.request(Method::POST, "/api/v1/me").header(header, "PATCH");
        let answer = visitor.send(disguised.header("origin", &site.origin)).await;
        assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{header}");
    }
    let answer = visitor.submits("/api/v1/me", &[("_method", "PATCH"), ("name", "x")]).await;
    assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(visitor.me().await.json()["name"], "Ada Sample");
}
