//! What a change of access means for routes: those that ask for a permission somebody would gain, and those that ask
//! for one somebody would lose; and for the decisions of the last weeks. Used by the previews of the API and of the panel; must never decide.

use schemars::JsonSchema;
use serde::Serialize;

use crate::authz::Grant;
use crate::decisions::{self, Hindsight};
use crate::error::Result;
use crate::http::access::Access;
use crate::http::routes::{RouteInfo, RouteTable};
use crate::http::state::AppState;
use crate::roles::Preview;

/// What a change would do: to whom, to which routes, and to which decisions if it had been made before.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct AccessPreview {
    #[serde(flatten)]
    preview: Preview,
    /// Decisions of the last weeks that would have come out differently.
    recent_decisions: Hindsight,
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
    /// `preview`, with the routes and decisions it concerns.
    ///
    /// # Errors
    /// [`Error::Unavailable`](crate::error::Error::Unavailable) when the database cannot answer.
    pub(super) async fn new<P>(app: &AppState, grant: &Grant<P>, preview: Preview) -> Result<Self> {
        let recent_decisions = hindsight(app, grant, &preview).await?;
        let (opens, closes) = (openings(&app.routes, &preview.gained), openings(&app.routes, &preview.lost));
        Ok(Self { preview, recent_decisions, opens, closes })
    }
}

/// What was decided lately and would have come out differently. What this node decided last is in it.
///
/// # Errors
/// [`Error::Unavailable`](crate::error::Error::Unavailable) when the database cannot answer.
pub(super) async fn hindsight<P>(app: &AppState, grant: &Grant<P>, preview: &Preview) -> Result<Hindsight> {
    let catalogue = app.authz.catalogue();
    app.decisions.write(&app.database, catalogue).await?;
    let asked = (&preview.flips, app.database.clock().now());
    decisions::hindsight(&mut app.database.read().await?, catalogue, grant.tenant(), asked).await
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
        Access::Permission(name) | Access::PermissionOrOwn(name) | Access::PermissionOrMine(name) => {
            permissions.iter().any(|one| one == name).then_some((route, name))
        }
        Access::Platform(_) | Access::Member | Access::Caller | Access::SignedIn | Access::Public(_) => None,
    })
}
