//! Invitations on a database of their own. Helpers that write to it directly start with `db_`.

mod accepting;
mod inviting;
mod several;

use std::sync::Arc;
use std::time::Duration;

use clap::Parser as _;
use sqlx::query;

use super::*;
use crate::authz::{
    Capacity, Catalogue, Grant, Permission, PolicyEngine, SessionRef, SessionUser, SystemRoles, TenantRef,
    freshness,
};
use crate::clock::{Clock, Timestamp};
use crate::db::{Actor, AuditEvent, Chain, Sealer, Target, Via, WriteTx, sql};
use crate::error::{Error, Result};
use crate::ids::{IdentityId, RoleId, SessionHandle, UserId};
use crate::mail::{MailBox, Transport, deliver_due};
use crate::members::RoleAssignment;

/// One installation with one tenant, `acme`, owned by `owner@example.com`.
struct World {
    deps: Deps,
    clock: Clock,
    mails: MailBox,
    tenant: TenantId,
    owner: UserId,
    follower: tokio::task::JoinHandle<()>,
    _folder: tempfile::TempDir,
}

impl Drop for World {
    fn drop(&mut self) {
        self.follower.abort();
    }
}

#[derive(clap::Parser)]
struct DefaultLimits {
    #[command(flatten)]
    limits: Limits,
}

async fn engine(database: &Database) -> Arc<Authz> {
    let catalogue = Catalogue::load(include_str!("../../../policies/permissions.toml")).unwrap();
    let catalogue = Arc::new(catalogue);
    let system = SystemRoles::load(include_str!("../../../policies/roles.csv"), &catalogue).unwrap();
    let model = include_str!("../../../policies/model.conf");
    let engine = PolicyEngine::new(model, Arc::clone(&catalogue)).unwrap();
    let capacity = Capacity { tenants: 100, members: 100 };
    Arc::new(Authz::new(database.clone(), engine, catalogue, system, capacity).await.unwrap())
}

