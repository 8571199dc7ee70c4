//! Who operates the installation. Called by the command run on the machine only; must never be reached by a
//! request.

use crate::db::{Actor, AuditEvent, Chain, Database, Target};
use crate::email::EmailAddress;
use crate::error::{Error, Result};
use crate::login::store;

/// Makes the person with this verified address an operator. Gives their name.
///
/// # Errors
/// [`Error::Conflict`] when nobody, or more than one person, has this verified address.
pub async fn make_operator(database: &Database, email: &EmailAddress) -> Result<String> {
    let holders = store::holders_of_address(&mut database.read().await?, email.as_str()).await?;
    let [user] = holders.as_slice() else {
        return Err(Error::Conflict(match holders.len() {
            0 => format!(
                "Nobody with the verified address {email} has signed in yet. Let them sign in once first."
            )
            .into(),
            _ => format!("More than one account has the verified address {email}.").into(),
        }));
    };
    let mut tx = database.write(Chain::Platform).await?;
    let profile = store::profile(&mut tx, *user).await?.ok_or(Error::NotFound)?;
    store::insert_operator(&mut tx, *user).await?;
    tx.touch_user(*user).await?;
    let target = Target::new("user", user, profile.name.clone());
    tx.commit(AuditEvent::done(Actor::system("freehold operator add"), "operator.added", target)).await?;
    Ok(profile.name)
}
