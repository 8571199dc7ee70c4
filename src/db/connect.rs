//! Pools and connections. A Postgres pool, or for `SQLite` one writer and several readers, since `SQLite`
//! has one writer anyway and waiting in our queue beats waiting in its busy loop.

use std::str::FromStr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use sqlx::pool::{PoolConnection, PoolOptions};
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous};
use sqlx::{PgPool, Postgres, Sqlite, SqlitePool};

use crate::clock::Clock;
use crate::db::{Change, once};
use crate::error::{Error, Result};

/// How long a request waits for a connection before it is answered 503.
pub(super) const ACQUIRE_TIMEOUT: Duration = Duration::from_millis(800);

/// Connections kept apart for reading the feed of changes and for health.
const RESERVED: u32 = 2;

/// The database of this installation. Clones share the pools.
#[derive(Clone)]
pub struct Database {
    pub(super) pools: Pools,
    pub(super) clock: Clock,
    listener: Arc<OnceLock<Listener>>,
    outage: Arc<Outage>,
}

/// What the reader of the feed found out about a database server, so that requests need not each find out by
/// waiting, nor meet the connections that a restart of the server has cut.
#[derive(Debug)]
struct Outage {
    base: Instant,
    away: AtomicBool,
    /// When the server last did not answer: milliseconds after `base`, plus one; 0 for never.
    last: AtomicU64,
}

impl Default for Outage {
    fn default() -> Self {
        Self { base: Instant::now(), away: AtomicBool::new(false), last: AtomicU64::new(0) }
    }
}

impl Outage {
    fn note(&self, answers: bool) {
        if !answers {
            let millis = u64::try_from(self.base.elapsed().as_millis()).unwrap_or(u64::MAX - 1);
            self.last.store(millis + 1, Ordering::Release);
        }
        self.away.store(!answers, Ordering::Release);
    }

    fn check(&self) -> Result<()> {
        if self.away.load(Ordering::Acquire) {
            return Err(Error::Unavailable("the database is away", None));
        }
        Ok(())
    }

    /// Whether a connection of this age was made before the server last did not answer.
    fn outlived_by(&self, age: Duration) -> bool {
        let last = self.last.load(Ordering::Acquire);
        last > 0 && self.base.elapsed().saturating_sub(age) <= Duration::from_millis(last)
    }
}

type Listener = Box<dyn Fn(&[Change]) + Send + Sync>;

#[derive(Clone, Debug)]
pub(super) enum Pools {
    Postgres { pool: PgPool, reserved: PgPool },
    Sqlite { writer: SqlitePool, readers: SqlitePool, reserved: SqlitePool },
}

impl std::fmt::Debug for Database {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Database").field(&self.name()).finish()
    }
}

impl Database {
    /// Opens the database named by `url` (`sqlite:…` or `postgres:…`) without touching it yet: a server that is
    /// away now may be there later. A `SQLite` file is created only when `create` is set.
    ///
    /// # Errors
    /// [`Error::Malformed`] when the URL names neither database or cannot be parsed.
    pub fn open(url: &str, connections: u32, create: bool, clock: Clock) -> Result<Self> {
        let outage = Arc::new(Outage::default());
        let pools = if url.starts_with("sqlite:") {
            open_sqlite(url, connections, create)?
        } else if url.starts_with("postgres:") || url.starts_with("postgresql:") {
            open_postgres(url, connections, &outage)?
        } else {
            return Err(Error::Malformed("DATABASE_URL must begin with sqlite: or postgres:".into()));
        };
        Ok(Self { pools, clock, listener: Arc::default(), outage })
    }

