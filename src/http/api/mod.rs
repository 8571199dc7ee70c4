//! The API: one file per resource; JSON in and out. Each handler declares who may call it, calls the domain, and
//! answers; nothing here knows SQL or decides.

mod access;
mod app_keys;
mod apps;
mod audit;
mod documents;
mod domains;
mod invitations;
mod joining;
mod me;
mod members;
mod operator;
mod projects;
mod requests;
mod roles;
mod tenants;
mod tokens;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::http::routes::Routes;

/// Every API route, and the documents about them.
pub(super) fn routes() -> Routes {
    me::routes()
        .and(tenants::routes())
        .and(members::routes())
        .and(app_keys::routes())
        .and(roles::routes())
        .and(invitations::routes())
        .and(requests::routes())
        .and(apps::routes())
        .and(tokens::routes())
        .and(domains::routes())
        .and(joining::routes())
        .and(projects::routes())
        .and(access::routes())
        .and(audit::routes())
        .and(operator::routes())
        .and(documents::routes())
}

/// Which part of a list that has no filters.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Part {
    /// How many items at most; 50 when absent.
    #[schemars(range(min = 1, max = 200))]
    limit: Option<u32>,
    /// The `next_cursor` of the part before.
    cursor: Option<String>,
}

/// What binds a cursor to its list: whose it is, what it holds, and every filter. Written as JSON, so that no two
/// lists share one.
fn scope(parts: &[&dyn std::fmt::Display]) -> String {
    parts.iter().map(ToString::to_string).collect::<serde_json::Value>().to_string()
}
