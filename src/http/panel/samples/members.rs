//! The list of members: usual, full, found nobody, awkward names, as a viewer sees it.

use super::{Sampled, scene};
use crate::http::panel::members::{MembersPage, Row};
use crate::http::panel::parts::frame::Section;
use crate::http::panel::parts::shown::Badge;
use crate::http::panel::parts::sorting::{Column, Direction};
use crate::http::panel::parts::view::Look;

impl Sampled for MembersPage {
    const PAGE: &'static str = "members";

    fn samples(look: Look) -> Vec<(&'static str, Self)> {
        let usual = || {
            page(
                look,
                scene::PEOPLE
                    .iter()
                    .enumerate()
                    .map(|(number, (name, email))| row(number, name, email))
                    .collect(),
            )
        };
        let crowd = (0..50).map(|number| {
            row(number, &format!("Person {number} Sample"), &format!("person-{number}@example.com"))
        });
        let awkward = [scene::LONG, scene::UNBROKEN, "X"].iter().enumerate().map(|(number, name)| Row {
            roles: ["Owner", "Admin", scene::LONG].map(scene::badge).into_iter().chain([ending()]).collect(),
            ..row(
                number,
                name,
                "an.address.as.long.as.addresses.may.be.and.then.some@a-very-long-domain-name.example.com",
            )
        });
        vec![
            ("usual", usual()),
            (
                "full",
                Self {
                    total: 10_482,
                    next: Some("#next".to_owned()),
                    first: Some("#first".to_owned()),
                    ..page(look, crowd.collect())
                },
            ),
            ("awkward", page(look, awkward.collect())),
            (
                "nobody",
                Self {
                    search: "nobody is called this".to_owned(),
                    role: "admin".to_owned(),
                    ..page(look, Vec::new())
                },
            ),
            ("viewer", Self { may_invite: false, may_change: false, may_select: false, ..usual() }),
        ]
    }
}

fn page(look: Look, members: Vec<Row>) -> MembersPage {
    let column = |label, order| Column { label, href: "#".to_owned(), order };
    MembersPage {
        frame: scene::inside(look, Section::Members, "Acme"),
        path: "/t/acme".to_owned(),
        search: String::new(),
        role: String::new(),
        sort: None,
        roles: ["Owner", "Admin", "Member", "Viewer"]
            .map(|name| (name.to_lowercase(), name.to_owned()))
            .into(),
        total: i64::try_from(members.len()).unwrap_or_default(),
        members,
        by_name: column("Name", Some(Direction::Ascending)),
        by_joined: column("Joined", None),
        first: None,
        next: None,
        may_invite: true,
        may_change: true,
        may_select: true,
    }
}

fn row(number: usize, name: &str, email: &str) -> Row {
    Row {
        id: scene::id(number).to_string(),
        path: format!("/t/acme/members/{}", scene::id(number)),
        name: name.to_owned(),
        email: email.to_owned(),
        avatar: scene::avatar(number, name),
        roles: match number {
            0 => vec![scene::badge("Owner")],
            1 => vec![scene::badge("Admin"), ending()],
            5 => Vec::new(),
            _ => vec![scene::badge("Member")],
        },
        joined: scene::ago(number as u64 * 500),
        seen: (number != 3).then(|| scene::ago(number as u64 * 3)),
        own: number == 0,
    }
}

fn ending() -> Badge {
    Badge { name: "On call".to_owned(), until: Some(scene::ahead(30)) }
}
