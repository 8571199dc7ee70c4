//! The audit log of a tenant: who did what to what, found by each of these, whole or not, and as it happens.

mod asked;
pub(super) mod chain;
pub(super) mod line;
mod live;
pub(super) mod undo;

use askama::Template;
use axum::response::Response;

use crate::audit::{self, ChainVerdict};
use crate::authz::{Grant, perm};
use crate::error::Result;
use crate::http::access::Can;
use crate::http::extract::Query;
use crate::http::pagination;
use crate::http::panel::parts::activity::actions;
use crate::http::panel::parts::frame::{Frame, Section, also, path_of};
use crate::http::panel::parts::shown::thousands;
use crate::http::panel::parts::view::View;
use crate::http::panel::{Icon, page};
use crate::http::routes::{Area, Routes};
use crate::lists::Window;
use crate::members;

pub(super) use self::asked::Asked;
use self::line::Line;

/// How many lines a page has: with their details a page stays light.
const LINES: u32 = 30;
/// How many of the newest events are followed each time the log is looked at.
const FOLLOWED: i64 = 100;

pub(super) fn routes() -> Routes {
    Routes::new(Area::Panel)
        .get("/t/{tenant}/audit", "The audit log of a tenant", list)
        .get("/t/{tenant}/audit/chain", "Whether the audit log is whole", chain::check)
        .get("/t/{tenant}/audit/live", "The audit log as it happens", live::tail)
        .get("/t/{tenant}/audit/{event}/undo", "Ask before a change is undone", undo::ask)
        .post("/t/{tenant}/audit/{event}/undo", "Undo a change", undo::undo)
}

#[derive(Debug, Template)]
#[template(path = "pages/audit.html")]
pub(super) struct AuditPage {
    pub(super) frame: Frame,
    pub(super) path: String,
    pub(super) asked: Asked,
    pub(super) actions: Vec<(&'static str, &'static str)>,
    /// What a link narrowed the list to, such as `by Ada Sample`.
    pub(super) narrowed: Vec<String>,
    /// Those who may be meant by the name that was given: name, address of their events.
    pub(super) meant: Vec<(String, String)>,
    pub(super) lines: Vec<Line>,
    /// How many events the log has.
    pub(super) total: i64,
    /// What following the newest events found.
    pub(super) chain: ChainVerdict,
    pub(super) first: Option<String>,
    pub(super) next: Option<String>,
    /// Where to get what is listed as a file: CSV and JSON lines.
    pub(super) files: Option<(String, String)>,
    /// Where new lines come from, on the first page without filters.
    pub(super) live: Option<String>,
    /// Whether people can be looked for by name.
    pub(super) by_name: bool,
}

impl AuditPage {
    /// How many there are, in words.
    fn count(&self) -> String {
        let paged = self.next.is_some() || self.first.is_some();
        match (self.asked.is_filtered(), self.lines.len(), paged) {
            (false, ..) if self.total == 1 => "1 event".to_owned(),
            (false, ..) => format!("{} events", thousands(self.total)),
            (true, 0, _) => "No events found".to_owned(),
            (true, _, true) => "More than fit on a page".to_owned(),
            (true, 1, false) => "1 event found".to_owned(),
            (true, found, false) => format!("{found} events found"),
        }
    }

    /// The place of the newest event.
    fn end(&self) -> String {
        thousands(self.chain.events)
    }

    /// Whether there are events before those that were followed.
    fn is_longer(&self) -> bool {
        self.total > self.followed()
    }

    /// How many of the newest events were followed.
    fn followed(&self) -> i64 {
        self.chain.kept().min(FOLLOWED)
    }
}

async fn list(who: Can<perm::AuditRead>, app: View, Query(asked): Query<Asked>) -> Result<Response> {
    let grant = who.grant();
    let (path, now) = (path_of(grant), app.database.clock().now());
    let namer = also::<perm::MembersRead, _>(&app, grant).await?;
    let meant = meant(&app, namer.as_ref(), &asked).await?;
    let mut filter = asked.filter()?;
    let mut nobody = false;
    if !asked.who().is_empty() {
        match meant.as_slice() {
            [(one, _)] => filter.actor = Some(one.uuid()),
            _ => nobody = true,
        }
    }
    let scope = format!("panel audit {} {filter:?}", grant.tenant());
    let below: Option<i64> = pagination::decode(&app.sealer, &scope, asked.cursor.as_deref())?;
    let mut on = app.database.read().await?;
    let chain = audit::verify_latest(&mut on, grant, FOLLOWED).await?;
    let total = chain.kept();
    let found = if nobody {
        audit::Found { items: Vec::new(), next: None }
    } else {
        audit::search(&mut on, grant, &filter, (below, LINES)).await?
    };
    drop(on);
    let next = match found.next {
        Some(next) => Some(asked.address(&path, Some(&pagination::encode(&app.sealer, &scope, &next)?))),
        None => None,
    };
    let newest = found.items.first();
    let narrowed = newest.map(|line| asked.narrowed(line)).unwrap_or_default();
    let after = newest.map_or(0, |line| line.sequence);
    let live = (!asked.is_filtered() && below.is_none()).then(|| format!("{path}/audit/live?after={after}"));
    let shown = |line| Line::new(&path, line, grant, app.authz.catalogue(), now);
    let theirs = |(id, name): &(crate::ids::UserId, String)| (name.clone(), asked.of_actor(&path, *id));
    Ok(page(&AuditPage {
        frame: Frame::inside(&app, grant, Section::Audit).await?.telling(asked.done.as_deref()),
        actions: actions(),
        narrowed,
        meant: if meant.len() > 1 { meant.iter().map(theirs).collect() } else { Vec::new() },
        lines: found.items.into_iter().map(shown).collect(),
        total,
        chain,
        first: below.is_some().then(|| asked.address(&path, None)),
        next,
        files: files(grant, &filter).filter(|_| !nobody),
        live,
        by_name: namer.is_some(),
        asked,
        path,
    }))
}

/// The members whose name or address has what was given as who.
async fn meant(
    app: &View,
    namer: Option<&Grant<perm::MembersRead>>,
    asked: &Asked,
) -> Result<Vec<(crate::ids::UserId, String)>> {
    let (Some(namer), false) = (namer, asked.who().is_empty()) else { return Ok(Vec::new()) };
    let filter = members::Filter { search: asked.who().to_owned(), role: String::new() };
    let window = Window { limit: 8, ..Window::default() };
    let found = members::list(&app.database, namer, &filter, &window).await?;
    Ok(found.items.into_iter().map(|member| (member.user.id, member.user.name)).collect())
}

/// Where to get what passes the filter as files, for those who may take it away.
fn files(grant: &Grant<perm::AuditRead>, filter: &audit::Filter) -> Option<(String, String)> {
    let slug = &grant.policy().slug;
    let address = |format: &str| {
        let query = asked::export_query(format, filter);
        format!("/api/v1/tenants/{slug}/audit-events/export?{query}")
    };
    grant.can::<perm::AuditExport>().then(|| (address("csv"), address("jsonl")))
}
