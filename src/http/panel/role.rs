//! One role: what it allows and denies, as a form for those who may change it. Made, copied, changed and deleted here.

use std::collections::BTreeSet;

use askama::Template;
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;

use crate::authz::{Grant, Permission as _, perm};
use crate::error::{Error, Result};
use crate::http::access::Can;
use crate::http::extract::{Form, Path, Query, RoleWord};
use crate::http::panel::parts::consequences::Consequences;
use crate::http::panel::parts::form::{self, FormErrors, Rejected};
use crate::http::panel::parts::frame::{Frame, Section, also, path_of};
use crate::http::panel::parts::notice::Notice;
use crate::http::panel::parts::permissions::{Group, listed};
use crate::http::panel::parts::preview::{self, Back, EDIT, PreviewPage, goes_on_editing};
use crate::http::panel::parts::view::View;
use crate::http::panel::roles::RoleCard;
use crate::http::panel::{Icon, page};
use crate::http::routes::{Area, Routes};
use crate::roles::{self, NewRole, RoleChange, RoleView};

pub(super) fn routes() -> Routes {
    Routes::new(Area::Panel)
        .get("/t/{tenant}/roles/new", "Begin a role", begin)
        .post("/t/{tenant}/roles", "Make a role", create)
        .get("/t/{tenant}/roles/{role}", "One role", show)
        .post("/t/{tenant}/roles/{role}", "Change a role", change)
        .post("/t/{tenant}/roles/{role}/preview", "Show what a change of a role would do", ask)
}

/// The fields of the form, as problems name them.
const FIELDS: [&str; 6] = ["name", "key", "description", "permissions", "denies", "inherits"];

#[derive(Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct Begun {
    /// The key of a role to begin with a copy of.
    copy: Option<String>,
}

#[derive(Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct Shown {
    /// What was just done.
    done: Option<String>,
}

/// The form of a new role, or of one that is there.
#[derive(Debug, Template)]
#[template(path = "pages/role_form.html")]
pub(super) struct RoleFormPage {
    pub(super) frame: Frame,
    pub(super) path: String,
    /// The role as it is, when it is there.
    pub(super) role: Option<RoleCard>,
    pub(super) revision: Option<i64>,
    pub(super) errors: FormErrors,
    pub(super) typed: Typed,
    pub(super) parents: Vec<ParentChoice>,
    pub(super) groups: Vec<Group>,
    pub(super) see_members: bool,
    pub(super) may_copy: bool,
    pub(super) may_delete: bool,
}

/// A role one may only look at.
#[derive(Debug, Template)]
#[template(path = "pages/role.html")]
pub(super) struct RolePage {
    pub(super) frame: Frame,
    pub(super) path: String,
    pub(super) role: RoleCard,
    pub(super) see_members: bool,
    pub(super) may_copy: bool,
}

/// What stands in the form.
#[derive(Debug, Clone, Default)]
pub(super) struct Typed {
    pub(super) name: String,
    pub(super) description: String,
    /// Permissions ticked to be allowed.
    pub(super) allow: BTreeSet<String>,
    /// Permissions ticked to be denied.
    pub(super) deny: BTreeSet<String>,
    /// Keys of the roles to inherit from.
    pub(super) inherits: BTreeSet<String>,
}

/// A role one may inherit from.
#[derive(Debug, Clone)]
pub(super) struct ParentChoice {
    pub(super) key: String,
    pub(super) name: String,
    pub(super) description: String,
    pub(super) ticked: bool,
}

impl Typed {
    fn of(form: &Form) -> Result<Self> {
        Ok(Self {
            name: form.text("name")?.to_owned(),
            description: form.text("description")?.to_owned(),
            allow: form.list("allow").into_iter().collect(),
            deny: form.list("deny").into_iter().collect(),
            inherits: form.list("inherits").into_iter().collect(),
        })
    }

