//! Several addresses invited at once: all sorts of outcomes, without mail, nobody, awkward addresses.

use super::invitations::choices;
use super::{Sampled, scene};
use crate::http::panel::invited::InvitedPage;
use crate::http::panel::parts::form::FormErrors;
use crate::http::panel::parts::frame::Section;
use crate::http::panel::parts::view::Look;
use crate::invitations::{Line, LineStatus};

impl Sampled for InvitedPage {
    const PAGE: &'static str = "invited";

    fn samples(look: Look) -> Vec<(&'static str, Self)> {
        let address =
            "an.address.as.long.as.addresses.may.be.and.then.some@a-very-long-domain-name.example.com";
        let sent = |count: u32| {
            (1..=count)
                .map(|number| line(number, &format!("p-{number}@example.com"), LineStatus::Invited, ""))
        };
        vec![
            ("usual", page(look, some(), "dorothea at example\nli@example.com\nzoe@example.com")),
            ("all", page(look, sent(3).collect(), "")),
            ("unmailed", Self { mailed: false, ..page(look, sent(3).collect(), "") }),
            (
                "nobody",
                page(
                    look,
                    vec![line(
                        1,
                        scene::UNBROKEN,
                        LineStatus::Invalid,
                        "This is not one plain e-mail address.",
                    )],
                    scene::UNBROKEN,
                ),
            ),
            (
                "awkward",
                page(
                    look,
                    vec![
                        line(1, address, LineStatus::Invited, ""),
                        line(2, scene::LONG, LineStatus::Invalid, "This is not one plain e-mail address."),
                    ],
                    scene::LONG,
                ),
            ),
            ("full", page(look, sent(200).collect(), "")),
        ]
    }
}

/// A line of every kind.
fn some() -> Vec<Line> {
    vec![
        line(
            1,
            "ada@example.com",
            LineStatus::AlreadyMember,
            "A member of this tenant has this address already.",
        ),
        line(2, "ben@example.com", LineStatus::Invited, ""),
        line(
            3,
            "chidi@example.com",
            LineStatus::AlreadyInvited,
            "This address has an open invitation. Send that again if it got lost.",
        ),
        line(4, "ben@example.com", LineStatus::Repeated, "The same address as on line 2."),
        line(5, "dorothea at example", LineStatus::Invalid, "This is not one plain e-mail address."),
        line(
            6,
            "li@example.com",
            LineStatus::OverLimit,
            "This address was sent as many invitations as it may get in a day.",
        ),
        line(7, "zoe@example.com", LineStatus::Failed, "Not sent: something did not work. Try again."),
    ]
}

fn page(look: Look, lines: Vec<Line>, email: &str) -> InvitedPage {
    InvitedPage {
        frame: scene::inside(look, Section::Invitations, "Acme"),
        path: "/t/acme/invitations".to_owned(),
        mailed: true,
        invited: lines.iter().filter(|line| line.status == LineStatus::Invited).count(),
        lines,
        choices: choices("2027-01-31T18:00"),
        email: email.to_owned(),
        errors: FormErrors::default(),
    }
}

fn line(line: u32, email: &str, status: LineStatus, detail: &str) -> Line {
    let secret = format!("https://id.example.com/invitations/{}", "fhi_sample".repeat(4));
    Line {
        line,
        email: email.to_owned(),
        status,
        detail: Some(detail.to_owned()).filter(|detail| !detail.is_empty()),
        invitation: None,
        link: (status == LineStatus::Invited).then_some(secret),
    }
}
