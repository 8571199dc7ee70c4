//! The yardsticks: bare axum that does only what cannot be left out. `axum::serve`, no layers, no checks.

use axum::Router;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::get;
use fred::prelude::{ClientLike as _, KeysInterface as _};
use sqlx::{PgPool, Row as _};

use crate::seed::Failure;

#[derive(Clone)]
struct Shared {
    me: &'static str,
    list: &'static str,
    redis: fred::clients::Pool,
    database: PgPool,
    tenant: sqlx::types::Uuid,
}

/// Serves the yardsticks on `port`: the bytes of the two answers, Redis and the database are in `rest`.
#[allow(clippy::disallowed_methods, reason = "a yardstick has no access to declare")]
pub(crate) async fn serve(port: u16, rest: &[String]) -> Result<(), Failure> {
    let [me, list, redis, database] = rest else { return Err("yardstick me list redis database".into()) };
    let config = fred::types::config::Config::from_url(redis)?;
    let redis = fred::types::Builder::from_config(config).build_pool(4)?;
    redis.init().await?;
    // As large as the record of a session.
    redis.set::<(), _, _>("yardstick", "x".repeat(350), None, None, false).await?;
    let database = sqlx::postgres::PgPoolOptions::new()
        .max_connections(16)
        .test_before_acquire(false)
        .connect(database)
        .await?;
    let (tenant,) =
        sqlx::query_as("select id from tenants where slug = 'bench'").fetch_one(&database).await?;
    let shared = Shared { me: me.clone().leak(), list: list.clone().leak(), redis, database, tenant };
    let router = Router::new()
        .route("/bytes", get(async |State(shared): State<Shared>| json(shared.me)))
        .route(
            "/redis",
            get(async |State(shared): State<Shared>| {
                let value: Option<String> = shared.redis.get("yardstick").await.unwrap_or_default();
                json(if value.is_some() { shared.me } else { "" })
            }),
        )
        .route(
            "/sql",
            get(async |State(shared): State<Shared>| {
                json(if members(&shared).await > 0 { shared.list } else { "" })
            }),
        )
        .with_state(shared);
    axum::serve(tokio::net::TcpListener::bind(("127.0.0.1", port)).await?, router).await?;
    Ok(())
}

fn json(text: &'static str) -> impl IntoResponse {
    ([(CONTENT_TYPE, "application/json")], text)
}

/// The very statement of the list, bound as its first page is, with its columns read.
async fn members(shared: &Shared) -> usize {
    let page = sqlx::query(include_str!("../src/members/page.sql"))
        .bind(shared.tenant)
        .bind(1_i64)
        .bind("")
        .bind("")
        .bind("name")
        .bind("start")
        .bind("")
        .bind(0_i64)
        .bind(sqlx::types::Uuid::nil())
        .bind(51_i64);
    let rows = page.fetch_all(&shared.database).await.unwrap_or_default();
    rows.iter().filter(|row| row.try_get::<String, _>("name").is_ok()).count()
}
