//! Who operates the installation. Called by the commands run on the machine only; must never be reached by a request,
//! nor leave the installation without an operator.

use serde_json::json;

use super::store;
use crate::authz::platform::PlatformRole;
use crate::clock::Timestamp;
use crate::db::{Actor, AuditEvent, Chain, Database, Target, WriteTx};
use crate::email::EmailAddress;
use crate::error::{Error, Result};
use crate::ids::UserId;

/// Someone who operates the installation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Appointed {
    /// Their id.
    pub user: UserId,
    /// Their name.
    pub name: String,
    /// Their address, if one is known.
    pub email: Option<String>,
    /// What they are.
    pub role: PlatformRole,
    /// Since when.
    pub since: Timestamp,
    /// Whether they are disabled, and so cannot act.
    pub disabled: bool,
}

/// Everyone who operates the installation, in the order they were appointed.
///
/// # Errors
/// [`Error::Unavailable`] when the database cannot answer.
pub async fn staff(database: &Database) -> Result<Vec<Appointed>> {
    let rows = store::staff(&mut database.read().await?).await?;
    let appointed = |row: store::StaffRow| {
        Some(Appointed {
            role: PlatformRole::parse(&row.role)?,
            user: row.id,
            name: row.name,
            email: row.email,
            since: row.created_at,
            disabled: row.disabled_at.is_some(),
        })
    };
    Ok(rows.into_iter().filter_map(appointed).collect())
}

/// Gives the person with this verified address the role. Gives their name.
///
/// # Errors
/// [`Error::Conflict`] when nobody, or more than one person, has this verified address, when they hold the role
/// already, and when no active operator would be left.
pub async fn appoint(database: &Database, email: &EmailAddress, role: PlatformRole) -> Result<String> {
    let (mut tx, user, name) = begin(database, email).await?;
    let before = store::role(&mut tx, user).await?;
    if before.as_deref() == Some(role.as_str()) {
        let text = format!("{name} ({email}) holds the role {} already.", role.as_str());
        return Err(Error::Conflict(text.into()));
    }
    store::insert(&mut tx, user, role.as_str()).await?;
    if before.as_deref() == Some(PlatformRole::Operator.as_str()) {
        keep_an_operator(&mut tx).await?;
    }
    tx.touch_user(user).await?;
    let action = if before.is_some() { "operator.updated" } else { "operator.added" };
    let event = AuditEvent::done(
        Actor::system("freehold operator add"),
        action,
        Target::new("user", user, name.clone()),
    )
    .changing(&json!({ "role": before }), &json!({ "role": role }));
    tx.commit(event).await?;
    Ok(name)
}

/// Takes their role from the person with this verified address. Gives their name.
///
/// # Errors
/// [`Error::Conflict`] when nobody, or more than one person, has this verified address, when they are no operator,
/// and when no active operator would be left.
pub async fn dismiss(database: &Database, email: &EmailAddress) -> Result<String> {
    let (mut tx, user, name) = begin(database, email).await?;
    let Some(before) = store::role(&mut tx, user).await? else {
        return Err(Error::Conflict(format!("{name} ({email}) is no operator.").into()));
    };
    store::remove(&mut tx, user).await?;
    if before == PlatformRole::Operator.as_str() {
        keep_an_operator(&mut tx).await?;
    }
    tx.touch_user(user).await?;
    let target = Target::new("user", user, name.clone());
    let event = AuditEvent::done(Actor::system("freehold operator remove"), "operator.removed", target)
        .changing(&json!({ "role": before }), &json!({ "role": null }));
    tx.commit(event).await?;
    Ok(name)
}

/// A write about the person with this verified address.
async fn begin(database: &Database, email: &EmailAddress) -> Result<(WriteTx, UserId, String)> {
    let mut tx = database.write(Chain::Platform).await?;
    let holders = store::holders_of_address(&mut tx, email.as_str()).await?;
    let [user] = holders.as_slice() else {
        return Err(Error::Conflict(match holders.len() {
            0 => format!(
                "Nobody with the verified address {email} has signed in yet. Let them sign in once first."
            )
            .into(),
            _ => format!("More than one account has the verified address {email}.").into(),
        }));
    };
    let name = store::name(&mut tx, *user).await?.ok_or(Error::NotFound)?;
    Ok((tx, *user, name))
}

/// Refuses what has been written so far when nobody is left who could undo it.
pub(super) async fn keep_an_operator(tx: &mut WriteTx) -> Result<()> {
    if store::active_operators(tx).await? > 0 {
        return Ok(());
    }
    let text = "The installation needs an operator who is not disabled. Add another with `freehold operator add` first.";
    Err(Error::Conflict(text.into()))
}
