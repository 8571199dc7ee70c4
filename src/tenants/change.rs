//! Renaming and deleting a tenant. Must never free a slug at once: links and integrations that still use it would
//! lead to whoever takes it next.

use std::time::Duration;

use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};

use super::create::taken;
use super::{Tenant, store};
use crate::authz::{Authz, Grant, Permission as _, perm};
use crate::db::{AuditEvent, Committed, Target, WriteTx};
use crate::error::{Error, Result};
use crate::names::{Name, Slug};

/// How long a slug that was given up stays reserved (SECURITY E).
pub(super) const RESERVED: Duration = Duration::from_hours(90 * 24);

/// How many past slugs one tenant may keep reserved, so that renaming cannot be used to occupy names.
const PAST_SLUGS: i64 = 10;

/// The body of `PATCH /tenants/{tenant}`: what is absent stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TenantChange {
    /// A new name for people.
    #[serde(default)]
    pub name: Option<String>,
    /// A new name in paths. The old one stays reserved for this tenant for 90 days.
    #[serde(default)]
    pub slug: Option<String>,
    /// For how many days audit events are to be kept, 30 to 3650; null is for ever. Older ones are removed for good, and
    /// they are evidence: this takes `tenant:delete` too, which owners have.
    #[serde(default, deserialize_with = "given")]
    pub audit_retention_days: Option<Retention>,
}

/// For how many days audit events are kept; none is for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq, schemars::JsonSchema)]
#[schemars(transparent)]
pub struct Retention(#[schemars(range(min = 30, max = 3650))] pub Option<i64>);

/// A null that is given is another thing than nothing.
fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Retention>, D::Error> {
    Option::deserialize(deserializer).map(|days| Some(Retention(days)))
}

/// Changes name, slug or for how long audit events are kept, and gives the tenant as it is then. When nothing would change, nothing is committed and
/// nothing recorded.
///
/// # Errors
/// [`Error::Invalid`] for a name or slug that breaks the rules; [`Error::Conflict`] when the slug is taken;
/// [`Error::Stale`] when `if_match` is not the tenant's revision; [`Error::Forbidden`] when how long events are kept is
/// not the caller's to say; [`Error::Unavailable`].
pub async fn change(
    authz: &Authz,
    grant: &Grant<perm::TenantUpdate>,
    change: &TenantChange,
    if_match: Option<i64>,
) -> Result<(Tenant, Option<Committed>)> {
    let name = change.name.as_deref().map(|name| Name::parse(name, "/name")).transpose();
    let slug = change.slug.as_deref().map(|slug| Slug::choose(slug, "/slug")).transpose();
    let keep = change.audit_retention_days.map(checked).transpose();
    let ((name, slug), keep) = both(both(name, slug), keep)?;
    let (mut tx, grant) = authz.write(grant).await?;
    let before = Tenant::from(store::row(&mut tx, grant.tenant()).await?);
    if if_match.is_some_and(|revision| revision != before.revision) {
        return Err(Error::Stale);
    }
    let name = name.filter(|name| name.as_str() != before.name);
    let slug = slug.filter(|slug| slug.as_str() != before.slug);
    let keep = keep.filter(|keep| keep.0 != before.audit_retention_days);
    if name.is_none() && slug.is_none() && keep.is_none() {
        return Ok((before, None));
    }
    if let Some(Retention(days)) = keep {
        if !grant.can::<perm::TenantDelete>() {
            drop(tx);
            let reason =
                "Audit events are evidence: only who could delete the tenant says how long they are kept.";
            return Err(authz.deny(grant.standing(), perm::TenantDelete::NAME, reason).await?);
        }
        store::set_retention(&mut tx, before.id, days).await?;
    }
    if let Some(name) = name {
        store::set_name(&mut tx, before.id, &name).await?;
    }
    if let Some(slug) = slug {
        move_to(&mut tx, &before, &slug).await?;
    }
    let mut after = Tenant::from(store::revised(&mut tx, before.id).await?);
    let target = Target::new("tenant", after.id, after.name.clone());
    let event = AuditEvent::done(grant.actor(), "tenant.updated", target)
        .changing(&recorded(&before), &recorded(&after))
        .affecting_access();
    let committed = tx.commit(event).await?;
    after.policy_version = committed.policy_version.unwrap_or(after.policy_version);
    Ok((after, Some(committed)))
}

fn checked(keep: Retention) -> Result<Retention> {
    if keep.0.is_none_or(|days| (30..=3_650).contains(&days)) {
        return Ok(keep);
    }
    let text = "Keep them for 30 to 3650 days, or for ever.";
    Err(Error::invalid("/audit_retention_days", "range", text))
}

async fn move_to(tx: &mut WriteTx, tenant: &Tenant, slug: &Slug) -> Result<()> {
    if !store::claim(tx, slug, tenant.id).await? {
        return Err(taken());
    }
    store::set_slug(tx, tenant.id, slug).await?;
    let until = tx.at() + RESERVED;
    store::reserve(tx, &tenant.slug, tenant.id, until).await?;
    if store::past_slugs(tx, tenant.id).await? > PAST_SLUGS {
        let text =
            "The slug was changed so often that too many old ones are still reserved. Take one of them back.";
        return Err(Error::Conflict(text.into()));
    }
    Ok(())
}

/// Deletes the tenant: nobody can reach it any more, its slug stays reserved, its data rests until it is restored or
/// removed. Open invitations to it are withdrawn.
///
/// # Errors
/// [`Error::ReauthenticationRequired`] when the sign-in is older than ten minutes; [`Error::Stale`] when `if_match`
/// is not the tenant's revision; [`Error::Unavailable`].
pub async fn delete(
    authz: &Authz,
    grant: &Grant<perm::TenantDelete>,
    if_match: Option<i64>,
) -> Result<Committed> {
    let (mut tx, grant) = authz.write(grant).await?;
    grant.principal().require_fresh(tx.at())?;
    let tenant = Tenant::from(store::row(&mut tx, grant.tenant()).await?);
    if if_match.is_some_and(|revision| revision != tenant.revision) {
        return Err(Error::Stale);
    }
    let until = tx.at() + RESERVED;
    store::reserve(&mut tx, &tenant.slug, tenant.id, until).await?;
    store::delete(&mut tx, tenant.id).await?;
    let cancelled = store::cancel_invitations(&mut tx, tenant.id).await?;
    let event = AuditEvent::done(
        grant.actor(),
        "tenant.deleted",
        Target::new("tenant", tenant.id, tenant.name.clone()),
    )
    .changing(
        &recorded(&tenant),
        &json!({ "slug_reserved_until": until, "invitations_cancelled": cancelled }),
    )
    .affecting_access();
    tx.commit(event).await
}

fn recorded(tenant: &Tenant) -> Value {
    json!({
        "name": tenant.name, "slug": tenant.slug, "audit_retention_days": tenant.audit_retention_days,
    })
}

/// Both values, or the problems of both at once.
pub(super) fn both<A, B>(one: Result<A>, other: Result<B>) -> Result<(A, B)> {
    match (one, other) {
        (Ok(one), Ok(other)) => Ok((one, other)),
        (Err(Error::Invalid(mut problems)), Err(Error::Invalid(more))) => {
            problems.extend(more);
            Err(Error::Invalid(problems))
        }
        (Err(error), _) | (_, Err(error)) => Err(error),
    }
}
