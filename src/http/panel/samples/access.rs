//! The pages about access: a member chosen or not, permissions that many, one or nobody has, matrices small and large,
//! routes, awkward names, as someone sees them who may not look through the members.

use super::{Sampled, scene};
use crate::http::panel::access::matrix::{Cell, MatrixPage, MatrixRow};
use crate::http::panel::access::person::{Answer, Chosen, Group, PersonPage};
use crate::http::panel::access::routes::{Guarded, Listed, RoutesPage};
use crate::http::panel::access::unused::{Idle, Rest, UnusedPage};
use crate::http::panel::access::who::{Person, WhoPage};
use crate::http::panel::access::{Line, Tab, tabs};
use crate::http::panel::members::Row;
use crate::http::panel::parts::frame::Section;
use crate::http::panel::parts::shown::{Badge, thousands};
use crate::http::panel::parts::view::Look;
use crate::roles::who_hold;

const PATH: &str = "/t/acme";

impl Sampled for PersonPage {
    const PAGE: &'static str = "access-person";

    fn samples(look: Look) -> Vec<(&'static str, Self)> {
        let asked = |chosen| Self { chosen: Some(chosen), ..person(look, Vec::new()) };
        let people = scene::PEOPLE.iter().enumerate().map(|(number, (name, _))| row(number, name));
        let awkward = Chosen {
            name: scene::UNBROKEN.to_owned(),
            roles: [scene::LONG, "Viewer"].map(scene::badge).into(),
            groups: vec![group(
                "projects",
                vec![answer(true, vec![long()]), answer(false, vec![long(), denial()])],
            )],
            ..chosen()
        };
        vec![
            ("choose", Self { more: true, ..person(look, people.collect()) }),
            ("chosen", asked(chosen())),
            ("awkward", asked(awkward)),
            ("disabled", asked(Chosen { disabled: true, href: None, ..chosen() })),
            ("app", asked(Chosen { app: true, disabled: true, href: None, ..chosen() })),
            ("nobody", Self { search: "nobody is called this".to_owned(), ..person(look, Vec::new()) }),
            ("reader", Self { may_search: false, ..person(look, Vec::new()) }),
        ]
    }
}

fn person(look: Look, found: Vec<Row>) -> PersonPage {
    PersonPage {
        frame: scene::inside(look, Section::Access, "Acme"),
        path: PATH.to_owned(),
        tabs: tabs(PATH, Tab::Person),
        search: String::new(),
        may_search: true,
        found,
        more: false,
        chosen: None,
    }
}

fn row(number: usize, name: &str) -> Row {
    Row {
        id: scene::id(1).to_string(),
        path: "#".to_owned(),
        name: name.to_owned(),
        email: format!("person-{number}@example.com"),
        avatar: scene::avatar(number, name),
        roles: if number == 4 { Vec::new() } else { vec![scene::badge("Member")] },
        joined: scene::ago(500),
        seen: None,
        own: number == 0,
    }
}

fn chosen() -> Chosen {
    let silent = Answer { allowed_by: "Owner, Admin".to_owned(), ..answer(false, Vec::new()) };
    Chosen {
        name: "Ben Sample".to_owned(),
        avatar: scene::avatar(1, "Ben Sample"),
        href: Some("#".to_owned()),
        disabled: false,
        app: false,
        roles: vec![
            scene::badge("Member"),
            Badge { name: "On call".to_owned(), until: Some(scene::ahead(30)) },
        ],
        policy_version: 12,
        groups: vec![
            group("members", vec![answer(true, vec![allowance()]), silent]),
            group(
                "projects",
                vec![answer(false, vec![denial(), allowance()]), answer(true, vec![allowance()])],
            ),
        ],
    }
}

fn group(noun: &str, answers: Vec<Answer>) -> Group {
    Group { noun: noun.to_owned(), answers }
}

fn answer(allowed: bool, lines: Vec<Line>) -> Answer {
    Answer {
        name: "members:invite".to_owned(),
        sentence: "Invite people by e-mail.".to_owned(),
        allowed,
        lines,
        allowed_by: String::new(),
    }
}

fn allowance() -> Line {
    Line { denies: false, role: "Member".to_owned(), through: "Viewer".to_owned(), until: None }
}

fn denial() -> Line {
    let until = Some(scene::ahead(30));
    Line { denies: true, role: "On call".to_owned(), through: String::new(), until }
}

fn long() -> Line {
    let through = format!("{}, then Viewer", scene::UNBROKEN);
    Line { denies: false, role: scene::LONG.to_owned(), through, until: Some(scene::ahead(3)) }
}

impl Sampled for WhoPage {
    const PAGE: &'static str = "access-who";

    fn samples(look: Look) -> Vec<(&'static str, Self)> {
        let asked = |people| Self {
            asked: Some(("members:invite".to_owned(), "Invite people by e-mail.".to_owned())),
            people,
            ..who(look)
        };
        let people = || {
            scene::PEOPLE.iter().enumerate().map(|(number, (name, _))| able(number, name, vec![allowance()]))
        };
        let crowd = (0..50).map(|number| able(number, &format!("Person {number} Sample"), vec![allowance()]));
        let awkward = [scene::LONG, scene::UNBROKEN, "X"].iter().enumerate();
        let awkward = awkward.map(|(number, name)| able(number, name, vec![long(), allowance()]));
        let paged = Self {
            first: Some("#first".to_owned()),
            next: Some("#next".to_owned()),
            ..asked(crowd.collect())
        };
        vec![
            ("start", who(look)),
            ("usual", asked(people().collect())),
            ("one", asked(people().take(1).collect())),
            ("full", paged),
            ("awkward", asked(awkward.collect())),
            ("nobody", asked(Vec::new())),
            ("unknown", Self { unknown: true, ..who(look) }),
        ]
    }
}

