//! The SQL of members. Every query takes the tenant.

use sqlx::{AssertSqlSafe, query, query_as, query_scalar};

use super::{By, Figures, Filter, Member, MemberRole, MemberUser};
use crate::authz::HeldRole;
use crate::clock::Timestamp;
use crate::db::{Executor, WriteTx, sql};
use crate::error::{Person, Result};
use crate::ids::{RoleId, Subject, TenantId, UserId};
use crate::lists::{Window, pattern};
use crate::names::sort_name;

/// One row for each role a member holds, or one without a role.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct MemberRow {
    sort_key: String,
    id: UserId,
    name: String,
    email: Option<String>,
    avatar_url: Option<String>,
    joined_at: Timestamp,
    last_seen_at: Option<Timestamp>,
    revision: i64,
    role_id: Option<RoleId>,
    role_key: Option<String>,
    role_name: Option<String>,
    expires_at: Option<Timestamp>,
}

/// A role that no more members hold is looked at from the role's side.
const FEW: i64 = 500;
/// The members who hold a role, beginning with those who hold it: the limit tells Postgres that they are few, and
/// `cross` keeps `SQLite` from beginning elsewhere.
const FEW_HOLD: (&str, &str) = (
    "(select x.tenant_id, x.user_id from roles y \
     join role_assignments x on x.tenant_id = y.tenant_id and x.role_id = y.id \
     where y.tenant_id = $1 and y.key = $4 and (x.expires_at is null or x.expires_at > $2) \
     limit 500) h cross join members m",
    "(m.tenant_id, m.user_id) = (h.tenant_id, h.user_id)",
);
/// The condition that a member holds a role, for beginning with the members.
const MANY_HOLD: &str = "exists (select 1 from role_assignments x \
     join roles y on y.tenant_id = x.tenant_id and y.id = x.role_id \
     where x.tenant_id = m.tenant_id and x.user_id = m.user_id and y.key = $4 \
     and (x.expires_at is null or x.expires_at > $2))";

/// Whether at most [`FEW`] members hold the role.
async fn has_few(on: &mut impl Executor, tenant: TenantId, now: Timestamp, role: &str) -> Result<bool> {
    let text = "select count(*) from (select 1 from roles y \
                join role_assignments x on x.tenant_id = y.tenant_id and x.role_id = y.id \
                where y.tenant_id = $1 and y.key = $2 and (x.expires_at is null or x.expires_at > $3) limit $4) h";
    let held: i64 = sql!(on, fetch_one, query_scalar(text).bind(tenant).bind(role).bind(now).bind(FEW + 1))?;
    Ok(held <= FEW)
}

/// The members from a place on, one more than asked for, so that the caller knows whether there are more. Read in
/// the order of an index; the roles are joined to the page only.
pub(super) async fn page(
    on: &mut impl Executor,
    tenant: TenantId,
    now: Timestamp,
    filter: &Filter,
    window: &Window<By>,
) -> Result<Vec<MemberRow>> {
    let source = match filter.role.as_str() {
        "" => ("members m", "$4 = ''"),
        role if has_few(on, tenant, now, role).await? => FEW_HOLD,
        _many => ("members m", MANY_HOLD),
    };
    let text = page_text(source, window);
    let after = window.after.clone().unwrap_or_default();
    // Made of the words here alone; what people give is bound.
    sql!(
        on,
        fetch_all,
        query_as(AssertSqlSafe(text.as_str()))
            .bind(tenant)
            .bind(now)
            .bind(pattern(&sort_name(filter.search.trim())))
            .bind(&filter.role)
            .bind(&after.text)
            .bind(after.number)
            .bind(after.id)
            .bind(i64::from(window.limit) + 1)
    )
}

/// The statement: from where, in which order, and from which end.
fn page_text((from, holding): (&str, &str), window: &Window<By>) -> String {
    let (column, sorted, place) = match window.sort.by {
        By::Name => ("sort_name", "sort_key", "$5"),
        By::JoinedAt => ("joined_at", "joined_at", "$6"),
    };
    let (beyond, way) = if window.sort.down { ("<", "desc") } else { (">", "asc") };
    let start = match window.after {
        Some(_) => format!("and (m.{column}, m.user_id) {beyond} ({place}, $7)"),
        None => String::new(),
    };
    include_str!("page.sql")
        .replace("FROM", from)
        .replace("HOLDING", holding)
        .replace("START", &start)
        .replace("COLUMN", column)
        .replace("SORTED", sorted)
        .replace("WAY", way)
}

