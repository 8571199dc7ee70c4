//! Who asks to be let in, for those who may let them.

use super::store::{self, RequestRow};
use super::{Deps, JoinRequest, Listed, Page};
use crate::authz::{Grant, perm};
use crate::error::{Error, Person, Result};

type MayInvite = Grant<perm::MembersInvite>;

/// Those who wait, oldest first.
///
/// # Errors
/// [`Error::Unavailable`] when the database cannot answer.
pub async fn requests(deps: &Deps, grant: &MayInvite, page: Page) -> Result<Listed> {
    let limit = usize::from(page.limit);
    let mut on = deps.database.read().await?;
    let mut rows = store::requests(&mut on, grant.tenant(), page.after, i64::from(page.limit) + 1).await?;
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next = rows.last().filter(|_| more).map(|row| row.id);
    Ok(Listed { items: rows.into_iter().map(shown).collect::<Result<_>>()?, next })
}

/// How many wait, counted to a hundred.
///
/// # Errors
/// [`Error::Unavailable`] when the database cannot answer.
pub async fn waiting(database: &crate::db::Database, grant: &MayInvite) -> Result<i64> {
    store::waiting(&mut database.read().await?, grant.tenant()).await
}

fn shown(row: RequestRow) -> Result<JoinRequest> {
    Ok(JoinRequest {
        id: row.id,
        user: Person { id: row.user_id, name: row.user_name },
        email: row.email,
        domain: row
            .domain
            .parse()
            .map_err(|error| Error::internal("a stored domain cannot be read", error))?,
        role: row.role,
        created_at: row.created_at,
    })
}
