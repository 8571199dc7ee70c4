//! How much there is on the installation. Called by the operators' first page; must never look into a tenant.

use super::store;
use crate::authz::platform::{PlatformGrant, perm};
use crate::db::Database;
use crate::error::Result;

/// How many there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Figures {
    /// Tenants that are not deleted.
    pub tenants: i64,
    /// Those of them that are suspended.
    pub suspended: i64,
    /// People who have an account.
    pub people: i64,
    /// Those of them who are disabled.
    pub disabled: i64,
}

/// How many tenants and people there are: one query.
///
/// # Errors
/// [`crate::error::Error::Unavailable`] when the database cannot answer.
pub async fn figures(database: &Database, _: &PlatformGrant<perm::HealthRead>) -> Result<Figures> {
    let (tenants, suspended, people, disabled) = store::figures(&mut database.read().await?).await?;
    Ok(Figures { tenants, suspended, people, disabled })
}