pub(super) async fn member(
    on: &mut impl Executor,
    tenant: TenantId,
    now: Timestamp,
    user: UserId,
) -> Result<Option<Member>> {
    let text = "select '' as sort_key, u.id, u.name, u.email, u.avatar_url, m.joined_at, m.last_seen_at, m.revision, \
                r.id as role_id, r.key as role_key, r.name as role_name, a.expires_at \
                from members m join users u on u.id = m.user_id \
                left join role_assignments a on a.tenant_id = m.tenant_id and a.user_id = m.user_id \
                and (a.expires_at is null or a.expires_at > $2) \
                left join roles r on r.tenant_id = a.tenant_id and r.id = a.role_id \
                where m.tenant_id = $1 and m.user_id = $3 order by r.key";
    let rows = sql!(on, fetch_all, query_as(text).bind(tenant).bind(now).bind(user))?;
    Ok(members(rows).into_iter().next().map(|(_, member)| member))
}

/// Those of `users` who are members.
pub(super) async fn several(
    on: &mut impl Executor,
    tenant: TenantId,
    now: Timestamp,
    users: &[UserId],
) -> Result<Vec<Member>> {
    let text = format!(
        "select '' as sort_key, u.id, u.name, u.email, u.avatar_url, m.joined_at, m.last_seen_at, m.revision, \
         r.id as role_id, r.key as role_key, r.name as role_name, a.expires_at \
         from members m join users u on u.id = m.user_id \
         left join role_assignments a on a.tenant_id = m.tenant_id and a.user_id = m.user_id \
         and (a.expires_at is null or a.expires_at > $2) \
         left join roles r on r.tenant_id = a.tenant_id and r.id = a.role_id \
         where m.tenant_id = $1 and m.user_id in ({}) order by u.id, r.key",
        places(3, users)
    );
    let rows = sql!(on, fetch_all, {
        let start = query_as(AssertSqlSafe(text)).persistent(false).bind(tenant).bind(now);
        users.iter().fold(start, |query, user| query.bind(*user))
    })?;
    Ok(members(rows).into_iter().map(|(_, member)| member).collect())
}

/// One place for each of `users`, from `$first` on. Nothing of theirs comes into the text.
fn places(first: usize, users: &[UserId]) -> String {
    let places: Vec<String> = (first..).zip(users).map(|(place, _)| format!("${place}")).collect();
    if places.is_empty() { "null".to_owned() } else { places.join(", ") }
}

/// Rows in order, as members, each with the text it is sorted by.
pub(super) fn members(rows: Vec<MemberRow>) -> Vec<(String, Member)> {
    let mut members: Vec<(String, Member)> = Vec::new();
    for row in rows {
        let role = match (row.role_id, row.role_key, row.role_name) {
            (Some(id), Some(key), Some(name)) => {
                Some(MemberRole { id, key, name, expires_at: row.expires_at })
            }
            _ => None,
        };
        if let Some((_, last)) = members.last_mut().filter(|(_, last)| last.user.id == row.id) {
            last.roles.extend(role);
            continue;
        }
        let user = MemberUser { id: row.id, name: row.name, email: row.email, avatar_url: row.avatar_url };
        members.push((
            row.sort_key,
            Member {
                user,
                roles: role.into_iter().collect(),
                joined_at: row.joined_at,
                last_seen_at: row.last_seen_at,
                revision: row.revision,
            },
        ));
    }
    members
}

/// How many members the tenant has, as `on` sees it.
pub(crate) async fn count(on: &mut impl Executor, tenant: TenantId) -> Result<i64> {
    sql!(on, fetch_one, query_scalar("select count(*) from members where tenant_id = $1").bind(tenant))
}

