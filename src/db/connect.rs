//! Pools and connections. A Postgres pool, or for `SQLite` one writer and several readers, since `SQLite`
//! has one writer anyway and waiting in our queue beats waiting in its busy loop.

use std::str::FromStr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use sqlx::pool::{PoolConnection, PoolOptions};
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous};
use sqlx::{PgPool, Postgres, Sqlite, SqlitePool};

use crate::clock::Clock;
use crate::db::Change;
use crate::error::{Error, Result};

/// How long a request waits for a connection before it is answered 503.
const ACQUIRE_TIMEOUT: Duration = Duration::from_millis(900);

/// Connections kept apart for reading the feed of changes and for health.
const RESERVED: u32 = 2;

/// The database of this installation. Clones share the pools.
#[derive(Clone)]
pub struct Database {
    pub(super) pools: Pools,
    pub(super) clock: Clock,
    listener: Arc<OnceLock<Listener>>,
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
        let pools = if url.starts_with("sqlite:") {
            open_sqlite(url, connections, create)?
        } else if url.starts_with("postgres:") || url.starts_with("postgresql:") {
            open_postgres(url, connections)?
        } else {
            return Err(Error::Malformed("DATABASE_URL must begin with sqlite: or postgres:".into()));
        };
        Ok(Self { pools, clock, listener: Arc::default() })
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

fn open_postgres(url: &str, connections: u32) -> Result<Pools> {
    let options = PgConnectOptions::from_str(url).map_err(unreadable)?.options([
        ("statement_timeout", "4s"),
        ("lock_timeout", "3s"),
        ("idle_in_transaction_session_timeout", "5s"),
        ("timezone", "UTC"),
    ]);
    Ok(Pools::Postgres {
        pool: pool(connections).connect_lazy_with(options.clone()),
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
