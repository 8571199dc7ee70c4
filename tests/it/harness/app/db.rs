//! What stands in the database, read past the application: numbers, and whole dumps to compare.

use freehold::db::{Connection, Database, Executor};
use sqlx::{AssertSqlSafe, query, query_scalar};

macro_rules! on_either {
    ($on:expr, $fetch:ident, $query:expr) => {
        match Executor::connection($on) {
            Connection::Postgres(connection) => $query.$fetch(connection).await.unwrap(),
            Connection::Sqlite(connection) => $query.$fetch(connection).await.unwrap(),
        }
    };
}

/// One number.
pub(super) async fn number(database: &Database, sql: &str) -> i64 {
    let mut on = database.read().await.unwrap();
    on_either!(&mut on, fetch_one, query_scalar(AssertSqlSafe(sql)))
}

/// Runs a statement; how many rows it wrote.
pub(super) async fn execute(database: &Database, sql: &str) -> u64 {
    let mut on = database.upkeep().await.unwrap();
    match Executor::connection(&mut on) {
        Connection::Postgres(to) => query(AssertSqlSafe(sql)).execute(to).await.unwrap().rows_affected(),
        Connection::Sqlite(to) => query(AssertSqlSafe(sql)).execute(to).await.unwrap().rows_affected(),
    }
}

/// What every decision adds to now and then, by itself.
const RECORD: [&str; 2] = ["decision_counts", "role_uses"];

/// Every row of every table but `except` and [`RECORD`], as text, without when people and tokens were
/// last seen, which is written now and then.
pub(crate) async fn dump(database: &Database, except: &[&str]) -> Vec<(String, String)> {
    let mut on = database.read().await.unwrap();
    let postgres = matches!(on.connection(), Connection::Postgres(_));
    let tables = if postgres {
        "select tablename::text from pg_tables where schemaname = 'public' order by 1"
    } else {
        "select name from sqlite_master where type = 'table' and name not like 'sqlite_%' order by 1"
    };
    let tables: Vec<String> = on_either!(&mut on, fetch_all, query_scalar(tables));
    let mut dump = Vec::new();
    let wanted = |table: &String| !except.contains(&table.as_str()) && !RECORD.contains(&table.as_str());
    for table in tables.into_iter().filter(wanted) {
        let rows = if postgres {
            format!(
                "select coalesce(string_agg(r, chr(10) order by r), '') from \
                 (select (to_jsonb(t) - 'last_seen_at' - 'last_used_at' - 'last_used_from')::text as r from {table} t) s"
            )
        } else {
            let columns = format!(
                "select name from pragma_table_info('{table}') \
                 where name not in ('last_seen_at', 'last_used_at', 'last_used_from')"
            );
            let columns: Vec<String> = on_either!(&mut on, fetch_all, query_scalar(AssertSqlSafe(columns)));
            let row: Vec<String> = columns.iter().map(|name| format!("quote(\"{name}\")")).collect();
            let row = row.join(" || ',' || ");
            format!(
                "select coalesce(group_concat(x, char(10)), '') from (select {row} as x from {table} order by 1)"
            )
        };
        let text: String = on_either!(&mut on, fetch_one, query_scalar(AssertSqlSafe(rows)));
        dump.push((table, text));
    }
    dump
}
