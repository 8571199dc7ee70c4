//! The yardsticks: bare axum that does only what cannot be left out. `axum::serve`, no layers, no checks.

use axum::Router;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::get;
use fred::prelude::{ClientLike as _, KeysInterface as _};
use sqlx::PgPool;

use crate::seed::Failure;

#[derive(Clone)]
struct Shared {
    me: &'static str,
    me_by_token: &'static str,
    redis: fred::clients::Pool,
    database: PgPool,
    tenant: sqlx::types::Uuid,
}

/// Serves the yardsticks on `port`: the bytes of the two answers, Redis and the database are in `rest`.
#[allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a yardstick has no access to declare"
)]
pub(crate) async fn serve(port: u16, rest: &[String]) -> Result<(), Failure> {
    let [me, me_by_token, redis, database] = rest else {
        return Err("yardstick me me_by_token redis database".into());
    };
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
    let shared =
        Shared { me: me.clone().leak(), me_by_token: me_by_token.clone().leak(), redis, database, tenant };
    let router = Router::new()
        .route("/bytes", get(async |State(shared): State<Shared>| json(shared.me)))
        .route("/bytes-by-token", get(async |State(shared): State<Shared>| json(shared.me_by_token)))
        .route(
            "/redis",
            get(async |State(shared): State<Shared>| {
                let value: Option<String> = shared.redis.get("yardstick").await.unwrap_or_default();
                json(if value.is_some() { shared.me } else { "" })
            }),
        )
        .route(
            "/sql",
            get(async |State(shared): State<Shared>| axum::Json(members(&shared).await.unwrap_or_default())),
        )
        .with_state(shared);
    axum::serve(tokio::net::TcpListener::bind(("127.0.0.1", port)).await?, router).await?;
    Ok(())
}

fn json(text: &'static str) -> impl IntoResponse {
    ([(CONTENT_TYPE, "application/json")], text)
}

/// A row of the list.
#[derive(sqlx::FromRow, serde::Serialize)]
struct Row {
    sort_key: String,
    id: sqlx::types::Uuid,
    name: String,
    email: Option<String>,
    avatar_url: Option<String>,
    joined_at: i64,
    last_seen_at: Option<i64>,
    revision: i64,
    role_id: Option<sqlx::types::Uuid>,
    role_key: Option<String>,
    role_name: Option<String>,
    expires_at: Option<i64>,
}

/// The very statement of the list, bound as its first page is, read into rows and told as JSON: what no handler
/// that answers from the database can leave out.
async fn members(shared: &Shared) -> Result<Vec<Row>, sqlx::Error> {
    let text = include_str!("../src/members/page.sql")
        .replace("FROM", "members m")
        .replace("HOLDING", "$4 = ''")
        .replace("COLUMN", "sort_name")
        .replace("SORTED", "sort_key")
        .replace("BEYOND", ">")
        .replace("WAY", "asc");
    sqlx::query_as(sqlx::AssertSqlSafe(text))
        .bind(shared.tenant)
        .bind(1_i64)
        .bind("")
        .bind("")
        .bind("")
        .bind(sqlx::types::Uuid::nil())
        .bind(51_i64)
        .fetch_all(&shared.database)
        .await
}
