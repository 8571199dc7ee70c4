//! Requests for roles: the list for those who answer and for those who ask, and one request in each of its states.

use super::{Sampled, scene};
use crate::http::panel::asking::{AskForm, Typed as Asked};
use crate::http::panel::denied::Helper;
use crate::http::panel::parts::form::{FormErrors, Rejected};
use crate::http::panel::parts::frame::Section;
use crate::http::panel::parts::view::Look;
use crate::http::panel::request::{Facts, RequestPage, Typed};
use crate::http::panel::requests::{RequestsPage, Row};
use crate::ids::RoleRequestId;
use crate::requests::Status;

const REASON: &str = "The release is today and Ben is away.\nI need to close the old project.";

impl Sampled for RequestsPage {
    const PAGE: &'static str = "requests";

    fn samples(look: Look) -> Vec<(&'static str, Self)> {
        let states = [
            Status::Open,
            Status::Approved,
            Status::Declined,
            Status::Withdrawn,
            Status::Expired,
            Status::Open,
        ];
        let all = || states.iter().enumerate().map(|(number, status)| row(number + 1, *status)).collect();
        let own = || Row { own: true, ..row(1, Status::Open) };
        let decider =
            || Self { waiting: vec![row(1, Status::Open), row(6, Status::Open)], ..page(look, all()) };
        let member = |rows| Self { all: false, ..page(look, rows) };
        let mut refused = member(vec![own()]);
        let errors =
            Rejected::field("reason", "required", "Say why you need it: whoever answers decides by that.");
        if let Some(ask) = &mut refused.ask {
            ask.errors = errors.errors;
            ask.typed = Asked { role: "admin".to_owned(), hours: "720".to_owned(), reason: String::new() };
        }
        let awkward = Row {
            who: scene::LONG.to_owned(),
            role: scene::UNBROKEN.to_owned(),
            reason: scene::UNBROKEN.repeat(5),
            ..row(0, Status::Open)
        };
        vec![
            ("usual", decider()),
            ("empty", page(look, Vec::new())),
            ("own", member(vec![own(), Row { own: true, ..row(2, Status::Approved) }])),
            ("own-empty", member(Vec::new())),
            ("refused", refused),
            ("none", Self { status: Some(Status::Expired), ..page(look, Vec::new()) }),
            ("full", Self { first: Some("#first".to_owned()), next: Some("#next".to_owned()), ..decider() }),
            ("awkward", Self { waiting: vec![awkward.clone()], ask: None, ..page(look, vec![awkward]) }),
        ]
    }
}

impl Sampled for RequestPage {
    const PAGE: &'static str = "request";

    fn samples(look: Look) -> Vec<(&'static str, Self)> {
        let page = |own, status| one(look, own, status);
        let decided = |status, until, note: &str| {
            let mut shown = page(true, status);
            shown.request.decided = Some(scene::ago(1));
            shown.request.until = until;
            note.clone_into(&mut shown.request.note);
            shown
        };
        let answers = || Self { answers: true, deciders: Vec::new(), ..page(false, Status::Open) };
        let mut awkward = answers();
        scene::LONG.clone_into(&mut awkward.request.who);
        scene::UNBROKEN.clone_into(&mut awkward.request.role);
        awkward.request.reason = scene::UNBROKEN.repeat(5);
        vec![
            ("sent", page(true, Status::Open)),
            ("alone", Self { deciders: Vec::new(), ..page(true, Status::Open) }),
            ("answer", answers()),
            (
                "refused",
                Self {
                    errors: Rejected::field("until", "too_late", "This is longer than was asked for.").errors,
                    typed: Typed { until: "2030-01-31T18:00".to_owned(), note: "Go ahead.".to_owned() },
                    ..answers()
                },
            ),
            ("approved", decided(Status::Approved, Some(scene::ahead(8)), "Only for today.")),
            ("declined", decided(Status::Declined, None, "Ask Chidi,\nwho can close it for you.")),
            ("withdrawn", decided(Status::Withdrawn, None, "")),
            ("expired", page(false, Status::Expired)),
            ("awkward", awkward),
        ]
    }
}

fn page(look: Look, requests: Vec<Row>) -> RequestsPage {
    let mut ask = AskForm::new("/t/acme", "sample".to_owned(), std::iter::empty());
    let role = |(key, label): (&str, &str)| (key.to_owned(), label.to_owned());
    ask.roles =
        [("member", "Member: Works on projects."), ("admin", "Admin: Runs the tenant.")].map(role).into();
    RequestsPage {
        frame: scene::inside(look, Section::Requests, "Acme"),
        path: "/t/acme/requests".to_owned(),
        all: true,
        waiting: Vec::new(),
        status: None,
        requests,
        ask: Some(ask),
        errors: FormErrors::default(),
        first: None,
        next: None,
    }
}

fn row(number: usize, status: Status) -> Row {
    let who = scene::PEOPLE.get(number).map_or("Somebody", |(name, _)| *name);
    Row {
        id: RoleRequestId::from_uuid(scene::id(number)),
        who: who.to_owned(),
        avatar: scene::avatar(number, who),
        own: false,
        role: if number.is_multiple_of(2) { "Admin" } else { "Member" }.to_owned(),
        duration: "for 8 hours".to_owned(),
        reason: REASON.to_owned(),
        status,
        made: scene::ago(number as u64 * 9),
    }
}

fn one(look: Look, own: bool, status: Status) -> RequestPage {
    let helper = |number: usize, name: &str| Helper {
        name: name.to_owned(),
        avatar: scene::avatar(number, name),
        path: Some("#helper".to_owned()),
    };
    let allows = [
        ("projects:create", "Create projects."),
        ("projects:update", "Change projects."),
        ("projects:delete", "Delete projects."),
    ];
    RequestPage {
        frame: scene::inside(look, Section::Requests, "Acme"),
        path: "/t/acme".to_owned(),
        request: Facts {
            id: scene::id(1).to_string(),
            revision: "1-open".to_owned(),
            who: "Chidi Sample".to_owned(),
            avatar: scene::avatar(2, "Chidi Sample"),
            page: Some("#chidi".to_owned()),
            own,
            role: "Member".to_owned(),
            duration: "for 8 hours".to_owned(),
            reason: REASON.to_owned(),
            status,
            made: scene::ago(2),
            expires: scene::ahead(14 * 24 - 2),
            decided: None,
            decided_by: "Ada Sample".to_owned(),
            note: String::new(),
            until: None,
        },
        allows: allows.map(|(name, sentence)| (name.to_owned(), sentence.to_owned())).into(),
        deciders: vec![helper(0, "Ada Sample"), helper(1, "Ben Sample")],
        mailed: true,
        answers: false,
        typed: Typed::default(),
        errors: FormErrors::default(),
    }
}
