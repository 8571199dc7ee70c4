//! The database layer on both databases: one schema, one meaning of a broken constraint, writes that are whole or
//! not at all, and a chain of events that shows what was altered.

mod schema;

use std::collections::BTreeSet;

use freehold::audit::verify_chain;
use freehold::clock::Clock;
use freehold::db::{Actor, AuditEvent, Chain, Connection, Database, Executor, SchemaState, Target};
use freehold::error::Error;
use freehold::ids::{IdentityId, TenantId, UserId};
use sqlx::{AssertSqlSafe, query, query_as, query_scalar};

use crate::harness::browserless::{Store, each_database};
use crate::harness::services;

/// Runs one query of the tests' own, past the product.
macro_rules! raw {
    ($on:expr, execute, $query:expr) => {
        match Executor::connection($on) {
            Connection::Postgres(to) => $query.execute(to).await.map(|done| done.rows_affected()),
            Connection::Sqlite(to) => $query.execute(to).await.map(|done| done.rows_affected()),
        }
    };
    ($on:expr, $fetch:ident, $query:expr) => {
        match Executor::connection($on) {
            Connection::Postgres(to) => $query.$fetch(to).await,
            Connection::Sqlite(to) => $query.$fetch(to).await,
        }
    };
}

fn open(store: &Store) -> Database {
    store.open(Clock::default())
}

fn event() -> AuditEvent {
    AuditEvent::done(Actor::system("test"), "thing.made", Target::new("thing", 1, "a thing"))
}

async fn insert_user(on: &mut impl Executor, user: UserId) -> Result<u64, sqlx::Error> {
    let text = "insert into users (id, name, created_at, updated_at) values ($1, 'Ada', 1, 1)";
    raw!(on, execute, query(text).bind(user))
}

async fn insert_tenant(on: &mut impl Executor, tenant: TenantId, slug: &str) -> Result<u64, sqlx::Error> {
    let text = "insert into tenants (id, slug, name, created_at, updated_at) values ($1, $2, 'Acme', 1, 1)";
    raw!(on, execute, query(text).bind(tenant).bind(slug))
}

async fn count(database: &Database, text: &'static str) -> i64 {
    raw!(&mut database.read().await.unwrap(), fetch_one, query_scalar(text)).unwrap()
}

/// Every table's columns, by name, and whether each may be null.
async fn columns(store: &Store) -> BTreeSet<(String, String, bool)> {
    let database = open(store);
    let mut on = database.read().await.unwrap();
    let text = match database.name() {
        "SQLite" => {
            "select t.name, c.name, case when c.\"notnull\" = 0 and c.pk = 0 then 1 else 0 end \
             from sqlite_master t, pragma_table_info(t.name) c where t.type = 'table'"
        }
        _ => {
            "select table_name::text, column_name::text, (case is_nullable when 'YES' then 1 else 0 end)::bigint \
             from information_schema.columns where table_schema = 'public'"
        }
    };
    let rows: Vec<(String, String, i64)> = raw!(&mut on, fetch_all, query_as(text)).unwrap();
    rows.into_iter()
        .filter(|(table, ..)| !table.starts_with("sqlite_") && !table.starts_with("_sqlx"))
        .map(|(table, column, nullable)| (table, column, nullable == 1))
        .collect()
}

#[tokio::test]
async fn both_databases_have_the_same_tables_and_columns() {
    let (sqlite, postgres) = (Store::sqlite().await, Store::postgres_and_redis().await);
    let (sqlite, postgres) = (columns(&sqlite).await, columns(&postgres).await);
    assert!(sqlite.len() > 100, "{sqlite:?}");
    assert_eq!(sqlite.difference(&postgres).collect::<Vec<_>>(), Vec::<&_>::new(), "only in SQLite");
    assert_eq!(postgres.difference(&sqlite).collect::<Vec<_>>(), Vec::<&_>::new(), "only in Postgres");
}

