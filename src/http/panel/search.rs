//! Search over what the caller may reach: pages, actions, their tenants, and the projects, members and roles of the
//! tenant they are in. The page without script behind the command palette, which shows the same results. Must never
//! offer what the caller may not see; at most one SQL statement for each kind of thing that is stored.

use std::collections::HashSet;

use askama::Template;
use axum::response::Response;
use serde::Deserialize;

use crate::authz::{Grant, SessionUser, perm};
use crate::error::Result;
use crate::http::access::{Can, SignedIn};
use crate::http::extract::Query;
use crate::http::panel::parts::frame::{Frame, NavGroup, Section, also, own_pages, path_of};
use crate::http::panel::parts::view::View;
use crate::http::panel::{Icon, page, tenants};
use crate::http::routes::{Area, Routes};
use crate::lists::Window;
use crate::members::{self, Filter};
use crate::names::searched;
use crate::projects;
use crate::tenants::{Status, list_for};

/// How many members, tenants or roles are shown. Pages and actions are few, and all shown.
const SHOWN: usize = 8;

pub(super) fn routes() -> Routes {
    Routes::new(Area::Panel).get("/search", "Find what you may reach", everywhere).get(
        "/t/{tenant}/search",
        "Find what you may reach in a tenant",
        inside,
    )
}

#[derive(Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct Wanted {
    /// Words of what is looked for.
    q: Option<String>,
}

#[derive(Debug, Template)]
#[template(path = "pages/search.html")]
pub(super) struct SearchPage {
    pub(super) frame: Frame,
    pub(super) q: String,
    pub(super) groups: Vec<Group>,
}

impl SearchPage {
    /// How many results there are, in words.
    fn count(&self) -> String {
        match self.groups.iter().map(|group| group.found.len()).sum() {
            0_usize => "Nothing found".to_owned(),
            1 => "1 result".to_owned(),
            several => format!("{several} results"),
        }
    }
}

/// Results of one kind.
#[derive(Debug)]
pub(super) struct Group {
    /// The heading's id.
    pub(super) id: &'static str,
    pub(super) label: &'static str,
    pub(super) found: Vec<Found>,
}

/// One result.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub(super) icon: Icon,
    pub(super) label: String,
    /// What tells it from others like it; or nothing.
    pub(super) detail: String,
    pub(super) href: String,
}

impl Found {
    fn new(icon: Icon, label: &str, detail: &str, href: &str) -> Self {
        Self { icon, label: label.to_owned(), detail: detail.to_owned(), href: href.to_owned() }
    }

    /// Whether each of the words is in it somewhere.
    fn has(&self, words: &[String]) -> bool {
        let text = format!("{} {}", self.label, self.detail).to_lowercase();
        words.iter().all(|word| text.contains(word))
    }
}

async fn everywhere(
    SignedIn(principal): SignedIn,
    app: View,
    Query(wanted): Query<Wanted>,
) -> Result<Response> {
    let (q, words) = read(wanted);
    let frame = Frame::of(&app, &principal, Section::Search).await?;
    let groups = [
        group("found-pages", "Go to", pages(&frame.nav), &words),
        group("found-actions", "Do", own_actions(&app, &principal), &words),
        group("found-tenants", "Tenants", mine(&app, &principal).await?, &words).map(few),
    ];
    Ok(page(&SearchPage { groups: groups.into_iter().flatten().collect(), frame, q }))
}

async fn inside(who: Can<perm::TenantRead>, app: View, Query(wanted): Query<Wanted>) -> Result<Response> {
    let grant = who.grant();
    let (q, words) = read(wanted);
    let frame = Frame::inside(&app, grant, Section::Search).await?;
    let mut reachable = pages(&frame.nav);
    reachable.extend(pages(&own_pages(Section::Search)));
    let mut actions = actions(grant);
    actions.extend(own_actions(&app, grant.person()?));
    let work = work(&app, grant, &q).await?;
    let people = people(&app, grant, &q).await?;
    let groups = [
        group("found-pages", "Go to", reachable, &words),
        group("found-actions", "Do", actions, &words),
        group("found-projects", "Projects", work, &[]),
        group("found-members", "Members", people, &[]),
        // A handful of roles is found by the page of roles; they are worth a line only to who looks for one.
        group("found-roles", "Roles", roles(grant), &words).filter(|_| !words.is_empty()).map(few),
        group("found-tenants", "Tenants", mine(&app, grant.person()?).await?, &words).map(few),
    ];
    Ok(page(&SearchPage { groups: groups.into_iter().flatten().collect(), frame, q }))
}

/// What was typed, without what is too much of it, and its words.
fn read(wanted: Wanted) -> (String, Vec<String>) {
    let typed = searched(&wanted.q.unwrap_or_default());
    let words = typed.to_lowercase().split_whitespace().map(str::to_owned).collect();
    (typed, words)
}

/// The results that have all words, unless there are none.
fn group(id: &'static str, label: &'static str, all: Vec<Found>, words: &[String]) -> Option<Group> {
    let mut seen = HashSet::new();
    let found = all.into_iter().filter(|found| found.has(words) && seen.insert(found.href.clone()));
    let found: Vec<Found> = found.collect();
    (!found.is_empty()).then_some(Group { id, label, found })
}

/// The group without what is too much of it.
fn few(mut group: Group) -> Group {
    group.found.truncate(SHOWN);
    group
}

/// The pages the navigation offers.
fn pages(nav: &[NavGroup]) -> Vec<Found> {
    let links = nav.iter().flat_map(|group| &group.links);
    links.map(|link| Found::new(link.icon, link.label, "", &link.path)).collect()
}

