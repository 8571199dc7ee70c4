//! What decisions are made from, read from the database. Every query takes the tenant; versions are read no
//! later than what they version, so a copy can only ever be labelled older than it is.

use sqlx::{query_as, query_scalar};

use crate::authz::platform::PlatformRole;
use crate::authz::{AppHead, UserHead};
use crate::clock::Timestamp;
use crate::db::{Executor, sql};
use crate::error::Result;
use crate::ids::{AppId, RoleId, SessionHandle, Subject, TenantId, TokenId, UserId};

#[derive(Debug, sqlx::FromRow)]
pub(super) struct TenantRow {
    pub(super) id: TenantId,
    pub(super) slug: String,
    pub(super) name: String,
    pub(super) status: String,
    pub(super) suspended_reason: Option<String>,
    pub(super) policy_version: i64,
    pub(super) created_at: Timestamp,
}

pub(super) async fn tenant_by_id(on: &mut impl Executor, tenant: TenantId) -> Result<Option<TenantRow>> {
    let text = "select id, slug, name, status, suspended_reason, policy_version, created_at from tenants \
                where id = $1 and deleted_at is null";
    sql!(on, fetch_optional, query_as(text).bind(tenant))
}

pub(super) async fn tenant_id_by_slug(on: &mut impl Executor, slug: &str) -> Result<Option<TenantId>> {
    let text = "select id from tenants where slug = $1 and deleted_at is null";
    sql!(on, fetch_optional, query_scalar(text).bind(slug))
}

/// The present slug of the tenant that has, or lately had, this id or slug, if the subject is a member of it. The one
/// query behind every "no such tenant, or not yours", so that both take the same time.
pub(super) async fn slug_for_member(
    on: &mut impl Executor,
    (id, slug): (TenantId, &str),
    subject: Subject,
    now: Timestamp,
) -> Result<Option<String>> {
    let text = match subject {
        Subject::User(_) => {
            "select t.slug from tenants t join members m on m.tenant_id = t.id \
             where m.user_id = $3 and t.deleted_at is null and (t.id = $1 or t.slug = $2 \
             or t.id = (select s.tenant_id from tenant_slugs s where s.slug = $2 and s.reserved_until > $4))"
        }
        Subject::App(_) => {
            "select t.slug from tenants t join apps m on m.tenant_id = t.id \
             where m.id = $3 and t.deleted_at is null and (t.id = $1 or t.slug = $2 \
             or t.id = (select s.tenant_id from tenant_slugs s where s.slug = $2 and s.reserved_until > $4))"
        }
    };
    sql!(on, fetch_optional, query_scalar(text).bind(id).bind(slug).bind(subject.uuid()).bind(now))
}

#[derive(Debug, sqlx::FromRow)]
pub(super) struct StoredRole {
    pub(super) id: RoleId,
    pub(super) key: String,
    pub(super) name: String,
    pub(super) description: String,
    pub(super) system: bool,
}

pub(super) async fn roles(on: &mut impl Executor, tenant: TenantId) -> Result<Vec<StoredRole>> {
    let text = "select id, key, name, description, system from roles where tenant_id = $1 order by id";
    sql!(on, fetch_all, query_as(text).bind(tenant))
}

pub(super) async fn role_permissions(
    on: &mut impl Executor,
    tenant: TenantId,
) -> Result<Vec<(RoleId, String, String)>> {
    let text = "select role_id, permission, effect from role_permissions where tenant_id = $1";
    sql!(on, fetch_all, query_as(text).bind(tenant))
}

pub(super) async fn role_parents(on: &mut impl Executor, tenant: TenantId) -> Result<Vec<(RoleId, RoleId)>> {
    let text = "select role_id, parent_id from role_parents where tenant_id = $1";
    sql!(on, fetch_all, query_as(text).bind(tenant))
}

#[derive(Debug, sqlx::FromRow)]
pub(super) struct AssignmentRow {
    pub(super) policy_version: i64,
    pub(super) role_id: Option<RoleId>,
    pub(super) expires_at: Option<Timestamp>,
}

/// One row for each role held, one without a role for a member without roles, none for who is not a member; an app that
/// is disabled is none.
pub(super) async fn assignments(
    on: &mut impl Executor,
    tenant: TenantId,
    subject: Subject,
) -> Result<Vec<AssignmentRow>> {
    let text = match subject {
        Subject::User(_) => {
            "select t.policy_version, a.role_id, a.expires_at from members m \
             join tenants t on t.id = m.tenant_id \
             left join role_assignments a on a.tenant_id = m.tenant_id and a.user_id = m.user_id \
             where m.tenant_id = $1 and m.user_id = $2 order by a.role_id"
        }
        Subject::App(_) => {
            "select t.policy_version, a.role_id, a.expires_at from apps m \
             join tenants t on t.id = m.tenant_id \
             left join app_roles a on a.tenant_id = m.tenant_id and a.app_id = m.id \
             where m.tenant_id = $1 and m.id = $2 and m.enabled order by a.role_id"
        }
    };
    sql!(on, fetch_all, query_as(text).bind(tenant).bind(subject.uuid()))
}