/// Unique indexes as `table(columns)`, and the columns of foreign keys with what they point at.
async fn constraints(store: &Store) -> BTreeSet<String> {
    let database = open(store);
    let mut on = database.read().await.unwrap();
    let texts: &[&'static str] = match database.name() {
        "SQLite" => &[
            "select t.name || '(' || (select group_concat(i.name, ',') from (select name from pragma_index_info(x.name) \
             order by seqno) i) || ')' from sqlite_master t, pragma_index_list(t.name) x \
             where t.type = 'table' and x.\"unique\" = 1 and t.name not like '\\_%' escape '\\'",
            "select t.name || ' -> ' || f.\"table\" || ' ' || f.on_delete || ' ' || (select group_concat(g.\"from\", ',') \
             from (select \"from\" from pragma_foreign_key_list(t.name) k where k.id = f.id order by seq) g) \
             from sqlite_master t, pragma_foreign_key_list(t.name) f where t.type = 'table' and f.seq = 0",
        ],
        _ => &[
            "select t.relname || '(' || (select string_agg(a.attname, ',' order by k.place) from \
             unnest(x.indkey::int[]) with ordinality k(number, place) \
             join pg_attribute a on a.attrelid = t.oid and a.attnum = k.number) || ')' \
             from pg_index x join pg_class t on t.oid = x.indrelid join pg_namespace n on n.oid = t.relnamespace \
             where n.nspname = 'public' and x.indisunique and t.relname not like '\\_%'",
            "select t.relname || ' -> ' || f.relname || ' ' || \
             case c.confdeltype when 'c' then 'CASCADE' else 'NO ACTION' end || ' ' || \
             (select string_agg(a.attname, ',' order by k.place) from unnest(c.conkey) with ordinality k(number, place) \
             join pg_attribute a on a.attrelid = t.oid and a.attnum = k.number) \
             from pg_constraint c join pg_class t on t.oid = c.conrelid join pg_class f on f.oid = c.confrelid \
             where c.contype = 'f'",
        ],
    };
    let mut found = BTreeSet::new();
    for text in texts {
        let rows: Vec<String> = raw!(&mut on, fetch_all, query_scalar(*text)).unwrap();
        found.extend(rows);
    }
    found
}

#[tokio::test]
async fn both_databases_refuse_the_same_rows() {
    let (sqlite, postgres) = (Store::sqlite().await, Store::postgres_and_redis().await);
    let (sqlite, postgres) = (constraints(&sqlite).await, constraints(&postgres).await);
    // SQLite keeps an integer key without an index of its own.
    let own = |found: &&String| *found != "changes(sequence)";
    let only = |one: &BTreeSet<String>, other: &BTreeSet<String>| {
        one.difference(other).filter(own).cloned().collect::<Vec<String>>()
    };
    assert_eq!(only(&sqlite, &postgres), Vec::<String>::new(), "only in SQLite");
    assert_eq!(only(&postgres, &sqlite), Vec::<String>::new(), "only in Postgres");
    assert!(sqlite.len() > 40, "{sqlite:?}");
}

#[tokio::test]
async fn a_schema_is_current_behind_or_unknown() {
    let fresh = Store::empty_sqlite();
    let server = services::postgres().await;
    let empty = server.url(&server.create_database().await);
    let databases = [
        Database::open(&fresh.database_url, 2, true, Clock::default()).unwrap(),
        Database::open(&empty, 2, false, Clock::default()).unwrap(),
    ];
    for database in databases {
        // The writer makes the file; readers do not.
        drop(database.upkeep().await.unwrap());
        assert_eq!(database.schema_state().await.unwrap(), SchemaState::Behind, "{}", database.name());
        database.migrate().await.unwrap();
        assert_eq!(database.schema_state().await.unwrap(), SchemaState::Current);
        database.migrate().await.unwrap();
        for spoil in [
            "update _sqlx_migrations set version = version + 9000",
            "update _sqlx_migrations set version = version - 9000",
        ] {
            raw!(&mut database.upkeep().await.unwrap(), execute, query(spoil)).unwrap();
            let expected = if spoil.contains('+') { SchemaState::Unknown } else { SchemaState::Current };
            assert_eq!(database.schema_state().await.unwrap(), expected, "{spoil}");
        }
        let spoil = "update _sqlx_migrations set checksum = substr(checksum, 2)";
        raw!(&mut database.upkeep().await.unwrap(), execute, query(spoil)).unwrap();
        assert_eq!(database.schema_state().await.unwrap(), SchemaState::Unknown, "altered");
        assert!(database.migrate().await.is_err(), "what it does not know it does not touch");
    }
}

#[tokio::test]
async fn a_file_that_is_not_there_is_not_made_by_serving() {
    let store = Store::empty_sqlite();
    let database = Database::open(&store.database_url, 2, false, Clock::default()).unwrap();
    assert_eq!(
        database.schema_state().await.unwrap(),
        SchemaState::Behind,
        "it waits for nobody but `migrate`"
    );
    assert!(matches!(database.upkeep().await.err(), Some(Error::Unavailable(..))));
}

