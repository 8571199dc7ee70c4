//! The SQL of projects. Every query takes the tenant.

use sqlx::{AssertSqlSafe, query, query_as, query_scalar};

use super::{By, Filter, Project};
use crate::clock::Timestamp;
use crate::db::{Executor, WriteTx, sql};
use crate::error::Result;
use crate::ids::{ProjectId, TenantId};
use crate::lists::{Window, pattern};
use crate::names::sort_name;

type Row = (ProjectId, String, String, bool, Timestamp, Timestamp, i64);

fn of_row((id, name, description, archived, created_at, updated_at, revision): Row) -> Project {
    Project { id, name, description, archived, created_at, updated_at, revision }
}

/// The projects from a place on, one more than asked for, read in the order of an index.
pub(super) async fn page(
    on: &mut impl Executor,
    tenant: TenantId,
    filter: &Filter,
    window: &Window<By>,
) -> Result<Vec<Project>> {
    // Column, and the parameter that says where it goes on.
    let (column, place) = match window.sort.by {
        By::Name => ("sort_name", "$5"),
        By::CreatedAt => ("created_at", "$6"),
        By::UpdatedAt => ("updated_at", "$6"),
    };
    let (beyond, way) = if window.sort.down { ("<", "desc") } else { (">", "asc") };
    let start = match window.after {
        Some(_) => format!("and ({column}, id) {beyond} ({place}, $7)"),
        None => String::new(),
    };
    let text = format!(
        "select id, name, description, archived, created_at, updated_at, revision from projects \
         where tenant_id = $1 and ($2 = '' or sort_name like $2 escape '\\') \
         and ($3 is null or archived = $3) {start} order by {column} {way}, id {way} limit $4"
    );
    let after = window.after.clone().unwrap_or_default();
    // Made of the words here alone; what people give is bound.
    let rows: Vec<Row> = sql!(
        on,
        fetch_all,
        query_as(AssertSqlSafe(text.as_str()))
            .bind(tenant)
            .bind(pattern(&sort_name(&filter.search)))
            .bind(filter.archived)
            .bind(i64::from(window.limit) + 1)
            .bind(&after.text)
            .bind(after.number)
            .bind(after.id)
    )?;
    Ok(rows.into_iter().map(of_row).collect())
}

pub(super) async fn project(
    on: &mut impl Executor,
    tenant: TenantId,
    id: ProjectId,
) -> Result<Option<Project>> {
    let text = "select id, name, description, archived, created_at, updated_at, revision from projects \
                where tenant_id = $1 and id = $2";
    let row: Option<Row> = sql!(on, fetch_optional, query_as(text).bind(tenant).bind(id))?;
    Ok(row.map(of_row))
}

pub(super) async fn count(on: &mut impl Executor, tenant: TenantId) -> Result<i64> {
    let text = "select count(*) from projects where tenant_id = $1";
    sql!(on, fetch_one, query_scalar(text).bind(tenant))
}

pub(super) async fn insert(tx: &mut WriteTx, tenant: TenantId, project: &Project) -> Result<u64> {
    let text = "insert into projects (tenant_id, id, name, sort_name, description, archived, created_at, \
                updated_at, revision) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    sql!(
        tx,
        execute,
        query(text)
            .bind(tenant)
            .bind(project.id)
            .bind(&project.name)
            .bind(sort_name(&project.name))
            .bind(&project.description)
            .bind(project.archived)
            .bind(project.created_at)
            .bind(project.updated_at)
            .bind(project.revision)
    )
}

pub(super) async fn update(tx: &mut WriteTx, tenant: TenantId, project: &Project) -> Result<u64> {
    let text = "update projects set name = $3, sort_name = $4, description = $5, archived = $6, updated_at = $7, \
                revision = $8 where tenant_id = $1 and id = $2";
    sql!(
        tx,
        execute,
        query(text)
            .bind(tenant)
            .bind(project.id)
            .bind(&project.name)
            .bind(sort_name(&project.name))
            .bind(&project.description)
            .bind(project.archived)
            .bind(project.updated_at)
            .bind(project.revision)
    )
}

pub(super) async fn delete(tx: &mut WriteTx, tenant: TenantId, id: ProjectId) -> Result<u64> {
    let text = "delete from projects where tenant_id = $1 and id = $2";
    sql!(tx, execute, query(text).bind(tenant).bind(id))
}
