//! What another site may make a signed-in browser do: nothing.

use freehold::login::Provider::Google;
use http::{Method, StatusCode};

use crate::harness::browserless::{Site, Store, Visitor};

async fn signed_in(site: &Site) -> Visitor<'_> {
    let visitor = site.visitor();
    visitor.signs_in(Google, "ada").await;
    visitor
}

/// The person's name, by which one sees whether anything was changed.
async fn name(visitor: &Visitor<'_>) -> String {
    visitor.me().await.json()["name"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_change_shows_that_our_own_pages_asked_for_it() {
    let site = Site::start(Store::sqlite().await).await;
    let visitor = signed_in(&site).await;
    let own = site.origin.clone();
    let evil = "https://evil.example".to_owned();
    let port = format!("http://127.0.0.1:{}", site.address.port() ^ 1);
    let site_header = |value: &str| ("sec-fetch-site", value.to_owned());
    let bad = [
        vec![],
        vec![("referer", format!("{own}/account"))],
        vec![("origin", evil.clone())],
        vec![("origin", "null".to_owned())],
        vec![("origin", port)],
        vec![("origin", format!("{own}.evil.example"))],
        vec![("origin", own.replace("http:", "https:"))],
        vec![site_header("cross-site")],
        vec![site_header("same-site")],
        vec![site_header("none")],
        vec![site_header("same-origin"), ("origin", evil.clone())],
        vec![site_header("cross-site"), ("origin", own.clone())],
        vec![("origin", own.clone()), ("origin", evil.clone())],
        vec![("origin", own.clone()), site_header("same-origin"), site_header("cross-site")],
        vec![("x-requested-with", "XMLHttpRequest".to_owned()), ("x-csrf-token", "1".to_owned())],
    ];
    for headers in bad {
        let request = visitor.request(Method::PATCH, "/api/v1/me").header("content-type", "application/json");
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, value));
        let answer = visitor.send(request.body(r#"{"name": "Mallory"}"#)).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{headers:?} {answer:?}");
        assert_eq!(answer.problem(), "csrf", "{headers:?}");
        let request = visitor.request(Method::DELETE, "/api/v1/me/sessions");
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, value));
        assert_eq!(visitor.send(request).await.status, StatusCode::FORBIDDEN, "{headers:?}");
    }
    assert_eq!(name(&visitor).await, "Ada Sample");
    for headers in [vec![("origin", own.clone())], vec![site_header("same-origin")]] {
        let request = visitor.request(Method::PATCH, "/api/v1/me").header("content-type", "application/json");
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, value));
        assert_eq!(
            visitor.send(request.body(r#"{"name": "Ada"}"#)).await.status,
            StatusCode::OK,
            "{headers:?}"
        );
    }
    assert_eq!(name(&visitor).await, "Ada");
}

#[tokio::test]
async fn the_api_takes_json_only() {
    let site = Site::start(Store::sqlite().await).await;
    let visitor = signed_in(&site).await;
    for kind in [
        None,
        Some("text/plain"),
        Some("application/x-www-form-urlencoded"),
        Some("multipart/form-data; boundary=x"),
        Some("text/json"),
        Some("application/jsonx"),
        Some("application/json, text/plain"),
    ] {
        let request = visitor.request(Method::PATCH, "/api/v1/me").header("origin", &site.origin);
        let request = kind.iter().fold(request, |request, kind| request.header("content-type", *kind));
        let answer = visitor.send(request.body(r#"{"name": "Mallory"}"#)).await;
        assert_eq!(answer.status, StatusCode::UNSUPPORTED_MEDIA_TYPE, "{kind:?}");
    }
    assert_eq!(name(&visitor).await, "Ada Sample");
}

#[tokio::test]
async fn a_form_carries_the_token_of_its_session() {
    let site = Site::start(Store::sqlite().await).await;
    let visitor = signed_in(&site).await;
    let other = signed_in(&site).await;
    let (own, foreign) = (visitor.form_token().await, other.form_token().await);
    assert_ne!(own, visitor.form_token().await, "masked anew each time, or compression would tell it");
    let mut altered = own.clone();
    let last = altered.pop().unwrap();
    altered.push(if last == 'A' { 'B' } else { 'A' });
    let mask_swapped = format!("{}{}", &foreign[..12], &own[12..]);
    let bad: Vec<Vec<(&str, &str)>> = vec![
        vec![],
        vec![("form_token", "")],
        vec![("form_token", "x")],
        vec![("form_token", &foreign)],
        vec![("form_token", &altered)],
        vec![("form_token", &mask_swapped)],
        vec![("form_token", &own[..20])],
        vec![("form_token", "ééééééééééééééé")],
        vec![("form_token", &own), ("form_token", &own)],
        vec![("token", &own)],
    ];
    for fields in bad {
        let answer = visitor.submits("/logout", &fields).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{fields:?} {answer:?}");
        assert_eq!(visitor.me().await.status, StatusCode::OK, "{fields:?}");
    }
    let request = visitor.request(Method::POST, "/logout").form(&[("form_token", &own)]);
    assert_eq!(visitor.send(request).await.status, StatusCode::FORBIDDEN, "the token alone is not enough");
    let request = visitor.request(Method::POST, "/logout").header("origin", &site.origin);
    let as_json =
        request.header("content-type", "application/json").body(format!(r#"{{"form_token": "{own}"}}"#));
    assert_eq!(visitor.send(as_json).await.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    let in_query = visitor.submits(&format!("/logout?form_token={own}"), &[]).await;
    assert_eq!(in_query.status, StatusCode::FORBIDDEN);
    assert_eq!(visitor.me().await.status, StatusCode::OK);
    assert_eq!(visitor.submits("/logout", &[("form_token", &own)]).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn nothing_is_shared_with_other_origins() {
    let site = Site::start(Store::sqlite().await).await;
    let visitor = signed_in(&site).await;
    for method in [Method::GET, Method::OPTIONS, Method::PATCH] {
        for path in ["/api/v1/me", "/login", "/nowhere", "/healthz"] {
            let request = visitor
                .request(method.clone(), path)
                .header("origin", "https://evil.example")
                .header("access-control-request-method", "PATCH")
                .header("access-control-request-headers", "content-type");
            let answer = visitor.send(request).await;
            let shared = answer.headers.keys().find(|name| name.as_str().starts_with("access-control-"));
            assert_eq!(shared, None, "{method} {path}");
        }
    }
}
