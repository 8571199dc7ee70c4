//! Why, and why not. `access` answers who asks: what someone may do, and who may do something. Here, a denial names the missing permission, the roles held, the roles that would allow it and who can
//! give one. Only members of the tenant ever see one.

mod access;
mod store;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

pub use self::access::{Able, Because, Member, MemberAccess, MemberHolds, NamedRole, Verdict};
use crate::authz::decide::Authz;
use crate::authz::snapshot::{Role, Standing};
use crate::authz::{Permission, perm};
use crate::error::{Denial, Error, Person, Requestable, Result};
use crate::ids::DecisionId;

/// How many people a denial names at most.
const ASK: usize = 5;

impl Authz {
    /// The denial of `required` to the standing's member, as an error to answer with.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the people to ask cannot be looked up.
    pub async fn deny(
        &self,
        standing: &Standing,
        required: &str,
        reason: impl Into<Cow<'static, str>>,
    ) -> Result<Error> {
        let permission = self.catalogue().get(required);
        let granting: Vec<&Role> =
            permission.map(|permission| standing.policy.granting(permission).collect()).unwrap_or_default();
        let bare = self.bare_denial(standing, required, reason.into());
        // Who holds one of them lacks something else.
        let helps = !granting.is_empty() && granting.iter().all(|role| !bare.held_roles.contains(&role.key));
        let keys = |roles: &[&Role]| roles.iter().map(|role| role.key.clone()).collect();
        let mut least_first = granting.clone();
        least_first.sort_by_key(|role| role.table.allow.len());
        let denial = Denial {
            request: helps.then(|| Requestable { tenant: standing.policy.id, roles: keys(&least_first) }),
            granted_by: keys(&granting),
            ask: self.who_can_grant(standing).await?,
            ..bare
        };
        tracing::info!(
            decision = %denial.decision_id,
            tenant = %standing.policy.id,
            permission = required,
            held = ?denial.held_roles,
            policy_version = denial.policy_version,
            "denied"
        );
        Ok(Error::Forbidden(Box::new(denial)))
    }

    /// The denial of everything in a tenant that an operator suspended: no role and nobody in it can help.
    pub(super) fn suspended(&self, standing: &Standing, required: &str, why: &str) -> Error {
        let reason = match why {
            "" => "This tenant is suspended.".into(),
            why => format!("This tenant is suspended: {why}").into(),
        };
        let denial = Denial { suspended: true, ..self.bare_denial(standing, required, reason) };
        Error::Forbidden(Box::new(denial))
    }

    fn bare_denial(&self, standing: &Standing, required: &str, reason: Cow<'static, str>) -> Denial {
        let now = self.database.clock().now();
        let roles = standing.policy.roles.iter();
        Denial {
            reason,
            required: required.to_owned(),
            held_roles: standing.held(now).map(|(role, _)| role.key.clone()).collect(),
            granted_by: Vec::new(),
            request: None,
            ask: Vec::new(),
            decision_id: DecisionId::new(),
            policy_version: standing.policy.version,
            role_names: roles.map(|role| (role.key.clone(), role.name.clone())).collect(),
            suspended: false,
        }
    }

    async fn who_can_grant(&self, standing: &Standing) -> Result<Vec<Person>> {
        let mut on = self.database.read().await?;
        let mut people: Vec<Person> = Vec::new();
        for role in standing.policy.granting(perm::MembersUpdate::ID) {
            let limit = i64::try_from(ASK).unwrap_or(5);
            let now = self.database.clock().now();
            for (id, name) in
                crate::authz::store::holders(&mut on, standing.policy.id, role.id, now, limit).await?
            {
                if people.len() < ASK && people.iter().all(|known| known.id != id) {
                    people.push(Person { id, name });
                }
            }
        }
        Ok(people)
    }
}
