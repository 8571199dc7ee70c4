//! SQL of signing in: attempts under way, accounts and their identities, the index of sessions and its records.

use sqlx::{query, query_as, query_scalar};

use crate::clock::Timestamp;
use crate::db::{Executor, WriteTx, sql};
use crate::error::Result;
use crate::ids::{IdentityId, SessionHandle, UserId};
use crate::login::{ExternalIdentity, Provider, Secrets};

/// A sign-in under way.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct AttemptRow {
    pub(super) provider: String,
    pub(super) browser_hash: Vec<u8>,
    pub(super) verifier: String,
    pub(super) nonce: String,
    pub(super) return_to: String,
    pub(super) link_user_id: Option<UserId>,
    pub(super) link_session_id: Option<SessionHandle>,
    pub(super) expires_at: Timestamp,
}

pub(super) async fn insert_attempt(
    on: &mut impl Executor,
    state_hash: &[u8],
    row: &AttemptRow,
) -> Result<()> {
    let text = "insert into login_attempts (state_hash, provider, browser_hash, verifier, nonce, return_to, \
                link_user_id, link_session_id, expires_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    sql!(
        on,
        execute,
        query(text)
            .bind(state_hash)
            .bind(&row.provider)
            .bind(&row.browser_hash)
            .bind(&row.verifier)
            .bind(&row.nonce)
            .bind(&row.return_to)
            .bind(row.link_user_id)
            .bind(row.link_session_id)
            .bind(row.expires_at)
    )?;
    Ok(())
}

/// Takes an attempt: the row is gone for whoever presents the same state next, whatever becomes of this one.
pub(super) async fn take_attempt(on: &mut impl Executor, state_hash: &[u8]) -> Result<Option<AttemptRow>> {
    let text = "delete from login_attempts where state_hash = $1 returning provider, browser_hash, verifier, nonce, \
                return_to, link_user_id, link_session_id, expires_at";
    sql!(on, fetch_optional, query_as(text).bind(state_hash))
}

impl AttemptRow {
    pub(super) fn secrets(&self, state: &str) -> Secrets {
        Secrets { state: state.to_owned(), verifier: self.verifier.clone(), nonce: self.nonce.clone() }
    }
}

pub(super) async fn insert_grant(
    on: &mut impl Executor,
    token_hash: &[u8],
    (user, session): (UserId, SessionHandle),
    provider: Provider,
    expires_at: Timestamp,
) -> Result<()> {
    let text = "insert into link_grants (token_hash, user_id, session_id, provider, expires_at) \
                values ($1, $2, $3, $4, $5)";
    sql!(
        on,
        execute,
        query(text).bind(token_hash).bind(user).bind(session).bind(provider.as_str()).bind(expires_at)
    )?;
    Ok(())
}

/// Takes a grant to link: gone for whoever presents it next.
pub(super) async fn take_grant(
    on: &mut impl Executor,
    token_hash: &[u8],
) -> Result<Option<(UserId, SessionHandle, String, Timestamp)>> {
    let text =
        "delete from link_grants where token_hash = $1 returning user_id, session_id, provider, expires_at";
    sql!(on, fetch_optional, query_as(text).bind(token_hash))
}

/// An identity as listed.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(super) struct IdentityRow {
    pub(super) id: IdentityId,
    pub(super) user_id: UserId,
    pub(super) provider: String,
    pub(super) username: Option<String>,
    pub(super) email: Option<String>,
    pub(super) created_at: Timestamp,
    pub(super) last_used_at: Timestamp,
}

const IDENTITY: &str = "select id, user_id, provider, username, email, created_at, last_used_at from identities \
                        where provider = $1 and issuer = $2 and subject = $3";

pub(super) async fn identity(
    on: &mut impl Executor,
    external: &ExternalIdentity,
) -> Result<Option<IdentityRow>> {
    sql!(
        on,
        fetch_optional,
        query_as(IDENTITY).bind(external.provider.as_str()).bind(&external.issuer).bind(&external.subject)
    )
}

