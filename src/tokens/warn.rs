//! The mail before a personal token ends: one to its owner, a week before. Called by the program's upkeep on every
//! node; which of them sends it is decided by the row. Must never put into a mail what opens anything.

use std::sync::Arc;

use serde_json::json;

use super::{SOON, store};
use crate::authz::Authz;
use crate::db::{Actor, AuditEvent, Chain, Database, Target};
use crate::email::EmailAddress;
use crate::error::Result;
use crate::mail::{EndingMail, Ends, Outbox};

/// What warning needs of the rest of the program.
#[derive(Debug, Clone)]
pub struct Warnings {
    /// Knows who may make secrets.
    pub authz: Arc<Authz>,
    /// Where tokens and secrets are.
    pub database: Database,
    /// Where the mail is put.
    pub outbox: Outbox,
    /// The public URL without a path: links begin with it.
    pub origin: String,
}

/// Who tells, in the log.
pub(crate) const TELLER: &str = "Expiry";

/// Tells the owners of personal tokens that end within [`SOON`], each once. Gives how many were told.
///
/// # Errors
/// [`crate::error::Error::Unavailable`] when the database cannot answer; who was told until then is not told again.
pub async fn warn(deps: &Warnings) -> Result<usize> {
    let now = deps.database.clock().now();
    let short = i64::try_from(SOON.as_micros()).unwrap_or(i64::MAX);
    let due = store::to_warn(&mut deps.database.read().await?, (now, now + SOON, short)).await?;
    let mut told = 0;
    for token in due {
        told += usize::from(tell(deps, &token).await?);
    }
    if told > 0 {
        deps.outbox.wake();
    }
    Ok(told)
}

/// Whether it was this node that told it.
async fn tell(deps: &Warnings, token: &store::ToWarn) -> Result<bool> {
    // An address that cannot be read cannot be written to; the pages tell its owner all the same.
    let Ok(to) = token.email.parse::<EmailAddress>() else { return Ok(false) };
    let mut tx = deps.database.write(Chain::Tenant(token.tenant_id)).await?;
    if !store::warned(&mut tx, token.tenant_id, token.id).await? {
        return Ok(false);
    }
    let mail = EndingMail {
        to: &to,
        tenant: &token.tenant_name,
        what: Ends::Token(&token.name),
        at: token.expires_at,
        link: &format!("{}/account#tokens", deps.origin),
    };
    deps.outbox.enqueue(&mut tx, &mail.render()?, token.expires_at).await?;
    let target = Target::new("token", token.id, token.name.clone());
    let event = AuditEvent::done(Actor::system(TELLER), "token.warned", target)
        .changing(&json!({}), &json!({ "expires_at": token.expires_at }));
    tx.commit(event).await?;
    Ok(true)
}
