//! One member: who they are, and a form for their roles and when each ends, which `member_roles` reads.

use askama::Template;
use axum::response::Response;
use serde::Deserialize;

use crate::authz::{Grant, HeldRole, perm};
use crate::error::Result;
use crate::http::access::Can;
use crate::http::extract::{Path, Query};
use crate::http::panel::members::Row;
use crate::http::panel::parts::choices::{Choice, choices};
use crate::http::panel::parts::form::{self, FormErrors, Rejected};
use crate::http::panel::parts::frame::{Frame, Section, also, path_of};
use crate::http::panel::parts::role_form::RoleForm;
use crate::http::panel::parts::view::View;
use crate::http::panel::{Icon, page};
use crate::http::routes::{Area, Routes};
use crate::ids::UserId;
use crate::members::{self, Member};
use crate::roles::guards::{self, Holding};

pub(super) fn routes() -> Routes {
    Routes::new(Area::Panel).get("/t/{tenant}/members/{user}", "One member", show)
}

#[derive(Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct Shown {
    /// What was just done.
    done: Option<String>,
}

#[derive(Debug, Template)]
#[template(path = "pages/member.html")]
pub(super) struct MemberPage {
    pub(super) frame: Frame,
    pub(super) path: String,
    pub(super) member: Row,
    /// Their id, for those who write programs.
    pub(super) user_id: String,
    pub(super) errors: FormErrors,
    pub(super) choices: Vec<Choice>,
    pub(super) revision: i64,
    /// Why their roles cannot be changed by the caller, if they cannot.
    pub(super) fixed: Option<String>,
    pub(super) may_remove: bool,
    pub(super) see_roles: bool,
    /// Whether the caller may ask what they can do, and why.
    pub(super) may_explain: bool,
}

async fn show(
    who: Can<perm::MembersRead>,
    app: View,
    Path(user): Path<UserId>,
    Query(query): Query<Shown>,
) -> Result<Response> {
    let member = members::show(&app.database, who.grant(), user).await?;
    let mut shown = member_page(&app, who.grant(), &member, None, None).await?;
    shown.frame = shown.frame.telling(query.done.as_deref());
    Ok(page(&shown))
}

/// The page, with what was typed in its form and what was wrong with that.
pub(super) async fn member_page(
    app: &View,
    grant: &Grant<perm::MembersRead>,
    member: &Member,
    sent: Option<&RoleForm>,
    rejected: Option<&Rejected>,
) -> Result<MemberPage> {
    let (path, now) = (path_of(grant), app.database.clock().now());
    let own = grant.is(member.user.id);
    let held: Vec<HeldRole> =
        member.roles.iter().map(|role| HeldRole { role: role.id, expires_at: role.expires_at }).collect();
    let policy = grant.policy();
    let actor = Holding::new(policy, &grant.standing().roles);
    let above = match guards::may_act_on(actor, Holding::new(policy, &held), now) {
        Err(refusal) if !own => Some(refusal.reason(app.authz.catalogue()).into_owned()),
        Ok(()) | Err(_) => None,
    };
    let errors = form::errors(rejected);
    let present = RoleForm::holding(member.roles.iter().map(|role| (role.key.as_str(), role.expires_at)));
    let choices = choices(grant, &held, (sent.unwrap_or(&present), &errors), now);
    let may_update = also::<perm::MembersUpdate, _>(app, grant).await?.is_some();
    Ok(MemberPage {
        frame: Frame::inside(app, grant, Section::Members).await?,
        member: Row::new(&path, member, own, now),
        user_id: member.user.id.to_string(),
        errors,
        choices,
        revision: member.revision,
        fixed: match above.clone() {
            _ if !may_update => Some("Changing roles takes a role that allows members:update.".to_owned()),
            above => above,
        },
        may_remove: own || (above.is_none() && grant.can::<perm::MembersDelete>()),
        see_roles: grant.can::<perm::RolesRead>(),
        may_explain: grant.can::<perm::AccessRead>(),
        path,
    })
}
