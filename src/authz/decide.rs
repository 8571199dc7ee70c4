//! Decisions. A request asks for a member's standing, then for a permission; both are answered from copies while
//! they are current, and not at all when this node cannot tell whether they are.

use std::collections::HashMap;
use std::sync::Arc;

use crate::authz::grant::{Grant, Own};
use crate::authz::load::{self, Loader};
use crate::authz::snapshot::{Copies, Standing, TenantPolicy, copy_of};
use crate::authz::{
    AppHead, Catalogue, Freshness, Permission, PermissionId, PolicyEngine, Principal, RoleTable, SystemRoles,
    UserHead, store,
};
use crate::db::{Chain, Change, Database, Executor, WriteTx};
use crate::error::{Error, Result};
use crate::ids::{AppId, Subject, TenantId, UserId};
use crate::names::Slug;

/// A tenant as a path names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TenantRef {
    /// By its immutable id.
    Id(TenantId),
    /// By its present slug.
    Slug(Slug),
}

impl TenantRef {
    /// Reads a path segment; none when it can name no tenant.
    #[must_use]
    pub fn parse(segment: &str) -> Option<Self> {
        segment.parse().map(Self::Id).ok().or_else(|| Slug::parse(segment).map(Self::Slug))
    }
}

/// What a path leads a member to.
#[derive(Debug)]
pub enum Membership {
    /// Their standing in the tenant.
    Here(Arc<Standing>),
    /// The tenant is called so now. The path has a slug it gave up, which is still reserved for it.
    Moved(String),
}

impl Membership {
    /// The standing, for whom an old slug leads nowhere.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub fn here(self) -> Result<Arc<Standing>> {
        match self {
            Self::Here(standing) => Ok(standing),
            Self::Moved(_) => Err(Error::NotFound),
        }
    }
}

/// Decides who may do what in which tenant, by copies that are kept current.
#[derive(Debug)]
pub struct Authz {
    pub(super) database: Database,
    pub(super) loader: Loader,
    pub(super) copies: Copies,
    pub(super) freshness: Freshness,
}

/// How many tenants and members copies are kept of.
#[derive(Debug, Clone, Copy)]
pub struct Capacity {
    /// Tenants' policies.
    pub tenants: usize,
    /// Members' standings, and people's heads.
    pub members: usize,
}

/// What a guarded right is: a permission, or the right to act on one's own membership.
pub trait Right: Send + Sync + 'static {
    /// Whether the standing gives it.
    fn held(standing: &Standing) -> bool;
    /// The permission, if it is one.
    fn permission() -> Option<PermissionId>;
    /// The permission to name when it is not held.
    const NAME: &'static str;
}

impl<P: Permission> Right for P {
    fn held(standing: &Standing) -> bool {
        standing.effective.contains(P::ID)
    }
    fn permission() -> Option<PermissionId> {
        Some(P::ID)
    }
    const NAME: &'static str = <P as Permission>::NAME;
}

impl Right for Own {
    fn held(_: &Standing) -> bool {
        true
    }
    fn permission() -> Option<PermissionId> {
        None
    }
    const NAME: &'static str = "own membership";
}

impl Authz {
    /// An engine over `database`; it answers nothing until [`crate::authz::freshness::follow`] has caught up.
    ///
    /// # Errors
    /// [`Error::Internal`] when Casbin refuses the system roles.
    pub async fn new(
        database: Database,
        engine: PolicyEngine,
        catalogue: Arc<Catalogue>,
        system: SystemRoles,
        capacity: Capacity,
    ) -> Result<Self> {
        let loader = Loader::new(engine, catalogue, system).await?;
        let copies = Copies::new(capacity.tenants, capacity.members);
        Ok(Self { database, loader, copies, freshness: Freshness::default() })
    }

    /// The catalogue of permissions.
    #[must_use]
    pub fn catalogue(&self) -> &Arc<Catalogue> {
        self.loader.catalogue()
    }

    /// The system roles.
    #[must_use]
    pub fn system_roles(&self) -> &SystemRoles {
        self.loader.system()
    }

