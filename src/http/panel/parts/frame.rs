//! What surrounds every page of someone who is signed in: the header with its menus, the tenant's navigation with
//! only what they may see, and what was just done.

use crate::authz::platform::PlatformGrant;
use crate::authz::{Grant, Permission, SessionUser, perm};
use crate::error::Result;
use crate::http::extract::form_token;
use crate::http::panel::parts::icon::Icon;
use crate::http::panel::parts::notice::Notice;
use crate::http::panel::parts::shown::Avatar;
use crate::http::panel::parts::view::{Look, View};
use crate::http::state::AppState;
use crate::{requests, tenants};

/// How many tenants the switcher names; the rest are on the page of all.
const SWITCHER: usize = 8;

/// What surrounds a page.
#[derive(Debug)]
pub(in crate::http::panel) struct Frame {
    /// How the reader wants pages to look.
    pub(in crate::http::panel) look: Look,
    /// For the page's forms.
    pub(in crate::http::panel) form_token: String,
    /// The caller's name.
    pub(in crate::http::panel) name: String,
    /// The caller's address, or nothing.
    pub(in crate::http::panel) email: String,
    /// The caller's picture.
    pub(in crate::http::panel) avatar: Avatar,
    /// Some of the caller's tenants.
    pub(in crate::http::panel) tenants: Vec<TenantLink>,
    /// How many tenants the caller has besides these.
    pub(in crate::http::panel) more_tenants: usize,
    /// The tenant the page is in.
    pub(in crate::http::panel) here: Option<Here>,
    /// Where one may go from here.
    pub(in crate::http::panel) nav: Vec<NavGroup>,
    /// The page that searches what the caller may reach from here.
    pub(in crate::http::panel) search: String,
    /// How many requests for roles wait for the reader's answer.
    pub(in crate::http::panel) requests: usize,
    /// Whether the caller operates the installation.
    pub(in crate::http::panel) operator: bool,
    /// What was just done.
    pub(in crate::http::panel) notice: Option<&'static str>,
}

/// A tenant in the switcher.
#[derive(Debug, Clone)]
pub(in crate::http::panel) struct TenantLink {
    /// Its path, such as `/t/acme`.
    pub(in crate::http::panel) path: String,
    /// Its name.
    pub(in crate::http::panel) name: String,
    /// Its initials on its colour.
    pub(in crate::http::panel) avatar: Avatar,
    /// Whether it is where one is.
    pub(in crate::http::panel) current: bool,
}

/// The tenant a page is in.
#[derive(Debug)]
pub(in crate::http::panel) struct Here {
    /// Its name.
    pub(in crate::http::panel) name: String,
    /// Its initials on its colour.
    pub(in crate::http::panel) avatar: Avatar,
}

/// Entries of the navigation that belong together.
#[derive(Debug, Clone)]
pub(in crate::http::panel) struct NavGroup {
    /// What they have in common; empty for the first.
    pub(in crate::http::panel) label: &'static str,
    /// The entries.
    pub(in crate::http::panel) links: Vec<NavLink>,
}

/// An entry of the navigation.
#[derive(Debug, Clone)]
pub(in crate::http::panel) struct NavLink {
    /// Its path.
    pub(in crate::http::panel) path: String,
    /// What it says.
    pub(in crate::http::panel) label: &'static str,
    /// Its drawing.
    pub(in crate::http::panel) icon: Icon,
    /// How many things there wait for the reader.
    pub(in crate::http::panel) count: usize,
    /// The keys that lead there.
    pub(in crate::http::panel) keys: &'static str,
    /// Whether it is where one is.
    pub(in crate::http::panel) current: bool,
}

/// The parts of the panel one can be in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::http::panel) enum Section {
    Overview,
    Projects,
    Apps,
    Tokens,
    Members,
    Invitations,
    Roles,
    Requests,
    Access,
    Audit,
    Settings,
    Tenants,
    Account,
    /// Of operators: how the installation is.
    Installation,
    /// Of operators: every tenant.
    EveryTenant,
    /// Of operators: everyone who has an account.
    Everyone,
    /// Led to by no entry: the search.
    Search,
}

