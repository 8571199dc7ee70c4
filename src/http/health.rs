//! Health, bare on the public port and in detail on the ops port, and metrics on the ops port only.

use std::sync::atomic::Ordering;

use axum::Router;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};
use serde_json::json;

use crate::db::SchemaState;
use crate::error::Result;
use crate::http::access::{Public, reason};
use crate::http::openapi::{Operation, Output};
use crate::http::routes::{Area, Routes};
use crate::http::state::AppState;
use crate::mail::Backlog;

pub(super) fn routes() -> Routes {
    Routes::new(Area::Service).get("/healthz", "Whether the process is alive", alive).get(
        "/readyz",
        "Whether the node should be sent requests",
        ready,
    )
}

async fn alive(_: Public<reason::Health>) -> &'static str {
    "ok\n"
}

/// Whether the node should be sent requests, in words and by its status.
struct Word(bool);

impl IntoResponse for Word {
    fn into_response(self) -> Response {
        if self.0 {
            "ready\n".into_response()
        } else {
            (StatusCode::SERVICE_UNAVAILABLE, "not ready\n").into_response()
        }
    }
}

impl Output for Word {
    fn describe(operation: &mut Operation) {
        operation.file_answer(200, &["text/plain"]);
        operation.file_answer(503, &["text/plain"]);
    }
}

async fn ready(_: Public<reason::Health>, State(app): State<AppState>) -> Word {
    Word(Readiness::of(&app).await.is_ready())
}

/// What a node needs to be sent requests.
struct Readiness {
    draining: bool,
    policy_age_ms: Option<u128>,
    current: bool,
    schema: &'static str,
    sessions: bool,
}

impl Readiness {
    async fn of(app: &AppState) -> Self {
        let freshness = app.authz.freshness();
        let schema =
            tokio::time::timeout(std::time::Duration::from_secs(1), app.database.schema_state()).await;
        Self {
            draining: app.draining.load(Ordering::Acquire),
            policy_age_ms: freshness.age().map(|age| age.as_millis()),
            current: freshness.check().is_ok(),
            schema: match schema {
                Ok(Ok(SchemaState::Current)) => "current",
                Ok(Ok(SchemaState::Behind)) => "behind: run `freehold migrate`",
                Ok(Ok(SchemaState::Unknown)) => "unknown: made by another release",
                Ok(Err(_)) | Err(_) => "unreachable",
            },
            sessions: app.sessions.check_store().is_ok(),
        }
    }

    /// Sessions are not part of it: without Redis the bearer API goes on.
    fn is_ready(&self) -> bool {
        !self.draining && self.current && self.schema == "current"
    }
}

/// How the installation is, as its operators see it; no secret, no address, nothing of a tenant.
#[derive(Debug, Clone, serde::Serialize, schemars::JsonSchema)]
pub(super) struct Health {
    /// Whether this node should be sent requests.
    pub(super) ready: bool,
    /// Whether this node is shutting down.
    pub(super) draining: bool,
    /// The release this node runs.
    pub(super) version: &'static str,
    /// `SQLite` or `PostgreSQL`.
    pub(super) database: &'static str,
    /// `current`, or what is wrong with the schema.
    pub(super) schema: &'static str,
    /// The newest migration this release knows.
    pub(super) newest_migration: i64,
    /// How long ago this node last confirmed that it knows every change of policy, in milliseconds.
    pub(super) policy_age_ms: Option<u64>,
    /// Where sessions are: `Redis`, or `database`.
    pub(super) session_store: &'static str,
    /// Whether the session store answers.
    pub(super) session_store_answers: bool,
    /// Mail that waits to be sent.
    pub(super) outbox: Backlog,
}

/// How the installation is, as this node sees it.
pub(super) async fn health(app: &AppState) -> Result<Health> {
    let state = Readiness::of(app).await;
    let mut on = app.database.read().await?;
    Ok(Health {
        ready: state.is_ready(),
        draining: state.draining,
        version: env!("CARGO_PKG_VERSION"),
        database: app.database.name(),
        schema: state.schema,
        newest_migration: app.database.newest_migration(),
        policy_age_ms: state.policy_age_ms.and_then(|age| u64::try_from(age).ok()),
        session_store: if app.config.redis_url.is_some() { "Redis" } else { "database" },
        session_store_answers: state.sessions,
        outbox: app.outbox.backlog(&mut on, app.database.clock().now()).await?,
    })
}

/// The ops port. Not reachable by clients, so it needs no access declarations; it knows no tenant's data.
pub(super) fn ops_router(app: &AppState, metrics: metrics_exporter_prometheus::PrometheusHandle) -> Router {
    let app = app.clone();
    Router::new().fallback(move |request: Request| {
        let (app, metrics) = (app.clone(), metrics.clone());
        async move {
            match request.uri().path() {
                "/metrics" => {
                    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], metrics.render()).into_response()
                }
                "/" | "/health" => {
                    let state = Readiness::of(&app).await;
                    let detail = json!({
                        "ready": state.is_ready(),
                        "draining": state.draining,
                        "policy_age_ms": state.policy_age_ms,
                        "database": app.database.name(),
                        "schema": state.schema,
                        "session_store": state.sessions,
                        "version": env!("CARGO_PKG_VERSION"),
                    });
                    ([(header::CONTENT_TYPE, "application/json")], format!("{detail:#}\n")).into_response()
                }
                _ => (StatusCode::NOT_FOUND, "GET /metrics or /health\n").into_response(),
            }
        }
    })
}
