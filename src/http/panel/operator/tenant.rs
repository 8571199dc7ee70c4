//! One tenant from outside: how much is in it; suspending and resuming it, each in two steps.

use askama::Template;
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;

use super::reason::ReasonPage;
use super::tenants::TenantRow;
use crate::authz::TenantRef;
use crate::authz::platform::{PlatformGrant, perm};
use crate::error::{Error, Result};
use crate::http::access::Operator;
use crate::http::extract::{Form, Path, Query};
use crate::http::panel::parts::confirm::Confirm;
use crate::http::panel::parts::form::{FormErrors, Rejected};
use crate::http::panel::parts::frame::{Frame, Section};
use crate::http::panel::parts::notice::Notice;
use crate::http::panel::parts::shown::Moment;
use crate::http::panel::parts::view::View;
use crate::http::panel::{Icon, page};
use crate::http::routes::{Area, Routes};
use crate::ids::TenantId;
use crate::operators::{self, Reason, TenantRecord};

pub(super) fn routes() -> Routes {
    Routes::new(Area::Panel)
        .get("/operator/tenants/{tenant}", "Any tenant, from outside", show)
        .get("/operator/tenants/{tenant}/suspend", "Ask before a tenant is suspended", ask_suspend)
        .post("/operator/tenants/{tenant}/suspend", "Suspend a tenant", suspend)
        .get("/operator/tenants/{tenant}/resume", "Ask before a tenant is resumed", ask_resume)
        .post("/operator/tenants/{tenant}/resume", "Resume a suspended tenant", resume)
}

#[derive(Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct Shown {
    /// What was just done.
    done: Option<String>,
}

#[derive(Debug, Template)]
#[template(path = "pages/operator_tenant.html")]
pub(in crate::http::panel) struct TenantPage {
    pub(in crate::http::panel) frame: Frame,
    pub(in crate::http::panel) tenant: TenantRow,
    /// Since when it is suspended, and why.
    pub(in crate::http::panel) suspension: Option<(Moment, String)>,
    pub(in crate::http::panel) deleted: Option<Moment>,
    pub(in crate::http::panel) may_suspend: bool,
}

async fn show(
    who: Operator<perm::TenantsRead>,
    app: View,
    Path(named): Path<TenantRef>,
    Query(query): Query<Shown>,
) -> Result<Response> {
    let id = id_of(&app, who.grant(), &named).await?;
    let tenant = operators::show_tenant(&app.database, who.grant(), id).await?;
    let now = app.database.clock().now();
    let frame = Frame::operating(&app, who.grant(), Section::EveryTenant).await?;
    Ok(page(&TenantPage {
        frame: frame.telling(query.done.as_deref()),
        suspension: tenant
            .suspended_at
            .map(|at| (Moment::new(at, now), tenant.suspended_reason.clone().unwrap_or_default())),
        deleted: tenant.deleted_at.map(|at| Moment::new(at, now)),
        tenant: TenantRow::new(&tenant, now),
        may_suspend: who.grant().can::<perm::TenantsSuspend>(),
    }))
}

async fn ask_suspend(
    who: Operator<perm::TenantsSuspend>,
    app: View,
    Path(named): Path<TenantRef>,
) -> Result<Response> {
    who.grant().principal().require_fresh(app.database.clock().now())?;
    let tenant = found(&app, who.grant(), &named).await?;
    Ok(suspend_question(&app, who.grant(), &tenant).await?.answer(None))
}

async fn suspend(
    who: Operator<perm::TenantsSuspend>,
    app: View,
    Path(named): Path<TenantRef>,
    form: Form,
) -> Result<Response> {
    form.only(&["reason"])?;
    let tenant = found(&app, who.grant(), &named).await?;
    let reason = Reason { reason: form.text("reason")?.to_owned() };
    match operators::suspend(&app.authz, who.grant(), tenant.id, &reason).await {
        Ok(_) => Ok(Notice::TenantSuspended.at(&path_of(tenant.id)).into_response()),
        Err(error) => {
            let rejected = Rejected::from(error, &["reason"])?;
            let question = suspend_question(&app, who.grant(), &tenant).await?;
            Ok(question.answer(Some((&rejected, &reason.reason))))
        }
    }
}

async fn ask_resume(
    who: Operator<perm::TenantsSuspend>,
    app: View,
    Path(named): Path<TenantRef>,
) -> Result<Response> {
    who.grant().principal().require_fresh(app.database.clock().now())?;
    let tenant = found(&app, who.grant(), &named).await?;
    Ok(resume_question(&app, who.grant(), &tenant).await?.answer(None))
}

async fn resume(
    who: Operator<perm::TenantsSuspend>,
    app: View,
    Path(named): Path<TenantRef>,
    form: Form,
) -> Result<Response> {
    form.only(&[])?;
    let tenant = found(&app, who.grant(), &named).await?;
    match operators::resume(&app.authz, who.grant(), tenant.id).await {
        Ok(_) => Ok(Notice::TenantResumed.at(&path_of(tenant.id)).into_response()),
        Err(error) => {
            let rejected = Rejected::from(error, &[])?;
            Ok(resume_question(&app, who.grant(), &tenant).await?.answer(Some(&rejected)))
        }
    }
}

async fn suspend_question<P>(
    app: &View,
    grant: &PlatformGrant<P>,
    tenant: &TenantRecord,
) -> Result<ReasonPage> {
    Ok(ReasonPage {
        frame: Frame::operating(app, grant, Section::EveryTenant).await?,
        title: format!("Suspend {}?", tenant.name),
        text: "Within a second nobody can read or change anything in it, its owners included. All its data is kept, and \
               you can resume it at any time."
            .to_owned(),
        warning: None,
        readers: "Its members read this sentence when they open the tenant, and it stays in the tenant's audit log.",
        action: format!("{}/suspend", path_of(tenant.id)),
        button: "Suspend",
        cancel: path_of(tenant.id),
        reason: String::new(),
        errors: FormErrors::default(),
    })
}

async fn resume_question<P>(app: &View, grant: &PlatformGrant<P>, tenant: &TenantRecord) -> Result<Confirm> {
    Ok(Confirm {
        frame: Frame::operating(app, grant, Section::EveryTenant).await?,
        title: format!("Resume {}?", tenant.name),
        text: "Everyone in it may again do what they might before.".to_owned(),
        action: format!("{}/resume", path_of(tenant.id)),
        revision: None,
        button: "Resume",
        cancel: path_of(tenant.id),
        errors: FormErrors::default(),
    })
}

fn path_of(tenant: TenantId) -> String {
    format!("/operator/tenants/{tenant}")
}

/// The tenant a path names, for those who may change it: their role reads it too.
async fn found(
    app: &View,
    grant: &PlatformGrant<perm::TenantsSuspend>,
    named: &TenantRef,
) -> Result<TenantRecord> {
    let reader = app.authz.operate::<perm::TenantsRead>(grant.principal().clone())?;
    let id = id_of(app, grant, named).await?;
    operators::show_tenant(&app.database, &reader, id).await
}

async fn id_of<P>(app: &View, grant: &PlatformGrant<P>, named: &TenantRef) -> Result<TenantId, Error> {
    match named {
        TenantRef::Id(id) => Ok(*id),
        TenantRef::Slug(slug) => operators::tenant_named(&app.database, grant, slug.as_str()).await,
    }
}
