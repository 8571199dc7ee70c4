//! How the installation is, as this node sees it, and how much there is.

use askama::Template;
use axum::response::Response;

use crate::authz::platform::perm;
use crate::error::Result;
use crate::http::access::Operator;
use crate::http::health::{Health, health};
use crate::http::panel::parts::frame::{Frame, Section};
use crate::http::panel::parts::shown::{Moment, thousands};
use crate::http::panel::parts::view::View;
use crate::http::panel::{Icon, page};
use crate::http::routes::{Area, Routes};
use crate::operators::{self, Figures};

pub(super) fn routes() -> Routes {
    Routes::new(Area::Panel).get("/operator", "How the installation is", show)
}

#[derive(Debug, Template)]
#[template(path = "pages/operator_home.html")]
pub(in crate::http::panel) struct OperatorPage {
    pub(in crate::http::panel) frame: Frame,
    /// What there is: what it is called, where it is listed, and how many.
    pub(in crate::http::panel) figures: Vec<(&'static str, &'static str, String)>,
    pub(in crate::http::panel) health: Health,
    /// How much mail waits.
    pub(in crate::http::panel) waiting: String,
    /// Since when the oldest of it waits.
    pub(in crate::http::panel) oldest: Option<Moment>,
}

/// The figures as tiles show them.
pub(in crate::http::panel) fn tiles(figures: Figures) -> Vec<(&'static str, &'static str, String)> {
    vec![
        ("Tenants", "/operator/tenants", thousands(figures.tenants)),
        ("Suspended", "/operator/tenants?status=suspended", thousands(figures.suspended)),
        ("People", "/operator/users", thousands(figures.people)),
        ("Disabled", "/operator/users?status=disabled", thousands(figures.disabled)),
    ]
}

async fn show(who: Operator<perm::HealthRead>, app: View) -> Result<Response> {
    let health = health(&app).await?;
    let now = app.database.clock().now();
    Ok(page(&OperatorPage {
        frame: Frame::operating(&app, who.grant(), Section::Installation).await?,
        figures: tiles(operators::figures(&app.database, who.grant()).await?),
        waiting: thousands(health.outbox.waiting),
        oldest: health.outbox.oldest_at.map(|at| Moment::new(at, now)),
        health,
    }))
}
