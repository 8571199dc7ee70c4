//! The tables `invitations` and `invitation_roles`.
//!
//! A row is one link. When an invitation is sent again, the row keeps its id and gets the new link, and the old
//! link becomes a revoked row without roles: it still says what became of it, and it still counts as a mail to
//! its address. Such rows are not listed.

use sqlx::{query, query_as, query_scalar};

use crate::authz::HeldRole;
use crate::clock::Timestamp;
use crate::db::{Connection, Executor, WriteTx, sql};
use crate::error::Result;
use crate::ids::{AppId, InvitationId, RoleId, Subject, TenantId, UserId};
use crate::invitations::{Due, Status};
use crate::members;

#[derive(Debug, Clone, sqlx::FromRow)]
pub(super) struct Row {
    pub(super) id: InvitationId,
    pub(super) email: String,
    inviter_type: String,
    invited_by: uuid::Uuid,
    pub(super) inviter_name: String,
    pub(super) inviter_disabled_at: Option<Timestamp>,
    pub(super) created_at: Timestamp,
    pub(super) sent_at: Timestamp,
    pub(super) expires_at: Timestamp,
    pub(super) accepted_at: Option<Timestamp>,
    pub(super) revoked_at: Option<Timestamp>,
}

impl Row {
    /// Who invited.
    pub(super) fn inviter(&self) -> Subject {
        match self.inviter_type.as_str() {
            "app" => Subject::App(AppId::from_uuid(self.invited_by)),
            _ => Subject::User(UserId::from_uuid(self.invited_by)),
        }
    }

    pub(super) fn status(&self, now: Timestamp) -> Status {
        match (self.accepted_at, self.revoked_at) {
            (Some(_), _) => Status::Accepted,
            (None, Some(_)) => Status::Revoked,
            (None, None) if now < self.expires_at => Status::Pending,
            (None, None) => Status::Expired,
        }
    }
}

pub(super) async fn by_id(on: &mut impl Executor, tenant: TenantId, id: InvitationId) -> Result<Option<Row>> {
    let text = "select i.id, i.email, i.inviter_type, i.invited_by, \
                coalesce(u.name, a.name, 'Deleted app') as inviter_name, u.disabled_at as inviter_disabled_at, \
                i.created_at, i.sent_at, i.expires_at, i.accepted_at, i.revoked_at \
                from invitations i left join users u on u.id = i.invited_by \
                left join apps a on a.tenant_id = i.tenant_id and a.id = i.invited_by where i.tenant_id = $1 and i.id = $2";
    sql!(on, fetch_optional, query_as(text).bind(tenant).bind(id))
}

/// The invitation a link opens, and the name of its tenant; none when the tenant is suspended or deleted.
pub(super) async fn by_token(
    on: &mut impl Executor,
    hash: &[u8],
) -> Result<Option<(TenantId, InvitationId, String)>> {
    let text = "select i.tenant_id, i.id, t.name from invitations i join tenants t on t.id = i.tenant_id \
                where i.token_hash = $1 and t.deleted_at is null and t.status = 'active'";
    sql!(on, fetch_optional, query_as(text).bind(hash))
}

/// Newest first. `status` is a status's word, or empty for all.
pub(super) async fn page(
    on: &mut impl Executor,
    tenant: TenantId,
    after: Option<InvitationId>,
    status: &str,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<Row>> {
    let text = "select i.id, i.email, i.inviter_type, i.invited_by, \
                coalesce(u.name, a.name, 'Deleted app') as inviter_name, u.disabled_at as inviter_disabled_at, \
                i.created_at, i.sent_at, i.expires_at, i.accepted_at, i.revoked_at \
                from invitations i left join users u on u.id = i.invited_by \
                left join apps a on a.tenant_id = i.tenant_id and a.id = i.invited_by \
                where i.tenant_id = $1 and ($2 is null or i.id < $2) \
                and (i.revoked_at is null or exists (select 1 from invitation_roles r \
                where r.tenant_id = i.tenant_id and r.invitation_id = i.id)) \
                and ($3 = '' or $3 = case when i.accepted_at is not null then 'accepted' \
                when i.revoked_at is not null then 'revoked' when i.expires_at <= $4 then 'expired' \
                else 'pending' end) order by i.id desc limit $5";
    sql!(on, fetch_all, query_as(text).bind(tenant).bind(after).bind(status).bind(now).bind(limit))
}

#[derive(Debug, Clone, sqlx::FromRow)]
pub(super) struct OfferedRole {
    pub(super) invitation_id: InvitationId,
    pub(super) role_id: RoleId,
    pub(super) key: String,
    pub(super) name: String,
    pub(super) expires_at: Option<Timestamp>,
}

/// The roles of all invitations from `first` to `last`.
pub(super) async fn roles(
    on: &mut impl Executor,
    tenant: TenantId,
    first: InvitationId,
    last: InvitationId,
) -> Result<Vec<OfferedRole>> {
    let text = "select i.invitation_id, i.role_id, r.key, r.name, i.expires_at from invitation_roles i \
                join roles r on r.tenant_id = i.tenant_id and r.id = i.role_id \
                where i.tenant_id = $1 and i.invitation_id >= $2 and i.invitation_id <= $3 order by r.id";
    sql!(on, fetch_all, query_as(text).bind(tenant).bind(first).bind(last))
}

pub(super) struct NewRow<'a> {
    pub(super) id: InvitationId,
    pub(super) email: &'a str,
    pub(super) token_hash: Vec<u8>,
    pub(super) invited_by: Subject,
    pub(super) expires_at: Timestamp,
}

