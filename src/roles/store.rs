//! The SQL of roles. Every query takes the tenant.

use sqlx::{query, query_as};
use uuid::Uuid;

use crate::authz::{Effect, HeldRole};
use crate::clock::Timestamp;
use crate::db::{Executor, WriteTx, sql};
use crate::error::Result;
use crate::ids::{RoleId, Subject, TenantId};

#[derive(Debug, sqlx::FromRow)]
pub(super) struct RoleRow {
    pub(super) id: RoleId,
    pub(super) key: String,
    pub(super) name: String,
    pub(super) description: String,
    pub(super) system: bool,
    pub(super) created_at: Timestamp,
    pub(super) updated_at: Timestamp,
    pub(super) member_count: i64,
    pub(super) app_count: i64,
}

/// Someone who holds roles, and which.
pub(super) type Holder = (Subject, Vec<HeldRole>);

pub(super) async fn roles(on: &mut impl Executor, tenant: TenantId, now: Timestamp) -> Result<Vec<RoleRow>> {
    let text = "select r.id, r.key, r.name, r.description, r.system, r.created_at, r.updated_at, \
                (select count(*) from role_assignments a where a.tenant_id = r.tenant_id and a.role_id = r.id \
                and (a.expires_at is null or a.expires_at > $2)) as member_count, \
                (select count(*) from app_roles a where a.tenant_id = r.tenant_id and a.role_id = r.id \
                and (a.expires_at is null or a.expires_at > $2)) as app_count \
                from roles r where r.tenant_id = $1 order by r.id";
    sql!(on, fetch_all, query_as(text).bind(tenant).bind(now))
}

pub(super) async fn permissions(
    on: &mut impl Executor,
    tenant: TenantId,
) -> Result<Vec<(RoleId, String, String)>> {
    let text = "select role_id, permission, effect from role_permissions where tenant_id = $1";
    sql!(on, fetch_all, query_as(text).bind(tenant))
}

pub(super) async fn parents(on: &mut impl Executor, tenant: TenantId) -> Result<Vec<(RoleId, String)>> {
    let text = "select p.role_id, r.key from role_parents p \
                join roles r on r.tenant_id = p.tenant_id and r.id = p.parent_id where p.tenant_id = $1";
    sql!(on, fetch_all, query_as(text).bind(tenant))
}

pub(super) async fn insert(
    tx: &mut WriteTx,
    tenant: TenantId,
    (role, key): (RoleId, &str),
    (name, description): (&str, &str),
) -> Result<u64> {
    let at = tx.at();
    let text = "insert into roles (id, tenant_id, key, name, description, system, created_at, updated_at) \
                values ($1, $2, $3, $4, $5, false, $6, $6)";
    sql!(tx, execute, query(text).bind(role).bind(tenant).bind(key).bind(name).bind(description).bind(at))
}

pub(super) async fn update(
    tx: &mut WriteTx,
    tenant: TenantId,
    role: RoleId,
    (name, description): (&str, &str),
    at: Timestamp,
) -> Result<u64> {
    let text = "update roles set name = $3, description = $4, updated_at = $5 \
                where tenant_id = $1 and id = $2 and not system";
    sql!(tx, execute, query(text).bind(tenant).bind(role).bind(name).bind(description).bind(at))
}

/// Makes `names` all that the role allows, or denies.
pub(super) async fn set_permissions(
    tx: &mut WriteTx,
    tenant: TenantId,
    role: RoleId,
    effect: Effect,
    names: &[String],
) -> Result<()> {
    let text = "delete from role_permissions where tenant_id = $1 and role_id = $2 and effect = $3";
    sql!(tx, execute, query(text).bind(tenant).bind(role).bind(effect.as_str()))?;
    let text =
        "insert into role_permissions (tenant_id, role_id, effect, permission) values ($1, $2, $3, $4)";
    for name in names {
        sql!(tx, execute, query(text).bind(tenant).bind(role).bind(effect.as_str()).bind(name))?;
    }
    Ok(())
}

