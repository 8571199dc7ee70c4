//! The table `tokens`. Every query takes the tenant; only hashes go in, and nothing that opens anything comes out.

use sqlx::{query, query_as, query_scalar};

use super::format::Minted;
use super::mint::Access;
use super::rules::UNUSED;
use super::{Filter, Token, TokenOwner};
use crate::clock::Timestamp;
use crate::db::{Executor, WriteTx, sql};
use crate::error::Result;
use crate::ids::{AppId, Subject, TenantId, TokenId, UserId};

#[derive(Debug, Clone, sqlx::FromRow)]
pub(super) struct Row {
    pub(super) id: TokenId,
    user_id: Option<UserId>,
    app_id: Option<AppId>,
    owner_name: String,
    pub(super) name: String,
    prefix: String,
    pub(super) scopes: String,
    pub(super) created_at: Timestamp,
    pub(super) expires_at: Timestamp,
    last_used_at: Option<Timestamp>,
    last_used_from: Option<String>,
}

impl Row {
    pub(super) fn owner(&self) -> Subject {
        let nobody = || Subject::User(UserId::from_uuid(uuid::Uuid::nil()));
        self.user_id.map(Subject::User).or(self.app_id.map(Subject::App)).unwrap_or_else(nobody)
    }

    pub(super) fn shown(self, now: Timestamp) -> Token {
        let owner = self.owner();
        Token {
            id: self.id,
            name: self.name,
            prefix: self.prefix,
            scopes: self.scopes.split_ascii_whitespace().map(str::to_owned).collect(),
            owner: TokenOwner { kind: owner.kind(), id: owner.uuid(), name: self.owner_name },
            created_at: self.created_at,
            expires_at: self.expires_at,
            last_used_at: self.last_used_at,
            last_used_from: self.last_used_from,
            unused: self.last_used_at.unwrap_or(self.created_at) + UNUSED < now,
        }
    }
}

pub(super) async fn insert(
    tx: &mut WriteTx,
    id: TokenId,
    access: &Access<'_>,
    minted: &Minted,
) -> Result<()> {
    let at = tx.at();
    let (user, app) = match access.owner {
        Subject::User(user) => (Some(user), None),
        Subject::App(app) => (None, Some(app)),
    };
    let text = "insert into tokens (id, tenant_id, user_id, app_id, name, prefix, hash, scopes, created_at, \
                expires_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    sql!(
        tx,
        execute,
        query(text)
            .bind(id)
            .bind(access.tenant)
            .bind(user)
            .bind(app)
            .bind(access.name)
            .bind(&minted.prefix)
            .bind(&minted.hash)
            .bind(access.scopes.join(" "))
            .bind(at)
            .bind(access.expires_at)
    )?;
    Ok(())
}

/// A token that works: not revoked, not over.
pub(super) async fn token(
    on: &mut impl Executor,
    tenant: TenantId,
    id: TokenId,
    now: Timestamp,
) -> Result<Option<Row>> {
    let text = "select t.id, t.user_id, t.app_id, coalesce(u.name, a.name) as owner_name, t.name, t.prefix, \
                t.scopes, t.created_at, t.expires_at, t.last_used_at, t.last_used_from from tokens t \
                left join users u on u.id = t.user_id left join apps a on a.id = t.app_id \
                where t.tenant_id = $1 and t.id = $2 and t.revoked_at is null and t.expires_at > $3";
    sql!(on, fetch_optional, query_as(text).bind(tenant).bind(id).bind(now))
}

/// Tokens that work, newest first, one more than asked for.
pub(super) async fn page(
    on: &mut impl Executor,
    tenant: TenantId,
    filter: Filter,
    (after, limit, now): (Option<TokenId>, u32, Timestamp),
) -> Result<Vec<Row>> {
    let text = "select t.id, t.user_id, t.app_id, coalesce(u.name, a.name) as owner_name, t.name, t.prefix, \
                t.scopes, t.created_at, t.expires_at, t.last_used_at, t.last_used_from from tokens t \
                left join users u on u.id = t.user_id left join apps a on a.id = t.app_id \
                where t.tenant_id = $1 and t.revoked_at is null and t.expires_at > $2 \
                and ($3 is null or t.id < $3) and ($4 is null or t.user_id = $4 or t.app_id = $4) \
                and ($5 is null or coalesce(t.last_used_at, t.created_at) < $5) order by t.id desc limit $6";
    let unused = filter.unused.then(|| now - UNUSED);
    sql!(
        on,
        fetch_all,
        query_as(text)
            .bind(tenant)
            .bind(now)
            .bind(after)
            .bind(filter.owner)
            .bind(unused)
            .bind(i64::from(limit) + 1)
    )
}

/// How many tokens of the owner work in the tenant.
pub(super) async fn count(
    on: &mut impl Executor,
    tenant: TenantId,
    owner: Subject,
    now: Timestamp,
) -> Result<i64> {
    let text = "select count(*) from tokens where tenant_id = $1 and (user_id = $2 or app_id = $2) \
                and revoked_at is null and expires_at > $3";
    sql!(on, fetch_one, query_scalar(text).bind(tenant).bind(owner).bind(now))
}

pub(super) async fn next_end(
    on: &mut impl Executor,
    tenant: TenantId,
    owner: Subject,
    now: Timestamp,
) -> Result<Option<Timestamp>> {
    let text = "select min(expires_at) from tokens where tenant_id = $1 and (user_id = $2 or app_id = $2) \
                and revoked_at is null and expires_at > $3";
    sql!(on, fetch_one, query_scalar(text).bind(tenant).bind(owner).bind(now))
}