#[tokio::test]
async fn a_broken_constraint_is_a_conflict_on_both() {
    each_database(async |store| {
        let database = open(&store);
        let mut on = database.upkeep().await.unwrap();
        let (tenant, user) = (TenantId::new(), UserId::new());
        insert_tenant(&mut on, tenant, "acme").await.unwrap();
        insert_user(&mut on, user).await.unwrap();
        let taken = insert_tenant(&mut on, TenantId::new(), "acme").await.unwrap_err();
        assert!(matches!(Error::from(taken), Error::Conflict(_)));

        let identity = "insert into identities (id, user_id, provider, issuer, subject, created_at, last_used_at) \
                        values ($1, $2, 'google', 'i', 's', 1, 1)";
        raw!(&mut on, execute, query(identity).bind(IdentityId::new()).bind(user)).unwrap();
        let twice = raw!(&mut on, execute, query(identity).bind(IdentityId::new()).bind(user)).unwrap_err();
        assert!(matches!(Error::from(twice), Error::Conflict(_)));

        let member = "insert into members (tenant_id, user_id, joined_at) values ($1, $2, 1)";
        raw!(&mut on, execute, query(member).bind(tenant).bind(user)).unwrap();
        let twice = raw!(&mut on, execute, query(member).bind(tenant).bind(user)).unwrap_err();
        assert!(matches!(Error::from(twice), Error::Conflict(_)));

        let role = "insert into roles (id, tenant_id, key, name, created_at, updated_at) \
                    values ($1, $2, 'editor', 'Editor', 1, 1)";
        let id = freehold::ids::RoleId::new();
        raw!(&mut on, execute, query(role).bind(id).bind(tenant)).unwrap();
        let other = freehold::ids::RoleId::new();
        let twice = raw!(&mut on, execute, query(role).bind(other).bind(tenant)).unwrap_err();
        assert!(matches!(Error::from(twice), Error::Conflict(_)));

        // What is not a person's doing is a defect, and says nothing to clients.
        let orphan = raw!(&mut on, execute, query(member).bind(TenantId::new()).bind(user)).unwrap_err();
        assert!(matches!(Error::from(orphan), Error::Internal(..)));
        let wrong = "update tenants set status = 'x' where id = $1";
        let wrong = raw!(&mut on, execute, query(wrong).bind(tenant)).unwrap_err();
        assert!(matches!(Error::from(wrong), Error::Internal(..)));
    })
    .await;
}

#[tokio::test]
async fn a_role_of_one_tenant_cannot_be_held_in_another() {
    each_database(async |store| {
        let database = open(&store);
        let mut on = database.upkeep().await.unwrap();
        let (acme, globex, user) = (TenantId::new(), TenantId::new(), UserId::new());
        insert_user(&mut on, user).await.unwrap();
        for (tenant, slug) in [(acme, "acme"), (globex, "globex")] {
            insert_tenant(&mut on, tenant, slug).await.unwrap();
            let member = "insert into members (tenant_id, user_id, joined_at) values ($1, $2, 1)";
            raw!(&mut on, execute, query(member).bind(tenant).bind(user)).unwrap();
        }
        let role = freehold::ids::RoleId::new();
        let text = "insert into roles (id, tenant_id, key, name, created_at, updated_at) \
                    values ($1, $2, 'editor', 'Editor', 1, 1)";
        raw!(&mut on, execute, query(text).bind(role).bind(acme)).unwrap();
        let assign =
            "insert into role_assignments (tenant_id, user_id, role_id, assigned_at) values ($1, $2, $3, 1)";
        assert!(raw!(&mut on, execute, query(assign).bind(globex).bind(user).bind(role)).is_err());
        assert!(raw!(&mut on, execute, query(assign).bind(acme).bind(user).bind(role)).is_ok());
    })
    .await;
}

#[tokio::test]
async fn a_write_that_is_dropped_leaves_nothing() {
    each_database(async |store| {
        let database = open(&store);
        let user = UserId::new();
        let mut tx = database.write(Chain::User(user)).await.unwrap();
        insert_user(&mut tx, user).await.unwrap();
        drop(tx);
        for table in ["users", "audit_events", "audit_chains", "changes"] {
            let text = AssertSqlSafe(format!("select count(*) from {table}"));
            let rows: i64 = raw!(&mut database.read().await.unwrap(), fetch_one, query_scalar(text)).unwrap();
            assert_eq!(rows, 0, "{table}");
        }
        let mut tx = database.write(Chain::User(user)).await.unwrap();
        insert_user(&mut tx, user).await.unwrap();
        tx.commit(event()).await.unwrap();
        assert_eq!(count(&database, "select count(*) from users").await, 1);
        assert_eq!(count(&database, "select max(sequence) from audit_events").await, 1, "without a gap");
    })
    .await;
}

