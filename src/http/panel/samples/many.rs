//! Roles of several members: as one begins, filled in and refused, with nobody selected, with awkward names.

use super::{Sampled, scene};
use crate::error::{Error, FieldError};
use crate::http::panel::many::{Deal, ManyRolesPage, Picked};
use crate::http::panel::parts::choices::End;
use crate::http::panel::parts::form::{self, FormErrors, Rejected};
use crate::http::panel::parts::frame::Section;
use crate::http::panel::parts::view::Look;

impl Sampled for ManyRolesPage {
    const PAGE: &'static str = "many-roles";

    fn samples(look: Look) -> Vec<(&'static str, Self)> {
        let names: Vec<&str> = scene::PEOPLE.iter().map(|(name, _)| *name).collect();
        let usual = || page(look, &names);
        let none = FieldError {
            pointer: "/add".to_owned(),
            code: "required",
            detail: "Say which roles to give or to take.".into(),
        };
        let crowd: Vec<String> = (0..50).map(|number| format!("Person {number} Sample")).collect();
        let crowd: Vec<&str> = crowd.iter().map(String::as_str).collect();
        vec![
            ("usual", usual()),
            ("filled", Self { deals: filled(None), gone: true, ..usual() }),
            ("past", Self { deals: filled(Some("Choose a time that is still to come.")), ..usual() }),
            ("refused", Self { errors: whole(Error::Invalid(vec![none])), ..usual() }),
            ("nobody", page(look, &[])),
            ("full", page(look, &crowd)),
            (
                "awkward",
                Self {
                    deals: vec![deal(scene::LONG, 1, "give", None)],
                    ..page(look, &[scene::LONG, scene::UNBROKEN])
                },
            ),
        ]
    }
}

fn page(look: Look, names: &[&str]) -> ManyRolesPage {
    let picked = |(number, name): (usize, &&str)| Picked {
        id: scene::id(number).to_string(),
        href: format!("/t/acme/members/{}", scene::id(number)),
        name: (*name).to_owned(),
        avatar: scene::avatar(number, name),
        roles: vec![scene::badge(if number == 1 { "Admin" } else { "Member" })],
    };
    ManyRolesPage {
        frame: scene::inside(look, Section::Members, "Acme"),
        path: "/t/acme".to_owned(),
        people: names.iter().enumerate().map(picked).collect(),
        gone: false,
        deals: ["Owner", "Admin", "Member", "Viewer"].map(|name| deal(name, 1, "", None)).into(),
        errors: FormErrors::default(),
    }
}

fn filled(error: Option<&str>) -> Vec<Deal> {
    vec![deal("Owner", 0, "", None), deal("Admin", 1, "give", error), deal("Member", 7, "take", None)]
}

fn deal(name: &str, holders: usize, chosen: &str, error: Option<&str>) -> Deal {
    let key = name.to_lowercase().replace(' ', "-");
    Deal {
        field: format!("deal-{key}"),
        name: name.to_owned(),
        description: "What someone with this role may do, in a sentence.".to_owned(),
        holders,
        chosen: chosen.to_owned(),
        end: (name != "Owner").then(|| End {
            name: format!("until-{key}"),
            value: if error.is_some() { "2020-01-31T18:00" } else { "" }.to_owned(),
            error: error.map(str::to_owned),
            needed: false,
        }),
    }
}

fn whole(error: Error) -> FormErrors {
    form::errors(Rejected::from(error, &[]).ok().as_ref())
}
