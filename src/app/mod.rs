//! The composition root: from settings to a running application, and to its end. Called by `main.rs` and the tests;
//! holds no rule of the product.

mod audit;
mod commands;
#[cfg(feature = "dev")]
mod dev;
mod keys;
mod policies;
mod run;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use secrecy::ExposeSecret as _;
use tokio::task::AbortHandle;

use crate::authz::{Authz, Capacity, freshness};
use crate::clock::Clock;
use crate::config::{Config, ProviderConfig};
use crate::db::{Database, Sealer};
use crate::decisions::{self, Record};
use crate::domains::Dns;
use crate::error::{Error, Result};
use crate::http;
use crate::http::cors::Origins;
use crate::http::rate::Rate;
use crate::http::state::{AppState, Parts};
use crate::login::{GithubSettings, GoogleSettings, Providers, SessionStore, Sessions};
use crate::mail::{self, MailBox, Outbox, Transport};
use crate::members::LastSeen;
use crate::oauth::Issuer;
use crate::tokens::TokenUses;
use crate::tokens::warn::Warnings;

pub use audit::verify_audit;
pub use commands::{access_tables, add_operator, list_operators, openapi, remove_operator};
pub use keys::{list_keys, rotate_keys};
pub use run::{dev, migrate, serve};

/// A running application without its listeners. Its background work ends when it is dropped.
#[derive(Debug)]
pub struct App {
    /// What handlers reach.
    pub state: AppState,
    work: Vec<AbortHandle>,
}

impl App {
    /// Ends the background work, writes what it would have written, and closes the database: in this order, or the
    /// work would meet closed connections.
    async fn stop(self) {
        let state = self.state.clone();
        drop(self);
        if let Err(error) = state.decisions.write(&state.database, state.authz.catalogue()).await {
            tracing::warn!(cause = ?error, "the last decisions were not recorded");
        }
        state.database.close().await;
    }
}

impl Drop for App {
    fn drop(&mut self) {
        for work in &self.work {
            work.abort();
        }
    }
}

/// Opens the database that the settings name. `create` makes a missing `SQLite` file.
///
/// # Errors
/// [`Error::Malformed`] when the URL cannot be read.
pub fn open_database(config: &Config, create: bool, clock: Clock) -> Result<Database> {
    Database::open(config.database_url.expose_secret(), config.limits.database_connections, create, clock)
}

/// Builds the application over a database and starts its background work.
///
/// # Errors
/// [`Error::Malformed`] when policies or settings cannot be used.
pub async fn build(config: Config, database: Database, mailbox: Option<MailBox>) -> Result<App> {
    let (engine, catalogue, system) = policies::load(config.policies.as_deref())?;
    let capacity = Capacity { tenants: config.limits.cached_tenants, members: config.limits.cached_members };
    let authz = Arc::new(Authz::new(database.clone(), engine, catalogue, system, capacity).await?);
    let redis = config.redis_url.as_ref().map(|url| url.expose_secret().to_owned());
    let store = session_store(redis.as_deref(), &database).await?;
    let limits = (config.session_idle, config.session_absolute);
    let sessions =
        Sessions::new(store, database.clone(), Arc::clone(&authz), limits, config.limits.cached_members);
    let sealer = Sealer::new(config.secret.expose_secret().as_bytes());
    let outbox = Outbox::new(sealer.clone());
    let origin = config.origin();
    let transport = transport(&config, mailbox.clone())?;
    let dns = Dns::new(config.dns)?;
    let last_seen = Arc::new(LastSeen::new(config.limits.cached_members));
    let token_uses = Arc::new(TokenUses::new(config.limits.cached_members));
    let decisions = Arc::new(Record::default());
    let rate = Arc::new(Rate::new(config.limits.rate));
    let shared_rate = share_rate(&rate, redis.clone(), database.clock().clone());
    let warnings = Warnings {
        authz: Arc::clone(&authz),
        database: database.clone(),
        outbox: outbox.clone(),
        origin: config.origin(),
    };
    let work = vec![
        tokio::spawn(shared_rate).abort_handle(),
        tokio::spawn(freshness::follow(Arc::clone(&authz), redis)).abort_handle(),
        tokio::spawn(mail::deliver(outbox.clone(), database.clone(), transport)).abort_handle(),
        tokio::spawn(upkeep(warnings, Arc::clone(&last_seen))).abort_handle(),
        tokio::spawn(keep_record(
            database.clone(),
            (Arc::clone(&decisions), Arc::clone(&token_uses)),
            Arc::clone(&authz),
        ))
        .abort_handle(),
    ];
    let state = AppState::new(Parts {
        providers: providers(&config, database.clock())?,
        config,
        authz,
        sessions,
        rate,
        origins: Origins::default(),
        issuer: Issuer::new(database.clone(), sealer.clone(), &origin),
        sealer,
        last_seen,
        token_uses,
        decisions,
        outbox,
        dns,
        routes: http::table(),
        document: http::openapi::Kept::default(),
        draining: AtomicBool::new(false),
        #[cfg(feature = "dev")]
        mailbox,
        database,
    });
    Ok(App { state, work })
}

