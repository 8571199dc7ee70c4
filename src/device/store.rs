//! The tables `device_requests` and `device_entries`. Only what codes were made into goes in, and no code comes out.

use sqlx::{query, query_as};

use super::{PACE, SLOWER, SLOWEST};
use crate::clock::Timestamp;
use crate::db::{Executor, WriteTx, sql};
use crate::error::Result;
use crate::ids::{AppId, DeviceRequestId, TenantId, UserId};
use crate::oauth::Client;

/// The enabled app of this client id. Before anybody is known to ask, so no tenant is given.
pub(super) async fn client(on: &mut impl Executor, client_id: &str) -> Result<Option<Client>> {
    let text = "select a.id, a.tenant_id from apps a join tenants t on t.id = a.tenant_id \
                where a.client_id = $1 and a.enabled and t.deleted_at is null";
    let row: Option<(AppId, TenantId)> = sql!(on, fetch_optional, query_as(text).bind(client_id))?;
    Ok(row.map(|(app, tenant)| Client { app, tenant }))
}

pub(super) struct NewRow<'a> {
    pub(super) id: DeviceRequestId,
    pub(super) device_hash: Vec<u8>,
    pub(super) user_code: String,
    pub(super) scopes: String,
    pub(super) asked_from: &'a str,
    pub(super) created_at: Timestamp,
    pub(super) expires_at: Timestamp,
}

/// 1, or 0 when the user code is in use.
pub(super) async fn insert(on: &mut impl Executor, client: &Client, new: &NewRow<'_>) -> Result<u64> {
    let text = "insert into device_requests (id, tenant_id, app_id, device_hash, user_code, scopes, asked_from, \
                created_at, expires_at, pace) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) \
                on conflict (user_code) do nothing";
    sql!(
        on,
        execute,
        query(text)
            .bind(new.id)
            .bind(client.tenant)
            .bind(client.app)
            .bind(&new.device_hash)
            .bind(&new.user_code)
            .bind(&new.scopes)
            .bind(new.asked_from)
            .bind(new.created_at)
            .bind(new.expires_at)
            .bind(micros(PACE))
    )
}

/// Counts one more code typed by this person: how many since when, at this moment or since a moment after `since`.
pub(super) async fn count_entry(
    on: &mut impl Executor,
    user: UserId,
    (now, since): (Timestamp, Timestamp),
) -> Result<(i64, Timestamp)> {
    let text = "insert into device_entries (user_id, since, entered) values ($1, $2, 1) \
                on conflict (user_id) do update set \
                entered = case when device_entries.since <= $3 then 1 else device_entries.entered + 1 end, \
                since = case when device_entries.since <= $3 then $2 else device_entries.since end \
                returning entered, since";
    sql!(on, fetch_one, query_as(text).bind(user).bind(now).bind(since))
}

/// The request that waits with this code.
pub(super) async fn by_user_code(
    on: &mut impl Executor,
    user_code: &str,
    now: Timestamp,
) -> Result<Option<(DeviceRequestId, TenantId)>> {
    let text = "select id, tenant_id from device_requests where user_code = $1 and expires_at > $2 \
                and approved_at is null and declined_at is null";
    sql!(on, fetch_optional, query_as(text).bind(user_code).bind(now))
}

/// Makes the request this person's to answer, if nobody has answered it.
pub(super) async fn claim(
    on: &mut impl Executor,
    (tenant, id): (TenantId, DeviceRequestId),
    user: UserId,
) -> Result<u64> {
    let text = "update device_requests set user_id = $3 where tenant_id = $1 and id = $2 \
                and approved_at is null and declined_at is null";
    sql!(on, execute, query(text).bind(tenant).bind(id).bind(user))
}

/// What waits for the person's answer.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct WaitingRow {
    pub(super) app_id: AppId,
    pub(super) app_name: String,
    pub(super) scopes: String,
    pub(super) asked_from: String,
    pub(super) created_at: Timestamp,
    pub(super) expires_at: Timestamp,
}

