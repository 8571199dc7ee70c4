//! Every tenant of the installation, newest first, found by name, slug or id.

use askama::Template;
use axum::response::Response;
use serde::Deserialize;

use super::address;
use crate::authz::platform::perm;
use crate::clock::Timestamp;
use crate::error::Result;
use crate::http::access::Operator;
use crate::http::extract::Query;
use crate::http::pagination;
use crate::http::panel::parts::frame::{Frame, Section};
use crate::http::panel::parts::shown::{Avatar, Moment, thousands};
use crate::http::panel::parts::view::View;
use crate::http::panel::{Icon, page};
use crate::http::routes::{Area, Routes};
use crate::ids::TenantId;
use crate::operators::{self, Sought, TenantRecord, TenantState};

const PATH: &str = "/operator/tenants";

pub(super) fn routes() -> Routes {
    Routes::new(Area::Panel).get(PATH, "Every tenant", list)
}

#[derive(Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct Wanted {
    /// A part of a name or slug, or a whole id.
    search: Option<String>,
    /// `active`, `suspended`, `deleted`, or nothing for all.
    status: Option<String>,
    /// Where to go on.
    cursor: Option<String>,
}

#[derive(Debug, Template)]
#[template(path = "pages/operator_tenants.html")]
pub(in crate::http::panel) struct TenantListPage {
    pub(in crate::http::panel) frame: Frame,
    pub(in crate::http::panel) search: String,
    pub(in crate::http::panel) status: &'static str,
    pub(in crate::http::panel) tenants: Vec<TenantRow>,
    pub(in crate::http::panel) first: Option<String>,
    pub(in crate::http::panel) next: Option<String>,
}

impl TenantListPage {
    fn filtered(&self) -> bool {
        !self.search.is_empty() || !self.status.is_empty()
    }

    fn count(&self) -> String {
        match (self.tenants.len(), self.next.is_some() || self.first.is_some()) {
            (_, true) => "More than fit on a page".to_owned(),
            (1, _) => "1 tenant".to_owned(),
            (count, _) => format!("{count} tenants"),
        }
    }
}

/// A tenant in a list or at the head of its page.
#[derive(Debug, Clone)]
pub(in crate::http::panel) struct TenantRow {
    pub(in crate::http::panel) path: String,
    pub(in crate::http::panel) id: String,
    pub(in crate::http::panel) name: String,
    pub(in crate::http::panel) slug: String,
    pub(in crate::http::panel) avatar: Avatar,
    pub(in crate::http::panel) state: TenantState,
    pub(in crate::http::panel) made: Moment,
    pub(in crate::http::panel) members: String,
    pub(in crate::http::panel) roles: String,
    pub(in crate::http::panel) invitations: String,
    pub(in crate::http::panel) events: String,
}

impl TenantRow {
    pub(super) fn new(tenant: &TenantRecord, now: Timestamp) -> Self {
        Self {
            path: format!("{PATH}/{}", tenant.id),
            id: tenant.id.to_string(),
            name: tenant.name.clone(),
            slug: tenant.slug.clone(),
            avatar: Avatar::new(tenant.id.uuid(), &tenant.name, None),
            state: tenant.status,
            made: Moment::new(tenant.created_at, now),
            members: thousands(tenant.sizes.members),
            roles: thousands(tenant.sizes.roles),
            invitations: thousands(tenant.sizes.invitations),
            events: thousands(tenant.sizes.audit_events),
        }
    }

    pub(super) fn suspended(&self) -> bool {
        self.state == TenantState::Suspended
    }

    pub(super) fn deleted(&self) -> bool {
        self.state == TenantState::Deleted
    }
}

async fn list(who: Operator<perm::TenantsRead>, app: View, Query(wanted): Query<Wanted>) -> Result<Response> {
    let sought = Sought::new(&wanted.search.unwrap_or_default());
    let all = [TenantState::Active, TenantState::Suspended, TenantState::Deleted];
    let state = all.into_iter().find(|state| Some(state.as_str()) == wanted.status.as_deref());
    let status = state.map_or("", TenantState::as_str);
    let scope = format!("panel operator tenants {status} {}", sought.as_str());
    let below: Option<TenantId> = pagination::decode(&app.sealer, &scope, wanted.cursor.as_deref())?;
    let part = (below, pagination::DEFAULT_LIMIT);
    let found = operators::list_tenants(&app.database, who.grant(), (&sought, state), part).await?;
    let next = found.next.map(|next| pagination::encode(&app.sealer, &scope, &next)).transpose()?;
    let now = app.database.clock().now();
    let at =
        |cursor: &str| address(PATH, [("search", sought.as_str()), ("status", status), ("cursor", cursor)]);
    Ok(page(&TenantListPage {
        frame: Frame::operating(&app, who.grant(), Section::EveryTenant).await?,
        tenants: found.items.iter().map(|tenant| TenantRow::new(tenant, now)).collect(),
        first: below.map(|_| at("")),
        next: next.map(|cursor| at(&cursor)),
        search: sought.as_str().to_owned(),
        status,
    }))
}
