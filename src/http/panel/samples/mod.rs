//! Every page in every state it can be in, with made-up contents: what the gallery shows, what the browser tests
//! look at, and what a unit test renders. Built in development only; must never read the database.

// What the samples have in common: a frame, people, times.
mod scene;

mod access;
mod account;
mod apps;
mod audit;
mod device;
mod docs;
mod domains;
mod invitations;
mod invited;
mod join;
mod many;
mod members;
mod operator;
mod outside;
mod parts;
mod people;
mod preview;
mod problems;
mod projects;
mod requests;
mod role;
mod roles;
mod search;
mod tenant;
mod tokens;

use askama::Template;

use crate::http::panel::parts::view::Look;

/// A page with samples of its context.
trait Sampled: Template {
    /// The page's name, as in its address in the gallery.
    const PAGE: &'static str;

    /// Its states, each with a name.
    fn samples(look: Look) -> Vec<(&'static str, Self)>
    where
        Self: Sized;
}

/// One page in one state.
pub(super) struct Sample {
    /// The page.
    pub(super) page: &'static str,
    /// The state.
    pub(super) state: &'static str,
    /// What it looks like.
    pub(super) html: askama::Result<String>,
}

/// Every page in every state. A page that is not here fails a test below.
#[allow(clippy::too_many_lines, reason = "a list of all there is")]
pub(super) fn all(look: Look) -> Vec<Sample> {
    [
        of::<parts::PartsPage>(look),
        of::<super::sign_in::SignInPage>(look),
        of::<super::sign_in::FailedPage>(look),
        of::<super::account::AccountPage>(look),
        of::<super::identities::LinkPage>(look),
        of::<super::device::CodePage>(look),
        of::<super::device::ToolPage>(look),
        of::<super::tenants::TenantsPage>(look),
        of::<super::overview::OverviewPage>(look),
        of::<super::members::MembersPage>(look),
        of::<super::member::MemberPage>(look),
        of::<super::many::ManyRolesPage>(look),
        of::<super::parts::confirm::Confirm>(look),
        of::<super::parts::preview::PreviewPage>(look),
        of::<super::invitations::InvitationsPage>(look),
        of::<super::inviting::LinkPage>(look),
        of::<super::invited::InvitedPage>(look),
        of::<super::join::JoinPage>(look),
        of::<super::requests::RequestsPage>(look),
        of::<super::request::RequestPage>(look),
        of::<super::roles::RolesPage>(look),
        of::<super::role::RolePage>(look),
        of::<super::role::RoleFormPage>(look),
        of::<super::role_delete::DeleteRolePage>(look),
        of::<super::projects::ProjectsPage>(look),
        of::<super::project::ProjectPage>(look),
        of::<super::apps::AppsPage>(look),
        of::<super::apps::app::AppPage>(look),
        of::<super::apps::app::NewAppPage>(look),
        of::<super::apps::end::DeleteAppPage>(look),
        of::<super::tokens::TokensPage>(look),
        of::<super::tokens::mint::MintPage>(look),
        of::<super::tokens::mint::RotatePage>(look),
        of::<super::parts::made::MadePage>(look),
        of::<super::access::person::PersonPage>(look),
        of::<super::access::who::WhoPage>(look),
        of::<super::access::matrix::MatrixPage>(look),
        of::<super::access::routes::RoutesPage>(look),
        of::<super::access::unused::UnusedPage>(look),
        of::<super::audit::AuditPage>(look),
        of::<super::audit::chain::ChainPage>(look),
        of::<super::audit::undo::UndoPage>(look),
        of::<super::settings::SettingsPage>(look),
        of::<super::transfer::TransferPage>(look),
        of::<super::domains::DomainsPage>(look),
        of::<super::operator::home::OperatorPage>(look),
        of::<super::operator::tenants::TenantListPage>(look),
        of::<super::operator::tenant::TenantPage>(look),
        of::<super::operator::people::PeopleListPage>(look),
        of::<super::operator::person::AccountDetailPage>(look),
        of::<super::operator::reason::ReasonPage>(look),
        of::<super::search::SearchPage>(look),
        of::<super::docs::DocsPage>(look),
        of::<super::docs::GroupPage>(look),
        of::<super::problem::ProblemPage>(look),
        of::<super::mailbox::MailboxPage>(look),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn of<P: Sampled>(look: Look) -> Vec<Sample> {
    let rendered = |(state, page): (&'static str, P)| Sample { page: P::PAGE, state, html: page.render() };
    P::samples(look).into_iter().map(rendered).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::fs;
    use std::path::Path;

    use super::*;

    #[test]
    fn every_page_renders_in_every_state() {
        let mut seen = HashSet::new();
        for Sample { page, state, html } in all(Look::default()) {
            let html = html.unwrap_or_else(|error| panic!("{page} {state}: {error}"));
            assert_eq!(html.matches("<h1").count(), 1, "{page} {state}: one heading tells what the page is");
            assert!(html.contains("<main id=\"main\""), "{page} {state}");
            assert!(seen.insert((page, state)), "{page} {state} is there twice");
        }
    }

    #[test]
    fn no_page_is_without_samples() {
        let panel = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/http/panel");
        let read = |folder: &Path| {
            let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
            files
                .filter(|path| path.is_file())
                .map(|path| fs::read_to_string(path).unwrap())
                .collect::<Vec<_>>()
        };
        let samples = read(&panel.join("samples")).concat();
        let mut pages = 0;
        for source in [
            read(&panel),
            read(&panel.join("access")),
            read(&panel.join("docs")),
            read(&panel.join("apps")),
            read(&panel.join("tokens")),
            read(&panel.join("operator")),
            read(&panel.join("parts")),
        ]
        .concat()
        {
            for after in source.split("#[template(path = ").skip(1) {
                if after.starts_with("\"dev/gallery.html\"") {
                    continue; // It is the list of all the others.
                }
                let name = after.split("struct ").nth(1).unwrap().split([' ', '<']).next().unwrap();
                assert!(samples.contains(&format!("impl Sampled for {name}")), "{name} has no samples");
                pages += 1;
            }
        }
        assert!(pages > 10, "the pages are found");
    }
}
