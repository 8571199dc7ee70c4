//! The feed of changes: what a commit makes stale on every node. Written in the same transaction as the change;
//! read by `authz/freshness.rs`.

use sqlx::query_as;
use uuid::Uuid;

use crate::clock::Timestamp;
use crate::db::{Executor, sql};
use crate::error::{Error, Result};

/// Something of which nodes keep copies has a new version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Change {
    /// What kind of thing.
    pub kind: ChangeKind,
    /// Its id.
    pub subject: Uuid,
    /// Its version now. For a revoked session: when its revocation may be forgotten, in microseconds.
    pub version: i64,
}

/// The kinds of things of which nodes keep copies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ChangeKind {
    /// A tenant: its name, status, roles, members or their roles.
    Tenant,
    /// A user: profile, memberships, tokens, disabled or not.
    User,
    /// An app: its name, its secrets and tokens, enabled or not.
    App,
    /// A session that ended before its time.
    RevokedSession,
}

impl ChangeKind {
    /// The word stored and sent.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Tenant => "tenant",
            Self::User => "user",
            Self::App => "app",
            Self::RevokedSession => "session",
        }
    }

    fn parse(word: &str) -> Option<Self> {
        let all = [Self::Tenant, Self::User, Self::App, Self::RevokedSession];
        all.into_iter().find(|kind| kind.as_str() == word)
    }
}

impl std::fmt::Display for Change {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} {}", self.kind.as_str(), self.subject, self.version)
    }
}

impl std::str::FromStr for Change {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let mut words = text.split(' ');
        let change = (|| {
            Some(Self {
                kind: ChangeKind::parse(words.next()?)?,
                subject: words.next()?.parse().ok()?,
                version: words.next()?.parse().ok()?,
            })
        })();
        change.filter(|_| words.next().is_none()).ok_or(Error::Malformed("not a change".into()))
    }
}

/// A row of the feed.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct ChangeRow {
    /// Place in the feed. Rows may become visible out of this order.
    pub sequence: i64,
    kind: String,
    subject_id: Uuid,
    version: i64,
}

impl ChangeRow {
    /// The change, unless a newer release wrote a kind this one does not know.
    #[must_use]
    pub fn change(&self) -> Option<Change> {
        Some(Change { kind: ChangeKind::parse(&self.kind)?, subject: self.subject_id, version: self.version })
    }
}

/// The highest place in the feed that is visible now; 0 when it is empty.
///
/// # Errors
/// [`Error::Unavailable`] when the database cannot answer.
pub async fn last_change(on: &mut impl Executor) -> Result<i64> {
    let (sequence,) =
        sql!(on, fetch_one, query_as::<_, (i64,)>("select coalesce(max(sequence), 0) from changes"))?;
    Ok(sequence)
}

/// How many rows [`changes_after`] gives at most.
pub const CHANGES_PAGE: usize = 20_000;

/// The visible rows after place `sequence`, at most [`CHANGES_PAGE`].
///
/// # Errors
/// [`Error::Unavailable`] when the database cannot answer.
pub async fn changes_after(on: &mut impl Executor, sequence: i64) -> Result<Vec<ChangeRow>> {
    sql!(
        on,
        fetch_all,
        query_as(
            "select sequence, kind, subject_id, version from changes where sequence > $1 order by sequence limit 20000"
        )
        .bind(sequence)
    )
}

pub(super) async fn insert(on: &mut impl Executor, change: Change, at: Timestamp) -> Result<()> {
    sql!(
        on,
        execute,
        sqlx::query("insert into changes (kind, subject_id, version, at) values ($1, $2, $3, $4)")
            .bind(change.kind.as_str())
            .bind(change.subject)
            .bind(change.version)
            .bind(at)
    )?;
    Ok(())
}

/// Forgets changes older than `before`; nodes that were away longer start from the tables themselves.
///
/// # Errors
/// [`Error::Unavailable`] when the database cannot answer.
pub async fn prune_changes(on: &mut impl Executor, before: Timestamp) -> Result<u64> {
    sql!(on, execute, sqlx::query("delete from changes where at < $1").bind(before))
}

/// Removes rows that have expired and that nothing reads any more.
///
/// # Errors
/// [`Error::Unavailable`] when the database cannot answer.
pub async fn expired_rows(on: &mut impl Executor, now: Timestamp) -> Result<u64> {
    let mut removed = 0;
    for text in [
        "delete from login_attempts where expires_at < $1",
        "delete from link_grants where expires_at < $1",
        "delete from session_records where expires_at < $1",
        "delete from sessions where expires_at < $1",
        "delete from idempotency_keys where expires_at < $1",
        "delete from outbox where expires_at < $1",
        "delete from used_assertions where expires_at < $1",
        "delete from signing_keys where expires_at < $1",
        "delete from app_secrets where expires_at < $1",
        "delete from tokens where expires_at < $1",
        "delete from device_requests where expires_at < $1",
    ] {
        removed += sql!(on, execute, sqlx::query(text).bind(now))?;
    }
    Ok(removed)
}
