//! Deleting a role: what becomes of those who hold it is said before.

use askama::Template;
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;

use crate::authz::{Grant, Permission as _, perm};
use crate::error::{Error, Result};
use crate::http::access::Can;
use crate::http::extract::{Form, Path, Query, RoleWord};
use crate::http::panel::Icon;
use crate::http::panel::page;
use crate::http::panel::parts::consequences::Consequences;
use crate::http::panel::parts::form::{self, FormErrors, Rejected};
use crate::http::panel::parts::frame::{Frame, Section, also, path_of};
use crate::http::panel::parts::notice::Notice;
use crate::http::panel::parts::shown::thousands;
use crate::http::panel::parts::view::View;
use crate::http::routes::{Area, Routes};
use crate::roles;

pub(super) fn routes() -> Routes {
    Routes::new(Area::Panel)
        .get("/t/{tenant}/roles/{role}/delete", "Show what the deletion of a role would do, and ask", ask)
        .post("/t/{tenant}/roles/{role}/delete", "Delete a role", delete)
}

/// The question.
#[derive(Debug, Template)]
#[template(path = "pages/role_delete.html")]
pub(super) struct DeleteRolePage {
    pub(super) frame: Frame,
    pub(super) path: String,
    pub(super) key: String,
    pub(super) name: String,
    pub(super) revision: i64,
    /// How many hold it, in words; none when nobody does.
    pub(super) holders: Option<String>,
    /// The roles they may get instead: key and name.
    pub(super) others: Vec<(String, String)>,
    pub(super) chosen: String,
    /// What it would do, once that is clear.
    pub(super) consequences: Option<Consequences>,
    pub(super) errors: FormErrors,
}

#[derive(Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct Wanted {
    /// The key of the role its holders are to get.
    reassign_to: Option<String>,
}

async fn ask(
    who: Can<perm::RolesDelete>,
    app: View,
    Path(role): Path<RoleWord>,
    Query(wanted): Query<Wanted>,
) -> Result<Response> {
    question(&app, who.grant(), &role.0, wanted.reassign_to.unwrap_or_default(), None).await
}

async fn delete(
    who: Can<perm::RolesDelete>,
    app: View,
    Path(role): Path<RoleWord>,
    form: Form,
) -> Result<Response> {
    form.only(&["reassign_to", "revision"])?;
    let (grant, chosen) = (who.grant(), form.text("reassign_to")?.to_owned());
    let revision = form.revision()?;
    let to = Some(chosen.as_str()).filter(|key| !key.is_empty());
    match roles::delete(&app.authz, grant, &role.0, to, Some(revision)).await {
        Ok(_) => Ok(Notice::RoleDeleted.at(&format!("{}/roles", path_of(grant))).into_response()),
        Err(error) => {
            let rejected = Rejected::from(error, &["reassign_to"])?;
            question(&app, grant, &role.0, chosen, Some(rejected)).await
        }
    }
}

/// The question, with what the deletion would do once it is clear what its holders get.
async fn question(
    app: &View,
    grant: &Grant<perm::RolesDelete>,
    key: &str,
    chosen: String,
    rejected: Option<Rejected>,
) -> Result<Response> {
    let reader = also::<perm::RolesRead, _>(app, grant).await?.ok_or(Error::NotFound)?;
    let role = roles::show(&app.database, &app.authz, &reader, key).await?;
    if role.system {
        return Err(Error::Conflict("This role comes with every tenant and cannot be deleted.".into()));
    }
    let to = Some(chosen.as_str()).filter(|key| !key.is_empty());
    let takes = [perm::RolesRead::NAME, perm::RolesDelete::NAME];
    let told = if role.member_count + role.app_count == 0 || to.is_some() {
        roles::preview_delete(&app.authz, grant, key, to).await.map(Some)
    } else {
        Ok(None)
    };
    let (consequences, refused) = match told {
        Ok(Some(told)) => (Some(Consequences::new(app, grant, &told, &takes).await?), None),
        Ok(None) => (None, None),
        Err(error) => (None, Some(Rejected::from(error, &["reassign_to"])?)),
    };
    let rejected = rejected.or(refused);
    let others = grant.policy().roles.iter().filter(|other| other.key != role.key);
    let shown = DeleteRolePage {
        frame: Frame::inside(app, grant, Section::Roles).await?,
        path: path_of(grant),
        holders: match (role.member_count, role.app_count) {
            (0, 0) => None,
            (members, apps) => Some(roles::who_hold(members, apps, thousands)),
        },
        others: others.map(|other| (other.key.clone(), other.name.clone())).collect(),
        revision: role.revision(),
        key: role.key,
        name: role.name,
        chosen,
        consequences,
        errors: form::errors(rejected.as_ref()),
    };
    Ok(form::answer(rejected.as_ref(), page(&shown)))
}
