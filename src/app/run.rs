//! Running: listeners, signals, draining. The commands `serve`, `dev` and `migrate`.

use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use crate::app::{App, build, open_database};
use crate::clock::Clock;
use crate::config::Config;
use crate::db::{Database, SchemaState};
use crate::error::{Error, Result};
use crate::http::{self, Limits};
use crate::telemetry;

/// After draining began, requests under way have this long.
const DRAIN: Duration = Duration::from_secs(10);
/// For the head of a request to arrive.
const HEADER_TIMEOUT: Duration = Duration::from_secs(10);

/// Serves until SIGTERM or SIGINT, in production.
///
/// # Errors
/// When a port is taken, policies cannot be used, or the schema is not the one this program knows.
pub async fn serve(config: Config) -> Result<()> {
    let database = open_database(&config, false, Clock::default())?;
    check_schema(&database).await?;
    let app = build(config, database, None).await?;
    run(app, |_| {}).await
}

/// Refuses a schema this program does not know. A database that is away is waited for, by `/readyz`.
async fn check_schema(database: &Database) -> Result<()> {
    match database.schema_state().await {
        Ok(SchemaState::Current) => Ok(()),
        Ok(SchemaState::Behind) => Err(Error::Conflict(
            "The database's schema is older than this program. Run `freehold migrate` first.".into(),
        )),
        Ok(SchemaState::Unknown) => Err(Error::Conflict(
            "The database's schema was made by another release or another program. Freehold does not touch it: run the \
             release that made it, or name another database."
                .into(),
        )),
        Err(error) => {
            tracing::warn!(cause = ?error, "the database is away; trying again until it is there");
            Ok(())
        }
    }
}

/// Brings the database's schema up to date, making the `SQLite` file if need be.
///
/// # Errors
/// When the database cannot be reached or was made by something this program does not know.
pub async fn migrate(config: &Config) -> Result<()> {
    let database = open_database(config, true, Clock::default())?;
    database.migrate().await?;
    database.close().await;
    Ok(())
}

/// Listens on both ports and serves until a signal; `started` is called when the ports are open.
pub(super) async fn run(app: App, started: impl FnOnce(&App)) -> Result<()> {
    let config = &app.state.config;
    let public = listen("FREEHOLD_LISTEN", config.listen).await?;
    let ops = listen("FREEHOLD_OPS_LISTEN", config.ops_listen).await?;
    tracing::info!(listen = %config.listen, ops = %config.ops_listen, public_url = %config.origin(), "Freehold is up");
    let limits =
        Limits { connections: config.limits.max_connections, header_timeout: HEADER_TIMEOUT, drain: DRAIN };
    let (stop, stopped) = watch::channel(false);
    let router = http::router(&app.state);
    let ops_router = http::ops_router(&app.state, telemetry::metrics()?);
    let public = http::serve(public, router, limits, until(stopped.clone()));
    let ops = http::serve(ops, ops_router, Limits { connections: 64, ..limits }, until(stopped));
    started(&app);
    let signals = async {
        let asked = wait_for_signal().await;
        app.state.draining.store(true, Ordering::Release);
        tracing::info!("draining");
        if asked.is_ok() {
            tokio::time::sleep(app.state.config.drain_delay).await;
        }
        stop.send_replace(true);
        asked
    };
    let ((), (), asked) = tokio::join!(public, ops, signals);
    app.stop().await;
    tracing::info!("stopped");
    asked
}

async fn until(mut stopped: watch::Receiver<bool>) {
    // The sender lives as long as the server; were it gone, stopping would be right.
    if stopped.wait_for(|stop| *stop).await.is_err() {
        tracing::debug!("nobody can stop this listener any more");
    }
}

async fn listen(setting: &str, address: std::net::SocketAddr) -> Result<TcpListener> {
    TcpListener::bind(address).await.map_err(|error| {
        Error::Conflict(
            format!("{setting}: cannot listen on {address}: {error}. Stop what uses it, or set {setting}.")
                .into(),
        )
    })
}

async fn wait_for_signal() -> Result<()> {
    let hear = |kind| signal(kind).map_err(|error| Error::internal("signals cannot be heard", error));
    let (mut terminate, mut interrupt) = (hear(SignalKind::terminate())?, hear(SignalKind::interrupt())?);
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}

/// Development is not part of this build.
///
/// # Errors
/// Always.
#[cfg(not(feature = "dev"))]
#[allow(clippy::unused_async, reason = "the same shape as with the feature")]
pub async fn dev(_: Config) -> Result<()> {
    Err(Error::Conflict("This build has no development mode. Build it with the cargo feature `dev`.".into()))
}

/// Development: everything on this machine, nothing else needed.
///
/// # Errors
/// When a port is taken or the data folder cannot be written.
#[cfg(feature = "dev")]
pub async fn dev(config: Config) -> Result<()> {
    crate::app::dev::run(config).await
}