#[tokio::test]
async fn a_commit_raises_the_policy_version_once_and_only_when_access_changes() {
    each_database(async |store| {
        let database = open(&store);
        let tenant = TenantId::new();
        insert_tenant(&mut database.upkeep().await.unwrap(), tenant, "acme").await.unwrap();
        let version = async || count(&database, "select policy_version from tenants").await;
        let before = version().await;
        let committed = database.write(Chain::Tenant(tenant)).await.unwrap().commit(event()).await.unwrap();
        assert_eq!((committed.policy_version, version().await), (None, before));
        let tx = database.write(Chain::Tenant(tenant)).await.unwrap();
        let committed = tx.commit(event().affecting_access()).await.unwrap();
        assert_eq!((committed.policy_version, version().await), (Some(before + 1), before + 1));
        assert_eq!(count(&database, "select count(*) from changes where kind = 'tenant'").await, 1);
        assert_eq!(count(&database, "select version from changes").await, before + 1);
    })
    .await;
}

#[tokio::test]
async fn writes_of_one_chain_follow_one_another() {
    each_database(async |store| {
        let database = open(&store);
        let tenant = TenantId::new();
        insert_tenant(&mut database.upkeep().await.unwrap(), tenant, "acme").await.unwrap();
        let write = async || {
            let tx = database.write(Chain::Tenant(tenant)).await?;
            tx.commit(event().affecting_access()).await
        };
        let done = futures_util::future::join_all((0..20).map(|_| write())).await;
        let fine = done.iter().all(|done| matches!(done, Ok(_) | Err(Error::Unavailable(..))));
        assert!(fine, "they wait, or are told to come back: {done:?}");
        let done = done.into_iter().flatten().count();
        let verdict = verify_chain(&mut database.read().await.unwrap(), Chain::Tenant(tenant)).await.unwrap();
        assert_eq!((verdict.broken_at, usize::try_from(verdict.events)), (None, Ok(done)));
        assert_eq!(count(&database, "select policy_version from tenants").await, 1 + verdict.events);
        assert!(done > 0);
    })
    .await;
}

#[tokio::test]
async fn every_altered_byte_of_the_log_shows() {
    each_database(async |store| {
        let database = open(&store);
        let chain = Chain::Tenant(TenantId::new());
        let verdict = async || verify_chain(&mut database.read().await.unwrap(), chain).await.unwrap();
        for _ in 0..5 {
            database.write(chain).await.unwrap().commit(event()).await.unwrap();
        }
        let whole = verdict().await;
        assert_eq!((whole.events, whole.intact_up_to, whole.broken_at), (5, 5, None));
        for (alter, restore) in [
            ("action = 'thing.mads'", "action = 'thing.made'"),
            ("actor_name = 'tesu'", "actor_name = 'test'"),
            ("actor_type = 'user'", "actor_type = 'system'"),
            ("outcome = 'denied'", "outcome = 'done'"),
            ("at = at + 1", "at = at - 1"),
            ("changes = '{ }'", "changes = '{}'"),
            ("target_id = '2'", "target_id = '1'"),
            ("ip = '1', request_id = ''", "ip = ''"),
            ("ip = '', request_id = '1'", "request_id = ''"),
            ("sequence = 30", "sequence = 3"),
        ] {
            let change = async |what: &str, sequence: i64| {
                let text =
                    AssertSqlSafe(format!("update audit_events set {what} where sequence = {sequence}"));
                let mut on = database.upkeep().await.unwrap();
                assert_eq!(raw!(&mut on, execute, query(text)).unwrap(), 1, "{what}");
            };
            change(alter, 3).await;
            let altered = verdict().await;
            assert_eq!((altered.intact_up_to, altered.broken_at), (2, Some(3)), "{alter}");
            change(restore, if alter.starts_with("sequence") { 30 } else { 3 }).await;
            assert_eq!(verdict().await, whole, "{restore}");
        }
        let mut on = database.upkeep().await.unwrap();
        raw!(&mut on, execute, query("delete from audit_events where sequence = 5")).unwrap();
        drop(on);
        assert!(verdict().await.broken_at.is_some(), "cut off at its end");
    })
    .await;
}
