//! The application without a socket: its router over a private database, called by people as types. Used by the
//! tests of the API, the panel, sign-in and access; must never reach around the router for what a request can do,
//! except in functions that begin with `db_`.

mod call;
pub(crate) mod db;
pub(crate) mod program;
mod served;

use std::ops::Deref;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::Router;
use freehold::app::{self, App};
use freehold::authz::platform::PlatformRole;
use freehold::authz::{Grant, Right, SessionRef, SessionUser, perm};
use freehold::clock::Clock;
use freehold::config::{Config, Limits, Mode, RateLimits, TenantCreation};
use freehold::db::{Database, Via};
use freehold::dev::dns::NameServer;
use freehold::http::extract::{FORM_TOKEN, form_token};
use freehold::http::router;
use freehold::http::state::AppState;
use freehold::ids::{TenantId, UserId};
use freehold::invitations::{self, NewInvitation};
use freehold::login::accounts::{Browser as Client, Entry, enter, link};
use freehold::login::{ExternalIdentity, Provider};
use freehold::mail::MailBox;
use freehold::members::RoleAssignment;
use freehold::tenants::{self, CreationRules, NewTenant};
use http::{Method, Request, header};
use serde_json::Value;
use tempfile::TempDir;

pub(crate) use self::call::{Answer, Call};
use super::{services, until};

/// The public URL of every application here.
pub(crate) const ORIGIN: &str = "https://id.example.test";
const HOST: &str = "id.example.test";
const PATIENCE: Duration = Duration::from_secs(30);

/// What an application keeps its data in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Backend {
    /// `SQLite`, sessions in it.
    Sqlite,
    /// Postgres, sessions in Redis.
    Postgres,
}

/// Holds the rule on `SQLite`, and on Postgres with Redis.
pub(crate) async fn each_database(rule: impl AsyncFn(TestApp)) {
    for backend in [Backend::Sqlite, Backend::Postgres] {
        eprintln!("on {backend:?}");
        rule(TestApp::start(backend).await).await;
    }
}

/// A running application, its clock in the test's hand, nobody in it.
pub(crate) struct TestApp {
    pub(crate) state: AppState,
    pub(crate) clock: Clock,
    pub(crate) mailbox: MailBox,
    /// The name server that is asked about domains.
    pub(crate) dns: NameServer,
    router: Router,
    people: AtomicU64,
    _app: App,
    _folder: TempDir,
}

impl TestApp {
    /// An empty application.
    pub(crate) async fn start(backend: Backend) -> Self {
        Self::start_with(backend, |_| {}).await
    }

    /// An empty application with other settings.
    pub(crate) async fn start_with(backend: Backend, adjust: impl FnOnce(&mut Config)) -> Self {
        Self::assemble(backend, adjust, true).await
    }

    /// An empty application that neither sends mail nor keeps it, as `serve` without SMTP.
    pub(crate) async fn start_without_mail(backend: Backend) -> Self {
        Self::assemble(backend, |_| {}, false).await
    }

    async fn assemble(backend: Backend, adjust: impl FnOnce(&mut Config), keeps_mail: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (database_url, redis_url) = addresses(backend, &folder).await;
        let mut config = config(database_url, redis_url, &folder);
        let dns = NameServer::start().unwrap();
        config.dns = Some(dns.address());
        adjust(&mut config);
        // The manual clock begins now, because Redis drops what has expired by its own clock.
        let clock = Clock::manual(Clock::default().now());
        let database = app::open_database(&config, true, clock.clone()).unwrap();
        database.migrate().await.unwrap();
        let mailbox = MailBox::new();
        let app = app::build(config, database, keeps_mail.then(|| mailbox.clone())).await.unwrap();
        let state = app.state.clone();
        state.authz.freshness().confirmed().await;
        let stored = until(PATIENCE, async || state.sessions.check_store().ok()).await;
        assert!(stored.is_some(), "the session store answers");
        let router = router(&state);
        Self { state, clock, mailbox, dns, router, people: AtomicU64::new(1), _app: app, _folder: folder }
    }

    /// Someone who is not signed in.
    pub(crate) fn anonymous(&self) -> Anonymous {
        Anonymous(self.browser(None))
    }

    /// Someone who has just signed in with Google for the first time, as `name@example.com`.
    pub(crate) async fn person(&self, name: &str) -> Person {
        let email: freehold::email::EmailAddress = format!("{name}@example.com").parse().unwrap();
        self.person_with(ExternalIdentity {
            provider: Provider::Google,
            issuer: "https://accounts.google.test".into(),
            subject: self.people.fetch_add(1, Ordering::Relaxed).to_string(),
            name: Some(name.to_owned()),
            username: None,
            email: Some(email.clone()),
            email_verified: true,
            verified_emails: vec![email],
            avatar_url: None,
        })
        .await
    }

