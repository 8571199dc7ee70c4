//! What operations take and give, read off their handlers' types, and the `OpenAPI` 3.1 document made of it.

use http::Method;
use schemars::generate::{Contract, SchemaSettings};
use schemars::{JsonSchema, Schema, SchemaGenerator};
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
    let mut types = Types::new();
    let mut paths: Map<String, Value> = Map::new();
    for route in table.iter().filter(|route| route.area == Area::Api) {
        let operation = describe(route, &mut types);
        let path = paths.entry(route.path.to_owned()).or_insert_with(|| json!({}));
        if let Some(path) = path.as_object_mut() {
            path.insert(route.method.as_str().to_ascii_lowercase(), operation);
        }
    }
    let problem = types.given.subschema_for::<crate::http::problem::Problem>();
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
            "schemas": types.definitions(),
            "responses": {
                "Problem": {
                    "description": "A problem (RFC 9457). Its `type` is a page that says what it means.",
                    "headers": { "X-Request-Id": { "$ref": "#/components/headers/X-Request-Id" } },
                    "content": { "application/problem+json": { "schema": problem } },
                },
            },
            "headers": headers(),
            "securitySchemes": {
                "session": {
                    "type": "apiKey", "in": "cookie", "name": "__Host-freehold",
                    "description": "A person signed in at a browser. Unsafe requests must come from our own pages.",
                },
                "token": { "type": "http", "scheme": "bearer", "description": "A token with scopes." },
            },
        },
    })
}

/// Schemas of what clients send and of what they are given: an absent value and a null differ between the two.
struct Types {
    sent: SchemaGenerator,
    given: SchemaGenerator,
}

impl Types {
    fn new() -> Self {
        let generator = |contract: Contract| {
            let place = |settings: &mut SchemaSettings| {
                settings.definitions_path = "/components/schemas".into();
                settings.contract = contract;
            };
            SchemaSettings::draft2020_12().with(place).into_generator()
        };
        Self { sent: generator(Contract::Deserialize), given: generator(Contract::Serialize) }
    }

    fn definitions(mut self) -> Map<String, Value> {
        let mut all = self.sent.take_definitions(true);
        all.extend(self.given.take_definitions(true));
        all
    }
}

fn headers() -> Value {
    let header = |description: &str| json!({ "description": description, "schema": { "type": "string" } });
    json!({
        "ETag": header("The version of the resource, for `If-Match`."),
        "Location": header("The path of the new resource."),
        "X-Policy-Version": header(
            "The tenant's policy version after a change of access. A request that carries it is never decided on an \
             older policy."
        ),
        "X-Request-Id": header("Names this request in the log and in the audit log."),
    })
}

fn describe(route: &RouteInfo, types: &mut Types) -> Value {
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
            Access::Permission(_) | Access::PermissionOrOwn(_) | Access::SignedIn => {
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
        Access::SignedIn => "For everyone who is signed in.".to_owned(),
        Access::Public(why) => format!("For everyone: {why}."),
    }
}

/// The words of a path, parameters left out; those that a parameter follows in the singular.
fn words(path: &str) -> impl Iterator<Item = String> {
    let segments: Vec<&str> =
        path.trim_start_matches("/api/v1").split('/').filter(|segment| !segment.is_empty()).collect();
    let words = segments.iter().zip(segments.iter().skip(1).chain(&[""])).filter_map(|(segment, next)| {
        let word = segment.replace(['-', '.'], "_");
        match (segment.starts_with('{'), next.starts_with('{')) {
            (true, _) => None,
            (false, false) => Some(word),
            (false, true) => Some(match word.strip_suffix("ies") {
                Some(stem) => format!("{stem}y"),
                None => word.trim_end_matches('s').to_owned(),
            }),
        }
    });
    words.collect::<Vec<_>>().into_iter()
}

/// `get /api/v1/tenants/{tenant}/members` → `get_tenant_members`.
fn operation_id(route: &RouteInfo) -> String {
    let mut id = route.method.as_str().to_ascii_lowercase();
    for word in words(route.path) {
        id.push('_');
        id.push_str(&word);
    }
    id
}

/// What the operation is about: the first word below the tenant.
fn tag(path: &str) -> String {
    let below = path.strip_prefix("/api/v1/tenants/{tenant}/").or_else(|| path.strip_prefix("/api/v1/"));
    below.unwrap_or(path).split('/').next().unwrap_or_default().to_owned()
}

fn parameters(route: &RouteInfo, sent: &mut SchemaGenerator) -> Vec<Value> {
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
    if matches!(route.access, Access::Permission(_) | Access::PermissionOrOwn(_)) {
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
    let done = match schema {
        Some(schema) => json!({
            "description": description, "headers": headers, "content": { "application/json": { "schema": schema } },
        }),
        None => json!({ "description": description, "headers": headers }),
    };
    json!({ status.to_string(): done, "default": { "$ref": "#/components/responses/Problem" } })
}