/// Shares rate limits with other nodes, where there is a Redis to share them by.
fn share_rate(rate: &Arc<Rate>, redis: Option<String>, clock: Clock) -> impl Future<Output = ()> + use<> {
    let rate = Arc::clone(rate);
    async move {
        match redis {
            Some(url) => http::rate::share(rate, url, clock).await,
            None => rate.alone(),
        }
    }
}

/// Where sessions are kept: in Redis when there is one.
async fn session_store(redis: Option<&str>, database: &Database) -> Result<SessionStore> {
    let Some(url) = redis else { return Ok(SessionStore::Sql(database.clone())) };
    let store = SessionStore::redis(url)?;
    store.started().await;
    Ok(store)
}

fn providers(config: &Config, clock: &Clock) -> Result<Providers> {
    let google =
        config.google.as_ref().map(|ProviderConfig { client_id, client_secret, url, .. }| GoogleSettings {
            client_id: client_id.clone(),
            client_secret: client_secret.clone(),
            issuer_url: url.clone(),
        });
    let github = config.github.as_ref().map(|ProviderConfig { client_id, client_secret, url, api_url }| {
        GithubSettings {
            client_id: client_id.clone(),
            client_secret: client_secret.clone(),
            url: url.clone(),
            api_url: api_url.clone(),
        }
    });
    Providers::new(google, github, clock.clone(), &config.public_url).map_err(Error::from)
}

fn transport(config: &Config, mailbox: Option<MailBox>) -> Result<Transport> {
    Ok(match (&config.smtp_url, mailbox) {
        (Some(url), _) => Transport::smtp(url.expose_secret(), &config.mail_from)?,
        (None, Some(mailbox)) => Transport::Box(mailbox),
        (None, None) => Transport::None,
    })
}

/// Writes who was seen; tells of tokens and secrets that end soon; removes what has expired, audit events past their
/// retention among it, and what every node has noticed.
async fn upkeep(warnings: Warnings, last_seen: Arc<LastSeen>) {
    const EVERY: Duration = Duration::from_mins(1);
    const CHANGES_KEPT: Duration = Duration::from_mins(10);
    let database = &warnings.database;
    loop {
        tokio::time::sleep(EVERY).await;
        let now = database.clock().now();
        let tidied = async {
            last_seen.write(database).await?;
            crate::tenants::purge(database).await?;
            crate::audit::expire(database).await?;
            crate::tokens::warn::warn(&warnings).await?;
            crate::apps::endings::warn(&warnings).await?;
            let mut on = database.upkeep().await?;
            crate::db::prune_changes(&mut on, now - CHANGES_KEPT).await?;
            crate::db::expired_rows(&mut on, now).await
        };
        if let Err(error) = tidied.await {
            tracing::warn!(cause = ?error, "upkeep was not done; it is tried again in a minute");
        }
    }
}

/// Writes what was decided and which tokens were used, every few seconds, and forgets once an hour what is old.
async fn keep_record(
    database: Database,
    (decisions, uses): (Arc<Record>, Arc<TokenUses>),
    authz: Arc<Authz>,
) {
    const EVERY: Duration = Duration::from_secs(10);
    const FORGET_AT: u32 = 360;
    for beat in 1_u32.. {
        tokio::time::sleep(EVERY).await;
        let kept = async {
            uses.write(&database).await?;
            decisions.write(&database, authz.catalogue()).await?;
            if beat.is_multiple_of(FORGET_AT) { decisions::forget(&database).await } else { Ok(()) }
        };
        if let Err(error) = kept.await {
            tracing::warn!(cause = ?error, "decisions were not recorded; they are counted on from here");
        }
    }
}
