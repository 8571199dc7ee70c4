//! What every handler may reach. Built once by `app.rs`; cheap to clone; holds no request's data.

use std::sync::Arc;

use crate::authz::Authz;
use crate::config::Config;
use crate::db::{Database, Sealer};
use crate::decisions::Record;
use crate::device;
use crate::domains::{self, Dns};
use crate::http::cors::Origins;
use crate::http::openapi;
use crate::http::rate::Rate;
use crate::http::routes::RouteTable;
use crate::login::{Providers, Sessions};
use crate::mail::Outbox;
use crate::members::LastSeen;
use crate::oauth::Issuer;
use crate::tokens::TokenUses;

/// The application, shared by all requests.
#[derive(Clone, Debug)]
pub struct AppState(Arc<Parts>);

/// What the application is made of.
#[derive(Debug)]
pub struct Parts {
    /// Checked settings.
    pub config: Config,
    /// The database.
    pub database: Database,
    /// Decisions.
    pub authz: Arc<Authz>,
    /// Sessions.
    pub sessions: Sessions,
    /// Identity providers.
    pub providers: Providers,
    /// How many requests were sent lately.
    pub(crate) rate: Arc<Rate>,
    /// Which sites' pages may call.
    pub(crate) origins: Origins,
    /// Keys derived from the installation's secret.
    pub sealer: Sealer,
    /// Signs access tokens, and checks them.
    pub issuer: Issuer,
    /// When members were last seen.
    pub last_seen: Arc<LastSeen>,
    /// When tokens were last used.
    pub token_uses: Arc<TokenUses>,
    /// What was decided lately.
    pub decisions: Arc<Record>,
    /// Mail on its way out.
    pub outbox: Outbox,
    /// The way to the name servers.
    pub dns: Dns,
    /// Every route, for documents and tests.
    pub routes: RouteTable,
    /// The document about them, made when first asked for.
    pub document: openapi::Kept,
    /// Whether the node is shutting down.
    pub draining: std::sync::atomic::AtomicBool,
    /// Mail kept instead of sent, in development.
    #[cfg(feature = "dev")]
    pub mailbox: Option<crate::mail::MailBox>,
}

impl AppState {
    /// Shares `parts` between requests.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }

    /// What letting tools in needs of it.
    #[must_use]
    pub fn device(&self) -> device::Deps<'_> {
        device::Deps {
            authz: &self.authz,
            database: &self.database,
            sealer: &self.sealer,
            most_tokens: self.config.limits.tokens_per_member,
        }
    }

    /// What the domain of domains needs of it.
    #[must_use]
    pub fn domains(&self) -> domains::Deps {
        domains::Deps {
            authz: Arc::clone(&self.authz),
            database: self.database.clone(),
            outbox: self.outbox.clone(),
            limits: self.config.limits,
            origin: self.config.origin(),
            dns: self.dns.clone(),
        }
    }
}

impl std::ops::Deref for AppState {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}
