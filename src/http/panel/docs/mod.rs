//! The API for whoever programs against it: every operation by what it is about, read from the very document that
//! programs read. For everyone, signed in or not; must never show what the document does not say.

mod curl;
mod fields;
mod shown;

use askama::Template;
use axum::response::Response;
use serde::Deserialize;
use serde_json::Value;

use self::shown::{Group, Listed, Shown};
use crate::error::{Error, Result};
use crate::http::access::{Public, reason};
use crate::http::extract::{Path, Query, TagWord};
use crate::http::panel::parts::view::{Look, View};
use crate::http::panel::{Icon, page};
use crate::http::routes::{Area, Routes};

/// How much of what was typed is looked for, in characters.
const LONGEST: usize = 100;

pub(super) fn routes() -> Routes {
    Routes::new(Area::Panel).get("/api/docs", "Every operation of the API", index).get(
        "/api/docs/{tag}",
        "The operations about one thing, in full",
        group,
    )
}

#[derive(Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct Wanted {
    /// A part of a path, a permission, or what an operation does.
    search: Option<String>,
}

/// Every operation, by what it is about.
#[derive(Debug, Template)]
#[template(path = "pages/docs.html")]
pub(super) struct DocsPage {
    pub(super) look: Look,
    pub(super) nav: Vec<Group>,
    pub(super) origin: String,
    pub(super) search: String,
    pub(super) groups: Vec<(Group, Vec<Listed>)>,
}

impl DocsPage {
    /// How many operations are shown, in words.
    fn says(&self) -> String {
        match self.groups.iter().map(|(_, listed)| listed.len()).sum() {
            0_usize => "Nothing found".to_owned(),
            1 => "1 operation".to_owned(),
            several => format!("{several} operations"),
        }
    }

    pub(super) fn new(look: Look, origin: String, document: &Value, search: String) -> Self {
        let sought = search.to_lowercase();
        let nav = shown::groups(document, "");
        let found = nav.iter().map(|group| (group.clone(), shown::listed(document, &group.name, &sought)));
        let groups = found.filter(|(_, listed)| !listed.is_empty()).collect();
        Self { look, nav, origin, search, groups }
    }
}

/// The operations about one thing, in full.
#[derive(Debug, Template)]
#[template(path = "pages/docs_group.html")]
pub(super) struct GroupPage {
    pub(super) look: Look,
    pub(super) nav: Vec<Group>,
    pub(super) group: Group,
    pub(super) operations: Vec<Shown>,
}

impl GroupPage {
    /// None when there is no such group.
    pub(super) fn new(look: Look, origin: &str, document: &Value, name: &str) -> Option<Self> {
        let nav = shown::groups(document, name);
        let group = nav.iter().find(|group| group.current)?.clone();
        let operations = shown::operations(document, origin, name);
        Some(Self { look, nav, group, operations })
    }
}

async fn index(_: Public<reason::Document>, app: View, Query(wanted): Query<Wanted>) -> Result<Response> {
    let search: String = wanted.search.unwrap_or_default().trim().chars().take(LONGEST).collect();
    let document = app.document.of(&app.routes, &app.authz);
    Ok(page(&DocsPage::new(app.look(), app.config.origin(), document, search)))
}

async fn group(_: Public<reason::Document>, app: View, Path(tag): Path<TagWord>) -> Result<Response> {
    let document = app.document.of(&app.routes, &app.authz);
    let shown = GroupPage::new(app.look(), &app.config.origin(), document, &tag.0);
    Ok(page(&shown.ok_or(Error::NotFound)?))
}
