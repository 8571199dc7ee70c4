//! One operation: who may call it, what it takes and what it answers. Called by the document; must never say less of
//! who may call it than the route declares.

use http::Method;
use schemars::SchemaGenerator;
use serde_json::{Map, Value, json};

use super::document::Types;
use super::naming::{operation_id, tag};
use super::parameters::parameters;
use crate::http::access::Access;
use crate::http::routes::RouteInfo;

pub(super) fn describe(route: &RouteInfo, types: &mut Types) -> Value {
    let mut operation = json!({
        "operationId": operation_id(route),
        "summary": route.summary,
        "description": who(route.access),
        "tags": [tag(route.path)],
        "x-permission": route.access.as_str(),
        "parameters": parameters(route, &mut types.sent),
        "responses": responses(route, &mut types.given),
        "security": match route.access {
            Access::Public(_) => json!([]),
            Access::Permission(_)
            | Access::PermissionOrOwn(_)
            | Access::PermissionOrMine(_)
            | Access::Platform(_)
            | Access::Member
            | Access::Caller
            | Access::SignedIn => {
                json!([{ "session": [] }, { "token": [] }])
            }
        },
    });
    if let (Some(schema), Some(operation)) = (route.operation.body, operation.as_object_mut()) {
        let schema = schema(&mut types.sent);
        let body = json!({ "required": true, "content": { "application/json": { "schema": schema } } });
        operation.insert("requestBody".to_owned(), body);
    }
    operation
}

fn who(access: Access) -> String {
    match access {
        Access::Permission(name) => format!("Needs the permission `{name}` in the tenant."),
        Access::PermissionOrOwn(name) => {
            format!("Needs the permission `{name}` in the tenant, or concerns oneself.")
        }
        Access::PermissionOrMine(name) => {
            format!("Needs the permission `{name}` in the tenant, but for what is one's own.")
        }
        Access::Member => "For every member of the tenant.".to_owned(),
        Access::Platform(name) => format!("For operators whose platform role holds `{name}`."),
        Access::Caller => "For everyone with a session or a token.".to_owned(),
        Access::SignedIn => "For everyone who is signed in.".to_owned(),
        Access::Public(why) => format!("For everyone: {why}."),
    }
}

fn responses(route: &RouteInfo, given: &mut SchemaGenerator) -> Value {
    let (status, schema) = route.operation.answer.unwrap_or((200, None));
    let schema = schema.map(|schema| schema(given).to_value());
    let name =
        schema.as_ref().and_then(|schema| schema.get("$ref")).and_then(Value::as_str).unwrap_or_default();
    let mut headers = vec!["X-Request-Id"];
    if schema.is_some() && !name.ends_with("Page") {
        headers.push("ETag");
    }
    if status == 201 {
        headers.push("Location");
    }
    if route.method != Method::GET {
        headers.push("X-Policy-Version");
    }
    let headers: Map<String, Value> = headers
        .into_iter()
        .map(|name| (name.to_owned(), json!({ "$ref": format!("#/components/headers/{name}") })))
        .collect();
    let description = match status {
        201 => "Created",
        204 => "Done",
        _ => "OK",
    };
    let files = route.operation.file.iter();
    let files: Map<String, Value> =
        files.map(|kind| ((*kind).to_owned(), json!({ "schema": { "type": "string" } }))).collect();
    let done = match schema {
        None if !files.is_empty() => {
            json!({ "description": description, "headers": headers, "content": files })
        }
        Some(schema) => json!({
            "description": description, "headers": headers, "content": { "application/json": { "schema": schema } },
        }),
        None => json!({ "description": description, "headers": headers }),
    };
    json!({ status.to_string(): done, "default": { "$ref": "#/components/responses/Problem" } })
}
