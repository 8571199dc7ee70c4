//! A grant: the proof that a decision was made. Domain functions take one, so none can be called without asking
//! first; it carries the tenant, so none can speak of another. Only `authz` makes them.

use std::marker::PhantomData;
use std::sync::Arc;

use crate::authz::snapshot::{Standing, TenantPolicy};
use crate::authz::{Permission, PermissionSet, Principal, SessionUser};
use crate::db::Actor;
use crate::error::Result;
use crate::ids::{Subject, TenantId, UserId};

/// Proof that the principal may `P` in the tenant, at one policy version.
#[derive(Debug)]
pub struct Grant<P> {
    principal: Principal,
    standing: Arc<Standing>,
    permission: PhantomData<fn() -> P>,
}

/// In place of a permission: the principal acts on their own membership, which needs none.
#[derive(Debug, Clone, Copy)]
pub enum Own {}

impl<P> Clone for Grant<P> {
    fn clone(&self) -> Self {
        Self {
            principal: self.principal.clone(),
            standing: Arc::clone(&self.standing),
            permission: PhantomData,
        }
    }
}

impl<P> Grant<P> {
    pub(super) fn new(principal: Principal, standing: Arc<Standing>) -> Self {
        Self { principal, standing, permission: PhantomData }
    }

    /// The tenant this grant is for.
    #[must_use]
    pub fn tenant(&self) -> TenantId {
        self.standing.policy.id
    }

    /// The tenant's policy that was asked.
    #[must_use]
    pub fn policy(&self) -> &TenantPolicy {
        &self.standing.policy
    }

    /// Who was granted it.
    #[must_use]
    pub fn principal(&self) -> &Principal {
        &self.principal
    }

    /// The person or app who was granted it.
    #[must_use]
    pub fn subject(&self) -> Subject {
        self.principal.subject()
    }

    /// Whether it was granted to this person.
    #[must_use]
    pub fn is(&self, user: UserId) -> bool {
        self.subject() == user
    }

    /// The person at the browser who was granted it.
    ///
    /// # Errors
    /// [`Error::SessionRequired`](crate::error::Error::SessionRequired) when a token was.
    pub fn person(&self) -> Result<&SessionUser> {
        self.principal.person()
    }

    /// The principal as the audit log records it.
    #[must_use]
    pub fn actor(&self) -> Actor {
        self.principal.actor()
    }

    /// The principal's roles and rights in the tenant when this was granted.
    #[must_use]
    pub fn standing(&self) -> &Arc<Standing> {
        &self.standing
    }

    /// Everything the principal may do in the tenant.
    #[must_use]
    pub fn effective(&self) -> PermissionSet {
        self.standing.effective
    }

    /// Whether the principal may also `Q`: for showing or hiding, not for guarding.
    #[must_use]
    pub fn can<Q: Permission>(&self) -> bool {
        self.standing.effective.contains(Q::ID)
    }
}
