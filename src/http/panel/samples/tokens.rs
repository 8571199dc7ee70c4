//! Tokens: the list as those see it who see all and who see their own, minting, replacing, and the page that shows one.

use super::{Sampled, scene};
use crate::http::panel::parts::form::{FormErrors, Rejected};
use crate::http::panel::parts::frame::{Frame, Section};
use crate::http::panel::parts::lasts::Lasts;
use crate::http::panel::parts::made::MadePage;
use crate::http::panel::parts::view::Look;
use crate::http::panel::tokens::mint::{MintPage, RotatePage, ScopeRow, Scopes};
use crate::http::panel::tokens::{TokenRow, TokensPage};

fn frame(look: Look) -> Frame {
    scene::inside(look, Section::Tokens, "Acme")
}

/// A personal token; the second is unused, and the third ends soon.
pub(super) fn token(number: usize, name: &str) -> TokenRow {
    TokenRow {
        path: format!("/t/acme/tokens/{}", scene::id(number)),
        name: name.to_owned(),
        prefix: format!("fhp_x9B{number}"),
        scopes: vec!["members:read".to_owned(), "projects:read".to_owned(), "projects:update".to_owned()],
        owner: (
            scene::id(number).to_string(),
            scene::PEOPLE.get(number).map_or("Ada Sample", |(name, _)| name).to_owned(),
        ),
        of_app: false,
        own: number == 0,
        made: scene::ago(24 * 50),
        ends: scene::ahead(if number == 2 { 24 * 3 } else { 24 * 40 }),
        soon: number == 2,
        used: (number != 1).then(|| scene::ago(number as u64)),
        from: (number != 1).then(|| "2001:db8:85a3::8a2e:370:7334".to_owned()),
        unused: number == 1,
        may_rotate: number == 0,
        may_revoke: true,
    }
}

/// An access token of an app.
pub(super) fn access(number: usize) -> TokenRow {
    TokenRow {
        prefix: format!("fha_p2C{number}"),
        owner: (scene::id(9).to_string(), "Website".to_owned()),
        of_app: true,
        own: false,
        made: scene::ago(0),
        ends: scene::ahead(1),
        may_rotate: false,
        ..token(number, "Access token")
    }
}

impl Sampled for TokensPage {
    const PAGE: &'static str = "tokens";

    fn samples(look: Look) -> Vec<(&'static str, Self)> {
        let page = |tokens| Self {
            frame: frame(look),
            path: "/t/acme".to_owned(),
            tokens,
            owner: None,
            unused: false,
            all: true,
            own: scene::id(0).to_string(),
            first: None,
            next: Some("#next".to_owned()),
            may_mint: true,
        };
        let names = ["Backup", "Laptop", scene::LONG, scene::UNBROKEN].into_iter().enumerate();
        let all: Vec<TokenRow> = names.map(|(number, name)| token(number, name)).chain([access(5)]).collect();
        let own = || Self { all: false, next: None, ..page(vec![token(0, "Backup")]) };
        vec![
            ("usual", page(all)),
            ("own", own()),
            ("empty", Self { tokens: Vec::new(), ..own() }),
            ("nothing", Self { unused: true, tokens: Vec::new(), ..own() }),
        ]
    }
}

impl Sampled for MintPage {
    const PAGE: &'static str = "token-new";

    fn samples(look: Look) -> Vec<(&'static str, Self)> {
        let row = |(name, sentence): (&str, &str)| ScopeRow {
            name: name.to_owned(),
            sentence: sentence.to_owned(),
            ticked: name.ends_with(":read"),
        };
        let group = |noun: &str, rows: &[(&str, &str)]| Scopes {
            noun: noun.to_owned(),
            rows: rows.iter().copied().map(row).collect(),
        };
        let page = |errors| Self {
            frame: frame(look),
            path: "/t/acme".to_owned(),
            name: String::new(),
            groups: vec![
                group(
                    "members",
                    &[("members:read", "See the members."), ("members:invite", "Invite people.")],
                ),
                group(
                    "projects",
                    &[("projects:read", "See the projects."), ("projects:update", scene::LONG)],
                ),
            ],
            lasts: Lasts::default(),
            reading: true,
            newest: scene::id(0).to_string(),
            errors,
        };
        let none = Rejected::field("scopes", "required", "Choose at least one scope.").errors;
        vec![("usual", page(FormErrors::default())), ("rejected", page(none))]
    }
}

impl Sampled for RotatePage {
    const PAGE: &'static str = "token-rotate";

    fn samples(look: Look) -> Vec<(&'static str, Self)> {
        let page = |name, lost| Self {
            frame: frame(look),
            path: "/t/acme".to_owned(),
            token: token(0, name),
            lost,
            overlaps: vec![("0", "No longer: it ends at once", false), ("24", "1 day", true)],
            newest: scene::id(0).to_string(),
            errors: FormErrors::default(),
        };
        vec![
            ("usual", page("Backup", Vec::new())),
            ("awkward", page(scene::LONG, vec!["audit:read".to_owned()])),
        ]
    }
}

impl Sampled for MadePage {
    const PAGE: &'static str = "made";

    fn samples(look: Look) -> Vec<(&'static str, Self)> {
        let page = |title: &str, client_id: Option<&str>| {
            Self {
            frame: frame(look),
            title: title.to_owned(),
            note: String::new(),
            secret: format!("fhs_{}", "sample0".repeat(7)),
            client_id: client_id.map(str::to_owned),
            ends: scene::ahead(24 * 90),
            command: "curl --user fhc_8sKq2LmVx7PzRt4WbYc9Nd00 --data grant_type=client_credentials https://id.example.com/oauth/token".to_owned(),
            tries: "Get an access token by it. curl asks for the secret, so that your shell does not remember it.",
            back: "/t/acme/apps/1".to_owned(),
        }
        };
        let note = "The old one works for 1 day more, so that you can give your programs this one.";
        vec![
            ("secret", page("A secret for Website", Some("fhc_8sKq2LmVx7PzRt4WbYc9Nd00"))),
            ("token", Self { note: note.to_owned(), ..page(&format!("Your token {}", scene::LONG), None) }),
        ]
    }
}
