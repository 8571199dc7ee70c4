//! The roles of a tenant, and what each allows in words.

use askama::Template;
use axum::response::Response;

use crate::authz::{Catalogue, PermissionSet, perm};
use crate::error::Result;
use crate::http::access::Can;
use crate::http::panel::page;
use crate::http::panel::parts::frame::{Frame, Section, path_of};
use crate::http::panel::parts::view::View;
use crate::http::routes::{Area, Routes};
use crate::roles;

pub(super) fn routes() -> Routes {
    Routes::new(Area::Panel).get("/t/{tenant}/roles", "The roles of a tenant", list)
}

#[derive(Debug, Template)]
#[template(path = "pages/roles.html")]
struct RolesPage {
    frame: Frame,
    path: String,
    roles: Vec<RoleCard>,
    see_members: bool,
}

#[derive(Debug)]
struct RoleCard {
    key: String,
    name: String,
    description: String,
    system: bool,
    members: i64,
    inherits: Vec<String>,
    allows: Vec<Allowed>,
    denies: Vec<Allowed>,
    held: bool,
}

/// A permission, with its sentence.
#[derive(Debug)]
struct Allowed {
    name: String,
    sentence: String,
    inherited: bool,
}

async fn list(who: Can<perm::RolesRead>, app: View) -> Result<Response> {
    let grant = who.grant();
    let (policy, now) = (grant.policy(), app.database.clock().now());
    let held: Vec<&str> = grant.standing().held(now).map(|(role, _)| role.key.as_str()).collect();
    let catalogue = app.authz.catalogue();
    let listed = roles::list(&app.database, &app.authz, grant).await?;
    let names = |keys: &[String]| {
        keys.iter().map(|key| policy.role_by_key(key).map_or(key, |role| &role.name).clone()).collect()
    };
    let card = |role: roles::RoleView| {
        let table = policy.role(role.id).map(|role| &role.table);
        RoleCard {
            allows: table.map(|table| told(catalogue, table.allow, &role.permissions)).unwrap_or_default(),
            denies: table.map(|table| told(catalogue, table.deny, &role.denies)).unwrap_or_default(),
            inherits: names(&role.inherits),
            held: held.contains(&role.key.as_str()),
            key: role.key,
            name: role.name,
            description: role.description,
            system: role.system,
            members: role.member_count,
        }
    };
    Ok(page(&RolesPage {
        frame: Frame::inside(&app, grant, Section::Roles).await?,
        path: path_of(grant),
        roles: listed.into_iter().map(card).collect(),
        see_members: grant.can::<perm::MembersRead>(),
    }))
}

fn told(catalogue: &Catalogue, all: PermissionSet, own: &[String]) -> Vec<Allowed> {
    let one = |(_, info): (_, &crate::authz::PermissionInfo)| Allowed {
        name: info.name.clone(),
        sentence: info.description.clone(),
        inherited: !own.contains(&info.name),
    };
    catalogue.iter().filter(|(id, _)| all.contains(*id)).map(one).collect()
}
