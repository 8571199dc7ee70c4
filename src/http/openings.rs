//! What a change of access means for routes: those that ask for a permission somebody would gain, and those that ask
//! for one somebody would lose. Used by the previews of the API and of the panel; must never decide.

use schemars::JsonSchema;
use serde::Serialize;

use crate::http::access::Access;
use crate::http::routes::{RouteInfo, RouteTable};
use crate::roles::Preview;

/// What a change would do: to whom, and to which routes.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct AccessPreview {
    #[serde(flatten)]
    preview: Preview,
    /// The routes that ask for a permission somebody would gain.
    opens: Vec<Opening>,
    /// The routes that ask for a permission somebody would lose.
    closes: Vec<Opening>,
}

/// A route, and the permission it asks for.
#[derive(Debug, Serialize, JsonSchema)]
struct Opening {
    /// `GET`, `POST` and so on.
    method: String,
    /// Its path, parameters in braces.
    path: &'static str,
    /// The permission.
    permission: &'static str,
}

impl AccessPreview {
    /// `preview`, with the routes of `table` it concerns.
    pub(super) fn new(preview: Preview, table: &RouteTable) -> Self {
        let (opens, closes) = (openings(table, &preview.gained), openings(table, &preview.lost));
        Self { preview, opens, closes }
    }
}

fn openings(table: &RouteTable, permissions: &[String]) -> Vec<Opening> {
    asking(table, permissions)
        .map(|(route, permission)| Opening { method: route.method.to_string(), path: route.path, permission })
        .collect()
}

/// The routes that ask for one of `permissions`, each with that one.
pub(super) fn asking<'a>(
    table: &'a RouteTable,
    permissions: &'a [String],
) -> impl Iterator<Item = (&'a RouteInfo, &'static str)> {
    table.iter().filter_map(|route| match route.access {
        Access::Permission(name) | Access::PermissionOrOwn(name) => {
            permissions.iter().any(|one| one == name).then_some((route, name))
        }
        Access::Platform(_) | Access::SignedIn | Access::Public(_) => None,
    })
}
