//! Settings: the only place that reads the environment. Flags and variables are read by clap, checked all at
//! once by [`Settings::check`], and never printed unredacted. Called by `main.rs` and the tests.

mod check;
mod parse;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use ipnet::IpNet;
use secrecy::SecretString;
use url::Url;

pub(crate) use check::LONGEST_ACCESS_TOKEN;
pub use check::{Problem, Problems};
pub use parse::duration;

/// Every setting, as given. `freehold --help` documents each.
#[derive(Debug, Clone, clap::Args)]
pub struct Settings {
    /// Address of the public port.
    #[arg(long, env = "FREEHOLD_LISTEN", default_value = "127.0.0.1:3000", global = true)]
    pub listen: SocketAddr,
    /// Folder for what this machine keeps: the SQLite file, and in development the generated secret.
    #[arg(long, env = "FREEHOLD_DATA", default_value = "./data", global = true)]
    pub data: PathBuf,
    /// Address of the development identity provider (only used by `dev`).
    #[arg(long, env = "FREEHOLD_DEV_IDP_LISTEN", default_value = "127.0.0.1:3200", global = true)]
    pub dev_idp_listen: SocketAddr,
    /// The one URL people use, such as `https://id.example.com`; every link and redirect is built from it.
    #[arg(long, env = "FREEHOLD_PUBLIC_URL", global = true)]
    pub public_url: Option<String>,
    /// Address of the ops port: metrics and health detail. Never expose it to the internet.
    #[arg(long, env = "FREEHOLD_OPS_LISTEN", default_value = "127.0.0.1:3100", global = true)]
    pub ops_listen: SocketAddr,
    /// Where the data lives: `sqlite:path` or `postgres://user:password@host/name` [default: sqlite in the data folder].
    #[arg(long, env = "DATABASE_URL", hide_env_values = true, global = true, verbatim_doc_comment)]
    pub database_url: Option<SecretString>,
    /// Redis for sessions and for telling other nodes what changed; without it sessions live in the database.
    #[arg(long, env = "REDIS_URL", hide_env_values = true, global = true)]
    pub redis_url: Option<SecretString>,
    /// Client id registered with Google; setting it turns on sign-in with Google.
    #[arg(long, env = "FREEHOLD_GOOGLE_CLIENT_ID", global = true)]
    pub google_client_id: Option<String>,
    /// Client secret registered with Google.
    #[arg(long, env = "FREEHOLD_GOOGLE_CLIENT_SECRET", hide_env_values = true, global = true)]
    pub google_client_secret: Option<SecretString>,
    /// Issuer of the OpenID provider behind the Google button.
    #[arg(
        long,
        env = "FREEHOLD_GOOGLE_ISSUER_URL",
        default_value = "https://accounts.google.com",
        global = true
    )]
    pub google_issuer_url: String,
    /// Client id registered with GitHub; setting it turns on sign-in with GitHub.
    #[arg(long, env = "FREEHOLD_GITHUB_CLIENT_ID", global = true)]
    pub github_client_id: Option<String>,
    /// Client secret registered with GitHub.
    #[arg(long, env = "FREEHOLD_GITHUB_CLIENT_SECRET", hide_env_values = true, global = true)]
    pub github_client_secret: Option<SecretString>,
    /// GitHub's address; change it together with the API address for GitHub Enterprise.
    #[arg(long, env = "FREEHOLD_GITHUB_URL", default_value = "https://github.com", global = true)]
    pub github_url: String,
    /// GitHub's API address.
    #[arg(long, env = "FREEHOLD_GITHUB_API_URL", default_value = "https://api.github.com", global = true)]
    pub github_api_url: String,
    /// SMTP server for mail: `smtps://user:password@host:465`, `smtp://host:587?tls=required`, or plain smtp: on loopback.
    #[arg(long, env = "FREEHOLD_SMTP_URL", hide_env_values = true, global = true)]
    pub smtp_url: Option<SecretString>,
    /// Sender of mail, such as `Freehold <no-reply@example.com>`.
    #[arg(long, env = "FREEHOLD_MAIL_FROM", global = true)]
    pub mail_from: Option<String>,
    /// DNS server asked for the records that prove domains, as `address:port` [default: the system's].
    #[arg(long, env = "FREEHOLD_DNS", global = true)]
    pub dns: Option<SocketAddr>,
    /// At least 32 bytes; signs cursors and form tokens, encrypts what rests in the database. Same on all nodes.
    #[arg(long, env = "FREEHOLD_SECRET", hide_env_values = true, global = true)]
    pub secret: Option<SecretString>,
    /// Networks whose X-Forwarded-For is believed, as CIDRs separated by commas.
    #[arg(long, env = "FREEHOLD_TRUSTED_PROXIES", value_delimiter = ',', global = true)]
    pub trusted_proxies: Vec<IpNet>,
    /// Who may create tenants.
    #[arg(long, env = "FREEHOLD_TENANT_CREATION", default_value = "anyone", global = true)]
    pub tenant_creation: TenantCreation,
    /// Folder whose model.conf, roles.csv and permissions.toml replace the built-in ones.
    #[arg(long, env = "FREEHOLD_POLICIES", global = true)]
    pub policies: Option<PathBuf>,
    /// A session ends after this long without use.
    #[arg(long, env = "FREEHOLD_SESSION_IDLE", default_value = "12h", value_parser = parse::duration, global = true)]
    pub session_idle: Duration,
    /// A session ends this long after sign-in, used or not.
    #[arg(long, env = "FREEHOLD_SESSION_ABSOLUTE", default_value = "7d", value_parser = parse::duration, global = true)]
    pub session_absolute: Duration,
    /// An app's access token ends this long after it was issued; at most 1h.
    #[arg(long, env = "FREEHOLD_ACCESS_TOKEN_LIFETIME", default_value = "1h", value_parser = parse::duration, global = true)]
    pub access_token_lifetime: Duration,
    /// What is logged, as tracing filters, such as `info,freehold=debug`.
    #[arg(long, env = "FREEHOLD_LOG", default_value = "info", global = true)]
    pub log: String,
    /// How it is logged.
    #[arg(long, env = "FREEHOLD_LOG_FORMAT", default_value = "pretty", global = true)]
    pub log_format: LogFormat,
    /// After SIGTERM `/readyz` answers 503 and connections are still accepted for this long.
    #[arg(long, env = "FREEHOLD_DRAIN_DELAY", default_value = "2s", value_parser = parse::duration, global = true)]
    pub drain_delay: Duration,
    #[command(flatten)]
    #[allow(missing_docs, reason = "a comment here would become the heading of --help")]
    pub limits: Limits,
}

