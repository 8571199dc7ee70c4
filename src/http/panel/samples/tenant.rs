//! The pages of a tenant as a whole: choosing one, the overview, the settings.

use super::{Sampled, scene};
use crate::clock::Timestamp;
use crate::error::{Error, Person};
use crate::http::panel::Icon;
use crate::http::panel::overview::OverviewPage;
use crate::http::panel::parts::activity::Activity;
use crate::http::panel::parts::attention::Attention;
use crate::http::panel::parts::form::{FormErrors, Rejected};
use crate::http::panel::parts::frame::Section;
use crate::http::panel::parts::shown::Badge;
use crate::http::panel::parts::steps::{Progress, first_steps};
use crate::http::panel::parts::view::Look;
use crate::http::panel::settings::SettingsPage;
use crate::http::panel::tenants::{Gone, MayJoin, Mine, TenantsPage};
use crate::http::panel::transfer::{Heir, TransferPage};
use crate::ids::{TenantId, UserId};
use crate::tenants::{Status, Tenant};

impl Sampled for TenantsPage {
    const PAGE: &'static str = "tenants";

    fn samples(look: Look) -> Vec<(&'static str, Self)> {
        let page = |tenants: Vec<Mine>| of_tenants(look, tenants);
        let usual = || {
            page(vec![
                mine(0, "Acme", &["Owner"]),
                mine(1, "Blue Works", &["Admin"]),
                mine(2, "Cobalt", &["Viewer"]),
            ])
        };
        let suspended = Mine { suspended: true, ..mine(3, "Dune", &[]) };
        let awkward = vec![
            mine(0, scene::LONG, &["Owner", "Admin", scene::LONG]),
            mine(1, scene::UNBROKEN, &[]),
            suspended,
        ];
        vec![
            ("usual", usual()),
            (
                "deleted",
                Self { deleted: vec![gone(4, "Ember", 700), gone(5, scene::UNBROKEN, 20)], ..usual() },
            ),
            ("newcomer", page(Vec::new())),
            ("newcomer-joins", Self { joinable: vec![may_join(0, "Acme", true)], ..page(Vec::new()) }),
            ("joinable", Self { joinable: joinable(), ..usual() }),
            ("not-joined", Self { joinable: joinable(), not_joined: full(), ..usual() }),
            ("newcomer-waits", Self { may_create: false, ..page(Vec::new()) }),
            ("awkward", page(awkward)),
            (
                "full",
                page(
                    (0..24).map(|number| mine(number, &format!("Customer {number}"), &["Member"])).collect(),
                ),
            ),
            (
                "rejected",
                Self {
                    errors: wrong(
                        "slug",
                        "Use 3 to 40 lower-case letters and digits, with single hyphens between them.",
                    ),
                    name: "Blue Works".to_owned(),
                    slug: "Blue!".to_owned(),
                    ..usual()
                },
            ),
            (
                "taken",
                Self {
                    errors: wrong("slug", crate::tenants::SLUG_TAKEN),
                    name: "Acme".to_owned(),
                    slug: "acme".to_owned(),
                    ..usual()
                },
            ),
        ]
    }
}

fn of_tenants(look: Look, tenants: Vec<Mine>) -> TenantsPage {
    TenantsPage {
        frame: scene::frame(look, Section::Tenants),
        tenants,
        deleted: Vec::new(),
        joinable: Vec::new(),
        not_joined: FormErrors::default(),
        may_create: true,
        errors: FormErrors::default(),
        name: String::new(),
        slug: String::new(),
        origin: "https://id.example.com".to_owned(),
    }
}

fn gone(number: usize, name: &str, hours: u64) -> Gone {
    Gone {
        name: name.to_owned(),
        slug: format!("sample-{number}"),
        avatar: scene::avatar(number, name),
        until: scene::ahead(hours),
        restore: format!("#restore-{number}"),
    }
}

fn joinable() -> Vec<MayJoin> {
    let asked = MayJoin { asked: Some(scene::ago(30)), ..may_join(6, "Fjord", false) };
    vec![may_join(4, "Dune", true), may_join(5, scene::LONG, false), asked]
}

fn may_join(number: usize, name: &str, open: bool) -> MayJoin {
    MayJoin {
        name: name.to_owned(),
        avatar: scene::avatar(number, name),
        email: format!("ada@d{number}.example"),
        action: "#join".to_owned(),
        open,
        asked: None,
    }
}

fn full() -> FormErrors {
    let full = Error::Conflict("This tenant has as many members as it may.".into());
    Rejected::from(full, &[]).map(|rejected| rejected.errors).unwrap_or_default()
}

fn mine(number: usize, name: &str, roles: &[&str]) -> Mine {
    Mine {
        name: name.to_owned(),
        slug: if number == 0 { "acme".to_owned() } else { format!("sample-{number}") },
        avatar: scene::avatar(number, name),
        roles: roles.iter().map(|role| scene::badge(role)).collect(),
        suspended: false,
        leave: format!("#leave-{number}"),
    }
}

