//! A small world for the domains' tests: a migrated database, an engine that decides, people and tenants.
//! Functions that write past the domains begin with `db_`.

use std::sync::Arc;
use std::time::Duration;

use sqlx::{query, query_scalar};

use crate::harness::services::postgres;
use freehold::authz::{
    Authz, Capacity, Catalogue, Grant, HeldRole, PolicyEngine, Right, SessionRef, SessionUser, SystemRoles,
    freshness,
};
use freehold::clock::{Clock, Timestamp};
use freehold::config::TenantCreation;
use freehold::db::{AuditEvent, Chain, Connection, Database, Executor, Target, Via};
use freehold::error::{Error, Result};
use freehold::ids::{AppId, IdentityId, InvitationId, RoleId, SessionHandle, TenantId, UserId, secret_hash};
use freehold::tenants::{CreationRules, NewTenant, Tenant, create};

/// When the world begins.
pub(crate) const START: Timestamp = Timestamp::from_micros(1_750_000_000_000_000);

/// Anyone may make tenants, as many as they like.
pub(crate) const ANYONE: CreationRules = CreationRules { who: TenantCreation::Anyone, per_owner: 1_000 };

/// Runs one query of the tests' own on whichever database it is.
macro_rules! raw {
    ($on:expr, execute, $query:expr) => {
        match Executor::connection($on) {
            Connection::Postgres(connection) => {
                $query.execute(connection).await.map(|done| done.rows_affected())
            }
            Connection::Sqlite(connection) => {
                $query.execute(connection).await.map(|done| done.rows_affected())
            }
        }
    };
    ($on:expr, $fetch:ident, $query:expr) => {
        match Executor::connection($on) {
            Connection::Postgres(connection) => $query.$fetch(connection).await,
            Connection::Sqlite(connection) => $query.$fetch(connection).await,
        }
    };
}

/// Holds the rule in a new world on SQLite, and in one on Postgres.
pub(crate) async fn on_both(rule: impl AsyncFn(World)) {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("world.db").display());
    rule(World::at(&url, Some(folder)).await).await;

    let server = postgres().await;
    let migrate = async |url: String| {
        let database = Database::open(&url, 2, false, Clock::default()).unwrap();
        database.migrate().await.unwrap();
        database.close().await;
    };
    let name = server.create_from_template("migrated", migrate).await;
    rule(World::at(&server.url(&name), None).await).await;
}

pub(crate) struct World {
    pub(crate) database: Database,
    pub(crate) authz: Arc<Authz>,
    pub(crate) clock: Clock,
    following: tokio::task::JoinHandle<()>,
    _folder: Option<tempfile::TempDir>,
}

impl Drop for World {
    fn drop(&mut self) {
        self.following.abort();
    }
}