/// Makes `parents` all the roles that the role inherits from.
pub(super) async fn set_parents(
    tx: &mut WriteTx,
    tenant: TenantId,
    role: RoleId,
    parents: impl Iterator<Item = RoleId>,
) -> Result<()> {
    let text = "delete from role_parents where tenant_id = $1 and role_id = $2";
    sql!(tx, execute, query(text).bind(tenant).bind(role))?;
    let text = "insert into role_parents (tenant_id, role_id, parent_id) values ($1, $2, $3)";
    for parent in parents {
        sql!(tx, execute, query(text).bind(tenant).bind(role).bind(parent))?;
    }
    Ok(())
}

/// The people and apps that hold the role, or one that inherits from it, each with all the roles they hold: in one
/// query, however many they are.
pub(super) async fn held_with(
    tx: &mut WriteTx,
    tenant: TenantId,
    role: RoleId,
    now: Timestamp,
) -> Result<Vec<Holder>> {
    let text = "with recursive reached (id) as (select id from roles where tenant_id = $1 and id = $2 \
                union select p.role_id from role_parents p join reached r on p.parent_id = r.id \
                where p.tenant_id = $1) \
                select false as app, a.user_id as id, a.role_id, a.expires_at from role_assignments a \
                where a.tenant_id = $1 and (a.expires_at is null or a.expires_at > $3) \
                and a.user_id in (select h.user_id from role_assignments h join reached r on r.id = h.role_id \
                where h.tenant_id = $1 and (h.expires_at is null or h.expires_at > $3)) \
                union all select true, a.app_id, a.role_id, a.expires_at from app_roles a \
                where a.tenant_id = $1 and (a.expires_at is null or a.expires_at > $3) \
                and a.app_id in (select h.app_id from app_roles h join reached r on r.id = h.role_id \
                where h.tenant_id = $1 and (h.expires_at is null or h.expires_at > $3)) \
                order by id, role_id";
    let rows: Vec<(bool, Uuid, RoleId, Option<Timestamp>)> =
        sql!(tx, fetch_all, query_as(text).bind(tenant).bind(role).bind(now))?;
    let mut held: Vec<Holder> = Vec::new();
    for (app, id, role, expires_at) in rows {
        let (holder, role) = (Subject::of(app, id), HeldRole { role, expires_at });
        match held.last_mut().filter(|(last, _)| *last == holder) {
            Some((_, roles)) => roles.push(role),
            None => held.push((holder, vec![role])),
        }
    }
    Ok(held)
}

/// The names of all whom [`held_with`] gives for the role, in one query too.
pub(super) async fn names_of_holders(
    tx: &mut WriteTx,
    tenant: TenantId,
    role: RoleId,
    now: Timestamp,
) -> Result<Vec<(Subject, String)>> {
    let text = "with recursive reached (id) as (select id from roles where tenant_id = $1 and id = $2 \
                union select p.role_id from role_parents p join reached r on p.parent_id = r.id \
                where p.tenant_id = $1) \
                select false as app, u.id, u.name from users u \
                where u.id in (select h.user_id from role_assignments h join reached r on r.id = h.role_id \
                where h.tenant_id = $1 and (h.expires_at is null or h.expires_at > $3)) \
                union all select true, p.id, p.name from apps p where p.tenant_id = $1 \
                and p.id in (select h.app_id from app_roles h join reached r on r.id = h.role_id \
                where h.tenant_id = $1 and (h.expires_at is null or h.expires_at > $3))";
    let rows: Vec<(bool, Uuid, String)> =
        sql!(tx, fetch_all, query_as(text).bind(tenant).bind(role).bind(now))?;
    Ok(rows.into_iter().map(|(app, id, name)| (Subject::of(app, id), name)).collect())
}

