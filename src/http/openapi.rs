//! What operations take and give, read off their handlers' types, and the `OpenAPI` 3.1 document made of it.

use schemars::{JsonSchema, Schema, SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value, json};

use crate::http::access::Access;
use crate::http::extract::{Json, Query};
use crate::http::routes::{Area, RouteInfo, RouteTable};

/// What one operation takes and gives.
#[derive(Debug, Clone, Default)]
pub struct Operation {
    body: Option<TypeSchema>,
    query: Option<TypeSchema>,
    headers: Vec<(&'static str, &'static str)>,
    answer: Option<(u16, Option<TypeSchema>)>,
}

/// Makes a type's schema when the document is written.
type TypeSchema = fn(&mut SchemaGenerator) -> Schema;

/// An argument of a handler that says what it reads.
pub trait Input {
    /// Adds what it reads to the operation.
    fn describe(operation: &mut Operation);
}

/// A handler's answer that says what it is.
pub trait Output {
    /// Adds what it is to the operation.
    fn describe(operation: &mut Operation);
}

impl Operation {
    /// Adds a request header.
    pub fn header(&mut self, name: &'static str, description: &'static str) {
        self.headers.push((name, description));
    }

    /// Sets the answer: its status, and its body's type if it has one.
    pub fn answer<T: JsonSchema>(&mut self, status: u16) {
        self.answer = Some((status, Some(SchemaGenerator::subschema_for::<T>)));
    }

    /// Sets an answer without a described body.
    pub fn empty_answer(&mut self, status: u16) {
        self.answer = Some((status, None));
    }
}

impl<T: JsonSchema> Input for Json<T> {
    fn describe(operation: &mut Operation) {
        operation.body = Some(SchemaGenerator::subschema_for::<T>);
    }
}

impl<T: JsonSchema> Input for Query<T> {
    fn describe(operation: &mut Operation) {
        operation.query = Some(T::json_schema);
    }
}

impl<T: Output, E> Output for Result<T, E> {
    fn describe(operation: &mut Operation) {
        T::describe(operation);
    }
}

impl Output for &'static str {
    fn describe(operation: &mut Operation) {
        operation.empty_answer(200);
    }
}

impl Output for axum::response::Response {
    fn describe(operation: &mut Operation) {
        operation.empty_answer(200);
    }
}

/// The document of every API route.
#[must_use]
pub fn document(table: &RouteTable) -> Value {
    let mut generator = SchemaSettings::draft2020_12()
        .with(|settings| settings.definitions_path = "/components/schemas".into())
        .into_generator();
    let mut paths: Map<String, Value> = Map::new();
    for route in table.iter().filter(|route| route.area == Area::Api) {
        let operation = describe(route, &mut generator);
        let path = paths.entry(route.path.to_owned()).or_insert_with(|| json!({}));
        if let Some(path) = path.as_object_mut() {
            path.insert(route.method.as_str().to_ascii_lowercase(), operation);
        }
    }
    let problem = generator.subschema_for::<crate::http::problem::Problem>();
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Freehold",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Sign-in, tenants, members, roles and decisions. Errors are RFC 9457 problems.",
            "license": { "name": "MIT", "identifier": "MIT" },
        },
        "servers": [{ "url": "/" }],
        "paths": paths,
        "components": {
            "schemas": generator.take_definitions(true),
            "responses": {
                "Problem": {
                    "description": "A problem (RFC 9457)",
                    "content": { "application/problem+json": { "schema": problem } },
                },
            },
            "securitySchemes": {
                "session": { "type": "apiKey", "in": "cookie", "name": "__Host-freehold" },
                "token": { "type": "http", "scheme": "bearer" },
            },
        },
    })
}

fn describe(route: &RouteInfo, generator: &mut SchemaGenerator) -> Value {
    let mut operation = json!({
        "operationId": operation_id(route),
        "summary": route.summary,
        "x-permission": route.access.as_str(),
        "parameters": parameters(route, generator),
        "responses": responses(route, generator),
        "security": match route.access {
            Access::Public(_) => json!([]),
            Access::Permission(_) | Access::PermissionOrOwn(_) | Access::SignedIn => {
                json!([{ "session": [] }, { "token": [] }])
            }
        },
    });
    if let (Some(schema), Some(operation)) = (route.operation.body, operation.as_object_mut()) {
        let body =
            json!({ "required": true, "content": { "application/json": { "schema": schema(generator) } } });
        operation.insert("requestBody".to_owned(), body);
    }
    operation
}

/// `get /api/v1/tenants/{tenant}/members` → `get_tenants_tenant_members`.
fn operation_id(route: &RouteInfo) -> String {
    let words = route
        .path
        .trim_start_matches("/api/v1")
        .split(['/', '{', '}', '-', '.'])
        .filter(|word| !word.is_empty());
    let mut id = route.method.as_str().to_ascii_lowercase();
    for word in words {
        id.push('_');
        id.push_str(word);
    }
    id
}

fn parameters(route: &RouteInfo, generator: &mut SchemaGenerator) -> Vec<Value> {
    let in_path = route.path.split('/').filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'));
    let mut parameters: Vec<Value> = in_path
        .map(|name| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } }))
        .collect();
    if let Some(schema) = route.operation.query {
        let schema = schema(generator).to_value();
        let required = schema.get("required").and_then(Value::as_array).cloned().unwrap_or_default();
        let properties = schema.get("properties").and_then(Value::as_object).cloned().unwrap_or_default();
        parameters.extend(properties.into_iter().map(|(name, mut schema)| {
            let description = schema.as_object_mut().and_then(|schema| schema.remove("description"));
            let needed = required.contains(&Value::from(name.clone()));
            json!({ "name": name, "in": "query", "required": needed, "description": description, "schema": schema })
        }));
    }
    parameters.extend(route.operation.headers.iter().map(|(name, description)| {
        json!({ "name": name, "in": "header", "required": false, "description": description, "schema": { "type": "string" } })
    }));
    parameters
}

fn responses(route: &RouteInfo, generator: &mut SchemaGenerator) -> Value {
    let (status, schema) = route.operation.answer.unwrap_or((200, None));
    let done = match schema.map(|schema| schema(generator)) {
        Some(schema) => {
            json!({ "description": "Done", "content": { "application/json": { "schema": schema } } })
        }
        None => json!({ "description": "Done" }),
    };
    json!({ status.to_string(): done, "default": { "$ref": "#/components/responses/Problem" } })
}
