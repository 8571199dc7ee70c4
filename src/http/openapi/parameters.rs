//! The parameters of an operation: of its path, its query and its headers. Called for each operation; must never ask
//! for one that the handler does not read.

use schemars::SchemaGenerator;
use serde_json::{Value, json};

use super::words::word;
use crate::http::pagination::{DEFAULT_LIMIT, MAX_LIMIT};
use crate::http::routes::RouteInfo;

pub(super) fn parameters(route: &RouteInfo, sent: &mut SchemaGenerator) -> Vec<Value> {
    let in_path = route.path.split('/').filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'));
    let mut parameters: Vec<Value> = in_path.map(|name| path_parameter(route, name)).collect();
    if let Some(schema) = route.operation.query {
        let schema = schema(sent).to_value();
        let required = schema.get("required").and_then(Value::as_array).cloned().unwrap_or_default();
        let properties = schema.get("properties").and_then(Value::as_object).cloned().unwrap_or_default();
        parameters.extend(properties.into_iter().map(|(name, schema)| {
            let needed = required.contains(&Value::from(name.clone()));
            query_parameter(&name, needed, schema)
        }));
    }
    let headers = route.operation.headers.iter();
    parameters.extend(headers.map(|(name, description)| header_parameter(name, description)));
    if route.access.is_in_tenant() {
        let text =
            "A policy version that was answered before: the decision is made on that one or a later one.";
        let mut version = header_parameter("X-Policy-Version", text);
        if let Some(version) = version.as_object_mut() {
            version
                .insert("schema".to_owned(), json!({ "type": "integer", "format": "int64", "minimum": 0 }));
        }
        parameters.push(version);
    }
    parameters
}

fn header_parameter(name: &str, description: &str) -> Value {
    let schema = match name {
        "Idempotency-Key" => {
            json!({ "type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$" })
        }
        _ => json!({ "type": "string" }),
    };
    json!({ "name": name, "in": "header", "required": false, "description": description, "schema": schema })
}

fn path_parameter(route: &RouteInfo, name: &str) -> Value {
    let read = route.operation.path.iter().find(|(known, ..)| *known == name);
    let (description, schema) = match read {
        Some((_, description, schema)) => ((*description).to_owned(), schema.clone()),
        // Read by the declaration of access.
        None if name == "tenant" => ("The tenant's slug or id.".to_owned(), slug()),
        None => (String::new(), json!({ "type": "string" })),
    };
    let description = if description.is_empty() {
        format!("The id of the {}.", name.replace('_', " "))
    } else {
        description
    };
    let mut parameter =
        json!({ "name": name, "in": "path", "required": true, "description": description, "schema": schema });
    let example = match schema.get("format").and_then(Value::as_str) {
        Some("uuid") => Some(super::words::ID.into()),
        _ => word("", name),
    };
    if let (Some(example), Some(fields)) = (example, parameter.as_object_mut()) {
        fields.insert("example".to_owned(), example);
    }
    parameter
}

/// A slug; an id has the same form.
pub(in crate::http) fn slug() -> Value {
    json!({ "type": "string", "pattern": "^[a-z0-9]+(-[a-z0-9]+)*$", "minLength": 3, "maxLength": 40 })
}

/// A query cannot say null: what may be absent is the type itself, not required.
fn query_parameter(name: &str, required: bool, mut schema: Value) -> Value {
    let fields = schema.as_object_mut();
    let description = fields.and_then(|fields| {
        // What a number is stored in is not for clients; the form of a text is.
        if fields.get("format").and_then(Value::as_str).is_some_and(|format| format.contains("int")) {
            fields.remove("format");
        }
        if let Some(types) = fields.get_mut("type")
            && let Some(one) = types.as_array().and_then(|types| types.iter().find(|name| *name != "null"))
        {
            *types = one.clone();
        }
        if name == "limit" {
            let limits = [("minimum", 1), ("maximum", MAX_LIMIT), ("default", DEFAULT_LIMIT)];
            fields.extend(limits.map(|(name, limit)| (name.to_owned(), limit.into())));
        }
        fields.remove("description")
    });
    let either = schema.get("anyOf").and_then(Value::as_array).cloned().unwrap_or_default();
    if let Some(one) = either.into_iter().find(|schema| schema.get("$ref").is_some()) {
        schema = one;
    }
    let description = description.unwrap_or_default();
    let mut parameter = json!({
        "name": name, "in": "query", "required": required, "description": description, "schema": schema,
    });
    if let (true, Some(example), Some(fields)) = (required, word("", name), parameter.as_object_mut()) {
        fields.insert("example".to_owned(), example);
    }
    parameter
}
