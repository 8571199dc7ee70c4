//! Rows of operators. Called by the commands, and by the rule that one stays.

use sqlx::{query, query_as, query_scalar};

use crate::clock::Timestamp;
use crate::db::{Executor, WriteTx, sql};
use crate::error::Result;
use crate::ids::UserId;

#[derive(Debug, sqlx::FromRow)]
pub(in crate::operators) struct StaffRow {
    pub(in crate::operators) id: UserId,
    pub(in crate::operators) name: String,
    pub(in crate::operators) email: Option<String>,
    pub(in crate::operators) role: String,
    pub(in crate::operators) created_at: Timestamp,
    pub(in crate::operators) disabled_at: Option<Timestamp>,
}

pub(in crate::operators) async fn staff(on: &mut impl Executor) -> Result<Vec<StaffRow>> {
    let text = "select u.id, u.name, u.email, o.role, o.created_at, u.disabled_at from operators o \
                join users u on u.id = o.user_id order by o.created_at, u.id";
    sql!(on, fetch_all, query_as(text))
}

/// Everyone for whom a provider vouches that this address is theirs.
pub(in crate::operators) async fn holders_of_address(
    on: &mut impl Executor,
    email: &str,
) -> Result<Vec<UserId>> {
    let text = "select distinct i.user_id from identity_emails e join identities i on i.id = e.identity_id \
                where e.email = $1";
    sql!(on, fetch_all, query_scalar(text).bind(email))
}

pub(in crate::operators) async fn name(on: &mut impl Executor, user: UserId) -> Result<Option<String>> {
    sql!(on, fetch_optional, query_scalar("select name from users where id = $1").bind(user))
}

pub(in crate::operators) async fn role(on: &mut impl Executor, user: UserId) -> Result<Option<String>> {
    sql!(on, fetch_optional, query_scalar("select role from operators where user_id = $1").bind(user))
}

/// People who hold the highest role and are not disabled.
pub(in crate::operators) async fn active_operators(on: &mut impl Executor) -> Result<i64> {
    let text = "select count(*) from operators o join users u on u.id = o.user_id \
                where o.role = 'operator' and u.disabled_at is null";
    sql!(on, fetch_one, query_scalar(text))
}

pub(in crate::operators) async fn insert(tx: &mut WriteTx, user: UserId, role: &str) -> Result<u64> {
    let at = tx.at();
    let text = "insert into operators (user_id, role, created_at) values ($1, $2, $3) \
                on conflict (user_id) do update set role = excluded.role";
    sql!(tx, execute, query(text).bind(user).bind(role).bind(at))
}

pub(in crate::operators) async fn remove(tx: &mut WriteTx, user: UserId) -> Result<u64> {
    sql!(tx, execute, query("delete from operators where user_id = $1").bind(user))
}
