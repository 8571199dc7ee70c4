//! Other spellings of a path: the canonical route's decision, or no such thing. Never a weaker one.

use freehold::login::Provider::Google;

use super::raw::{request, send};
use crate::harness::browserless::{Site, Store};

/// Spellings that a proxy, a router or a file system might take for `path`.
fn spellings(path: &str) -> Vec<String> {
    let last = path.rsplit('/').next().unwrap();
    let parent = path.strip_suffix(last).unwrap();
    let first = last.as_bytes()[0];
    vec![
        format!("/{path}"),
        format!("//{}", path.trim_start_matches('/')),
        path.replacen("/v1", "//v1", 1),
        format!("{path}/"),
        format!("{path}//"),
        format!("{path}/."),
        format!("{path}/.."),
        format!("{path}/../{last}"),
        format!("/x/..{path}"),
        format!("{parent}./{last}"),
        format!("{parent}x/../{last}"),
        format!("{parent}x/%2e%2e/{last}"),
        format!("{parent}x/%2E%2E%2F{last}"),
        format!("{parent}x/..%2f{last}"),
        format!("{parent}%2e/{last}"),
        format!("{}%2f{last}", parent.trim_end_matches('/')),
        format!("{}%5c{last}", parent.trim_end_matches('/')),
        format!("{}\\{last}", parent.trim_end_matches('/')),
        format!("{parent}%{first:02x}{}", &last[1..]),
        format!("{parent}%25{first:02x}{}", &last[1..]),
        format!("{path}%00"),
        format!("{path}%00.css"),
        format!("{path}%20"),
        format!("{path}%0a"),
        format!("{path};x"),
        format!("{path};.css"),
        format!("{path}.json"),
        format!("{path}."),
        format!("{path}%3f"),
        format!("{path}%"),
        format!("{path}%zz"),
        format!("{path}%c0%af"),
        path.to_uppercase(),
        path.replacen("/api", "/API", 1),
        path.replacen("/api", "/Api", 1),
    ]
}

#[tokio::test]
async fn no_spelling_of_a_path_is_judged_more_weakly() {
    let site = Site::start(Store::sqlite().await).await;
    for path in ["/api/v1/me", "/api/v1/me/sessions", "/api/v1/me/identities"] {
        for spelling in spellings(path) {
            for method in ["GET", "HEAD", "DELETE", "PATCH"] {
                let answer = send(site.address, request(method, &spelling, site.address, &[])).await;
                assert!([400, 401, 404, 405].contains(&answer.status), "{method} {spelling}: {answer:?}");
                assert!(!answer.body.contains("Ada"), "{spelling}");
            }
        }
    }
}

#[tokio::test]
async fn other_spellings_name_nothing_even_for_the_signed_in() {
    let site = Site::start(Store::sqlite().await).await;
    let visitor = site.visitor();
    visitor.signs_in(Google, "ada").await;
    let headers =
        [format!("cookie: freehold={}", visitor.session().unwrap()), format!("origin: {}", site.origin)];
    for path in ["/api/v1/me", "/api/v1/me/sessions"] {
        for spelling in spellings(path) {
            for method in ["GET", "DELETE"] {
                let answer = send(site.address, request(method, &spelling, site.address, &headers)).await;
                assert!([400, 404, 405].contains(&answer.status), "{method} {spelling}: {answer:?}");
            }
        }
    }
    assert_eq!(visitor.me().await.status, 200);
}

#[tokio::test]
async fn an_id_in_a_path_has_one_spelling() {
    let site = Site::start(Store::sqlite().await).await;
    let visitor = site.visitor();
    visitor.signs_in(Google, "ada").await;
    let listed = visitor.get("/api/v1/me/sessions").await.json();
    let id = listed["items"][0]["id"].as_str().unwrap();
    let headers =
        [format!("cookie: freehold={}", visitor.session().unwrap()), format!("origin: {}", site.origin)];
    let remove = async |spelling: &str| {
        let target = format!("/api/v1/me/sessions/{spelling}");
        send(site.address, request("DELETE", &target, site.address, &headers)).await.status
    };
    for spelling in [
        id.to_uppercase(),
        id.replace('-', ""),
        id.replace('-', "%252d"),
        format!("{id}%00"),
        format!("{id}%20"),
        format!("{id}/"),
        format!("{id};x"),
        format!("{id}%2f"),
        format!("{{{id}}}"),
        format!("urn:uuid:{id}"),
        "../sessions".to_owned(),
        "%2e%2e".to_owned(),
        "%ff".to_owned(),
    ] {
        let status = remove(&spelling).await;
        assert!([400, 404].contains(&status), "{spelling}: {status}");
        assert_eq!(visitor.me().await.status, 200, "{spelling}");
    }
    // What is the id once decoded is the id, and judged as it.
    let stranger = site.visitor();
    stranger.signs_in(Google, "ben").await;
    let encoded = format!("/api/v1/me/sessions/{}", id.replace('-', "%2d"));
    assert_eq!(stranger.ask(http::Method::DELETE, &encoded).await.status, 404);
    assert_eq!(remove(&id.replace('-', "%2d")).await, 204);
    assert_eq!(visitor.me().await.status, 401);
}
