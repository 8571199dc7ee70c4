//! Write transactions. Beginning one locks the chain it will be recorded in, so the writes of one tenant follow
//! one another and a guard checked inside cannot be raced. Committing needs an audit event; dropping undoes all.

use std::time::{Duration, Instant};

use sqlx::{Postgres, Sqlite, Transaction, query, query_as, query_scalar};

use crate::clock::Timestamp;
use crate::db::connect::{ACQUIRE_TIMEOUT, Pools};
use crate::db::{
    AuditEvent, Chain, ChainedEvent, Change, ChangeKind, Connection, Database, EffectOn, Executor, changes,
    once, sql,
};
use crate::error::{Error, Result};
use crate::ids::{AppId, EventId, SessionHandle, UserId};

/// A transaction may not last longer: nodes look back only so far for commits that became visible late
/// (`authz/freshness.rs`), and this is well inside it.
const LONGEST: Duration = Duration::from_secs(4);

/// A transaction that will be one event of one chain.
pub struct WriteTx {
    inner: Inner,
    database: Database,
    chain: Chain,
    sequence: i64,
    previous: Vec<u8>,
    at: Timestamp,
    started: Instant,
    changes: Vec<Change>,
}

enum Inner {
    Postgres(Transaction<'static, Postgres>),
    Sqlite(Transaction<'static, Sqlite>),
}

impl std::fmt::Debug for WriteTx {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WriteTx")
            .field("chain", &self.chain)
            .field("sequence", &self.sequence)
            .finish_non_exhaustive()
    }
}

impl Executor for Inner {
    fn connection(&mut self) -> Connection<'_> {
        match self {
            Self::Postgres(tx) => Connection::Postgres(tx),
            Self::Sqlite(tx) => Connection::Sqlite(tx),
        }
    }
}

impl Executor for WriteTx {
    fn connection(&mut self) -> Connection<'_> {
        self.inner.connection()
    }
}

/// A write that is whole, up to its commit.
pub(super) struct Held {
    inner: Inner,
    database: Database,
    at: Timestamp,
    started: Instant,
    changes: Vec<Change>,
}

impl std::fmt::Debug for Held {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Held").field("at", &self.at).finish_non_exhaustive()
    }
}

impl Executor for Held {
    fn connection(&mut self) -> Connection<'_> {
        self.inner.connection()
    }
}

impl Held {
    /// The moment of the write.
    pub(super) fn at(&self) -> Timestamp {
        self.at
    }

    /// Commits, and has this node drop its copies of what changed.
    pub(super) async fn commit(self) -> Result<()> {
        if self.started.elapsed() > LONGEST {
            return Err(Error::Unavailable("the transaction took too long", None));
        }
        match self.inner {
            Inner::Postgres(tx) => tx.commit().await?,
            Inner::Sqlite(tx) => tx.commit().await?,
        }
        self.database.tell(&self.changes);
        Ok(())
    }
}

/// What a commit did besides the change itself.
#[derive(Debug, Clone, Copy)]
pub struct Committed {
    /// The event that records it.
    pub event: EventId,
    /// The tenant's policy version after it, when the event changed access.
    pub policy_version: Option<i64>,
}

impl Database {
    /// Begins a write that will be recorded in `chain`, after every earlier write of that chain.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when no connection or lock is to be had in time.
    pub async fn write(&self, chain: Chain) -> Result<WriteTx> {
        let mut inner = self.begin().await?;
        let next = "update audit_chains set sequence = sequence + 1 where id = $1 returning sequence, hash";
        let mut row: Option<(i64, Vec<u8>)> =
            sql!(&mut inner, fetch_optional, query_as(next).bind(chain.id()))?;
        if row.is_none() {
            let make = "insert into audit_chains (id, hash) values ($1, $2) on conflict (id) do nothing";
            sql!(&mut inner, execute, query(make).bind(chain.id()).bind(Vec::<u8>::new()))?;
            row = sql!(&mut inner, fetch_optional, query_as(next).bind(chain.id()))?;
        }
        let (sequence, previous) = row.ok_or(Error::Internal("the audit chain has no row", None))?;
        Ok(WriteTx {
            inner,
            database: self.clone(),
            chain,
            sequence,
            previous,
            at: self.clock.now(),
            started: Instant::now(),
            changes: Vec::new(),
        })
    }

    /// Runs one statement that records nothing: for rows that are no one's facts, such as session records,
    /// sign-in attempts, mail leases and what has expired.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when no connection is to be had in time.
    pub async fn upkeep(&self) -> Result<impl Executor + use<>> {
        once::release().await?;
        self.check()?;
        Ok(match &self.pools {
            Pools::Postgres { pool, .. } => super::Reader::Postgres(pool.acquire().await?),
            Pools::Sqlite { writer, .. } => super::Reader::Sqlite(writer.acquire().await?),
        })
    }

