//! What a change of access does to people, as sets, and in words as a preview. Used by the previews of roles and of
//! members; must never name anyone to somebody who may not see the members.

use serde::Serialize;

use crate::authz::{Catalogue, Grant, PermissionSet, perm};
use crate::decisions::Flips;
use crate::error::Person;
use crate::ids::{Subject, UserId};

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
    /// The same as sets, of everyone: for looking up what was decided for them lately. Not for clients.
    #[serde(skip)]
    pub flips: Flips,
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

/// What happens to whom, as sets.
#[derive(Debug)]
pub(crate) struct Effects {
    policy_version: i64,
    caller: Subject,
    sees_members: bool,
    /// Gains and losses, of those who have any.
    of: Flips,
}

impl Effects {
    /// Nothing yet, for the one who asks.
    pub(crate) fn new<P>(grant: &Grant<P>) -> Self {
        Self {
            policy_version: grant.policy().version,
            caller: grant.subject(),
            sees_members: grant.can::<perm::MembersRead>(),
            of: Flips::new(),
        }
    }

    /// Takes note of someone who may do `before` now, and could do `after` then.
    pub(crate) fn note(&mut self, subject: impl Into<Subject>, before: PermissionSet, after: PermissionSet) {
        if before != after {
            self.of.insert(subject.into(), (after.minus(before), before.minus(after)));
        }
    }

    /// Whether names are of use: there is someone to name, and the one who asks may see who.
    pub(crate) fn wants_names(&self) -> bool {
        self.sees_members && !self.of.is_empty()
    }

    /// The same in words; people are found by `names`.
    pub(crate) fn told(
        self,
        catalogue: &Catalogue,
        names: impl IntoIterator<Item = (UserId, String)>,
    ) -> Preview {
        let words = |set| catalogue.names(set).into_iter().map(str::to_owned).collect::<Vec<String>>();
        let mut people: Vec<(Person, (PermissionSet, PermissionSet))> = names
            .into_iter()
            .filter(|_| self.sees_members)
            .filter_map(|(id, name)| Some((Person { id, name }, *self.of.get(&Subject::User(id))?)))
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
            flips: self.of,
        }
    }
}
