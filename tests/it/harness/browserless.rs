//! The whole application on a real listener, the built-in identity provider beside it, and visitors who keep
//! cookies but no pages. Used by the tests of signing in, of HTTP and of the stores; must never follow a redirect
//! by itself: what an answer says is what the tests are about.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use freehold::app::{self, App};
use freehold::clock::Clock;
use freehold::config::{Config, Limits, Mode, ProviderConfig, RateLimits, TenantCreation};
use freehold::db::{Connection, Database, Executor as _};
use freehold::dev::idp::{Clients, Idp, choose_url};
use freehold::http::state::AppState;
use freehold::login::Provider;
use freehold::mail::MailBox;
use http::header::{COOKIE, HOST, LOCATION, SET_COOKIE};
use http::{HeaderMap, Method, StatusCode};
use sqlx::{query, query_scalar};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::{run_folder, services};

/// A database of one test's own, migrated, with or without a Redis.
pub(crate) struct Store {
    pub(crate) database_url: String,
    pub(crate) redis_url: Option<String>,
    folder: TempDir,
}

/// Runs `test` on `SQLite` alone, and on Postgres with Redis.
pub(crate) async fn each_database(test: impl AsyncFn(Store)) {
    for store in [Store::sqlite().await, Store::postgres_and_redis().await] {
        eprintln!("on {}", store.database_url.split(':').next().unwrap());
        test(store).await;
    }
}

impl Store {
    /// `SQLite`, sessions in it.
    pub(crate) async fn sqlite() -> Self {
        let store = Self::empty_sqlite();
        migrate(&store.database_url).await;
        store
    }

    /// A `SQLite` file that nobody has migrated.
    pub(crate) fn empty_sqlite() -> Self {
        let folder = tempfile::tempdir_in(run_folder()).unwrap();
        let database_url = format!("sqlite:{}", folder.path().join("freehold.db").display());
        Self { database_url, redis_url: None, folder }
    }

    /// Postgres, sessions in Redis.
    pub(crate) async fn postgres_and_redis() -> Self {
        let postgres = services::postgres().await;
        let name = postgres.create_from_template("browserless", async |url| migrate(&url).await).await;
        let redis_url = Some(services::redis().await.url());
        let folder = tempfile::tempdir_in(run_folder()).unwrap();
        Self { database_url: postgres.url(&name), redis_url, folder }
    }

    /// The database, opened once more.
    pub(crate) fn open(&self, clock: Clock) -> Database {
        Database::open(&self.database_url, 8, true, clock).unwrap()
    }
}

async fn migrate(url: &str) {
    let database = Database::open(url, 4, true, Clock::default()).unwrap();
    database.migrate().await.unwrap();
    database.close().await;
}

/// What a site differs by from the usual one.
pub(crate) struct Plan {
    store: Store,
    public_url: Option<&'static str>,
    clock: Clock,
    trusted_proxies: &'static [&'static str],
    session: (Duration, Duration),
    limits: freehold::http::Limits,
    router: fn(&AppState) -> Router,
}

impl Plan {
    /// Reached by this URL, whatever the listener's address is.
    pub(crate) fn public_url(self, url: &'static str) -> Self {
        Self { public_url: Some(url), ..self }
    }

