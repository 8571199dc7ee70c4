//! Every permission with the routes that take it, read from the table of routes that the guard reads too.

use askama::Template;
use axum::response::Response;
use serde::Deserialize;

use super::{Tab, TabLink, tabs};
use crate::authz::{PermissionInfo, perm};
use crate::error::Result;
use crate::http::access::{Access, Can};
use crate::http::extract::Query;
use crate::http::panel::parts::frame::{Frame, Section, path_of};
use crate::http::panel::parts::view::View;
use crate::http::panel::{Icon, page};
use crate::http::routes::{Area, RouteInfo};

/// What stands in place of a permission where being a member is enough. No permission has such a name.
const MEMBERSHIP: &str = "membership";

/// How much of what was typed is looked for, in characters.
const LONGEST: usize = 100;

#[derive(Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    /// A part of a permission, a path or what a route does.
    search: Option<String>,
}

#[derive(Debug, Template)]
#[template(path = "pages/access_routes.html")]
pub(in crate::http::panel) struct RoutesPage {
    pub(in crate::http::panel) frame: Frame,
    pub(in crate::http::panel) path: String,
    pub(in crate::http::panel) tabs: Vec<TabLink>,
    pub(in crate::http::panel) search: String,
    pub(in crate::http::panel) guarded: Vec<Guarded>,
}

impl RoutesPage {
    /// How many routes are shown, in words.
    fn says(&self) -> String {
        match self.guarded.iter().map(|guarded| guarded.routes.len()).sum() {
            0_usize if self.guarded.is_empty() => "Nothing found".to_owned(),
            1 => "1 route".to_owned(),
            several => format!("{several} routes"),
        }
    }
}

/// A permission, and the routes that take it.
#[derive(Debug)]
pub(in crate::http::panel) struct Guarded {
    pub(in crate::http::panel) name: String,
    pub(in crate::http::panel) sentence: String,
    pub(in crate::http::panel) routes: Vec<Listed>,
}

/// A route.
#[derive(Debug)]
pub(in crate::http::panel) struct Listed {
    pub(in crate::http::panel) method: String,
    pub(in crate::http::panel) path: &'static str,
    pub(in crate::http::panel) summary: &'static str,
    /// Whether it is for programs.
    pub(in crate::http::panel) api: bool,
    /// Whether one may also call it about oneself.
    pub(in crate::http::panel) own: bool,
}

impl Guarded {
    /// Whether it is a permission, and not for every member.
    fn is_permission(&self) -> bool {
        self.name != MEMBERSHIP
    }
}

impl Listed {
    fn new(route: &RouteInfo) -> Self {
        Self {
            method: route.method.to_string(),
            path: route.path,
            summary: route.summary,
            api: route.area == Area::Api,
            own: matches!(route.access, Access::PermissionOrOwn(_)),
        }
    }
}

pub(super) async fn show(
    who: Can<perm::AccessRead>,
    app: View,
    Query(wanted): Query<Wanted>,
) -> Result<Response> {
    let grant = who.grant();
    let path = path_of(grant);
    let search: String = wanted.search.unwrap_or_default().trim().chars().take(LONGEST).collect();
    let sought = search.to_lowercase();
    let catalogue = app.authz.catalogue();
    let everyone = PermissionInfo {
        name: MEMBERSHIP.to_owned(),
        description: "Open to every member, whatever their roles.".to_owned(),
        session_only: false,
    };
    let all = catalogue.iter().map(|(_, info)| info).chain([&everyone]);
    let guarded = all.filter_map(|info| guarded(info, app.routes.iter(), &sought));
    Ok(page(&RoutesPage {
        frame: Frame::inside(&app, grant, Section::Access).await?,
        tabs: tabs(&path, Tab::Routes),
        guarded: guarded.collect(),
        search,
        path,
    }))
}

/// The permission with its routes: all when it has what is sought itself, else those that have it, if any.
fn guarded<'a>(
    info: &PermissionInfo,
    routes: impl Iterator<Item = &'a RouteInfo>,
    sought: &str,
) -> Option<Guarded> {
    let has = |text: &str| text.to_lowercase().contains(sought);
    let itself = has(&info.name) || has(&info.description);
    let takes = |route: &&RouteInfo| match route.access {
        Access::Permission(name) | Access::PermissionOrOwn(name) | Access::PermissionOrMine(name) => {
            name == info.name
        }
        Access::Member => info.name == MEMBERSHIP,
        Access::Platform(_) | Access::Caller | Access::SignedIn | Access::Public(_) => false,
    };
    let routes: Vec<Listed> = routes
        .filter(takes)
        .filter(|route| itself || has(route.path) || has(route.summary) || has(route.method.as_str()))
        .map(Listed::new)
        .collect();
    (itself || !routes.is_empty()).then(|| Guarded {
        name: info.name.clone(),
        sentence: info.description.clone(),
        routes,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn routes_are_found_by_permission_path_and_what_they_do() {
        let table = crate::http::table();
        let info = PermissionInfo {
            name: "members:delete".to_owned(),
            description: "Remove members.".to_owned(),
            session_only: false,
        };
        let found = |sought: &str| guarded(&info, table.iter(), sought).map(|found| found.routes.len());
        let all = found("").unwrap();
        assert!(all > 0);
        assert_eq!((found("members:del"), found("remove members")), (Some(all), Some(all)));
        assert_eq!(found("/api/v1"), Some(1));
        assert_eq!(found("nothing like it"), None);
    }
}