    fn as_is(role: &RoleView) -> Self {
        Self {
            name: role.name.clone(),
            description: role.description.clone(),
            allow: role.permissions.iter().cloned().collect(),
            deny: role.denies.iter().cloned().collect(),
            inherits: role.inherits.iter().cloned().collect(),
        }
    }

    fn into_new(self) -> NewRole {
        NewRole {
            name: self.name,
            key: None,
            description: Some(self.description),
            permissions: Some(self.allow.into_iter().collect()),
            denies: Some(self.deny.into_iter().collect()),
            inherits: Some(self.inherits.into_iter().collect()),
            copy_of: None,
        }
    }

    fn into_change(self) -> RoleChange {
        RoleChange {
            name: Some(self.name),
            description: Some(self.description),
            permissions: Some(self.allow.into_iter().collect()),
            denies: Some(self.deny.into_iter().collect()),
            inherits: Some(self.inherits.into_iter().collect()),
        }
    }
}

async fn begin(who: Can<perm::RolesCreate>, app: View, Query(begun): Query<Begun>) -> Result<Response> {
    let typed = match (begun.copy, also::<perm::RolesRead, _>(&app, who.grant()).await?) {
        (Some(key), Some(reader)) => {
            let role = roles::show(&app.database, &app.authz, &reader, &key).await?;
            Typed { name: format!("Copy of {}", role.name), ..Typed::as_is(&role) }
        }
        _ => Typed::default(),
    };
    Ok(page(&form_page(&app, who.grant(), None, typed, None).await?))
}

async fn create(who: Can<perm::RolesCreate>, app: View, form: Form) -> Result<Response> {
    form.only(&["name", "description", "allow", "deny", "inherits"])?;
    let typed = Typed::of(&form)?;
    let most = app.config.limits.roles;
    match roles::create(&app.authz, who.grant(), &typed.clone().into_new(), most).await {
        Ok((role, _)) => {
            let place = format!("{}/roles/{}", path_of(who.grant()), role.key);
            Ok(Notice::RoleCreated.at(&place).into_response())
        }
        Err(error) => {
            let rejected = Rejected::from(error, &FIELDS)?;
            let shown = form_page(&app, who.grant(), None, typed, Some(&rejected)).await?;
            Ok(rejected.answer(page(&shown)))
        }
    }
}

async fn show(
    who: Can<perm::RolesRead>,
    app: View,
    Path(role): Path<RoleWord>,
    Query(query): Query<Shown>,
) -> Result<Response> {
    let grant = who.grant();
    let role = roles::show(&app.database, &app.authz, grant, &role.0).await?;
    let done = query.done.as_deref();
    if !role.system && grant.can::<perm::RolesUpdate>() {
        let typed = Typed::as_is(&role);
        let mut shown = form_page(&app, grant, Some(role), typed, None).await?;
        shown.frame = shown.frame.telling(done);
        return Ok(page(&shown));
    }
    Ok(page(&RolePage {
        frame: Frame::inside(&app, grant, Section::Roles).await?.telling(done),
        path: path_of(grant),
        role: RoleCard::new(&app, grant, role),
        see_members: grant.can::<perm::MembersRead>(),
        may_copy: grant.can::<perm::RolesCreate>(),
    }))
}

/// What was typed of a role that is there, and the revision it was typed for.
fn read(form: &Form) -> Result<(Typed, i64)> {
    form.only(&["name", "description", "allow", "deny", "inherits", "revision", EDIT])?;
    let revision = form.revision()?;
    Ok((Typed::of(form)?, revision))
}

