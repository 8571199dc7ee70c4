//! What a change of a role would do to people, before it is done: the write itself, rules included, and then not
//! committed. Called by the API and the panel; must never commit, nor answer what the write would refuse.

use std::collections::HashMap;

use serde::Serialize;

use super::draft::RoleChange;
use super::{change, delete, store};
use crate::authz::{Authz, Catalogue, Grant, HeldRole, PermissionSet, perm};
use crate::db::WriteTx;
use crate::error::{Person, Result};
use crate::ids::{RoleId, UserId};

/// How many members a preview names at most.
const MOST_NAMED: usize = 200;

/// Who would gain and lose what, at the moment of asking.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Preview {
    /// The policy version it was computed on.
    pub policy_version: i64,
    /// Those who would gain or lose something, by name; at most 200 of them. Empty without `members:read`.
    pub members: Vec<Affected>,
    /// How many would gain or lose something, all counted.
    pub affected_members: i64,
    /// The permissions that at least one of them would gain.
    pub gained: Vec<String>,
    /// The permissions that at least one of them would lose.
    pub lost: Vec<String>,
    /// The permissions that the caller would lose.
    pub loses_own: Vec<String>,
}

/// A member, and what they would gain and lose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Affected {
    /// Who.
    pub user: Person,
    /// The permissions they would gain.
    pub gains: Vec<String>,
    /// The permissions they would lose.
    pub loses: Vec<String>,
}

/// What [`change`](super::change()) would do with the same arguments. Changes nothing and records nothing.
///
/// # Errors
/// As [`change`](super::change()).
pub async fn preview(
    authz: &Authz,
    grant: &Grant<perm::RolesUpdate>,
    key_or_id: &str,
    change: &RoleChange,
) -> Result<Preview> {
    let change::Staged { mut tx, grant, before: role, written } =
        change::stage(authz, grant, (key_or_id, None), change).await?;
    let mut effect = Effects::new(&grant);
    let Some(after) = written else { return Ok(effect.told(authz.catalogue(), Vec::new())) };
    let now = tx.at();
    for (user, roles) in store::held_with(&mut tx, grant.tenant(), role.id, now).await? {
        effect.note(user, grant.policy().effective(&roles, now), after.effective(&roles, now));
    }
    let names = effect.names(&mut tx, &grant, role.id).await?;
    Ok(effect.told(authz.catalogue(), names))
}

/// What [`delete`](super::delete()) would do with the same arguments. Changes nothing and records nothing.
///
/// # Errors
/// As [`delete`](super::delete()).
pub async fn preview_delete(
    authz: &Authz,
    grant: &Grant<perm::RolesDelete>,
    key_or_id: &str,
    reassign_to: Option<&str>,
) -> Result<Preview> {
    let delete::Staged { mut tx, grant, other, held, .. } =
        delete::stage(authz, grant, (key_or_id, None), reassign_to).await?;
    let mut effect = Effects::new(&grant);
    let Some(other) = other else { return Ok(effect.told(authz.catalogue(), Vec::new())) };
    let (tenant, now) = (grant.tenant(), tx.at());
    let after = authz.policy_as_written(&mut tx, tenant).await?;
    // Everyone who held the role holds the other one by now, so all of them are found through it.
    let mut holding: HashMap<UserId, Vec<HeldRole>> =
        store::held_with(&mut tx, tenant, other.id, now).await?.into_iter().collect();
    for (user, roles) in held {
        let then = holding.remove(&user).unwrap_or_default();
        effect.note(user, grant.policy().effective(&roles, now), after.effective(&then, now));
    }
    let names = effect.names(&mut tx, &grant, other.id).await?;
    Ok(effect.told(authz.catalogue(), names))
}

/// What happens to whom, as sets.
struct Effects {
    policy_version: i64,
    caller: UserId,
    /// Gains and losses, of those who have any.
    of: HashMap<UserId, (PermissionSet, PermissionSet)>,
}

impl Effects {
    fn new<P>(grant: &Grant<P>) -> Self {
        Self { policy_version: grant.policy().version, caller: grant.user(), of: HashMap::new() }
    }

    /// Takes note of someone who may do `before` now, and could do `after` then.
    fn note(&mut self, user: UserId, before: PermissionSet, after: PermissionSet) {
        if before != after {
            self.of.insert(user, (after.minus(before), before.minus(after)));
        }
    }

    /// The names of those noted, who all hold `role` or one that inherits from it.
    async fn names<P>(
        &self,
        tx: &mut WriteTx,
        grant: &Grant<P>,
        role: RoleId,
    ) -> Result<Vec<(UserId, String)>> {
        // Whoever may not see the members is told how many, not who.
        if self.of.is_empty() || !grant.can::<perm::MembersRead>() {
            return Ok(Vec::new());
        }
        let now = tx.at();
        store::names_of_holders(tx, grant.tenant(), role, now).await
    }

    /// The same in words; people are found by `names`.
    fn told(&self, catalogue: &Catalogue, names: Vec<(UserId, String)>) -> Preview {
        let words = |set| catalogue.names(set).into_iter().map(str::to_owned).collect::<Vec<String>>();
        let mut people: Vec<(Person, (PermissionSet, PermissionSet))> = names
            .into_iter()
            .filter_map(|(id, name)| Some((Person { id, name }, *self.of.get(&id)?)))
            .collect();
        people.sort_by_cached_key(|(person, _)| (person.name.to_lowercase(), person.id));
        let members = people
            .into_iter()
            .take(MOST_NAMED)
            .map(|(user, (gains, loses))| Affected { user, gains: words(gains), loses: words(loses) })
            .collect();
        let empty = PermissionSet::EMPTY;
        let (gained, lost) = self.of.values().fold((empty, empty), |(gained, lost), (gains, loses)| {
            (gained.union(*gains), lost.union(*loses))
        });
        Preview {
            policy_version: self.policy_version,
            members,
            affected_members: i64::try_from(self.of.len()).unwrap_or(i64::MAX),
            gained: words(gained),
            lost: words(lost),
            loses_own: words(self.of.get(&self.caller).map_or(empty, |(_, loses)| *loses)),
        }
    }
}