    /// The product's name, for messages.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self.pools {
            Pools::Postgres { .. } => "PostgreSQL",
            Pools::Sqlite { .. } => "SQLite",
        }
    }

    /// The clock everything stored here is stamped with.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// A connection to read with. Each statement sees what is committed when it starts.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when no connection is free within a second.
    pub async fn read(&self) -> Result<Reader> {
        once::release().await?;
        self.check()?;
        Ok(match &self.pools {
            Pools::Postgres { pool, .. } => Reader::Postgres(pool.acquire().await?),
            Pools::Sqlite { readers, .. } => Reader::Sqlite(readers.acquire().await?),
        })
    }

    /// A connection that requests cannot use up: for reading the feed of changes and for health.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the database cannot be reached.
    pub async fn reserved(&self) -> Result<Reader> {
        Ok(match &self.pools {
            Pools::Postgres { reserved, .. } => Reader::Postgres(reserved.acquire().await?),
            Pools::Sqlite { reserved, .. } => Reader::Sqlite(reserved.acquire().await?),
        })
    }

    /// Takes note of whether the database answered the reader of the feed. While a server does not, requests are
    /// refused at once; when it does again, connections from before are not used any more.
    pub(crate) fn note(&self, answers: bool) {
        // A file does not go away; that its reader failed says nothing about the next statement.
        if matches!(self.pools, Pools::Postgres { .. }) {
            self.outage.note(answers);
        }
    }

    /// Whether it is worth asking.
    pub(super) fn check(&self) -> Result<()> {
        self.outage.check()
    }

    /// Calls `listener` with the changes of every commit of this process, before the commit's caller goes on.
    /// The first listener stays.
    pub fn on_commit(&self, listener: impl Fn(&[Change]) + Send + Sync + 'static) {
        if self.listener.set(Box::new(listener)).is_err() {
            tracing::debug!("a commit listener is already set");
        }
    }

    pub(super) fn tell(&self, changes: &[Change]) {
        if let Some(listener) = self.listener.get() {
            listener(changes);
        }
    }

    /// Closes every connection, waiting for those in use.
    pub async fn close(&self) {
        match &self.pools {
            Pools::Postgres { pool, reserved } => {
                reserved.close().await;
                pool.close().await;
            }
            Pools::Sqlite { writer, readers, reserved } => {
                reserved.close().await;
                readers.close().await;
                writer.close().await;
            }
        }
    }
}

fn pool<DB: sqlx::Database>(connections: u32) -> PoolOptions<DB> {
    // A connection is tried by its first statement; pinging before each would cost every request a round trip.
    PoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .test_before_acquire(false)
}

fn open_postgres(url: &str, connections: u32, outage: &Arc<Outage>) -> Result<Pools> {
    let options = PgConnectOptions::from_str(url).map_err(unreadable)?.options([
        ("statement_timeout", "4s"),
        ("lock_timeout", "3s"),
        ("idle_in_transaction_session_timeout", "5s"),
        ("timezone", "UTC"),
    ]);
    let outage = Arc::clone(outage);
    let requests = pool::<Postgres>(connections).before_acquire(move |_, connection| {
        let usable = !outage.outlived_by(connection.age);
        Box::pin(async move { Ok(usable) })
    });
    Ok(Pools::Postgres {
        pool: requests.connect_lazy_with(options.clone()),
        reserved: pool(RESERVED).connect_lazy_with(options),
    })
}

fn open_sqlite(url: &str, connections: u32, create: bool) -> Result<Pools> {
    let options = SqliteConnectOptions::from_str(url)
        .map_err(unreadable)?
        .create_if_missing(create)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(Duration::from_secs(3));
    Ok(Pools::Sqlite {
        writer: pool(1).connect_lazy_with(options.clone()),
        readers: pool(connections).connect_lazy_with(options.clone().create_if_missing(false)),
        reserved: pool(RESERVED).connect_lazy_with(options.create_if_missing(false)),
    })
}

#[allow(clippy::needless_pass_by_value, reason = "the shape map_err calls")]
fn unreadable(_may_quote_the_password: sqlx::Error) -> Error {
    Error::Malformed("DATABASE_URL cannot be read; write sqlite:path or postgres://user@host/name".into())
}

/// A connection as one of the two drivers.
#[derive(Debug)]
pub enum Connection<'c> {
    /// To Postgres.
    Postgres(&'c mut PgConnection),
    /// To `SQLite`.
    Sqlite(&'c mut SqliteConnection),
}

/// What a query can run on: a [`Reader`] or a [`crate::db::WriteTx`].
pub trait Executor: Send {
    /// The connection beneath.
    fn connection(&mut self) -> Connection<'_>;
}

/// A connection for reading, taken from the pool until dropped.
#[derive(Debug)]
pub enum Reader {
    /// Of the Postgres pool.
    Postgres(PoolConnection<Postgres>),
    /// Of the `SQLite` readers.
    Sqlite(PoolConnection<Sqlite>),
}

impl Executor for Reader {
    fn connection(&mut self) -> Connection<'_> {
        match self {
            Self::Postgres(connection) => Connection::Postgres(connection),
            Self::Sqlite(connection) => Connection::Sqlite(connection),
        }
    }
}
