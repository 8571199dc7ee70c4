//! The log as it happens: server-sent events, each a line as the page shows it, numbered by its place, so that a
//! browser that lost the connection goes on where it was. Must never tell a line to someone who may not read the log
//! any more: that is asked before each.

use std::fmt::Write as _;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use askama::Template;
use axum::body::Body;
use axum::extract::FromRequestParts;
use axum::response::{IntoResponse as _, Response};
use futures_util::stream;
use http::request::Parts;
use http::{HeaderValue, header};
use serde::Deserialize;

use super::line::Line;
use crate::audit;
use crate::authz::perm;
use crate::error::{Error, Result};
use crate::http::access::Can;
use crate::http::answer::SeeOther;
use crate::http::extract::Query;
use crate::http::openapi::{Input, Operation};
use crate::http::panel::parts::frame::path_of;
use crate::http::panel::parts::view::View;
use crate::http::state::AppState;
use crate::http::watch::{Place, Places, Watch};

/// How often a live view asks whether it may go on, and whether there is something new.
const TICK: Duration = Duration::from_millis(500);
/// After how long without news a sign of life is sent, which finds out whether anyone listens.
const SILENCE: Duration = Duration::from_secs(15);

/// How many live views a node has at once, and how many of one person.
static PLACES: Places = Places::new(100, 5);

/// Where a live view begins.
#[derive(Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Begin {
    /// After the event at this place; after the newest when absent.
    after: Option<i64>,
}

/// What the browser says of itself: whether it wants events, and the last it got.
#[derive(Debug)]
pub(super) struct Listener {
    listens: bool,
    last: Option<i64>,
}

impl FromRequestParts<AppState> for Listener {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self> {
        let accepts = parts.headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
        let listens = accepts
            .flat_map(|value| value.split(','))
            .any(|kind| kind.split(';').next().is_some_and(|kind| kind.trim() == "text/event-stream"));
        let mut given = parts.headers.get_all("last-event-id").iter();
        let last = given.next().map(|value| value.to_str().ok().and_then(|text| text.parse::<i64>().ok()));
        let wrong = || Error::Malformed("Last-Event-ID is not an event of this view".into());
        if given.next().is_some() {
            return Err(wrong());
        }
        Ok(Self { listens, last: last.map(|last| last.ok_or_else(wrong)).transpose()? })
    }
}

impl Input for Listener {
    fn describe(_: &mut Operation) {}
}

/// A line as a fragment of the page.
#[derive(Template)]
#[template(path = "pages/audit_line.html")]
struct Fragment {
    line: Line,
}

/// A live view: how far it came, and what it needs to go on.
struct Tail {
    app: AppState,
    watch: Watch<perm::AuditRead>,
    path: String,
    after: i64,
    told: Option<Instant>,
    over: bool,
    /// Taken until the view ends or the browser is gone.
    _place: Place,
}

pub(super) async fn tail(
    who: Can<perm::AuditRead>,
    app: View,
    listener: Listener,
    Query(begin): Query<Begin>,
) -> Result<Response> {
    let (grant, path) = (who.grant(), path_of(who.grant()));
    if !listener.listens {
        // Someone opened the address itself.
        return Ok(SeeOther(format!("{path}/audit")).into_response());
    }
    let place = PLACES.take(grant.subject())?;
    let watch = Watch::new(&app, grant).await?;
    let after = match listener.last.or(begin.after) {
        Some(after) => after,
        None => audit::count(&mut app.database.read().await?, grant).await?,
    };
    let app: AppState = (*app).clone();
    let view = Tail { app, watch, path, after, told: None, over: false, _place: place };
    let mut response = Response::new(Body::from_stream(stream::unfold(view, Tail::next)));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    Ok(response)
}

impl Tail {
    /// What is sent next, once there is something; nothing at the end.
    async fn next(mut self) -> Option<(Result<String>, Self)> {
        loop {
            // A browser whose view just ends comes back by itself, to a node that is not shutting down.
            if self.over || self.app.draining.load(Ordering::Relaxed) {
                return None;
            }
            let news = match self.news().await {
                Ok(news) => news,
                Err(Error::Unavailable(..) | Error::Internal(..)) => return None,
                Err(_may_not) => {
                    self.over = true;
                    Some("event: over\ndata:\n\n".to_owned())
                }
            };
            if let Some(news) = news {
                self.told = Some(Instant::now());
                return Some((Ok(news), self));
            }
            tokio::time::sleep(TICK).await;
        }
    }

    /// The lines that came meanwhile, or a sign of life when it is time for one.
    async fn news(&mut self) -> Result<Option<String>> {
        let grant = self.watch.ask().await?;
        let mut on = self.app.database.read().await?;
        let lines = audit::since(&mut on, grant, self.after).await?;
        drop(on);
        let now = self.app.database.clock().now();
        let mut text = String::new();
        for line in lines {
            self.after = line.sequence;
            let line = Line::new(&self.path, line, grant, self.app.authz.catalogue(), now);
            let html = Fragment { line }.render();
            let html = html.map_err(|error| Error::internal("a line cannot be rendered", error))?;
            event(&mut text, self.after, &html)
                .map_err(|error| Error::internal("an event cannot be written", error))?;
        }
        if !text.is_empty() {
            return Ok(Some(text));
        }
        Ok(match self.told {
            None => Some("retry: 2000\n\n".to_owned()),
            Some(told) if told.elapsed() >= SILENCE => Some(":\n\n".to_owned()),
            Some(_) => None,
        })
    }
}

/// One event; each line of its data has its mark, so that none can end it early.
fn event(to: &mut String, id: i64, data: &str) -> std::fmt::Result {
    writeln!(to, "id: {id}")?;
    for line in data.split(['\n', '\r']) {
        writeln!(to, "data: {line}")?;
    }
    to.push('\n');
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_cannot_begin_another_event() {
        let mut text = String::new();
        event(&mut text, 7, "<li>\n\nid: 8\revent: over</li>").unwrap();
        assert_eq!(text, "id: 7\ndata: <li>\ndata: \ndata: id: 8\ndata: event: over</li>\n\n");
    }
}