impl World {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("test.db").display());
        Self::on(&url, folder).await
    }

    /// The same on any database.
    async fn on(url: &str, folder: tempfile::TempDir) -> Self {
        let clock = Clock::manual(Timestamp::from_micros(1_700_000_000_000_000));
        let database = Database::open(url, 4, true, clock.clone()).unwrap();
        database.migrate().await.unwrap();
        let authz = engine(&database).await;
        let follower = tokio::spawn(freshness::follow(Arc::clone(&authz), None));
        while authz.freshness().check().is_err() {
            tokio::task::yield_now().await;
        }
        let limits = DefaultLimits::parse_from(["test"]).limits;
        let outbox = Outbox::new(Sealer::new(&[7; 32]));
        let origin = "https://id.example.com".to_owned();
        let deps = Deps { authz, database, outbox, limits, origin };
        let mails = MailBox::new();
        let mut world = Self {
            deps,
            clock,
            mails,
            tenant: TenantId::new(),
            owner: UserId::new(),
            follower,
            _folder: folder,
        };
        world.tenant = world.db_tenant("acme").await;
        world.owner = world.db_user("Olga", &["owner@example.com"]).await;
        world.db_member(world.tenant, world.owner, "owner", None).await;
        world
    }

    /// Writes what `change` writes, as some change of access in the tenant.
    async fn db_write<F: Future<Output = WriteTx>>(
        &self,
        tenant: TenantId,
        change: impl FnOnce(WriteTx) -> F,
    ) {
        let tx = self.deps.database.write(Chain::Tenant(tenant)).await.unwrap();
        let event =
            AuditEvent::done(Actor::system("test"), "test.prepared", Target::new("test", "1", "test"));
        change(tx).await.commit(event.affecting_access()).await.unwrap();
    }

    async fn db_tenant(&self, slug: &str) -> TenantId {
        let (tenant, now) = (TenantId::new(), self.clock.now());
        let roles: Vec<&str> = self.deps.authz.system_roles().iter().map(|role| role.key).collect();
        self.db_write(tenant, async |mut tx| {
            let text =
                "insert into tenants (id, slug, name, created_at, updated_at) values ($1, $2, $2, $3, $3)";
            sql!(&mut tx, execute, query(text).bind(tenant).bind(slug).bind(now)).unwrap();
            for key in roles {
                let text = "insert into roles (id, tenant_id, key, name, system, created_at, updated_at) \
                            values ($1, $2, $3, $3, true, $4, $4)";
                let id = RoleId::new();
                sql!(&mut tx, execute, query(text).bind(id).bind(tenant).bind(key).bind(now)).unwrap();
            }
            tx
        })
        .await;
        tenant
    }

    /// A person whose provider vouches for `emails`.
    async fn db_user(&self, name: &str, emails: &[&str]) -> UserId {
        let (user, identity, now) = (UserId::new(), IdentityId::new(), self.clock.now());
        let mut on = self.deps.database.upkeep().await.unwrap();
        let text = "insert into users (id, name, created_at, updated_at) values ($1, $2, $3, $3)";
        sql!(&mut on, execute, query(text).bind(user).bind(name).bind(now)).unwrap();
        let text = "insert into identities (id, user_id, provider, issuer, subject, email, created_at, last_used_at) \
                    values ($1, $2, 'google', 'x', $3, 'unverified@example.com', $4, $4)";
        let subject = user.to_string();
        sql!(&mut on, execute, query(text).bind(identity).bind(user).bind(subject).bind(now)).unwrap();
        for email in emails {
            let text = "insert into identity_emails (identity_id, email) values ($1, $2)";
            sql!(&mut on, execute, query(text).bind(identity).bind(*email)).unwrap();
        }
        user
    }

    async fn db_member(&self, tenant: TenantId, user: UserId, role: &str, expires_at: Option<Timestamp>) {
        let now = self.clock.now();
        self.db_write(tenant, async |mut tx| {
            let text = "insert into members (tenant_id, user_id, joined_at) values ($1, $2, $3)";
            sql!(&mut tx, execute, query(text).bind(tenant).bind(user).bind(now)).unwrap();
            let text = "insert into role_assignments (tenant_id, user_id, role_id, expires_at, assigned_at) \
                        select $1, $2, id, $4, $5 from roles where tenant_id = $1 and key = $3";
            sql!(&mut tx, execute, query(text).bind(tenant).bind(user).bind(role).bind(expires_at).bind(now))
                .unwrap();
            tx
        })
        .await;
    }

    /// Runs `text` with the tenant as `$1` and the user as `$2`.
    async fn db_change(&self, text: &'static str, user: UserId) {
        self.db_write(self.tenant, async |mut tx| {
            sql!(&mut tx, execute, query(text).bind(self.tenant).bind(user)).unwrap();
            tx
        })
        .await;
    }

    async fn principal(&self, user: UserId) -> SessionUser {
        let session = SessionRef {
            handle: SessionHandle::new(),
            identity: IdentityId::new(),
            signed_in_at: self.clock.now(),
        };
        SessionUser { user: self.deps.authz.user(user).await.unwrap().unwrap(), session, via: Via::default() }
    }

    async fn grant<P: Permission>(&self, tenant: TenantId, user: UserId) -> Result<Grant<P>> {
        let standing = self.deps.authz.membership(&TenantRef::Id(tenant), user, None).await?.here()?;
        self.deps.authz.decide(self.principal(user).await, standing).await
    }

    async fn invite_as(&self, user: UserId, email: &str, roles: &[&str]) -> Result<Issued> {
        let grant = self.grant(self.tenant, user).await?;
        create(&self.deps, &grant, body(email, roles)).await
    }

    async fn invite(&self, email: &str, roles: &[&str]) -> Issued {
        self.invite_as(self.owner, email, roles).await.unwrap()
    }

    async fn accept_as(&self, user: UserId, issued: &Issued) -> Result<Accepted> {
        accept(&self.deps, &self.principal(user).await, secret(issued)).await
    }

    async fn status(&self, id: InvitationId) -> Status {
        let grant = self.grant(self.tenant, self.owner).await.unwrap();
        show(&self.deps, &grant, id).await.unwrap().status
    }

    async fn count(&self, text: &'static str) -> i64 {
        let mut on = self.deps.database.read().await.unwrap();
        sql!(&mut on, fetch_one, sqlx::query_scalar(text)).unwrap()
    }

    async fn deliver(&self) {
        deliver_due(&self.deps.outbox, &self.deps.database, &Transport::Box(self.mails.clone())).await;
    }
}

fn body(email: &str, roles: &[&str]) -> NewInvitation {
    let roles =
        roles.iter().map(|role| RoleAssignment { key: (*role).to_owned(), expires_at: None }).collect();
    NewInvitation { email: email.to_owned(), roles, expires_in_hours: None }
}

fn secret(issued: &Issued) -> &str {
    issued.link.strip_prefix("https://id.example.com/invitations/").unwrap()
}

/// What a conflict says.
#[track_caller]
fn conflict<T: std::fmt::Debug>(result: Result<T>) -> String {
    let error = result.unwrap_err();
    let Error::Conflict(text) = error else { panic!("{error:?} is no conflict") };
    text.into_owned()
}

/// The pointers of what is invalid.
#[track_caller]
fn pointers<T: std::fmt::Debug>(result: Result<T>) -> Vec<String> {
    let error = result.unwrap_err();
    let Error::Invalid(fields) = error else { panic!("{error:?} is not about fields") };
    fields.into_iter().map(|field| field.pointer).collect()
}

const DAY: Duration = Duration::from_hours(24);