impl Sampled for TransferPage {
    const PAGE: &'static str = "transfer";

    fn samples(look: Look) -> Vec<(&'static str, Self)> {
        let heir = |(number, (name, email)): (usize, (&str, &str))| Heir {
            id: scene::id(number).to_string(),
            name: name.to_owned(),
            email: email.to_owned(),
            roles: if number == 2 { String::new() } else { "Admin".to_owned() },
            chosen: number == 1,
        };
        let kept = ["Admin", "Member", "Viewer"].map(|name| (name.to_lowercase(), name.to_owned()));
        let page = |name: &str, people: Vec<Heir>| Self {
            frame: scene::inside(look, Section::Settings, name),
            path: "/t/acme".to_owned(),
            name: name.to_owned(),
            slug: "acme".to_owned(),
            search: String::new(),
            people,
            more: false,
            kept: kept.clone().into(),
            keep: "admin".to_owned(),
            errors: FormErrors::default(),
        };
        let usual = || page("Acme", scene::PEOPLE.into_iter().take(4).enumerate().map(heir).collect());
        let long = [(scene::LONG, "x@example.com"), (scene::UNBROKEN, "y@example.com")];
        let awkward = page(scene::UNBROKEN, long.into_iter().enumerate().map(heir).collect());
        vec![
            ("usual", usual()),
            ("alone", page("Acme", Vec::new())),
            ("nobody", Self { search: "nobody is called this".to_owned(), ..page("Acme", Vec::new()) }),
            (
                "wrong",
                Self { errors: wrong("confirm", "This is not the slug. Nothing was changed."), ..usual() },
            ),
            ("awkward", Self { more: true, ..awkward }),
        ]
    }
}

impl Sampled for OverviewPage {
    const PAGE: &'static str = "overview";

    fn samples(look: Look) -> Vec<(&'static str, Self)> {
        let calm = || overview(look, "Acme");
        let start = Progress { members: 1, invited: 0, delegated: false, second_owner: Some(false) };
        vec![
            ("usual", calm()),
            ("attention", Self { attention: attention(), ..calm() }),
            (
                "new",
                Self {
                    steps: first_steps("/t/acme", start),
                    members: Some("1".to_owned()),
                    invitations: Some(0),
                    activity: Some(lines([activity(0, "made this tenant", "", "")])),
                    since: scene::ago(0),
                    ..calm()
                },
            ),
            (
                "growing",
                Self {
                    steps: first_steps(
                        "/t/acme",
                        Progress { members: 4, invited: 2, delegated: true, ..start },
                    ),
                    attention: attention().into_iter().take(1).collect(),
                    ..calm()
                },
            ),
            (
                "viewer",
                Self {
                    roles: vec![Badge { name: "Viewer".to_owned(), until: Some(scene::ahead(50)) }],
                    attention: vec![ending("Viewer")],
                    invitations: None,
                    may_invite: false,
                    activity: None,
                    ..calm()
                },
            ),
            ("awkward", awkward(look)),
        ]
    }
}

fn awkward(look: Look) -> OverviewPage {
    OverviewPage {
        roles: ["Owner", scene::LONG, scene::UNBROKEN].map(scene::badge).into(),
        attention: vec![
            ending(scene::UNBROKEN),
            Attention { people: named(&[scene::LONG, scene::UNBROKEN]), ..without_role() },
        ],
        activity: Some(lines([
            Activity {
                actor: scene::LONG.to_owned(),
                ..activity(1, "invited", scene::UNBROKEN, "as Viewer")
            },
            Activity {
                actor: scene::UNBROKEN.to_owned(),
                ..activity(2, "changed the roles of", scene::LONG, "to no role")
            },
        ])),
        members: Some("10,482".to_owned()),
        invitations: Some(500),
        ..overview(look, scene::LONG)
    }
}

fn overview(look: Look, name: &str) -> OverviewPage {
    let denied =
        Activity { denied: true, ..activity(3, "was not allowed to change the roles of members", "", "") };
    OverviewPage {
        frame: scene::inside(look, Section::Overview, name),
        path: "/t/acme".to_owned(),
        name: name.to_owned(),
        slug: "acme".to_owned(),
        since: scene::ago(9_000),
        attention: Vec::new(),
        steps: Vec::new(),
        roles: vec![scene::badge("Owner")],
        members: Some("12".to_owned()),
        invitations: Some(3),
        may_invite: true,
        may_read_roles: true,
        activity: Some(lines([
            activity(1, "changed the roles of", "Émile Sample", "to Admin, Member"),
            denied,
            activity(0, "invited", "someone@example.com", "as Viewer"),
            activity(2, "joined by the invitation of", "chidi@example.com", ""),
            activity(0, "withdrew the invitation of", "old@example.com", ""),
            activity(6, "left", "", ""),
            activity(0, "changed the settings", "", "and called it Acme"),
            activity(0, "made this tenant", "", ""),
        ])),
    }
}