pub(super) async fn identities(on: &mut impl Executor, user: UserId) -> Result<Vec<IdentityRow>> {
    let text = "select id, user_id, provider, username, email, created_at, last_used_at from identities \
                where user_id = $1 order by id";
    sql!(on, fetch_all, query_as(text).bind(user))
}

/// The provider by which a verified address is known already.
pub(super) async fn provider_of_address(on: &mut impl Executor, email: &str) -> Result<Option<String>> {
    let text = "select i.provider from identity_emails e join identities i on i.id = e.identity_id \
                where e.email = $1 order by i.created_at limit 1";
    sql!(on, fetch_optional, query_scalar(text).bind(email))
}

pub(super) async fn verified_addresses(on: &mut impl Executor, user: UserId) -> Result<Vec<String>> {
    let text = "select distinct e.email from identity_emails e join identities i on i.id = e.identity_id \
                where i.user_id = $1 order by e.email";
    sql!(on, fetch_all, query_scalar(text).bind(user))
}

pub(super) async fn insert_identity(
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
pub(super) async fn update_identity(
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

pub(super) async fn delete_identity(tx: &mut WriteTx, id: IdentityId) -> Result<()> {
    sql!(tx, execute, query("delete from identities where id = $1").bind(id))?;
    Ok(())
}

/// A person's profile.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub(super) struct Profile {
    pub(super) name: String,
    pub(super) email: Option<String>,
    pub(super) email_verified: bool,
    pub(super) avatar_url: Option<String>,
    pub(super) disabled_at: Option<Timestamp>,
}

pub(super) async fn profile(on: &mut impl Executor, user: UserId) -> Result<Option<Profile>> {
    let text = "select name, email, email_verified, avatar_url, disabled_at from users where id = $1";
    sql!(on, fetch_optional, query_as(text).bind(user))
}

pub(super) async fn insert_user(tx: &mut WriteTx, user: UserId, profile: &Profile) -> Result<()> {
    let at = tx.at();
    let text = "insert into users (id, name, email, email_verified, avatar_url, created_at, updated_at) \
                values ($1, $2, $3, $4, $5, $6, $6)";
    sql!(
        tx,
        execute,
        query(text)
            .bind(user)
            .bind(&profile.name)
            .bind(&profile.email)
            .bind(profile.email_verified)
            .bind(&profile.avatar_url)
            .bind(at)
    )?;
    Ok(())
}

pub(super) async fn update_profile(tx: &mut WriteTx, user: UserId, profile: &Profile) -> Result<()> {
    let at = tx.at();
    let text = "update users set name = $2, email = $3, email_verified = $4, avatar_url = $5, updated_at = $6 \
                where id = $1";
    sql!(
        tx,
        execute,
        query(text)
            .bind(user)
            .bind(&profile.name)
            .bind(&profile.email)
            .bind(profile.email_verified)
            .bind(&profile.avatar_url)
            .bind(at)
    )?;
    Ok(())
}

/// A session as listed.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(super) struct SessionRow {
    pub(super) id: SessionHandle,
    pub(super) provider: Option<String>,
    pub(super) user_agent: String,
    pub(super) ip: String,
    pub(super) created_at: Timestamp,
    pub(super) last_seen_at: Timestamp,
    pub(super) expires_at: Timestamp,
}

pub(super) async fn insert_session(
    tx: &mut WriteTx,
    (id, user, identity): (SessionHandle, UserId, IdentityId),
    (user_agent, ip): (&str, &str),
    expires_at: Timestamp,
) -> Result<()> {
    let at = tx.at();
    let text = "insert into sessions (id, user_id, identity_id, user_agent, ip, created_at, last_seen_at, expires_at) \
                values ($1, $2, $3, $4, $5, $6, $6, $7)";
    sql!(
        tx,
        execute,
        query(text).bind(id).bind(user).bind(identity).bind(user_agent).bind(ip).bind(at).bind(expires_at)
    )?;
    Ok(())
}

