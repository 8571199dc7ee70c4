//! What of each role nobody used lately: where roles give more than they must.

use askama::Template;
use axum::response::Response;
use serde::Deserialize;

use super::{Tab, TabLink, tabs};
use crate::authz::{Catalogue, perm};
use crate::clock::Timestamp;
use crate::error::Result;
use crate::http::access::Can;
use crate::http::extract::Query;
use crate::http::panel::parts::frame::{Frame, Section, path_of};
use crate::http::panel::parts::shown::{Moment, thousands};
use crate::http::panel::parts::view::View;
use crate::http::panel::{Icon, page};
use crate::roles::{self, UnusedPermission, UnusedRole};

/// The periods one may choose from, in days.
const PERIODS: [u32; 2] = [30, 90];

#[derive(Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Period {
    /// How many days to look back: 30 when absent.
    #[schemars(range(min = 1, max = 90))]
    days: Option<u32>,
}

#[derive(Debug, Template)]
#[template(path = "pages/access_unused.html")]
pub(in crate::http::panel) struct UnusedPage {
    pub(in crate::http::panel) frame: Frame,
    pub(in crate::http::panel) path: String,
    pub(in crate::http::panel) tabs: Vec<TabLink>,
    pub(in crate::http::panel) days: u32,
    pub(in crate::http::panel) roles: Vec<Idle>,
    pub(in crate::http::panel) may_edit: bool,
}

/// A role, and what of it nobody used.
#[derive(Debug)]
pub(in crate::http::panel) struct Idle {
    pub(in crate::http::panel) key: String,
    pub(in crate::http::panel) name: String,
    pub(in crate::http::panel) system: bool,
    pub(in crate::http::panel) holders: String,
    /// When it was made, if that is less long ago than was asked for.
    pub(in crate::http::panel) young: Option<Moment>,
    pub(in crate::http::panel) gives: usize,
    pub(in crate::http::panel) permissions: Vec<Rest>,
}

/// A permission that was not needed.
#[derive(Debug)]
pub(in crate::http::panel) struct Rest {
    pub(in crate::http::panel) name: String,
    pub(in crate::http::panel) sentence: String,
    pub(in crate::http::panel) last: Option<Moment>,
}

impl UnusedPage {
    fn periods(&self) -> [(u32, bool); 2] {
        PERIODS.map(|days| (days, days == self.days))
    }
}

impl Idle {
    fn new(role: UnusedRole, catalogue: &Catalogue, (now, from): (Timestamp, Timestamp)) -> Self {
        let rest = |permission: UnusedPermission| Rest {
            sentence: catalogue
                .get(&permission.name)
                .map(|id| catalogue.info(id).description.clone())
                .unwrap_or_default(),
            name: permission.name,
            last: permission.last_used_at.map(|at| Moment::new(at, now)),
        };
        Self {
            young: (role.since > from).then(|| Moment::new(role.since, now)),
            key: role.key,
            name: role.name,
            system: role.system,
            holders: match (role.member_count, role.app_count) {
                (0, 0) => "Nobody holds it now".to_owned(),
                (members, apps) => format!("{} it", roles::who_hold(members, apps, thousands)),
            },
            gives: role.permission_count,
            permissions: role.permissions.into_iter().map(rest).collect(),
        }
    }

    /// What was found, in words.
    fn says(&self) -> String {
        let holders = &self.holders;
        match (self.permissions.len(), self.gives) {
            (_, 0) => format!("{holders}. It gives nothing."),
            (0, _) => format!("{holders}. All it gives was used."),
            (unused, gives) if unused == gives => {
                format!("{holders}. Nothing of the {gives} permissions it gives was used.")
            }
            (unused, gives) => {
                format!("{holders}. {unused} of the {gives} permissions it gives were not used.")
            }
        }
    }
}

pub(super) async fn show(
    who: Can<perm::AccessRead>,
    app: View,
    Query(period): Query<Period>,
) -> Result<Response> {
    let grant = who.grant();
    let days = period.days.unwrap_or(30);
    let found = roles::unused(&app.database, &app.authz, (&app.decisions, days), grant).await?;
    let (path, now) = (path_of(grant), app.database.clock().now());
    let from = now - std::time::Duration::from_hours(24 * u64::from(days));
    Ok(page(&UnusedPage {
        frame: Frame::inside(&app, grant, Section::Access).await?,
        tabs: tabs(&path, Tab::Unused),
        path,
        days,
        roles: found.into_iter().map(|role| Idle::new(role, app.authz.catalogue(), (now, from))).collect(),
        may_edit: grant.can::<perm::RolesUpdate>(),
    }))
}
