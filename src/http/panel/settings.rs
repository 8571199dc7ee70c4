//! A tenant's name and slug, and its end.

use askama::Template;
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;

use crate::authz::{Grant, perm};
use crate::error::{Error, Result};
use crate::http::access::Can;
use crate::http::extract::{Form, Query};
use crate::http::panel::parts::form::{self, FormErrors, Rejected};
use crate::http::panel::parts::frame::{Frame, Section, path_of};
use crate::http::panel::parts::notice::Notice;
use crate::http::panel::parts::shown::Moment;
use crate::http::panel::parts::view::View;
use crate::http::panel::{Icon, page};
use crate::http::routes::{Area, Routes};
use crate::tenants::{self, Retention, Tenant, TenantChange};

pub(super) fn routes() -> Routes {
    Routes::new(Area::Panel)
        .get("/t/{tenant}/settings", "A tenant's settings", show)
        .post("/t/{tenant}/settings", "Change a tenant's settings", change)
        .post("/t/{tenant}/settings/retention", "Say how long the audit log is kept", keep)
        .post("/t/{tenant}/settings/delete", "Delete a tenant", delete)
}

#[derive(Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct Shown {
    /// What was just done.
    done: Option<String>,
}

#[derive(Debug, Template)]
#[template(path = "pages/settings.html")]
#[allow(clippy::struct_excessive_bools, reason = "what the reader may do, each by itself")]
pub(super) struct SettingsPage {
    pub(super) frame: Frame,
    pub(super) path: String,
    pub(super) tenant: Tenant,
    pub(super) made: Moment,
    pub(super) origin: String,
    pub(super) name: String,
    pub(super) slug: String,
    /// For how many days audit events are kept, as typed; empty is for ever.
    pub(super) days: String,
    pub(super) errors: FormErrors,
    pub(super) may_change: bool,
    pub(super) may_delete: bool,
    pub(super) may_transfer: bool,
    /// Whether the sign-in is recent enough to delete.
    pub(super) fresh: bool,
}

async fn show(who: Can<perm::TenantRead>, app: View, Query(query): Query<Shown>) -> Result<Response> {
    let mut shown = settings_page(&app, who.grant(), None, None).await?;
    shown.frame = shown.frame.telling(query.done.as_deref());
    Ok(page(&shown))
}

async fn change(who: Can<perm::TenantUpdate>, app: View, form: Form) -> Result<Response> {
    form.only(&["name", "slug", "revision"])?;
    let revision = form.revision()?;
    let (name, slug) = (form.text("name")?.to_owned(), form.text("slug")?.trim().to_owned());
    let wanted =
        TenantChange { name: Some(name.clone()), slug: Some(slug.clone()), ..TenantChange::default() };
    match tenants::change(&app.authz, who.grant(), &wanted, Some(revision)).await {
        Ok((tenant, _)) => {
            Ok(Notice::SettingsSaved.at(&format!("/t/{}/settings", tenant.slug)).into_response())
        }
        Err(error) => {
            let rejected = Rejected::from(error, &["name", "slug"])?.beside("slug", tenants::SLUG_TAKEN);
            again(&app, who.grant(), &rejected, Some((name, slug))).await
        }
    }
}

async fn keep(who: Can<perm::TenantDelete>, app: View, form: Form) -> Result<Response> {
    form.only(&["audit_retention_days", "revision"])?;
    let revision = form.revision()?;
    let typed = form.text("audit_retention_days")?.trim().to_owned();
    let days = Some(typed.as_str()).filter(|days| !days.is_empty()).map(str::parse::<i64>).transpose();
    let done = match days {
        Ok(days) => {
            let wanted =
                TenantChange { audit_retention_days: Some(Retention(days)), ..TenantChange::default() };
            let grant = app.authz.also(who.grant()).await?;
            tenants::change(&app.authz, &grant, &wanted, Some(revision)).await
        }
        Err(_no_number) => {
            let text = "Write a number of days, or nothing for ever.";
            Err(Error::invalid("/audit_retention_days", "number", text))
        }
    };
    match done {
        Ok(_) => Ok(Notice::SettingsSaved.at(&format!("{}/settings", path_of(who.grant()))).into_response()),
        Err(error) => {
            let rejected = Rejected::from(error, &["audit_retention_days"])?;
            let reader = app.authz.also(who.grant()).await?;
            let mut shown = settings_page(&app, &reader, None, Some(&rejected)).await?;
            shown.days = typed;
            Ok(rejected.answer(page(&shown)))
        }
    }
}

async fn delete(who: Can<perm::TenantDelete>, app: View, form: Form) -> Result<Response> {
    form.only(&["confirm"])?;
    if form.text("confirm")?.trim() != who.grant().policy().slug {
        let wrong = Rejected::field("confirm", "confirm", "This is not the slug. Nothing was deleted.");
        return again(&app, who.grant(), &wrong, None).await;
    }
    match tenants::delete(&app.authz, who.grant(), None).await {
        Ok(_) => Ok(Notice::TenantDeleted.at("/tenants").into_response()),
        Err(error) => again(&app, who.grant(), &Rejected::from(error, &["confirm"])?, None).await,
    }
}

/// The page again, with what was wrong.
async fn again<P>(
    app: &View,
    grant: &Grant<P>,
    rejected: &Rejected,
    typed: Option<(String, String)>,
) -> Result<Response> {
    let reader = app.authz.also(grant).await?;
    Ok(rejected.answer(page(&settings_page(app, &reader, typed, Some(rejected)).await?)))
}

async fn settings_page(
    app: &View,
    grant: &Grant<perm::TenantRead>,
    typed: Option<(String, String)>,
    rejected: Option<&Rejected>,
) -> Result<SettingsPage> {
    let tenant = tenants::show(&app.database, grant).await?;
    let now = app.database.clock().now();
    let (name, slug) = typed.unwrap_or_else(|| (tenant.name.clone(), tenant.slug.clone()));
    Ok(SettingsPage {
        frame: Frame::inside(app, grant, Section::Settings).await?,
        path: path_of(grant),
        origin: app.config.origin(),
        name,
        slug,
        days: tenant.audit_retention_days.map(|days| days.to_string()).unwrap_or_default(),
        errors: form::errors(rejected),
        may_change: grant.can::<perm::TenantUpdate>(),
        may_delete: grant.can::<perm::TenantDelete>(),
        may_transfer: grant.can::<perm::TenantTransfer>() && grant.can::<perm::MembersRead>(),
        fresh: grant.principal().require_fresh(now).is_ok(),
        made: Moment::new(tenant.created_at, now),
        tenant,
    })
}
