//! What an operation answers: how it ends well, and its problems. Called for each operation; must never name an
//! answer the handler's type does not have.

use http::Method;
use serde_json::{Map, Value, json};

use super::document::Shared;
use super::oauth::{self, OAuthError};
use super::{Answer, problems};
use crate::http::routes::RouteInfo;

pub(super) fn responses(route: &RouteInfo, shared: &mut Shared<'_>) -> Map<String, Value> {
    let mut all: Map<String, Value> = Map::new();
    let nothing = [Answer { status: 200, schema: None, files: &[] }];
    let answers = &route.operation.answers;
    for answer in if answers.is_empty() { nothing.as_slice() } else { answers } {
        all.insert(answer.status.to_string(), done(route, answer, shared));
    }
    if route.method.is_safe() && route.access.is_in_tenant() {
        all.insert("307".to_owned(), json!({ "$ref": "#/components/responses/moved" }));
    }
    if route.operation.oauth {
        shared.given.subschema_for::<OAuthError>();
        all.extend(oauth::responses(route.path));
        return all;
    }
    for (status, slugs) in problems::of(route, shared.rights, &shared.kinds) {
        let told = &route.operation.told.problems;
        let response = if told.iter().any(|(slug, _)| slugs.iter().any(|known| known == slug)) {
            problems::response(&shared.kinds, &slugs, told)
        } else {
            let name = slugs.join("_or_");
            let response = problems::response(&shared.kinds, &slugs, &[]);
            shared.responses.entry(name.clone()).or_insert(response);
            json!({ "$ref": format!("#/components/responses/{name}") })
        };
        // How the handler itself describes it counts for more.
        all.entry(status.to_string()).or_insert(response);
    }
    all
}

fn done(route: &RouteInfo, answer: &Answer, shared: &mut Shared<'_>) -> Value {
    let schema = answer.schema.map(|schema| schema(&mut shared.given).to_value());
    let mut names = vec!["X-Request-Id"];
    if schema.is_some() && shared.tagged.contains(&(route.method.clone(), route.path)) {
        names.push("ETag");
    }
    if route.operation.headers.iter().any(|(name, _)| *name == "Idempotency-Key") {
        names.push("Idempotency-Replayed");
    }
    if answer.status == 201 {
        names.push("Location");
    }
    // When the write changed who may do what, in whichever tenant.
    if route.method != Method::GET {
        names.push("X-Policy-Version");
    }
    let described = schema.as_ref().and_then(|schema| type_of(schema, shared));
    let description = described.unwrap_or_else(|| {
        let plain = match answer.status {
            204 => "It was done.",
            503 => "Not now.",
            _ => "As asked.",
        };
        plain.to_owned()
    });
    let content: Map<String, Value> = match schema {
        Some(schema) => [("application/json".to_owned(), json!({ "schema": schema }))].into_iter().collect(),
        None => answer.files.iter().map(|kind| ((*kind).to_owned(), file(kind))).collect(),
    };
    let mut response = json!({ "description": description, "headers": headers(&names) });
    if let (false, Some(fields)) = (content.is_empty(), response.as_object_mut()) {
        fields.insert("content".to_owned(), content.into());
    }
    response
}

/// What the type says of itself.
fn type_of(schema: &Value, shared: &Shared<'_>) -> Option<String> {
    let name = schema.get("$ref").and_then(Value::as_str)?.rsplit('/').next()?;
    shared.given.definitions().get(name)?.get("description")?.as_str().map(str::to_owned)
}

fn file(kind: &str) -> Value {
    match kind {
        "application/json" => json!({ "schema": { "type": "object" } }),
        _ => json!({ "schema": { "type": "string" } }),
    }
}

/// References to these headers, and to those that every answer may have.
pub(super) fn headers(names: &[&str]) -> Value {
    let reference =
        |name: &&str| ((*name).to_owned(), json!({ "$ref": format!("#/components/headers/{name}") }));
    let limits = ["RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset"];
    names.iter().chain(&limits).map(reference).collect::<Map<String, Value>>().into()
}

/// The headers there are.
pub(super) fn all_headers() -> Value {
    let text = |description: &str, example: &str| json!({ "description": description, "schema": { "type": "string" }, "example": example });
    let number = |description: &str, example: i64| {
        let schema = json!({ "type": "integer", "minimum": 0 });
        json!({ "description": description, "schema": schema, "example": example })
    };
    json!({
        "ETag": text("The version of the resource, for `If-Match`.", "\"3\""),
        "Idempotency-Replayed": text("`true` on the answer of a request that was done before.", "true"),
        "Location": text("The path of the new resource.", &format!("/api/v1/tenants/{}", super::words::ID)),
        "RateLimit-Limit": number("How many requests are let through in a while; absent where none are counted.", 600),
        "RateLimit-Remaining": number("How many of them are left.", 599),
        "RateLimit-Reset": number("In how many seconds there are more.", 1),
        "Retry-After": number("How many seconds to wait before trying again.", 1),
        "WWW-Authenticate": text("How to prove who is calling (RFC 6750).", "Bearer realm=\"freehold\""),
        "X-Policy-Version": number(
            "The tenant's policy version, when this changed access. A request that carries it is never decided on \
             an older policy.", 8
        ),
        "X-Request-Id": text("Names this request in the log and in the audit log.", super::words::REQUEST_ID),
    })
}

/// Where a tenant is that was asked for by a slug it gave up.
pub(super) fn moved() -> Value {
    let location = json!({
        "description": "The same path by the tenant's present slug.",
        "schema": { "type": "string" }, "example": "/api/v1/tenants/acme",
    });
    json!({
        "description": "The tenant has another slug now: ask there.",
        "headers": {
            "Location": location, "X-Request-Id": { "$ref": "#/components/headers/X-Request-Id" },
        },
    })
}