    /// What the system roles allow by themselves, by their keys, as Casbin said at start.
    #[must_use]
    pub fn system_tables(&self) -> &HashMap<&'static str, RoleTable> {
        self.loader.system_tables()
    }

    /// Whether this node may decide: it has confirmed within five seconds that it knows every change.
    #[must_use]
    pub fn freshness(&self) -> &Freshness {
        &self.freshness
    }

    /// Takes note of what has changed: called for every commit of this node and every change heard of.
    pub fn apply(&self, changes: &[Change]) {
        for change in changes {
            self.copies.apply(*change);
            self.freshness.note(*change);
        }
    }

    /// The head of a person. None when there is no such person.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when it cannot be known now.
    pub async fn user(&self, user: UserId) -> Result<Option<Arc<UserHead>>> {
        self.freshness.check()?;
        copy_of(&self.copies.users, &user, async || store::user(&mut self.database.read().await?, user).await)
            .await
    }

    /// The head of an app. None when there is no such app.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when it cannot be known now.
    pub async fn app(&self, app: AppId) -> Result<Option<Arc<AppHead>>> {
        self.freshness.check()?;
        copy_of(&self.copies.apps, &app, async || store::app(&mut self.database.read().await?, app).await)
            .await
    }

    /// The tenant's policy. None when there is no such tenant.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when it cannot be known now.
    pub async fn policy(&self, tenant: TenantId) -> Result<Option<Arc<TenantPolicy>>> {
        self.freshness.check()?;
        copy_of(&self.copies.policies, &tenant, async || {
            self.loader.policy(&mut self.database.read().await?, tenant).await
        })
        .await
    }

    /// The policy of the tenant that `tenant` names now.
    async fn resolve(&self, tenant: &TenantRef) -> Result<Option<Arc<TenantPolicy>>> {
        let slug = match tenant {
            TenantRef::Id(id) => return self.policy(*id).await,
            TenantRef::Slug(slug) => slug.as_str(),
        };
        if let Some(id) = self.copies.slugs.get(slug)
            && let Some(policy) = self.policy(id).await?
            && policy.slug == slug
        {
            return Ok(Some(policy));
        }
        let Some(id) = store::tenant_id_by_slug(&mut self.database.read().await?, slug).await? else {
            return Ok(None);
        };
        self.copies.slugs.insert(slug.to_owned(), id);
        self.policy(id).await
    }

    /// The decision if every copy it needs is at hand and current: what most requests are answered by.
    #[must_use]
    pub fn cached_decision(
        &self,
        tenant: TenantId,
        subject: impl Into<Subject>,
        permission: PermissionId,
    ) -> Option<bool> {
        self.cached_standing(tenant, subject.into()).map(|standing| standing.effective.contains(permission))
    }

    fn cached_standing(&self, tenant: TenantId, subject: Subject) -> Option<Arc<Standing>> {
        self.freshness.check().ok()?;
        let standing = self.copies.standings.get(&(tenant, subject))?;
        let current = !standing.policy.is_retired()
            && standing.until.is_none_or(|until| self.database.clock().now() < until);
        current.then_some(standing)
    }

    /// A member's standing in a tenant. None when either does not exist or the subject is not a member.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when it cannot be known now.
    pub async fn standing(
        &self,
        tenant: TenantId,
        subject: impl Into<Subject>,
    ) -> Result<Option<Arc<Standing>>> {
        let subject = subject.into();
        for _ in 0..20 {
            if let Some(standing) = self.cached_standing(tenant, subject) {
                return Ok(Some(standing));
            }
            let Some(policy) = self.policy(tenant).await? else { return Ok(None) };
            let now = self.database.clock().now();
            match load::standing(&mut self.database.read().await?, &policy, subject, now).await? {
                None => return Ok(None),
                Some(Ok(standing)) => {
                    let standing = Arc::new(standing);
                    // A load that was turned away is still handed to whoever waited for it. Only what the cache
                    // holds is retired when it changes, so only that may be kept.
                    if self.copies.holds(&policy) {
                        self.copies.standings.insert((tenant, subject), Arc::clone(&standing));
                    }
                    return Ok(Some(standing));
                }
                Some(Err(version)) => self.copies.apply(Change {
                    kind: crate::db::ChangeKind::Tenant,
                    subject: tenant.uuid(),
                    version,
                }),
            }
        }
        Err(Error::Unavailable("the policy changes faster than it can be read", None))
    }

    /// The standing of the subject in the tenant a path names, decided on policy version `at_least` or later; or where the
    /// tenant is now, when its members were known to find it by this slug.
    ///
    /// # Errors
    /// [`Error::NotFound`], the same for a tenant that is not there and one the subject is not in;
    /// [`Error::Malformed`] for a version the tenant never had;
    /// [`Error::Unavailable`] when it cannot be known now.
    pub async fn membership(
        &self,
        tenant: &TenantRef,
        subject: impl Into<Subject>,
        at_least: Option<i64>,
    ) -> Result<Membership> {
        let subject = subject.into();
        self.freshness.check()?;
        let policy = self.resolve(tenant).await?;
        if let Some(version) = at_least {
            self.catch_up(policy.as_deref(), version).await?;
        }
        if let Some(policy) = policy
            && let Some(standing) = self.standing(policy.id, subject).await?
        {
            if let Some(version) = at_least.filter(|version| standing.policy.version < *version) {
                return Err(self.not_at(policy.id, version).await?);
            }
            return Ok(Membership::Here(standing));
        }
        // Both kinds of miss end in this same query, so that they take the same time.
        let (id, slug) = match tenant {
            TenantRef::Id(id) => (*id, ""),
            TenantRef::Slug(slug) => (TenantId::from_uuid(uuid::Uuid::nil()), slug.as_str()),
        };
        let now = self.database.clock().now();
        match store::slug_for_member(&mut self.database.read().await?, (id, slug), subject, now).await? {
            None => Err(Error::NotFound),
            Some(present) if !slug.is_empty() && present != slug => Ok(Membership::Moved(present)),
            Some(_) => Err(Error::Unavailable("the membership is being changed", None)),
        }
    }

    /// Forgets a copy that is older than `version`, when the tenant did come to it: nobody makes a node read a policy again
    /// by asking for a version that never was.
    async fn catch_up(&self, policy: Option<&TenantPolicy>, version: i64) -> Result<()> {
        if policy.is_some_and(|policy| policy.version >= version) {
            return Ok(());
        }
        // For a tenant that is not there too, so that it takes as long.
        let id = policy.map_or(TenantId::from_uuid(uuid::Uuid::nil()), |policy| policy.id);
        let row = store::tenant_by_id(&mut self.database.read().await?, id).await?;
        if row.is_some_and(|row| row.policy_version >= version) {
            self.copies.retire(id);
        }
        Ok(())
    }

    /// Why a decision by this version cannot be had: the tenant never came to it, or this node has not heard of it.
    async fn not_at(&self, tenant: TenantId, version: i64) -> Result<Error> {
        let row = store::tenant_by_id(&mut self.database.read().await?, tenant).await?;
        if row.is_some_and(|row| row.policy_version < version) {
            return Ok(Error::Malformed("X-Policy-Version is a version this tenant has not had".into()));
        }
        Ok(Error::Unavailable("this node has not seen that policy version", None))
    }

    /// Grants `R` in the standing's tenant, or explains why not. Of a token's standing only what the token carries is
    /// of use.
    ///
    /// # Errors
    /// [`Error::Forbidden`] with the explanation; for a token [`Error::SessionRequired`] when none may carry `R` and
    /// [`Error::InsufficientScope`] when this one does not; [`Error::Unavailable`] when it cannot be made.
    pub async fn decide<R: Right>(
        &self,
        principal: impl Into<Principal>,
        standing: Arc<Standing>,
    ) -> Result<Grant<R>> {
        let principal = principal.into();
        if let Some(why) = &standing.policy.suspended {
            return Err(self.suspended(&standing, R::NAME, why));
        }
        let standing = match principal.scopes() {
            Some(scopes) if standing.reach.is_none() => Arc::new(standing.within(scopes)),
            Some(_) | None => standing,
        };
        if R::held(&standing) {
            return Ok(Grant::new(principal, standing));
        }
        if let (Some(scopes), Some(permission)) = (principal.scopes(), R::permission()) {
            if self.catalogue().info(permission).session_only {
                return Err(Error::SessionRequired);
            }
            if !scopes.contains(permission) {
                return Err(Error::InsufficientScope { required: R::NAME.to_owned() });
            }
        }
        let reason = "None of your roles in this tenant allows it.";
        Err(self.deny(&standing, R::NAME, reason).await?)
    }

    /// Another right of the grant's principal, in the same tenant and by the same standing.
    ///
    /// # Errors
    /// [`Error::Forbidden`] with the explanation; [`Error::Unavailable`] when it cannot be made.
    pub async fn also<Q: Right, P>(&self, grant: &Grant<P>) -> Result<Grant<Q>> {
        self.decide(grant.principal().clone(), Arc::clone(grant.standing())).await
    }

    /// Begins a write in the grant's tenant and asks again, inside, whether it is still allowed: nothing can
    /// change in this tenant between the answer and the commit.
    ///
    /// # Errors
    /// [`Error::Conflict`] when a change came first that took rights from the principal (SECURITY F: the loser of a
    /// race gets 409); [`Error::NotFound`] when they are no member any more; [`Error::Unavailable`].
    pub async fn write<R: Right>(&self, grant: &Grant<R>) -> Result<(WriteTx, Grant<R>)> {
        let mut tx = self.database.write(Chain::Tenant(grant.tenant())).await?;
        let policy = self.policy_in(&mut tx, grant.tenant()).await?;
        let standing = self.standing_in(&mut tx, &policy, grant.subject()).await?.ok_or(Error::NotFound)?;
        let standing = match grant.principal().scopes() {
            Some(scopes) => standing.within(scopes),
            None => standing,
        };
        if !grant.effective().is_subset(standing.effective) {
            return Err(Error::Conflict(
                "Your rights in this tenant were changed meanwhile. Look again.".into(),
            ));
        }
        let grant = self.decide(grant.principal().clone(), Arc::new(standing)).await?;
        Ok((tx, grant))
    }

    /// The tenant's policy as `tx` sees it: for writes that no grant begins, such as joining.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no such tenant; [`Error::Unavailable`] when the database cannot answer.
    pub async fn policy_in(&self, tx: &mut WriteTx, tenant: TenantId) -> Result<Arc<TenantPolicy>> {
        if let Some(copy) = self.copies.policies.get(&tenant) {
            let row = store::tenant_by_id(tx, tenant).await?.ok_or(Error::NotFound)?;
            if row.policy_version == copy.version {
                return Ok(copy);
            }
        }
        self.loader.policy(tx, tenant).await?.map(Arc::new).ok_or(Error::NotFound)
    }

    /// The tenant's policy as `tx` has it by now, with what it has written and not committed: for the guards that
    /// weigh a change of roles, and never to decide by.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no such tenant; [`Error::Unavailable`] when the database or Casbin cannot
    /// answer.
    pub async fn policy_as_written(&self, tx: &mut WriteTx, tenant: TenantId) -> Result<TenantPolicy> {
        self.loader.policy(tx, tenant).await?.ok_or(Error::NotFound)
    }

    /// A member's standing as `on` sees it, which inside a write is what is true. None when not a member.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the database cannot answer.
    pub async fn standing_in(
        &self,
        on: &mut impl Executor,
        policy: &Arc<TenantPolicy>,
        subject: impl Into<Subject>,
    ) -> Result<Option<Standing>> {
        match load::standing(on, policy, subject.into(), self.database.clock().now()).await? {
            None => Ok(None),
            Some(Ok(standing)) => Ok(Some(standing)),
            Some(Err(_)) => Err(Error::Unavailable("the policy changed meanwhile", None)),
        }
    }
}