/// Counts a change of everyone and of every app that holds the role.
pub(super) async fn revise_holders(tx: &mut WriteTx, tenant: TenantId, role: RoleId) -> Result<()> {
    let at = tx.at();
    for text in [
        "update members set revision = revision + 1 where tenant_id = $1 and user_id in \
         (select user_id from role_assignments where tenant_id = $1 and role_id = $2 \
         and (expires_at is null or expires_at > $3))",
        "update apps set revision = revision + 1 where tenant_id = $1 and id in \
         (select app_id from app_roles where tenant_id = $1 and role_id = $2 \
         and (expires_at is null or expires_at > $3))",
    ] {
        sql!(tx, execute, query(text).bind(tenant).bind(role).bind(at))?;
    }
    Ok(())
}

/// Gives all who hold `old`, people and apps, the role `new` until the same moment. Who holds it already keeps it as it
/// is.
pub(super) async fn reassign(
    tx: &mut WriteTx,
    tenant: TenantId,
    (old, new): (RoleId, RoleId),
    by: Subject,
) -> Result<()> {
    let at = tx.at();
    for text in [
        "insert into role_assignments (tenant_id, user_id, role_id, expires_at, assigned_at, assigned_by) \
         select h.tenant_id, h.user_id, r.id, h.expires_at, $4, $5 from role_assignments h \
         join roles r on r.tenant_id = h.tenant_id and r.id = $3 \
         where h.tenant_id = $1 and h.role_id = $2 and (h.expires_at is null or h.expires_at > $4) \
         on conflict (tenant_id, user_id, role_id) do update set expires_at = excluded.expires_at, \
         assigned_at = excluded.assigned_at, assigned_by = excluded.assigned_by \
         where role_assignments.expires_at <= $4",
        "insert into app_roles (tenant_id, app_id, role_id, expires_at, assigned_at, assigned_by) \
         select h.tenant_id, h.app_id, r.id, h.expires_at, $4, $5 from app_roles h \
         join roles r on r.tenant_id = h.tenant_id and r.id = $3 \
         where h.tenant_id = $1 and h.role_id = $2 and (h.expires_at is null or h.expires_at > $4) \
         on conflict (tenant_id, app_id, role_id) do update set expires_at = excluded.expires_at, \
         assigned_at = excluded.assigned_at, assigned_by = excluded.assigned_by \
         where app_roles.expires_at <= $4",
    ] {
        sql!(tx, execute, query(text).bind(tenant).bind(old).bind(new).bind(at).bind(by))?;
    }
    Ok(())
}

/// Withdraws the invitations that offer the role, those that are over included: they could be sent again.
pub(super) async fn cancel_invitations(tx: &mut WriteTx, tenant: TenantId, role: RoleId) -> Result<u64> {
    let at = tx.at();
    let text = "update invitations set revoked_at = $3 where tenant_id = $1 and accepted_at is null \
                and revoked_at is null and id in (select invitation_id from invitation_roles \
                where tenant_id = $1 and role_id = $2)";
    sql!(tx, execute, query(text).bind(tenant).bind(role).bind(at))
}

/// Takes the role from everyone and every app, those for whom it has ended included.
pub(super) async fn unassign(tx: &mut WriteTx, tenant: TenantId, role: RoleId) -> Result<()> {
    for text in [
        "delete from role_assignments where tenant_id = $1 and role_id = $2",
        "delete from app_roles where tenant_id = $1 and role_id = $2",
    ] {
        sql!(tx, execute, query(text).bind(tenant).bind(role))?;
    }
    Ok(())
}

/// Deletes the role, and with it what it allows, denies and inherits.
pub(super) async fn delete(tx: &mut WriteTx, tenant: TenantId, role: RoleId) -> Result<u64> {
    let text = "delete from roles where tenant_id = $1 and id = $2 and not system";
    sql!(tx, execute, query(text).bind(tenant).bind(role))
}