    /// Whoever a provider says this is, signed in at this moment.
    pub(crate) async fn person_with(&self, external: ExternalIdentity) -> Person {
        let client = Client { via: Via::default(), user_agent: "test".into() };
        let ends_at = self.state.sessions.end_of(self.clock.now());
        let entry = enter(&self.state.database, &external, &client, ends_at).await.unwrap();
        let Entry::Opened { user, session } = entry else { panic!("the address is known elsewhere") };
        let opened = self.state.sessions.open(user, session, ends_at).await.unwrap();
        let browser = self.browser(Some((opened.cookie, session)));
        Person { id: user, name: external.name.clone().unwrap_or_default(), external, session, browser }
    }

    /// A tenant of this name and slug that `owner` owns.
    pub(crate) async fn tenant_of(&self, owner: &Person, slug: &str) -> Tenant {
        let new = NewTenant { name: slug.to_owned(), slug: Some(slug.to_owned()) };
        let rules = CreationRules { who: TenantCreation::Anyone, per_owner: 1_000 };
        let (database, authz) = (&self.state.database, &self.state.authz);
        let principal = owner.principal().await;
        let (tenant, _) = tenants::create(database, authz, &principal, &new, rules).await.unwrap();
        Tenant { id: tenant.id, slug: tenant.slug, owner: owner.clone() }
    }

    /// The text of every mail to `name@example.com`, newest first, once there are `count`.
    pub(crate) async fn mails_to(&self, name: &str, count: usize) -> Vec<String> {
        self.mails_to_address(&format!("{name}@example.com"), count).await
    }

    /// The text of every mail to the address, newest first, once there are `count`.
    pub(crate) async fn mails_to_address(&self, address: &str, count: usize) -> Vec<String> {
        let arrived = until(PATIENCE, async || {
            let mails = self.mailbox.list().into_iter().filter(|mail| mail.to.as_str() == address);
            let texts: Vec<String> = mails.map(|mail| mail.text).collect();
            (texts.len() >= count).then_some(texts)
        });
        arrived.await.expect("the mail arrives")
    }

    /// The secret in the link of the newest of `count` invitation mails to `name@example.com`.
    pub(crate) async fn invitation_secret(&self, name: &str, count: usize) -> String {
        let mails = self.mails_to(name, count).await;
        let secrets: Vec<&str> = mails.iter().map(|text| secret_in(text)).collect();
        (*secrets.first().unwrap()).to_owned()
    }

    /// A domain that the tenant has proved, and by which people may join with a role.
    pub(crate) async fn domain_of(&self, tenant: &Tenant, domain: &str, joining: &str, role: &str) {
        let path = tenant.api("/domains");
        let added =
            tenant.owner.post_json(&path, serde_json::json!({ "domain": domain })).await.expect(201).json();
        self.prove(&added);
        let one = format!("{path}/{domain}");
        tenant.owner.post_json(&format!("{one}/verify"), serde_json::json!({})).await.expect(200);
        tenant.owner.patch(&one, serde_json::json!({ "joining": joining, "role": role })).await.expect(200);
    }

    /// Makes the record that a domain, as the API gives it, asks for.
    pub(crate) fn prove(&self, domain: &Value) {
        let text = |field: &str| domain["record"][field].as_str().unwrap();
        self.dns.set(text("name"), &[text("value")]);
    }

    /// Waits until no mail is on its way.
    pub(crate) async fn mail_is_sent(&self) {
        let sent = until(PATIENCE, async || {
            (self.db_number("select count(*) from outbox").await == 0).then_some(())
        });
        sent.await.expect("the outbox empties");
    }

    /// One number from the database.
    pub(crate) async fn db_number(&self, sql: &str) -> i64 {
        db::number(&self.state.database, sql).await
    }

    /// Fails where a member is sorted and found by another name than their own.
    pub(crate) async fn db_members_sort_by_their_names(&self) {
        let stray = "select count(*) from members m join users u on u.id = m.user_id \
                     where m.sort_name <> u.sort_name or u.sort_name <> lower(u.name)";
        assert_eq!(self.db_number(stray).await, 0);
    }

    /// Runs a statement past the application; how many rows it wrote.
    pub(crate) async fn db_execute(&self, sql: &str) -> u64 {
        db::execute(&self.state.database, sql).await
    }

