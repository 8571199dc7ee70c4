//! One role: as a form, new, copied, wrong and awkward; to look at only; about to be deleted.

use super::{Sampled, preview, scene};
use crate::error::{Error, FieldError};
use crate::http::panel::parts::form::{self, FormErrors, Rejected};
use crate::http::panel::parts::frame::Section;
use crate::http::panel::parts::notice::Notice;
use crate::http::panel::parts::permissions::{Group, Row};
use crate::http::panel::parts::view::Look;
use crate::http::panel::role::{ParentChoice, RoleFormPage, RolePage, Typed};
use crate::http::panel::role_delete::DeleteRolePage;
use crate::http::panel::roles::RoleCard;

impl Sampled for RoleFormPage {
    const PAGE: &'static str = "role-form";

    fn samples(look: Look) -> Vec<(&'static str, Self)> {
        let saved = scene::inside(look, Section::Roles, "Acme").telling(Some(Notice::RoleSaved.code()));
        let awkward = Typed {
            name: scene::LONG.to_owned(),
            description: format!("{} {}", scene::UNBROKEN, scene::LONG),
            ..Typed::default()
        };
        let new = || Self { role: None, revision: None, typed: Typed::default(), ..form(look) };
        vec![
            ("usual", form(look)),
            ("saved", Self { frame: saved, ..form(look) }),
            ("new", new()),
            ("rejected", Self { errors: wrong(), ..new() }),
            ("stale", Self { errors: whole(Error::Stale), ..form(look) }),
            ("awkward", Self { typed: awkward, parents: parents(scene::LONG), ..form(look) }),
        ]
    }
}

impl Sampled for RolePage {
    const PAGE: &'static str = "role";

    fn samples(look: Look) -> Vec<(&'static str, Self)> {
        let page = |role: RoleCard| Self {
            frame: scene::inside(look, Section::Roles, "Acme"),
            path: "/t/acme".to_owned(),
            role,
            see_members: true,
            may_copy: true,
        };
        let system = super::roles::system().into_iter().next().map(page);
        let own = Self { see_members: false, may_copy: false, ..page(super::roles::own()) };
        system.map(|system| ("system", system)).into_iter().chain([("reader", own)]).collect()
    }
}

impl Sampled for DeleteRolePage {
    const PAGE: &'static str = "role-delete";

    fn samples(look: Look) -> Vec<(&'static str, Self)> {
        let page = || Self {
            frame: scene::inside(look, Section::Roles, "Acme"),
            path: "/t/acme".to_owned(),
            key: "on-call".to_owned(),
            name: "On call".to_owned(),
            revision: 1,
            holders: Some("12 members hold".to_owned()),
            others: ["Admin", "Member", scene::LONG]
                .map(|name| (name.to_lowercase(), name.to_owned()))
                .into(),
            chosen: String::new(),
            consequences: None,
            errors: FormErrors::default(),
        };
        let refused = || Error::Conflict("Other roles inherit from this one: night-shift.".into());
        vec![
            ("held", page()),
            ("chosen", Self { chosen: "member".to_owned(), consequences: Some(preview::usual()), ..page() }),
            ("free", Self { holders: None, consequences: Some(preview::nobody()), ..page() }),
            ("refused", Self { errors: whole(refused()), ..page() }),
            ("refused-free", Self { errors: whole(refused()), holders: None, ..page() }),
            ("awkward", Self { name: scene::LONG.to_owned(), ..page() }),
        ]
    }
}

fn form(look: Look) -> RoleFormPage {
    RoleFormPage {
        frame: scene::inside(look, Section::Roles, "Acme"),
        path: "/t/acme".to_owned(),
        role: Some(super::roles::own()),
        revision: Some(1),
        errors: FormErrors::default(),
        typed: Typed {
            name: "On call".to_owned(),
            description: "Answers at night.".to_owned(),
            ..Typed::default()
        },
        parents: parents("Viewer"),
        groups: groups(),
        see_members: true,
        may_copy: true,
        may_delete: true,
    }
}

fn parents(ticked: &str) -> Vec<ParentChoice> {
    let parent = |name: &str| ParentChoice {
        key: name.to_lowercase(),
        name: name.to_owned(),
        description: "What someone with this role may do, in a sentence.".to_owned(),
        ticked: name == ticked,
    };
    ["Owner", "Admin", "Member", "Viewer", scene::LONG].map(parent).into()
}

fn groups() -> Vec<Group> {
    let row = |name: &str, sentence: &str| Row {
        name: name.to_owned(),
        sentence: sentence.to_owned(),
        allowed: false,
        denied: false,
        through: None,
        beyond: false,
    };
    vec![
        Group {
            noun: "members".to_owned(),
            rows: vec![
                Row {
                    through: Some("Viewer".to_owned()),
                    ..row("members:read", "See who is a member, and with which roles.")
                },
                Row { allowed: true, ..row("members:invite", "Invite people by e-mail.") },
                Row { beyond: true, ..row("members:delete", "Remove members.") },
            ],
        },
        Group {
            noun: "audit".to_owned(),
            rows: vec![
                row("audit:read", "Read the audit log."),
                Row { denied: true, ..row("audit:export", "Export the audit log as a file.") },
            ],
        },
    ]
}

fn wrong() -> FormErrors {
    let field = |pointer: &str, detail: &'static str| FieldError {
        pointer: pointer.to_owned(),
        code: "sample",
        detail: detail.into(),
    };
    let inherits = field("/inherits/0", "It would inherit from itself through this role.");
    whole(Error::Invalid(vec![field("/name", "Write a name."), inherits]))
}

fn whole(error: Error) -> FormErrors {
    let rejected = Rejected::from(error, &["name", "inherits"]);
    form::errors(rejected.ok().as_ref())
}
