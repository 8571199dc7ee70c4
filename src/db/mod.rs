//! One SQL text, two databases. Stores call `sql!` on a [`Reader`] or a [`WriteTx`]; nothing above the
//! stores may see a pool. What a write must not do: commit without saying what it did ([`WriteTx::commit`]).

mod actor;
mod chain;
mod changes;
mod connect;
mod constraint;
mod encode;
mod event;
mod migrate;
mod once;
mod seal;
mod tx;

pub use actor::{Actor, ActorKind, Via};
pub use chain::{Chain, ChainedEvent};
pub use changes::{
    CHANGES_PAGE, Change, ChangeKind, ChangeRow, changes_after, expired_rows, last_change, prune_changes,
};
pub use connect::{Connection, Database, Executor, Reader};
pub use event::{Action, AuditEvent, EffectOn, Outcome, Target, Undone};
pub use migrate::SchemaState;
pub use once::{Known, Once, OnceKey};
pub use seal::Sealer;
pub use tx::{Committed, WriteTx};

/// Runs one `sqlx` query on whichever database is behind `$on`, giving `Result<_, crate::error::Error>`.
///
/// `sql!(reader, fetch_all, query_as::<_, Row>("select …").bind(id))`; the method `execute` gives the number of
/// rows written. The query is written once and checked against both drivers by the compiler.
macro_rules! sql {
    ($on:expr, execute, $query:expr) => {
        match $crate::db::Executor::connection($on) {
            $crate::db::Connection::Postgres(connection) => {
                $query.execute(connection).await.map(|done| done.rows_affected())
            }
            $crate::db::Connection::Sqlite(connection) => {
                $query.execute(connection).await.map(|done| done.rows_affected())
            }
        }
        .map_err($crate::error::Error::from)
    };
    ($on:expr, $fetch:ident, $query:expr) => {
        match $crate::db::Executor::connection($on) {
            $crate::db::Connection::Postgres(connection) => $query.$fetch(connection).await,
            $crate::db::Connection::Sqlite(connection) => $query.$fetch(connection).await,
        }
        .map_err($crate::error::Error::from)
    };
}
pub(crate) use sql;
