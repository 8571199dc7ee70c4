//! A person's own sessions: listing and ending. Called by handlers; must never end one without announcing it, or
//! other nodes would go on letting it in.

use serde::Serialize;

use crate::authz::SessionUser;
use crate::clock::Timestamp;
use crate::db::{AuditEvent, Chain, Database, Target, WriteTx};
use crate::error::{Error, Result};
use crate::ids::{SessionHandle, UserId};
use crate::login::store::{self, Ending};

/// A session, as its person sees it. The id ends it; it does not open it.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
pub struct Session {
    /// The handle.
    pub id: SessionHandle,
    /// The provider it was opened with; none when that identity has been unlinked.
    pub provider: Option<String>,
    /// What the browser called itself.
    pub user_agent: String,
    /// The address it was opened from.
    pub ip: String,
    /// Whether it is the present one.
    pub current: bool,
    /// When it was opened.
    pub created_at: Timestamp,
    /// When it was last used, to the minute.
    pub last_seen_at: Timestamp,
    /// When it ends at the latest.
    pub expires_at: Timestamp,
}

/// The caller's live sessions, last used first; at most 200.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn sessions(
    database: &Database,
    principal: &SessionUser,
    idle: std::time::Duration,
) -> Result<Vec<Session>> {
    let now = database.clock().now();
    let rows = store::sessions(&mut database.read().await?, principal.user.id, now, now - idle).await?;
    Ok(rows
        .into_iter()
        .map(|row| Session {
            id: row.id,
            provider: row.provider,
            user_agent: row.user_agent,
            ip: row.ip,
            current: row.id == principal.session.handle,
            created_at: row.created_at,
            last_seen_at: row.last_seen_at,
            expires_at: row.expires_at,
        })
        .collect())
}

/// Ends one of the caller's sessions, which may be the present one.
///
/// # Errors
/// [`Error::NotFound`] when it is not a live session of theirs.
pub async fn end_session(database: &Database, principal: &SessionUser, session: SessionHandle) -> Result<()> {
    let mut tx = database.write(Chain::User(principal.user.id)).await?;
    if end_in(&mut tx, principal.user.id, Ending::One(session)).await? == 0 {
        return Err(Error::NotFound);
    }
    let target = Target::new("session", session, "");
    tx.commit(AuditEvent::done(principal.actor(), "session.ended", target)).await?;
    Ok(())
}

/// Ends every session of the caller but the present one. Gives how many there were.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn end_other_sessions(database: &Database, principal: &SessionUser) -> Result<usize> {
    let mut tx = database.write(Chain::User(principal.user.id)).await?;
    let ended = end_in(&mut tx, principal.user.id, Ending::AllBut(principal.session.handle)).await?;
    let target = Target::new("sessions", principal.user.id, ended.to_string());
    tx.commit(AuditEvent::done(principal.actor(), "session.others_ended", target)).await?;
    Ok(ended)
}

/// Ends every session of a person, inside a write that has another reason for it.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn end_all_sessions(tx: &mut WriteTx, user: UserId) -> Result<usize> {
    end_in(tx, user, Ending::All).await
}

pub(super) async fn end_in(tx: &mut WriteTx, user: UserId, ending: Ending) -> Result<usize> {
    let ended = store::revoke(tx, user, ending).await?;
    for (session, until) in &ended {
        tx.announce_revoked(*session, *until);
    }
    Ok(ended.len())
}
