//! The roles of a tenant, and what each allows in words.

use askama::Template;
use axum::response::Response;
use serde::Deserialize;

use crate::authz::{Catalogue, Grant, TenantPolicy, perm};
use crate::error::Result;
use crate::http::access::Can;
use crate::http::extract::Query;
use crate::http::panel::parts::frame::{Frame, Section, path_of};
use crate::http::panel::parts::shown::thousands;
use crate::http::panel::parts::view::View;
use crate::http::panel::{Icon, page};
use crate::http::routes::{Area, Routes};
use crate::roles::{self, RoleView};

pub(super) fn routes() -> Routes {
    Routes::new(Area::Panel).get("/t/{tenant}/roles", "The roles of a tenant", list)
}

#[derive(Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct Shown {
    /// What was just done.
    done: Option<String>,
}

#[derive(Debug, Template)]
#[template(path = "pages/roles.html")]
pub(super) struct RolesPage {
    pub(super) frame: Frame,
    pub(super) path: String,
    pub(super) roles: Vec<RoleCard>,
    pub(super) see_members: bool,
    pub(super) may_create: bool,
}

/// A role in the list.
#[derive(Debug)]
pub(super) struct RoleCard {
    pub(super) key: String,
    pub(super) name: String,
    pub(super) description: String,
    pub(super) system: bool,
    /// Whether the reader holds it.
    pub(super) held: bool,
    pub(super) members: i64,
    pub(super) apps: i64,
    /// Names of the roles whose permissions it also gives.
    pub(super) inherits: Vec<String>,
    pub(super) groups: Vec<Group>,
}

impl RoleCard {
    /// `role` as the grant's holder sees it.
    pub(super) fn new<P>(app: &View, grant: &Grant<P>, role: RoleView) -> Self {
        let (policy, now) = (grant.policy(), app.database.clock().now());
        let name = |key: &String| policy.role_by_key(key).map_or(key, |role| &role.name).clone();
        Self {
            groups: groups(app.authz.catalogue(), policy, &role),
            inherits: role.inherits.iter().map(name).collect(),
            held: grant.standing().held(now).any(|(held, _)| held.id == role.id),
            key: role.key,
            name: role.name,
            description: role.description,
            system: role.system,
            members: role.member_count,
            apps: role.app_count,
        }
    }

    /// How many hold it, in words.
    pub(super) fn holders(&self) -> String {
        roles::holders(self.members, self.apps, thousands)
    }

    /// How much it allows and denies, in words.
    pub(super) fn count(&self) -> String {
        let all = self.groups.iter().flat_map(|group| &group.permissions);
        let denied = all.clone().filter(|listed| listed.denied).count();
        let allowed = match all.count() - denied {
            0 => "No permissions".to_owned(),
            1 => "1 permission".to_owned(),
            many => format!("{many} permissions"),
        };
        if denied == 0 { allowed } else { format!("{allowed}, {denied} denied") }
    }
}

/// Permissions about the same thing.
#[derive(Debug)]
pub(super) struct Group {
    /// What they are about, such as `members`.
    pub(super) noun: String,
    pub(super) permissions: Vec<Listed>,
}

/// A permission, with its sentence.
#[derive(Debug)]
pub(super) struct Listed {
    pub(super) name: String,
    pub(super) sentence: String,
    /// Denied, whatever else allows it.
    pub(super) denied: bool,
    /// The role it comes through, when it is not the role's own.
    pub(super) through: Option<String>,
}

async fn list(who: Can<perm::RolesRead>, app: View, Query(query): Query<Shown>) -> Result<Response> {
    let grant = who.grant();
    let listed = roles::list(&app.database, &app.authz, grant).await?;
    Ok(page(&RolesPage {
        frame: Frame::inside(&app, grant, Section::Roles).await?.telling(query.done.as_deref()),
        path: path_of(grant),
        roles: listed.into_iter().map(|role| RoleCard::new(&app, grant, role)).collect(),
        see_members: grant.can::<perm::MembersRead>(),
        may_create: grant.can::<perm::RolesCreate>(),
    }))
}

/// What the role allows and denies, by what it is about, in the order of the catalogue.
fn groups(catalogue: &Catalogue, policy: &TenantPolicy, role: &RoleView) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let Some(table) = policy.role(role.id).map(|role| &role.table) else { return groups };
    for (id, info) in catalogue.iter() {
        let denied = table.deny.contains(id);
        if !denied && !table.allow.contains(id) {
            continue;
        }
        let own = if denied { &role.denies } else { &role.permissions }.contains(&info.name);
        let parents = role.inherits.iter().filter_map(|key| policy.role_by_key(key));
        let gives = |parent: &&crate::authz::Role| {
            if denied { parent.table.deny.contains(id) } else { parent.table.allow.contains(id) }
        };
        let listed = Listed {
            name: info.name.clone(),
            sentence: info.description.clone(),
            denied,
            through: if own {
                None
            } else {
                parents.into_iter().find(gives).map(|parent| parent.name.clone())
            },
        };
        let noun = info.noun_verb().0;
        match groups.iter_mut().find(|group| group.noun == noun) {
            Some(group) => group.permissions.push(listed),
            None => groups.push(Group { noun: noun.to_owned(), permissions: vec![listed] }),
        }
    }
    groups
}