impl Frame {
    /// Around a page that is in no tenant.
    pub(in crate::http::panel) async fn of(
        view: &View,
        principal: &SessionUser,
        section: Section,
    ) -> Result<Self> {
        let user = &principal.user;
        let mine = tenants::list_for(&view.authz, user.id, view.database.clock().now()).await?;
        Ok(Self {
            look: view.look(),
            form_token: form_token(view, principal.session),
            name: user.name.clone(),
            email: user.email.clone().unwrap_or_default(),
            avatar: Avatar::new(user.id.uuid(), &user.name, user.avatar_url.as_deref()),
            more_tenants: mine.len().saturating_sub(SWITCHER),
            tenants: mine.iter().take(SWITCHER).map(TenantLink::new).collect(),
            here: None,
            nav: own_pages(section).into_iter().chain(development(view)).collect(),
            search: "/search".to_owned(),
            requests: 0,
            operator: user.operator.is_some(),
            notice: None,
        })
    }

    /// Around a page in the grant's tenant.
    pub(in crate::http::panel) async fn inside<P>(
        view: &View,
        grant: &Grant<P>,
        section: Section,
    ) -> Result<Self> {
        let mut frame = Self::of(view, grant.person()?, section).await?;
        let (path, policy) = (path_of(grant), grant.policy());
        for tenant in &mut frame.tenants {
            tenant.current = tenant.path == path;
        }
        let avatar = Avatar::new(grant.tenant().uuid(), &policy.name, None);
        frame.search = format!("{path}/search");
        if let Some(decider) = also::<perm::MembersUpdate, _>(view, grant).await? {
            frame.requests = requests::waiting(&view.database, &decider).await?.len();
        }
        frame.nav =
            tenant_pages(grant, section, frame.requests).into_iter().chain(development(view)).collect();
        frame.here = Some(Here { name: policy.name.clone(), avatar });
        Ok(frame)
    }

    /// Around a page of operators.
    pub(in crate::http::panel) async fn operating<P>(
        view: &View,
        grant: &PlatformGrant<P>,
        section: Section,
    ) -> Result<Self> {
        let mut frame = Self::of(view, grant.principal(), section).await?;
        for group in frame.nav.iter_mut().filter(|group| group.label.is_empty()) {
            group.label = "You";
        }
        frame.nav.insert(0, operator_pages(grant, section));
        Ok(frame)
    }

    /// With what the code in the address says was done.
    #[must_use]
    pub(in crate::http::panel) fn telling(mut self, done: Option<&str>) -> Self {
        self.notice = Notice::text(done);
        self
    }
}

impl TenantLink {
    fn new(tenant: &tenants::TenantOfMine) -> Self {
        Self {
            path: format!("/t/{}", tenant.slug),
            name: tenant.name.clone(),
            avatar: Avatar::new(tenant.id.uuid(), &tenant.name, None),
            current: false,
        }
    }
}

/// What only development has.
fn development(view: &View) -> Option<NavGroup> {
    let link = |path: &str, label, icon| NavLink {
        path: path.to_owned(),
        label,
        icon,
        count: 0,
        keys: "",
        current: false,
    };
    let links =
        vec![link("/dev/mailbox", "Mailbox", Icon::Mail), link("/dev/gallery", "Gallery", Icon::Overview)];
    keeps_mail(view).then_some(NavGroup { label: "Development", links })
}

/// What operators have.
fn operator_pages<P>(grant: &PlatformGrant<P>, section: Section) -> NavGroup {
    use crate::authz::platform::perm;
    let link = |(part, path, label, icon, seen): (Section, &str, _, _, bool)| {
        seen.then(|| NavLink {
            path: path.to_owned(),
            label,
            icon,
            count: 0,
            keys: "",
            current: part == section,
        })
    };
    let links = [
        (Section::Installation, "/operator", "Installation", Icon::Overview, grant.can::<perm::HealthRead>()),
        (
            Section::EveryTenant,
            "/operator/tenants",
            "Every tenant",
            Icon::Tenant,
            grant.can::<perm::TenantsRead>(),
        ),
        (Section::Everyone, "/operator/users", "Everyone", Icon::Members, grant.can::<perm::UsersRead>()),
    ];
    NavGroup { label: "Operator", links: links.into_iter().filter_map(link).collect() }
}