pub(super) async fn insert(tx: &mut WriteTx, tenant: TenantId, new: &NewRow<'_>) -> Result<()> {
    let at = tx.at();
    let text = "insert into invitations (id, tenant_id, email, token_hash, invited_by, created_at, sent_at, \
                expires_at, inviter_type) values ($1, $2, $3, $4, $5, $6, $6, $7, $8)";
    sql!(
        tx,
        execute,
        query(text)
            .bind(new.id)
            .bind(tenant)
            .bind(new.email)
            .bind(&new.token_hash)
            .bind(new.invited_by)
            .bind(at)
            .bind(new.expires_at)
            .bind(new.invited_by.kind())
    )?;
    Ok(())
}

pub(super) async fn insert_role(
    tx: &mut WriteTx,
    tenant: TenantId,
    id: InvitationId,
    role: HeldRole,
) -> Result<()> {
    let text = "insert into invitation_roles (tenant_id, invitation_id, role_id, expires_at) \
                values ($1, $2, $3, $4)";
    sql!(tx, execute, query(text).bind(tenant).bind(id).bind(role.role).bind(role.expires_at))?;
    Ok(())
}

/// Gives the invitation a new link and sender; its old link becomes the revoked row `old`.
pub(super) async fn renew(
    tx: &mut WriteTx,
    tenant: TenantId,
    new: &NewRow<'_>,
    old: InvitationId,
) -> Result<()> {
    let at = tx.at();
    let present = "select token_hash, sent_at from invitations where tenant_id = $1 and id = $2";
    let (hash, sent_at): (Vec<u8>, Timestamp) =
        sql!(tx, fetch_one, query_as(present).bind(tenant).bind(new.id))?;
    let text = "update invitations set token_hash = $3, invited_by = $4, sent_at = $5, expires_at = $6, inviter_type = $7 \
                where tenant_id = $1 and id = $2";
    sql!(
        tx,
        execute,
        query(text)
            .bind(tenant)
            .bind(new.id)
            .bind(&new.token_hash)
            .bind(new.invited_by)
            .bind(at)
            .bind(new.expires_at)
            .bind(new.invited_by.kind())
    )?;
    let text = "insert into invitations (id, tenant_id, email, token_hash, invited_by, created_at, sent_at, \
                expires_at, revoked_at, inviter_type) values ($1, $2, $3, $4, $5, $6, $6, $7, $7, $8)";
    sql!(
        tx,
        execute,
        query(text)
            .bind(old)
            .bind(tenant)
            .bind(new.email)
            .bind(hash)
            .bind(new.invited_by)
            .bind(sent_at)
            .bind(at)
            .bind(new.invited_by.kind())
    )?;
    Ok(())
}

pub(super) async fn revoke(tx: &mut WriteTx, tenant: TenantId, id: InvitationId) -> Result<()> {
    let at = tx.at();
    let text = "update invitations set revoked_at = $3 where tenant_id = $1 and id = $2";
    sql!(tx, execute, query(text).bind(tenant).bind(id).bind(at))?;
    Ok(())
}

/// Revokes the open invitations to the address, but not `keep`, and gives their ids.
pub(super) async fn revoke_open(
    tx: &mut WriteTx,
    tenant: TenantId,
    email: &str,
    keep: InvitationId,
) -> Result<Vec<InvitationId>> {
    let at = tx.at();
    let text = "update invitations set revoked_at = $4 where tenant_id = $1 and email = $2 and id <> $3 \
                and accepted_at is null and revoked_at is null and expires_at > $4 returning id";
    sql!(tx, fetch_all, query_scalar(text).bind(tenant).bind(email).bind(keep).bind(at))
}

/// Whether the address can accept an invitation of the tenant now.
pub(super) async fn is_invited(tx: &mut WriteTx, tenant: TenantId, email: &str) -> Result<bool> {
    let at = tx.at();
    let text = "select count(*) from invitations where tenant_id = $1 and email = $2 and accepted_at is null \
                and revoked_at is null and expires_at > $3";
    let count: i64 = sql!(tx, fetch_one, query_scalar(text).bind(tenant).bind(email).bind(at))?;
    Ok(count > 0)
}

