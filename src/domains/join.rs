//! Joining a tenant by an address in its domain, or asking to. Called by handlers; the rules are asked again inside the
//! write, and the name servers before it.

use super::dns::Answer;
use super::joinable::{Offer, fitting, how};
use super::store;
use super::verify::{lapse, note_check};
use super::{ASK_AGAIN, CHECK_AGAIN, Deps, JoinOutcome, Joined, Joining, TenantJoined, proof, rules};
use crate::authz::SessionUser;
use crate::db::{Actor, AuditEvent, Chain, Target, WriteTx};
use crate::error::{Error, Result};
use crate::ids::{JoinRequestId, TenantId};
use serde_json::json;

/// Makes the principal a member of the tenant, or asks that they be let in, as the tenant's domain says.
///
/// # Errors
/// [`Error::NotFound`] when no address of theirs fits, and when there is no such tenant; [`Error::Conflict`] when they are
/// a member, have asked already or were declined lately, the tenant is full, or the domain's proof is gone or cannot be
/// looked for now; [`Error::Unavailable`].
pub async fn join(deps: &Deps, principal: &SessionUser, tenant: TenantId) -> Result<Joined> {
    let user = principal.user.id;
    let mut reader = deps.database.read().await?;
    let offer = fitting(&mut reader, user, tenant).await?.ok_or(Error::NotFound)?;
    drop(reader);
    still_proved(deps, &offer).await?;
    let mut tx = deps.database.write(Chain::Tenant(tenant)).await?;
    let policy = deps.authz.policy_in(&mut tx, tenant).await?;
    // Asked again: anything may have changed while we waited for the chain.
    let offer = fitting(&mut tx, user, tenant).await?.ok_or(Error::NotFound)?;
    if deps.authz.standing_in(&mut tx, &policy, user).await?.is_some() {
        return Err(Error::Conflict("You are a member of this tenant already.".into()));
    }
    if how(&mut tx, tenant, user, &offer.row.joining).await? == Joining::Ask {
        return ask(tx, principal, tenant, &offer).await;
    }
    let role = policy.role(offer.row.role_id).ok_or(Error::NotFound)?;
    rules::room(deps, &mut tx, tenant).await?;
    store::let_in(&mut tx, tenant, user, role.id, None).await?;
    store::forget(&mut tx, tenant, user).await?;
    tx.touch_user(user).await?;
    let after = json!({ "domain": offer.domain, "email": offer.email, "roles": [role.key] });
    let target = Target::new("member", user, principal.user.name.clone());
    let event = AuditEvent::done(principal.actor(), "member.joined_by_domain", target)
        .changing(&json!({}), &after)
        .affecting_access();
    let committed = tx.commit(event).await?;
    let roles = vec![role.key.clone()];
    let joined = TenantJoined { id: tenant, slug: policy.slug.clone(), name: policy.name.clone(), roles };
    Ok(Joined {
        outcome: JoinOutcome::Joined,
        tenant: Some(joined),
        policy_version: committed.policy_version,
    })
}

/// Looks for the record again when that was long ago: a domain that changed hands lets nobody in.
async fn still_proved(deps: &Deps, offer: &Offer) -> Result<()> {
    let now = deps.database.clock().now();
    if offer.row.checked_at.is_some_and(|checked| now.since(checked) < CHECK_AGAIN) {
        return Ok(());
    }
    let (tenant, domain) = (offer.row.tenant_id, &offer.domain);
    let answer = deps.dns.records(domain).await;
    if answer == Answer::Silence {
        let text = format!(
            "Whether {domain} is still this tenant's cannot be looked up now. Try again in a minute."
        );
        return Err(Error::Conflict(text.into()));
    }
    if answer.holds(&proof(&offer.row.token)) {
        return note_check(deps, tenant, domain).await;
    }
    lapse(deps, tenant, domain, Actor::system("domain check")).await?;
    let text = format!("Nobody can join by {domain} any more: its proof is gone. Ask to be invited.");
    Err(Error::Conflict(text.into()))
}

async fn ask(mut tx: WriteTx, principal: &SessionUser, tenant: TenantId, offer: &Offer) -> Result<Joined> {
    let (user, now) = (principal.user.id, tx.at());
    if store::was_asked(&mut tx, tenant, user).await?.is_some() {
        return Err(Error::Conflict("You have asked already. You get a mail when you are answered.".into()));
    }
    if let Some(declined) = store::declined_since(&mut tx, tenant, user, now - ASK_AGAIN).await? {
        return Err(Error::TooMany {
            what: "You were declined lately. Ask again a week after that.".into(),
            retry_after: (declined + ASK_AGAIN).since(now),
        });
    }
    let id = JoinRequestId::new();
    let words = (offer.domain.as_str(), offer.email.as_str());
    store::insert_request(&mut tx, id, (tenant, user), words).await?;
    let target = Target::new("join_request", id, offer.email.to_string());
    let after = json!({ "domain": offer.domain, "email": offer.email });
    let event =
        AuditEvent::done(principal.actor(), "join_request.created", target).changing(&json!({}), &after);
    tx.commit(event).await?;
    Ok(Joined { outcome: JoinOutcome::Asked, tenant: None, policy_version: None })
}
