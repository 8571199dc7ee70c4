//! The search: before anything is typed, in a tenant and outside, something found, nothing found, awkward names.

use super::{Sampled, scene};
use crate::http::panel::Icon;
use crate::http::panel::parts::frame::Section;
use crate::http::panel::parts::view::Look;
use crate::http::panel::search::{Found, Group, SearchPage};

impl Sampled for SearchPage {
    const PAGE: &'static str = "search";

    fn samples(look: Look) -> Vec<(&'static str, Self)> {
        let own = [
            found(Icon::Tenant, "Your tenants", "", "/tenants"),
            found(Icon::Person, "Account", "", "/account"),
        ];
        let tenants = [
            found(Icon::Tenant, "Acme", "acme", "/t/acme"),
            found(Icon::Tenant, "Blue Works", "blue-works", "#"),
        ];
        let pages = [
            found(Icon::Overview, "Overview", "", "/t/acme"),
            found(Icon::Members, "Members", "", "/t/acme/members"),
            found(Icon::Settings, "Settings", "", "/t/acme/settings"),
        ];
        let actions = [
            found(Icon::Invitation, "Invite someone", "", "/t/acme/invitations#invite"),
            found(Icon::Plus, "Make a tenant", "", "/tenants#create"),
        ];
        let people = scene::PEOPLE.map(|(name, email)| found(Icon::Person, name, email, name));
        let long = found(
            Icon::Person,
            scene::LONG,
            "an.address.as.long.as.they.may.be@a-very-long-domain-name.example.com",
            "#1",
        );
        let unbroken = found(Icon::Tenant, scene::UNBROKEN, "a-slug-that-is-as-long-as-slugs-may-be-x", "#2");
        let tenants = || group("found-tenants", "Tenants", tenants.clone());
        let outside = page(look, "", vec![group("found-pages", "Go to", own), tenants()]);
        vec![
            (
                "inside",
                page(
                    look,
                    "",
                    vec![
                        group("found-pages", "Go to", pages),
                        group("found-actions", "Do", actions.clone()),
                        tenants(),
                    ],
                ),
            ),
            ("outside", Self { frame: scene::frame(look, Section::Search), ..outside }),
            ("found", page(look, "sample", vec![group("found-members", "Members", people)])),
            ("one", page(look, "invite", vec![group("found-actions", "Do", actions.into_iter().take(1))])),
            (
                "awkward",
                page(
                    look,
                    "e",
                    vec![
                        group("found-members", "Members", [long]),
                        group("found-tenants", "Tenants", [unbroken]),
                    ],
                ),
            ),
            ("nothing", page(look, scene::UNBROKEN, Vec::new())),
        ]
    }
}

fn page(look: Look, q: &str, groups: Vec<Group>) -> SearchPage {
    SearchPage { frame: scene::inside(look, Section::Search, "Acme"), q: q.to_owned(), groups }
}

fn group(id: &'static str, label: &'static str, found: impl IntoIterator<Item = Found>) -> Group {
    Group { id, label, found: found.into_iter().collect() }
}

fn found(icon: Icon, label: &str, detail: &str, href: &str) -> Found {
    Found { icon, label: label.to_owned(), detail: detail.to_owned(), href: href.to_owned() }
}
