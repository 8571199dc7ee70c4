//! One member and the question before something ends: as who may change them sees it, as oneself, as who may only
//! read, when the form was not accepted, with awkward names.

use super::{Sampled, scene};
use crate::error::Error;
use crate::http::panel::member::MemberPage;
use crate::http::panel::members::Row;
use crate::http::panel::parts::choices::{Choice, End};
use crate::http::panel::parts::confirm::Confirm;
use crate::http::panel::parts::form::{FormErrors, Rejected};
use crate::http::panel::parts::frame::Section;
use crate::http::panel::parts::shown::Badge;
use crate::http::panel::parts::view::Look;

impl Sampled for MemberPage {
    const PAGE: &'static str = "member";

    fn samples(look: Look) -> Vec<(&'static str, Self)> {
        let own = member(look, "Ada Sample", "ada@example.com");
        let other = || member(look, "Ben Sample", "ben@example.com");
        let only_read = "Changing roles takes a role that allows members:update.";
        let awkward = member(
            look,
            scene::LONG,
            &format!("{}@a-very-long-domain-name.example.com", "an.address.".repeat(5)),
        );
        vec![
            ("usual", other()),
            ("own", Self { member: Row { own: true, seen: Some(scene::ago(0)), ..own.member }, ..own }),
            ("viewer", Self { fixed: Some(only_read.to_owned()), may_remove: false, ..other() }),
            ("stale", Self { errors: refused(Error::Stale), ..other() }),
            (
                "refused",
                Self {
                    errors: Rejected::field(
                        "roles",
                        "last-owner",
                        "A tenant needs an owner, and this is the last one.",
                    )
                    .errors,
                    ..other()
                },
            ),
            (
                "past",
                Self { choices: ending_choices(Some("Choose a time that is still to come.")), ..other() },
            ),
            ("awkward", Self { choices: [ending_choices(None), vec![unusual()]].concat(), ..awkward }),
        ]
    }
}

impl Sampled for Confirm {
    const PAGE: &'static str = "confirm";

    fn samples(look: Look) -> Vec<(&'static str, Self)> {
        let last = Error::Conflict("A tenant needs an owner, and this is the last one.".into());
        vec![
            ("usual", question(look, "Acme")),
            ("refused", Self { errors: refused(last), ..question(look, "Acme") }),
            ("awkward", question(look, scene::UNBROKEN)),
        ]
    }
}

fn question(look: Look, tenant: &str) -> Confirm {
    Confirm {
        frame: scene::inside(look, Section::Members, tenant),
        title: format!("Leave {tenant}?"),
        text: "You lose your roles and all access at once. To come back you need a new invitation."
            .to_owned(),
        action: "/t/acme/members/1/remove".to_owned(),
        revision: None,
        button: "Leave",
        cancel: "/t/acme".to_owned(),
        errors: FormErrors::default(),
    }
}

fn member(look: Look, name: &str, email: &str) -> MemberPage {
    MemberPage {
        frame: scene::inside(look, Section::Members, "Acme"),
        path: "/t/acme".to_owned(),
        member: Row {
            id: scene::id(1).to_string(),
            path: "/t/acme/members/1".to_owned(),
            name: name.to_owned(),
            email: email.to_owned(),
            avatar: scene::avatar(1, name),
            roles: vec![
                scene::badge("Member"),
                Badge { name: "On call".to_owned(), until: Some(scene::ahead(30)) },
            ],
            joined: scene::ago(3_000),
            seen: None,
            own: false,
        },
        user_id: scene::id(1).to_string(),
        errors: FormErrors::default(),
        choices: ending_choices(None),
        revision: 1,
        fixed: None,
        may_remove: true,
        see_roles: true,
        may_explain: true,
    }
}

/// A role of the tenant's own, held for a while.
fn unusual() -> Choice {
    Choice {
        key: "on-call".to_owned(),
        name: scene::LONG.to_owned(),
        description: format!("{} {}", scene::UNBROKEN, scene::LONG),
        ticked: true,
        beyond: false,
        until: Some(scene::ahead(30)),
        end: Some(end("on-call", "2026-09-11T18:00", None)),
    }
}

/// The field for the end of the role with this key.
fn end(key: &str, value: &str, error: Option<&str>) -> End {
    End {
        name: format!("until-{key}"),
        value: value.to_owned(),
        error: error.map(str::to_owned),
        needed: false,
    }
}

/// The usual choices, each with a field for its end.
pub(super) fn ending_choices(error: Option<&str>) -> Vec<Choice> {
    let with = |choice: Choice| Choice {
        end: (!choice.beyond).then(|| {
            end(
                &choice.key,
                if error.is_some() { "2020-01-31T18:00" } else { "" },
                error.filter(|_| choice.ticked),
            )
        }),
        ..choice
    };
    scene::choices().into_iter().map(with).collect()
}

/// What a form shows after this error.
fn refused(error: Error) -> FormErrors {
    Rejected::from(error, &[]).map(|rejected| rejected.errors).unwrap_or_default()
}
