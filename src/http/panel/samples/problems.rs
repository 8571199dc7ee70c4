//! Errors as pages: the denial in its variants, and one page for each other kind.

use std::borrow::Cow;
use std::time::Duration;

use super::{Sampled, scene};
use crate::error::{Denial, Error, Person};
use crate::http::panel::asking::AskForm;
use crate::http::panel::denied::Denied;
use crate::http::panel::parts::view::Look;
use crate::http::panel::problem::{ProblemPage, SUSPENDED, advice};
use crate::http::problem::Problem;
use crate::ids::{DecisionId, UserId};

impl Sampled for ProblemPage {
    const PAGE: &'static str = "problem";

    fn samples(look: Look) -> Vec<(&'static str, Self)> {
        let mut samples = denials(look);
        samples.extend(others(look));
        samples.push(("suspended", suspended(look)));
        samples
    }
}

fn others(look: Look) -> Vec<(&'static str, ProblemPage)> {
    let page = |error: Error| page(look, &error);
    let wait = Duration::from_mins(3);
    let too_many =
        Error::TooMany { what: "This tenant has sent too many invitations.".into(), retry_after: wait };
    let here = || Some("#again".to_owned());
    let back = |label| Some(("#back".to_owned(), label));
    let conflict =
        "A tenant needs at least one owner whose role has no end. Make someone else an owner first.";
    let fields = ["/name", "/slug"].map(|pointer| crate::error::FieldError {
        pointer: pointer.to_owned(),
        code: "required",
        detail: format!("{} is missing.", pointer.trim_start_matches('/')).into(),
    });
    vec![
        ("not-found", page(Error::NotFound)),
        (
            "sign-in-again",
            ProblemPage {
                sign_in: Some("#login".to_owned()),
                back: back("Go back"),
                ..page(Error::ReauthenticationRequired)
            },
        ),
        ("cross-site", ProblemPage { back: back("Go back"), ..page(Error::Csrf) }),
        (
            "malformed",
            ProblemPage {
                back: back("Go back"),
                ..page(Error::Malformed("the field theme is repeated".into()))
            },
        ),
        ("conflict", ProblemPage { back: back("Go back"), ..page(Error::Conflict(conflict.into())) }),
        ("invalid", ProblemPage { back: back("Go back"), ..page(Error::Invalid(fields.into())) }),
        (
            "too-many",
            ProblemPage {
                advice: advice(&Problem::of(&too_many, None), false, Some(wait)),
                back: back("Go back"),
                ..page(too_many)
            },
        ),
        (
            "unavailable",
            ProblemPage {
                again: here(),
                back: back("To the overview"),
                ..page(Error::Unavailable("sample", None))
            },
        ),
        ("internal", page(Error::Internal("sample", None))),
    ]
}

fn suspended(look: Look) -> ProblemPage {
    let why = "This tenant is suspended: a payment is overdue. Write to billing@example.com.";
    ProblemPage {
        suspended: true,
        advice: SUSPENDED.to_owned(),
        back: Some(("#back".to_owned(), "To your tenants")),
        ..page(look, &Error::Forbidden(Box::new(denial(why))))
    }
}

fn denials(look: Look) -> Vec<(&'static str, ProblemPage)> {
    let usual = || denial("None of your roles in this tenant allows it.");
    let names = [scene::LONG, scene::UNBROKEN, "Dorothea Sample", "فاطمة Sample", "李 Sample"];
    let keys = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    let outweighed = Denial { held_roles: keys(&["Admin"]), ..usual() };
    let alone = Denial { granted_by: Vec::new(), ask: Vec::new(), held_roles: Vec::new(), ..usual() };
    let awkward = Denial {
        held_roles: keys(&[scene::LONG, "Viewer", scene::UNBROKEN]),
        granted_by: keys(&["Owner", scene::UNBROKEN, "Admin", scene::LONG]),
        ask: names.into_iter().enumerate().map(person).collect(),
        required: "donaudampfschifffahrt:unterzeichnen_und_weiterleiten".to_owned(),
        ..usual()
    };
    let several = Denial {
        ask: scene::PEOPLE.into_iter().take(5).map(|(name, _)| name).enumerate().map(person).collect(),
        ..usual()
    };
    [
        ("denied", usual()),
        ("denied-several", several),
        ("denied-outweighed", outweighed),
        ("denied-alone", alone),
        ("denied-awkward", awkward),
    ]
    .into_iter()
    .map(|(state, denial)| (state, denied(look, denial)))
    .collect()
}

fn denied(look: Look, denial: Denial) -> ProblemPage {
    let sentence = if denial.required == "members:delete" { "Remove members." } else { "" };
    let explained = Denied::new(&denial, Some("/t/acme"), sentence.to_owned(), str::to_owned, form(&denial));
    let back = Some(("/t/acme/members".to_owned(), "Go back"));
    ProblemPage { denied: Some(explained), back, ..page(look, &Error::Forbidden(Box::new(denial))) }
}

fn form(denial: &Denial) -> Option<AskForm> {
    let useful = !denial.granted_by.is_empty() && denial.held_roles != ["Admin"];
    useful.then(|| {
        let mut form = AskForm::new("/t/acme", "sample".to_owned(), std::iter::empty());
        form.roles = denial.granted_by.iter().map(|name| (name.clone(), name.clone())).collect();
        form
    })
}

fn denial(reason: &'static str) -> Denial {
    Denial {
        reason: Cow::Borrowed(reason),
        required: "members:delete".to_owned(),
        held_roles: vec!["Viewer".to_owned()],
        granted_by: vec!["Admin".to_owned(), "Owner".to_owned()],
        request: None,
        role_names: Vec::new(),
        ask: vec![person((1, "Ben Sample"))],
        decision_id: DecisionId::from_uuid(scene::id(7)),
        suspended: false,
        policy_version: 12,
    }
}

fn person((number, name): (usize, &str)) -> Person {
    Person { id: UserId::from_uuid(scene::id(number)), name: name.to_owned() }
}

fn page(look: Look, error: &Error) -> ProblemPage {
    let problem = Problem::of(error, Some(scene::id(42).to_string()));
    let advice = advice(&problem, problem.denial.is_some() || problem.status == 503, None);
    ProblemPage { advice, ..ProblemPage::new(look, &problem) }
}
