//! The operators' pages: the installation well and unwell, tenants and people in every state, with awkward names, and
//! as support sees them.

use super::{Sampled, scene};
use crate::authz::platform::PlatformRole;
use crate::clock::Timestamp;
use crate::http::health::Health;
use crate::http::panel::Icon;
use crate::http::panel::operator::home::{OperatorPage, tiles};
use crate::http::panel::operator::people::{AccountRow, PeopleListPage};
use crate::http::panel::operator::person::{AccountDetailPage, Place};
use crate::http::panel::operator::reason::ReasonPage;
use crate::http::panel::operator::tenant::TenantPage;
use crate::http::panel::operator::tenants::{TenantListPage, TenantRow};
use crate::http::panel::parts::form::{FormErrors, Rejected};
use crate::http::panel::parts::frame::{Frame, NavGroup, NavLink, Section};
use crate::http::panel::parts::shown::thousands;
use crate::http::panel::parts::view::Look;
use crate::mail::Backlog;
use crate::operators::{Figures, TenantState};

fn frame(look: Look, section: Section) -> Frame {
    let link = |path: &str, label, icon, part| NavLink {
        path: path.to_owned(),
        label,
        icon,
        count: 0,
        keys: "",
        current: part == section,
    };
    let links = vec![
        link("/operator", "Installation", Icon::Overview, Section::Installation),
        link("/operator/tenants", "Every tenant", Icon::Tenant, Section::EveryTenant),
        link("/operator/users", "Everyone", Icon::Members, Section::Everyone),
    ];
    let mut frame = scene::frame(look, section);
    frame.operator = true;
    for group in &mut frame.nav {
        group.label = "You";
    }
    frame.nav.insert(0, NavGroup { label: "Operator", links });
    frame
}

impl Sampled for OperatorPage {
    const PAGE: &'static str = "operator";

    fn samples(look: Look) -> Vec<(&'static str, Self)> {
        let page = |health: Health, oldest| Self {
            frame: frame(look, Section::Installation),
            figures: tiles(Figures { tenants: 10_482, suspended: 3, people: 48_116, disabled: 12 }),
            waiting: thousands(health.outbox.waiting),
            health,
            oldest,
        };
        let well = Health {
            ready: true,
            draining: false,
            version: "0.1.0",
            database: "PostgreSQL",
            schema: "current",
            newest_migration: 7,
            policy_age_ms: Some(148),
            session_store: "Redis",
            session_store_answers: true,
            outbox: Backlog { waiting: 0, oldest_at: None },
        };
        let unwell = Health {
            ready: false,
            draining: true,
            schema: "behind: run `freehold migrate`",
            policy_age_ms: None,
            session_store_answers: false,
            outbox: Backlog { waiting: 1_204, oldest_at: Some(Timestamp::from_micros(0)) },
            ..well.clone()
        };
        vec![("usual", page(well, None)), ("unwell", page(unwell, Some(scene::ago(5))))]
    }
}

fn tenant(number: usize, name: &str, state: TenantState) -> TenantRow {
    TenantRow {
        path: format!("#tenant-{number}"),
        id: scene::id(number).to_string(),
        name: name.to_owned(),
        slug: format!("sample-{number}"),
        avatar: scene::avatar(number, name),
        state,
        made: scene::ago(number as u64 * 400 + 3),
        members: "1,204".to_owned(),
        roles: "9".to_owned(),
        invitations: "14".to_owned(),
        events: "1,048,576".to_owned(),
    }
}

impl Sampled for TenantListPage {
    const PAGE: &'static str = "operator-tenants";

    fn samples(look: Look) -> Vec<(&'static str, Self)> {
        let page = |tenants| Self {
            frame: frame(look, Section::EveryTenant),
            search: String::new(),
            status: "",
            tenants,
            first: None,
            next: None,
        };
        let usual = vec![
            tenant(0, "Acme", TenantState::Active),
            tenant(1, "Blue Works", TenantState::Suspended),
            tenant(2, "Cobalt", TenantState::Deleted),
        ];
        let awkward = [scene::LONG, scene::UNBROKEN].iter().enumerate();
        let awkward = awkward.map(|(number, name)| tenant(number, name, TenantState::Suspended)).collect();
        let full = (0..50).map(|number| tenant(number, &format!("Customer {number}"), TenantState::Active));
        vec![
            ("usual", page(usual)),
            (
                "full",
                Self {
                    next: Some("#next".to_owned()),
                    first: Some("#first".to_owned()),
                    ..page(full.collect())
                },
            ),
            ("awkward", page(awkward)),
            (
                "nobody",
                Self { search: "nothing like it".to_owned(), status: "suspended", ..page(Vec::new()) },
            ),
            ("empty", page(Vec::new())),
        ]
    }
}

impl Sampled for TenantPage {
    const PAGE: &'static str = "operator-tenant";

