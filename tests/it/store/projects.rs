//! Projects over real databases: what people who race leave behind, and what the orders of the list cost.

use sqlx::{AssertSqlSafe, query_as};

use crate::store::world::{World, on_both};
use freehold::authz::{Grant, perm};
use freehold::db::{Connection, Executor};
use freehold::error::{Error, Result};
use freehold::ids::{TenantId, UserId};
use freehold::lists::Window;
use freehold::projects::*;

async fn acme(world: &World) -> (UserId, TenantId) {
    let ada = world.db_user("Ada").await;
    (ada, world.tenant(ada, "Acme").await.id)
}

async fn make(world: &World, grant: &Grant<perm::ProjectsCreate>, name: &str, most: i64) -> Result<Project> {
    let new = NewProject { name: name.to_owned(), description: None };
    create(&world.authz, grant, &new, most).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_who_take_a_name_at_once_one_has_it() {
    on_both(async |world: World| {
        let (ada, tenant) = acme(&world).await;
        let grant = world.grant::<perm::ProjectsCreate>(ada, tenant).await;
        for round in 0..20 {
            let names = (format!("Apollo {round}"), format!("APOLLO {round}"));
            let (one, other) =
                tokio::join!(make(&world, &grant, &names.0, 100), make(&world, &grant, &names.1, 100));
            assert!(one.is_ok() != other.is_ok(), "{one:?} {other:?}");
            let loser = if one.is_ok() { other } else { one };
            assert!(matches!(loser.unwrap_err(), Error::Taken(field) if field.pointer == "/name"));
        }
        let made = "select count(*) from audit_events where chain_id = $1 and action = 'project.created'";
        assert_eq!(world.db_count(tenant, made).await, 20);
        world.holds(tenant).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn those_who_race_for_the_last_place_leave_no_more_than_may_be() {
    on_both(async |world: World| {
        let (ada, tenant) = acme(&world).await;
        let grant = world.grant::<perm::ProjectsCreate>(ada, tenant).await;
        for most in 1..20 {
            let (one, other) = (format!("One {most}"), format!("Other {most}"));
            let (one, other) =
                tokio::join!(make(&world, &grant, &one, most), make(&world, &grant, &other, most));
            assert!(one.is_ok() != other.is_ok(), "{one:?} {other:?}");
            let loser = if one.is_ok() { other } else { one };
            assert!(matches!(loser.unwrap_err(), Error::Conflict(_)));
        }
        world.holds(tenant).await;
    })
    .await;
}

#[tokio::test]
async fn who_lost_the_right_meanwhile_writes_nothing() {
    on_both(async |world: World| {
        let (ada, tenant) = acme(&world).await;
        let bob = world.db_user("Bob").await;
        world.db_join(tenant, bob, &[("member", None)]).await;
        let may_create = world.grant::<perm::ProjectsCreate>(bob, tenant).await;
        let project = make(&world, &may_create, "Apollo", 9).await.unwrap();
        let may_update = world.grant::<perm::ProjectsUpdate>(bob, tenant).await;
        let may_delete = world.grant::<perm::ProjectsDelete>(bob, tenant).await;
        world.db_join(tenant, bob, &[("viewer", None)]).await;
        let archive = ProjectChange { archived: Some(true), ..ProjectChange::default() };
        let refused = [
            make(&world, &may_create, "Gemini", 9).await.map(drop),
            change(&world.authz, &may_update, project.id, &archive, None).await.map(drop),
            delete(&world.authz, &may_delete, project.id, None).await.map(drop),
        ];
        for refused in refused {
            assert!(matches!(refused.unwrap_err(), Error::Conflict(_)));
        }
        let reader = world.grant::<perm::ProjectsRead>(ada, tenant).await;
        let window = Window { limit: 9, ..Window::default() };
        let all = list(&world.database, &reader, &Filter::default(), &window).await.unwrap();
        assert_eq!(all.items, [project]);
    })
    .await;
}

#[tokio::test]
async fn every_order_of_the_list_is_read_from_an_index() {
    on_both(async |world: World| {
        let mut on = world.database.read().await.unwrap();
        // Postgres reads so few rows as they lie, and has the same indexes.
        let Connection::Sqlite(on) = on.connection() else { return };
        for column in ["sort_name", "created_at", "updated_at"] {
            for (beyond, way) in [(">", "asc"), ("<", "desc")] {
                let text = format!(
                    "explain query plan select name from projects where tenant_id = $1 \
                     and ($2 = '' or sort_name like $2) and ($3 is null or archived = $3) \
                     and ({column}, id) {beyond} ($4, $5) order by {column} {way}, id {way} limit 51"
                );
                let plan: Vec<(i64, i64, i64, String)> =
                    query_as(AssertSqlSafe(text)).fetch_all(&mut *on).await.unwrap();
                // One step, in the index of that column: nothing is sorted.
                let [(.., step)] = plan.as_slice() else { panic!("{plan:?}") };
                assert!(step.starts_with("SEARCH projects USING INDEX") && step.contains(column), "{step}");
            }
        }
    })
    .await;
}