fn who(look: Look) -> WhoPage {
    let names = |noun: &str, verbs: &[&str]| {
        (noun.to_owned(), verbs.iter().map(|verb| format!("{noun}:{verb}")).collect())
    };
    WhoPage {
        frame: scene::inside(look, Section::Access, "Acme"),
        path: PATH.to_owned(),
        tabs: tabs(PATH, Tab::Who),
        permissions: vec![names("members", &["read", "invite"]), names("projects", &["read", "update"])],
        asked: None,
        unknown: false,
        people: Vec::new(),
        first: None,
        next: None,
    }
}

fn able(number: usize, name: &str, lines: Vec<Line>) -> Person {
    Person {
        name: name.to_owned(),
        avatar: scene::avatar(number, name),
        href: "#".to_owned(),
        own: number == 0,
        app: number == 2,
        lines,
    }
}

impl Sampled for MatrixPage {
    const PAGE: &'static str = "access-roles";

    fn samples(look: Look) -> Vec<(&'static str, Self)> {
        let system = ["Owner", "Admin", "Member", "Viewer"].map(str::to_owned);
        let many = (0..100).map(|number| format!("Team {number}"));
        let awkward = [scene::LONG, scene::UNBROKEN, "X"].map(str::to_owned);
        vec![
            ("usual", matrix(look, system.clone().into())),
            ("full", matrix(look, system.clone().into_iter().chain(many).collect())),
            ("awkward", matrix(look, system.into_iter().chain(awkward).collect())),
        ]
    }
}

fn matrix(look: Look, roles: Vec<String>) -> MatrixPage {
    let row = |(number, name): (usize, &&str)| MatrixRow {
        name: (*name).to_owned(),
        sentence: "What it is good for, in one sentence.".to_owned(),
        cells: (0..roles.len())
            .map(|role| match (role * 7 + number) % 9 {
                0..4 => Cell::Allowed,
                8 => Cell::Denied,
                _ => Cell::Silent,
            })
            .collect(),
    };
    MatrixPage {
        frame: scene::inside(look, Section::Access, "Acme"),
        tabs: tabs(PATH, Tab::Matrix),
        rows: crate::authz::BUILT_IN.iter().enumerate().map(row).collect(),
        roles,
    }
}

impl Sampled for RoutesPage {
    const PAGE: &'static str = "access-routes";

    fn samples(look: Look) -> Vec<(&'static str, Self)> {
        let apart = Guarded {
            name: "todo:a-very-long-verb-that-an-operator-made-up-for-an-app-of-their-own".to_owned(),
            sentence: scene::LONG.to_owned(),
            routes: Vec::new(),
        };
        vec![
            ("usual", doors(look, vec![guarded()])),
            ("awkward", doors(look, vec![apart, guarded()])),
            ("nothing", Self { search: scene::UNBROKEN.to_owned(), ..doors(look, Vec::new()) }),
        ]
    }
}

fn doors(look: Look, guarded: Vec<Guarded>) -> RoutesPage {
    RoutesPage {
        frame: scene::inside(look, Section::Access, "Acme"),
        path: PATH.to_owned(),
        tabs: tabs(PATH, Tab::Routes),
        search: String::new(),
        guarded,
    }
}

fn guarded() -> Guarded {
    let listed =
        |method: &str, path, summary, api| Listed { method: method.to_owned(), path, summary, api, own: api };
    Guarded {
        name: "members:delete".to_owned(),
        sentence: "Remove members.".to_owned(),
        routes: vec![
            listed("DELETE", "/api/v1/tenants/{tenant}/members/{user}", "Remove a member, or leave", true),
            listed("GET", "/t/{tenant}/members/{user}/remove", "Ask before a member is removed", false),
        ],
    }
}

impl Sampled for UnusedPage {
    const PAGE: &'static str = "access-unused";

    fn samples(look: Look) -> Vec<(&'static str, Self)> {
        let page = |roles| Self {
            frame: scene::inside(look, Section::Access, "Acme"),
            path: PATH.to_owned(),
            tabs: tabs(PATH, Tab::Unused),
            days: 30,
            roles,
            may_edit: true,
        };
        let rest =
            |name: &str, last| Rest { name: name.to_owned(), sentence: "See projects.".to_owned(), last };
        let role = |name: &str, system, (holders, gives), permissions| Idle {
            key: "#".to_owned(),
            name: name.to_owned(),
            system,
            holders: format!("{} it", who_hold(holders, holders % 2, thousands)),
            young: None,
            gives,
            permissions,
        };
        let some = || vec![rest("projects:delete", Some(scene::ago(24 * 40))), rest("tokens:create", None)];
        let all = vec![
            role("Owner", true, (2, 29), some()),
            role("Viewer", true, (12_480, 4), Vec::new()),
            role("Editor", false, (1, 2), some()),
            Idle { young: Some(scene::ago(24 * 3)), ..role(scene::LONG, false, (0, 2), some()) },
            role("Nothing yet", false, (0, 0), Vec::new()),
        ];
        let calm = vec![role("Owner", true, (1, 29), Vec::new()), role("Viewer", true, (3, 4), Vec::new())];
        vec![("some", page(all)), ("all-used", page(calm))]
    }
}
