//! The projects of a tenant.

use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::authz::perm;
use crate::error::Result;
use crate::http::access::Can;
use crate::http::answer::{Created, Done, Found};
use crate::http::api::scope;
use crate::http::extract::{IfMatch, Json, Path, Query};
use crate::http::pagination::{self, Page};
use crate::http::routes::{Area, Routes};
use crate::http::state::AppState;
use crate::ids::ProjectId;
use crate::lists::Sort;
use crate::names;
use crate::projects::{self, By, Filter, NewProject, Project, ProjectChange};

pub(super) fn routes() -> Routes {
    Routes::new(Area::Api)
        .get("/api/v1/tenants/{tenant}/projects", "List projects", list)
        .post("/api/v1/tenants/{tenant}/projects", "Make a project", create)
        .problem("conflict", "another project has the name, or the tenant has as many as it may")
        .get("/api/v1/tenants/{tenant}/projects/{project}", "Show a project", show)
        .patch(
            "/api/v1/tenants/{tenant}/projects/{project}",
            "Change a project, put it away or take it back",
            change,
        )
        .problem("conflict", "another project has the name")
        .delete("/api/v1/tenants/{tenant}/projects/{project}", "Delete a project", delete)
}

/// Which projects, in which order.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Projects {
    /// Only those whose name contains this, whatever its case.
    #[schemars(length(max = 100))]
    search: Option<String>,
    /// Only those that are archived, or only those that are not; all when absent.
    archived: Option<bool>,
    /// The order; by name when absent.
    sort: Option<Sort<By>>,
    /// How many items at most; 50 when absent.
    #[schemars(range(min = 1, max = 200))]
    limit: Option<u32>,
    /// The `next_cursor` of the part before, given with the same filters and order.
    cursor: Option<String>,
}

const LONGEST_SEARCH: usize = 100;

async fn list(
    who: Can<perm::ProjectsRead>,
    State(app): State<AppState>,
    Query(query): Query<Projects>,
) -> Result<Found<Page<Project>>> {
    let search = query.search.as_deref().unwrap_or_default();
    let search = names::description(search, LONGEST_SEARCH, "/search")?;
    let (filter, sort) = (Filter { search, archived: query.archived }, query.sort.unwrap_or_default());
    let archived = format!("{:?}", filter.archived);
    let scope = scope(&[&"projects", &who.grant().tenant(), &sort, &archived, &filter.search]);
    let window = pagination::window(&app.sealer, &scope, sort, (query.limit, query.cursor.as_deref()))?;
    let part = projects::list(&app.database, who.grant(), &filter, &window).await?;
    pagination::page(&app.sealer, &scope, part).map(Found::new)
}

async fn show(
    who: Can<perm::ProjectsRead>,
    State(app): State<AppState>,
    Path(project): Path<ProjectId>,
) -> Result<Found<Project>> {
    projects::show(&app.database, who.grant(), project).await.map(found)
}

fn found(project: Project) -> Found<Project> {
    let revision = project.revision;
    Found::new(project).revision(revision)
}

async fn create(
    who: Can<perm::ProjectsCreate>,
    State(app): State<AppState>,
    Json(body): Json<NewProject>,
) -> Result<Created<Project>> {
    let most = app.config.limits.projects;
    let project = projects::create(&app.authz, who.grant(), &body, most).await?;
    let location = format!("/api/v1/tenants/{}/projects/{}", who.grant().tenant(), project.id);
    Ok(found(project).created(location))
}

async fn change(
    who: Can<perm::ProjectsUpdate>,
    State(app): State<AppState>,
    Path(project): Path<ProjectId>,
    if_match: IfMatch,
    Json(body): Json<ProjectChange>,
) -> Result<Found<Project>> {
    projects::change(&app.authz, who.grant(), project, &body, if_match.revision()?).await.map(found)
}

async fn delete(
    who: Can<perm::ProjectsDelete>,
    State(app): State<AppState>,
    Path(project): Path<ProjectId>,
    if_match: IfMatch,
) -> Result<Done> {
    projects::delete(&app.authz, who.grant(), project, if_match.revision()?).await.map(Done::from)
}