    /// Every row of every table but `except`, as text. Two equal dumps are two equal databases.
    pub(crate) async fn db_dump(&self, except: &[&str]) -> Vec<(String, String)> {
        db::dump(&self.state.database, except).await
    }

    fn browser(&self, session: Option<(String, SessionRef)>) -> Browser {
        Browser { router: self.router.clone(), state: self.state.clone(), session, bearer: None }
    }
}

fn secret_in(text: &str) -> &str {
    let start = text.find("/invitations/").expect("a link") + "/invitations/".len();
    let rest = &text[start..];
    &rest[..rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len())]
}

async fn addresses(backend: Backend, folder: &TempDir) -> (String, Option<String>) {
    if backend == Backend::Sqlite {
        return (format!("sqlite:{}", folder.path().join("test.db").display()), None);
    }
    let server = services::postgres().await;
    let migrate = async |url: String| {
        let database = Database::open(&url, 2, false, Clock::default()).unwrap();
        database.migrate().await.unwrap();
        database.close().await;
    };
    let name = server.create_from_template("migrated", migrate).await;
    (server.url(&name), Some(services::redis().await.url()))
}

fn config(database_url: String, redis_url: Option<String>, folder: &TempDir) -> Config {
    let anywhere = "127.0.0.1:0".parse().unwrap();
    Config {
        mode: Mode::Serve,
        listen: anywhere,
        ops_listen: anywhere,
        data: folder.path().to_owned(),
        dev_idp_listen: anywhere,
        public_url: ORIGIN.parse().unwrap(),
        database_url: database_url.into(),
        redis_url: redis_url.map(Into::into),
        google: None,
        // Nobody is there: enough for pages that offer it.
        github: Some(freehold::config::ProviderConfig {
            client_id: "tests".to_owned(),
            client_secret: "tests".into(),
            url: "http://127.0.0.1:9/github".to_owned(),
            api_url: "http://127.0.0.1:9/github/api".to_owned(),
        }),
        smtp_url: None,
        mail_from: "Freehold <no-reply@example.test>".into(),
        dns: None,
        secret: "a secret of these tests that is long enough".into(),
        trusted_proxies: Vec::new(),
        tenant_creation: TenantCreation::Anyone,
        policies: None,
        session_idle: Duration::from_hours(12),
        session_absolute: Duration::from_hours(168),
        access_token_lifetime: Duration::from_hours(1),
        drain_delay: Duration::ZERO,
        limits: Limits {
            apps: 100,
            tokens_per_member: 50,
            tokens_per_app: 10_000,
            database_connections: 4,
            max_connections: 100,
            tenants_per_owner: 50,
            members: 1_000,
            roles: 100,
            projects: 1_000,
            open_invitations: 500,
            invitations_per_address: 5,
            cached_tenants: 100,
            cached_members: 1_000,
            // The clock stands still: all of a test is one minute.
            rate: RateLimits {
                peer: 1_000_000,
                credential: 1_000_000,
                tenant: 1_000_000,
                sign_in: 100_000,
                failures: 100_000,
            },
        },
    }
}

/// A browser: the router, and perhaps a session cookie.
#[derive(Clone)]
pub(crate) struct Browser {
    router: Router,
    state: AppState,
    session: Option<(String, SessionRef)>,
    bearer: Option<String>,
}

/// Someone who is not signed in.
#[derive(Clone)]
pub(crate) struct Anonymous(Browser);

impl Deref for Anonymous {
    type Target = Browser;

    fn deref(&self) -> &Browser {
        &self.0
    }
}

/// Someone who is signed in.
#[derive(Clone)]
pub(crate) struct Person {
    pub(crate) id: UserId,
    pub(crate) name: String,
    /// What the provider says of them: give it to [`TestApp::person_with`] to sign in once more.
    pub(crate) external: ExternalIdentity,
    pub(crate) session: SessionRef,
    browser: Browser,
}

impl Deref for Person {
    type Target = Browser;

    fn deref(&self) -> &Browser {
        &self.browser
    }
}

/// A tenant and the person who made it.
#[derive(Clone)]
pub(crate) struct Tenant {
    pub(crate) id: TenantId,
    pub(crate) slug: String,
    pub(crate) owner: Person,
}

impl Tenant {
    /// The API's path of the tenant, with `below` after it.
    pub(crate) fn api(&self, below: &str) -> String {
        format!("/api/v1/tenants/{}{below}", self.slug)
    }
}

