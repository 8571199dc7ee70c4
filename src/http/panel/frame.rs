//! What surrounds every page of someone who is signed in: the header with its menus, the tenant's navigation with
//! only what they may see, and what was just done.

use std::sync::Arc;

use crate::authz::{Grant, Permission, Principal, perm};
use crate::error::Result;
use crate::http::extract::form_token;
use crate::http::panel::notice::Notice;
use crate::http::panel::shown::Avatar;
use crate::http::state::AppState;
use crate::tenants;

/// How many tenants the switcher names; the rest are on the page of all.
const SWITCHER: usize = 8;

/// What surrounds a page.
#[derive(Debug)]
pub(super) struct Frame {
    /// For the page's forms.
    pub(super) form_token: String,
    /// The caller's name.
    pub(super) name: String,
    /// The caller's address, or nothing.
    pub(super) email: String,
    /// The caller's picture.
    pub(super) avatar: Avatar,
    /// The caller's tenants: path and name.
    pub(super) tenants: Vec<(String, String)>,
    /// The tenant the page is in.
    pub(super) here: Option<Here>,
    /// What was just done.
    pub(super) notice: Option<&'static str>,
    /// Whether mail is kept on a page of ours instead of being sent.
    pub(super) mailbox: bool,
}

/// The tenant a page is in.
#[derive(Debug)]
pub(super) struct Here {
    /// Its name.
    pub(super) name: String,
    /// Its path, such as `/t/acme`.
    pub(super) path: String,
    /// Where one may go in it.
    pub(super) links: Vec<NavLink>,
}

/// An entry of the navigation.
#[derive(Debug)]
pub(super) struct NavLink {
    /// Its path.
    pub(super) path: String,
    /// What it says.
    pub(super) label: &'static str,
    /// Whether it is where one is.
    pub(super) current: bool,
}

/// The parts of a tenant's pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Section {
    Overview,
    Members,
    Invitations,
    Roles,
    Settings,
}

impl Frame {
    /// Around a page that is in no tenant.
    pub(super) async fn of(app: &AppState, principal: &Principal) -> Result<Self> {
        let user = &principal.user;
        let mine = tenants::list_for(&app.authz, user.id, app.database.clock().now()).await?;
        let link = |tenant: tenants::TenantOfMine| (format!("/t/{}", tenant.slug), tenant.name);
        Ok(Self {
            form_token: form_token(app, principal.session),
            name: user.name.clone(),
            email: user.email.clone().unwrap_or_default(),
            avatar: Avatar::new(user.id, &user.name, user.avatar_url.as_deref()),
            tenants: mine.into_iter().take(SWITCHER).map(link).collect(),
            here: None,
            notice: None,
            mailbox: keeps_mail(app),
        })
    }

    /// Around a page in the grant's tenant.
    pub(super) async fn inside<P>(app: &AppState, grant: &Grant<P>, section: Section) -> Result<Self> {
        let frame = Self::of(app, grant.principal()).await?;
        let path = path_of(grant);
        let may_change = grant.can::<perm::TenantUpdate>() || grant.can::<perm::TenantDelete>();
        let all = [
            (Section::Overview, "", "Overview", grant.can::<perm::TenantRead>()),
            (Section::Members, "/members", "Members", grant.can::<perm::MembersRead>()),
            (Section::Invitations, "/invitations", "Invitations", grant.can::<perm::InvitationsRead>()),
            (Section::Roles, "/roles", "Roles", grant.can::<perm::RolesRead>()),
            (Section::Settings, "/settings", "Settings", may_change),
        ];
        let links = all.into_iter().filter(|(.., seen)| *seen).map(|(part, tail, label, _)| NavLink {
            path: format!("{path}{tail}"),
            label,
            current: part == section,
        });
        let here = Here { name: grant.policy().name.clone(), links: links.collect(), path };
        Ok(Self { here: Some(here), ..frame })
    }

    /// With what the code in the address says was done.
    #[must_use]
    pub(super) fn telling(mut self, done: Option<&str>) -> Self {
        self.notice = Notice::text(done);
        self
    }
}

/// The path of the grant's tenant, by its present slug.
pub(super) fn path_of<P>(grant: &Grant<P>) -> String {
    format!("/t/{}", grant.policy().slug)
}

/// The caller's grant of another permission in the same tenant, when they hold it.
pub(super) async fn also<Q: Permission, P>(app: &AppState, grant: &Grant<P>) -> Result<Option<Grant<Q>>> {
    if !grant.can::<Q>() {
        return Ok(None);
    }
    let granted = app.authz.decide(grant.principal().clone(), Arc::clone(grant.standing())).await?;
    Ok(Some(granted))
}

/// Whether mail is kept on a page of ours instead of being sent.
#[cfg(feature = "dev")]
pub(super) fn keeps_mail(app: &AppState) -> bool {
    app.config.smtp_url.is_none() && app.mailbox.is_some()
}

/// Only development keeps mail.
#[cfg(not(feature = "dev"))]
pub(super) fn keeps_mail(_: &AppState) -> bool {
    false
}
