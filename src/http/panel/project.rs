//! One project: begun, looked at, changed, put away, deleted. A form for those who may change it.

use askama::Template;
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;

use crate::authz::{Grant, perm};
use crate::error::{Error, Result};
use crate::http::access::Can;
use crate::http::extract::{Form, Path, Query};
use crate::http::panel::page;
use crate::http::panel::parts::confirm::Confirm;
use crate::http::panel::parts::form::{self, FormErrors, Rejected};
use crate::http::panel::parts::frame::{Frame, Section, also, path_of};
use crate::http::panel::parts::notice::Notice;
use crate::http::panel::parts::view::View;
use crate::http::panel::projects::Row;
use crate::http::routes::{Area, Routes};
use crate::ids::ProjectId;
use crate::projects::{self, NewProject, Project, ProjectChange};

pub(super) fn routes() -> Routes {
    Routes::new(Area::Panel)
        .get("/t/{tenant}/projects/new", "Begin a project", begin)
        .post("/t/{tenant}/projects", "Make a project", create)
        .get("/t/{tenant}/projects/{project}", "One project", show)
        .post("/t/{tenant}/projects/{project}", "Change a project", change)
        .post("/t/{tenant}/projects/{project}/archive", "Put a project away, or take it back", archive)
        .get("/t/{tenant}/projects/{project}/delete", "Ask whether to delete a project", ask)
        .post("/t/{tenant}/projects/{project}/delete", "Delete a project", delete)
}

/// The fields of the form, as problems name them.
const FIELDS: [&str; 2] = ["name", "description"];

#[derive(Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct Shown {
    /// What was just done.
    done: Option<String>,
}

/// A project that is there, or the form of a new one.
#[derive(Debug, Template)]
#[template(path = "pages/project.html")]
pub(super) struct ProjectPage {
    pub(super) frame: Frame,
    pub(super) path: String,
    /// The project as it is, and its revision, when it is there.
    pub(super) project: Option<(Row, i64)>,
    pub(super) typed: Typed,
    pub(super) errors: FormErrors,
    pub(super) may_write: bool,
    pub(super) may_delete: bool,
}

/// What stands in the form.
#[derive(Debug, Clone, Default)]
pub(super) struct Typed {
    pub(super) name: String,
    pub(super) description: String,
}

impl Typed {
    fn of(form: &Form) -> Result<Self> {
        Ok(Self { name: form.text("name")?.to_owned(), description: form.text("description")?.to_owned() })
    }

    fn as_is(project: &Project) -> Self {
        Self { name: project.name.clone(), description: project.description.clone() }
    }
}

async fn begin(who: Can<perm::ProjectsCreate>, app: View) -> Result<Response> {
    Ok(page(&begun(&app, who.grant(), Typed::default(), None).await?))
}

async fn create(who: Can<perm::ProjectsCreate>, app: View, form: Form) -> Result<Response> {
    form.only(&FIELDS)?;
    let (grant, typed) = (who.grant(), Typed::of(&form)?);
    let new = NewProject { name: typed.name.clone(), description: Some(typed.description.clone()) };
    match projects::create(&app.authz, grant, &new, app.config.limits.projects).await {
        Ok(project) => Ok(Notice::ProjectCreated.at(&place(grant, project.id)).into_response()),
        Err(error) => {
            let rejected = Rejected::from(error, &FIELDS)?;
            Ok(rejected.answer(page(&begun(&app, grant, typed, Some(&rejected)).await?)))
        }
    }
}

async fn show(
    who: Can<perm::ProjectsRead>,
    app: View,
    Path(project): Path<ProjectId>,
    Query(query): Query<Shown>,
) -> Result<Response> {
    let project = projects::show(&app.database, who.grant(), project).await?;
    let typed = Typed::as_is(&project);
    let mut shown = one(&app, who.grant(), &project, typed, None).await?;
    shown.frame = shown.frame.telling(query.done.as_deref());
    Ok(page(&shown))
}

async fn change(
    who: Can<perm::ProjectsUpdate>,
    app: View,
    Path(project): Path<ProjectId>,
    form: Form,
) -> Result<Response> {
    form.only(&["name", "description", "revision"])?;
    let typed = Typed::of(&form)?;
    let (name, description) = (Some(typed.name.clone()), Some(typed.description.clone()));
    let wanted = ProjectChange { name, description, archived: None };
    save(&app, who.grant(), project, (&form, &wanted), Some(typed), Notice::ProjectSaved).await
}

