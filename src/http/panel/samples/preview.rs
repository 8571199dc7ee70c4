//! What a change would do, asked before it is done: to some, to nobody, to a crowd, to people who are not named, to
//! oneself, with awkward names; and when it cannot be done.

use super::{Sampled, scene};
use crate::error::Error;
use crate::http::panel::parts::consequences::{Consequences, Door, Fate, Named, Permit};
use crate::http::panel::parts::form::{self, FormErrors, Rejected};
use crate::http::panel::parts::frame::Section;
use crate::http::panel::parts::preview::{Back, PreviewPage};
use crate::http::panel::parts::view::Look;

impl Sampled for PreviewPage {
    const PAGE: &'static str = "preview";

    fn samples(look: Look) -> Vec<(&'static str, Self)> {
        let with = |consequences| Self { consequences: Some(consequences), ..page(look, "On call") };
        let last = Error::Conflict("A tenant needs at least one owner whose role has no end.".into());
        let removal = || Self {
            title: "Remove Ben Sample from Acme?".to_owned(),
            text: "The roles of Ben Sample and all access end at once.".to_owned(),
            button: "Remove",
            final_step: true,
            back: Back::Page("/t/acme/members/1".to_owned()),
            consequences: Some(loss()),
            ..page(look, "On call")
        };
        let refused = Rejected::from(last, &[]).ok();
        vec![
            ("usual", with(usual())),
            ("nobody", with(nobody())),
            ("crowd", with(crowd())),
            ("unnamed", with(unnamed())),
            ("own", with(own())),
            ("own-page", with(Consequences { loses_page: true, ..own() })),
            ("removal", removal()),
            ("refused", Self { consequences: None, errors: form::errors(refused.as_ref()), ..removal() }),
            ("awkward", Self { consequences: Some(awkward()), ..page(look, scene::LONG) }),
        ]
    }
}

fn page(look: Look, role: &str) -> PreviewPage {
    PreviewPage {
        frame: scene::inside(look, Section::Roles, "Acme"),
        title: format!("Save the role {role}?"),
        text: String::new(),
        consequences: None,
        action: "/t/acme/roles/on-call".to_owned(),
        fields: vec![("name".to_owned(), role.to_owned()), ("revision".to_owned(), "1".to_owned())],
        button: "Save the role",
        final_step: false,
        back: Back::Form("/t/acme/roles/on-call/preview".to_owned()),
        errors: FormErrors::default(),
    }
}

/// Some gain, others lose.
pub(super) fn usual() -> Consequences {
    Consequences {
        says: "4 members gain or lose something.".to_owned(),
        own: Vec::new(),
        loses_page: false,
        fates: vec![
            Fate { people: people(3), ..fate(&["members:invite"], &["audit:read"]) },
            Fate { people: people(4).split_off(3), ..fate(&[], &["audit:read", "audit:export"]) },
        ],
        opens: vec![door("POST", "/t/{tenant}/invitations", "Invite someone", false)],
        closes: vec![
            door("GET", "/t/{tenant}/audit", "The audit log", false),
            door("GET", "/api/v1/tenants/{tenant}/audit-events", "List audit events", true),
        ],
        recent: "Since 23 October 2025 1 204 decisions would have been denied that came out allowed, and 17 allowed that came out denied.".to_owned(),
    }
}

/// It does nothing to anyone.
pub(super) fn nobody() -> Consequences {
    Consequences {
        says: "Nobody gains or loses anything.".to_owned(),
        fates: Vec::new(),
        opens: Vec::new(),
        closes: Vec::new(),
        recent: "No decision made since 23 October 2025 would have come out differently.".to_owned(),
        ..usual()
    }
}

fn crowd() -> Consequences {
    let many = Fate { people: people(8), more: "and 10,474 more".to_owned(), ..fate(&[], &MANY) };
    let rest = Fate {
        people: Vec::new(),
        more: "208 members and 4 apps".to_owned(),
        various: true,
        ..fate(&["members:invite"], &MANY)
    };
    Consequences {
        says: "10,694 members gain or lose something.".to_owned(),
        fates: vec![many, rest],
        ..usual()
    }
}

fn unnamed() -> Consequences {
    let all = Fate {
        people: Vec::new(),
        more: "12 members".to_owned(),
        various: true,
        ..fate(&["members:invite"], &["audit:read"])
    };
    Consequences {
        says: "12 members gain or lose something.".to_owned(),
        fates: vec![all],
        recent: "No decision made since 23 October 2025 would have come out differently.".to_owned(),
        ..usual()
    }
}

fn own() -> Consequences {
    let mut you = people(1);
    for person in &mut you {
        person.own = true;
    }
    Consequences {
        says: "1 member loses something.".to_owned(),
        own: permits(&["roles:update", "audit:read"]),
        fates: vec![Fate { people: you, ..fate(&[], &["roles:update", "audit:read"]) }],
        ..usual()
    }
}

fn loss() -> Consequences {
    Consequences {
        says: "1 member loses something.".to_owned(),
        fates: vec![Fate { people: people(2).split_off(1), ..fate(&[], &MANY) }],
        opens: Vec::new(),
        ..usual()
    }
}

fn awkward() -> Consequences {
    let named = |name: &str| Named { name: name.to_owned(), href: "#".to_owned(), own: false };
    let long =
        Permit { name: "a-noun-of-someone:a-verb-of-theirs".to_owned(), sentence: scene::LONG.to_owned() };
    let people = vec![named(scene::LONG), named(scene::UNBROKEN), named("X")];
    let fate = Fate { people, loses: vec![long], ..fate(&["members:invite"], &[]) };
    Consequences { fates: vec![fate], ..usual() }
}

const MANY: [&str; 7] = [
    "audit:read",
    "audit:export",
    "members:read",
    "members:update",
    "members:delete",
    "roles:read",
    "roles:update",
];

fn fate(gains: &[&str], loses: &[&str]) -> Fate {
    Fate {
        people: Vec::new(),
        more: String::new(),
        various: false,
        gains: permits(gains),
        loses: permits(loses),
    }
}

fn permits(names: &[&str]) -> Vec<Permit> {
    let permit = |name: &&str| Permit {
        name: (*name).to_owned(),
        sentence: "What it allows, in a sentence of the catalogue.".to_owned(),
    };
    names.iter().map(permit).collect()
}

fn people(count: usize) -> Vec<Named> {
    let named =
        |(name, _): &(&str, &str)| Named { name: (*name).to_owned(), href: "#".to_owned(), own: false };
    scene::PEOPLE.iter().take(count).map(named).collect()
}

fn door(method: &str, path: &'static str, summary: &'static str, api: bool) -> Door {
    Door { method: method.to_owned(), path, summary, api }
}