pub(super) async fn figures(
    on: &mut impl Executor,
    tenant: TenantId,
    owner: Option<RoleId>,
    now: Timestamp,
) -> Result<Figures> {
    let text = "select (select count(*) from members where tenant_id = $1), \
                (select count(*) from (select 1 from role_assignments a join users u on u.id = a.user_id \
                where a.tenant_id = $1 and a.role_id = $2 and a.expires_at is null and u.disabled_at is null \
                limit 2) o), \
                (select count(*) from (select 1 from role_assignments a where a.tenant_id = $1 \
                and a.role_id <> $2 and (a.expires_at is null or a.expires_at > $3) limit 1) d)";
    let row = sql!(on, fetch_one, query_as(text).bind(tenant).bind(owner).bind(now))?;
    let (members, owners, others): (i64, i64, i64) = row;
    Ok(Figures { members, owners, delegated: others > 0 })
}

/// Two indexes side by side, and names for those found only: with 10,000 members who all hold roles, which is the
/// longest it takes, some 5 ms.
pub(super) async fn without_role(
    on: &mut impl Executor,
    tenant: TenantId,
    now: Timestamp,
    limit: u32,
) -> Result<Vec<Person>> {
    let text = "select u.id, u.name from (select m.user_id from members m where m.tenant_id = $1 \
                and not exists (select 1 from role_assignments a where a.tenant_id = m.tenant_id \
                and a.user_id = m.user_id and (a.expires_at is null or a.expires_at > $2)) \
                order by m.user_id limit $3) r join users u on u.id = r.user_id order by u.id";
    let rows: Vec<(UserId, String)> =
        sql!(on, fetch_all, query_as(text).bind(tenant).bind(now).bind(i64::from(limit)))?;
    Ok(rows.into_iter().map(|(id, name)| Person { id, name }).collect())
}

/// People who are not disabled and own the tenant without end.
pub(super) async fn active_owners(on: &mut impl Executor, tenant: TenantId, owner: RoleId) -> Result<i64> {
    let text = "select count(*) from role_assignments a join users u on u.id = a.user_id \
                where a.tenant_id = $1 and a.role_id = $2 and a.expires_at is null and u.disabled_at is null";
    sql!(on, fetch_one, query_scalar(text).bind(tenant).bind(owner))
}

pub(super) async fn is_active(on: &mut impl Executor, user: UserId) -> Result<bool> {
    let text = "select count(*) from users where id = $1 and disabled_at is null";
    let count: i64 = sql!(on, fetch_one, query_scalar(text).bind(user))?;
    Ok(count > 0)
}

/// Makes the person a member without a role, sorted by their name: the one door into a tenant. That they were removed
/// once is forgotten.
pub(crate) async fn admit(tx: &mut WriteTx, tenant: TenantId, user: UserId) -> Result<()> {
    let at = tx.at();
    let member = "insert into members (tenant_id, user_id, joined_at, sort_name) \
                  select $1, u.id, $3, u.sort_name from users u where u.id = $2";
    sql!(tx, execute, query(member).bind(tenant).bind(user).bind(at))?;
    let removed = "delete from removed_members where tenant_id = $1 and user_id = $2";
    sql!(tx, execute, query(removed).bind(tenant).bind(user))?;
    Ok(())
}

pub(super) async fn unassign(tx: &mut WriteTx, tenant: TenantId, user: UserId, role: RoleId) -> Result<u64> {
    let text = "delete from role_assignments where tenant_id = $1 and user_id = $2 and role_id = $3";
    sql!(tx, execute, query(text).bind(tenant).bind(user).bind(role))
}

pub(super) async fn assign(
    tx: &mut WriteTx,
    tenant: TenantId,
    user: UserId,
    held: HeldRole,
    by: Subject,
) -> Result<u64> {
    let at = tx.at();
    let text = "insert into role_assignments (tenant_id, user_id, role_id, expires_at, assigned_at, assigned_by) \
                values ($1, $2, $3, $4, $5, $6) on conflict (tenant_id, user_id, role_id) do update set \
                expires_at = excluded.expires_at, assigned_at = excluded.assigned_at, \
                assigned_by = excluded.assigned_by";
    sql!(
        tx,
        execute,
        query(text).bind(tenant).bind(user).bind(held.role).bind(held.expires_at).bind(at).bind(by)
    )
}

