//! Every role × every permission, as decisions read them: what inheritance amounts to is in it.

use askama::Template;
use axum::response::Response;

use super::{Tab, TabLink, tabs};
use crate::authz::{Role, perm};
use crate::error::Result;
use crate::http::access::Can;
use crate::http::panel::page;
use crate::http::panel::parts::frame::{Frame, Section, path_of};
use crate::http::panel::parts::view::View;

#[derive(Debug, Template)]
#[template(path = "pages/access_roles.html")]
pub(in crate::http::panel) struct MatrixPage {
    pub(in crate::http::panel) frame: Frame,
    pub(in crate::http::panel) tabs: Vec<TabLink>,
    /// The roles' names, a column each.
    pub(in crate::http::panel) roles: Vec<String>,
    pub(in crate::http::panel) rows: Vec<MatrixRow>,
}

/// One permission, and what each role says of it.
#[derive(Debug)]
pub(in crate::http::panel) struct MatrixRow {
    pub(in crate::http::panel) name: String,
    pub(in crate::http::panel) sentence: String,
    pub(in crate::http::panel) cells: Vec<Cell>,
}

/// What a role amounts to for one permission.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::http::panel) enum Cell {
    Allowed,
    /// Whatever else allows it.
    Denied,
    Silent,
}

pub(super) async fn show(who: Can<perm::AccessRead>, app: View) -> Result<Response> {
    let grant = who.grant();
    let (path, policy) = (path_of(grant), grant.policy());
    let row = |(id, info): (_, &crate::authz::PermissionInfo)| {
        let cell = |role: &Role| match (role.table.deny.contains(id), role.table.allow.contains(id)) {
            (true, _) => Cell::Denied,
            (false, true) => Cell::Allowed,
            (false, false) => Cell::Silent,
        };
        MatrixRow {
            name: info.name.clone(),
            sentence: info.description.clone(),
            cells: policy.roles.iter().map(cell).collect(),
        }
    };
    Ok(page(&MatrixPage {
        frame: Frame::inside(&app, grant, Section::Access).await?,
        tabs: tabs(&path, Tab::Matrix),
        roles: policy.roles.iter().map(|role| role.name.clone()).collect(),
        rows: app.authz.catalogue().iter().map(row).collect(),
    }))
}
