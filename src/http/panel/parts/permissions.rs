//! The catalogue as a form: each permission with what a role says of it, grouped by what it is about.

use crate::authz::{Catalogue, Grant, PermissionId};
use crate::http::panel::role::Typed;

/// Permissions about the same thing.
#[derive(Debug, Clone)]
pub(in crate::http::panel) struct Group {
    /// What they are about, such as `members`.
    pub(in crate::http::panel) noun: String,
    /// In the order of the catalogue.
    pub(in crate::http::panel) rows: Vec<Row>,
}

/// A permission in a form.
#[derive(Debug, Clone)]
pub(in crate::http::panel) struct Row {
    /// `noun:verb`.
    pub(in crate::http::panel) name: String,
    /// What it allows, in a sentence.
    pub(in crate::http::panel) sentence: String,
    /// Whether the role allows it by itself.
    pub(in crate::http::panel) allowed: bool,
    /// Whether the role denies it by itself.
    pub(in crate::http::panel) denied: bool,
    /// The role that gives it too, among those inherited from.
    pub(in crate::http::panel) through: Option<String>,
    /// Whether the reader cannot give it, because they do not hold it.
    pub(in crate::http::panel) beyond: bool,
}

/// Every permission, with what is typed of it. What is ticked may stay, also where the reader could not give it.
pub(in crate::http::panel) fn listed<P>(
    catalogue: &Catalogue,
    grant: &Grant<P>,
    typed: &Typed,
) -> Vec<Group> {
    let policy = grant.policy();
    let parents: Vec<_> = typed.inherits.iter().filter_map(|key| policy.role_by_key(key)).collect();
    let through = |id: PermissionId| {
        parents.iter().find(|parent| parent.table.allow.contains(id)).map(|parent| parent.name.clone())
    };
    let mut groups: Vec<Group> = Vec::new();
    for (id, info) in catalogue.iter() {
        let allowed = typed.allow.contains(&info.name);
        let row = Row {
            name: info.name.clone(),
            sentence: info.description.clone(),
            allowed,
            denied: typed.deny.contains(&info.name),
            through: through(id),
            beyond: !allowed && !grant.standing().effective.contains(id),
        };
        let noun = info.noun_verb().0;
        match groups.iter_mut().find(|group| group.noun == noun) {
            Some(group) => group.rows.push(row),
            None => groups.push(Group { noun: noun.to_owned(), rows: vec![row] }),
        }
    }
    groups
}
