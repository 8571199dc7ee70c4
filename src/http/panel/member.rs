//! One member: who they are, and a form for their roles.

use askama::Template;
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;

use crate::authz::{Grant, HeldRole, perm};
use crate::error::{Error, Result};
use crate::http::access::Can;
use crate::http::extract::{Form, Path, Query};
use crate::http::panel::members::Row;
use crate::http::panel::parts::choices::{Choice, choices};
use crate::http::panel::parts::form::{self, FormErrors, Rejected};
use crate::http::panel::parts::frame::{Frame, Section, also, path_of};
use crate::http::panel::parts::notice::Notice;
use crate::http::panel::parts::view::View;
use crate::http::panel::{Icon, page};
use crate::http::routes::{Area, Routes};
use crate::ids::UserId;
use crate::members::{self, Member, RoleAssignment};
use crate::roles::guards::{self, Holding};

pub(super) fn routes() -> Routes {
    Routes::new(Area::Panel).get("/t/{tenant}/members/{user}", "One member", show).post(
        "/t/{tenant}/members/{user}/roles",
        "Change a member's roles",
        set_roles,
    )
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
}

async fn show(
    who: Can<perm::MembersRead>,
    app: View,
    Path(user): Path<UserId>,
    Query(query): Query<Shown>,
) -> Result<Response> {
    let member = members::show(&app.database, who.grant(), user).await?;
    let mut shown = member_page(&app, who.grant(), &member, None).await?;
    shown.frame = shown.frame.telling(query.done.as_deref());
    Ok(page(&shown))
}

async fn set_roles(
    who: Can<perm::MembersUpdate>,
    app: View,
    Path(user): Path<UserId>,
    form: Form,
) -> Result<Response> {
    form.only(&["role", "revision"])?;
    let grant = who.grant();
    let revision = form.text("revision")?.parse::<i64>();
    let revision = revision.map_err(|_number| Error::Malformed("the revision is not a number".into()))?;
    // The form is on a page that needs this too.
    let reader: Grant<perm::MembersRead> =
        app.authz.decide(grant.principal().clone(), std::sync::Arc::clone(grant.standing())).await?;
    let member = members::show(&app.database, &reader, user).await?;
    let ticked = form.list("role");
    let until = |key: &String| member.roles.iter().find(|role| role.key == *key)?.expires_at;
    // A role that ends keeps its end: the form only says which.
    let wanted: Vec<RoleAssignment> =
        ticked.iter().map(|key| RoleAssignment { key: key.clone(), expires_at: until(key) }).collect();
    match members::set_roles(&app.authz, grant, user, &wanted, Some(revision)).await {
        Ok(_) => Ok(Notice::RolesChanged.at(&format!("{}/members/{user}", path_of(grant))).into_response()),
        Err(error) => {
            let rejected = Rejected::from(error, &["roles"])?;
            let member = members::show(&app.database, &reader, user).await?;
            let shown = member_page(&app, &reader, &member, Some((&rejected, ticked))).await?;
            Ok(rejected.answer(page(&shown)))
        }
    }
}

async fn member_page(
    app: &View,
    grant: &Grant<perm::MembersRead>,
    member: &Member,
    sent: Option<(&Rejected, Vec<String>)>,
) -> Result<MemberPage> {
    let (path, now) = (path_of(grant), app.database.clock().now());
    let own = member.user.id == grant.user();
    let held: Vec<HeldRole> =
        member.roles.iter().map(|role| HeldRole { role: role.id, expires_at: role.expires_at }).collect();
    let policy = grant.policy();
    let actor = Holding::new(policy, &grant.standing().roles);
    let above = match guards::may_act_on(actor, Holding::new(policy, &held), now) {
        Err(refusal) if !own => Some(refusal.reason(app.authz.catalogue()).into_owned()),
        Ok(()) | Err(_) => None,
    };
    let (rejected, ticked) = sent.unzip();
    let choices = choices(
        grant,
        &held,
        |role| match &ticked {
            Some(keys) => keys.contains(&role.key),
            None => held.iter().any(|held| held.role == role.id),
        },
        now,
    );
    let may_update = also::<perm::MembersUpdate, _>(app, grant).await?.is_some();
    Ok(MemberPage {
        frame: Frame::inside(app, grant, Section::Members).await?,
        member: Row::new(&path, member, own, now),
        user_id: member.user.id.to_string(),
        errors: form::errors(rejected),
        choices,
        revision: member.revision,
        fixed: match above.clone() {
            _ if !may_update => Some("Changing roles takes a role that allows members:update.".to_owned()),
            above => above,
        },
        may_remove: own || (above.is_none() && grant.can::<perm::MembersDelete>()),
        see_roles: grant.can::<perm::RolesRead>(),
        path,
    })
}
