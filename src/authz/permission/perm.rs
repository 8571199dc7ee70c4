//! One type for each built-in permission. A handler names its permission by type (`Can<perm::MembersInvite>`),
//! so a misspelt permission does not compile. Must never hold one that is absent from `BUILT_IN`: its `ID`
//! would not compile either.

use super::Named;

/// `tenant:read`: see the tenant and its settings.
#[derive(Debug)]
pub struct TenantRead;
impl Named for TenantRead {
    const NOUN_VERB: &str = "tenant:read";
}

/// `tenant:update`: change the tenant's name, slug and settings.
#[derive(Debug)]
pub struct TenantUpdate;
impl Named for TenantUpdate {
    const NOUN_VERB: &str = "tenant:update";
}

/// `tenant:delete`: delete the tenant with all it holds.
#[derive(Debug)]
pub struct TenantDelete;
impl Named for TenantDelete {
    const NOUN_VERB: &str = "tenant:delete";
}

/// `tenant:transfer`: hand the tenant to another owner.
#[derive(Debug)]
pub struct TenantTransfer;
impl Named for TenantTransfer {
    const NOUN_VERB: &str = "tenant:transfer";
}

/// `members:read`: see who is a member, and with which roles.
#[derive(Debug)]
pub struct MembersRead;
impl Named for MembersRead {
    const NOUN_VERB: &str = "members:read";
}

/// `members:invite`: invite people by e-mail.
#[derive(Debug)]
pub struct MembersInvite;
impl Named for MembersInvite {
    const NOUN_VERB: &str = "members:invite";
}

/// `members:update`: change the roles of members.
#[derive(Debug)]
pub struct MembersUpdate;
impl Named for MembersUpdate {
    const NOUN_VERB: &str = "members:update";
}

/// `members:delete`: remove members.
#[derive(Debug)]
pub struct MembersDelete;
impl Named for MembersDelete {
    const NOUN_VERB: &str = "members:delete";
}

/// `invitations:read`: see open invitations.
#[derive(Debug)]
pub struct InvitationsRead;
impl Named for InvitationsRead {
    const NOUN_VERB: &str = "invitations:read";
}

/// `invitations:delete`: withdraw invitations.
#[derive(Debug)]
pub struct InvitationsDelete;
impl Named for InvitationsDelete {
    const NOUN_VERB: &str = "invitations:delete";
}

/// `roles:read`: see the roles and what each allows.
#[derive(Debug)]
pub struct RolesRead;
impl Named for RolesRead {
    const NOUN_VERB: &str = "roles:read";
}

/// `roles:create`: make roles of the tenant's own.
#[derive(Debug)]
pub struct RolesCreate;
impl Named for RolesCreate {
    const NOUN_VERB: &str = "roles:create";
}

/// `roles:update`: change the tenant's own roles.
#[derive(Debug)]
pub struct RolesUpdate;
impl Named for RolesUpdate {
    const NOUN_VERB: &str = "roles:update";
}

/// `roles:delete`: delete the tenant's own roles.
#[derive(Debug)]
pub struct RolesDelete;
impl Named for RolesDelete {
    const NOUN_VERB: &str = "roles:delete";
}

/// `apps:read`: see the apps and their roles.
#[derive(Debug)]
pub struct AppsRead;
impl Named for AppsRead {
    const NOUN_VERB: &str = "apps:read";
}

/// `apps:create`: register apps.
#[derive(Debug)]
pub struct AppsCreate;
impl Named for AppsCreate {
    const NOUN_VERB: &str = "apps:create";
}

/// `apps:update`: change, enable and disable apps.
#[derive(Debug)]
pub struct AppsUpdate;
impl Named for AppsUpdate {
    const NOUN_VERB: &str = "apps:update";
}

/// `apps:delete`: delete apps.
#[derive(Debug)]
pub struct AppsDelete;
impl Named for AppsDelete {
    const NOUN_VERB: &str = "apps:delete";
}

/// `apps:secrets`: mint and revoke the secrets of apps.
#[derive(Debug)]
pub struct AppsSecrets;
impl Named for AppsSecrets {
    const NOUN_VERB: &str = "apps:secrets";
}

/// `tokens:read`: see everyone's tokens, never their secrets.
#[derive(Debug)]
pub struct TokensRead;
impl Named for TokensRead {
    const NOUN_VERB: &str = "tokens:read";
}

/// `tokens:create`: mint personal tokens.
#[derive(Debug)]
pub struct TokensCreate;
impl Named for TokensCreate {
    const NOUN_VERB: &str = "tokens:create";
}

/// `tokens:delete`: revoke anyone's tokens.
#[derive(Debug)]
pub struct TokensDelete;
impl Named for TokensDelete {
    const NOUN_VERB: &str = "tokens:delete";
}

/// `audit:read`: read the audit log.
#[derive(Debug)]
pub struct AuditRead;
impl Named for AuditRead {
    const NOUN_VERB: &str = "audit:read";
}

/// `audit:export`: export the audit log as a file.
#[derive(Debug)]
pub struct AuditExport;
impl Named for AuditExport {
    const NOUN_VERB: &str = "audit:export";
}

/// `access:read`: ask who may do what, and why.
#[derive(Debug)]
pub struct AccessRead;
impl Named for AccessRead {
    const NOUN_VERB: &str = "access:read";
}

/// `projects:read`: see projects.
#[derive(Debug)]
pub struct ProjectsRead;
impl Named for ProjectsRead {
    const NOUN_VERB: &str = "projects:read";
}

/// `projects:create`: create projects.
#[derive(Debug)]
pub struct ProjectsCreate;
impl Named for ProjectsCreate {
    const NOUN_VERB: &str = "projects:create";
}

/// `projects:update`: change and archive projects.
#[derive(Debug)]
pub struct ProjectsUpdate;
impl Named for ProjectsUpdate {
    const NOUN_VERB: &str = "projects:update";
}

/// `projects:delete`: delete projects.
#[derive(Debug)]
pub struct ProjectsDelete;
impl Named for ProjectsDelete {
    const NOUN_VERB: &str = "projects:delete";
}