impl Person {
    /// The person as the domains know them.
    pub(crate) async fn principal(&self) -> SessionUser {
        let user = self.state.authz.user(self.id).await.unwrap().expect("a person");
        SessionUser { user, session: self.session, via: Via::default() }
    }

    /// A right of theirs, asked for as a request would.
    pub(crate) async fn grant<R: Right>(&self, tenant: TenantId) -> Grant<R> {
        let standing = self.state.authz.standing(tenant, self.id).await.unwrap().expect("a member");
        self.state.authz.decide(self.principal().await, standing).await.expect("the right is held")
    }

    /// Is invited with this role by the tenant's owner; the secret in the link.
    pub(crate) async fn is_invited(&self, tenant: &Tenant, role: &str) -> String {
        let grant: Grant<perm::MembersInvite> = tenant.owner.grant(tenant.id).await;
        let email = self.external.email.clone().expect("an address").to_string();
        let new = NewInvitation {
            email,
            roles: vec![RoleAssignment { key: role.to_owned(), expires_at: None }],
            expires_in_hours: None,
        };
        let issued = invitations::create(&self.invitation_deps(), &grant, new).await.unwrap();
        secret_in(&issued.link).to_owned()
    }

    /// Becomes a member with this role, by an invitation of the tenant's owner.
    pub(crate) async fn joins(&self, tenant: &Tenant, role: &str) {
        let secret = self.is_invited(tenant, role).await;
        invitations::accept(&self.invitation_deps(), &self.principal().await, &secret).await.unwrap();
    }

    /// Is given a role on the installation, by the command that is run on the machine.
    pub(crate) async fn operates(&self, role: PlatformRole) {
        let email = self.external.email.clone().expect("an address");
        freehold::operators::appoint(&self.state.database, &email, role).await.unwrap();
    }

    /// Links a GitHub identity to their account.
    pub(crate) async fn links_github(&self) {
        let external = ExternalIdentity {
            provider: Provider::Github,
            issuer: "https://github.test".into(),
            subject: format!("github-{}", self.external.subject),
            username: Some(self.name.clone()),
            email: None,
            email_verified: false,
            verified_emails: Vec::new(),
            ..self.external.clone()
        };
        let (state, principal) = (&self.browser.state, self.principal().await);
        let holder = (&principal.user, self.session.handle);
        link(&state.database, &state.authz, holder, &external, Via::default()).await.unwrap();
    }

    /// The value of the hidden field that this person's forms carry.
    pub(crate) fn form_token(&self) -> String {
        form_token(&self.state, self.session)
    }

    /// Sends a form of our pages, its token included.
    pub(crate) async fn post_form(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.append_pair(FORM_TOKEN, &self.form_token()).extend_pairs(fields);
        let call = self.call(Method::POST, path);
        call.header("content-type", "application/x-www-form-urlencoded").body(form.finish()).await
    }

    fn invitation_deps(&self) -> invitations::Deps {
        let state = &self.browser.state;
        invitations::Deps {
            authz: state.authz.clone(),
            database: state.database.clone(),
            outbox: state.outbox.clone(),
            limits: state.config.limits,
            origin: state.config.origin(),
        }
    }
}

impl Browser {
    /// Begins a request. Unsafe ones say that our own pages sent them.
    #[allow(clippy::needless_pass_by_value, reason = "a constant at every caller")]
    pub(crate) fn call(&self, method: Method, path: &str) -> Call {
        let mut request = Request::builder().method(method.clone()).uri(path).header(header::HOST, HOST);
        if let Some((cookie, _)) = &self.session {
            request = request.header(header::COOKIE, format!("__Host-freehold={cookie}"));
        }
        if let Some(token) = &self.bearer {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        } else if !method.is_safe() {
            request = request.header(header::ORIGIN, ORIGIN);
        }
        Call { router: self.router.clone(), request }
    }

    /// The value of the session cookie.
    pub(crate) fn cookie(&self) -> Option<&str> {
        self.session.as_ref().map(|(cookie, _)| cookie.as_str())
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.call(Method::GET, path).send().await
    }

    pub(crate) async fn post_json(&self, path: &str, body: Value) -> Answer {
        self.call(Method::POST, path).json(body).await
    }

    pub(crate) async fn patch(&self, path: &str, body: Value) -> Answer {
        self.call(Method::PATCH, path).json(body).await
    }

    pub(crate) async fn put(&self, path: &str, body: Value) -> Answer {
        self.call(Method::PUT, path).json(body).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.call(Method::DELETE, path).send().await
    }
}
