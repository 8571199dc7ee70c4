//! Rows of people. Called by the accounts; must never be read for a decision, which has its own
//! snapshot.

use sqlx::{query, query_as};

use crate::clock::Timestamp;
use crate::db::{Executor, WriteTx, sql};
use crate::error::Result;
use crate::ids::UserId;
use crate::names::sort_name;

/// A person's profile.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub(in crate::login) struct Profile {
    pub(in crate::login) name: String,
    pub(in crate::login) email: Option<String>,
    pub(in crate::login) email_verified: bool,
    pub(in crate::login) avatar_url: Option<String>,
    pub(in crate::login) disabled_at: Option<Timestamp>,
}

pub(in crate::login) async fn profile(on: &mut impl Executor, user: UserId) -> Result<Option<Profile>> {
    let text = "select name, email, email_verified, avatar_url, disabled_at from users where id = $1";
    sql!(on, fetch_optional, query_as(text).bind(user))
}

pub(in crate::login) async fn insert_user(tx: &mut WriteTx, user: UserId, profile: &Profile) -> Result<()> {
    let at = tx.at();
    let text = "insert into users (id, name, email, email_verified, avatar_url, created_at, updated_at, sort_name) \
                values ($1, $2, $3, $4, $5, $6, $6, $7)";
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
            .bind(sort_name(&profile.name))
    )?;
    Ok(())
}

/// Writes the profile, and the name that the person's memberships are sorted by.
pub(in crate::login) async fn update_profile(
    tx: &mut WriteTx,
    user: UserId,
    profile: &Profile,
) -> Result<()> {
    let at = tx.at();
    let text = "update users set name = $2, email = $3, email_verified = $4, avatar_url = $5, updated_at = $6, \
                sort_name = $7 where id = $1";
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
            .bind(sort_name(&profile.name))
    )?;
    let text = "update members set sort_name = $2 where user_id = $1 and sort_name <> $2";
    sql!(tx, execute, query(text).bind(user).bind(sort_name(&profile.name)))?;
    Ok(())
}
