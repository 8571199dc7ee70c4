//! The audit log of a tenant: found line by line, or taken away as a file.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use futures_util::{StreamExt as _, stream};
use http::{HeaderValue, header};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::audit::{self, AuditLine, Ending, Filter};
use crate::authz::perm;
use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::http::access::Can;
use crate::http::answer::Found;
use crate::http::api::scope;
use crate::http::extract::{Path, Query};
use crate::http::openapi::{Operation, Output};
use crate::http::pagination::{self, Page};
use crate::http::routes::{Area, Routes};
use crate::http::state::AppState;
use crate::http::watch::{Place, Places, Watch};
use crate::ids::EventId;
use crate::undo;

pub(super) fn routes() -> Routes {
    Routes::new(Area::Api)
        .post(
            "/api/v1/tenants/{tenant}/audit-events/{event}/undo",
            "Undo a change of roles, as a change of its own",
            undo,
        )
        .problem("conflict", "it cannot be undone, or what it changed was changed since")
        .get("/api/v1/tenants/{tenant}/audit-events", "List the audit log, newest first", list)
        .get("/api/v1/tenants/{tenant}/audit-events/export", "Export the audit log as a file", export)
}

/// Which events, newest first. Those that pass every filter given.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Events {
    /// Only by the user or app with this id.
    actor: Option<Uuid>,
    /// Only this action, such as `member.removed`; for what was denied, the permission that was missing.
    #[schemars(length(max = 100))]
    action: Option<String>,
    /// Only to what has this id.
    #[schemars(length(max = 300))]
    target: Option<String>,
    /// Only at this moment or later.
    from: Option<Timestamp>,
    /// Only before this moment.
    to: Option<Timestamp>,
    /// Only those that ended so.
    outcome: Option<Ending>,
    /// How many items at most; 50 when absent. There may be fewer, even none, with a `next_cursor` that leads on:
    /// a request looks at 10,000 events at most.
    #[schemars(range(min = 1, max = 200))]
    limit: Option<u32>,
    /// The `next_cursor` of the part before, given with the same filters.
    cursor: Option<String>,
}

/// Which events, and in which form.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Export {
    /// `csv`, with cells that a spreadsheet would take for formulas made plain by a `'`; or `jsonl`, an event a line.
    format: Format,
    /// Only by the user or app with this id.
    actor: Option<Uuid>,
    /// Only this action, such as `member.removed`.
    #[schemars(length(max = 100))]
    action: Option<String>,
    /// Only to what has this id.
    #[schemars(length(max = 300))]
    target: Option<String>,
    /// Only at this moment or later.
    from: Option<Timestamp>,
    /// Only before this moment.
    to: Option<Timestamp>,
    /// Only those that ended so.
    outcome: Option<Ending>,
}

#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Format {
    Csv,
    Jsonl,
}

/// Refuses texts that no event can have.
fn checked(filter: Filter) -> Result<Filter> {
    let texts = [("/action", &filter.action, 100), ("/target", &filter.target, 300)];
    for (pointer, text, longest) in texts {
        let text = text.as_deref().unwrap_or_default();
        if text.chars().count() > longest || text.chars().any(char::is_control) {
            return Err(Error::invalid(pointer, "text", format!("Give at most {longest} plain characters.")));
        }
    }
    Ok(filter)
}

async fn list(
    who: Can<perm::AuditRead>,
    State(app): State<AppState>,
    Query(query): Query<Events>,
) -> Result<Found<Page<AuditLine>>> {
    let Events { actor, action, target, from, to, outcome, limit, cursor } = query;
    let filter = checked(Filter { actor, action, target, from, to, outcome })?;
    let wanted = serde_json::to_string(&filter)
        .map_err(|error| Error::internal("a filter cannot be written", error))?;
    let scope = scope(&[&"audit-events", &who.grant().tenant(), &wanted]);
    let below: Option<i64> = pagination::decode(&app.sealer, &scope, cursor.as_deref())?;
    let part = (below, pagination::limit(limit)?);
    let mut on = app.database.read().await?;
    let found = audit::search(&mut on, who.grant(), &filter, part).await?;
    let next_cursor = found.next.map(|next| pagination::encode(&app.sealer, &scope, &next)).transpose()?;
    Ok(Found::new(Page { items: found.items, next_cursor }))
}

/// What undoing led to.
#[derive(Debug, Serialize, JsonSchema)]
struct UndoneEvent {
    /// The event that was undone.
    undoes: EventId,
    /// The event that records it.
    event: EventId,
}

async fn undo(
    who: Can<perm::AuditRead>,
    State(app): State<AppState>,
    Path(event): Path<EventId>,
) -> Result<Found<UndoneEvent>> {
    let (authz, database) = (Arc::clone(&app.authz), app.database.clone());
    let deps = undo::Deps { authz, database, most_roles: app.config.limits.roles };
    let committed = undo::undo(&deps, who.grant(), event).await?;
    let done = UndoneEvent { undoes: event, event: committed.event };
    Ok(Found::new(done).after(committed.policy_version))
}

