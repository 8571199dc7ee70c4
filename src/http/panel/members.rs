//! The members of a tenant: found by name, address or role.

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
use crate::http::panel::parts::shown::{Avatar, Badge, Moment, thousands};
use crate::http::panel::parts::sorting::{Column, column};
use crate::http::panel::parts::view::View;
use crate::http::panel::{Icon, page};
use crate::http::routes::{Area, Routes};
use crate::lists::Sort;
use crate::members::{self, By, Filter, Member};
use crate::names::searched;

pub(super) fn routes() -> Routes {
    Routes::new(Area::Panel).get("/t/{tenant}/members", "The members of a tenant", list)
}

#[derive(Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct Wanted {
    /// A part of a name or address.
    search: Option<String>,
    /// A role's key.
    role: Option<String>,
    /// The order.
    sort: Option<Sort<By>>,
    /// Where to go on.
    cursor: Option<String>,
    /// What was just done.
    done: Option<String>,
}

#[derive(Debug, Template)]
#[template(path = "pages/members.html")]
pub(super) struct MembersPage {
    pub(super) frame: Frame,
    pub(super) path: String,
    pub(super) search: String,
    pub(super) role: String,
    /// The order's word, when it is not the usual one.
    pub(super) sort: Option<String>,
    /// The roles one may ask for: key and name.
    pub(super) roles: Vec<(String, String)>,
    /// How many members the tenant has.
    pub(super) total: i64,
    pub(super) members: Vec<Row>,
    pub(super) by_name: Column,
    pub(super) by_joined: Column,
    pub(super) first: Option<String>,
    pub(super) next: Option<String>,
    pub(super) may_invite: bool,
    pub(super) may_change: bool,
    /// Whether members may be selected, to change their roles together.
    pub(super) may_select: bool,
}

impl MembersPage {
    fn filtered(&self) -> bool {
        !self.search.is_empty() || !self.role.is_empty()
    }

    /// How many there are, in words.
    fn count(&self) -> String {
        match (self.filtered(), self.total, self.members.len(), self.next.is_some() || self.first.is_some()) {
            (true, .., true) => "More than fit on a page".to_owned(),
            (true, _, 0, _) => "Nobody".to_owned(),
            (true, total, found, _) => format!("{found} of {} people", thousands(total)),
            (false, 1, ..) => "1 person".to_owned(),
            (false, total, ..) => format!("{} people", thousands(total)),
        }
    }
}

/// A member in a list or at the head of their page.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) id: String,
    pub(super) path: String,
    pub(super) name: String,
    pub(super) email: String,
    pub(super) avatar: Avatar,
    pub(super) roles: Vec<Badge>,
    pub(super) joined: Moment,
    pub(super) seen: Option<Moment>,
    pub(super) own: bool,
}

impl Row {
    /// `member` of the tenant at `path`, as seen at `now` by someone who may be that member.
    pub(super) fn new(path: &str, member: &Member, own: bool, now: Timestamp) -> Self {
        let user = &member.user;
        let badge = |role: &members::MemberRole| Badge {
            name: role.name.clone(),
            until: role.expires_at.map(|end| Moment::new(end, now)),
        };
        Self {
            id: user.id.to_string(),
            path: format!("{path}/members/{}", user.id),
            name: user.name.clone(),
            email: user.email.clone().unwrap_or_default(),
            avatar: Avatar::new(user.id.uuid(), &user.name, user.avatar_url.as_deref()),
            roles: member.roles.iter().map(badge).collect(),
            joined: Moment::new(member.joined_at, now),
            seen: member.last_seen_at.map(|at| Moment::new(at, now)),
            own,
        }
    }
}

async fn list(who: Can<perm::MembersRead>, app: View, Query(wanted): Query<Wanted>) -> Result<Response> {
    let grant = who.grant();
    let search = searched(wanted.search.as_deref().unwrap_or_default());
    let filter = Filter { search, role: wanted.role.unwrap_or_default() };
    let sort = wanted.sort.unwrap_or_default();
    let scope = format!("panel members {} {sort} {filter:?}", grant.tenant());
    let window = pagination::window(&app.sealer, &scope, sort, (None, wanted.cursor.as_deref()))?;
    let part = members::list(&app.database, grant, &filter, &window).await?;
    let found = pagination::page(&app.sealer, &scope, part)?;
    let (path, now) = (path_of(grant), app.database.clock().now());
    let at = |sort, cursor| address(&path, &filter, sort, cursor);
    let row = |member: &Member| Row::new(&path, member, grant.is(member.user.id), now);
    Ok(page(&MembersPage {
        frame: Frame::inside(&app, grant, Section::Members).await?.telling(wanted.done.as_deref()),
        sort: (sort != Sort::default()).then(|| sort.to_string()),
        roles: grant.policy().roles.iter().map(|role| (role.key.clone(), role.name.clone())).collect(),
        total: members::count(&app.database, grant).await?,
        members: found.items.iter().map(row).collect(),
        by_name: column("Name", By::Name, sort, |sort| at(sort, None)),
        by_joined: column("Joined", By::JoinedAt, sort, |sort| at(sort, None)),
        first: window.after.is_some().then(|| at(sort, None)),
        next: found.next_cursor.as_deref().map(|cursor| at(sort, Some(cursor))),
        may_invite: grant.can::<perm::MembersInvite>() && grant.can::<perm::InvitationsRead>(),
        may_select: grant.can::<perm::MembersUpdate>(),
        may_change: grant.can::<perm::MembersUpdate>() || grant.can::<perm::MembersDelete>(),
        search: filter.search.clone(),
        role: filter.role.clone(),
        path: path.clone(),
    }))
}

/// The address of a part of the list.
fn address(path: &str, filter: &Filter, sort: Sort<By>, cursor: Option<&str>) -> String {
    let sort = (sort != Sort::default()).then(|| sort.to_string());
    let asked = [
        ("search", Some(filter.search.as_str())),
        ("role", Some(filter.role.as_str())),
        ("sort", sort.as_deref()),
        ("cursor", cursor),
    ];
    pagination::address(&format!("{path}/members"), asked)
}