    fn samples(look: Look) -> Vec<(&'static str, Self)> {
        let page = |tenant| Self {
            frame: frame(look, Section::EveryTenant),
            tenant,
            suspension: None,
            deleted: None,
            may_suspend: true,
        };
        let why = "A payment is overdue. Write to billing@example.com.".to_owned();
        let suspended = |name: &str, why| Self {
            suspension: Some((scene::ago(50), why)),
            ..page(tenant(1, name, TenantState::Suspended))
        };
        vec![
            ("usual", page(tenant(0, "Acme", TenantState::Active))),
            ("suspended", suspended("Blue Works", why)),
            (
                "deleted",
                Self { deleted: Some(scene::ago(90)), ..page(tenant(2, "Cobalt", TenantState::Deleted)) },
            ),
            ("support", Self { may_suspend: false, ..page(tenant(0, "Acme", TenantState::Active)) }),
            ("awkward", suspended(scene::UNBROKEN, format!("{} {}", scene::LONG, scene::UNBROKEN))),
        ]
    }
}

fn account(number: usize, name: &str, email: &str) -> AccountRow {
    AccountRow {
        path: format!("#person-{number}"),
        id: scene::id(number).to_string(),
        name: name.to_owned(),
        email: email.to_owned(),
        verified: number != 2,
        avatar: scene::avatar(number, name),
        role: match number {
            0 => Some(PlatformRole::Operator),
            1 => Some(PlatformRole::Support),
            _ => None,
        },
        disabled: number == 3,
        tenants: number.to_string(),
        since: scene::ago(number as u64 * 700 + 30),
        signed_in: (number != 4).then(|| scene::ago(number as u64 * 3)),
        own: number == 0,
    }
}

impl Sampled for PeopleListPage {
    const PAGE: &'static str = "operator-people";

    fn samples(look: Look) -> Vec<(&'static str, Self)> {
        let page = |people| Self {
            frame: frame(look, Section::Everyone),
            search: String::new(),
            status: "",
            people,
            first: None,
            next: None,
        };
        let people = scene::PEOPLE.iter().enumerate();
        let usual = people.map(|(number, (name, email))| account(number, name, email)).collect();
        let awkward = [scene::LONG, scene::UNBROKEN, "X", "X"].iter().enumerate();
        let address =
            "an.address.as.long.as.addresses.may.be.and.then.some@a-very-long-domain-name.example.com";
        let awkward = awkward.map(|(number, name)| account(number, name, address)).collect();
        vec![
            ("usual", page(usual)),
            ("awkward", Self { next: Some("#next".to_owned()), ..page(awkward) }),
            ("nobody", Self { search: "nobody is called this".to_owned(), ..page(Vec::new()) }),
        ]
    }
}

fn place(number: usize, name: &str) -> Place {
    Place {
        path: format!("#tenant-{number}"),
        name: name.to_owned(),
        slug: format!("sample-{number}"),
        avatar: scene::avatar(number, name),
        suspended: number == 1,
        owned_alone: number == 0,
        joined: scene::ago(number as u64 * 100 + 9),
    }
}

impl Sampled for AccountDetailPage {
    const PAGE: &'static str = "operator-person";

    fn samples(look: Look) -> Vec<(&'static str, Self)> {
        let page = |person| Self {
            frame: frame(look, Section::Everyone),
            person,
            disabled: None,
            memberships: vec![place(0, "Acme"), place(1, "Blue Works"), place(2, "Cobalt")],
            may_disable: true,
        };
        let ben = || page(account(5, "Ben Sample", "ben@example.com"));
        let gone = page(account(3, "Dorothea Sample", "dorothea@example.com"));
        let awkward = Self {
            memberships: vec![place(0, scene::LONG), place(1, scene::UNBROKEN)],
            disabled: Some((scene::ago(7), format!("{} {}", scene::LONG, scene::UNBROKEN))),
            ..page(account(3, scene::UNBROKEN, "x@example.com"))
        };
        vec![
            ("usual", ben()),
            ("own", page(account(0, "Ada Sample", "ada@example.com"))),
            ("disabled", Self { disabled: Some((scene::ago(7), "Left the company.".to_owned())), ..gone }),
            ("alone", Self { memberships: Vec::new(), ..ben() }),
            ("support", Self { may_disable: false, ..ben() }),
            ("awkward", awkward),
        ]
    }
}

impl Sampled for ReasonPage {
    const PAGE: &'static str = "operator-reason";

    fn samples(look: Look) -> Vec<(&'static str, Self)> {
        let page = |name: &str| {
            Self {
            frame: frame(look, Section::Everyone),
            title: format!("Disable {name}?"),
            text: "All their sessions end within a second and they cannot sign in. Their memberships and roles are kept, \
                   and you can enable them at any time."
                .to_owned(),
            warning: None,
            readers: "Operators read this sentence; it stays in the installation's audit log. The person is not told.",
            action: "#disable".to_owned(),
            button: "Disable",
            cancel: "#cancel".to_owned(),
            reason: String::new(),
            errors: FormErrors::default(),
        }
        };
        let alone = "Nobody else who may sign in owns these tenants; they are left without an owner while Ben Sample is \
                     disabled:";
        let warned = |names: Vec<String>| Some((alone.to_owned(), names));
        let wrong = Rejected::field("reason", "required", "Say why, in a sentence.").errors;
        vec![
            ("usual", page("Ben Sample")),
            ("warning", Self { warning: warned(vec!["Acme".to_owned()]), ..page("Ben Sample") }),
            ("wrong", Self { errors: wrong, ..page("Ben Sample") }),
            (
                "awkward",
                Self {
                    warning: warned(vec![scene::UNBROKEN.to_owned(), scene::LONG.to_owned()]),
                    ..page(scene::UNBROKEN)
                },
            ),
        ]
    }
}