/// Limits, each with its default.
#[derive(Debug, Clone, Copy, clap::Args)]
pub struct Limits {
    /// Connections to the database, at most.
    #[arg(long, env = "FREEHOLD_DATABASE_CONNECTIONS", default_value_t = 16, global = true)]
    pub database_connections: u32,
    /// Connections from clients at once, at most; more wait.
    #[arg(long, env = "FREEHOLD_MAX_CONNECTIONS", default_value_t = 10_000, global = true)]
    pub max_connections: usize,
    /// Tenants one person may own, at most.
    #[arg(long, env = "FREEHOLD_MAX_TENANTS_PER_OWNER", default_value_t = 50, global = true)]
    pub tenants_per_owner: i64,
    /// Members a tenant may have, at most.
    #[arg(long, env = "FREEHOLD_MAX_MEMBERS", default_value_t = 100_000, global = true)]
    pub members: i64,
    /// Roles a tenant may have besides those every tenant has, at most.
    #[arg(long, env = "FREEHOLD_MAX_ROLES", default_value_t = 100, global = true)]
    pub roles: i64,
    /// Projects a tenant may have, archived ones included, at most.
    #[arg(long, env = "FREEHOLD_MAX_PROJECTS", default_value_t = 1_000, global = true)]
    pub projects: i64,
    /// Open invitations a tenant may have, at most.
    #[arg(long, env = "FREEHOLD_MAX_OPEN_INVITATIONS", default_value_t = 500, global = true)]
    pub open_invitations: i64,
    /// Apps a tenant may have, at most.
    #[arg(long, env = "FREEHOLD_MAX_APPS", default_value_t = 100, global = true)]
    pub apps: i64,
    /// Personal tokens a member may have in one tenant, at most.
    #[arg(long, env = "FREEHOLD_MAX_TOKENS_PER_MEMBER", default_value_t = 50, global = true)]
    pub tokens_per_member: i64,
    /// Opaque access tokens of one app that work at a time, at most; more are answered 429.
    #[arg(long, env = "FREEHOLD_MAX_TOKENS_PER_APP", default_value_t = 1_000, global = true)]
    pub tokens_per_app: i64,
    /// Invitation mails one address may get in 24 hours from the whole installation, at most.
    #[arg(long, env = "FREEHOLD_MAX_INVITATIONS_PER_ADDRESS", default_value_t = 5, global = true)]
    pub invitations_per_address: i64,
    /// Tenants whose compiled policy is kept in memory, at most.
    #[arg(long, env = "FREEHOLD_CACHED_TENANTS", default_value_t = 10_000, global = true)]
    pub cached_tenants: usize,
    /// People whose standing and profile are kept in memory, at most.
    #[arg(long, env = "FREEHOLD_CACHED_MEMBERS", default_value_t = 100_000, global = true)]
    pub cached_members: usize,
    #[command(flatten)]
    #[allow(missing_docs, reason = "a comment here would become the heading of --help")]
    pub rate: RateLimits,
}