impl World {
    async fn at(url: &str, folder: Option<tempfile::TempDir>) -> Self {
        let clock = Clock::manual(START);
        let database = Database::open(url, 4, true, clock.clone()).unwrap();
        database.migrate().await.unwrap();
        let catalogue =
            Arc::new(Catalogue::load(include_str!("../../../policies/permissions.toml")).unwrap());
        let system = SystemRoles::load(include_str!("../../../policies/roles.csv"), &catalogue).unwrap();
        let engine =
            PolicyEngine::new(include_str!("../../../policies/model.conf"), Arc::clone(&catalogue)).unwrap();
        let capacity = Capacity { tenants: 100, members: 100 };
        let authz = Authz::new(database.clone(), engine, catalogue, system, capacity).await.unwrap();
        let authz = Arc::new(authz);
        let following = tokio::spawn(freshness::follow(Arc::clone(&authz), None));
        let confirmed = async {
            while authz.freshness().check().is_err() {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(30), confirmed).await.expect("the feed is read");
        Self { database, authz, clock, following, _folder: folder }
    }

    /// A person whose address at `example.com` is verified.
    pub(crate) async fn db_user(&self, name: &str) -> UserId {
        let (user, identity) = (UserId::new(), IdentityId::new());
        let email = format!("{}@example.com", name.to_lowercase());
        let mut on = self.database.upkeep().await.unwrap();
        let text = "insert into users (id, name, email, email_verified, created_at, updated_at, sort_name) \
                    values ($1, $2, $3, true, $4, $4, lower($2))";
        raw!(&mut on, execute, query(text).bind(user).bind(name).bind(&email).bind(START)).unwrap();
        let text = "insert into identities (id, user_id, provider, issuer, subject, created_at, last_used_at) \
                    values ($1, $2, 'google', 'google', $3, $4, $4)";
        let subject = user.to_string();
        raw!(&mut on, execute, query(text).bind(identity).bind(user).bind(&subject).bind(START)).unwrap();
        let text = "insert into identity_emails (identity_id, email) values ($1, $2)";
        raw!(&mut on, execute, query(text).bind(identity).bind(&email)).unwrap();
        user
    }

    pub(crate) async fn principal(&self, user: UserId) -> SessionUser {
        let session = SessionRef {
            handle: SessionHandle::new(),
            identity: IdentityId::new(),
            signed_in_at: self.clock.now(),
        };
        let user = self.authz.user(user).await.unwrap().expect("a person");
        SessionUser { user, session, via: Via::default() }
    }

    /// A tenant of this name, owned by `user`.
    pub(crate) async fn tenant(&self, user: UserId, name: &str) -> Tenant {
        self.try_tenant(user, name, None).await.unwrap()
    }

    pub(crate) async fn try_tenant(&self, user: UserId, name: &str, slug: Option<&str>) -> Result<Tenant> {
        let new = NewTenant { name: name.to_owned(), slug: slug.map(str::to_owned) };
        let principal = self.principal(user).await;
        create(&self.database, &self.authz, &principal, &new, ANYONE).await.map(|(tenant, _)| tenant)
    }

    /// Asks for a right as a request would.
    pub(crate) async fn try_grant<R: Right>(&self, user: UserId, tenant: TenantId) -> Result<Grant<R>> {
        let principal = self.principal(user).await;
        let standing = self.authz.standing(tenant, user).await?.ok_or(Error::NotFound)?;
        self.authz.decide(principal, standing).await
    }

    pub(crate) async fn grant<R: Right>(&self, user: UserId, tenant: TenantId) -> Grant<R> {
        self.try_grant(user, tenant).await.expect("the right is held")
    }

    /// Makes a person a member with these roles, each with or without an end.
    pub(crate) async fn db_join(&self, tenant: TenantId, user: UserId, roles: &[(&str, Option<Timestamp>)]) {
        let policy = self.authz.policy(tenant).await.unwrap().unwrap();
        let held = roles.iter().map(|(key, expires_at)| HeldRole {
            role: policy.role_by_key(key).unwrap().id,
            expires_at: *expires_at,
        });
        let mut tx = self.database.write(Chain::Tenant(tenant)).await.unwrap();
        let at = tx.at();
        let text = "insert into members (tenant_id, user_id, joined_at, sort_name) \
                    select $1, id, $3, sort_name from users where id = $2 \
                    on conflict (tenant_id, user_id) do nothing";
        raw!(&mut tx, execute, query(text).bind(tenant).bind(user).bind(at)).unwrap();
        let text = "delete from role_assignments where tenant_id = $1 and user_id = $2";
        raw!(&mut tx, execute, query(text).bind(tenant).bind(user)).unwrap();
        for HeldRole { role, expires_at } in held {
            let text = "insert into role_assignments (tenant_id, user_id, role_id, expires_at, assigned_at) \
                 values ($1, $2, $3, $4, $5)";
            let _rows = raw!(
                &mut tx,
                execute,
                query(text).bind(tenant).bind(user).bind(role).bind(expires_at).bind(at)
            )
            .unwrap();
        }
        tx.touch_user(user).await.unwrap();
        let target = Target::new("member", user, "test");
        let event = AuditEvent::done(freehold::db::Actor::system("test"), "member.added", target);
        tx.commit(event.affecting_access()).await.unwrap();
    }

    /// An app without roles.
    pub(crate) async fn db_app(&self, tenant: TenantId, name: &str) -> AppId {
        let app = AppId::new();
        let mut on = self.database.upkeep().await.unwrap();
        let text = "insert into apps (id, tenant_id, client_id, name, created_at, created_by) \
                    values ($1, $2, $3, $4, $5, $1)";
        let client = format!("fhc_{app}");
        raw!(&mut on, execute, query(text).bind(app).bind(tenant).bind(&client).bind(name).bind(START))
            .unwrap();
        app
    }

    /// Makes these all the roles an app holds, each with or without an end.
    pub(crate) async fn db_app_roles(
        &self,
        tenant: TenantId,
        app: AppId,
        roles: &[(&str, Option<Timestamp>)],
    ) {
        let policy = self.authz.policy(tenant).await.unwrap().unwrap();
        let mut tx = self.database.write(Chain::Tenant(tenant)).await.unwrap();
        let at = tx.at();
        let text = "delete from app_roles where tenant_id = $1 and app_id = $2";
        raw!(&mut tx, execute, query(text).bind(tenant).bind(app)).unwrap();
        for (key, end) in roles {
            let role = policy.role_by_key(key).unwrap().id;
            let text = "insert into app_roles (tenant_id, app_id, role_id, expires_at, assigned_at) \
                        values ($1, $2, $3, $4, $5)";
            let _rows =
                raw!(&mut tx, execute, query(text).bind(tenant).bind(app).bind(role).bind(*end).bind(at))
                    .unwrap();
        }
        tx.touch_app(app).await.unwrap();
        let target = Target::new("app", app, "test");
        let event = AuditEvent::done(freehold::db::Actor::system("test"), "app.updated", target);
        tx.commit(event.affecting_access()).await.unwrap();
    }

    /// A role of the tenant's own.
    pub(crate) async fn db_role(&self, tenant: TenantId, key: &str, grants: &[(&str, &str)]) -> RoleId {
        let role = RoleId::new();
        let mut tx = self.database.write(Chain::Tenant(tenant)).await.unwrap();
        let text = "insert into roles (id, tenant_id, key, name, created_at, updated_at) \
                    values ($1, $2, $3, $3, $4, $4)";
        raw!(&mut tx, execute, query(text).bind(role).bind(tenant).bind(key).bind(START)).unwrap();
        for (permission, effect) in grants {
            let text = "insert into role_permissions (tenant_id, role_id, permission, effect) \
                        values ($1, $2, $3, $4)";
            let _rows =
                raw!(&mut tx, execute, query(text).bind(tenant).bind(role).bind(*permission).bind(*effect))
                    .unwrap();
        }
        let event = AuditEvent::done(
            freehold::db::Actor::system("test"),
            "role.created",
            Target::new("role", role, key),
        );
        tx.commit(event.affecting_access()).await.unwrap();
        role
    }

    /// An open invitation.
    pub(crate) async fn db_invite(&self, tenant: TenantId, by: UserId, email: &str) {
        let id = InvitationId::new();
        let mut on = self.database.upkeep().await.unwrap();
        let text = "insert into invitations (id, tenant_id, email, token_hash, invited_by, created_at, sent_at, \
                    expires_at) values ($1, $2, $3, $4, $5, $6, $6, $7)";
        let hash = secret_hash(email);
        let (at, end) = (START, START + Duration::from_hours(72));
        let _rows = raw!(
            &mut on,
            execute,
            query(text).bind(id).bind(tenant).bind(email).bind(&hash).bind(by).bind(at).bind(end)
        )
        .unwrap();
    }

    /// Runs a statement about one tenant: its only parameter.
    pub(crate) async fn db_execute(&self, tenant: TenantId, text: &'static str) -> u64 {
        let mut on = self.database.upkeep().await.unwrap();
        raw!(&mut on, execute, query(text).bind(tenant)).unwrap()
    }

    /// Counts by a statement about one tenant: its only parameter.
    pub(crate) async fn db_count(&self, tenant: TenantId, text: &'static str) -> i64 {
        let mut on = self.database.read().await.unwrap();
        raw!(&mut on, fetch_one, query_scalar(text).bind(tenant)).unwrap()
    }

    pub(crate) async fn events(&self, tenant: TenantId) -> i64 {
        self.db_count(tenant, "select count(*) from audit_events where chain_id = $1").await
    }

    /// Every tenant's invariants, checked at the end of a test.
    pub(crate) async fn holds(&self, tenant: TenantId) {
        let owners = "select count(*) from role_assignments a join roles r on r.id = a.role_id \
                      where a.tenant_id = $1 and r.key = 'owner' and a.expires_at is null";
        assert!(self.db_count(tenant, owners).await > 0, "a tenant has an owner");
        let mut on = self.database.read().await.unwrap();
        let verdict = freehold::audit::verify_chain(&mut on, Chain::Tenant(tenant)).await.unwrap();
        assert_eq!(verdict.broken_at, None, "the chain is whole");
        assert_eq!(verdict.kept(), self.events(tenant).await);
    }
}
