//! A tool asks to be let in. Called by the device authorization endpoint; must never tell a tool anything of the tenant
//! it asks for, nor take the caller for the app whose id it gives.

use super::store::{self, NewRow};
use super::{Deps, LIFETIME, PACE, Started, codes};
use crate::error::Error;
use crate::ids::DeviceRequestId;
use crate::oauth::{Answer, Client, Refused, read_scope};

/// The enabled app that a tool names itself by. It proves nothing: whatever is let in is let in by a person.
///
/// # Errors
/// [`Refused::Client`] when there is none; [`Refused::Unauthorized`] when its tenant is suspended; [`Refused::Failed`].
pub async fn client(deps: Deps<'_>, client_id: &str) -> Answer<Client> {
    let found = store::client(&mut deps.database.read().await?, client_id).await?.ok_or(Refused::Client)?;
    let policy = deps.authz.policy(found.tenant).await?.ok_or(Refused::Client)?;
    if policy.suspended.is_some() {
        return Err(Refused::Unauthorized("The tenant of this app is suspended."));
    }
    Ok(found)
}

/// Begins to wait for somebody to agree that the tool gets `scope`. `page` is where they do, `from` whence the tool asks.
///
/// # Errors
/// [`Refused::Scope`] for what is no permission or none a token may carry; [`Refused::Failed`].
pub async fn start(
    deps: Deps<'_>,
    client: &Client,
    scope: &str,
    (page, from): (String, &str),
) -> Answer<Started> {
    let scopes = read_scope(deps.authz.catalogue(), scope)?;
    let now = deps.database.clock().now();
    let device_code = codes::device();
    // Another round only if somebody waits with the same letters.
    for _ in 0..5 {
        let user_code = codes::user();
        let stored = codes::user_hash(deps.sealer, &user_code);
        let new = NewRow {
            id: DeviceRequestId::new(),
            device_hash: codes::device_hash(&device_code),
            user_code: stored.ok_or(Error::Internal("a user code cannot be read back", None))?,
            scopes: deps.authz.catalogue().names(scopes).join(" "),
            asked_from: from,
            created_at: now,
            expires_at: now + LIFETIME,
        };
        if store::insert(&mut deps.database.upkeep().await?, client, &new).await? == 1 {
            return Ok(Started {
                device_code,
                verification_uri_complete: format!("{page}?user_code={user_code}"),
                user_code,
                verification_uri: page,
                expires_in: LIFETIME.as_secs(),
                interval: PACE.as_secs(),
            });
        }
    }
    Err(Refused::Failed(Error::Unavailable("no user code is free", None)))
}
