//! The document as a whole: its paths and what they share. Called by the handler of `/api/openapi.json` and by the
//! command that prints it; must never hold a route that is not in the table.

use schemars::SchemaGenerator;
use schemars::generate::{Contract, SchemaSettings};
use serde_json::{Map, Value, json};

use super::operation;
use crate::http::routes::{Area, RouteTable};

/// The document of every API route.
#[must_use]
pub fn document(table: &RouteTable) -> Value {
    let mut types = Types::new();
    let mut paths: Map<String, Value> = Map::new();
    for route in table.iter().filter(|route| route.area == Area::Api) {
        let operation = operation::describe(route, &mut types);
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
pub(super) struct Types {
    pub(super) sent: SchemaGenerator,
    pub(super) given: SchemaGenerator,
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
