//! The invitations: usual, none yet, none in a state, full, awkward addresses, a form that was not accepted, without
//! the right to invite, without mail; and the link that is passed on by hand.

use super::{Sampled, scene};
use crate::http::panel::invitations::{Asking, InvitationsPage, Row};
use crate::http::panel::inviting::LinkPage;
use crate::http::panel::parts::choices::{Choice, End, end_field};
use crate::http::panel::parts::form::{FormErrors, Rejected};
use crate::http::panel::parts::frame::Section;
use crate::http::panel::parts::shown::Badge;
use crate::http::panel::parts::view::Look;
use crate::ids::{InvitationId, JoinRequestId};
use crate::invitations::Status;

const STATES: [Status; 5] =
    [Status::Pending, Status::Pending, Status::Accepted, Status::Expired, Status::Revoked];

impl Sampled for InvitationsPage {
    const PAGE: &'static str = "invitations";

    fn samples(look: Look) -> Vec<(&'static str, Self)> {
        let usual = || {
            page(look, STATES.into_iter().enumerate().map(|(number, status)| row(number, status)).collect())
        };
        let many = (0..50).map(|number| Row {
            email: format!("person-{number}@example.com"),
            ..row(number, Status::Pending)
        });
        let awkward = Row {
            email: "an.address.as.long.as.addresses.may.be.and.then.some@a-very-long-domain-name.example.com"
                .to_owned(),
            roles: ["Owner", "Admin", scene::LONG].map(scene::badge).into(),
            invited_by: scene::UNBROKEN.to_owned(),
            ..row(0, Status::Pending)
        };
        let refused = Rejected::field("email", "invalid", "This is not an e-mail address.").errors;
        let without = Rejected::field("roles", "required", "Choose at least one role.").errors;
        vec![
            ("usual", usual()),
            ("empty", page(look, Vec::new())),
            ("none", Self { status: Some(Status::Expired), ..page(look, Vec::new()) }),
            (
                "full",
                Self {
                    next: Some("#next".to_owned()),
                    first: Some("#first".to_owned()),
                    status: Some(Status::Pending),
                    ..page(look, many.collect())
                },
            ),
            (
                "awkward",
                Self { asking: vec![asks(0, scene::LONG, scene::LONG)], ..page(look, vec![awkward]) },
            ),
            (
                "asking",
                Self {
                    asking: scene::PEOPLE
                        .iter()
                        .take(3)
                        .enumerate()
                        .map(|(number, (name, _))| asks(number, name, "Member"))
                        .collect(),
                    ..usual()
                },
            ),
            ("refused", Self { email: "zoe at example".to_owned(), errors: refused, ..usual() }),
            ("roleless", Self { email: "zoe@example.com".to_owned(), errors: without, ..usual() }),
            ("unmailed", Self { mailed: false, ..page(look, Vec::new()) }),
            ("reader", Self { form: None, may_revoke: false, ..usual() }),
            ("reader-empty", Self { form: None, may_revoke: false, ..page(look, Vec::new()) }),
        ]
    }
}

impl Sampled for LinkPage {
    const PAGE: &'static str = "invitation-link";

    fn samples(look: Look) -> Vec<(&'static str, Self)> {
        let page = |email: &str| Self {
            frame: scene::inside(look, Section::Invitations, "Acme"),
            path: "/t/acme".to_owned(),
            email: email.to_owned(),
            link: format!("https://id.example.com/invitations/{}", "fhi_sample".repeat(4)),
            expires: scene::ahead(7 * 24),
        };
        vec![
            ("usual", page("ben@example.com")),
            (
                "awkward",
                page(
                    "an.address.as.long.as.addresses.may.be.and.then.some@a-very-long-domain-name.example.com",
                ),
            ),
        ]
    }
}

fn page(look: Look, invitations: Vec<Row>) -> InvitationsPage {
    InvitationsPage {
        frame: scene::inside(look, Section::Invitations, "Acme"),
        path: "/t/acme/invitations".to_owned(),
        mailed: true,
        form: Some(choices("")),
        email: String::new(),
        errors: FormErrors::default(),
        status: None,
        invitations,
        first: None,
        next: None,
        may_revoke: true,
        asking: Vec::new(),
        answers: "/t/acme/join-requests".to_owned(),
    }
}

fn asks(number: usize, name: &str, role: &str) -> Asking {
    Asking {
        id: JoinRequestId::from_uuid(scene::id(number)),
        name: name.to_owned(),
        avatar: scene::avatar(number, name),
        email: format!("person-{number}@acme.example"),
        role: role.to_owned(),
        asked: scene::ago(3 + number as u64),
    }
}

/// What may be offered; `end` is in the field for the end of one's own rights.
pub(super) fn choices(end: &str) -> Vec<Choice> {
    let with_end = |choice: Choice| {
        let field = End { name: end_field(&choice.key), value: String::new(), error: None, needed: false };
        let field = match choice.name.as_str() {
            "Admin" => End { value: end.to_owned(), ..field },
            _ => field,
        };
        Choice {
            ticked: choice.name == "Admin" && !end.is_empty(),
            end: (!choice.beyond).then_some(field),
            ..choice
        }
    };
    scene::choices().into_iter().map(with_end).collect()
}

fn row(number: usize, status: Status) -> Row {
    let email = scene::PEOPLE.get(number % scene::PEOPLE.len()).map_or("", |(_, email)| *email);
    let sent = number as u64 * 50;
    Row {
        id: InvitationId::from_uuid(scene::id(number)),
        email: email.to_owned(),
        roles: vec![match number {
            0 => Badge { until: Some(scene::ahead(300)), ..scene::badge("Admin") },
            _ => scene::badge("Member"),
        }],
        status,
        expires: if status == Status::Expired { scene::ago(3) } else { scene::ahead(7 * 24 - sent.min(160)) },
        sent: scene::ago(sent),
        invited_by: "Ada Sample".to_owned(),
    }
}
