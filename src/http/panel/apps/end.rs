//! Disabling an app for a while, and deleting it. Both say first what stops.

use askama::Template;
use axum::response::{IntoResponse as _, Response};

use crate::apps::{self, App, AppChange};
use crate::authz::{Grant, Right, perm};
use crate::error::{Error, Result};
use crate::http::access::Can;
use crate::http::extract::{Form, Path};
use crate::http::panel::parts::confirm::Confirm;
use crate::http::panel::parts::form::{self, FormErrors, Rejected};
use crate::http::panel::parts::frame::{Frame, Section, path_of};
use crate::http::panel::parts::notice::Notice;
use crate::http::panel::parts::view::View;
use crate::http::panel::{Icon, page};
use crate::http::routes::{Area, Routes};
use crate::ids::AppId;

pub(super) fn routes() -> Routes {
    Routes::new(Area::Panel)
        .get("/t/{tenant}/apps/{app}/disable", "Ask before an app is disabled", ask)
        .post("/t/{tenant}/apps/{app}/disable", "Disable an app", disable)
        .post("/t/{tenant}/apps/{app}/enable", "Enable an app", enable)
        .get("/t/{tenant}/apps/{app}/delete", "Ask before an app is deleted", ask_delete)
        .post("/t/{tenant}/apps/{app}/delete", "Delete an app", delete)
}

/// The question before a deletion: the name is typed.
#[derive(Debug, Template)]
#[template(path = "pages/app_delete.html")]
pub(in crate::http::panel) struct DeleteAppPage {
    pub(in crate::http::panel) frame: Frame,
    /// The page of the app.
    pub(in crate::http::panel) path: String,
    pub(in crate::http::panel) name: String,
    pub(in crate::http::panel) revision: i64,
    /// What stops.
    pub(in crate::http::panel) text: String,
    pub(in crate::http::panel) errors: FormErrors,
}

/// What stops with an app.
fn stops(app: &App) -> String {
    let secrets = match app.secrets.len() {
        0 => "It has no secret".to_owned(),
        1 => "Its secret stops working at once".to_owned(),
        several => format!("Its {several} secrets stop working at once"),
    };
    format!("{secrets}, and so does every token it got: whatever calls with them is refused.")
}

async fn found<P: Right>(app: &View, grant: &Grant<P>, id: AppId) -> Result<App> {
    let reader: Grant<perm::AppsRead> = app.authz.also(grant).await?;
    apps::show(&app.database, &reader, id).await
}

async fn ask(who: Can<perm::AppsUpdate>, app: View, Path(id): Path<AppId>) -> Result<Response> {
    let (grant, shown) = (who.grant(), found(&app, who.grant(), id).await?);
    let path = format!("{}/apps/{id}", path_of(grant));
    let question = Confirm {
        frame: Frame::inside(&app, grant, Section::Apps).await?,
        title: format!("Disable {}?", shown.name),
        text: format!("{} Its roles and secrets are kept, for when you enable it again.", stops(&shown)),
        action: format!("{path}/disable"),
        button: "Disable the app",
        revision: None,
        cancel: path,
        errors: FormErrors::default(),
    };
    Ok(question.answer(None))
}

async fn disable(
    who: Can<perm::AppsUpdate>,
    app: View,
    Path(id): Path<AppId>,
    form: Form,
) -> Result<Response> {
    switch(&app, who.grant(), (id, false), &form).await
}

async fn enable(
    who: Can<perm::AppsUpdate>,
    app: View,
    Path(id): Path<AppId>,
    form: Form,
) -> Result<Response> {
    switch(&app, who.grant(), (id, true), &form).await
}

async fn switch(
    app: &View,
    grant: &Grant<perm::AppsUpdate>,
    (id, enabled): (AppId, bool),
    form: &Form,
) -> Result<Response> {
    form.only(&[])?;
    let wanted = AppChange { enabled: Some(enabled), ..AppChange::default() };
    apps::change(&app.authz, grant, (id, None), &wanted).await?;
    let notice = if enabled { Notice::AppEnabled } else { Notice::AppDisabled };
    Ok(notice.at(&format!("{}/apps/{id}", path_of(grant))).into_response())
}

async fn ask_delete(who: Can<perm::AppsDelete>, app: View, Path(id): Path<AppId>) -> Result<Response> {
    question(&app, who.grant(), id, None).await
}

async fn delete(
    who: Can<perm::AppsDelete>,
    app: View,
    Path(id): Path<AppId>,
    form: Form,
) -> Result<Response> {
    form.only(&["confirm", "revision"])?;
    let (grant, revision) = (who.grant(), form.revision()?);
    let name = found(&app, grant, id).await?.name;
    let done = if form.text("confirm")?.trim() == name {
        apps::delete(&app.authz, grant, id, Some(revision)).await
    } else {
        Err(Error::invalid("/confirm", "confirm", "This is not its name. Nothing was changed."))
    };
    match done {
        Ok(_) => Ok(Notice::AppDeleted.at(&format!("{}/apps", path_of(grant))).into_response()),
        Err(error) => question(&app, grant, id, Some(Rejected::from(error, &["confirm"])?)).await,
    }
}

async fn question(
    app: &View,
    grant: &Grant<perm::AppsDelete>,
    id: AppId,
    rejected: Option<Rejected>,
) -> Result<Response> {
    let shown = found(app, grant, id).await?;
    let asked = DeleteAppPage {
        frame: Frame::inside(app, grant, Section::Apps).await?,
        path: format!("{}/apps/{id}", path_of(grant)),
        text: format!("{} Its client id is never given again.", stops(&shown)),
        name: shown.name,
        revision: shown.revision,
        errors: form::errors(rejected.as_ref()),
    };
    Ok(form::answer(rejected.as_ref(), page(&asked)))
}