/// How many open invitations the tenant has, `except` not counted.
pub(super) async fn count_open(tx: &mut WriteTx, tenant: TenantId, except: InvitationId) -> Result<i64> {
    let at = tx.at();
    let text = "select count(*) from invitations where tenant_id = $1 and id <> $2 and accepted_at is null \
                and revoked_at is null and expires_at > $3";
    sql!(tx, fetch_one, query_scalar(text).bind(tenant).bind(except).bind(at))
}

/// How many invitations of the tenant can be accepted.
pub(super) async fn open(on: &mut impl Executor, tenant: TenantId, now: Timestamp) -> Result<i64> {
    let text = "select count(*) from invitations where tenant_id = $1 and accepted_at is null \
                and revoked_at is null and expires_at > $2";
    sql!(on, fetch_one, query_scalar(text).bind(tenant).bind(now))
}

/// The unanswered invitations that end in this time, but for those whose address has a later one.
pub(super) async fn due(
    on: &mut impl Executor,
    tenant: TenantId,
    from: Timestamp,
    to: Timestamp,
) -> Result<Vec<Due>> {
    let text = "select i.email, i.expires_at from invitations i where i.tenant_id = $1 and i.accepted_at is null \
                and i.revoked_at is null and i.expires_at > $2 and i.expires_at <= $3 \
                and not exists (select 1 from invitations n where n.email = i.email and n.sent_at > i.sent_at \
                and n.tenant_id = i.tenant_id and n.revoked_at is null) order by i.expires_at limit 100";
    let rows: Vec<(String, Timestamp)> =
        sql!(on, fetch_all, query_as(text).bind(tenant).bind(from).bind(to))?;
    Ok(rows.into_iter().map(|(email, expires_at)| Due { email, expires_at }).collect())
}

/// When the mails to the address after `since` were sent, newest first, at most `limit`. Until `tx` ends no other
/// transaction gets past this for the same address, in whichever tenant, so that a limit cannot be raced.
pub(super) async fn sent_to(
    tx: &mut WriteTx,
    email: &str,
    since: Timestamp,
    limit: i64,
) -> Result<Vec<Timestamp>> {
    // SQLite has one writer. On Postgres writes of different tenants run side by side.
    if let Connection::Postgres(connection) = tx.connection() {
        query("select pg_advisory_xact_lock(hashtextextended($1, 0))")
            .bind(email)
            .execute(connection)
            .await?;
    }
    let text =
        "select sent_at from invitations where email = $1 and sent_at > $2 order by sent_at desc limit $3";
    sql!(tx, fetch_all, query_scalar(text).bind(email).bind(since).bind(limit))
}

/// Whether a member of the tenant holds the address, verified.
pub(super) async fn is_members_address(tx: &mut WriteTx, tenant: TenantId, email: &str) -> Result<bool> {
    let text = "select count(*) from identity_emails e join identities i on i.id = e.identity_id \
                join members m on m.user_id = i.user_id where e.email = $2 and m.tenant_id = $1";
    let count: i64 = sql!(tx, fetch_one, query_scalar(text).bind(tenant).bind(email))?;
    Ok(count > 0)
}

/// Whether a provider vouches that the address is the user's.
pub(super) async fn holds_address(tx: &mut WriteTx, user: UserId, email: &str) -> Result<bool> {
    let text = "select count(*) from identity_emails e join identities i on i.id = e.identity_id \
                where e.email = $2 and i.user_id = $1";
    let count: i64 = sql!(tx, fetch_one, query_scalar(text).bind(user).bind(email))?;
    Ok(count > 0)
}

/// Makes the user a member with the roles the invitation offers, and the invitation accepted.
pub(super) async fn join(tx: &mut WriteTx, tenant: TenantId, row: &Row, user: UserId) -> Result<()> {
    let at = tx.at();
    members::admit(tx, tenant, user).await?;
    let roles = "insert into role_assignments (tenant_id, user_id, role_id, expires_at, assigned_at, assigned_by) \
                 select tenant_id, $3, role_id, expires_at, $4, $5 from invitation_roles \
                 where tenant_id = $1 and invitation_id = $2";
    sql!(tx, execute, query(roles).bind(tenant).bind(row.id).bind(user).bind(at).bind(row.inviter()))?;
    let asked = "delete from join_requests where tenant_id = $1 and user_id = $2 and decided_at is null";
    sql!(tx, execute, query(asked).bind(tenant).bind(user))?;
    let accepted =
        "update invitations set accepted_at = $3, accepted_by = $4 where tenant_id = $1 and id = $2";
    sql!(tx, execute, query(accepted).bind(tenant).bind(row.id).bind(at).bind(user))?;
    Ok(())
}
