//! The tables `apps`, `app_roles`, `app_origins` and `app_secrets`. Every query takes the tenant, but for those by
//! which an app is found by its secret, and asked for by an origin.

use std::collections::BTreeMap;
use std::time::Duration;

use sqlx::{query, query_as, query_scalar};

use super::secrets::Client;
use super::{App, Filter, Secret, TokenFormat};
use crate::authz::{HeldRole, TenantPolicy};
use crate::clock::Timestamp;
use crate::db::{Executor, WriteTx, sql};
use crate::error::Result;
use crate::ids::{AppId, AppSecretId, RoleId, Subject, TenantId};
use crate::tokens::format::Minted;

/// How exact the last use of a secret is.
const EXACT: Duration = Duration::from_mins(1);

#[derive(Debug, Clone, sqlx::FromRow)]
pub(super) struct Row {
    id: AppId,
    client_id: String,
    name: String,
    enabled: bool,
    token_format: String,
    created_at: Timestamp,
    last_used_at: Option<Timestamp>,
    last_used_from: Option<String>,
    revision: i64,
}

/// What hangs on a range of apps.
#[derive(Debug)]
pub(super) struct Parts {
    roles: Vec<(AppId, RoleId, Option<Timestamp>)>,
    origins: Vec<(AppId, String)>,
    secrets: Vec<(AppId, Secret)>,
}

impl Row {
    pub(super) fn shown(self, policy: &TenantPolicy, parts: &Parts, now: Timestamp) -> App {
        let (mut roles, mut role_ends) = (Vec::new(), BTreeMap::new());
        let held = parts.roles.iter().filter(|(app, ..)| *app == self.id);
        for (_, role, end) in held.filter(|(.., end)| end.is_none_or(|end| now < end)) {
            let Some(role) = policy.role(*role) else { continue };
            roles.push(role.key.clone());
            if let Some(end) = end {
                role_ends.insert(role.key.clone(), *end);
            }
        }
        let origins = parts.origins.iter().filter(|(app, _)| *app == self.id);
        let secrets = parts.secrets.iter().filter(|(app, _)| *app == self.id);
        App {
            id: self.id,
            client_id: self.client_id,
            name: self.name,
            roles,
            role_ends,
            enabled: self.enabled,
            token_format: if self.token_format == "jwt" { TokenFormat::Jwt } else { TokenFormat::Opaque },
            allowed_origins: origins.map(|(_, origin)| origin.clone()).collect(),
            secrets: secrets.map(|(_, secret)| secret.clone()).collect(),
            created_at: self.created_at,
            last_used_at: self.last_used_at,
            last_used_from: self.last_used_from,
            revision: self.revision,
        }
    }
}

pub(super) async fn app(on: &mut impl Executor, tenant: TenantId, id: AppId) -> Result<Option<Row>> {
    let text = "select id, client_id, name, enabled, token_format, created_at, last_used_at, last_used_from, \
                revision from apps where tenant_id = $1 and id = $2";
    sql!(on, fetch_optional, query_as(text).bind(tenant).bind(id))
}

/// Newest first, one more than asked for.
pub(super) async fn page(
    on: &mut impl Executor,
    tenant: TenantId,
    filter: &Filter,
    (after, limit): (Option<AppId>, u32),
) -> Result<Vec<Row>> {
    let text = "select id, client_id, name, enabled, token_format, created_at, last_used_at, last_used_from, \
                revision from apps where tenant_id = $1 and ($2 is null or id < $2) \
                and ($3 is null or enabled = $3) order by id desc limit $4";
    sql!(
        on,
        fetch_all,
        query_as(text).bind(tenant).bind(after).bind(filter.enabled).bind(i64::from(limit) + 1)
    )
}

/// What hangs on the apps of a page, from its first to its last.
pub(super) async fn parts(
    on: &mut impl Executor,
    tenant: TenantId,
    (newest, oldest): (Option<&Row>, Option<&Row>),
    now: Timestamp,
) -> Result<Parts> {
    let (Some(newest), Some(oldest)) = (newest.map(|row| row.id), oldest.map(|row| row.id)) else {
        return Ok(Parts { roles: Vec::new(), origins: Vec::new(), secrets: Vec::new() });
    };
    let text = "select app_id, role_id, expires_at from app_roles \
                where tenant_id = $1 and app_id >= $2 and app_id <= $3 order by role_id";
    let roles = sql!(on, fetch_all, query_as(text).bind(tenant).bind(oldest).bind(newest))?;
    let text = "select app_id, origin from app_origins \
                where tenant_id = $1 and app_id >= $2 and app_id <= $3 order by origin";
    let origins = sql!(on, fetch_all, query_as(text).bind(tenant).bind(oldest).bind(newest))?;
    let text = "select app_id, id, prefix, created_at, expires_at, last_used_at from app_secrets \
                where tenant_id = $1 and app_id >= $2 and app_id <= $3 and expires_at > $4 order by id";
    let rows: Vec<SecretRow> =
        sql!(on, fetch_all, query_as(text).bind(tenant).bind(oldest).bind(newest).bind(now))?;
    Ok(Parts { roles, origins, secrets: rows.into_iter().map(SecretRow::shown).collect() })
}