    /// Believing these networks' `X-Forwarded-For`.
    pub(crate) fn trusting(self, networks: &'static [&'static str]) -> Self {
        Self { trusted_proxies: networks, ..self }
    }

    /// With these idle and absolute limits of sessions.
    pub(crate) fn sessions(self, idle: Duration, absolute: Duration) -> Self {
        Self { session: (idle, absolute), ..self }
    }

    /// With this limit for heads and idle connections.
    pub(crate) fn header_timeout(mut self, limit: Duration) -> Self {
        self.limits.header_timeout = limit;
        self
    }

    /// With another router than the product's.
    pub(crate) fn router(self, router: fn(&AppState) -> Router) -> Self {
        Self { router, ..self }
    }

    /// Starts it, ready to decide.
    pub(crate) async fn start(self) -> Site {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let origin = self.public_url.map_or_else(|| format!("http://{address}"), str::to_owned);
        let idp = provider(&origin, self.clock.clone()).await;
        let database = self.store.open(self.clock.clone());
        let config = self.config(address, &origin, &idp);
        let app = app::build(config, database, Some(MailBox::default())).await.unwrap();
        app.state.authz.freshness().confirmed().await;
        let ready = super::until(Duration::from_secs(20), async || app.state.sessions.check_store().ok());
        ready.await.expect("the session store answers");
        let (stop, stopped) = oneshot::channel::<()>();
        let until_stopped = async {
            stopped.await.ok();
        };
        let router = (self.router)(&app.state);
        let serving = tokio::spawn(freehold::http::serve(listener, router, self.limits, until_stopped));
        Site {
            app,
            idp,
            address,
            origin,
            clock: self.clock,
            store: self.store,
            stop: Some(stop),
            serving: Some(serving),
        }
    }

    fn config(&self, address: SocketAddr, origin: &str, idp: &Idp) -> Config {
        let provider = |url: String, api_url: String, secret: &str| ProviderConfig {
            client_id: "freehold".to_owned(),
            client_secret: secret.to_owned().into(),
            url,
            api_url,
        };
        Config {
            mode: Mode::Serve,
            listen: address,
            ops_listen: address,
            data: self.store.folder.path().to_owned(),
            dev_idp_listen: address,
            public_url: origin.parse().unwrap(),
            database_url: self.store.database_url.clone().into(),
            redis_url: self.store.redis_url.clone().map(Into::into),
            google: Some(provider(idp.google_issuer(), idp.google_issuer(), GOOGLE_SECRET)),
            github: Some(provider(idp.github_url(), idp.github_api_url(), GITHUB_SECRET)),
            smtp_url: None,
            mail_from: "Freehold <freehold@localhost>".to_owned(),
            dns: None,
            secret: SECRET.to_owned().into(),
            trusted_proxies: self.trusted_proxies.iter().map(|network| network.parse().unwrap()).collect(),
            tenant_creation: TenantCreation::Anyone,
            policies: None,
            session_idle: self.session.0,
            session_absolute: self.session.1,
            access_token_lifetime: Duration::from_hours(1),
            drain_delay: Duration::ZERO,
            limits: Limits {
                // Loads are measured, not limits.
                rate: RateLimits {
                    peer: u32::MAX,
                    credential: u32::MAX,
                    tenant: u32::MAX,
                    sign_in: u32::MAX,
                    failures: u32::MAX,
                },
                apps: 100,
                tokens_per_member: 50,
                tokens_per_app: 10_000,
                database_connections: 8,
                max_connections: 1_000,
                tenants_per_owner: 50,
                members: 1_000,
                roles: 100,
                projects: 1_000,
                open_invitations: 500,
                invitations_per_address: 5,
                cached_tenants: 100,
                cached_members: 1_000,
            },
        }
    }
}

/// Secrets of the installation, which nothing may show.
pub(crate) const SECRET: &str = "a secret of thirty-two bytes and more";
pub(crate) const GOOGLE_SECRET: &str = "google-client-secret-of-the-tests";
pub(crate) const GITHUB_SECRET: &str = "github-client-secret-of-the-tests";

async fn provider(origin: &str, clock: Clock) -> Idp {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let clients = Clients {
        google: ("freehold".to_owned(), GOOGLE_SECRET.to_owned()),
        github: ("freehold".to_owned(), GITHUB_SECRET.to_owned()),
        redirect_uris: Provider::ALL
            .iter()
            .map(|provider| format!("{origin}/auth/{}/callback", provider.as_str()))
            .collect(),
    };
    Idp::start(listener, clock, clients).unwrap()
}

/// The application, served.
pub(crate) struct Site {
    pub(crate) app: App,
    pub(crate) idp: Idp,
    pub(crate) address: SocketAddr,
    /// The public URL.
    pub(crate) origin: String,
    /// Moves by hand, from the present moment.
    pub(crate) clock: Clock,
    pub(crate) store: Store,
    stop: Option<oneshot::Sender<()>>,
    serving: Option<JoinHandle<()>>,
}