pub(super) async fn revoke(tx: &mut WriteTx, tenant: TenantId, id: TokenId) -> Result<()> {
    let at = tx.at();
    let text = "update tokens set revoked_at = $3 where tenant_id = $1 and id = $2 and revoked_at is null";
    sql!(tx, execute, query(text).bind(tenant).bind(id).bind(at))?;
    Ok(())
}

pub(super) async fn set_end(
    tx: &mut WriteTx,
    tenant: TenantId,
    id: TokenId,
    expires_at: Timestamp,
) -> Result<()> {
    let at = tx.at();
    let text = "update tokens set expires_at = $3, warned_at = coalesce(warned_at, $4) \
                where tenant_id = $1 and id = $2";
    sql!(tx, execute, query(text).bind(tenant).bind(id).bind(expires_at).bind(at))?;
    Ok(())
}

/// The newest token of the owner in the tenant, also one that was revoked; the id of nothing when there is none.
pub(super) async fn newest(on: &mut impl Executor, tenant: TenantId, owner: Subject) -> Result<TokenId> {
    let text = "select id from tokens where tenant_id = $1 and (user_id = $2 or app_id = $2) \
                order by id desc limit 1";
    let found: Option<TokenId> = sql!(on, fetch_optional, query_scalar(text).bind(tenant).bind(owner))?;
    Ok(found.unwrap_or(TokenId::from_uuid(uuid::Uuid::nil())))
}

#[derive(Debug, sqlx::FromRow)]
pub(super) struct OwnRow {
    pub(super) tenant_id: TenantId,
    #[sqlx(flatten)]
    pub(super) row: Row,
}

/// A person's tokens that work, in all tenants that are not deleted, next to end first; at most 200.
pub(super) async fn of_user(on: &mut impl Executor, user: UserId, now: Timestamp) -> Result<Vec<OwnRow>> {
    let text = "select t.tenant_id, t.id, t.user_id, t.app_id, u.name as owner_name, t.name, t.prefix, t.scopes, \
                t.created_at, t.expires_at, t.last_used_at, t.last_used_from from tokens t \
                join users u on u.id = t.user_id join tenants n on n.id = t.tenant_id \
                where t.user_id = $1 and t.revoked_at is null and t.expires_at > $2 and n.deleted_at is null \
                order by t.expires_at, t.id limit 200";
    sql!(on, fetch_all, query_as(text).bind(user).bind(now))
}

/// The owner's tokens in the tenant that end before `until`, next to end first.
pub(super) async fn ending(
    on: &mut impl Executor,
    (tenant, owner): (TenantId, Subject),
    (now, until): (Timestamp, Timestamp),
) -> Result<Vec<(String, Timestamp)>> {
    let text = "select name, expires_at from tokens where tenant_id = $1 and user_id = $2 \
                and revoked_at is null and expires_at > $3 and expires_at <= $4 order by expires_at, id limit 10";
    sql!(on, fetch_all, query_as(text).bind(tenant).bind(owner).bind(now).bind(until))
}

/// A personal token whose owner is to be told of its end.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct ToWarn {
    pub(super) id: TokenId,
    pub(super) tenant_id: TenantId,
    pub(super) tenant_name: String,
    pub(super) name: String,
    pub(super) expires_at: Timestamp,
    pub(super) email: String,
}

/// Personal tokens that end before `until` and of which nobody was told, next to end first. Those that were made to
/// last no longer than `short` are for who made them to remember.
pub(super) async fn to_warn(
    on: &mut impl Executor,
    (now, until, short): (Timestamp, Timestamp, i64),
) -> Result<Vec<ToWarn>> {
    let text = "select t.id, t.tenant_id, n.name as tenant_name, t.name, t.expires_at, u.email from tokens t \
                join users u on u.id = t.user_id join tenants n on n.id = t.tenant_id \
                where t.expires_at > $1 and t.expires_at <= $2 and t.warned_at is null and t.revoked_at is null \
                and t.expires_at - t.created_at > $3 and u.disabled_at is null and u.email_verified \
                and u.email is not null and n.deleted_at is null and n.status = 'active' \
                order by t.expires_at, t.id limit 500";
    sql!(on, fetch_all, query_as(text).bind(now).bind(until).bind(short))
}

/// Notes that the end of the token was told; false when somebody did before, or it does not end any more.
pub(super) async fn warned(tx: &mut WriteTx, tenant: TenantId, id: TokenId) -> Result<bool> {
    let at = tx.at();
    let text = "update tokens set warned_at = $3 where tenant_id = $1 and id = $2 and warned_at is null \
                and revoked_at is null and expires_at > $3";
    Ok(sql!(tx, execute, query(text).bind(tenant).bind(id).bind(at))? == 1)
}

pub(super) async fn used(
    on: &mut impl Executor,
    (tenant, id): (TenantId, TokenId),
    (at, from): (Timestamp, &str),
) -> Result<()> {
    let text = "update tokens set last_used_at = $3, last_used_from = $4 where tenant_id = $1 and id = $2 \
                and (last_used_at is null or last_used_at < $3)";
    sql!(on, execute, query(text).bind(tenant).bind(id).bind(at).bind(from))?;
    Ok(())
}

pub(super) async fn app_used(
    on: &mut impl Executor,
    (tenant, app): (TenantId, AppId),
    (at, from): (Timestamp, &str),
) -> Result<()> {
    let text = "update apps set last_used_at = $3, last_used_from = $4 where tenant_id = $1 and id = $2 \
                and (last_used_at is null or last_used_at < $3)";
    sql!(on, execute, query(text).bind(tenant).bind(app).bind(at).bind(from))?;
    Ok(())
}
