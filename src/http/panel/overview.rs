//! A tenant at a glance: what needs attention, what one is in it, how many others there are, what happened lately,
//! what to do first. Each part is read only for those who may see it. An owner's view, which has all parts, runs ten
//! SQL statements while the copies are warm, a viewer's one; a test counts them. None grows with the past, and none
//! returns more than a hundred rows.

use std::time::Duration;

use askama::Template;
use axum::response::Response;
use serde::Deserialize;

use crate::apps;
use crate::audit;
use crate::authz::{Grant, perm};
use crate::clock::Timestamp;
use crate::domains;
use crate::error::Result;
use crate::http::access::Can;
use crate::http::extract::Query;
use crate::http::panel::parts::activity::Activity;
use crate::http::panel::parts::attention::{Attention, LOOKED_FOR};
use crate::http::panel::parts::frame::{Frame, Section, also, path_of};
use crate::http::panel::parts::shown::{Badge, Moment, thousands};
use crate::http::panel::parts::steps::{Progress, Step, first_steps};
use crate::http::panel::parts::view::View;
use crate::http::panel::{Icon, page, start};
use crate::http::routes::{Area, Routes};
use crate::invitations::{self, Waiting};
use crate::members::{self, Figures};
use crate::roles::guards;
use crate::tokens;

/// How many lines of what happened lately.
const LATELY: u32 = 8;
/// How long a refusal is news.
const DAY: Duration = Duration::from_hours(24);
/// How long before its end a role of the reader's is brought up.
const SOON: Duration = Duration::from_hours(7 * 24);
/// For how long a tenant is new. What is undone after that is said where it matters, not as a first step.
const NEW: Duration = Duration::from_hours(30 * 24);

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
pub(super) struct OverviewPage {
    pub(super) frame: Frame,
    pub(super) path: String,
    pub(super) name: String,
    pub(super) slug: String,
    pub(super) since: Moment,
    pub(super) attention: Vec<Attention>,
    pub(super) steps: Vec<Step>,
    pub(super) roles: Vec<Badge>,
    pub(super) members: Option<String>,
    pub(super) invitations: Option<i64>,
    pub(super) may_invite: bool,
    pub(super) may_read_roles: bool,
    pub(super) activity: Option<Vec<Activity>>,
}

impl OverviewPage {
    fn steps_done(&self) -> usize {
        self.steps.iter().filter(|step| step.done).count()
    }
}

async fn show(who: Can<perm::TenantRead>, app: View, Query(query): Query<Shown>) -> Result<Response> {
    let grant = who.grant();
    let (policy, now) = (grant.policy(), app.database.clock().now());
    let figures = match also::<perm::MembersRead, _>(&app, grant).await? {
        Some(grant) => Some(members::figures(&app.database, &grant).await?),
        None => None,
    };
    let waiting = match also::<perm::InvitationsRead, _>(&app, grant).await? {
        Some(grant) => Some(invitations::waiting(&app.database, &grant).await?),
        None => None,
    };
    let (refused, activity) = log(&app, grant, now).await?;
    let steps = steps(grant, figures, waiting.as_ref(), now);
    let frame = Frame::inside(&app, grant, Section::Overview).await?.telling(query.done.as_deref());
    let mut attention = refused;
    attention.extend(Attention::requests(&path_of(grant), frame.requests));
    attention.extend(sole_owner(grant, figures).filter(|_| steps.is_empty()));
    attention.extend(ending_roles(grant, now));
    attention.extend(ending_credentials(&app, grant, now).await?);
    attention.extend(without_role(&app, grant).await?);
    attention.extend(asking(&app, grant).await?);
    attention.extend(due(grant, waiting.as_ref(), now));
    let roles = grant.standing().held(now).map(|(role, held)| Badge {
        name: role.name.clone(),
        until: held.expires_at.map(|end| Moment::new(end, now)),
    });
    let mut response = page(&OverviewPage {
        frame,
        path: path_of(grant),
        name: policy.name.clone(),
        slug: policy.slug.clone(),
        since: Moment::new(policy.created_at, now),
        attention,
        steps,
        roles: roles.collect(),
        members: figures.map(|figures| thousands(figures.members)),
        may_invite: waiting.is_some() && grant.can::<perm::MembersInvite>(),
        invitations: waiting.map(|waiting| waiting.open),
        may_read_roles: grant.can::<perm::RolesRead>(),
        activity,
    });
    start::remember(&app, &policy.slug, &mut response);
    Ok(response)
}

/// What the log tells those who may read it: who was refused, and what happened lately.
async fn log(
    app: &View,
    grant: &Grant<perm::TenantRead>,
    now: Timestamp,
) -> Result<(Vec<Attention>, Option<Vec<Activity>>)> {
    let Some(reader) = also::<perm::AuditRead, _>(app, grant).await? else { return Ok((Vec::new(), None)) };
    let mut on = app.database.read().await?;
    let refused = if grant.can::<perm::MembersRead>() {
        audit::refused_since(&mut on, &reader, now - DAY, LOOKED_FOR).await?
    } else {
        Vec::new()
    };
    let lines = audit::recent(&mut on, &reader, LATELY).await?;
    let sentence = |line| Activity::new(line, grant.policy(), app.authz.catalogue(), now);
    let lines = lines.into_iter().map(sentence).collect();
    Ok((Attention::refused(&path_of(grant), &refused), Some(lines)))
}

