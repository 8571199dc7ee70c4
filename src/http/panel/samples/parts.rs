//! The parts themselves, all on one page.

use askama::Template;

use super::{Sampled, scene};
use crate::error::{Error, FieldError};
use crate::http::panel::Icon;
use crate::http::panel::parts::choices::Choice;
use crate::http::panel::parts::form::{self, FormErrors, Rejected};
use crate::http::panel::parts::frame::{Frame, Section};
use crate::http::panel::parts::mark::Mark;
use crate::http::panel::parts::notice::Notice;
use crate::http::panel::parts::shown::{Avatar, Badge, Moment};
use crate::http::panel::parts::sorting::{Column, Direction};
use crate::http::panel::parts::view::Look;
use crate::login::Provider;

#[derive(Debug, Template)]
#[template(path = "dev/parts.html")]
pub(super) struct PartsPage {
    frame: Frame,
    errors: FormErrors,
    badges: Vec<Badge>,
    choices: Vec<Choice>,
    themes: Vec<(&'static str, &'static str, Icon)>,
    people: Vec<(Avatar, &'static str, String)>,
    made: Moment,
    ends: Moment,
    by_name: Column,
    by_time: Column,
    first: Option<String>,
    next: Option<String>,
    marks: [(Mark, Provider); 2],
}

impl Sampled for PartsPage {
    const PAGE: &'static str = "parts";

    fn samples(look: Look) -> Vec<(&'static str, Self)> {
        let column = |label, order| Column { label, href: "#tables".to_owned(), order };
        let person = |(number, name): (usize, &'static str)| {
            (scene::avatar(number, name), name, format!("row-{number}"))
        };
        let page = Self {
            frame: scene::inside(look, Section::Overview, "Acme").telling(Some(Notice::SettingsSaved.code())),
            errors: errors(),
            badges: vec![
                scene::badge("Editor"),
                Badge { name: "On call".to_owned(), until: Some(scene::ahead(30)) },
            ],
            choices: choices(),
            themes: vec![
                ("system", "System", Icon::Display),
                ("light", "Light", Icon::Sun),
                ("dark", "Dark", Icon::Moon),
            ],
            people: ["Ada Sample", scene::LONG, scene::UNBROKEN]
                .into_iter()
                .enumerate()
                .map(person)
                .collect(),
            made: scene::ago(3),
            ends: scene::ahead(300),
            by_name: column("Name", Some(Direction::Descending)),
            by_time: column("Joined", None),
            first: Some("#tables".to_owned()),
            next: Some("#tables".to_owned()),
            marks: Provider::ALL.map(|provider| (Mark(provider), provider)),
        };
        vec![("all", page)]
    }
}

fn errors() -> FormErrors {
    let wrong = FieldError {
        pointer: "/slug".to_owned(),
        code: "slug",
        detail: "Use small letters, digits and single hyphens.".into(),
    };
    let rejected = Rejected::from(Error::Invalid(vec![wrong]), &["slug"]);
    form::errors(rejected.ok().as_ref())
}

fn choices() -> Vec<Choice> {
    let choice = |name: &str, ticked, beyond, until| Choice {
        key: name.to_lowercase(),
        name: name.to_owned(),
        description: "What someone with this role may do, in a sentence.".to_owned(),
        ticked,
        beyond,
        until,
        end: None,
    };
    vec![
        choice("Owner", false, true, None),
        choice("Editor", true, false, Some(scene::ahead(60))),
        choice("Viewer", false, false, None),
    ]
}
