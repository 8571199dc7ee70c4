//! Undoing a change from the log: what would be set back is said before.

use std::sync::Arc;

use askama::Template;
use axum::response::{IntoResponse as _, Response};

use super::line::{Change, Line, changes};
use crate::authz::{Grant, perm};
use crate::error::{Error, Result};
use crate::http::access::Can;
use crate::http::extract::{Form, Path};
use crate::http::panel::parts::form::{self, FormErrors, Rejected};
use crate::http::panel::parts::frame::{Frame, Section, path_of};
use crate::http::panel::parts::notice::Notice;
use crate::http::panel::parts::view::View;
use crate::http::panel::{Icon, page};
use crate::ids::EventId;
use crate::undo::{self as domain, Deps};

/// The question, or why it cannot be done.
#[derive(Debug, Template)]
#[template(path = "pages/audit_undo.html")]
pub(in crate::http::panel) struct UndoPage {
    pub(in crate::http::panel) frame: Frame,
    pub(in crate::http::panel) path: String,
    pub(in crate::http::panel) event: String,
    /// The event; none when it cannot be undone.
    pub(in crate::http::panel) line: Option<Line>,
    /// What undoing it does.
    pub(in crate::http::panel) back: Vec<Change>,
    pub(in crate::http::panel) errors: FormErrors,
}

fn deps(app: &View) -> Deps {
    Deps {
        authz: Arc::clone(&app.authz),
        database: app.database.clone(),
        most_roles: app.config.limits.roles,
    }
}

pub(super) async fn ask(
    who: Can<perm::AuditRead>,
    app: View,
    Path(event): Path<EventId>,
) -> Result<Response> {
    question(&app, who.grant(), event, None).await
}

pub(super) async fn undo(
    who: Can<perm::AuditRead>,
    app: View,
    Path(event): Path<EventId>,
    form: Form,
) -> Result<Response> {
    form.only(&[])?;
    match domain::undo(&deps(&app), who.grant(), event).await {
        Ok(_) => Ok(Notice::Undone.at(&format!("{}/audit", path_of(who.grant()))).into_response()),
        Err(error) => question(&app, who.grant(), event, Some(Rejected::from(error, &[])?)).await,
    }
}

async fn question(
    app: &View,
    grant: &Grant<perm::AuditRead>,
    event: EventId,
    rejected: Option<Rejected>,
) -> Result<Response> {
    let (path, now) = (path_of(grant), app.database.clock().now());
    let (line, rejected) = match domain::look(&deps(app), grant, event).await {
        Ok(line) => (Some(line), rejected),
        Err(error @ Error::Conflict(_)) => (None, Some(Rejected::from(error, &[])?)),
        Err(error) => return Err(error),
    };
    let shown = UndoPage {
        frame: Frame::inside(app, grant, Section::Audit).await?,
        event: event.to_string(),
        back: line.as_ref().map(|line| changes(&domain::reversed(line))).unwrap_or_default(),
        line: line.map(|line| Line::new(&path, line, grant, app.authz.catalogue(), now)),
        errors: form::errors(rejected.as_ref()),
        path,
    };
    Ok(form::answer(rejected.as_ref(), page(&shown)))
}