pub(super) async fn sessions(
    on: &mut impl Executor,
    user: UserId,
    now: Timestamp,
    seen_after: Timestamp,
) -> Result<Vec<SessionRow>> {
    let text = "select s.id, i.provider, s.user_agent, s.ip, s.created_at, s.last_seen_at, s.expires_at \
                from sessions s left join identities i on i.id = s.identity_id \
                where s.user_id = $1 and s.revoked_at is null and s.expires_at > $2 and s.last_seen_at > $3 \
                order by s.last_seen_at desc, s.id desc limit 200";
    sql!(on, fetch_all, query_as(text).bind(user).bind(now).bind(seen_after))
}

pub(super) async fn touch_session(on: &mut impl Executor, id: SessionHandle, now: Timestamp) -> Result<()> {
    sql!(on, execute, query("update sessions set last_seen_at = $2 where id = $1").bind(id).bind(now))?;
    Ok(())
}

/// Which of a person's sessions to end.
#[derive(Debug, Clone, Copy)]
pub(super) enum Ending {
    One(SessionHandle),
    AllBut(SessionHandle),
    Identity(IdentityId),
    All,
}

/// Ends sessions that have not ended: gives each with the moment until which the revocation must be remembered.
pub(super) async fn revoke(
    tx: &mut WriteTx,
    user: UserId,
    ending: Ending,
) -> Result<Vec<(SessionHandle, Timestamp)>> {
    let at = tx.at();
    let nobody = SessionHandle::from_uuid(uuid::Uuid::nil());
    let no_identity = IdentityId::from_uuid(uuid::Uuid::nil());
    let (one, but, identity, all) = match ending {
        Ending::One(id) => (id, nobody, no_identity, false),
        Ending::AllBut(id) => (nobody, id, no_identity, true),
        Ending::Identity(id) => (nobody, nobody, id, false),
        Ending::All => (nobody, nobody, no_identity, true),
    };
    let text = "update sessions set revoked_at = $2 where user_id = $1 and revoked_at is null and expires_at > $2 \
                and (id = $3 or identity_id = $4 or ($5 and id <> $6)) returning id, expires_at";
    sql!(tx, fetch_all, query_as(text).bind(user).bind(at).bind(one).bind(identity).bind(all).bind(but))
}

pub(super) async fn insert_record(
    on: &mut impl Executor,
    key: &[u8],
    data: &[u8],
    expires_at: Timestamp,
) -> Result<()> {
    let text = "insert into session_records (id_hash, data, expires_at) values ($1, $2, $3)";
    sql!(on, execute, query(text).bind(key).bind(data).bind(expires_at))?;
    Ok(())
}

/// Changes a record that is there; a deleted one stays deleted.
pub(super) async fn update_record(
    on: &mut impl Executor,
    key: &[u8],
    data: &[u8],
    expires_at: Timestamp,
) -> Result<()> {
    let text = "update session_records set data = $2, expires_at = $3 where id_hash = $1";
    sql!(on, execute, query(text).bind(key).bind(data).bind(expires_at))?;
    Ok(())
}

pub(super) async fn record(on: &mut impl Executor, key: &[u8], now: Timestamp) -> Result<Option<Vec<u8>>> {
    let text = "select data from session_records where id_hash = $1 and expires_at > $2";
    sql!(on, fetch_optional, query_scalar(text).bind(key).bind(now))
}

pub(super) async fn delete_record(on: &mut impl Executor, key: &[u8]) -> Result<()> {
    sql!(on, execute, query("delete from session_records where id_hash = $1").bind(key))?;
    Ok(())
}

/// Everyone for whom a provider vouches that this address is theirs.
pub(super) async fn holders_of_address(on: &mut impl Executor, email: &str) -> Result<Vec<UserId>> {
    let text = "select distinct i.user_id from identity_emails e join identities i on i.id = e.identity_id \
                where e.email = $1";
    sql!(on, fetch_all, query_scalar(text).bind(email))
}

pub(super) async fn insert_operator(tx: &mut WriteTx, user: UserId) -> Result<()> {
    let at = tx.at();
    let text = "insert into operators (user_id, role, created_at) values ($1, 'operator', $2) \
                on conflict (user_id) do nothing";
    sql!(tx, execute, query(text).bind(user).bind(at))?;
    Ok(())
}
