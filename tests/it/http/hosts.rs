//! A request is for the public URL's host, named once; and proxies speak for clients only when they are trusted.

use freehold::login::Provider::Google;

use super::raw::{get, send};
use crate::harness::browserless::{Site, Store};

#[tokio::test]
async fn a_request_names_the_public_host_exactly_once() {
    let site = Site::start(Store::sqlite().await).await;
    let (to, host) = (site.address, site.address.to_string());
    for (request, expected) in [
        ("GET /login HTTP/1.1\r\nconnection: close\r\n\r\n".to_owned(), 400),
        (format!("GET /login HTTP/1.1\r\nhost: {host}\r\nhost: {host}\r\nconnection: close\r\n\r\n"), 400),
        (
            format!("GET /login HTTP/1.1\r\nhost: {host}\r\nhost: evil.example\r\nconnection: close\r\n\r\n"),
            400,
        ),
        ("GET /login HTTP/1.1\r\nhost: evil.example\r\nconnection: close\r\n\r\n".to_owned(), 421),
        (format!("GET /login HTTP/1.1\r\nhost: {host}.evil.example\r\nconnection: close\r\n\r\n"), 421),
        ("GET /login HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n".to_owned(), 421),
        ("GET /login HTTP/1.1\r\nhost: \r\nconnection: close\r\n\r\n".to_owned(), 421),
        (format!("GET http://evil.example/login HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n"), 421),
        (format!("GET http://{host}/login HTTP/1.1\r\nhost: evil.example\r\nconnection: close\r\n\r\n"), 421),
        (format!("GET http://{host}/login HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n"), 200),
        (format!("GET /login HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n"), 200),
        ("GET /login HTTP/1.0\r\n\r\n".to_owned(), 400),
    ] {
        let answer = send(to, &request).await;
        assert_eq!(answer.status, expected, "{request:?} {answer:?}");
    }
}

#[tokio::test]
async fn health_answers_whatever_name_it_is_asked_by() {
    let site = Site::start(Store::sqlite().await).await;
    for path in ["/healthz", "/readyz"] {
        let request = format!("GET {path} HTTP/1.1\r\nhost: 10.0.0.7:3000\r\nconnection: close\r\n\r\n");
        assert_eq!(send(site.address, &request).await.status, 200, "{path}");
    }
    assert_eq!(get(site.address, "/metrics").await.status, 404, "detail is not public");
    assert_eq!(get(site.address, "/health").await.status, 404);
}

/// The address that a session opened with these headers is listed with.
async fn listed_address(site: &Site, headers: &[(&'static str, &'static str)]) -> String {
    let visitor = headers.iter().fold(site.visitor(), |visitor, (name, value)| visitor.sending(name, value));
    visitor.signs_in(Google, "ada").await;
    let listed = visitor.get("/api/v1/me/sessions").await.json();
    let items = listed["items"].as_array().unwrap();
    let own = items.iter().find(|item| item["current"] == true).unwrap();
    own["ip"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_stranger_cannot_say_where_they_come_from() {
    let site = Site::start(Store::sqlite().await).await;
    for name in ["x-forwarded-for", "x-real-ip", "forwarded", "true-client-ip"] {
        assert_eq!(listed_address(&site, &[(name, "203.0.113.9")]).await, "127.0.0.1", "{name}");
    }
}

#[tokio::test]
async fn a_trusted_proxy_says_where_the_client_comes_from() {
    let site = Site::on(Store::sqlite().await).trusting(&["127.0.0.0/8", "10.0.0.0/8"]).start().await;
    for (forwarded, expected) in [
        ("203.0.113.9", "203.0.113.9"),
        ("198.51.100.1, 203.0.113.9", "203.0.113.9"),
        ("203.0.113.9, 10.1.2.3", "203.0.113.9"),
        ("2001:db8::1", "2001:db8::1"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("10.1.2.3", "127.0.0.1"),
        ("203.0.113.9, nonsense", "127.0.0.1"),
        ("203.0.113.9:80", "127.0.0.1"),
        ("", "127.0.0.1"),
    ] {
        assert_eq!(listed_address(&site, &[("x-forwarded-for", forwarded)]).await, expected, "{forwarded}");
    }
    let twice = [("x-forwarded-for", "203.0.113.9"), ("x-forwarded-for", "198.51.100.7")];
    assert_eq!(listed_address(&site, &twice).await, "198.51.100.7");
}