#[derive(Debug, sqlx::FromRow)]
struct UserRow {
    name: String,
    email: Option<String>,
    email_verified: bool,
    avatar_url: Option<String>,
    disabled_at: Option<Timestamp>,
    operator: Option<String>,
    version: i64,
}

pub(super) async fn user(on: &mut impl Executor, id: UserId) -> Result<Option<UserHead>> {
    let text = "select u.name, u.email, u.email_verified, u.avatar_url, u.disabled_at, o.role as operator, u.version \
                from users u left join operators o on o.user_id = u.id where u.id = $1";
    let row: Option<UserRow> = sql!(on, fetch_optional, query_as(text).bind(id))?;
    let Some(row) = row else { return Ok(None) };
    let text = "select t.id from members m join tenants t on t.id = m.tenant_id \
                where m.user_id = $1 order by t.name, t.id limit 200";
    let tenants = sql!(on, fetch_all, query_scalar(text).bind(id))?;
    Ok(Some(UserHead {
        id,
        name: row.name,
        email: row.email,
        email_verified: row.email_verified,
        avatar_url: row.avatar_url,
        disabled: row.disabled_at.is_some(),
        operator: row.operator.as_deref().and_then(PlatformRole::parse),
        tenants,
        version: row.version,
    }))
}

pub(super) async fn app(on: &mut impl Executor, id: AppId) -> Result<Option<AppHead>> {
    let text = "select tenant_id, client_id, name, enabled, version from apps where id = $1";
    let row: Option<(TenantId, String, String, bool, i64)> =
        sql!(on, fetch_optional, query_as(text).bind(id))?;
    let head = |(tenant, client_id, name, enabled, version)| AppHead {
        id,
        tenant,
        client_id,
        name,
        enabled,
        version,
    };
    Ok(row.map(head))
}

#[derive(Debug, sqlx::FromRow)]
pub(super) struct TokenRow {
    pub(super) id: TokenId,
    pub(super) tenant_id: TenantId,
    pub(super) user_id: Option<UserId>,
    pub(super) app_id: Option<AppId>,
    pub(super) hash: Vec<u8>,
    pub(super) scopes: String,
    pub(super) expires_at: Timestamp,
    pub(super) owner_version: i64,
}

/// The token with this hash, unless it was revoked. One statement, so that the owner's version is no newer than the
/// token it stands beside.
pub(super) async fn token(on: &mut impl Executor, hash: &[u8]) -> Result<Option<TokenRow>> {
    let text = "select t.id, t.tenant_id, t.user_id, t.app_id, t.hash, t.scopes, t.expires_at, \
                coalesce(u.version, a.version) as owner_version from tokens t \
                left join users u on u.id = t.user_id left join apps a on a.id = t.app_id \
                where t.hash = $1 and t.revoked_at is null";
    sql!(on, fetch_optional, query_as(text).bind(hash))
}

/// Whether the token is there and not revoked.
pub(super) async fn token_works(on: &mut impl Executor, id: TokenId) -> Result<bool> {
    let text = "select 1 from tokens where id = $1 and revoked_at is null";
    let found: Option<i32> = sql!(on, fetch_optional, query_scalar(text).bind(id))?;
    Ok(found.is_some())
}

/// Some active people who hold the role now.
pub(super) async fn holders(
    on: &mut impl Executor,
    tenant: TenantId,
    role: RoleId,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<(UserId, String)>> {
    let text = "select u.id, u.name from role_assignments a join users u on u.id = a.user_id \
                where a.tenant_id = $1 and a.role_id = $2 and (a.expires_at is null or a.expires_at > $3) \
                and u.disabled_at is null order by a.assigned_at, u.id limit $4";
    sql!(on, fetch_all, query_as(text).bind(tenant).bind(role).bind(now).bind(limit))
}

pub(super) async fn revoked_sessions(
    on: &mut impl Executor,
    now: Timestamp,
) -> Result<Vec<(SessionHandle, Timestamp)>> {
    let text = "select id, expires_at from sessions where revoked_at is not null and expires_at > $1";
    sql!(on, fetch_all, query_as(text).bind(now))
}
