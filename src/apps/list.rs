//! Seeing apps. Called by the API and the panel, and by the writes of apps for what they changed; must never show what
//! opens anything.

use super::{App, Filter, store};
use crate::authz::{Grant, TenantPolicy, perm};
use crate::clock::Timestamp;
use crate::db::{Database, Executor};
use crate::error::{Error, Result};
use crate::ids::{AppId, TenantId};

/// The tenant's apps, newest first, and whether there are more than `limit`.
///
/// # Errors
/// [`Error::Unavailable`] when the database cannot answer.
pub async fn list(
    database: &Database,
    grant: &Grant<perm::AppsRead>,
    filter: &Filter,
    (after, limit): (Option<AppId>, u32),
) -> Result<(Vec<App>, bool)> {
    let now = database.clock().now();
    let mut on = database.read().await?;
    let mut rows = store::page(&mut on, grant.tenant(), filter, (after, limit)).await?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = rows.len() > limit;
    rows.truncate(limit);
    let parts = store::parts(&mut on, grant.tenant(), (rows.first(), rows.last()), now).await?;
    Ok((rows.into_iter().map(|row| row.shown(grant.policy(), &parts, now)).collect(), more))
}

/// One app.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::Unavailable`] when the database cannot answer.
pub async fn show(database: &Database, grant: &Grant<perm::AppsRead>, id: AppId) -> Result<App> {
    let now = database.clock().now();
    load(&mut database.read().await?, grant.policy(), id, now).await?.ok_or(Error::NotFound)
}

/// Whether an enabled app of an active tenant has registered `origin`: of `tenant`, or of any. For deciding which pages
/// may read an answer, never who may have it.
///
/// # Errors
/// [`Error::Unavailable`] when the database cannot answer.
pub async fn registered(database: &Database, tenant: Option<TenantId>, origin: &str) -> Result<bool> {
    Ok(store::with_origin(&mut database.read().await?, tenant, origin).await? > 0)
}

/// The app as `on` sees it.
pub(super) async fn load(
    on: &mut impl Executor,
    policy: &TenantPolicy,
    id: AppId,
    now: Timestamp,
) -> Result<Option<App>> {
    let Some(row) = store::app(on, policy.id, id).await? else { return Ok(None) };
    let parts = store::parts(on, policy.id, (Some(&row), Some(&row)), now).await?;
    Ok(Some(row.shown(policy, &parts, now)))
}
