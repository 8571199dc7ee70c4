//! Decisions about operators, and the grants that prove them. Who is no operator is told nothing: for them there are
//! no such routes.

use std::marker::PhantomData;
use std::sync::Arc;

use super::{PlatformPermission, PlatformSet};
use crate::authz::{Authz, SessionUser, UserHead, store};
use crate::db::{Actor, Chain, WriteTx};
use crate::error::{Denial, Error, Result};
use crate::ids::{DecisionId, UserId};

/// Proof that the principal may `P` on the platform. It says nothing of any tenant's inside.
#[derive(Debug)]
pub struct PlatformGrant<P> {
    principal: SessionUser,
    rights: PlatformSet,
    permission: PhantomData<fn() -> P>,
}

impl<P> PlatformGrant<P> {
    /// Who was granted it.
    #[must_use]
    pub fn principal(&self) -> &SessionUser {
        &self.principal
    }

    /// The user who was granted it.
    #[must_use]
    pub fn user(&self) -> UserId {
        self.principal.user.id
    }

    /// The principal as the platform's log records it.
    #[must_use]
    pub fn actor(&self) -> Actor {
        self.principal.actor()
    }

    /// The principal as a tenant's log records it: by id, and not by the name, which is none of the tenant's business.
    #[must_use]
    pub fn actor_in_a_tenant(&self) -> Actor {
        Actor { name: "Operator".to_owned(), ..self.principal.actor() }
    }

    /// Whether the principal may also `Q`: for showing or hiding, not for guarding.
    #[must_use]
    pub fn can<Q: PlatformPermission>(&self) -> bool {
        self.rights.has::<Q>()
    }
}

impl Authz {
    /// Whether this person may `P` on the platform.
    #[must_use]
    pub fn may_operate<P: PlatformPermission>(&self, user: &UserHead) -> bool {
        user.operator.is_some_and(|role| self.loader.platform().of(role).has::<P>())
    }

    /// Grants `P` on the platform.
    ///
    /// # Errors
    /// [`Error::NotFound`] to whoever is no operator; [`Error::Forbidden`] to an operator whose role lacks it.
    pub fn operate<P: PlatformPermission>(&self, principal: SessionUser) -> Result<PlatformGrant<P>> {
        let role = principal.user.operator.ok_or(Error::NotFound)?;
        let rights = self.loader.platform().of(role);
        if rights.has::<P>() {
            return Ok(PlatformGrant { principal, rights, permission: PhantomData });
        }
        Err(Error::Forbidden(Box::new(Denial {
            reason: "Your role on this installation does not allow it.".into(),
            required: P::NAME.to_owned(),
            held_roles: vec![role.as_str().to_owned()],
            granted_by: self.loader.platform().granting::<P>(),
            request: None,
            ask: Vec::new(),
            decision_id: DecisionId::new(),
            policy_version: 0,
            role_names: Vec::new(),
            suspended: false,
        })))
    }

    /// Begins a write in `chain` and asks again, inside, whether it is still allowed.
    ///
    /// # Errors
    /// As [`operate`](Self::operate), also for who was disabled meanwhile; [`Error::Unavailable`].
    pub async fn write_as_operator<P: PlatformPermission>(
        &self,
        grant: &PlatformGrant<P>,
        chain: Chain,
    ) -> Result<(WriteTx, PlatformGrant<P>)> {
        let mut tx = self.database.write(chain).await?;
        let head = store::user(&mut tx, grant.user()).await?.filter(|head| !head.disabled);
        let user = Arc::new(head.ok_or(Error::NotFound)?);
        let grant = self.operate(SessionUser { user, ..grant.principal.clone() })?;
        Ok((tx, grant))
    }
}
