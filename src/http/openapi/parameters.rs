//! The parameters of an operation: of its path, its query and its headers. Called for each operation; must never ask
//! for one that the handler does not read.

use schemars::SchemaGenerator;
use serde_json::{Value, json};

use crate::http::access::Access;
use crate::http::routes::RouteInfo;

pub(super) fn parameters(route: &RouteInfo, sent: &mut SchemaGenerator) -> Vec<Value> {
    let in_path = route.path.split('/').filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'));
    let mut parameters: Vec<Value> = in_path.map(path_parameter).collect();
    if let Some(schema) = route.operation.query {
        let schema = schema(sent).to_value();
        let required = schema.get("required").and_then(Value::as_array).cloned().unwrap_or_default();
        let properties = schema.get("properties").and_then(Value::as_object).cloned().unwrap_or_default();
        parameters.extend(properties.into_iter().map(|(name, schema)| {
            let needed = required.contains(&Value::from(name.clone()));
            query_parameter(&name, needed, schema)
        }));
    }
    let header = |(name, description): &(&str, &str)| json!({ "name": name, "in": "header", "required": false, "description": description, "schema": { "type": "string" } });
    parameters.extend(route.operation.headers.iter().map(header));
    if matches!(route.access, Access::Permission(_) | Access::PermissionOrOwn(_) | Access::Member) {
        let text =
            "A policy version that was answered before: the decision is made on that one or a later one.";
        parameters.push(header(&("X-Policy-Version", text)));
    }
    parameters
}

fn path_parameter(name: &str) -> Value {
    let (description, format) = match name {
        "tenant" => ("The tenant's slug or id.", None),
        "role" => ("The role's key or id.", None),
        "user" => ("The user's id.", Some("uuid")),
        "invitation" => ("The invitation's id.", Some("uuid")),
        "request" => ("The request's id.", Some("uuid")),
        "project" => ("The project's id.", Some("uuid")),
        "event" => ("The event's id.", Some("uuid")),
        "session" => ("The session's id.", Some("uuid")),
        "identity" => ("The identity's id.", Some("uuid")),
        _ => ("What this is about.", None),
    };
    let mut schema = json!({ "type": "string" });
    if let (Some(format), Some(schema)) = (format, schema.as_object_mut()) {
        schema.insert("format".to_owned(), format.into());
    }
    json!({ "name": name, "in": "path", "required": true, "description": description, "schema": schema })
}

/// A query cannot say null: what may be absent is the type itself, not required.
fn query_parameter(name: &str, required: bool, mut schema: Value) -> Value {
    let fields = schema.as_object_mut();
    let description = fields.and_then(|fields| {
        fields.remove("format");
        if let Some(types) = fields.get_mut("type")
            && let Some(one) = types.as_array().and_then(|types| types.iter().find(|name| *name != "null"))
        {
            *types = one.clone();
        }
        fields.remove("description")
    });
    let either = schema.get("anyOf").and_then(Value::as_array).cloned().unwrap_or_default();
    if let Some(one) = either.into_iter().find(|schema| schema.get("$ref").is_some()) {
        schema = one;
    }
    let description = description.unwrap_or_default();
    json!({ "name": name, "in": "query", "required": required, "description": description, "schema": schema })
}
