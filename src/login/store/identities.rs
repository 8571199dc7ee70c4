//! Rows of identities and their verified addresses. Called by the accounts; must never find an identity by anything
//! but its key, nor change that key.

use sqlx::{query, query_as, query_scalar};

use crate::clock::Timestamp;
use crate::db::{Executor, WriteTx, sql};
use crate::error::Result;
use crate::ids::{IdentityId, UserId};
use crate::login::ExternalIdentity;

/// An identity as listed.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(in crate::login) struct IdentityRow {
    pub(in crate::login) id: IdentityId,
    pub(in crate::login) user_id: UserId,
    pub(in crate::login) provider: String,
    pub(in crate::login) username: Option<String>,
    pub(in crate::login) email: Option<String>,
    pub(in crate::login) created_at: Timestamp,
    pub(in crate::login) last_used_at: Timestamp,
}

const IDENTITY: &str = "select id, user_id, provider, username, email, created_at, last_used_at from identities \
                        where provider = $1 and issuer = $2 and subject = $3";

pub(in crate::login) async fn identity(
    on: &mut impl Executor,
    external: &ExternalIdentity,
) -> Result<Option<IdentityRow>> {
    sql!(
        on,
        fetch_optional,
        query_as(IDENTITY).bind(external.provider.as_str()).bind(&external.issuer).bind(&external.subject)
    )
}

pub(in crate::login) async fn identities(on: &mut impl Executor, user: UserId) -> Result<Vec<IdentityRow>> {
    let text = "select id, user_id, provider, username, email, created_at, last_used_at from identities \
                where user_id = $1 order by id";
    sql!(on, fetch_all, query_as(text).bind(user))
}

/// The provider by which a verified address is known already.
pub(in crate::login) async fn provider_of_address(
    on: &mut impl Executor,
    email: &str,
) -> Result<Option<String>> {
    let text = "select i.provider from identity_emails e join identities i on i.id = e.identity_id \
                where e.email = $1 order by i.created_at limit 1";
    sql!(on, fetch_optional, query_scalar(text).bind(email))
}

pub(in crate::login) async fn verified_addresses(
    on: &mut impl Executor,
    user: UserId,
) -> Result<Vec<String>> {
    let text = "select distinct e.email from identity_emails e join identities i on i.id = e.identity_id \
                where i.user_id = $1 order by e.email";
    sql!(on, fetch_all, query_scalar(text).bind(user))
}

pub(in crate::login) async fn insert_identity(
    tx: &mut WriteTx,
    id: IdentityId,
    user: UserId,
    external: &ExternalIdentity,
) -> Result<()> {
    let at = tx.at();
    let text = "insert into identities (id, user_id, provider, issuer, subject, username, email, created_at, \
                last_used_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $8)";
    sql!(
        tx,
        execute,
        query(text)
            .bind(id)
            .bind(user)
            .bind(external.provider.as_str())
            .bind(&external.issuer)
            .bind(&external.subject)
            .bind(&external.username)
            .bind(external.email.as_deref())
            .bind(at)
    )?;
    insert_addresses(tx, id, external).await
}

/// Brings an identity up to date with what its provider says now; its key never changes.
pub(in crate::login) async fn update_identity(
    tx: &mut WriteTx,
    id: IdentityId,
    external: &ExternalIdentity,
) -> Result<()> {
    let at = tx.at();
    let text = "update identities set username = $2, email = $3, last_used_at = $4 where id = $1";
    sql!(
        tx,
        execute,
        query(text).bind(id).bind(&external.username).bind(external.email.as_deref()).bind(at)
    )?;
    sql!(tx, execute, query("delete from identity_emails where identity_id = $1").bind(id))?;
    insert_addresses(tx, id, external).await
}

async fn insert_addresses(tx: &mut WriteTx, id: IdentityId, external: &ExternalIdentity) -> Result<()> {
    for address in &external.verified_emails {
        let text = "insert into identity_emails (identity_id, email) values ($1, $2) on conflict do nothing";
        sql!(tx, execute, query(text).bind(id).bind(address.as_str()))?;
    }
    Ok(())
}

pub(in crate::login) async fn delete_identity(tx: &mut WriteTx, id: IdentityId) -> Result<()> {
    sql!(tx, execute, query("delete from identities where id = $1").bind(id))?;
    Ok(())
}
