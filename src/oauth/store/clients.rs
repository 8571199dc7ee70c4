//! How apps prove who they are: their public keys, and the assertions that were used.

use sqlx::{query, query_as, query_scalar};

use crate::clock::Timestamp;
use crate::db::{Executor, WriteTx, sql};
use crate::error::Result;
use crate::ids::{AppId, Subject, TenantId, TokenId};
use crate::oauth::clients::Client;
use crate::oauth::jwk::{PublicKey, name};

#[derive(Debug, sqlx::FromRow)]
pub(in crate::oauth) struct AppKeyRow {
    pub(in crate::oauth) kid: String,
    pub(in crate::oauth) algorithm: String,
    pub(in crate::oauth) jwk: String,
    pub(in crate::oauth) created_at: Timestamp,
}

/// What a token says of its app.
#[derive(Debug, sqlx::FromRow)]
pub(in crate::oauth) struct ClientRow {
    pub(in crate::oauth) client_id: String,
    pub(in crate::oauth) name: String,
    token_format: String,
}

impl ClientRow {
    /// Whether the app's tokens are signed.
    pub(in crate::oauth) fn signs(&self) -> bool {
        self.token_format == "jwt"
    }
}

pub(in crate::oauth) async fn client(on: &mut impl Executor, client: &Client) -> Result<Option<ClientRow>> {
    let text = "select client_id, name, token_format from apps where tenant_id = $1 and id = $2 and enabled";
    sql!(on, fetch_optional, query_as(text).bind(client.tenant).bind(client.app))
}

pub(in crate::oauth) async fn token_made(
    on: &mut impl Executor,
    tenant: TenantId,
    token: TokenId,
) -> Result<Option<Timestamp>> {
    let text = "select created_at from tokens where tenant_id = $1 and id = $2 and revoked_at is null";
    sql!(on, fetch_optional, query_scalar(text).bind(tenant).bind(token))
}

pub(in crate::oauth) async fn app_keys(
    on: &mut impl Executor,
    tenant: TenantId,
    app: AppId,
) -> Result<Vec<AppKeyRow>> {
    let text = "select kid, algorithm, jwk, created_at from app_keys where tenant_id = $1 and app_id = $2 \
                order by created_at, kid";
    sql!(on, fetch_all, query_as(text).bind(tenant).bind(app))
}

/// A key, and whose it is.
#[derive(Debug, sqlx::FromRow)]
pub(in crate::oauth) struct ClientKeyRow {
    pub(in crate::oauth) app_id: AppId,
    pub(in crate::oauth) tenant_id: TenantId,
    pub(in crate::oauth) kid: String,
    pub(in crate::oauth) algorithm: String,
    pub(in crate::oauth) jwk: String,
}

/// The keys of the enabled app of this client id. Before anybody is known to ask, so no tenant is given.
pub(in crate::oauth) async fn keys_of_client(
    on: &mut impl Executor,
    client_id: &str,
) -> Result<Vec<ClientKeyRow>> {
    let text = "select k.app_id, k.tenant_id, k.kid, k.algorithm, k.jwk from app_keys k \
                join apps a on a.tenant_id = k.tenant_id and a.id = k.app_id join tenants t on t.id = a.tenant_id \
                where a.client_id = $1 and a.enabled and t.deleted_at is null order by k.kid";
    sql!(on, fetch_all, query_as(text).bind(client_id))
}

pub(in crate::oauth) async fn insert_app_key(
    tx: &mut WriteTx,
    (tenant, app): (TenantId, AppId),
    key: &PublicKey,
    by: Subject,
) -> Result<u64> {
    let at = tx.at();
    let text = "insert into app_keys (tenant_id, app_id, kid, algorithm, jwk, created_at, created_by) \
                values ($1, $2, $3, $4, $5, $6, $7)";
    sql!(
        tx,
        execute,
        query(text)
            .bind(tenant)
            .bind(app)
            .bind(&key.kid)
            .bind(name(key.algorithm))
            .bind(key.jwk.to_string())
            .bind(at)
            .bind(by.uuid())
    )
}

pub(in crate::oauth) async fn delete_app_key(
    tx: &mut WriteTx,
    (tenant, app): (TenantId, AppId),
    kid: &str,
) -> Result<u64> {
    let text = "delete from app_keys where tenant_id = $1 and app_id = $2 and kid = $3";
    sql!(tx, execute, query(text).bind(tenant).bind(app).bind(kid))
}

/// Takes note of an assertion. Of several at one moment, one is told 1 and the others 0.
pub(in crate::oauth) async fn use_assertion(
    on: &mut impl Executor,
    app: AppId,
    jti: &str,
    expires_at: Timestamp,
) -> Result<u64> {
    let text = "insert into used_assertions (app_id, jti, expires_at) values ($1, $2, $3) \
                on conflict (app_id, jti) do nothing";
    sql!(on, execute, query(text).bind(app).bind(jti).bind(expires_at))
}