    async fn begin(&self) -> Result<Inner> {
        once::release().await?;
        self.check()?;
        Ok(match &self.pools {
            Pools::Postgres { pool, .. } => {
                // A server that hangs takes the connection and does not answer on it.
                let begun = tokio::time::timeout(ACQUIRE_TIMEOUT, pool.begin()).await;
                Inner::Postgres(
                    begun
                        .map_err(|elapsed| Error::unavailable("the database does not answer", elapsed))??,
                )
            }
            // A plain BEGIN would take the write lock only at the first write, and fail when another came first.
            Pools::Sqlite { writer, .. } => Inner::Sqlite(writer.begin_with("begin immediate").await?),
        })
    }
}

impl WriteTx {
    /// The moment of this write; everything it stores is stamped with it.
    #[must_use]
    pub fn at(&self) -> Timestamp {
        self.at
    }

    /// Makes every node drop its copy of this user. Gives the version they are in from now on.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the database cannot answer.
    pub async fn touch_user(&mut self, user: UserId) -> Result<i64> {
        let text = "update users set version = version + 1 where id = $1 returning version";
        let version = sql!(self, fetch_one, query_scalar::<_, i64>(text).bind(user))?;
        self.changes.push(Change { kind: ChangeKind::User, subject: user.uuid(), version });
        Ok(version)
    }

    /// Makes every copy of this app and of its tokens stale.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the database cannot answer.
    pub async fn touch_app(&mut self, app: AppId) -> Result<()> {
        let text = "update apps set version = version + 1 where id = $1 returning version";
        let version = sql!(self, fetch_one, query_scalar::<_, i64>(text).bind(app))?;
        self.changes.push(Change { kind: ChangeKind::App, subject: app.uuid(), version });
        Ok(())
    }

    /// Makes every node refuse this session until `expires_at`, when it would have ended by itself.
    pub fn announce_revoked(&mut self, session: SessionHandle, expires_at: Timestamp) {
        self.changes.push(Change {
            kind: ChangeKind::RevokedSession,
            subject: session.uuid(),
            version: expires_at.micros(),
        });
    }

    /// Commits, with `event` as the record of what was done. When this returns, this node decides by the new
    /// state; others follow within a second. In a request with an `Idempotency-Key` the commit itself comes with the
    /// answer, or before the next use of the database (`db/once.rs`).
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the database cannot answer or the transaction took too long: nothing is changed
    /// then, except when only the answer to the commit itself was lost.
    pub async fn commit(mut self, event: AuditEvent) -> Result<Committed> {
        let policy_version = self.bump(event.effect).await?;
        let event = ChainedEvent::new(self.chain, self.sequence, self.at, event, &self.previous);
        insert_event(&mut self.inner, &event).await?;
        for change in &self.changes {
            changes::insert(&mut self.inner, *change, self.at).await?;
        }
        let Self { inner, database, at, started, changes, .. } = self;
        once::commit(Held { inner, database, at, started, changes }).await?;
        Ok(Committed { event: event.id, policy_version })
    }

    async fn bump(&mut self, effect: EffectOn) -> Result<Option<i64>> {
        let (EffectOn::Access, Chain::Tenant(tenant)) = (effect, self.chain) else { return Ok(None) };
        let text =
            "update tenants set policy_version = policy_version + 1 where id = $1 returning policy_version";
        let version = sql!(self, fetch_one, query_scalar::<_, i64>(text).bind(tenant))?;
        self.changes.push(Change { kind: ChangeKind::Tenant, subject: tenant.uuid(), version });
        Ok(Some(version))
    }
}

async fn insert_event(on: &mut Inner, event: &ChainedEvent) -> Result<()> {
    let link = "update audit_chains set hash = $2 where id = $1";
    sql!(on, execute, query(link).bind(event.chain_id).bind(&event.hash))?;
    sql!(
        on,
        execute,
        query(
            "insert into audit_events (chain_id, sequence, id, at, actor_type, actor_id, actor_name, action, \
             target_type, target_id, target_name, changes, outcome, ip, request_id, hash) \
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)"
        )
        .bind(event.chain_id)
        .bind(event.sequence)
        .bind(event.id)
        .bind(event.at)
        .bind(&event.actor_type)
        .bind(event.actor_id)
        .bind(&event.actor_name)
        .bind(&event.action)
        .bind(&event.target_type)
        .bind(&event.target_id)
        .bind(&event.target_name)
        .bind(&event.changes)
        .bind(&event.outcome)
        .bind(&event.ip)
        .bind(&event.request_id)
        .bind(&event.hash)
    )?;
    Ok(())
}