#[derive(Debug, sqlx::FromRow)]
struct SecretRow {
    app_id: AppId,
    id: AppSecretId,
    prefix: String,
    created_at: Timestamp,
    expires_at: Timestamp,
    last_used_at: Option<Timestamp>,
}

impl SecretRow {
    fn shown(self) -> (AppId, Secret) {
        let Self { app_id, id, prefix, created_at, expires_at, last_used_at } = self;
        (app_id, Secret { id, prefix, created_at, expires_at, last_used_at })
    }
}

pub(super) async fn count(on: &mut impl Executor, tenant: TenantId) -> Result<i64> {
    sql!(on, fetch_one, query_scalar("select count(*) from apps where tenant_id = $1").bind(tenant))
}

/// The roles an app holds, those that have ended included.
pub(super) async fn held(on: &mut impl Executor, tenant: TenantId, app: AppId) -> Result<Vec<HeldRole>> {
    let text =
        "select role_id, expires_at from app_roles where tenant_id = $1 and app_id = $2 order by role_id";
    let rows: Vec<(RoleId, Option<Timestamp>)> = sql!(on, fetch_all, query_as(text).bind(tenant).bind(app))?;
    Ok(rows.into_iter().map(|(role, expires_at)| HeldRole { role, expires_at }).collect())
}

#[derive(Debug)]
pub(super) struct NewRow<'a> {
    pub(super) id: AppId,
    pub(super) client_id: &'a str,
    pub(super) name: &'a str,
    pub(super) token_format: &'a str,
    pub(super) by: Subject,
}

pub(super) async fn insert(tx: &mut WriteTx, tenant: TenantId, new: &NewRow<'_>) -> Result<()> {
    let at = tx.at();
    let text = "insert into apps (id, tenant_id, client_id, name, token_format, created_at, created_by) \
                values ($1, $2, $3, $4, $5, $6, $7)";
    sql!(
        tx,
        execute,
        query(text)
            .bind(new.id)
            .bind(tenant)
            .bind(new.client_id)
            .bind(new.name)
            .bind(new.token_format)
            .bind(at)
            .bind(new.by)
    )?;
    Ok(())
}

/// Makes the roles `before` the roles `after`.
pub(super) async fn set_roles(
    tx: &mut WriteTx,
    (tenant, app): (TenantId, AppId),
    (before, after): (&[HeldRole], &[HeldRole]),
    by: Subject,
) -> Result<()> {
    let at = tx.at();
    for gone in before.iter().filter(|held| !after.contains(held)) {
        let text = "delete from app_roles where tenant_id = $1 and app_id = $2 and role_id = $3";
        sql!(tx, execute, query(text).bind(tenant).bind(app).bind(gone.role))?;
    }
    for new in after.iter().filter(|held| !before.contains(held)) {
        let text = "insert into app_roles (tenant_id, app_id, role_id, expires_at, assigned_at, assigned_by) \
                    values ($1, $2, $3, $4, $5, $6)";
        sql!(
            tx,
            execute,
            query(text).bind(tenant).bind(app).bind(new.role).bind(new.expires_at).bind(at).bind(by)
        )?;
    }
    Ok(())
}

pub(super) async fn set_origins(
    tx: &mut WriteTx,
    (tenant, app): (TenantId, AppId),
    origins: &[String],
) -> Result<()> {
    let text = "delete from app_origins where tenant_id = $1 and app_id = $2";
    sql!(tx, execute, query(text).bind(tenant).bind(app))?;
    for origin in origins {
        let text = "insert into app_origins (tenant_id, app_id, origin) values ($1, $2, $3)";
        sql!(tx, execute, query(text).bind(tenant).bind(app).bind(origin))?;
    }
    Ok(())
}

#[derive(Debug)]
pub(super) struct Settings<'a> {
    pub(super) name: &'a str,
    pub(super) enabled: bool,
    pub(super) token_format: &'a str,
}

