//! The index of sessions: who has which, since when, and which were ended. Called by the accounts and the sessions;
//! must never hold what opens one, which is in the records.

use sqlx::{query, query_as};

use crate::clock::Timestamp;
use crate::db::{Executor, WriteTx, sql};
use crate::error::Result;
use crate::ids::{IdentityId, SessionHandle, UserId};

/// A session as listed.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(in crate::login) struct SessionRow {
    pub(in crate::login) id: SessionHandle,
    pub(in crate::login) provider: Option<String>,
    pub(in crate::login) user_agent: String,
    pub(in crate::login) ip: String,
    pub(in crate::login) created_at: Timestamp,
    pub(in crate::login) last_seen_at: Timestamp,
    pub(in crate::login) expires_at: Timestamp,
}

pub(in crate::login) async fn insert_session(
    tx: &mut WriteTx,
    (id, user, identity): (SessionHandle, UserId, IdentityId),
    (user_agent, ip): (&str, &str),
    expires_at: Timestamp,
) -> Result<()> {
    let at = tx.at();
    let text = "insert into sessions (id, user_id, identity_id, user_agent, ip, created_at, last_seen_at, expires_at) \
                values ($1, $2, $3, $4, $5, $6, $6, $7)";
    sql!(
        tx,
        execute,
        query(text).bind(id).bind(user).bind(identity).bind(user_agent).bind(ip).bind(at).bind(expires_at)
    )?;
    Ok(())
}

pub(in crate::login) async fn sessions(
    on: &mut impl Executor,
    user: UserId,
    now: Timestamp,
    seen_after: Timestamp,
) -> Result<Vec<SessionRow>> {
    let text = "select s.id, i.provider, s.user_agent, s.ip, s.created_at, s.last_seen_at, s.expires_at \
                from sessions s left join identities i on i.id = s.identity_id \
                where s.user_id = $1 and s.revoked_at is null and s.expires_at > $2 and s.last_seen_at > $3 \
                order by s.last_seen_at desc, s.id desc limit 200";
    sql!(on, fetch_all, query_as(text).bind(user).bind(now).bind(seen_after))
}

pub(in crate::login) async fn touch_session(
    on: &mut impl Executor,
    id: SessionHandle,
    now: Timestamp,
) -> Result<()> {
    sql!(on, execute, query("update sessions set last_seen_at = $2 where id = $1").bind(id).bind(now))?;
    Ok(())
}

/// Which of a person's sessions to end.
#[derive(Debug, Clone, Copy)]
pub(in crate::login) enum Ending {
    One(SessionHandle),
    AllBut(SessionHandle),
    Identity(IdentityId),
    All,
}

/// Ends sessions that have not ended: gives each with the moment until which the revocation must be remembered.
pub(in crate::login) async fn revoke(
    tx: &mut WriteTx,
    user: UserId,
    ending: Ending,
) -> Result<Vec<(SessionHandle, Timestamp)>> {
    let at = tx.at();
    let nobody = SessionHandle::from_uuid(uuid::Uuid::nil());
    let no_identity = IdentityId::from_uuid(uuid::Uuid::nil());
    let (one, but, identity, all) = match ending {
        Ending::One(id) => (id, nobody, no_identity, false),
        Ending::AllBut(id) => (nobody, id, no_identity, true),
        Ending::Identity(id) => (nobody, nobody, id, false),
        Ending::All => (nobody, nobody, no_identity, true),
    };
    let text = "update sessions set revoked_at = $2 where user_id = $1 and revoked_at is null and expires_at > $2 \
                and (id = $3 or identity_id = $4 or ($5 and id <> $6)) returning id, expires_at";
    sql!(tx, fetch_all, query_as(text).bind(user).bind(at).bind(one).bind(identity).bind(all).bind(but))
}
