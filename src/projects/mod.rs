//! Projects: the example of what a product adds to Freehold; docs/adding-a-resource.md walks through it. Called by the
//! API and the panel; must never write outside `authz.write`, nor speak of a tenant but the grant's.

mod store;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::authz::{Authz, Grant, perm};
use crate::clock::Timestamp;
use crate::db::{AuditEvent, Committed, Database, Executor, Target};
use crate::error::{Error, Result, both};
use crate::ids::{ProjectId, TenantId};
use crate::lists::{Column, Part, Place, Window};
use crate::names::{Name, paragraph, sort_name};

/// The longest description, in characters.
const LONGEST_DESCRIPTION: usize = 1_000;

/// A project of a tenant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Project {
    /// Its id.
    pub id: ProjectId,
    /// What people call it; unique in the tenant, whatever its case.
    pub name: String,
    /// What it is about; may have lines, and may be empty.
    pub description: String,
    /// Whether it is put away.
    pub archived: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// Goes up with every change: what `ETag` and `If-Match` are made from.
    #[serde(skip)]
    pub revision: i64,
}

/// The body of `POST projects`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewProject {
    /// What people call it, 1 to 80 characters.
    #[schemars(length(min = 1, max = 80))]
    pub name: String,
    /// What it is about.
    #[serde(default)]
    #[schemars(length(max = 1000))]
    pub description: Option<String>,
}

/// The body of `PATCH projects/{project}`: what is absent stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProjectChange {
    /// A new name.
    #[serde(default)]
    #[schemars(length(min = 1, max = 80))]
    pub name: Option<String>,
    /// A new description.
    #[serde(default)]
    #[schemars(length(max = 1000))]
    pub description: Option<String>,
    /// Whether it is to be put away.
    #[serde(default)]
    pub archived: Option<bool>,
}

/// Which projects to list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only those whose name contains this, whatever its case. Empty: all.
    pub search: String,
    /// Only those that are archived, or only those that are not.
    pub archived: Option<bool>,
}

/// What projects can be sorted by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum By {
    /// Their name, whatever its case.
    #[default]
    Name,
    /// When they were made.
    CreatedAt,
    /// When they were last changed.
    UpdatedAt,
}

impl Column for By {
    const SORT: &'static str = "ProjectSort";
    const ALL: &'static [(&'static str, Self)] =
        &[("name", Self::Name), ("created_at", Self::CreatedAt), ("updated_at", Self::UpdatedAt)];
}

/// The projects that `filter` lets through.
///
/// # Errors
/// [`Error::Unavailable`] when the database cannot answer.
pub async fn list(
    database: &Database,
    grant: &Grant<perm::ProjectsRead>,
    filter: &Filter,
    window: &Window<By>,
) -> Result<Part<Project>> {
    let found = store::page(&mut database.read().await?, grant.tenant(), filter, window).await?;
    Ok(Part::new(found, window, |project| Place {
        text: sort_name(&project.name),
        number: if window.sort.by == By::UpdatedAt { project.updated_at } else { project.created_at }
            .micros(),
        id: project.id.uuid(),
    }))
}

/// One project.
///
/// # Errors
/// [`Error::NotFound`] when the tenant has no such project; [`Error::Unavailable`].
pub async fn show(database: &Database, grant: &Grant<perm::ProjectsRead>, id: ProjectId) -> Result<Project> {
    store::project(&mut database.read().await?, grant.tenant(), id).await?.ok_or(Error::NotFound)
}

/// Makes a project, of which the tenant may have `most`.
///
/// # Errors
/// [`Error::Invalid`] by field; [`Error::Taken`] when another project has the name; [`Error::Conflict`] when the tenant
/// has `most`; [`Error::Unavailable`].
pub async fn create(
    authz: &Authz,
    grant: &Grant<perm::ProjectsCreate>,
    new: &NewProject,
    most: i64,
) -> Result<Project> {
    let (name, description) = read(&new.name, new.description.as_deref().unwrap_or_default())?;
    let (mut tx, grant) = authz.write(grant).await?;
    if store::count(&mut tx, grant.tenant()).await? >= most {
        let text = format!("This tenant has {most} projects, which is as many as it may. Delete one first.");
        return Err(Error::Conflict(text.into()));
    }
    let now = tx.at();
    let project = Project {
        id: ProjectId::new(),
        name,
        description,
        archived: false,
        created_at: now,
        updated_at: now,
        revision: 1,
    };
    store::insert(&mut tx, grant.tenant(), &project).await?;
    let event = AuditEvent::done(grant.actor(), "project.created", target(&project))
        .changing(&Value::Null, &recorded(&project));
    tx.commit(event).await?;
    Ok(project)
}

/// Changes what `change` names, and gives the project as it is then. When nothing would change, nothing is committed
/// and nothing recorded.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::Stale`] when `if_match` is not its revision; [`Error::Invalid`] by field;
/// [`Error::Taken`] when another project has the name; [`Error::Unavailable`].
pub async fn change(
    authz: &Authz,
    grant: &Grant<perm::ProjectsUpdate>,
    id: ProjectId,
    change: &ProjectChange,
    if_match: Option<i64>,
) -> Result<Project> {
    let (mut tx, grant) = authz.write(grant).await?;
    let before = seen(&mut tx, grant.tenant(), id, if_match).await?;
    let (name, description) = read(
        change.name.as_deref().unwrap_or(&before.name),
        change.description.as_deref().unwrap_or(&before.description),
    )?;
    let mut after =
        Project { name, description, archived: change.archived.unwrap_or(before.archived), ..before.clone() };
    if after == before {
        return Ok(before);
    }
    after.updated_at = tx.at();
    after.revision += 1;
    store::update(&mut tx, grant.tenant(), &after).await?;
    let event = AuditEvent::done(grant.actor(), "project.updated", target(&after))
        .changing(&recorded(&before), &recorded(&after));
    tx.commit(event).await?;
    Ok(after)
}

/// Deletes a project.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::Stale`] when `if_match` is not its revision; [`Error::Unavailable`].
pub async fn delete(
    authz: &Authz,
    grant: &Grant<perm::ProjectsDelete>,
    id: ProjectId,
    if_match: Option<i64>,
) -> Result<Committed> {
    let (mut tx, grant) = authz.write(grant).await?;
    let before = seen(&mut tx, grant.tenant(), id, if_match).await?;
    store::delete(&mut tx, grant.tenant(), id).await?;
    let event = AuditEvent::done(grant.actor(), "project.deleted", target(&before))
        .changing(&recorded(&before), &Value::Null);
    tx.commit(event).await
}

/// The project as the client has seen it, when it says which that was.
async fn seen(
    on: &mut impl Executor,
    tenant: TenantId,
    id: ProjectId,
    if_match: Option<i64>,
) -> Result<Project> {
    let project = store::project(on, tenant, id).await?.ok_or(Error::NotFound)?;
    if if_match.is_some_and(|revision| revision != project.revision) {
        return Err(Error::Stale);
    }
    Ok(project)
}

/// A name and a description, checked.
fn read(name: &str, description: &str) -> Result<(String, String)> {
    let name = Name::parse(name, "/name").map(String::from);
    both(name, paragraph(description, LONGEST_DESCRIPTION, "/description"))
}

fn target(project: &Project) -> Target {
    Target::new("project", project.id, project.name.clone())
}

/// The project as the audit log keeps it.
fn recorded(project: &Project) -> Value {
    json!({ "name": project.name, "description": project.description, "archived": project.archived })
}
