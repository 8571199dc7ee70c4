//! The schema: run by `dev` at start and by `freehold migrate`; only compared by `serve`.

use sqlx::SqlitePool;
use sqlx::migrate::{Migrate, Migrator};

use crate::db::Database;
use crate::db::connect::Pools;
use crate::error::{Error, Result};

static POSTGRES: Migrator = sqlx::migrate!("./migrations/postgres");
static SQLITE: Migrator = sqlx::migrate!("./migrations/sqlite");

/// How the schema of a database compares with what this program knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SchemaState {
    /// Exactly what this program needs.
    Current,
    /// Migrations are missing: run `freehold migrate`.
    Behind,
    /// Migrated by a newer release, or by something else: this program must not touch it.
    Unknown,
}

impl Database {
    /// Brings the schema up to date. Safe to run from several places at once: they wait for each other.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the database cannot be reached; [`Error::Internal`] when a migration fails or the
    /// schema was made by something this program does not know.
    pub async fn migrate(&self) -> Result<()> {
        match &self.pools {
            Pools::Postgres { pool, .. } => POSTGRES.run(pool).await,
            Pools::Sqlite { writer, .. } => SQLITE.run(writer).await,
        }
        .map_err(explain)
    }

    /// The number of the newest migration this program knows.
    #[must_use]
    pub fn newest_migration(&self) -> i64 {
        let known = match &self.pools {
            Pools::Postgres { .. } => &POSTGRES,
            Pools::Sqlite { .. } => &SQLITE,
        };
        known.iter().map(|migration| migration.version).max().unwrap_or(0)
    }

    /// Compares the schema with what this program knows, changing nothing.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the database cannot be reached.
    pub async fn schema_state(&self) -> Result<SchemaState> {
        let (known, applied) = match &self.pools {
            Pools::Postgres { pool, .. } => (&POSTGRES, applied(&mut *pool.acquire().await?).await?),
            Pools::Sqlite { readers, .. } => match readers.acquire().await {
                Ok(mut connection) => (&SQLITE, applied(&mut *connection).await?),
                // No file is no outage: nobody but `migrate` will make it.
                Err(_) if is_missing(readers) => (&SQLITE, None),
                Err(error) => return Err(error.into()),
            },
        };
        let matches = |(version, checksum): &(i64, Vec<u8>)| {
            known.iter().any(|migration| migration.version == *version && *migration.checksum == **checksum)
        };
        Ok(match applied {
            Some(rows) if !rows.iter().all(matches) => SchemaState::Unknown,
            Some(rows) if rows.len() == known.iter().count() => SchemaState::Current,
            Some(_) | None => SchemaState::Behind,
        })
    }
}

fn is_missing(pool: &SqlitePool) -> bool {
    matches!(pool.connect_options().get_filename().try_exists(), Ok(false))
}

async fn applied<C: Migrate>(connection: &mut C) -> Result<Option<Vec<(i64, Vec<u8>)>>> {
    match connection.list_applied_migrations("_sqlx_migrations").await {
        Ok(rows) => Ok(Some(rows.into_iter().map(|row| (row.version, row.checksum.into_owned())).collect())),
        Err(
            sqlx::migrate::MigrateError::Execute(error)
            | sqlx::migrate::MigrateError::ExecuteMigration(error, _),
        ) if is_missing_table(&error) => Ok(None),
        Err(error) => Err(explain(error)),
    }
}

fn is_missing_table(error: &sqlx::Error) -> bool {
    error.as_database_error().is_some_and(|cause| {
        cause.code().as_deref() == Some("42P01") || cause.message().starts_with("no such table")
    })
}

fn explain(error: sqlx::migrate::MigrateError) -> Error {
    if let sqlx::migrate::MigrateError::Execute(cause) = error {
        return Error::from(cause);
    }
    Error::internal("the database's schema cannot be migrated", error)
}
