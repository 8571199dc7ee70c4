//! Rows of sign-ins under way and of grants to link. Called by the flow; must never give the same row twice.

use sqlx::{query, query_as};

use crate::clock::Timestamp;
use crate::db::{Executor, sql};
use crate::error::Result;
use crate::ids::{SessionHandle, UserId};
use crate::login::{Provider, Secrets};

/// A sign-in under way.
#[derive(Debug, sqlx::FromRow)]
pub(in crate::login) struct AttemptRow {
    pub(in crate::login) provider: String,
    pub(in crate::login) browser_hash: Vec<u8>,
    pub(in crate::login) verifier: String,
    pub(in crate::login) nonce: String,
    pub(in crate::login) return_to: Vec<u8>,
    pub(in crate::login) link_user_id: Option<UserId>,
    pub(in crate::login) link_session_id: Option<SessionHandle>,
    pub(in crate::login) expires_at: Timestamp,
}

pub(in crate::login) async fn insert_attempt(
    on: &mut impl Executor,
    state_hash: &[u8],
    row: &AttemptRow,
) -> Result<()> {
    let text = "insert into login_attempts (state_hash, provider, browser_hash, verifier, nonce, return_to, \
                link_user_id, link_session_id, expires_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    sql!(
        on,
        execute,
        query(text)
            .bind(state_hash)
            .bind(&row.provider)
            .bind(&row.browser_hash)
            .bind(&row.verifier)
            .bind(&row.nonce)
            .bind(&row.return_to)
            .bind(row.link_user_id)
            .bind(row.link_session_id)
            .bind(row.expires_at)
    )?;
    Ok(())
}

/// Takes an attempt: the row is gone for whoever presents the same state next, whatever becomes of this one.
pub(in crate::login) async fn take_attempt(
    on: &mut impl Executor,
    state_hash: &[u8],
) -> Result<Option<AttemptRow>> {
    let text = "delete from login_attempts where state_hash = $1 returning provider, browser_hash, verifier, nonce, \
                return_to, link_user_id, link_session_id, expires_at";
    sql!(on, fetch_optional, query_as(text).bind(state_hash))
}

impl AttemptRow {
    pub(in crate::login) fn secrets(&self, state: &str) -> Secrets {
        Secrets { state: state.to_owned(), verifier: self.verifier.clone(), nonce: self.nonce.clone() }
    }
}

pub(in crate::login) async fn insert_grant(
    on: &mut impl Executor,
    token_hash: &[u8],
    (user, session): (UserId, SessionHandle),
    provider: Provider,
    expires_at: Timestamp,
) -> Result<()> {
    let text = "insert into link_grants (token_hash, user_id, session_id, provider, expires_at) \
                values ($1, $2, $3, $4, $5)";
    sql!(
        on,
        execute,
        query(text).bind(token_hash).bind(user).bind(session).bind(provider.as_str()).bind(expires_at)
    )?;
    Ok(())
}

/// Takes a grant to link: gone for whoever presents it next.
pub(in crate::login) async fn take_grant(
    on: &mut impl Executor,
    token_hash: &[u8],
) -> Result<Option<(UserId, SessionHandle, String, Timestamp)>> {
    let text =
        "delete from link_grants where token_hash = $1 returning user_id, session_id, provider, expires_at";
    sql!(on, fetch_optional, query_as(text).bind(token_hash))
}
