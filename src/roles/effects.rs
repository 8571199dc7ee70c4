//! What a change of access does to people, as sets, and in words as a preview. Used by the previews of roles and of
//! members; must never name anyone to somebody who may not see the members.

use serde::Serialize;

use crate::authz::{Catalogue, Grant, PermissionSet, perm};
use crate::decisions::Flips;
use crate::error::Person;
use crate::ids::{AppId, Subject};

/// How many members, and how many apps, a preview names at most.
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
    /// The apps that would gain or lose something, by name; at most 200 of them. Empty without `apps:read`.
    pub apps: Vec<AffectedApp>,
    /// How many apps would gain or lose something, all counted.
    pub affected_apps: i64,
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

/// An app, and what it would gain and lose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct AffectedApp {
    /// Which.
    pub app: NamedApp,
    /// The permissions it would gain.
    pub gains: Vec<String>,
    /// The permissions it would lose.
    pub loses: Vec<String>,
}

/// An app, as shown to members of its tenant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct NamedApp {
    /// The app's id.
    pub id: AppId,
    /// The app's name.
    pub name: String,
}

/// What happens to whom, as sets.
#[derive(Debug)]
pub(crate) struct Effects {
    policy_version: i64,
    caller: Subject,
    sees_members: bool,
    sees_apps: bool,
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
            sees_apps: grant.can::<perm::AppsRead>(),
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
        self.of.keys().any(|subject| self.sees(*subject))
    }

    fn sees(&self, subject: Subject) -> bool {
        match subject {
            Subject::User(_) => self.sees_members,
            Subject::App(_) => self.sees_apps,
        }
    }

    /// The same in words; those it concerns are found by `names`.
    pub(crate) fn told<S: Into<Subject>>(
        self,
        catalogue: &Catalogue,
        names: impl IntoIterator<Item = (S, String)>,
    ) -> Preview {
        let words = |set| catalogue.names(set).into_iter().map(str::to_owned).collect::<Vec<String>>();
        let mut everyone: Vec<(Subject, String)> =
            names.into_iter().map(|(subject, name)| (subject.into(), name)).collect();
        everyone.sort_by_cached_key(|(subject, name)| (name.to_lowercase(), *subject));
        let (mut members, mut apps) = (Vec::new(), Vec::new());
        for (subject, name) in everyone.into_iter().filter(|(subject, _)| self.sees(*subject)) {
            let Some((gains, loses)) =
                self.of.get(&subject).map(|(gains, loses)| (words(*gains), words(*loses)))
            else {
                continue;
            };
            match subject {
                Subject::User(id) => members.push(Affected { user: Person { id, name }, gains, loses }),
                Subject::App(id) => apps.push(AffectedApp { app: NamedApp { id, name }, gains, loses }),
            }
        }
        members.truncate(MOST_NAMED);
        apps.truncate(MOST_NAMED);
        let count = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
        let people = self.of.keys().filter(|subject| subject.user().is_some()).count();
        let empty = PermissionSet::EMPTY;
        let (gained, lost) = self.of.values().fold((empty, empty), |(gained, lost), (gains, loses)| {
            (gained.union(*gains), lost.union(*loses))
        });
        Preview {
            policy_version: self.policy_version,
            members,
            affected_members: count(people),
            apps,
            affected_apps: count(self.of.len() - people),
            gained: words(gained),
            lost: words(lost),
            loses_own: words(self.of.get(&self.caller).map_or(empty, |(_, loses)| *loses)),
            flips: self.of,
        }
    }
}