pub(super) async fn update(
    tx: &mut WriteTx,
    (tenant, app): (TenantId, AppId),
    to: &Settings<'_>,
) -> Result<()> {
    let text = "update apps set name = $3, enabled = $4, token_format = $5, revision = revision + 1 \
                where tenant_id = $1 and id = $2";
    sql!(
        tx,
        execute,
        query(text).bind(tenant).bind(app).bind(to.name).bind(to.enabled).bind(to.token_format)
    )?;
    Ok(())
}

pub(super) async fn revise(tx: &mut WriteTx, tenant: TenantId, app: AppId) -> Result<()> {
    let text = "update apps set revision = revision + 1 where tenant_id = $1 and id = $2";
    sql!(tx, execute, query(text).bind(tenant).bind(app))?;
    Ok(())
}

pub(super) async fn delete(tx: &mut WriteTx, tenant: TenantId, app: AppId) -> Result<()> {
    sql!(tx, execute, query("delete from apps where tenant_id = $1 and id = $2").bind(tenant).bind(app))?;
    Ok(())
}

pub(super) async fn withdraw_invitations(tx: &mut WriteTx, tenant: TenantId, app: AppId) -> Result<u64> {
    let at = tx.at();
    let text = "update invitations set revoked_at = $3 where tenant_id = $1 and invited_by = $2 \
                and accepted_at is null and revoked_at is null";
    sql!(tx, execute, query(text).bind(tenant).bind(app).bind(at))
}

pub(super) async fn insert_secret(
    tx: &mut WriteTx,
    (tenant, app): (TenantId, AppId),
    (id, expires_at, by): (AppSecretId, Timestamp, Subject),
    minted: &Minted,
) -> Result<()> {
    let at = tx.at();
    let text = "insert into app_secrets (id, tenant_id, app_id, prefix, hash, created_at, created_by, expires_at) \
                values ($1, $2, $3, $4, $5, $6, $7, $8)";
    sql!(
        tx,
        execute,
        query(text)
            .bind(id)
            .bind(tenant)
            .bind(app)
            .bind(&minted.prefix)
            .bind(&minted.hash)
            .bind(at)
            .bind(by)
            .bind(expires_at)
    )?;
    Ok(())
}

pub(super) async fn delete_secret(
    tx: &mut WriteTx,
    (tenant, app): (TenantId, AppId),
    id: AppSecretId,
) -> Result<()> {
    let text = "delete from app_secrets where tenant_id = $1 and app_id = $2 and id = $3";
    sql!(tx, execute, query(text).bind(tenant).bind(app).bind(id))?;
    Ok(())
}

/// The enabled app of this client id with a live secret of this hash, the secret's id, and the hash as it is stored.
pub(super) async fn client(
    on: &mut impl Executor,
    client_id: &str,
    hash: &[u8],
    now: Timestamp,
) -> Result<Option<(Client, AppSecretId, Vec<u8>)>> {
    let text = "select a.id, a.tenant_id, s.id, s.hash from app_secrets s \
                join apps a on a.tenant_id = s.tenant_id and a.id = s.app_id \
                join tenants t on t.id = a.tenant_id \
                where s.hash = $2 and a.client_id = $1 and a.enabled and s.expires_at > $3 and t.deleted_at is null";
    let row: Option<(AppId, TenantId, AppSecretId, Vec<u8>)> =
        sql!(on, fetch_optional, query_as(text).bind(client_id).bind(hash).bind(now))?;
    Ok(row.map(|(app, tenant, id, stored)| (Client { app, tenant }, id, stored)))
}

/// Notes the use of a secret, to a minute.
pub(super) async fn secret_used(
    on: &mut impl Executor,
    tenant: TenantId,
    id: AppSecretId,
    now: Timestamp,
) -> Result<()> {
    let text = "update app_secrets set last_used_at = $3 where tenant_id = $1 and id = $2 \
                and (last_used_at is null or last_used_at < $4)";
    sql!(on, execute, query(text).bind(tenant).bind(id).bind(now).bind(now - EXACT))?;
    Ok(())
}

/// How many apps that work have registered this origin: in `tenant`, or anywhere. Tells nobody whose they are.
pub(super) async fn with_origin(
    on: &mut impl Executor,
    tenant: Option<TenantId>,
    origin: &str,
) -> Result<i64> {
    let text = "select count(*) from app_origins o join apps a on a.tenant_id = o.tenant_id and a.id = o.app_id \
                join tenants t on t.id = o.tenant_id where o.origin = $1 and ($2 is null or o.tenant_id = $2) \
                and a.enabled and t.status = 'active' and t.deleted_at is null";
    sql!(on, fetch_one, query_scalar(text).bind(origin).bind(tenant))
}