/// Takes the role from all of `users`.
pub(super) async fn unassign_from(
    tx: &mut WriteTx,
    tenant: TenantId,
    role: RoleId,
    users: &[UserId],
) -> Result<u64> {
    let text = format!(
        "delete from role_assignments where tenant_id = $1 and role_id = $2 and user_id in ({})",
        places(3, users)
    );
    sql!(tx, execute, {
        let start = query(AssertSqlSafe(text)).persistent(false).bind(tenant).bind(role);
        users.iter().fold(start, |query, user| query.bind(*user))
    })
}

/// Gives the role to all of `users`, in place of what they hold of it.
pub(super) async fn assign_to(
    tx: &mut WriteTx,
    tenant: TenantId,
    held: HeldRole,
    users: &[UserId],
    by: Subject,
) -> Result<u64> {
    let at = tx.at();
    let text = format!(
        "insert into role_assignments (tenant_id, user_id, role_id, expires_at, assigned_at, assigned_by) \
         select m.tenant_id, m.user_id, r.id, $3, $4, u.id from members m \
         join roles r on r.tenant_id = m.tenant_id and r.id = $2 join users u on u.id = $5 \
         where m.tenant_id = $1 and m.user_id in ({}) \
         on conflict (tenant_id, user_id, role_id) do update set expires_at = excluded.expires_at, \
         assigned_at = excluded.assigned_at, assigned_by = excluded.assigned_by",
        places(6, users)
    );
    sql!(tx, execute, {
        let start = query(AssertSqlSafe(text)).persistent(false).bind(tenant).bind(held.role);
        let start = start.bind(held.expires_at).bind(at).bind(by);
        users.iter().fold(start, |query, user| query.bind(*user))
    })
}

/// Counts a change of each of `users`.
pub(super) async fn revise_several(tx: &mut WriteTx, tenant: TenantId, users: &[UserId]) -> Result<u64> {
    let text = format!(
        "update members set revision = revision + 1 where tenant_id = $1 and user_id in ({})",
        places(2, users)
    );
    sql!(tx, execute, {
        let start = query(AssertSqlSafe(text)).persistent(false).bind(tenant);
        users.iter().fold(start, |query, user| query.bind(*user))
    })
}

pub(super) async fn revise(tx: &mut WriteTx, tenant: TenantId, user: UserId) -> Result<u64> {
    let text = "update members set revision = revision + 1 where tenant_id = $1 and user_id = $2";
    sql!(tx, execute, query(text).bind(tenant).bind(user))
}

pub(super) async fn delete(tx: &mut WriteTx, tenant: TenantId, user: UserId) -> Result<u64> {
    let text = "delete from members where tenant_id = $1 and user_id = $2";
    sql!(tx, execute, query(text).bind(tenant).bind(user))
}

/// Keeps in mind that the person was removed: they do not come back by themselves.
pub(super) async fn remember_removal(tx: &mut WriteTx, tenant: TenantId, user: UserId) -> Result<u64> {
    let at = tx.at();
    let text = "insert into removed_members (tenant_id, user_id, removed_at) values ($1, $2, $3) \
                on conflict (tenant_id, user_id) do update set removed_at = excluded.removed_at";
    sql!(tx, execute, query(text).bind(tenant).bind(user).bind(at))
}

/// Withdraws the open invitations to any address a provider vouches for as this person's.
pub(super) async fn cancel_invitations(tx: &mut WriteTx, tenant: TenantId, user: UserId) -> Result<u64> {
    let at = tx.at();
    let text = "update invitations set revoked_at = $3 where tenant_id = $1 and accepted_at is null \
                and revoked_at is null and email in (select e.email from identity_emails e \
                join identities i on i.id = e.identity_id where i.user_id = $2)";
    sql!(tx, execute, query(text).bind(tenant).bind(user).bind(at))
}

/// Notes a sighting, unless a later one is known.
pub(super) async fn seen(
    on: &mut impl Executor,
    tenant: TenantId,
    user: UserId,
    at: Timestamp,
) -> Result<()> {
    let text = "update members set last_seen_at = $3 where tenant_id = $1 and user_id = $2 \
                and (last_seen_at is null or last_seen_at < $3)";
    sql!(on, execute, query(text).bind(tenant).bind(user).bind(at))?;
    Ok(())
}
