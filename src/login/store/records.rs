//! Session records kept in the database, by the hash of their key. Called by the session store; must never bring back
//! a record that was deleted.

use sqlx::{query, query_scalar};

use crate::clock::Timestamp;
use crate::db::{Executor, sql};
use crate::error::Result;

pub(in crate::login) async fn insert_record(
    on: &mut impl Executor,
    key: &[u8],
    data: &[u8],
    expires_at: Timestamp,
) -> Result<()> {
    let text = "insert into session_records (id_hash, data, expires_at) values ($1, $2, $3)";
    sql!(on, execute, query(text).bind(key).bind(data).bind(expires_at))?;
    Ok(())
}

/// Changes a record that is there; a deleted one stays deleted.
pub(in crate::login) async fn update_record(
    on: &mut impl Executor,
    key: &[u8],
    data: &[u8],
    expires_at: Timestamp,
) -> Result<()> {
    let text = "update session_records set data = $2, expires_at = $3 where id_hash = $1";
    sql!(on, execute, query(text).bind(key).bind(data).bind(expires_at))?;
    Ok(())
}

pub(in crate::login) async fn record(
    on: &mut impl Executor,
    key: &[u8],
    now: Timestamp,
) -> Result<Option<Vec<u8>>> {
    let text = "select data from session_records where id_hash = $1 and expires_at > $2";
    sql!(on, fetch_optional, query_scalar(text).bind(key).bind(now))
}

pub(in crate::login) async fn delete_record(on: &mut impl Executor, key: &[u8]) -> Result<()> {
    sql!(on, execute, query("delete from session_records where id_hash = $1").bind(key))?;
    Ok(())
}
