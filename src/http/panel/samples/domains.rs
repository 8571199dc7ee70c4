//! The domains of a tenant: none, one to prove, one proved, one refused, awkward names, as many as may be.

use super::{Sampled, scene};
use crate::domains::Joining;
use crate::http::panel::domains::{Card, DomainsPage, RoleChoice};
use crate::http::panel::parts::form::{FormErrors, Rejected};
use crate::http::panel::parts::frame::Section;
use crate::http::panel::parts::view::Look;

impl Sampled for DomainsPage {
    const PAGE: &'static str = "domains";

    fn samples(look: Look) -> Vec<(&'static str, Self)> {
        let page = |domains| Self {
            frame: scene::inside(look, Section::Settings, "Acme"),
            path: "/t/acme/settings".to_owned(),
            domains,
            domain: String::new(),
            errors: FormErrors::default(),
        };
        let missing = "The TXT records at _freehold.acme.example are “v=spf1 -all”, and none of them is the one wanted.";
        let pending = || Card { verified: None, joining: Joining::Off, ..card("works.acme.example", "") };
        let refused = Card { refused: Some(missing.to_owned()), checked: Some(scene::ago(0)), ..pending() };
        let wrong = "Everybody may have an address there. Only a domain of your own can be proved.";
        let long = format!("{}.a-very-long-domain-name-indeed.example.com", "subdomain.".repeat(10));
        let many = (0..20).map(|number| Card { verified: None, ..card(&format!("d{number}.example"), "") });
        vec![
            ("usual", page(vec![card("acme.example", "member"), pending()])),
            ("empty", page(Vec::new())),
            ("refused", page(vec![refused])),
            ("awkward", page(vec![card(&long, "viewer")])),
            ("full", page(many.collect())),
            (
                "rejected",
                Self {
                    domain: "gmail.com".to_owned(),
                    errors: Rejected::field("domain", "shared", wrong).errors,
                    ..page(vec![pending()])
                },
            ),
        ]
    }
}

fn card(name: &str, role: &str) -> Card {
    let choice = |(key, name): (&str, &str)| RoleChoice {
        key: key.to_owned(),
        name: name.to_owned(),
        chosen: key == role,
        beyond: key == "admin",
    };
    Card {
        name: name.to_owned(),
        record: (format!("_freehold.{name}"), format!("freehold-verification={}", "sample0".repeat(6))),
        verified: Some(scene::ago(24 * 40)),
        checked: Some(scene::ago(5)),
        joining: Joining::Ask,
        revision: 3,
        roles: [("admin", "Admin"), ("member", "Member"), ("viewer", "Viewer")].map(choice).into(),
        refused: None,
    }
}
