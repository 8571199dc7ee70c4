//! The roles: those every tenant has, with some of its own, awkward names, as someone sees them who may not see who
//! holds them.

use super::{Sampled, scene};
use crate::http::panel::parts::frame::Section;
use crate::http::panel::parts::view::Look;
use crate::http::panel::roles::{Group, Listed, RoleCard, RolesPage};

impl Sampled for RolesPage {
    const PAGE: &'static str = "roles";

    fn samples(look: Look) -> Vec<(&'static str, Self)> {
        let awkward = RoleCard {
            name: scene::LONG.to_owned(),
            description: format!("{} {}", scene::UNBROKEN, scene::LONG),
            inherits: vec![scene::LONG.to_owned(), "Viewer".to_owned()],
            members: 10_482,
            ..own()
        };
        let bare = RoleCard {
            name: "New".to_owned(),
            key: "new".to_owned(),
            description: String::new(),
            inherits: Vec::new(),
            groups: Vec::new(),
            members: 0,
            ..own()
        };
        let full = || system().into_iter().chain([own()]).collect();
        vec![
            ("usual", page(look, system())),
            ("full", page(look, full())),
            ("awkward", page(look, vec![awkward, bare])),
            ("reader", Self { see_members: false, may_create: false, ..page(look, full()) }),
        ]
    }
}

fn page(look: Look, roles: Vec<RoleCard>) -> RolesPage {
    RolesPage {
        frame: scene::inside(look, Section::Roles, "Acme"),
        path: "/t/acme".to_owned(),
        roles,
        see_members: true,
        may_create: true,
    }
}

pub(super) fn system() -> Vec<RoleCard> {
    let card = |(key, name, description, parent, members): (&str, &str, &str, Option<&str>, i64)| RoleCard {
        key: key.to_owned(),
        name: name.to_owned(),
        description: description.to_owned(),
        system: true,
        held: key == "admin",
        members,
        apps: members % 2,
        inherits: parent.map(str::to_owned).into_iter().collect(),
        groups: groups(parent),
    };
    [
        ("owner", "Owner", "Everything, including deleting the tenant.", Some("Admin"), 1),
        ("admin", "Admin", "Runs the tenant: people, roles, settings.", Some("Member"), 2),
        ("member", "Member", "Works on projects.", Some("Viewer"), 14),
        ("viewer", "Viewer", "Looks, and changes nothing.", None, 3),
    ]
    .map(card)
    .into()
}

/// A role of the tenant's own.
pub(super) fn own() -> RoleCard {
    let mut groups = groups(Some("Viewer"));
    groups.push(Group {
        noun: "audit".to_owned(),
        permissions: vec![Listed {
            denied: true,
            ..listed("audit:export", "Export the audit log as a file.", None)
        }],
    });
    RoleCard {
        key: "on-call".to_owned(),
        name: "On call".to_owned(),
        description: "Answers at night.".to_owned(),
        system: false,
        held: true,
        members: 1,
        apps: 2,
        inherits: vec!["Viewer".to_owned()],
        groups,
    }
}

/// Some permissions, the first of which comes through `parent`.
fn groups(parent: Option<&str>) -> Vec<Group> {
    vec![
        Group {
            noun: "members".to_owned(),
            permissions: vec![
                listed("members:read", "See who is a member, and with which roles.", parent),
                listed("members:invite", "Invite people by e-mail.", None),
            ],
        },
        Group {
            noun: "projects".to_owned(),
            permissions: vec![listed("projects:create", "Create projects.", None)],
        },
    ]
}

fn listed(name: &str, sentence: &str, through: Option<&str>) -> Listed {
    Listed {
        name: name.to_owned(),
        sentence: sentence.to_owned(),
        denied: false,
        through: through.map(str::to_owned),
    }
}
