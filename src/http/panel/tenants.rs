//! The page of all one's tenants, where one makes another.

use askama::Template;
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;

use crate::authz::{SessionUser, TenantRef, platform};
use crate::config::TenantCreation;
use crate::domains;
use crate::error::{Error, Result};
use crate::http::access::SignedIn;
use crate::http::extract::{Form, Path, Query};
use crate::http::panel::parts::confirm::Confirm;
use crate::http::panel::parts::form::{self, FormErrors, Rejected};
use crate::http::panel::parts::frame::{Frame, Section};
use crate::http::panel::parts::notice::Notice;
use crate::http::panel::parts::shown::{Avatar, Badge, Moment};
use crate::http::panel::parts::view::View;
use crate::http::panel::{Icon, page};
use crate::http::routes::{Area, Routes};
use crate::http::state::AppState;
use crate::tenants::{self, CreationRules, DeletedTenant, NewTenant, Status};

pub(super) fn routes() -> Routes {
    Routes::new(Area::Panel)
        .get("/tenants", "Choose a tenant", show)
        .post("/tenants", "Make a tenant", create)
        .get("/tenants/{tenant}/restore", "Ask before a deleted tenant is restored", ask_restore)
        .post("/tenants/{tenant}/restore", "Restore a deleted tenant", restore)
}

#[derive(Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct Shown {
    /// What was just done.
    done: Option<String>,
}

#[derive(Debug, Template)]
#[template(path = "pages/tenants.html")]
pub(super) struct TenantsPage {
    pub(super) frame: Frame,
    pub(super) tenants: Vec<Mine>,
    /// Those one can restore.
    pub(super) deleted: Vec<Gone>,
    /// Tenants the reader may join by an address of theirs.
    pub(super) joinable: Vec<MayJoin>,
    /// Why joining was not possible just now.
    pub(super) not_joined: FormErrors,
    pub(super) may_create: bool,
    pub(super) errors: FormErrors,
    pub(super) name: String,
    pub(super) slug: String,
    pub(super) origin: String,
}

/// A tenant one may join.
#[derive(Debug)]
pub(super) struct MayJoin {
    pub(super) name: String,
    pub(super) avatar: Avatar,
    /// The address of the reader's that lets them.
    pub(super) email: String,
    /// Where the form goes.
    pub(super) action: String,
    /// Whether they are in at once.
    pub(super) open: bool,
    /// Since when they wait for an answer.
    pub(super) asked: Option<Moment>,
}

/// A tenant of the reader's.
#[derive(Debug)]
pub(super) struct Mine {
    pub(super) name: String,
    pub(super) slug: String,
    pub(super) avatar: Avatar,
    pub(super) roles: Vec<Badge>,
    pub(super) suspended: bool,
    /// Where one leaves it.
    pub(super) leave: String,
}

/// A deleted tenant of the reader's.
#[derive(Debug)]
pub(super) struct Gone {
    pub(super) name: String,
    pub(super) slug: String,
    pub(super) avatar: Avatar,
    pub(super) until: Moment,
    /// Where one restores it.
    pub(super) restore: String,
}

async fn show(SignedIn(principal): SignedIn, app: View, Query(query): Query<Shown>) -> Result<Response> {
    let new = NewTenant { name: String::new(), slug: None };
    let mut shown = tenants_page(&app, &principal, &new, None).await?;
    shown.frame = shown.frame.telling(query.done.as_deref());
    Ok(page(&shown))
}

async fn create(SignedIn(principal): SignedIn, app: View, form: Form) -> Result<Response> {
    form.only(&["name", "slug"])?;
    let slug = Some(form.text("slug")?.trim()).filter(|slug| !slug.is_empty());
    let new = NewTenant { name: form.text("name")?.to_owned(), slug: slug.map(str::to_owned) };
    let rules =
        CreationRules { who: app.config.tenant_creation, per_owner: app.config.limits.tenants_per_owner };
    match tenants::create(&app.database, &app.authz, &principal, &new, rules).await {
        Ok((tenant, _)) => Ok(Notice::TenantCreated.at(&format!("/t/{}", tenant.slug)).into_response()),
        Err(error) => {
            let rejected = Rejected::from(error, &["name", "slug"])?.beside("slug", tenants::SLUG_TAKEN);
            Ok(rejected.answer(page(&tenants_page(&app, &principal, &new, Some(&rejected)).await?)))
        }
    }
}

async fn ask_restore(
    SignedIn(principal): SignedIn,
    app: View,
    Path(named): Path<TenantRef>,
) -> Result<Response> {
    let tenant = deleted(&app, &principal, &named).await?;
    principal.require_fresh(app.database.clock().now())?;
    Ok(question(&app, &principal, &tenant).await?.answer(None))
}

