//! Whether the description of the API tells the truth: every answer the matrix gets is held against it, so that a new
//! route cannot say less than it does.

use freehold::http::access::Access;
use freehold::http::routes::{Area, RouteInfo, RouteTable};
use serde_json::Value;

use super::callers::{Caller, Scene};
use crate::harness::app::{Answer, Backend, TestApp};

/// The operation of a route, as the document describes it.
pub(super) fn operation<'d>(document: &'d Value, route: &RouteInfo) -> &'d Value {
    let operation = &document["paths"][route.path][route.method.as_str().to_ascii_lowercase()];
    assert!(operation.is_object(), "{} {}: the document does not have it", route.method, route.path);
    operation
}

/// What a reference leads to, or the value itself.
pub(super) fn resolved<'d>(document: &'d Value, value: &'d Value) -> &'d Value {
    match value["$ref"].as_str() {
        Some(reference) => document.pointer(reference.trim_start_matches('#')).expect("it leads somewhere"),
        None => value,
    }
}

/// The slugs of the problems that an operation answers.
pub(super) fn problems<'d>(document: &'d Value, operation: &'d Value) -> Vec<&'d str> {
    let responses = operation["responses"].as_object().unwrap().values();
    let examples = responses.filter_map(|response| {
        resolved(document, response).pointer("/content/application~1problem+json/examples")
    });
    examples.flat_map(|examples| examples.as_object().unwrap().keys()).map(String::as_str).collect()
}

/// Fails where an answer is not one that the document describes.
#[track_caller]
pub(super) fn fits(document: &Value, route: &RouteInfo, answer: &Answer, at: &str) {
    if route.area == Area::Panel {
        return;
    }
    let operation = operation(document, route);
    let told = &operation["responses"][answer.status.as_str()];
    assert!(!told.is_null(), "{at}: the document does not know of {}: {}", answer.status, answer.text());
    let told = resolved(document, told);
    let kind = answer.header("content-type").map(|kind| kind.split(';').next().unwrap());
    let described = |kind: &str| !told["content"][kind].is_null();
    assert!(
        kind.is_none_or(described),
        "{at}: the document does not know of {kind:?} with {}",
        answer.status
    );
    assert!(kind.is_some() || told["content"].is_null(), "{at}: the document promises a body");
    if kind == Some("application/problem+json") {
        let problem = answer.json();
        let slug = problem["type"].as_str().unwrap().rsplit('/').next().unwrap();
        let known = &told["content"]["application/problem+json"]["examples"];
        assert!(!known[slug].is_null(), "{at}: the document does not know of {slug}");
    }
    for name in ["ETag", "Location", "X-Policy-Version", "Retry-After", "WWW-Authenticate", "X-Request-Id"] {
        let (sent, told) = (answer.header(name).is_some(), !told["headers"][name].is_null());
        assert!(told || !sent, "{at}: the document does not know of {name}");
        // These are always there; the others only when there is something to say.
        let always = matches!(name, "ETag" | "Location" | "X-Request-Id")
            || (name == "WWW-Authenticate" && answer.status == 401);
        assert!(sent || !told || !always, "{at}: the document promises {name}");
    }
}

#[tokio::test]
async fn what_asks_for_a_fresh_sign_in_says_so() {
    let app = TestApp::start(Backend::Sqlite).await;
    let table: RouteTable = freehold::http::table();
    let document = app.state.document.of(&app.state.routes, &app.state.authz).clone();
    let mut asking = 0;
    for (number, route) in table.iter().enumerate() {
        if route.area == Area::Panel || route.method.is_safe() {
            continue;
        }
        let by = if matches!(route.access, Access::Platform(_)) { Caller::Operator } else { Caller::Owner };
        let scene = Scene::set(&app, by, number).await;
        scene.prepare(&app, route).await;
        app.clock.advance(std::time::Duration::from_mins(11));
        let answer = scene.call(&app, route, &scene.tenant.slug).await;
        let asked = answer.status == 403
            && answer.json()["type"].as_str().unwrap().ends_with("/reauthentication-required");
        let told = problems(&document, operation(&document, route)).contains(&"reauthentication-required");
        assert_eq!(asked, told, "{} {}: {} {}", route.method, route.path, answer.status, answer.text());
        asking += usize::from(asked);
    }
    assert!(asking >= 5, "{asking} routes ask for one");
}
