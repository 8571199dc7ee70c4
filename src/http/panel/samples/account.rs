//! One's account: usual, new, full, awkward names, without a recent sign-in; and linking an identity.

use super::{Sampled, scene, tokens};
use crate::error::Error;
use crate::http::panel::Icon;
use crate::http::panel::account::{AccountPage, IdentityRow};
use crate::http::panel::identities::LinkPage;
use crate::http::panel::parts::form::{FormErrors, Rejected};
use crate::http::panel::parts::frame::Section;
use crate::http::panel::parts::notice::Notice;
use crate::http::panel::parts::view::Look;
use crate::http::panel::sessions::SessionRow;
use crate::ids::{IdentityId, SessionHandle};
use crate::login::Provider;

impl Sampled for AccountPage {
    const PAGE: &'static str = "account";

    fn samples(look: Look) -> Vec<(&'static str, Self)> {
        let many = || (0..24).map(|number| session(number, "Firefox on Windows", Icon::Session)).collect();
        vec![
            ("usual", usual(look)),
            (
                "new",
                Self {
                    identities: vec![identity(0, "ada@example.com")],
                    tokens: Vec::new(),
                    mint_in: vec![("Acme".to_owned(), "#mint".to_owned())],
                    sessions: few(1),
                    ..usual(look)
                },
            ),
            (
                "saved",
                Self { frame: usual(look).frame.telling(Some(Notice::ProfileSaved.code())), ..usual(look) },
            ),
            ("wrong", Self { name: String::new(), errors: wrong(), ..usual(look) }),
            ("stale", Self { fresh: false, ..usual(look) }),
            ("full", Self { sessions: many(), ..usual(look) }),
            ("awkward", awkward(look)),
        ]
    }
}

impl Sampled for LinkPage {
    const PAGE: &'static str = "link";

    fn samples(look: Look) -> Vec<(&'static str, Self)> {
        let page = |provider| Self {
            frame: scene::frame(look, Section::Account),
            provider,
            href: "/login".to_owned(),
        };
        vec![("google", page(Provider::Google)), ("github", page(Provider::Github))]
    }
}

fn usual(look: Look) -> AccountPage {
    AccountPage {
        frame: scene::frame(look, Section::Account),
        name: "Ada Sample".to_owned(),
        email: Some("ada@example.com".to_owned()),
        email_verified: true,
        errors: FormErrors::default(),
        identities: vec![identity(0, "ada@example.com"), identity(1, "ada-sample")],
        linkable: Provider::ALL.to_vec(),
        fresh: true,
        tokens: (0..3).map(|number| ("Acme".to_owned(), tokens::token(number, "Backup"))).collect(),
        mint_in: ["Acme", "Blue Works"].map(|name| (name.to_owned(), "#mint".to_owned())).into(),
        sessions: few(4),
    }
}

fn awkward(look: Look) -> AccountPage {
    let mut page = AccountPage {
        name: scene::UNBROKEN.to_owned(),
        email: Some(format!("{}@example.com", scene::UNBROKEN.to_lowercase())),
        email_verified: false,
        identities: vec![identity(0, scene::LONG), identity(1, scene::UNBROKEN)],
        tokens: vec![
            (scene::LONG.to_owned(), tokens::token(1, scene::UNBROKEN)),
            (scene::UNBROKEN.to_owned(), tokens::token(2, scene::LONG)),
        ],
        sessions: vec![session(0, scene::LONG, Icon::Session), session(1, scene::UNBROKEN, Icon::Phone)],
        ..usual(look)
    };
    scene::UNBROKEN.clone_into(&mut page.frame.name);
    page
}

fn wrong() -> FormErrors {
    let empty = Error::invalid("/name", "required", "Write a name.");
    Rejected::from(empty, &["name"]).map(|rejected| rejected.errors).unwrap_or_default()
}

fn identity(number: usize, label: &str) -> IdentityRow {
    IdentityRow {
        id: IdentityId::from_uuid(scene::id(number)),
        provider: if number == 0 { Provider::Google } else { Provider::Github },
        label: label.to_owned(),
        current: number == 0,
        linked: scene::ago(2_000 - number as u64 * 700),
        used: scene::ago(number as u64 * 90),
    }
}

fn few(count: usize) -> Vec<SessionRow> {
    let known = [
        ("Firefox on Linux", Icon::Session),
        ("Safari on iPhone", Icon::Phone),
        ("Chrome on Windows", Icon::Session),
        ("freehold-backup/2.1 (nightly)", Icon::Session),
    ];
    known
        .iter()
        .take(count)
        .enumerate()
        .map(|(number, (browser, device))| session(number, browser, *device))
        .collect()
}

fn session(number: usize, browser: &str, device: Icon) -> SessionRow {
    SessionRow {
        id: SessionHandle::from_uuid(scene::id(number)),
        device,
        browser: browser.to_owned(),
        ip: if number == 1 {
            "2001:db8:85a3:0:0:8a2e:370:7334".to_owned()
        } else {
            format!("192.0.2.{number}")
        },
        provider: (number != 3).then(|| "Google".to_owned()),
        current: number == 0,
        opened: scene::ago(1 + number as u64 * 60),
        seen: scene::ago(number as u64 * 7),
    }
}