/// What everyone can do, in whichever tenant.
fn own_actions(app: &View, principal: &SessionUser) -> Vec<Found> {
    let make = Found::new(Icon::Plus, "Make a tenant", "", "/tenants#create");
    let look =
        Found::new(Icon::Contrast, "Change the appearance", "light, dark, contrast", "/account#appearance");
    let make = tenants::may_create(app, principal).then_some(make);
    make.into_iter().chain([look]).collect()
}

/// What the caller may do in this tenant.
fn actions<P>(grant: &Grant<P>) -> Vec<Found> {
    let path = path_of(grant);
    let invites = grant.can::<perm::MembersInvite>() && grant.can::<perm::InvitationsRead>();
    let action = |(may, icon, label, tail): (bool, Icon, &str, String)| {
        may.then(|| Found::new(icon, label, "", &format!("{path}{tail}")))
    };
    let all = [
        (invites, Icon::Invitation, "Invite someone", "/invitations#invite".to_owned()),
        (grant.can::<perm::AppsCreate>(), Icon::App, "Register an app", "/apps/new".to_owned()),
        (grant.can::<perm::TokensCreate>(), Icon::Token, "Mint a token", "/tokens/new".to_owned()),
        (
            grant.can::<perm::TenantUpdate>(),
            Icon::Edit,
            "Change name or slug",
            "/settings#general".to_owned(),
        ),
        (true, Icon::SignOut, "Leave this tenant", format!("/members/{}/remove", grant.subject().uuid())),
        (grant.can::<perm::TenantDelete>(), Icon::Trash, "Delete this tenant", "/settings#delete".to_owned()),
    ];
    all.into_iter().filter_map(action).collect()
}

/// The caller's tenants.
async fn mine(app: &View, principal: &SessionUser) -> Result<Vec<Found>> {
    let mine = list_for(&app.authz, principal.user.id, app.database.clock().now()).await?;
    let found = |tenant: &crate::tenants::TenantOfMine| {
        let suspended = if tenant.status == Status::Suspended { ", suspended" } else { "" };
        let detail = format!("{}{suspended}", tenant.slug);
        Found::new(Icon::Tenant, &tenant.name, &detail, &format!("/t/{}", tenant.slug))
    };
    Ok(mine.iter().map(found).collect())
}

/// The projects whose name has what was typed, for who may see projects. None before anything is typed.
async fn work(app: &View, grant: &Grant<perm::TenantRead>, q: &str) -> Result<Vec<Found>> {
    let Some(grant) = also::<perm::ProjectsRead, _>(app, grant).await?.filter(|_| !q.is_empty()) else {
        return Ok(Vec::new());
    };
    let filter = projects::Filter { search: q.to_owned(), archived: None };
    let window = Window { limit: u32::try_from(SHOWN).unwrap_or(8), ..Window::default() };
    let listed = projects::list(&app.database, &grant, &filter, &window).await?;
    let path = path_of(&grant);
    let found = |project: &projects::Project| {
        let detail = if project.archived { "archived" } else { "" };
        Found::new(Icon::Project, &project.name, detail, &format!("{path}/projects/{}", project.id))
    };
    Ok(listed.items.iter().map(found).collect())
}

/// The members whose name or address has what was typed, for who may see members. Nobody before anything is typed.
async fn people(app: &View, grant: &Grant<perm::TenantRead>, q: &str) -> Result<Vec<Found>> {
    let Some(grant) = also::<perm::MembersRead, _>(app, grant).await?.filter(|_| !q.is_empty()) else {
        return Ok(Vec::new());
    };
    let filter = Filter { search: q.to_owned(), role: String::new() };
    let window = Window { limit: u32::try_from(SHOWN).unwrap_or(8), ..Window::default() };
    let listed = members::list(&app.database, &grant, &filter, &window).await?;
    let path = path_of(&grant);
    let found = |member: &members::Member| {
        let detail = member.user.email.as_deref().unwrap_or_default();
        Found::new(Icon::Person, &member.user.name, detail, &format!("{path}/members/{}", member.user.id))
    };
    Ok(listed.items.iter().map(found).collect())
}

/// The tenant's roles, for who may see them.
fn roles<P>(grant: &Grant<P>) -> Vec<Found> {
    if !grant.can::<perm::RolesRead>() {
        return Vec::new();
    }
    let path = path_of(grant);
    let found = |role: &crate::authz::Role| {
        Found::new(Icon::Role, &role.name, &role.key, &format!("{path}/roles#role-{}", role.key))
    };
    grant.policy().roles.iter().map(found).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_must_be_somewhere() {
        let found = Found::new(Icon::Tenant, "Blue Works", "blue-works, suspended", "/t/blue-works");
        let has = |q: &str| found.has(&read(Wanted { q: Some(q.to_owned()) }).1);
        assert!(has("") && has("  ") && has("WORKS blue") && has("suspended"));
        assert!(!has("blue red"));
    }

    #[test]
    fn what_is_typed_is_cut_to_a_length() {
        let (q, _) = read(Wanted { q: Some("ä".repeat(5_000)) });
        assert_eq!(q.chars().count(), 100);
    }

    #[test]
    fn nothing_is_listed_twice() {
        let page = || Found::new(Icon::Overview, "Overview", "", "/t/acme");
        assert_eq!(group("id", "Go to", vec![page(), page()], &[]).unwrap().found.len(), 1);
        assert!(group("id", "Go to", vec![page()], &["x".to_owned()]).is_none());
    }
}
