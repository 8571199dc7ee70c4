//! Undoing what the audit log records, as far as the log knows enough to do so: changes of a member's roles and of
//! roles. Called by the API and the panel. It is a new change, by the same functions, guards and permissions as the
//! one it undoes; must never set anything back that somebody has changed since.

mod state;

use std::sync::Arc;

use serde_json::Value;

use crate::audit::{self, AuditLine};
use crate::authz::{Authz, Grant, Permission, perm};
use crate::db::{Committed, Database, Undone};
use crate::error::{Error, Result};
use crate::ids::{EventId, RoleId, UserId};
use crate::members::{self, RoleAssignment};
use crate::roles::{self, NewRole, RoleChange};

/// What undoing needs of the rest of the program.
#[derive(Debug, Clone)]
pub struct Deps {
    /// Decides, again, inside the write.
    pub authz: Arc<Authz>,
    /// Where the log is.
    pub database: Database,
    /// How many roles a tenant may have: undoing a deletion makes one.
    pub most_roles: i64,
}

/// What an event did, when it can be undone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Changed the roles of a member.
    Assignment,
    /// Changed a role.
    Edit,
    /// Made a role.
    Creation,
    /// Deleted a role that nobody held.
    Deletion,
}

impl Kind {
    /// What the event did; none when the log does not know enough to undo it.
    #[must_use]
    pub fn of(line: &AuditLine) -> Option<Self> {
        let (before, after) = (before(line), after(line));
        let kind = match line.action.as_str() {
            "member.updated" | "role_request.approved" if before["roles"].is_array() => Self::Assignment,
            "role.updated" if before["permissions"].is_array() => Self::Edit,
            "role.created" if after["permissions"].is_array() => Self::Creation,
            // Who held it is not known any more, nor which invitations offered it.
            "role.deleted"
                if after["members"] == 0 && none(&after["apps"]) && after["invitations_cancelled"] == 0 =>
            {
                Self::Deletion
            }
            _ => return None,
        };
        (line.outcome == "done").then_some(kind)
    }

    /// Whether the grant's principal holds what undoing it takes: for showing or hiding, not for guarding.
    #[must_use]
    pub fn may<P>(self, grant: &Grant<P>) -> bool {
        match self {
            Self::Assignment => grant.can::<perm::MembersUpdate>() && grant.can::<perm::MembersRead>(),
            Self::Edit => grant.can::<perm::RolesUpdate>() && grant.can::<perm::RolesRead>(),
            Self::Creation => grant.can::<perm::RolesDelete>() && grant.can::<perm::RolesRead>(),
            Self::Deletion => grant.can::<perm::RolesCreate>(),
        }
    }
}

/// What would be done, found possible at the moment it was looked at.
#[derive(Debug)]
enum Plan {
    Assignment { user: UserId, roles: Vec<RoleAssignment>, revision: i64 },
    Edit { role: RoleId, change: RoleChange, revision: i64 },
    Creation { role: RoleId, revision: i64 },
    Deletion { new: NewRole },
}

/// The event, after it was found that it can be undone now, by the grant's principal as far as permissions go.
///
/// # Errors
/// [`Error::NotFound`] when the tenant's log has no such event; [`Error::Conflict`] when it cannot be undone, or what
/// it changed is not as it left it; [`Error::Forbidden`] without the permissions the change itself takes;
/// [`Error::Unavailable`].
pub async fn look(deps: &Deps, grant: &Grant<perm::AuditRead>, event: EventId) -> Result<AuditLine> {
    plan(deps, grant, event).await.map(|(line, _)| line)
}

/// Undoes the event.
///
/// # Errors
/// As [`look`], and those of the change that undoes it: [`Error::Forbidden`] by the rules for giving and editing roles,
/// [`Error::Conflict`] when it is not possible as things are.
pub async fn undo(deps: &Deps, grant: &Grant<perm::AuditRead>, event: EventId) -> Result<Committed> {
    let (line, plan) = plan(deps, grant, event).await?;
    let undone = Undone { id: line.id, sequence: line.sequence };
    let authz = &deps.authz;
    let done = match plan {
        Plan::Assignment { user, roles, revision } => {
            let grant = authz.also::<perm::MembersUpdate, _>(grant).await?;
            members::restore_roles(authz, &grant, user, &roles, (revision, undone))
                .await
                .map(|(_, done)| done)
        }
        Plan::Edit { role, change, revision } => {
            let grant = authz.also::<perm::RolesUpdate, _>(grant).await?;
            let role = role.to_string();
            roles::change_back(authz, &grant, &role, &change, (revision, undone)).await.map(|(_, done)| done)
        }
        Plan::Creation { role, revision } => {
            let grant = authz.also::<perm::RolesDelete, _>(grant).await?;
            let role = role.to_string();
            roles::unmake(authz, &grant, &role, (revision, undone)).await.map(Some)
        }
        Plan::Deletion { new } => {
            let grant = authz.also::<perm::RolesCreate, _>(grant).await?;
            roles::make_again(authz, &grant, &new, deps.most_roles, undone).await.map(|(_, done)| Some(done))
        }
    };
    match done {
        Ok(Some(committed)) => Ok(committed),
        Ok(None) => Err(Error::Conflict("It is as it was before already.".into())),
        Err(Error::Stale) => Err(changed_since()),
        Err(Error::Invalid(problems)) => {
            let why = problems.first().map(|problem| problem.detail.clone()).unwrap_or_default();
            Err(Error::Conflict(format!("It cannot become what it was. {why}").into()))
        }
        Err(error) => Err(error),
    }
}

