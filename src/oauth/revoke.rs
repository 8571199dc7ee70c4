//! The end of a token by the app it was issued to (RFC 7009). Called by the endpoint; must never end one for anyone else,
//! nor say that it did what it cannot do.

use super::bearer::{is_signed, known};
use super::clients::{Client, Deps};
use super::refused::{Answer, Refused};
use crate::authz::{Own, Principal, TokenBearer};
use crate::db::Via;
use crate::error::Error;
use crate::ids::Subject;
use crate::tokens;

/// Ends a token of the client's at once. Of tokens that are not there, or not the client's, nothing comes (RFC 7009
/// section 2.2).
///
/// # Errors
/// [`Refused::TokenType`] for a signed token of the client's own, which only time ends; [`Refused::Failed`].
pub async fn revoke(deps: Deps<'_>, client: &Client, text: &str, via: Via) -> Answer<()> {
    let Some(bearer) = known(deps, text).await? else { return Ok(()) };
    if bearer.token.owner != Subject::App(client.app) {
        return Ok(());
    }
    if is_signed(text) {
        return Err(Refused::TokenType);
    }
    let (id, head) = (bearer.token.id, bearer.token.clone());
    let Some(standing) = deps.authz.standing(head.tenant, head.owner).await? else { return Ok(()) };
    let principal = Principal::Token(TokenBearer { via, ..bearer });
    let grant = deps.authz.decide::<Own>(principal, standing).await?;
    match tokens::revoke_own(deps.authz, &grant, id).await {
        // It ended meanwhile.
        Ok(_) | Err(Error::NotFound) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