async fn restore(
    SignedIn(principal): SignedIn,
    app: View,
    Path(named): Path<TenantRef>,
    form: Form,
) -> Result<Response> {
    form.only(&[])?;
    let tenant = deleted(&app, &principal, &named).await?;
    let per_owner = app.config.limits.tenants_per_owner;
    match tenants::restore(&app.database, &principal, tenant.id, per_owner).await {
        Ok((tenant, _)) => Ok(Notice::TenantRestored.at(&format!("/t/{}", tenant.slug)).into_response()),
        Err(error) => {
            let rejected = Rejected::from(error, &[])?;
            Ok(question(&app, &principal, &tenant).await?.answer(Some(&rejected)))
        }
    }
}

async fn question(app: &View, principal: &SessionUser, tenant: &DeletedTenant) -> Result<Confirm> {
    Ok(Confirm {
        frame: Frame::of(app, principal, Section::Tenants).await?,
        title: format!("Restore {}?", tenant.name),
        text: "Everyone who was in it has access again, with the roles they had. Invitations stay withdrawn."
            .to_owned(),
        action: format!("/tenants/{}/restore", tenant.id),
        revision: None,
        button: "Restore",
        cancel: "/tenants".to_owned(),
        errors: FormErrors::default(),
    })
}

/// The caller's deleted tenant that a path names.
async fn deleted(app: &View, principal: &SessionUser, named: &TenantRef) -> Result<DeletedTenant> {
    let mine = tenants::deleted_of(&app.database, principal).await?;
    let is = |tenant: &DeletedTenant| match named {
        TenantRef::Id(id) => tenant.id == *id,
        TenantRef::Slug(slug) => tenant.slug == slug.as_str(),
    };
    mine.into_iter().find(is).ok_or(Error::NotFound)
}

/// The page again, with why the reader could not join.
pub(super) async fn not_joined(app: &View, principal: &SessionUser, rejected: &Rejected) -> Result<Response> {
    let new = NewTenant { name: String::new(), slug: None };
    let mut shown = tenants_page(app, principal, &new, None).await?;
    shown.not_joined = form::errors(Some(rejected));
    Ok(rejected.answer(page(&shown)))
}

async fn tenants_page(
    app: &View,
    principal: &SessionUser,
    new: &NewTenant,
    rejected: Option<&Rejected>,
) -> Result<TenantsPage> {
    let now = app.database.clock().now();
    let mine = tenants::list_for(&app.authz, principal.user.id, now).await?;
    let joinable = domains::joinable(&app.domains(), principal).await?;
    let may_join = |found: domains::Joinable| MayJoin {
        avatar: Avatar::new(found.tenant.id.uuid(), &found.tenant.name, None),
        action: format!("/tenants/{}/join", found.tenant.id),
        name: found.tenant.name,
        email: found.email,
        open: found.joining == domains::Joining::Open,
        asked: found.asked_at.map(|at| Moment::new(at, now)),
    };
    let shown = |tenant: tenants::TenantOfMine| Mine {
        leave: format!("/t/{}/members/{}/remove", tenant.slug, principal.user.id),
        avatar: Avatar::new(tenant.id.uuid(), &tenant.name, None),
        suspended: tenant.status == Status::Suspended,
        name: tenant.name,
        slug: tenant.slug,
        roles: tenant.role_names.into_iter().map(|name| Badge { name, until: None }).collect(),
    };
    let now = app.database.clock().now();
    let gone = |tenant: DeletedTenant| Gone {
        avatar: Avatar::new(tenant.id.uuid(), &tenant.name, None),
        until: Moment::new(tenant.restorable_until, now),
        restore: format!("/tenants/{}/restore", tenant.id),
        name: tenant.name,
        slug: tenant.slug,
    };
    let deleted = tenants::deleted_of(&app.database, principal).await?;
    Ok(TenantsPage {
        deleted: deleted.into_iter().map(gone).collect(),
        frame: Frame::of(app, principal, Section::Tenants).await?,
        tenants: mine.into_iter().map(shown).collect(),
        joinable: joinable.into_iter().map(may_join).collect(),
        not_joined: FormErrors::default(),
        may_create: may_create(app, principal),
        errors: form::errors(rejected),
        name: new.name.clone(),
        slug: new.slug.clone().unwrap_or_default(),
        origin: app.config.origin(),
    })
}

/// Whether the caller may make a tenant: for showing or hiding, not for guarding.
pub(super) fn may_create(app: &AppState, principal: &SessionUser) -> bool {
    app.config.tenant_creation == TenantCreation::Anyone
        || app.authz.may_operate::<platform::perm::TenantsCreate>(&principal.user)
}
