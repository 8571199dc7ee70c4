//! Apps: the list, one as those see it who run it and who only look, a new one, and the question before the end.

use super::{Sampled, people, scene, tokens};
use crate::apps::TokenFormat;
use crate::http::panel::apps::app::{AppPage, NewAppPage, SecretRow, Typed};
use crate::http::panel::apps::end::DeleteAppPage;
use crate::http::panel::apps::keys::{KeyRow, Keys};
use crate::http::panel::apps::{AppRow, AppsPage};
use crate::http::panel::parts::form::{FormErrors, Rejected};
use crate::http::panel::parts::frame::{Frame, Section};
use crate::http::panel::parts::lasts::Lasts;
use crate::http::panel::parts::role_form::RoleForm;
use crate::http::panel::parts::view::Look;

fn frame(look: Look) -> Frame {
    scene::inside(look, Section::Apps, "Acme")
}

fn row(number: usize, name: &str) -> AppRow {
    AppRow {
        path: format!("/t/acme/apps/{}", scene::id(number)),
        name: name.to_owned(),
        client_id: format!("fhc_8sKq2LmVx7PzRt4WbYc9Nd{number:02}"),
        roles: vec![scene::badge("Member")],
        enabled: number != 2,
        used: (number != 1).then(|| scene::ago(number as u64 * 7)),
        from: Some("192.0.2.7".to_owned()),
        secrets: number % 3,
        ends: (!number.is_multiple_of(3)).then(|| scene::ahead(24 * 5 + 2_000 * (number as u64 % 2))),
        soon: number % 3 == 2,
    }
}

impl Sampled for AppsPage {
    const PAGE: &'static str = "apps";

    fn samples(look: Look) -> Vec<(&'static str, Self)> {
        let page = |apps| Self {
            frame: frame(look),
            path: "/t/acme".to_owned(),
            apps,
            first: None,
            next: None,
            may_create: true,
        };
        let names = ["Website", "Nightly import", "Build", scene::LONG, scene::UNBROKEN];
        let usual = names.into_iter().enumerate().map(|(number, name)| row(number, name));
        vec![("usual", page(usual.collect())), ("empty", page(Vec::new()))]
    }
}

fn secret(number: usize, soon: bool) -> SecretRow {
    SecretRow {
        id: scene::id(number).to_string(),
        prefix: format!("fhs_kT7{number}"),
        made: scene::ago(24 * 85),
        ends: scene::ahead(if soon { 24 * 5 } else { 24 * 80 }),
        soon,
        used: soon.then(|| scene::ago(0)),
    }
}

fn key(kid: &str) -> KeyRow {
    KeyRow { kid: kid.to_owned(), algorithm: "ES256".to_owned(), made: scene::ago(24 * 3) }
}

fn typed(name: &str) -> Typed {
    Typed {
        name: name.to_owned(),
        roles: RoleForm::holding([("member", None)]),
        origins: "https://app.example.com".to_owned(),
        format: TokenFormat::Opaque,
    }
}

fn app(look: Look, name: &str) -> AppPage {
    AppPage {
        frame: frame(look),
        path: "/t/acme".to_owned(),
        app: row(0, name),
        made: scene::ago(24 * 200),
        revision: 3,
        typed: typed(name),
        choices: people::ending_choices(None),
        errors: FormErrors::default(),
        secrets: vec![secret(0, true)],
        lasts: Lasts::default(),
        secret_errors: FormErrors::default(),
        keys: Keys::default(),
        tokens: Some((0..2).map(tokens::access).collect()),
        may_change: true,
        may_make_secrets: true,
        may_delete: true,
        explained: Some("#".to_owned()),
        fresh: true,
    }
}

impl Sampled for AppPage {
    const PAGE: &'static str = "app";

    fn samples(look: Look) -> Vec<(&'static str, Self)> {
        let stale = "It was changed meanwhile. This is how it is now; look again, then repeat.";
        let refused = Self {
            app: row(2, scene::LONG),
            typed: Typed { origins: "app.example.com".to_owned(), ..typed(scene::LONG) },
            errors: Rejected::field(
                "allowed_origins",
                "invalid",
                "Write it like https://app.example.com: no path.",
            )
            .errors,
            secret_errors: Rejected::field("secret", "stale", stale).errors,
            secrets: vec![secret(0, true), secret(1, false)],
            keys: Keys {
                rows: vec![key("build-2026"), key(&"k".repeat(64))],
                errors: Rejected::field("jwk", "private", "d: This is a secret key.").errors,
            },
            tokens: Some(Vec::new()),
            ..app(look, scene::LONG)
        };
        let looks = Self {
            secrets: Vec::new(),
            keys: Keys { rows: vec![key("build-2026")], errors: FormErrors::default() },
            tokens: None,
            may_change: false,
            may_make_secrets: false,
            may_delete: false,
            explained: None,
            ..app(look, "Website")
        };
        vec![
            ("usual", app(look, "Website")),
            ("rejected", refused),
            ("reader", looks),
            ("stale", Self { fresh: false, ..app(look, scene::UNBROKEN) }),
        ]
    }
}

impl Sampled for NewAppPage {
    const PAGE: &'static str = "app-new";

    fn samples(look: Look) -> Vec<(&'static str, Self)> {
        let page = |typed, errors| Self {
            frame: frame(look),
            path: "/t/acme".to_owned(),
            typed,
            choices: people::ending_choices(None),
            errors,
        };
        let missing = Rejected::field("name", "required", "Write a name.").errors;
        vec![("usual", page(Typed::default(), FormErrors::default())), ("rejected", page(typed(""), missing))]
    }
}

impl Sampled for DeleteAppPage {
    const PAGE: &'static str = "app-delete";

    fn samples(look: Look) -> Vec<(&'static str, Self)> {
        let page = Self {
            frame: frame(look),
            path: "/t/acme/apps/1".to_owned(),
            name: "Website".to_owned(),
            revision: 3,
            text: "Its secret stops working at once, and so does every token it got: whatever calls with them is refused. Its client id is never given again.".to_owned(),
            errors: Rejected::field("confirm", "confirm", "This is not its name. Nothing was changed.").errors,
        };
        vec![("usual", page)]
    }
}
