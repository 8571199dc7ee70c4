//! What samples of pages have in common: a tenant, people with plain and with awkward names, times.

use std::time::Duration;

use uuid::Uuid;

use crate::clock::Timestamp;
use crate::http::panel::Icon;
use crate::http::panel::parts::choices::Choice;
use crate::http::panel::parts::frame::{Frame, Here, NavGroup, NavLink, Section, TenantLink};
use crate::http::panel::parts::shown::{Avatar, Badge, Moment};
use crate::http::panel::parts::view::Look;

/// A name as long as names may be.
pub(super) const LONG: &str =
    "Maximiliana Konstantinopolitanska-Featherstonehaugh von und zu Hohenlohe-Langenburg";
/// One word that cannot be broken at a space.
pub(super) const UNBROKEN: &str =
    "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft";

/// People of the samples: name and address.
pub(super) const PEOPLE: [(&str, &str); 8] = [
    ("Ada Sample", "ada@example.com"),
    ("Ben Sample", "ben@example.com"),
    ("Chidi Sample", "chidi@example.com"),
    ("Dorothea Sample", "dorothea@example.com"),
    ("Émile Sample", "emile@example.com"),
    ("فاطمة Sample", "fatima@example.com"),
    ("李 Sample", "li@example.com"),
    ("Zoë Sample", "zoe@example.com"),
];

/// An id that is the same each time.
pub(super) fn id(number: usize) -> Uuid {
    Uuid::from_u128(0x0199_0000_0000_7000_8000_0000_0000_0000 + number as u128)
}

/// So many hours ago.
pub(super) fn ago(hours: u64) -> Moment {
    Moment::new(now() - Duration::from_hours(hours), now())
}

/// So many hours from now.
pub(super) fn ahead(hours: u64) -> Moment {
    Moment::new(now() + Duration::from_hours(hours), now())
}

/// A role that is held without end.
pub(super) fn badge(name: &str) -> Badge {
    Badge { name: name.to_owned(), until: None }
}

/// The roles every tenant has, as check boxes of someone who may not make owners.
pub(super) fn choices() -> Vec<Choice> {
    let choice = |(name, description): (&str, &str)| Choice {
        key: name.to_lowercase(),
        name: name.to_owned(),
        description: description.to_owned(),
        ticked: name == "Member",
        beyond: name == "Owner",
        until: None,
        end: None,
    };
    [
        ("Owner", "Everything, including deleting the tenant."),
        ("Admin", "Runs the tenant: people, roles, settings."),
        ("Member", "Works on projects."),
        ("Viewer", "Looks, and changes nothing."),
    ]
    .map(choice)
    .into()
}

/// The picture of the person or tenant with this number.
pub(super) fn avatar(number: usize, name: &str) -> Avatar {
    Avatar::new(id(number), name, None)
}

/// Around a page in no tenant.
pub(super) fn frame(look: Look, section: Section) -> Frame {
    let link = |path: &str, label, icon, part| NavLink {
        path: path.to_owned(),
        label,
        icon,
        count: 0,
        keys: "g t",
        current: part == section,
    };
    let links = vec![
        link("/tenants", "Your tenants", Icon::Tenant, Section::Tenants),
        link("/account", "Account", Icon::Person, Section::Account),
    ];
    let tenant = |(number, name): (usize, &str)| TenantLink {
        path: format!("/t/sample-{number}"),
        name: name.to_owned(),
        avatar: avatar(number, name),
        current: false,
    };
    Frame {
        look,
        form_token: "sample".to_owned(),
        name: "Ada Sample".to_owned(),
        email: "ada@example.com".to_owned(),
        avatar: avatar(1, "Ada Sample"),
        tenants: ["Acme", "Blue Works", LONG].into_iter().enumerate().map(tenant).collect(),
        more_tenants: 4,
        here: None,
        nav: vec![NavGroup { label: "", links }],
        search: "/search".to_owned(),
        requests: 0,
        operator: false,
        notice: None,
    }
}

/// Around a page of the tenant called `name`.
pub(super) fn inside(look: Look, section: Section, name: &str) -> Frame {
    let link = |tail: &str, label, icon, part| NavLink {
        path: format!("/t/acme{tail}"),
        label,
        icon,
        count: if part == Section::Requests { 2 } else { 0 },
        keys: "g m",
        current: part == section,
    };
    let group = |label, links| NavGroup { label, links };
    let mut frame = frame(look, section);
    if let Some(first) = frame.tenants.first_mut() {
        first.current = true;
    }
    frame.here = Some(Here { name: name.to_owned(), avatar: avatar(0, name) });
    "/t/acme/search".clone_into(&mut frame.search);
    frame.nav = vec![
        group(
            "",
            vec![
                link("", "Overview", Icon::Overview, Section::Overview),
                link("/projects", "Projects", Icon::Project, Section::Projects),
            ],
        ),
        group(
            "People",
            vec![
                link("/members", "Members", Icon::Members, Section::Members),
                link("/invitations", "Invitations", Icon::Invitation, Section::Invitations),
                link("/roles", "Roles", Icon::Role, Section::Roles),
                link("/requests", "Requests", Icon::Flag, Section::Requests),
            ],
        ),
        group(
            "Tenant",
            vec![
                link("/apps", "Apps", Icon::App, Section::Apps),
                link("/tokens", "Tokens", Icon::Token, Section::Tokens),
                link("/access", "Access", Icon::Access, Section::Access),
                link("/audit", "Audit log", Icon::Audit, Section::Audit),
                link("/settings", "Settings", Icon::Settings, Section::Settings),
            ],
        ),
    ];
    frame
}

/// The present of the samples, which never passes: pictures stay the same.
fn now() -> Timestamp {
    Timestamp::from_micros(1_789_000_000_000_000)
}