async fn ask(
    who: Can<perm::RolesUpdate>,
    app: View,
    Path(role): Path<RoleWord>,
    form: Form,
) -> Result<Response> {
    let (grant, (typed, revision)) = (who.grant(), read(&form)?);
    if goes_on_editing(&form)? {
        let mut shown = own_form(&app, grant, &role.0, |_| typed, None).await?;
        shown.revision = Some(revision);
        return Ok(page(&shown));
    }
    match roles::preview(&app.authz, grant, &role.0, &typed.clone().into_change(), Some(revision)).await {
        Ok(preview) => {
            let path = format!("{}/roles/{}", path_of(grant), role.0);
            let asked = PreviewPage {
                frame: Frame::inside(&app, grant, Section::Roles).await?,
                title: format!("Save the role {}?", typed.name),
                text: String::new(),
                consequences: Some(
                    Consequences::new(
                        &app,
                        grant,
                        &preview,
                        &[perm::RolesRead::NAME, perm::RolesUpdate::NAME],
                    )
                    .await?,
                ),
                fields: preview::typed(&form),
                button: "Save the role",
                final_step: false,
                back: Back::Form(format!("{path}/preview")),
                action: path,
                errors: FormErrors::default(),
            };
            Ok(asked.answer(None))
        }
        Err(error) => refused(&app, grant, &role.0, typed, error).await,
    }
}

async fn change(
    who: Can<perm::RolesUpdate>,
    app: View,
    Path(role): Path<RoleWord>,
    form: Form,
) -> Result<Response> {
    let (grant, (typed, revision)) = (who.grant(), read(&form)?);
    match roles::change(&app.authz, grant, &role.0, &typed.clone().into_change(), Some(revision)).await {
        Ok((role, _)) => {
            let page = format!("{}/roles/{}", path_of(grant), role.key);
            Ok(Notice::RoleSaved.at(&page).into_response())
        }
        Err(error) => refused(&app, grant, &role.0, typed, error).await,
    }
}

/// The form again with what was wrong; as the role is now, when it is not what was typed for.
async fn refused(
    app: &View,
    grant: &Grant<perm::RolesUpdate>,
    role: &str,
    typed: Typed,
    error: Error,
) -> Result<Response> {
    let stale = matches!(error, Error::Stale);
    let rejected = Rejected::from(error, &FIELDS)?;
    let now = |role: &RoleView| if stale { Typed::as_is(role) } else { typed };
    Ok(rejected.answer(page(&own_form(app, grant, role, now, Some(&rejected)).await?)))
}

/// The form of the role with this key or id.
async fn own_form(
    app: &View,
    grant: &Grant<perm::RolesUpdate>,
    role: &str,
    typed: impl FnOnce(&RoleView) -> Typed,
    rejected: Option<&Rejected>,
) -> Result<RoleFormPage> {
    // The form is on a page that needs this too.
    let reader: Grant<perm::RolesRead> = app.authz.also(grant).await?;
    let role = roles::show(&app.database, &app.authz, &reader, role).await?;
    let typed = typed(&role);
    form_page(app, grant, Some(role), typed, rejected).await
}

async fn form_page<P>(
    app: &View,
    grant: &Grant<P>,
    role: Option<RoleView>,
    typed: Typed,
    rejected: Option<&Rejected>,
) -> Result<RoleFormPage> {
    let own = role.as_ref().map(|role| role.key.as_str());
    let parents = grant.policy().roles.iter().filter(|parent| Some(parent.key.as_str()) != own);
    let parents = parents.map(|parent| ParentChoice {
        key: parent.key.clone(),
        name: parent.name.clone(),
        description: parent.description.clone(),
        ticked: typed.inherits.contains(&parent.key),
    });
    Ok(RoleFormPage {
        frame: Frame::inside(app, grant, Section::Roles).await?,
        path: path_of(grant),
        parents: parents.collect(),
        groups: listed(app.authz.catalogue(), grant, &typed),
        errors: form::errors(rejected),
        revision: role.as_ref().map(RoleView::revision),
        role: role.map(|role| RoleCard::new(app, grant, role)),
        typed,
        see_members: grant.can::<perm::MembersRead>(),
        may_copy: grant.can::<perm::RolesCreate>(),
        may_delete: grant.can::<perm::RolesDelete>(),
    })
}
