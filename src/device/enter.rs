//! A person types the code that a tool shows. Called by the panel; must never let a code be found by trying, nor lead
//! anyone to a tenant they are no member of.

use super::{Deps, Entered, LIFETIME, MOST_ENTERED, codes, store};
use crate::authz::SessionUser;
use crate::error::{Error, Result};

/// Makes the request with this code the person's to answer.
///
/// # Errors
/// [`Error::Invalid`] when no tool of a tenant of theirs waits with it, which of these is not said;
/// [`Error::TooMany`] after ten codes within ten minutes; [`Error::Unavailable`].
pub async fn enter(deps: Deps<'_>, person: &SessionUser, typed: &str) -> Result<Entered> {
    let (user, now) = (person.user.id, deps.database.clock().now());
    // Counted before it is looked for, so that codes typed at once count as well.
    let mut on = deps.database.upkeep().await?;
    let (entered, since) = store::count_entry(&mut on, user, (now, now - LIFETIME)).await?;
    drop(on);
    if entered > MOST_ENTERED {
        return Err(Error::TooMany {
            what: "That were many codes. Wait a few minutes, then let the tool show a new one.".into(),
            retry_after: (since + LIFETIME).since(now),
        });
    }
    let unknown = || {
        let text = "No tool waits with this code. Codes end after ten minutes: let the tool show a new one.";
        Error::invalid("/user_code", "unknown", text)
    };
    let stored = codes::user_hash(deps.sealer, typed).ok_or_else(unknown)?;
    let found = store::by_user_code(&mut deps.database.read().await?, &stored, now).await?;
    let (id, tenant) = found.ok_or_else(unknown)?;
    deps.authz.standing(tenant, user).await?.ok_or_else(unknown)?;
    if store::claim(&mut deps.database.upkeep().await?, (tenant, id), user).await? == 0 {
        return Err(unknown());
    }
    Ok(Entered { id, tenant })
}