/// The first steps, for those who can take them, while the tenant is new or has one member.
fn steps<P>(
    grant: &Grant<P>,
    figures: Option<Figures>,
    waiting: Option<&Waiting>,
    now: Timestamp,
) -> Vec<Step> {
    let (Some(figures), Some(waiting), true) = (figures, waiting, grant.can::<perm::MembersInvite>()) else {
        return Vec::new();
    };
    if figures.members > 1 && now.since(grant.policy().created_at) > NEW {
        return Vec::new();
    }
    let second_owner = owns(grant).then_some(figures.owners > 1);
    let Figures { members, delegated, .. } = figures;
    first_steps(&path_of(grant), Progress { members, invited: waiting.open, delegated, second_owner })
}

/// Whether the reader owns the tenant without end.
fn owns<P>(grant: &Grant<P>) -> bool {
    let owner = guards::owner_role(grant.policy());
    grant.standing().roles.iter().any(|held| Some(held.role) == owner && held.expires_at.is_none())
}

fn sole_owner<P>(grant: &Grant<P>, figures: Option<Figures>) -> Option<Attention> {
    let alone = owns(grant) && figures.is_some_and(|figures| figures.owners < 2);
    alone.then(|| Attention::sole_owner(&path_of(grant)))
}

/// Roles of the reader's that end soon. Who may change roles can try to prolong them; the others see whom to ask.
fn ending_roles<P>(grant: &Grant<P>, now: Timestamp) -> Vec<Attention> {
    let path = path_of(grant);
    let (action, href) = match (grant.can::<perm::MembersUpdate>(), grant.can::<perm::MembersRead>()) {
        (true, _) => ("See your roles", format!("{path}/members/{}", grant.subject().uuid())),
        (false, true) => ("See who can prolong it", format!("{path}/members?role={}", guards::OWNER)),
        (false, false) => return Vec::new(),
    };
    let ends = |(name, end)| Attention::role_ends(name, Moment::new(end, now), action, href.clone());
    let held =
        grant.standing().held(now).filter_map(|(role, held)| Some((role.name.as_str(), held.expires_at?)));
    held.filter(|(_, end)| end.since(now) <= SOON).map(ends).collect()
}

/// Tokens of the reader's that end soon, and secrets of apps for those who can make others.
async fn ending_credentials(
    app: &View,
    grant: &Grant<perm::TenantRead>,
    now: Timestamp,
) -> Result<Vec<Attention>> {
    let (path, mut found) = (path_of(grant), Vec::new());
    if let Some(minter) = also::<perm::TokensCreate, _>(app, grant).await? {
        let ending = tokens::ending(&app.database, &minter).await?;
        found.extend(
            ending.iter().map(|(name, at)| Attention::token_ends(&path, name, Moment::new(*at, now))),
        );
    }
    // The way there is the page of the app.
    if let Some(maker) =
        also::<perm::AppsSecrets, _>(app, grant).await?.filter(|_| grant.can::<perm::AppsRead>())
    {
        let ending = apps::endings::ending(&app.database, &maker).await?;
        found.extend(ending.iter().map(|(id, name, at)| {
            Attention::secret_ends(name, format!("{path}/apps/{id}#secrets"), Moment::new(*at, now))
        }));
    }
    Ok(found)
}

async fn without_role(app: &View, grant: &Grant<perm::TenantRead>) -> Result<Option<Attention>> {
    if !grant.can::<perm::MembersRead>() {
        return Ok(None);
    }
    let Some(changer) = also::<perm::MembersUpdate, _>(app, grant).await? else { return Ok(None) };
    let found = members::without_role(&app.database, &changer, LOOKED_FOR).await?;
    Ok(Attention::without_role(&path_of(grant), &found))
}

/// People who ask to be let in, for those who can.
async fn asking(app: &View, grant: &Grant<perm::TenantRead>) -> Result<Option<Attention>> {
    let Some(inviter) = also::<perm::MembersInvite, _>(app, grant).await? else { return Ok(None) };
    let count = domains::waiting(&app.database, &inviter).await?;
    Ok(Attention::asking(&path_of(grant), count).filter(|_| grant.can::<perm::InvitationsRead>()))
}

/// Invitations that end or have ended unanswered, for those who can send them again or withdraw them.
fn due<P>(grant: &Grant<P>, waiting: Option<&Waiting>, now: Timestamp) -> Vec<Attention> {
    let may = grant.can::<perm::MembersInvite>() || grant.can::<perm::InvitationsDelete>();
    let due = waiting.filter(|_| may).map_or(&[][..], |waiting| &waiting.due);
    Attention::invitations(&path_of(grant), due, now)
}