fn activity(number: usize, did: &str, target: &str, detail: &str) -> Activity {
    let actor = scene::PEOPLE.get(number).map_or("Somebody", |(name, _)| *name);
    Activity {
        actor: actor.to_owned(),
        avatar: scene::avatar(number, actor),
        did: did.to_owned(),
        target: target.to_owned(),
        detail: detail.to_owned(),
        denied: false,
        at: scene::ago(0),
    }
}

/// One after the other, latest first.
fn lines(lines: impl IntoIterator<Item = Activity>) -> Vec<Activity> {
    let at = |(place, line): (usize, Activity)| Activity { at: scene::ago(7 * place as u64), ..line };
    lines.into_iter().enumerate().map(at).collect()
}

fn attention() -> Vec<Attention> {
    let refused = Attention {
        icon: Icon::Lock,
        kind: "bad",
        people: named(&["Ben Sample"]),
        text: " was refused 3 times in the last 24 hours.".to_owned(),
        action: "See their roles",
        ..without_role()
    };
    let mail = |text: &str, at, action| Attention {
        icon: Icon::Mail,
        people: Vec::new(),
        text: text.to_owned(),
        at,
        action,
        ..without_role()
    };
    vec![
        refused,
        Attention::requests("/t/acme", 2).unwrap_or_else(without_role),
        Attention::sole_owner("/t/acme"),
        ending("Admin"),
        without_role(),
        mail(
            "The invitation to someone@example.com is unanswered and ends",
            Some(scene::ahead(5)),
            "Send again",
        ),
        mail("4 invitations ended without an answer.", None, "Send again or withdraw"),
    ]
}

fn ending(role: &str) -> Attention {
    Attention::role_ends(role, scene::ahead(50), "See who can prolong it", "#owners".to_owned())
}

fn without_role() -> Attention {
    let people: Vec<Person> = scene::PEOPLE
        .iter()
        .skip(1)
        .take(4)
        .map(|(name, _)| Person { id: UserId::new(), name: (*name).to_owned() })
        .collect();
    Attention::without_role("/t/acme", &people).unwrap_or_else(|| Attention::sole_owner("/t/acme"))
}

fn named(names: &[&str]) -> Vec<(String, String)> {
    names.iter().map(|name| ((*name).to_owned(), "#person".to_owned())).collect()
}

impl Sampled for SettingsPage {
    const PAGE: &'static str = "settings";

    fn samples(look: Look) -> Vec<(&'static str, Self)> {
        let usual = || settings(look, "Acme", "acme");
        vec![
            ("usual", usual()),
            ("stale-sign-in", Self { fresh: false, ..usual() }),
            ("admin", Self { may_delete: false, may_transfer: false, ..usual() }),
            ("viewer", Self { may_change: false, may_delete: false, may_transfer: false, ..usual() }),
            (
                "rejected",
                Self {
                    errors: wrong("slug", "This slug is reserved. Choose another."),
                    slug: "admin".to_owned(),
                    ..usual()
                },
            ),
            ("stale", Self { errors: stale(), ..usual() }),
            (
                "not-kept",
                Self {
                    errors: wrong("audit_retention_days", "Keep them for 30 to 3650 days, or for ever."),
                    days: "7".to_owned(),
                    ..usual()
                },
            ),
            (
                "not-deleted",
                Self { errors: wrong("confirm", "This is not the slug. Nothing was deleted."), ..usual() },
            ),
            ("awkward", settings(look, scene::LONG, "a-slug-that-is-as-long-as-slugs-may-be-x")),
        ]
    }
}

fn settings(look: Look, name: &str, slug: &str) -> SettingsPage {
    SettingsPage {
        frame: scene::inside(look, Section::Settings, name),
        path: "/t/acme".to_owned(),
        tenant: Tenant {
            id: TenantId::from_uuid(scene::id(0)),
            slug: slug.to_owned(),
            name: name.to_owned(),
            status: Status::Active,
            policy_version: 41,
            created_at: Timestamp::from_micros(1_750_000_000_000_000),
            audit_retention_days: None,
            revision: 3,
        },
        made: scene::ago(9_000),
        origin: "https://id.example.com".to_owned(),
        name: name.to_owned(),
        slug: slug.to_owned(),
        days: String::new(),
        errors: FormErrors::default(),
        may_change: true,
        may_delete: true,
        may_transfer: true,
        fresh: true,
    }
}

fn wrong(field: &str, detail: &'static str) -> FormErrors {
    Rejected::field(field, "sample", detail).errors
}

fn stale() -> FormErrors {
    whole(Error::Stale)
}

fn whole(error: Error) -> FormErrors {
    Rejected::from(error, &[]).map(|rejected| rejected.errors).unwrap_or_default()
}
