//! The SQL of requests for roles. Every query takes the tenant.

use sqlx::{query, query_as, query_scalar};

use super::{RoleRequest, Status};
use crate::authz::{HeldRole, NamedRole};
use crate::clock::Timestamp;
use crate::db::{Executor, WriteTx, sql};
use crate::error::{Person, Result};
use crate::ids::{RoleId, RoleRequestId, Subject, TenantId, UserId};

#[derive(Debug, sqlx::FromRow)]
pub(super) struct Row {
    id: RoleRequestId,
    user_id: UserId,
    user_name: String,
    role_id: RoleId,
    role_key: String,
    role_name: String,
    reason: String,
    hours: Option<i64>,
    created_at: Timestamp,
    expires_at: Timestamp,
    decision: Option<String>,
    decided_at: Option<Timestamp>,
    decided_by: Option<UserId>,
    decider_name: Option<String>,
    note: String,
    given_until: Option<Timestamp>,
}

impl Row {
    pub(super) fn shown(self, now: Timestamp) -> RoleRequest {
        let status = match self.decision.as_deref() {
            Some("approved") => Status::Approved,
            Some("withdrawn") => Status::Withdrawn,
            Some(_) => Status::Declined,
            None if now < self.expires_at => Status::Open,
            None => Status::Expired,
        };
        let decider = self.decided_by.zip(self.decider_name);
        RoleRequest {
            id: self.id,
            member: Person { id: self.user_id, name: self.user_name },
            role: NamedRole { id: self.role_id, key: self.role_key, name: self.role_name },
            reason: self.reason,
            duration_hours: self.hours,
            status,
            created_at: self.created_at,
            expires_at: self.expires_at,
            decided_at: self.decided_at,
            decided_by: decider.map(|(id, name)| Person { id, name }),
            note: self.note,
            given_until: self.given_until,
        }
    }
}

pub(super) async fn by_id(
    on: &mut impl Executor,
    tenant: TenantId,
    id: RoleRequestId,
) -> Result<Option<Row>> {
    let text = "select q.id, q.user_id, u.name as user_name, q.role_id, r.key as role_key, r.name as role_name, \
                q.reason, q.hours, q.created_at, q.expires_at, q.decision, q.decided_at, q.decided_by, \
                d.name as decider_name, q.note, q.given_until \
                from role_requests q join users u on u.id = q.user_id \
                join roles r on r.tenant_id = q.tenant_id and r.id = q.role_id \
                left join users d on d.id = q.decided_by where q.tenant_id = $1 and q.id = $2";
    sql!(on, fetch_optional, query_as(text).bind(tenant).bind(id))
}

/// Newest first. `status` is a status's word, or empty for all; without `user` everyone's.
pub(super) async fn page(
    on: &mut impl Executor,
    tenant: TenantId,
    user: Option<Subject>,
    (after, limit): (Option<RoleRequestId>, i64),
    (status, now): (&str, Timestamp),
) -> Result<Vec<Row>> {
    let text = "select q.id, q.user_id, u.name as user_name, q.role_id, r.key as role_key, r.name as role_name, \
                q.reason, q.hours, q.created_at, q.expires_at, q.decision, q.decided_at, q.decided_by, \
                d.name as decider_name, q.note, q.given_until \
                from role_requests q join users u on u.id = q.user_id \
                join roles r on r.tenant_id = q.tenant_id and r.id = q.role_id \
                left join users d on d.id = q.decided_by \
                where q.tenant_id = $1 and ($2 is null or q.user_id = $2) and ($3 is null or q.id < $3) \
                and ($4 = '' or $4 = case when q.decision is not null then q.decision \
                when q.expires_at <= $5 then 'expired' else 'open' end) order by q.id desc limit $6";
    sql!(on, fetch_all, query_as(text).bind(tenant).bind(user).bind(after).bind(status).bind(now).bind(limit))
}

/// A request that waits, and the roles of who made it.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) id: RoleRequestId,
    pub(super) user: UserId,
    pub(super) role: RoleId,
    pub(super) held: Vec<HeldRole>,
}

/// A request that waits, whose it is, for which role, and one role they hold.
type WaitingRow = (RoleRequestId, UserId, RoleId, Option<RoleId>, Option<Timestamp>);

/// The requests that wait, next to end first, at most a hundred: in one query, because it is asked with every page.
pub(super) async fn waiting(
    on: &mut impl Executor,
    tenant: TenantId,
    but: Subject,
    now: Timestamp,
) -> Result<Vec<Waiting>> {
    let text = "select q.id, q.user_id, q.role_id, a.role_id as held, a.expires_at as until from ( \
                select id, user_id, role_id, expires_at from role_requests \
                where tenant_id = $1 and decision is null and expires_at > $3 and user_id <> $2 \
                order by expires_at, id limit 100) q \
                left join role_assignments a on a.tenant_id = $1 and a.user_id = q.user_id \
                order by q.expires_at, q.id";
    let rows: Vec<WaitingRow> = sql!(on, fetch_all, query_as(text).bind(tenant).bind(but).bind(now))?;
    let mut waiting: Vec<Waiting> = Vec::new();
    for (id, user, role, held, expires_at) in rows {
        let held = held.map(|role| HeldRole { role, expires_at });
        match waiting.last_mut().filter(|last| last.id == id) {
            Some(last) => last.held.extend(held),
            None => waiting.push(Waiting { id, user, role, held: held.into_iter().collect() }),
        }
    }
    Ok(waiting)
}

