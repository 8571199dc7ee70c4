//! The keys that sign access tokens. They belong to the installation, so nothing here knows a tenant.

use sqlx::{query, query_as};

use crate::clock::Timestamp;
use crate::db::{Executor, WriteTx, sql};
use crate::error::Result;
use crate::oauth::jwk::{PublicKey, name};

#[derive(Debug, sqlx::FromRow)]
pub(in crate::oauth) struct SigningKeyRow {
    pub(in crate::oauth) kid: String,
    pub(in crate::oauth) algorithm: String,
    pub(in crate::oauth) public_jwk: String,
    pub(in crate::oauth) private_key: Vec<u8>,
    pub(in crate::oauth) created_at: Timestamp,
    pub(in crate::oauth) signs_from: Timestamp,
    pub(in crate::oauth) expires_at: Option<Timestamp>,
}

/// Every key, newest first.
pub(in crate::oauth) async fn signing_keys(on: &mut impl Executor) -> Result<Vec<SigningKeyRow>> {
    let text = "select kid, algorithm, public_jwk, private_key, created_at, signs_from, expires_at from signing_keys \
                order by expires_at is null desc, created_at desc";
    sql!(on, fetch_all, query_as(text))
}

/// The key that no other has taken the place of.
pub(in crate::oauth) async fn newest_key(tx: &mut WriteTx) -> Result<Option<SigningKeyRow>> {
    let text = "select kid, algorithm, public_jwk, private_key, created_at, signs_from, expires_at from signing_keys \
                where expires_at is null";
    sql!(tx, fetch_optional, query_as(text))
}

pub(in crate::oauth) async fn insert_key(
    tx: &mut WriteTx,
    key: &PublicKey,
    sealed: &[u8],
    signs_from: Timestamp,
) -> Result<u64> {
    let at = tx.at();
    let text = "insert into signing_keys (kid, algorithm, public_jwk, private_key, created_at, signs_from) \
                values ($1, $2, $3, $4, $5, $6)";
    sql!(
        tx,
        execute,
        query(text)
            .bind(&key.kid)
            .bind(name(key.algorithm))
            .bind(key.jwk.to_string())
            .bind(sealed)
            .bind(at)
            .bind(signs_from)
    )
}

/// Says when the newest key's tokens will all be over.
pub(in crate::oauth) async fn end_keys(tx: &mut WriteTx, over: Timestamp) -> Result<u64> {
    let text = "update signing_keys set expires_at = $1 where expires_at is null";
    sql!(tx, execute, query(text).bind(over))
}

/// Ends every key now.
pub(in crate::oauth) async fn withdraw_keys(tx: &mut WriteTx) -> Result<u64> {
    let at = tx.at();
    let text = "update signing_keys set expires_at = $1 where expires_at > $1";
    sql!(tx, execute, query(text).bind(at))
}
