//! Secrets that end soon: a mail a week before to those who can make another, and what the overview says. Called by the
//! program's upkeep on every node, where the row decides which of them sends it, and by the panel. Must never put into
//! a mail what opens anything.

mod store;

use std::sync::Arc;

use serde_json::json;

use crate::authz::{Grant, HeldRole, Permission as _, Role, Standing, TenantPolicy, perm};
use crate::clock::Timestamp;
use crate::db::{Actor, AuditEvent, Chain, Database, Target, WriteTx};
use crate::email::EmailAddress;
use crate::error::Result;
use crate::ids::AppId;
use crate::mail::{EndingMail, Ends};
use crate::tokens::SOON;
use crate::tokens::warn::{TELLER, Warnings};

/// How many people one secret's end is told to, at most.
const TOLD: usize = 20;

/// The secrets of the tenant's enabled apps that end within [`SOON`]: the app, its name, and when; next to end first,
/// at most ten.
///
/// # Errors
/// [`crate::error::Error::Unavailable`] when the database cannot answer.
pub async fn ending(
    database: &Database,
    grant: &Grant<perm::AppsSecrets>,
) -> Result<Vec<(AppId, String, Timestamp)>> {
    let now = database.clock().now();
    store::ending(&mut database.read().await?, grant.tenant(), (now, now + SOON)).await
}

/// Tells those who may make secrets of each that ends within [`SOON`], once. Gives of how many was told.
///
/// # Errors
/// [`crate::error::Error::Unavailable`] when the database cannot answer; what was told until then is not told again.
pub async fn warn(deps: &Warnings) -> Result<usize> {
    let now = deps.database.clock().now();
    let short = i64::try_from(SOON.as_micros()).unwrap_or(i64::MAX);
    let due = store::to_warn(&mut deps.database.read().await?, (now, now + SOON, short)).await?;
    let mut told = 0;
    for secret in due {
        told += usize::from(tell(deps, &secret).await?);
    }
    if told > 0 {
        deps.outbox.wake();
    }
    Ok(told)
}

/// Whether it was this node that told it.
async fn tell(deps: &Warnings, secret: &store::ToWarn) -> Result<bool> {
    let tenant = secret.tenant_id;
    let mut tx = deps.database.write(Chain::Tenant(tenant)).await?;
    if !store::warned(&mut tx, tenant, secret.id).await? {
        return Ok(false);
    }
    let policy = deps.authz.policy_in(&mut tx, tenant).await?;
    let people = told(&mut tx, &policy).await?;
    let link = format!("{}/t/{}/apps/{}#secrets", deps.origin, policy.slug, secret.app_id);
    let (tenant_name, what, at) = (policy.name.as_str(), Ends::Secret(&secret.app_name), secret.expires_at);
    for to in &people {
        let mail = EndingMail { to, tenant: tenant_name, what, at, link: &link };
        deps.outbox.enqueue(&mut tx, &mail.render()?, at).await?;
    }
    let after = json!({ "secret_id": secret.id, "expires_at": secret.expires_at, "told": people.len() });
    let target = Target::new("app", secret.app_id, secret.app_name.clone());
    let event = AuditEvent::done(Actor::system(TELLER), "app_secret.warned", target);
    tx.commit(event.changing(&json!({}), &after)).await?;
    Ok(true)
}

/// The addresses of members who may make secrets now.
async fn told(tx: &mut WriteTx, policy: &Arc<TenantPolicy>) -> Result<Vec<EmailAddress>> {
    let now = tx.at();
    let giving = |role: &&Role| role.table.allow.contains(perm::AppsSecrets::ID);
    let keys: String =
        policy.roles.iter().filter(giving).flat_map(|role| [",", role.key.as_str(), ","]).collect();
    let found = store::holders(tx, policy.id, &keys, now).await?;
    let may = |held: Vec<HeldRole>| {
        Standing::new(Arc::clone(policy), held, now).effective.contains(perm::AppsSecrets::ID)
    };
    let people = found.into_iter().filter(|(_, held)| may(held.clone()));
    // An address that cannot be read cannot be written to.
    Ok(people.filter_map(|(email, _)| email.parse().ok()).take(TOLD).collect())
}
