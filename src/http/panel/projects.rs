//! The projects of a tenant: found by name, those at work or those put away.

use askama::Template;
use axum::response::Response;
use serde::Deserialize;

use crate::authz::perm;
use crate::clock::Timestamp;
use crate::error::Result;
use crate::http::access::Can;
use crate::http::extract::Query;
use crate::http::pagination;
use crate::http::panel::parts::frame::{Frame, Section, path_of};
use crate::http::panel::parts::shown::Moment;
use crate::http::panel::parts::sorting::{Column, column};
use crate::http::panel::parts::view::View;
use crate::http::panel::{Icon, page};
use crate::http::routes::{Area, Routes};
use crate::lists::Sort;
use crate::names::searched;
use crate::projects::{self, By, Filter, Project};

pub(super) fn routes() -> Routes {
    Routes::new(Area::Panel).get("/t/{tenant}/projects", "The projects of a tenant", list)
}

#[derive(Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct Wanted {
    /// A part of a name.
    search: Option<String>,
    /// Which ones.
    archived: Option<Archived>,
    /// The order.
    sort: Option<Sort<By>>,
    /// Where to go on.
    cursor: Option<String>,
    /// What was just done.
    done: Option<String>,
}

/// Which projects to show, as the form sends it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Archived {
    /// Those at work and those put away.
    #[default]
    #[serde(rename = "")]
    Any,
    /// Those put away.
    True,
    /// Those at work.
    False,
}

#[derive(Debug, Template)]
#[template(path = "pages/projects.html")]
pub(super) struct ProjectsPage {
    pub(super) frame: Frame,
    pub(super) path: String,
    pub(super) search: String,
    pub(super) archived: Option<bool>,
    /// The order's word, when it is not the usual one.
    pub(super) sort: Option<String>,
    pub(super) projects: Vec<Row>,
    pub(super) by_name: Column,
    pub(super) by_created: Column,
    pub(super) by_updated: Column,
    pub(super) first: Option<String>,
    pub(super) next: Option<String>,
    pub(super) may_create: bool,
}

impl ProjectsPage {
    fn filtered(&self) -> bool {
        !self.search.is_empty() || self.archived.is_some()
    }

    /// How many there are, in words.
    fn count(&self) -> String {
        match (self.projects.len(), self.next.is_some() || self.first.is_some()) {
            (_, true) => "More than fit on a page".to_owned(),
            (0, _) => "No projects".to_owned(),
            (1, _) => "1 project".to_owned(),
            (several, _) => format!("{several} projects"),
        }
    }
}

/// A project in the list, or at the head of its page.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) path: String,
    pub(super) name: String,
    pub(super) description: String,
    pub(super) archived: bool,
    pub(super) created: Moment,
    pub(super) updated: Moment,
}

impl Row {
    /// `project` of the tenant at `path`, as seen at `now`.
    pub(super) fn new(path: &str, project: &Project, now: Timestamp) -> Self {
        Self {
            path: format!("{path}/projects/{}", project.id),
            name: project.name.clone(),
            description: project.description.clone(),
            archived: project.archived,
            created: Moment::new(project.created_at, now),
            updated: Moment::new(project.updated_at, now),
        }
    }
}

async fn list(who: Can<perm::ProjectsRead>, app: View, Query(wanted): Query<Wanted>) -> Result<Response> {
    let grant = who.grant();
    let archived = match wanted.archived.unwrap_or_default() {
        Archived::Any => None,
        Archived::True => Some(true),
        Archived::False => Some(false),
    };
    let search = searched(wanted.search.as_deref().unwrap_or_default());
    let (filter, sort) = (Filter { search, archived }, wanted.sort.unwrap_or_default());
    let scope = format!("panel projects {} {sort} {filter:?}", grant.tenant());
    let window = pagination::window(&app.sealer, &scope, sort, (None, wanted.cursor.as_deref()))?;
    let part = projects::list(&app.database, grant, &filter, &window).await?;
    let found = pagination::page(&app.sealer, &scope, part)?;
    let (path, now) = (path_of(grant), app.database.clock().now());
    let at = |sort, cursor| address(&path, &filter, sort, cursor);
    Ok(page(&ProjectsPage {
        frame: Frame::inside(&app, grant, Section::Projects).await?.telling(wanted.done.as_deref()),
        sort: (sort != Sort::default()).then(|| sort.to_string()),
        projects: found.items.iter().map(|project| Row::new(&path, project, now)).collect(),
        by_name: column("Name", By::Name, sort, |sort| at(sort, None)),
        by_created: column("Made", By::CreatedAt, sort, |sort| at(sort, None)),
        by_updated: column("Changed", By::UpdatedAt, sort, |sort| at(sort, None)),
        first: window.after.is_some().then(|| at(sort, None)),
        next: found.next_cursor.as_deref().map(|cursor| at(sort, Some(cursor))),
        may_create: grant.can::<perm::ProjectsCreate>(),
        search: filter.search.clone(),
        archived,
        path: path.clone(),
    }))
}

/// The address of a part of the list.
fn address(path: &str, filter: &Filter, sort: Sort<By>, cursor: Option<&str>) -> String {
    let archived = filter.archived.map(|archived| archived.to_string());
    let sort = (sort != Sort::default()).then(|| sort.to_string());
    let asked = [
        ("search", Some(filter.search.as_str())),
        ("archived", archived.as_deref()),
        ("sort", sort.as_deref()),
        ("cursor", cursor),
    ];
    pagination::address(&format!("{path}/projects"), asked)
}