pub(super) async fn for_person(
    on: &mut impl Executor,
    (tenant, id): (TenantId, DeviceRequestId),
    (user, now): (UserId, Timestamp),
) -> Result<Option<WaitingRow>> {
    let text = "select d.app_id, a.name as app_name, d.scopes, d.asked_from, d.created_at, d.expires_at \
                from device_requests d join apps a on a.tenant_id = d.tenant_id and a.id = d.app_id \
                where d.tenant_id = $1 and d.id = $2 and d.user_id = $3 and d.expires_at > $4 and a.enabled \
                and d.approved_at is null and d.declined_at is null";
    sql!(on, fetch_optional, query_as(text).bind(tenant).bind(id).bind(user).bind(now))
}

/// The person agreed to these scopes and no more.
pub(super) async fn approve(
    tx: &mut WriteTx,
    (tenant, id): (TenantId, DeviceRequestId),
    scopes: &str,
) -> Result<()> {
    let at = tx.at();
    let text = "update device_requests set approved_at = $3, scopes = $4 where tenant_id = $1 and id = $2";
    sql!(tx, execute, query(text).bind(tenant).bind(id).bind(at).bind(scopes))?;
    Ok(())
}

pub(super) async fn decline(tx: &mut WriteTx, tenant: TenantId, id: DeviceRequestId) -> Result<()> {
    let at = tx.at();
    let text = "update device_requests set declined_at = $3 where tenant_id = $1 and id = $2";
    sql!(tx, execute, query(text).bind(tenant).bind(id).bind(at))?;
    Ok(())
}

/// What a tool's code leads to.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct ToolRow {
    pub(super) id: DeviceRequestId,
    pub(super) app_name: String,
    pub(super) scopes: String,
    pub(super) expires_at: Timestamp,
    pub(super) user_id: Option<UserId>,
    pub(super) approved_at: Option<Timestamp>,
    pub(super) declined_at: Option<Timestamp>,
    pub(super) fetched_at: Option<Timestamp>,
}

/// The request of this tool with this code.
pub(super) async fn for_tool(
    on: &mut impl Executor,
    client: &Client,
    device_hash: &[u8],
) -> Result<Option<ToolRow>> {
    let text = "select d.id, a.name as app_name, d.scopes, d.expires_at, d.user_id, d.approved_at, d.declined_at, \
                d.fetched_at from device_requests d join apps a on a.tenant_id = d.tenant_id and a.id = d.app_id \
                where d.tenant_id = $1 and d.app_id = $2 and d.device_hash = $3 and a.enabled";
    sql!(on, fetch_optional, query_as(text).bind(client.tenant).bind(client.app).bind(device_hash))
}

/// 1 when the tool has waited long enough since it asked last, and takes note that it asked.
pub(super) async fn asks(
    on: &mut impl Executor,
    (tenant, id): (TenantId, DeviceRequestId),
    now: Timestamp,
) -> Result<u64> {
    let text = "update device_requests set polled_at = $3 where tenant_id = $1 and id = $2 \
                and (polled_at is null or polled_at + pace <= $3)";
    sql!(on, execute, query(text).bind(tenant).bind(id).bind(now))
}

/// Makes the tool wait longer from now on.
pub(super) async fn slow_down(
    on: &mut impl Executor,
    (tenant, id): (TenantId, DeviceRequestId),
    now: Timestamp,
) -> Result<()> {
    let text = "update device_requests set polled_at = $3, \
                pace = case when pace + $4 > $5 then $5 else pace + $4 end where tenant_id = $1 and id = $2";
    let (slower, slowest) = (micros(SLOWER), micros(SLOWEST));
    sql!(on, execute, query(text).bind(tenant).bind(id).bind(now).bind(slower).bind(slowest))?;
    Ok(())
}

/// 1 for the one who fetches what was approved, and 0 for everyone after them.
pub(super) async fn take(tx: &mut WriteTx, tenant: TenantId, id: DeviceRequestId) -> Result<u64> {
    let at = tx.at();
    let text = "update device_requests set fetched_at = $3 where tenant_id = $1 and id = $2 \
                and approved_at is not null and fetched_at is null and expires_at > $3";
    sql!(tx, execute, query(text).bind(tenant).bind(id).bind(at))
}

fn micros(span: std::time::Duration) -> i64 {
    i64::try_from(span.as_micros()).unwrap_or(i64::MAX)
}