/// Requests a minute, at most. 0 is no limit.
#[derive(Debug, Clone, Copy, clap::Args)]
pub struct RateLimits {
    /// Requests a minute from one address (of IPv6: one /64), at most; 0: any number.
    #[arg(long = "rate-peer", env = "FREEHOLD_RATE_PEER", default_value_t = 120_000, global = true)]
    pub peer: u32,
    /// Requests a minute by one session or with one token, at most; 0: any number.
    #[arg(
        long = "rate-credential",
        env = "FREEHOLD_RATE_CREDENTIAL",
        default_value_t = 60_000,
        global = true
    )]
    pub credential: u32,
    /// Requests a minute to one tenant, by all its members and apps, at most; 0: any number.
    #[arg(long = "rate-tenant", env = "FREEHOLD_RATE_TENANT", default_value_t = 300_000, global = true)]
    pub tenant: u32,
    /// Steps of a sign-in a minute from one address, at most; each sign-in has two. 0: any number.
    #[arg(long = "rate-sign-in", env = "FREEHOLD_RATE_SIGN_IN", default_value_t = 600, global = true)]
    pub sign_in: u32,
    /// Requests a minute from one address that are answered 401; more are answered 429. 0: any number.
    #[arg(long = "rate-failures", env = "FREEHOLD_RATE_FAILURES", default_value_t = 600, global = true)]
    pub failures: u32,
}

/// Who may create tenants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum TenantCreation {
    /// Everyone who can sign in.
    Anyone,
    /// Operators only.
    Operators,
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum LogFormat {
    /// For people.
    Pretty,
    /// One JSON object a line.
    Json,
}

/// For which command settings are checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// `freehold dev`: loopback only, everything that is missing is made up.
    Dev,
    /// `freehold serve`: nothing unsafe, nothing missing.
    Serve,
    /// Commands that need the database only.
    Database,
}

/// Settings that were checked: what the rest of the program may use.
#[derive(Debug, Clone)]
pub struct Config {
    /// For which command.
    pub mode: Mode,
    /// The public port.
    pub listen: SocketAddr,
    /// The ops port.
    pub ops_listen: SocketAddr,
    /// The folder for what this machine keeps.
    pub data: PathBuf,
    /// The development identity provider's port.
    pub dev_idp_listen: SocketAddr,
    /// The public URL, without a path.
    pub public_url: Url,
    /// The database.
    pub database_url: SecretString,
    /// Redis, if any.
    pub redis_url: Option<SecretString>,
    /// Google, when configured.
    pub google: Option<ProviderConfig>,
    /// GitHub, when configured.
    pub github: Option<ProviderConfig>,
    /// Where mail goes, when configured.
    pub smtp_url: Option<SecretString>,
    /// Who mail comes from.
    pub mail_from: String,
    /// The DNS server to ask; the system's when absent.
    pub dns: Option<SocketAddr>,
    /// The installation's secret.
    pub secret: SecretString,
    /// Networks whose forwarding headers are believed.
    pub trusted_proxies: Vec<IpNet>,
    /// Who may create tenants.
    pub tenant_creation: TenantCreation,
    /// Folder that replaces the built-in policies.
    pub policies: Option<PathBuf>,
    /// Idle limit of sessions.
    pub session_idle: Duration,
    /// Absolute limit of sessions.
    pub session_absolute: Duration,
    /// How long an app's access token lives.
    pub access_token_lifetime: Duration,
    /// How long to keep accepting after SIGTERM.
    pub drain_delay: Duration,
    /// Limits.
    pub limits: Limits,
}

/// A provider's registration.
#[derive(Debug, Clone)]
pub struct ProviderConfig {
    /// The client id.
    pub client_id: String,
    /// The client secret.
    pub client_secret: SecretString,
    /// Google: the issuer, to the letter. GitHub: its address.
    pub url: String,
    /// GitHub's API address; for Google the issuer again.
    pub api_url: String,
}

impl Config {
    /// Whether people reach this installation by https.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.public_url.scheme() == "https"
    }

    /// The public URL's origin, such as `https://id.example.com`.
    #[must_use]
    pub fn origin(&self) -> String {
        self.public_url.origin().ascii_serialization()
    }

    /// An absolute link to a path of ours; `path` begins with a slash.
    #[must_use]
    pub fn link(&self, path: &str) -> String {
        format!("{}{path}", self.origin())
    }
}
