//! `freehold migrate` makes the schema; `freehold serve` only looks at it.

use freehold::clock::Clock;
use sqlx::query;

use super::{Connection, Executor};
use crate::harness::browserless::{SECRET, Store};
use crate::harness::process::{Finished, Program};
use crate::harness::services;

/// Runs the program on a database; it must end by itself.
fn run(command: &str, database_url: &str) -> Finished {
    Program::new(&[command])
        .env("DATABASE_URL", database_url)
        .env("FREEHOLD_LISTEN", "127.0.0.1:0")
        .env("FREEHOLD_OPS_LISTEN", "127.0.0.1:0")
        .env("FREEHOLD_PUBLIC_URL", "https://id.example.com")
        .env("FREEHOLD_SECRET", SECRET)
        .env("FREEHOLD_GITHUB_CLIENT_ID", "freehold")
        .env("FREEHOLD_GITHUB_CLIENT_SECRET", "a secret")
        .run()
}

#[tokio::test]
async fn serving_refuses_a_schema_it_does_not_know() {
    let store = Store::empty_sqlite();
    let server = services::postgres().await;
    for url in [store.database_url.clone(), server.url(&server.create_database().await)] {
        if url.starts_with("postgres") {
            let behind = run("serve", &url);
            assert!(!behind.status.success(), "{behind:?}");
            assert!(behind.stderr.contains("freehold migrate"), "it says what to do: {behind:?}");
        }
        let migrated = run("migrate", &url);
        assert!(migrated.status.success(), "{migrated:?}");
        assert!(run("migrate", &url).status.success(), "again changes nothing");

        let database = freehold::db::Database::open(&url, 2, false, Clock::default()).unwrap();
        let newer = "update _sqlx_migrations set version = version + 9000";
        let mut on = database.upkeep().await.unwrap();
        match on.connection() {
            Connection::Postgres(to) => query(newer).execute(to).await.map(|_| ()).unwrap(),
            Connection::Sqlite(to) => query(newer).execute(to).await.map(|_| ()).unwrap(),
        }
        drop(on);
        database.close().await;
        let unknown = run("serve", &url);
        assert!(!unknown.status.success(), "{unknown:?}");
        assert!(unknown.stderr.contains("another release"), "{unknown:?}");
        assert!(!unknown.stderr.contains(SECRET), "{unknown:?}");
        assert!(!run("migrate", &url).status.success(), "what it does not know it does not touch");
    }
}