impl Site {
    /// A site on `store`, to be changed and started.
    pub(crate) fn on(store: Store) -> Plan {
        let long = Duration::from_hours(24);
        Plan {
            store,
            public_url: None,
            clock: Clock::manual(Clock::default().now()),
            trusted_proxies: &[],
            session: (long, long * 7),
            limits: freehold::http::Limits {
                connections: 1_000,
                header_timeout: Duration::from_secs(10),
                drain: Duration::from_secs(10),
            },
            router: freehold::http::router,
        }
    }

    /// The usual site on `store`.
    pub(crate) async fn start(store: Store) -> Self {
        Self::on(store).start().await
    }

    /// Someone with a browser of their own.
    pub(crate) fn visitor(&self) -> Visitor<'_> {
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .tls_certs_only([])
            .timeout(Duration::from_secs(30))
            .build()
            .unwrap();
        Visitor { site: self, client, cookies: Mutex::default(), headers: Vec::new() }
    }

    /// Stops accepting, and waits until requests under way have ended.
    pub(crate) async fn drain(&mut self) {
        self.stop.take().unwrap().send(()).unwrap();
        self.serving.take().unwrap().await.unwrap();
    }

    /// Runs a statement whose only parameter is `id`, past the product; gives how many rows it wrote.
    pub(crate) async fn db_execute(&self, text: &'static str, id: uuid::Uuid) -> u64 {
        let mut on = self.app.state.database.upkeep().await.unwrap();
        match on.connection() {
            Connection::Postgres(to) => query(text).bind(id).execute(to).await.unwrap().rows_affected(),
            Connection::Sqlite(to) => query(text).bind(id).execute(to).await.unwrap().rows_affected(),
        }
    }

    /// Counts by a statement without parameters.
    pub(crate) async fn db_count(&self, text: &'static str) -> i64 {
        let mut on = self.app.state.database.read().await.unwrap();
        match on.connection() {
            Connection::Postgres(to) => query_scalar(text).fetch_one(to).await.unwrap(),
            Connection::Sqlite(to) => query_scalar(text).fetch_one(to).await.unwrap(),
        }
    }

    /// How many sessions were ever opened.
    pub(crate) async fn sessions(&self) -> i64 {
        self.db_count("select count(*) from sessions").await
    }
}

/// Someone with a browser: cookies are kept, redirects are not followed.
pub(crate) struct Visitor<'s> {
    site: &'s Site,
    client: reqwest::Client,
    cookies: Mutex<BTreeMap<String, String>>,
    headers: Vec<(&'static str, &'static str)>,
}

/// An answer, read whole.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    /// A header's only value; empty without one.
    pub(crate) fn header(&self, name: &str) -> &str {
        let mut values = self.headers.get_all(name).iter();
        let value = values.next().map_or("", |value| value.to_str().unwrap());
        assert!(values.next().is_none(), "{name} comes once");
        value
    }

    /// Where it sends the browser.
    pub(crate) fn location(&self) -> &str {
        self.header(LOCATION.as_str())
    }

    /// The body as JSON.
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The slug of the problem it tells.
    pub(crate) fn problem(&self) -> String {
        let problem = self.json();
        problem["type"].as_str().unwrap().trim_start_matches("/problems/").to_owned()
    }
}

