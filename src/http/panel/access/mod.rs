//! Who may do what, and why: by person, by permission, as two tables, and what nobody uses. Called by the panel's router; each page is
//! for who holds `access:read`, and must never explain by itself what `authz` has not said.

pub(super) mod matrix;
pub(super) mod person;
pub(super) mod routes;
pub(super) mod unused;
pub(super) mod who;

use crate::authz::{Because, Effect};
use crate::clock::Timestamp;
use crate::http::panel::parts::shown::Moment;
use crate::http::routes::{Area, Routes};

pub(super) fn routes() -> Routes {
    Routes::new(Area::Panel)
        .get("/t/{tenant}/access", "What one member may do, and why", person::show)
        .get("/t/{tenant}/access/who-can", "Who may do something, and why", who::show)
        .get("/t/{tenant}/access/roles", "Every role and permission of a tenant", matrix::show)
        .get("/t/{tenant}/access/routes", "Every route with the permission it takes", routes::show)
        .get("/t/{tenant}/access/unused", "What of each role nobody used", unused::show)
}

/// The pages about access.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tab {
    Person,
    Who,
    Matrix,
    Routes,
    Unused,
}

/// A page about access, in the row that leads from one to the others.
#[derive(Debug)]
pub(super) struct TabLink {
    pub(super) label: &'static str,
    pub(super) href: String,
    pub(super) current: bool,
}

/// The pages about access in the tenant at `path`, one of which is shown.
pub(super) fn tabs(path: &str, shown: Tab) -> Vec<TabLink> {
    let tab = |(tab, label, tail): (Tab, &'static str, &str)| TabLink {
        label,
        href: format!("{path}/access{tail}"),
        current: tab == shown,
    };
    [
        (Tab::Person, "By member", ""),
        (Tab::Who, "By permission", "/who-can"),
        (Tab::Matrix, "Roles", "/roles"),
        (Tab::Routes, "Routes", "/routes"),
        (Tab::Unused, "Unused", "/unused"),
    ]
    .map(tab)
    .into()
}

/// One rule that speaks for or against, in words.
#[derive(Debug, Clone)]
pub(super) struct Line {
    pub(super) denies: bool,
    /// The role that is held.
    pub(super) role: String,
    /// The roles it inherits the rule through.
    pub(super) through: String,
    /// When the role that is held ends.
    pub(super) until: Option<Moment>,
}

impl Line {
    fn new(because: &Because, now: Timestamp) -> Self {
        let names: Vec<&str> = because.via.iter().map(|role| role.name.as_str()).collect();
        Self {
            denies: because.effect == Effect::Deny,
            role: because.role.name.clone(),
            through: names.join(", then "),
            until: because.expires_at.map(|end| Moment::new(end, now)),
        }
    }
}

/// Reasons as lines.
fn lines(because: &[Because], now: Timestamp) -> Vec<Line> {
    because.iter().map(|because| Line::new(because, now)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authz::NamedRole;
    use crate::ids::RoleId;

    #[test]
    fn a_path_is_told_from_the_role_that_is_held() {
        let role = |name: &str| NamedRole { id: RoleId::new(), key: name.to_lowercase(), name: name.into() };
        let now = Timestamp::from_micros(0);
        let mut because = Because {
            effect: Effect::Allow,
            role: role("Admin"),
            expires_at: None,
            via: vec![role("Member"), role("Viewer")],
        };
        let line = Line::new(&because, now);
        assert_eq!((line.role.as_str(), line.through.as_str()), ("Admin", "Member, then Viewer"));
        assert!(!line.denies && line.until.is_none());
        because.effect = Effect::Deny;
        assert!(Line::new(&because, now).denies);
    }
}
