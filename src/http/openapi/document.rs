//! The document as a whole: its paths and what they share. Called by the handler of `/api/openapi.json` and by the
//! command that prints it; must never hold a route that is not in the table.

use std::collections::HashSet;

use http::Method;
use schemars::SchemaGenerator;
use schemars::generate::{Contract, SchemaSettings};
use serde_json::{Map, Value, json};

use super::problems::{self, Kind};
use super::{Rights, example, operation, responses, tags};
use crate::authz::{Authz, effective};
use crate::http::routes::{Area, RouteInfo, RouteTable};

const ABOUT: &str = "\
Sign-in, tenants, members, roles and decisions, for programs.

**Who may call what** stands at each operation: `x-permission` names the permission, or says `signed-in` or `public`; \
`x-roles` names the system roles that hold it. A token needs the permission among its scopes, and its owner among their \
roles.

**Errors** are RFC 9457 problems; the `type` of each is a page that says what to do. Before any operation is reached, a \
request may also be refused with 405 (this path has other methods), 414 (an address above 8 kB), 421 (another host) or \
431 (headers above 16 kB), as problems too.

**Lists** give `items` and `next_cursor`; give that as `cursor` for what comes next. **Writes** of a resource honour \
`If-Match`.";

/// The document of every route for programs.
#[must_use]
pub fn document(table: &RouteTable, rights: &Rights) -> Value {
    let routes: Vec<&RouteInfo> = table.iter().filter(|route| route.area != Area::Panel).collect();
    let mut shared = Shared::new(rights, &routes);
    let mut paths: Map<String, Value> = Map::new();
    for route in &routes {
        let operation = operation::describe(route, &mut shared);
        let path = paths.entry(route.path.to_owned()).or_insert_with(|| json!({}));
        if let Some(path) = path.as_object_mut() {
            path.insert(route.method.as_str().to_ascii_lowercase(), operation);
        }
    }
    // Named here, because no operation's own type has it.
    shared.given.subschema_for::<crate::http::problem::Problem>();
    let scopes: Map<String, Value> =
        rights.scopes().map(|right| (right.name.clone(), right.sentence.clone().into())).collect();
    let examples = problems::examples(&shared.kinds);
    let mut responses = std::mem::take(&mut shared.responses);
    responses.insert("moved".to_owned(), responses::moved());
    let schemas = shared.definitions();
    example::complete(&mut paths, &schemas);
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Freehold",
            "version": env!("CARGO_PKG_VERSION"),
            "description": ABOUT,
            "license": { "name": "MIT", "identifier": "MIT" },
        },
        "servers": [{ "url": "/", "description": "This installation." }],
        "tags": tags::used(&routes),
        "paths": paths,
        "components": {
            "schemas": schemas,
            "responses": responses,
            "examples": examples,
            "headers": responses::all_headers(),
            "securitySchemes": security_schemes(&scopes),
        },
    })
}

/// What operations share, gathered while they are described.
pub(super) struct Shared<'a> {
    /// Schemas of what clients send: what may be absent there need not be null.
    pub(super) sent: SchemaGenerator,
    /// Schemas of what they are given.
    pub(super) given: SchemaGenerator,
    pub(super) rights: &'a Rights,
    pub(super) kinds: Vec<Kind>,
    /// Answers that several operations have, by name.
    pub(super) responses: Map<String, Value>,
    /// The routes that answer with an `ETag`.
    pub(super) tagged: HashSet<(Method, &'static str)>,
}

impl<'a> Shared<'a> {
    fn new(rights: &'a Rights, routes: &[&RouteInfo]) -> Self {
        let generator = |contract: Contract| {
            let place = |settings: &mut SchemaSettings| {
                settings.definitions_path = "/components/schemas".into();
                settings.contract = contract;
            };
            SchemaSettings::draft2020_12().with(place).into_generator()
        };
        Self {
            sent: generator(Contract::Deserialize),
            given: generator(Contract::Serialize),
            rights,
            kinds: problems::kinds(),
            responses: Map::new(),
            tagged: operation::tagged(routes),
        }
    }

    fn definitions(mut self) -> Map<String, Value> {
        let mut all = self.sent.take_definitions(true);
        all.extend(self.given.take_definitions(true));
        all
    }
}

fn security_schemes(scopes: &Map<String, Value>) -> Value {
    json!({
        "session": {
            "type": "apiKey", "in": "cookie", "name": "__Host-freehold",
            "description": "A person signed in at a browser. Unsafe requests must come from our own pages.",
        },
        "token": {
            "type": "http", "scheme": "bearer",
            "description": "A personal token (`fhp_…`), or an app's access token (`fha_…` or a JWT). It works in one \
                            tenant, with its scopes as far as its owner's roles hold them at that moment.",
        },
        "oauth": {
            "type": "oauth2",
            "description": "How an app gets its access token.",
            "flows": { "clientCredentials": { "tokenUrl": "/oauth/token", "scopes": scopes } },
        },
    })
}

/// The document of one running node, made once.
#[derive(Debug, Default)]
pub struct Kept(std::sync::OnceLock<Value>);

impl Kept {
    /// The document.
    #[must_use]
    pub fn of(&self, table: &RouteTable, authz: &Authz) -> &Value {
        self.0.get_or_init(|| {
            let allows = |key: &str| effective(authz.system_tables().get(key).into_iter());
            let rights = Rights::new(authz.catalogue(), authz.system_roles(), allows);
            document(table, &rights)
        })
    }
}