impl Visitor<'_> {
    /// The same, sending one more header with every request.
    pub(crate) fn sending(mut self, name: &'static str, value: &'static str) -> Self {
        self.headers.push((name, value));
        self
    }

    /// A request with this visitor's cookies, to be completed.
    pub(crate) fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let host = self.site.origin.split("://").last().unwrap();
        let request = self.client.request(method, format!("http://{}{path}", self.site.address));
        let request = self
            .headers
            .iter()
            .fold(request.header(HOST, host), |request, (name, value)| request.header(*name, *value));
        let cookies: Vec<String> =
            self.cookies().iter().map(|(name, value)| format!("{name}={value}")).collect();
        if cookies.is_empty() { request } else { request.header(COOKIE, cookies.join("; ")) }
    }

    /// Sends a request and keeps the cookies of its answer.
    pub(crate) async fn send(&self, request: reqwest::RequestBuilder) -> Answer {
        let answer = request.send().await.unwrap();
        for value in answer.headers().get_all(SET_COOKIE) {
            let text = value.to_str().unwrap();
            let (name, rest) = text.split_once('=').unwrap();
            let value = rest.split(';').next().unwrap();
            if text.contains("Max-Age=0") {
                self.cookies().remove(name);
            } else {
                self.cookies().insert(name.to_owned(), value.to_owned());
            }
        }
        let (status, headers) = (answer.status(), answer.headers().clone());
        Answer { status, headers, body: answer.text().await.unwrap() }
    }

    /// Opens a path of ours.
    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path)).await
    }

    /// Asks as a script of our own pages does.
    pub(crate) async fn ask(&self, method: Method, path: &str) -> Answer {
        self.send(self.request(method, path).header("origin", &self.site.origin)).await
    }

    /// Sends JSON as a script of our own pages does.
    pub(crate) async fn ask_with(&self, method: Method, path: &str, body: &serde_json::Value) -> Answer {
        let request = self.request(method, path).header("origin", &self.site.origin);
        self.send(request.header("content-type", "application/json").body(body.to_string())).await
    }

    /// Sends a form as our own pages do.
    pub(crate) async fn submits(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let request = self.request(Method::POST, path).header("origin", &self.site.origin);
        self.send(request.form(fields)).await
    }

    /// The token of this visitor's forms.
    pub(crate) async fn form_token(&self) -> String {
        let resolved = self.site.app.state.sessions.resolve(&self.session().unwrap()).await.unwrap();
        freehold::http::extract::form_token(&self.site.app.state, resolved.unwrap().session)
    }

    /// The value of the session cookie.
    pub(crate) fn session(&self) -> Option<String> {
        let cookies = self.cookies();
        cookies.get("__Host-freehold").or_else(|| cookies.get("freehold")).cloned()
    }

    /// Puts a cookie into the browser past the site.
    pub(crate) fn plant(&self, name: &str, value: &str) {
        self.cookies().insert(name.to_owned(), value.to_owned());
    }

    pub(crate) fn cookies(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, String>> {
        self.cookies.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts a sign-in; gives the provider's address.
    pub(crate) async fn starts(&self, provider: Provider) -> String {
        let answer = self.get(&format!("/auth/{}", provider.as_str())).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{answer:?}");
        answer.location().to_owned()
    }

    /// Opens an address of the provider; gives the path and query on our side to which it sends the browser back.
    pub(crate) async fn comes_back_from(&self, address: &str) -> String {
        let answer = self.client.get(address).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::SEE_OTHER, "the provider sends the browser back");
        let location = answer.headers()[LOCATION].to_str().unwrap();
        location.strip_prefix(&self.site.origin).expect("back to us").to_owned()
    }

    /// Chooses who to be at the provider; gives the callback that would end the sign-in.
    pub(crate) async fn agrees(&self, provider: Provider, person: &str) -> String {
        let address = self.starts(provider).await;
        self.comes_back_from(&choose_url(&address, person)).await
    }

    /// Signs in, whatever comes of it.
    pub(crate) async fn tries_to_sign_in(&self, provider: Provider, person: &str) -> Answer {
        let callback = self.agrees(provider, person).await;
        self.get(&callback).await
    }

    /// Signs in.
    pub(crate) async fn signs_in(&self, provider: Provider, person: &str) -> Answer {
        let answer = self.tries_to_sign_in(provider, person).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{person} signs in: {answer:?}");
        answer
    }

    /// Who the API says is calling.
    pub(crate) async fn me(&self) -> Answer {
        self.get("/api/v1/me").await
    }
}