async fn archive(
    who: Can<perm::ProjectsUpdate>,
    app: View,
    Path(project): Path<ProjectId>,
    form: Form,
) -> Result<Response> {
    form.only(&["archived", "revision"])?;
    let (archived, notice) = match form.text("archived")? {
        "true" => (true, Notice::ProjectArchived),
        "false" => (false, Notice::ProjectRestored),
        _ => return Err(Error::Malformed("archived is true or false".into())),
    };
    let wanted = ProjectChange { archived: Some(archived), ..ProjectChange::default() };
    save(&app, who.grant(), project, (&form, &wanted), None, notice).await
}

/// Makes the change and goes back to the project; or shows it as it is now, with what was typed and what was wrong.
async fn save(
    app: &View,
    grant: &Grant<perm::ProjectsUpdate>,
    id: ProjectId,
    (form, wanted): (&Form, &ProjectChange),
    typed: Option<Typed>,
    notice: Notice,
) -> Result<Response> {
    match projects::change(&app.authz, grant, id, wanted, Some(form.revision()?)).await {
        Ok(_) => Ok(notice.at(&place(grant, id)).into_response()),
        Err(error) => {
            let rejected = Rejected::from(error, &FIELDS)?;
            let project = read(app, grant, id).await?;
            let typed = typed.unwrap_or_else(|| Typed::as_is(&project));
            Ok(rejected.answer(page(&one(app, grant, &project, typed, Some(&rejected)).await?)))
        }
    }
}

async fn ask(who: Can<perm::ProjectsDelete>, app: View, Path(project): Path<ProjectId>) -> Result<Response> {
    Ok(question(&app, who.grant(), project).await?.answer(None))
}

async fn delete(
    who: Can<perm::ProjectsDelete>,
    app: View,
    Path(project): Path<ProjectId>,
    form: Form,
) -> Result<Response> {
    form.only(&["revision"])?;
    let grant = who.grant();
    match projects::delete(&app.authz, grant, project, Some(form.revision()?)).await {
        Ok(_) => Ok(Notice::ProjectDeleted.at(&format!("{}/projects", path_of(grant))).into_response()),
        Err(error) => {
            let rejected = Rejected::from(error, &[])?;
            Ok(question(&app, grant, project).await?.answer(Some(&rejected)))
        }
    }
}

async fn question(app: &View, grant: &Grant<perm::ProjectsDelete>, id: ProjectId) -> Result<Confirm> {
    let project = read(app, grant, id).await?;
    let path = place(grant, id);
    Ok(Confirm {
        frame: Frame::inside(app, grant, Section::Projects).await?,
        title: format!("Delete {}?", project.name),
        text: "It is gone for good. To keep it out of the way instead, archive it.".to_owned(),
        action: format!("{path}/delete"),
        revision: Some(project.revision),
        button: "Delete the project",
        cancel: path,
        errors: FormErrors::default(),
    })
}

/// The project, for someone who may also see it. To others it is as if it were not there.
async fn read<P>(app: &View, grant: &Grant<P>, id: ProjectId) -> Result<Project> {
    let reader = also::<perm::ProjectsRead, _>(app, grant).await?.ok_or(Error::NotFound)?;
    projects::show(&app.database, &reader, id).await
}

/// The form of a new project.
async fn begun(
    app: &View,
    grant: &Grant<perm::ProjectsCreate>,
    typed: Typed,
    rejected: Option<&Rejected>,
) -> Result<ProjectPage> {
    Ok(ProjectPage {
        frame: Frame::inside(app, grant, Section::Projects).await?,
        path: path_of(grant),
        project: None,
        typed,
        errors: form::errors(rejected),
        may_write: true,
        may_delete: false,
    })
}

/// The page of a project that is there.
async fn one<P>(
    app: &View,
    grant: &Grant<P>,
    project: &Project,
    typed: Typed,
    rejected: Option<&Rejected>,
) -> Result<ProjectPage> {
    let (path, now) = (path_of(grant), app.database.clock().now());
    Ok(ProjectPage {
        frame: Frame::inside(app, grant, Section::Projects).await?,
        project: Some((Row::new(&path, project, now), project.revision)),
        path,
        typed,
        errors: form::errors(rejected),
        may_write: grant.can::<perm::ProjectsUpdate>(),
        may_delete: grant.can::<perm::ProjectsDelete>(),
    })
}

/// The path of a project's page.
fn place<P>(grant: &Grant<P>, id: ProjectId) -> String {
    format!("{}/projects/{id}", path_of(grant))
}