/// Someone who may be able to answer.
#[derive(Debug)]
pub(super) struct Candidate {
    pub(super) person: Person,
    /// Their address, if a provider vouches for it.
    pub(super) email: Option<String>,
    pub(super) held: Vec<HeldRole>,
}

/// A candidate and one role they hold.
type CandidateRow = (UserId, String, Option<String>, bool, RoleId, Option<Timestamp>);

/// People who hold one of the roles with these keys, each key between commas of its own; at most fifty.
pub(super) async fn candidates(
    on: &mut impl Executor,
    tenant: TenantId,
    keys: &str,
    but: Subject,
    now: Timestamp,
) -> Result<Vec<Candidate>> {
    let text = "select p.id, p.name, p.email, p.email_verified, a.role_id, a.expires_at from ( \
                select u.id, u.name, u.email, u.email_verified from users u \
                where u.disabled_at is null and u.id <> $3 and u.id in ( \
                select x.user_id from role_assignments x join roles r on r.tenant_id = x.tenant_id and r.id = x.role_id \
                where x.tenant_id = $1 and replace($2, ',' || r.key || ',', '') <> $2 \
                and (x.expires_at is null or x.expires_at > $4)) order by u.id limit 50) p \
                join role_assignments a on a.tenant_id = $1 and a.user_id = p.id order by p.id, a.role_id";
    let rows: Vec<CandidateRow> =
        sql!(on, fetch_all, query_as(text).bind(tenant).bind(keys).bind(but).bind(now))?;
    let mut found: Vec<Candidate> = Vec::new();
    for (id, name, email, verified, role, expires_at) in rows {
        let held = HeldRole { role, expires_at };
        match found.last_mut().filter(|last| last.person.id == id) {
            Some(last) => last.held.push(held),
            None => found.push(Candidate {
                person: Person { id, name },
                email: email.filter(|_| verified),
                held: vec![held],
            }),
        }
    }
    Ok(found)
}

/// The roles that open requests of the member are for.
pub(super) async fn open_of(
    tx: &mut WriteTx,
    tenant: TenantId,
    user: UserId,
    now: Timestamp,
) -> Result<Vec<RoleId>> {
    let text = "select role_id from role_requests where tenant_id = $1 and user_id = $2 and decision is null \
                and expires_at > $3";
    sql!(tx, fetch_all, query_scalar(text).bind(tenant).bind(user).bind(now))
}

/// When the member's requests after `since` were made, newest first.
pub(super) async fn made_since(
    tx: &mut WriteTx,
    tenant: TenantId,
    user: UserId,
    since: Timestamp,
    limit: i64,
) -> Result<Vec<Timestamp>> {
    let text = "select created_at from role_requests where tenant_id = $1 and user_id = $2 and created_at > $3 \
                order by created_at desc limit $4";
    sql!(tx, fetch_all, query_scalar(text).bind(tenant).bind(user).bind(since).bind(limit))
}

pub(super) struct NewRow<'a> {
    pub(super) id: RoleRequestId,
    pub(super) user: UserId,
    pub(super) role: RoleId,
    pub(super) reason: &'a str,
    pub(super) hours: Option<i64>,
    pub(super) expires_at: Timestamp,
}

pub(super) async fn insert(tx: &mut WriteTx, tenant: TenantId, new: &NewRow<'_>) -> Result<u64> {
    let at = tx.at();
    let text = "insert into role_requests (id, tenant_id, user_id, role_id, reason, hours, created_at, expires_at) \
                values ($1, $2, $3, $4, $5, $6, $7, $8)";
    sql!(
        tx,
        execute,
        query(text)
            .bind(new.id)
            .bind(tenant)
            .bind(new.user)
            .bind(new.role)
            .bind(new.reason)
            .bind(new.hours)
            .bind(at)
            .bind(new.expires_at)
    )
}

/// Writes what became of a request, by whom, with which words and until when.
pub(super) async fn decide(
    tx: &mut WriteTx,
    tenant: TenantId,
    (id, status): (RoleRequestId, Status),
    (by, note): (Subject, &str),
    given_until: Option<Timestamp>,
) -> Result<u64> {
    let at = tx.at();
    let text = "update role_requests set decision = $3, decided_at = $4, decided_by = $5, note = $6, given_until = $7 \
                where tenant_id = $1 and id = $2";
    sql!(
        tx,
        execute,
        query(text)
            .bind(tenant)
            .bind(id)
            .bind(status.as_str())
            .bind(at)
            .bind(by)
            .bind(note)
            .bind(given_until)
    )
}

/// The person's address, if a provider vouches for it.
pub(super) async fn address(tx: &mut WriteTx, user: UserId) -> Result<Option<String>> {
    let text = "select email from users where id = $1 and email_verified and disabled_at is null";
    let found: Option<Option<String>> = sql!(tx, fetch_optional, query_scalar(text).bind(user))?;
    Ok(found.flatten())
}
