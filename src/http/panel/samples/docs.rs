//! The API for whoever programs against it: a small document of every shape an operation has.

use serde_json::{Value, json};

use super::Sampled;
use crate::http::panel::docs::{DocsPage, GroupPage};
use crate::http::panel::parts::view::Look;

const ORIGIN: &str = "https://freehold.example";

fn document() -> Value {
    let health = json!({
        "operationId": "get_healthz", "summary": "Whether the process is alive", "tags": ["health"],
        "description": "For everyone: load balancers ask without credentials.",
        "x-permission": "public", "security": [],
        "responses": { "200": { "description": "As asked.", "content": { "text/plain": { "schema": {} } } } },
    });
    json!({
        "tags": [
            { "name": "roles", "description": "Named sets of permissions." },
            { "name": "health", "description": "For load balancers." },
        ],
        "paths": {
            "/api/v1/tenants/{tenant}/roles": { "get": list(), "post": make() },
            "/healthz": { "get": health },
        },
    })
}

fn tenant() -> Value {
    json!({
        "name": "tenant", "in": "path", "required": true, "description": "The tenant's slug or id.",
        "schema": { "type": "string", "minLength": 3, "maxLength": 40 }, "example": "acme",
    })
}

fn role() -> Value {
    let inherits = json!({
        "type": ["array", "null"], "items": { "type": "string" }, "description": "Keys of roles it has all of.",
    });
    let schema = json!({
        "type": "object", "required": ["name"],
        "properties": { "name": { "type": "string", "description": "Its name." }, "inherits": inherits },
    });
    json!({ "application/json": { "schema": schema, "example": { "name": "Editor", "inherits": ["viewer"] } } })
}

fn list() -> Value {
    let limit = json!({
        "name": "limit", "in": "query", "required": false, "description": "How many items at most.",
        "schema": { "type": "integer", "minimum": 1, "maximum": 200, "default": 50 },
    });
    json!({
        "operationId": "get_tenant_roles", "summary": "List roles", "tags": ["roles"],
        "description": "Needs the permission `roles:read` in the tenant.", "x-permission": "roles:read",
        "x-roles": ["owner", "admin", "member", "viewer"], "security": [{ "session": [] }, { "token": [] }],
        "parameters": [tenant(), limit],
        "responses": { "200": { "description": "One page of a list.", "content": role() } },
    })
}

fn make() -> Value {
    let problem = |slug: &str, text: &str| {
        let examples: Value = [(slug.to_owned(), json!({}))].into_iter().collect();
        json!({ "description": text, "content": { "application/problem+json": { "examples": examples } } })
    };
    json!({
        "operationId": "post_tenant_roles", "summary": "Make a role", "tags": ["roles"],
        "description": "Needs the permission `roles:create` in the tenant.", "x-permission": "roles:create",
        "x-roles": ["owner", "admin"], "x-session-required": true, "security": [{ "session": [] }],
        "parameters": [tenant()], "requestBody": { "content": role() },
        "responses": {
            "201": {
                "description": "A role.", "content": role(),
                "headers": { "ETag": {}, "Location": {}, "X-Request-Id": {} },
            },
            "409": problem("conflict", "Conflict: the key is taken."),
            "500": problem("internal", "Internal error. The request id helps to find the cause."),
        },
    })
}

impl Sampled for DocsPage {
    const PAGE: &'static str = "docs";

    fn samples(look: Look) -> Vec<(&'static str, Self)> {
        let page = |search: &str| Self::new(look, ORIGIN.to_owned(), &document(), search.to_owned());
        vec![("usual", page("")), ("nothing-found", page("zebra"))]
    }
}

impl Sampled for GroupPage {
    const PAGE: &'static str = "docs-group";

    fn samples(look: Look) -> Vec<(&'static str, Self)> {
        let page = |name: &str| Self::new(look, ORIGIN, &document(), name);
        [("usual", page("roles")), ("public", page("health"))]
            .into_iter()
            .filter_map(|(state, page)| Some((state, page?)))
            .collect()
    }
}
