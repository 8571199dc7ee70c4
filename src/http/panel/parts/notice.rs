//! What was just done, said on the page one is sent to: a code in the address, a fixed sentence on the page. A
//! made-up address can thus only ever show a sentence of ours.

use crate::http::answer::SeeOther;

/// Something that was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::http::panel) enum Notice {
    TenantCreated,
    TenantDeleted,
    TenantRestored,
    TenantSuspended,
    TenantResumed,
    Transferred,
    PersonDisabled,
    PersonEnabled,
    SettingsSaved,
    RolesChanged,
    MemberRemoved,
    Left,
    Joined,
    InvitationSent,
    InvitationsSent,
    InvitationRevoked,
    RequestSent,
    RequestApproved,
    RequestDeclined,
    RequestWithdrawn,
    Undone,
    AskedToJoin,
    LetIn,
    NotLetIn,
    DomainAdded,
    DomainVerified,
    DomainLapsed,
    DomainSaved,
    DomainRemoved,
    ProjectCreated,
    ProjectSaved,
    ProjectArchived,
    ProjectRestored,
    ProjectDeleted,
    RoleCreated,
    RoleSaved,
    RoleDeleted,
    AppCreated,
    AppSaved,
    AppDisabled,
    AppEnabled,
    AppDeleted,
    SecretRevoked,
    KeyAdded,
    KeyRemoved,
    TokenRevoked,
    ProfileSaved,
    LookSaved,
    SessionEnded,
    OthersEnded,
    Linked,
    Unlinked,
    ToolLetIn,
    ToolTurnedAway,
}

const ALL: &[(Notice, &str, &str)] = &[
    (Notice::TenantCreated, "tenant-created", "The tenant is made, and you own it."),
    (Notice::TenantDeleted, "tenant-deleted", "The tenant is deleted. You can restore it for 30 days."),
    (
        Notice::TenantRestored,
        "tenant-restored",
        "The tenant is back, with its slug, its people and its data.",
    ),
    (
        Notice::TenantSuspended,
        "tenant-suspended",
        "The tenant is suspended: nothing in it is allowed any more.",
    ),
    (Notice::TenantResumed, "tenant-resumed", "The tenant is resumed, and everyone in it may go on."),
    (Notice::Transferred, "transferred", "The tenant is handed over."),
    (Notice::PersonDisabled, "person-disabled", "The person is disabled, and their sessions have ended."),
    (Notice::PersonEnabled, "person-enabled", "The person is enabled and may sign in again."),
    (Notice::SettingsSaved, "settings-saved", "The settings are saved."),
    (Notice::RolesChanged, "roles-changed", "The roles are saved and already in effect."),
    (Notice::MemberRemoved, "member-removed", "The member is removed and has no access any more."),
    (Notice::Left, "left", "You left the tenant."),
    (Notice::Joined, "joined", "Welcome! You are a member now."),
    (Notice::InvitationSent, "invitation-sent", "The invitation is on its way."),
    (Notice::InvitationsSent, "invitations-sent", "The invitations are on their way."),
    (Notice::InvitationRevoked, "invitation-revoked", "The invitation is withdrawn; its link is dead."),
    (Notice::RequestSent, "request-sent", "The request is sent."),
    (Notice::RequestApproved, "request-approved", "The role is given and already in effect."),
    (Notice::RequestDeclined, "request-declined", "The request is declined."),
    (Notice::RequestWithdrawn, "request-withdrawn", "The request is taken back."),
    (Notice::Undone, "undone", "The change is undone. That is an event too, and can be undone as well."),
    (Notice::AskedToJoin, "asked-to-join", "You asked to be let in. You get a mail with the answer."),
    (Notice::LetIn, "let-in", "They are a member now."),
    (Notice::NotLetIn, "not-let-in", "They are declined, and told so by mail."),
    (Notice::DomainAdded, "domain-added", "The domain is added. Make its record next."),
    (Notice::DomainVerified, "domain-verified", "The record is there: the domain is proved."),
    (Notice::DomainLapsed, "domain-lapsed", "The record is gone: the domain is not proved any more."),
    (Notice::DomainSaved, "domain-saved", "Who may join is saved."),
    (Notice::DomainRemoved, "domain-removed", "The domain is removed."),
    (Notice::ProjectCreated, "project-created", "The project is made."),
    (Notice::ProjectSaved, "project-saved", "The project is saved."),
    (Notice::ProjectArchived, "project-archived", "The project is archived."),
    (Notice::ProjectRestored, "project-restored", "The project is back at work."),
    (Notice::ProjectDeleted, "project-deleted", "The project is deleted."),
    (Notice::RoleCreated, "role-created", "The role is made. Give it to members on their pages."),
    (Notice::RoleSaved, "role-saved", "The role is saved and already in effect."),
    (Notice::RoleDeleted, "role-deleted", "The role is deleted."),
    (Notice::AppCreated, "app-created", "The app is registered. Make its secret next."),
    (Notice::AppSaved, "app-saved", "The app is saved, and its roles are already in effect."),
    (Notice::AppDisabled, "app-disabled", "The app is disabled: its secrets and tokens are refused."),
    (Notice::AppEnabled, "app-enabled", "The app is enabled: its secrets work again."),
    (Notice::AppDeleted, "app-deleted", "The app is deleted, with its secrets and tokens."),
    (Notice::SecretRevoked, "secret-revoked", "The secret is revoked and gets no tokens any more."),
    (Notice::KeyAdded, "key-added", "The key is registered. The app may prove itself by it from now on."),
    (Notice::KeyRemoved, "key-removed", "The key is removed, and nothing it signs is believed any more."),
    (Notice::TokenRevoked, "token-revoked", "The token is revoked and is refused everywhere."),
    (Notice::ProfileSaved, "profile-saved", "Your profile is saved."),
    (Notice::LookSaved, "look-saved", "The appearance is saved for this browser."),
    (Notice::SessionEnded, "session-ended", "The session is ended."),
    (Notice::OthersEnded, "others-ended", "All your other sessions are ended."),
    (Notice::Linked, "linked", "The identity is linked. You can sign in with it from now on."),
    (Notice::Unlinked, "unlinked", "The identity is unlinked."),
    (Notice::ToolLetIn, "tool-let-in", "The tool is let in. Go back to it; you can close this page."),
    (Notice::ToolTurnedAway, "tool-turned-away", "The tool is turned away, and was given nothing."),
];

impl Notice {
    /// The sentence of a code; none for what is no code of ours.
    pub(in crate::http::panel) fn text(code: Option<&str>) -> Option<&'static str> {
        ALL.iter().find(|(_, known, _)| code == Some(*known)).map(|(.., text)| *text)
    }

    /// Its code.
    pub(in crate::http::panel) fn code(self) -> &'static str {
        ALL.iter().find(|(known, ..)| *known == self).map_or("", |(_, code, _)| *code)
    }

    /// Sends the browser to `path`, where it is said.
    pub(in crate::http::panel) fn at(self, path: &str) -> SeeOther {
        SeeOther(format!("{path}?done={}", self.code()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_notice_has_one_code_and_says_something() {
        for (notice, code, text) in ALL {
            assert_eq!(notice.code(), *code);
            assert_eq!(Notice::text(Some(code)), Some(*text));
        }
        assert_eq!(Notice::text(Some("You won!")), None);
        assert_eq!(Notice::text(None), None);
    }
}