/// The event, and what undoing it comes to.
async fn plan(deps: &Deps, grant: &Grant<perm::AuditRead>, event: EventId) -> Result<(AuditLine, Plan)> {
    let mut on = deps.database.read().await?;
    let line = audit::event(&mut on, grant, event).await?.ok_or(Error::NotFound)?;
    drop(on);
    let plan = match Kind::of(&line) {
        None => return Err(Error::Conflict("The log does not know enough of this event to undo it.".into())),
        Some(Kind::Assignment) => assignment(deps, grant, &line).await?,
        Some(kind @ (Kind::Edit | Kind::Creation)) => role(deps, grant, &line, kind).await?,
        Some(Kind::Deletion) => {
            held::<perm::RolesCreate>(deps, grant).await?;
            Plan::Deletion { new: state::new_role(before(&line))? }
        }
    };
    Ok((line, plan))
}

/// Refuses, with the explanation, who does not hold `Q`.
async fn held<Q: Permission>(deps: &Deps, grant: &Grant<perm::AuditRead>) -> Result<()> {
    deps.authz.also::<Q, _>(grant).await.map(drop)
}

async fn assignment(deps: &Deps, grant: &Grant<perm::AuditRead>, line: &AuditLine) -> Result<Plan> {
    held::<perm::MembersUpdate>(deps, grant).await?;
    let reader = deps.authz.also::<perm::MembersRead, _>(grant).await?;
    let user: UserId = line.target.id.parse().map_err(|_not_an_id| unreadable())?;
    let member = match members::show(&deps.database, &reader, user).await {
        Err(Error::NotFound) => return Err(Error::Conflict("They are not a member any more.".into())),
        found => found?,
    };
    let now = deps.database.clock().now();
    let recorded = &members::recorded(&member);
    let left = state::assignments(&after(line)["roles"], now)?;
    if left != state::assignments(&recorded["roles"], now)? {
        return Err(changed_since());
    }
    let roles = state::assignments(&before(line)["roles"], now)?;
    if let Some(gone) = roles.iter().find(|role| grant.policy().role_by_key(&role.key).is_none()) {
        return Err(Error::Conflict(format!("The role {} is not there any more.", gone.key).into()));
    }
    Ok(Plan::Assignment { user, roles, revision: member.revision })
}

async fn role(deps: &Deps, grant: &Grant<perm::AuditRead>, line: &AuditLine, kind: Kind) -> Result<Plan> {
    if kind == Kind::Edit {
        held::<perm::RolesUpdate>(deps, grant).await?;
    } else {
        held::<perm::RolesDelete>(deps, grant).await?;
    }
    let reader = deps.authz.also::<perm::RolesRead, _>(grant).await?;
    let id: RoleId = line.target.id.parse().map_err(|_not_an_id| unreadable())?;
    let found = match roles::show(&deps.database, &deps.authz, &reader, &id.to_string()).await {
        Err(Error::NotFound) => return Err(Error::Conflict("The role is not there any more.".into())),
        found => found?,
    };
    if roles::recorded(&found) != *after(line) {
        return Err(changed_since());
    }
    let revision = found.revision();
    if kind == Kind::Edit {
        let change = state::role_change(before(line))?;
        return Ok(Plan::Edit { role: id, change, revision });
    }
    if found.member_count + found.app_count > 0 {
        let text =
            "It is held by now. Delete it on its page, where you can say what those who hold it get instead.";
        return Err(Error::Conflict(text.into()));
    }
    Ok(Plan::Creation { role: id, revision })
}

/// Whether a number is zero, or was not counted yet when the event was written.
fn none(count: &Value) -> bool {
    count.is_null() || *count == 0
}

fn changed_since() -> Error {
    Error::Conflict(
        "Somebody has changed it since this event, so it is not set back. Look at the later events.".into(),
    )
}

fn unreadable() -> Error {
    Error::Internal("an event does not say what it was about", None)
}

/// What the event says was before.
fn before(line: &AuditLine) -> &Value {
    let changes = &line.changes;
    &changes["before"]
}

/// What the event says was after.
fn after(line: &AuditLine) -> &Value {
    let changes = &line.changes;
    &changes["after"]
}

/// What was before and after, the other way round: what undoing the event does.
#[must_use]
pub fn reversed(line: &AuditLine) -> Value {
    serde_json::json!({ "before": after(line), "after": before(line) })
}
