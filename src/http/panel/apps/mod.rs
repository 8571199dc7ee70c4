//! The apps of a tenant: machines that are members, what they hold and whether they are used.

pub(super) mod app;
pub(super) mod end;
pub(super) mod keys;
mod secrets;

use askama::Template;
use axum::response::Response;
use serde::Deserialize;

use crate::apps::secrets::MOST;
use crate::apps::{self, App, Filter};
use crate::authz::{Grant, perm};
use crate::clock::Timestamp;
use crate::error::Result;
use crate::http::access::Can;
use crate::http::extract::Query;
use crate::http::pagination::{self, address};
use crate::http::panel::parts::frame::{Frame, Section, path_of};
use crate::http::panel::parts::shown::{Badge, Moment, badges};
use crate::http::panel::parts::view::View;
use crate::http::panel::{Icon, page};
use crate::http::routes::{Area, Routes};
use crate::tokens::SOON;

/// How many are on a page.
const SHOWN: u32 = 50;

pub(super) fn routes() -> Routes {
    Routes::new(Area::Panel)
        .get("/t/{tenant}/apps", "The apps of a tenant", list)
        .and(app::routes())
        .and(end::routes())
        .and(secrets::routes())
        .and(keys::routes())
}

#[derive(Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct Wanted {
    /// Where to go on.
    cursor: Option<String>,
    /// What was just done.
    done: Option<String>,
}

#[derive(Debug, Template)]
#[template(path = "pages/apps.html")]
pub(super) struct AppsPage {
    pub(super) frame: Frame,
    pub(super) path: String,
    pub(super) apps: Vec<AppRow>,
    pub(super) first: Option<String>,
    pub(super) next: Option<String>,
    pub(super) may_create: bool,
}

/// An app in the list, or at the head of its page.
#[derive(Debug)]
pub(super) struct AppRow {
    pub(super) path: String,
    pub(super) name: String,
    pub(super) client_id: String,
    pub(super) roles: Vec<Badge>,
    pub(super) enabled: bool,
    pub(super) used: Option<Moment>,
    pub(super) from: Option<String>,
    /// How many secrets work.
    pub(super) secrets: usize,
    /// When the next of them ends.
    pub(super) ends: Option<Moment>,
    /// Whether that is soon.
    pub(super) soon: bool,
}

impl AppRow {
    /// `app` as the grant's holder sees it.
    pub(super) fn new<P>(grant: &Grant<P>, app: &App, now: Timestamp) -> Self {
        let ends = app.secrets.iter().map(|secret| secret.expires_at).min();
        Self {
            path: format!("{}/apps/{}", path_of(grant), app.id),
            name: app.name.clone(),
            client_id: app.client_id.clone(),
            roles: badges(grant, &app.roles, |key| Some(Moment::new(*app.role_ends.get(key)?, now))),
            enabled: app.enabled,
            used: app.last_used_at.map(|at| Moment::new(at, now)),
            from: app.last_used_from.clone(),
            secrets: app.secrets.len(),
            ends: ends.map(|end| Moment::new(end, now)),
            soon: ends.is_some_and(|end| end <= now + SOON),
        }
    }

    /// How many secrets work, of how many that may.
    pub(super) fn of_secrets(&self) -> String {
        format!("{} of {MOST}", self.secrets)
    }
}

async fn list(who: Can<perm::AppsRead>, app: View, Query(wanted): Query<Wanted>) -> Result<Response> {
    let (grant, now) = (who.grant(), app.database.clock().now());
    app.token_uses.write(&app.database).await?;
    let path = path_of(grant);
    let (here, scope) = (format!("{path}/apps"), format!("panel apps {}", grant.tenant()));
    let after = pagination::decode(&app.sealer, &scope, wanted.cursor.as_deref())?;
    let (found, more) = apps::list(&app.database, grant, &Filter::default(), (after, SHOWN)).await?;
    let last = found.last().filter(|_| more).map(|last| last.id);
    let next = last.map(|last| pagination::encode(&app.sealer, &scope, &last)).transpose()?;
    Ok(page(&AppsPage {
        frame: Frame::inside(&app, grant, Section::Apps).await?.telling(wanted.done.as_deref()),
        path,
        apps: found.iter().map(|app| AppRow::new(grant, app, now)).collect(),
        first: after.map(|_| here.clone()),
        next: next.map(|next| address(&here, [("cursor", Some(next.as_str()))])),
        may_create: grant.can::<perm::AppsCreate>(),
    }))
}