/// How many exports run at once on a node, and how many of one person.
static PLACES: Places = Places::new(20, 2);

/// How many events are held in memory at once.
const CHUNK: u32 = 500;

/// A file that is made while it is sent.
#[derive(Debug)]
struct Download(Response);

impl IntoResponse for Download {
    fn into_response(self) -> Response {
        self.0
    }
}

impl Output for Download {
    fn describe(operation: &mut Operation) {
        operation.file_answer(200, &["text/csv", "application/jsonl"]);
    }
}

/// An export under way: what is next, and what is needed for it.
struct Going {
    app: AppState,
    watch: Watch<perm::AuditExport>,
    filter: Filter,
    format: Format,
    /// The next part goes on below this place; from the top when absent.
    below: Option<i64>,
    /// Whether the last part was made.
    whole: bool,
    /// Taken until the last chunk is made or the client is gone.
    _place: Place,
}

async fn export(
    who: Can<perm::AuditExport>,
    State(app): State<AppState>,
    Query(query): Query<Export>,
) -> Result<Download> {
    let Export { format, actor, action, target, from, to, outcome } = query;
    let filter = checked(Filter { actor, action, target, from, to, outcome })?;
    let place = PLACES.take(who.grant().subject())?;
    let watch = Watch::new(&app, who.grant()).await?;
    let (kind, ending) = match format {
        Format::Csv => ("text/csv; charset=utf-8", "csv"),
        Format::Jsonl => ("application/jsonl", "jsonl"),
    };
    let name = format!("attachment; filename=\"{}-audit.{ending}\"", who.grant().policy().slug);
    let head = matches!(format, Format::Csv).then(|| Ok(HEAD.to_owned()));
    let going = Going { app, watch, filter, format, below: None, whole: false, _place: place };
    let chunks = stream::try_unfold(going, |going| async move {
        // The answer breaks off then, so that nobody takes half a log for the whole.
        going.chunk().await.inspect_err(|error| tracing::warn!(cause = ?error, "an export broke off"))
    });
    let mut response = Response::new(Body::from_stream(stream::iter(head).chain(chunks)));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    if let Ok(name) = HeaderValue::from_str(&name) {
        headers.insert(header::CONTENT_DISPOSITION, name);
    }
    Ok(Download(response))
}

impl Going {
    /// The next chunk, and what is left. Each asks anew whether the caller may, and keeps no connection between.
    async fn chunk(mut self) -> Result<Option<(String, Self)>> {
        if self.whole {
            return Ok(None);
        }
        let grant = self.watch.ask().await?;
        let mut on = self.app.database.read().await?;
        let found = audit::export(&mut on, grant, &self.filter, (self.below, CHUNK)).await?;
        drop(on);
        (self.below, self.whole) = (found.next, found.next.is_none());
        let mut text = String::new();
        for line in &found.items {
            match self.format {
                Format::Csv => row(&mut text, line),
                Format::Jsonl => {
                    let json = serde_json::to_string(line)
                        .map_err(|error| Error::internal("an event cannot be written", error))?;
                    text.push_str(&json);
                    text.push('\n');
                }
            }
        }
        Ok(Some((text, self)))
    }
}

const HEAD: &str = "sequence,id,at,outcome,action,actor_type,actor_id,actor_name,target_type,target_id,target_name,\
                    changes,ip,request_id,hash\r\n";

/// A line of a CSV file (RFC 4180).
fn row(to: &mut String, line: &AuditLine) {
    let actor = line.actor.id.map(|id| id.to_string()).unwrap_or_default();
    let (sequence, id, at) = (line.sequence.to_string(), line.id.to_string(), line.at.to_string());
    let changes = line.changes.to_string();
    let cells = [
        &sequence,
        &id,
        &at,
        &line.outcome,
        &line.action,
        &line.actor.kind,
        &actor,
        &line.actor.name,
        &line.target.kind,
        &line.target.id,
        &line.target.name,
        &changes,
        &line.ip,
        &line.request_id,
        &line.hash,
    ];
    for (place, text) in cells.into_iter().enumerate() {
        if place > 0 {
            to.push(',');
        }
        cell(to, text);
    }
    to.push_str("\r\n");
}

/// A cell, always as text: a spreadsheet must not run what someone chose as a name (SECURITY J).
fn cell(to: &mut String, text: &str) {
    to.push('"');
    if text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) {
        to.push('\'');
    }
    to.push_str(&text.replace('"', "\"\""));
    to.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula_or_ends_early() {
        let written = |text: &str| {
            let mut to = String::new();
            cell(&mut to, text);
            to
        };
        for start in ["=", "+", "-", "@", "\t", "\r", "\n"] {
            assert_eq!(written(&format!("{start}1+1")), format!("\"'{start}1+1\""));
        }
        assert_eq!(written("a\",=1\nb"), "\"a\"\",=1\nb\"");
        assert_eq!(written(""), "\"\"");
    }
}
