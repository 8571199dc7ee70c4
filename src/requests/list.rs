//! Seeing requests: all of them for those who may change roles, one's own for everyone else.

use super::{Deps, Listed, Page, RoleRequest, Shown, Status, guards, store};
use crate::authz::{Authz, Grant, HeldRole, Own, Permission as _, Role, Standing, TenantPolicy, perm};
use crate::clock::Timestamp;
use crate::db::{Database, Executor};
use crate::error::{Error, Person, Result};
use crate::ids::{RoleId, RoleRequestId, TenantId, UserId};
use std::sync::Arc;

/// How many of those who can answer are told and named.
const TOLD: usize = 10;

/// The requests the caller may see, newest first.
///
/// # Errors
/// [`Error::Unavailable`] when the database cannot answer.
pub async fn list(deps: &Deps, grant: &Grant<Own>, page: Page) -> Result<Listed> {
    let now = deps.database.clock().now();
    let own = page.own || !grant.can::<perm::MembersUpdate>();
    let whose = own.then_some(grant.subject());
    let status = page.status.map_or("", Status::as_str);
    let mut on = deps.database.read().await?;
    let part = (page.after, i64::from(page.limit) + 1);
    let rows = store::page(&mut on, grant.tenant(), whose, part, (status, now)).await?;
    let more = rows.len() > usize::from(page.limit);
    let items: Vec<RoleRequest> =
        rows.into_iter().take(page.limit.into()).map(|row| row.shown(now)).collect();
    let next = items.last().filter(|_| more).map(|last| last.id);
    Ok(Listed { items, next })
}

/// One request, with those who can answer it while it is open.
///
/// # Errors
/// [`Error::NotFound`], also when the caller may not see it; [`Error::Unavailable`].
pub async fn show(deps: &Deps, grant: &Grant<Own>, id: RoleRequestId) -> Result<Shown> {
    let now = deps.database.clock().now();
    let mut on = deps.database.read().await?;
    let request = load(&mut on, grant.tenant(), id, now).await?.ok_or(Error::NotFound)?;
    if !grant.is(request.member.id) && !grant.can::<perm::MembersUpdate>() {
        return Err(Error::NotFound);
    }
    drop(on);
    let deciders =
        if request.status == Status::Open { deciders(deps, grant, &request).await? } else { Vec::new() };
    Ok(Shown { request, deciders })
}

/// Some of those who can answer the request, at most ten.
///
/// # Errors
/// [`Error::Unavailable`] when the database cannot answer.
pub async fn deciders(deps: &Deps, grant: &Grant<Own>, request: &RoleRequest) -> Result<Vec<Person>> {
    let policy = &grant.standing().policy;
    let asker = deps.authz.standing(grant.tenant(), request.member.id).await?.ok_or(Error::NotFound)?;
    let now = deps.database.clock().now();
    let mut on = deps.database.read().await?;
    let asks = (request.member.id, asker.roles.as_slice(), request.role.id);
    let found = can_answer(&mut on, policy, asks, now).await?;
    Ok(found.into_iter().map(|candidate| candidate.person).collect())
}

/// Those of the tenant who can answer when who holds these roles asks for that one, at most ten.
pub(super) async fn can_answer(
    on: &mut impl Executor,
    policy: &Arc<TenantPolicy>,
    (asker, held, role): (UserId, &[HeldRole], RoleId),
    now: Timestamp,
) -> Result<Vec<store::Candidate>> {
    let changing = |role: &&Role| role.table.allow.contains(perm::MembersUpdate::ID);
    let keys: String =
        policy.roles.iter().filter(changing).flat_map(|role| [",", role.key.as_str(), ","]).collect();
    let mut found = store::candidates(on, policy.id, &keys, asker.into(), now).await?;
    found.retain(|candidate| {
        let standing = Standing::new(Arc::clone(policy), candidate.held.clone(), now);
        standing.effective.contains(perm::MembersUpdate::ID)
            && guards::may_answer(&standing, held, role, now).is_ok()
    });
    found.truncate(TOLD);
    Ok(found)
}

/// The open requests of others that the caller can answer, next to end first, at most a hundred.
///
/// # Errors
/// [`Error::Unavailable`] when the database cannot answer.
pub async fn waiting(database: &Database, grant: &Grant<perm::MembersUpdate>) -> Result<Vec<RoleRequestId>> {
    let now = database.clock().now();
    let found = store::waiting(&mut database.read().await?, grant.tenant(), grant.subject(), now).await?;
    let mine = found.into_iter().filter(|one| {
        !grant.is(one.user) && guards::may_answer(grant.standing(), &one.held, one.role, now).is_ok()
    });
    Ok(mine.map(|one| one.id).collect())
}

/// The request as `on` sees it.
pub(super) async fn load(
    on: &mut impl Executor,
    tenant: TenantId,
    id: RoleRequestId,
    now: Timestamp,
) -> Result<Option<RoleRequest>> {
    Ok(store::by_id(on, tenant, id).await?.map(|row| row.shown(now)))
}

/// The denial, explained.
pub(super) async fn refuse(
    authz: &Authz,
    actor: &Standing,
    refusal: &crate::roles::guards::Refusal,
) -> Result<Error> {
    let required = &authz.catalogue().info(refusal.missing()).name;
    authz.deny(actor, required, refusal.reason(authz.catalogue())).await
}