/// What everyone has.
pub(in crate::http::panel) fn own_pages(section: Section) -> Vec<NavGroup> {
    let link = |part, path: &str, label, icon, keys| NavLink {
        path: path.to_owned(),
        label,
        icon,
        count: 0,
        keys,
        current: part == section,
    };
    let links = vec![
        link(Section::Tenants, "/tenants", "Your tenants", Icon::Tenant, "g t"),
        link(Section::Account, "/account", "Account", Icon::Person, "g a"),
    ];
    vec![NavGroup { label: "", links }]
}

/// The pages of the grant's tenant that the caller may see; so many requests wait for them.
pub(in crate::http::panel) fn tenant_pages<P>(
    grant: &Grant<P>,
    section: Section,
    requests: usize,
) -> Vec<NavGroup> {
    let path = path_of(grant);
    let link = |(part, tail, label, icon, keys, seen): (Section, &str, _, _, _, bool)| {
        let count = if part == Section::Requests { requests } else { 0 };
        seen.then(|| NavLink {
            path: format!("{path}{tail}"),
            label,
            icon,
            count,
            keys,
            current: part == section,
        })
    };
    let sees_tokens = grant.can::<perm::TokensRead>() || grant.can::<perm::TokensCreate>();
    let may_change = grant.can::<perm::TenantUpdate>() || grant.can::<perm::TenantDelete>();
    let (overview, projects) = (grant.can::<perm::TenantRead>(), grant.can::<perm::ProjectsRead>());
    let (members, roles) = (grant.can::<perm::MembersRead>(), grant.can::<perm::RolesRead>());
    let invitations = grant.can::<perm::InvitationsRead>();
    let (access, audit) = (grant.can::<perm::AccessRead>(), grant.can::<perm::AuditRead>());
    let groups = [
        (
            "",
            vec![
                (Section::Overview, "", "Overview", Icon::Overview, "g o", overview),
                (Section::Projects, "/projects", "Projects", Icon::Project, "g p", projects),
            ],
        ),
        (
            "People",
            vec![
                (Section::Members, "/members", "Members", Icon::Members, "g m", members),
                (Section::Invitations, "/invitations", "Invitations", Icon::Invitation, "g i", invitations),
                (Section::Roles, "/roles", "Roles", Icon::Role, "g r", roles),
                (Section::Requests, "/requests", "Requests", Icon::Flag, "g q", true),
            ],
        ),
        (
            "Tenant",
            vec![
                (Section::Apps, "/apps", "Apps", Icon::App, "g b", grant.can::<perm::AppsRead>()),
                (Section::Tokens, "/tokens", "Tokens", Icon::Token, "g k", sees_tokens),
                (Section::Access, "/access", "Access", Icon::Access, "g c", access),
                (Section::Audit, "/audit", "Audit log", Icon::Audit, "g l", audit),
                (Section::Settings, "/settings", "Settings", Icon::Settings, "g s", may_change),
            ],
        ),
    ];
    let shown = groups
        .into_iter()
        .map(|(label, links)| NavGroup { label, links: links.into_iter().filter_map(link).collect() });
    shown.filter(|group| !group.links.is_empty()).collect()
}

/// The path of the grant's tenant, by its present slug.
pub(in crate::http::panel) fn path_of<P>(grant: &Grant<P>) -> String {
    format!("/t/{}", grant.policy().slug)
}

/// The caller's grant of another permission in the same tenant, when they hold it.
pub(in crate::http::panel) async fn also<Q: Permission, P>(
    app: &AppState,
    grant: &Grant<P>,
) -> Result<Option<Grant<Q>>> {
    if !grant.can::<Q>() {
        return Ok(None);
    }
    let granted = app.authz.also(grant).await?;
    Ok(Some(granted))
}

/// Whether mail is kept on a page of ours instead of being sent.
#[cfg(feature = "dev")]
pub(in crate::http::panel) fn keeps_mail(app: &AppState) -> bool {
    app.config.smtp_url.is_none() && app.mailbox.is_some()
}

/// Only development keeps mail.
#[cfg(not(feature = "dev"))]
pub(in crate::http::panel) fn keeps_mail(_: &AppState) -> bool {
    false
}
