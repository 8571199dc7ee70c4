//! A tenant at a glance: what one is in it, how many others there are, what happened lately, what to do first.

use askama::Template;
use axum::response::Response;
use serde::Deserialize;

use crate::audit;
use crate::authz::{Grant, perm};
use crate::clock::Timestamp;
use crate::error::Result;
use crate::http::access::Can;
use crate::http::extract::Query;
use crate::http::panel::invitations::deps;
use crate::http::panel::parts::activity::Activity;
use crate::http::panel::parts::frame::{Frame, Section, also, path_of};
use crate::http::panel::parts::shown::{Badge, Moment};
use crate::http::panel::parts::view::View;
use crate::http::panel::{page, start};
use crate::http::routes::{Area, Routes};
use crate::invitations::{self, Status};
use crate::members;

/// How many lines of what happened lately.
const LATELY: u32 = 8;
/// Open invitations are counted to here.
const COUNTED: u16 = 100;

pub(super) fn routes() -> Routes {
    Routes::new(Area::Panel).get("/t/{tenant}", "A tenant at a glance", show)
}

#[derive(Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct Shown {
    /// What was just done.
    done: Option<String>,
}

#[derive(Debug, Template)]
#[template(path = "pages/overview.html")]
struct OverviewPage {
    frame: Frame,
    path: String,
    name: String,
    slug: String,
    since: Moment,
    roles: Vec<Badge>,
    members: Option<i64>,
    invitations: Option<String>,
    may_invite: bool,
    may_read_roles: bool,
    may_change: bool,
    activity: Option<Vec<Activity>>,
}

impl OverviewPage {
    /// Whether the caller is alone here and can do something about it.
    fn starts(&self) -> bool {
        self.may_invite && self.members == Some(1)
    }
}

async fn show(who: Can<perm::TenantRead>, app: View, Query(query): Query<Shown>) -> Result<Response> {
    let grant = who.grant();
    let (policy, now) = (grant.policy(), app.database.clock().now());
    let roles = grant.standing().held(now).map(|(role, held)| Badge {
        name: role.name.clone(),
        until: held.expires_at.map(|end| Moment::new(end, now)),
    });
    let members = match also::<perm::MembersRead, _>(&app, grant).await? {
        Some(grant) => Some(members::count(&app.database, &grant).await?),
        None => None,
    };
    let overview = OverviewPage {
        frame: Frame::inside(&app, grant, Section::Overview).await?.telling(query.done.as_deref()),
        path: path_of(grant),
        name: policy.name.clone(),
        slug: policy.slug.clone(),
        since: Moment::new(policy.created_at, now),
        roles: roles.collect(),
        members,
        invitations: open_invitations(&app, grant).await?,
        may_invite: grant.can::<perm::MembersInvite>(),
        may_read_roles: grant.can::<perm::RolesRead>(),
        may_change: grant.can::<perm::TenantUpdate>(),
        activity: lately(&app, grant, now).await?,
    };
    let mut response = page(&overview);
    start::remember(&app, &policy.slug, &mut response);
    Ok(response)
}

async fn open_invitations(app: &View, grant: &Grant<perm::TenantRead>) -> Result<Option<String>> {
    let Some(grant) = also::<perm::InvitationsRead, _>(app, grant).await? else { return Ok(None) };
    let open = invitations::Page { limit: COUNTED, after: None, status: Some(Status::Pending) };
    let listed = invitations::list(&deps(app), &grant, open).await?;
    let more = if listed.next.is_some() { "+" } else { "" };
    Ok(Some(format!("{}{more}", listed.items.len())))
}

async fn lately(
    app: &View,
    grant: &Grant<perm::TenantRead>,
    now: Timestamp,
) -> Result<Option<Vec<Activity>>> {
    let Some(grant) = also::<perm::AuditRead, _>(app, grant).await? else { return Ok(None) };
    let lines = audit::recent(&mut app.database.read().await?, &grant, LATELY).await?;
    Ok(Some(lines.into_iter().map(|line| Activity::new(line, now)).collect()))
}
