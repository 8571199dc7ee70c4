//! The outbox table. A mail is claimed by moving the time it is due into the future: a lease that ends by itself
//! when the node that holds it dies.

use std::time::Duration;

use sqlx::{query, query_as};

use crate::clock::Timestamp;
use crate::db::{Executor, WriteTx, sql};
use crate::error::Result;
use crate::ids::MailId;

/// How long a claimed mail is left alone; longer than sending may take (`transport.rs`).
pub(super) const LEASE: Duration = Duration::from_mins(1);

pub(super) struct NewMail<'a> {
    pub(super) id: MailId,
    pub(super) recipient: &'a str,
    pub(super) sealed: Vec<u8>,
}

pub(super) async fn insert(
    tx: &mut WriteTx,
    mail: &NewMail<'_>,
    at: Timestamp,
    expires_at: Timestamp,
) -> Result<()> {
    let text = "insert into outbox (id, recipient, sealed, created_at, due_at, attempts, expires_at) \
                values ($1, $2, $3, $4, $4, 0, $5)";
    sql!(
        tx,
        execute,
        query(text).bind(mail.id).bind(mail.recipient).bind(&mail.sealed).bind(at).bind(expires_at)
    )?;
    Ok(())
}

#[derive(Debug, sqlx::FromRow)]
pub(super) struct Claimed {
    pub(super) id: MailId,
    pub(super) sealed: Vec<u8>,
    /// Counting this one.
    pub(super) attempts: i64,
}

/// Leases the mail that has been due the longest. None when none is due, or another node was faster.
pub(super) async fn claim(on: &mut impl Executor, now: Timestamp) -> Result<Option<Claimed>> {
    // The condition stands twice: the inner one chooses, the outer one is asked again under the row's lock.
    let text = "update outbox set due_at = $1, attempts = attempts + 1 where id = (select id from outbox \
                where due_at <= $2 and expires_at > $2 order by due_at, id limit 1) and due_at <= $2 \
                returning id, sealed, attempts";
    sql!(on, fetch_optional, query_as(text).bind(now + LEASE).bind(now))
}

pub(super) async fn postpone(on: &mut impl Executor, mail: MailId, due_at: Timestamp) -> Result<()> {
    sql!(on, execute, query("update outbox set due_at = $2 where id = $1").bind(mail).bind(due_at))?;
    Ok(())
}

pub(super) async fn delete(on: &mut impl Executor, mail: MailId) -> Result<()> {
    sql!(on, execute, query("delete from outbox where id = $1").bind(mail))?;
    Ok(())
}

pub(super) async fn backlog(on: &mut impl Executor, now: Timestamp) -> Result<(i64, Option<Timestamp>)> {
    let text = "select count(*), min(created_at) from outbox where expires_at > $1";
    sql!(on, fetch_one, query_as(text).bind(now))
}
