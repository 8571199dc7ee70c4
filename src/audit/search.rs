//! Finding lines of a tenant's log: a page at a time, newest first. Called by the API, the panel and the export; must
//! never look at more rows than it says, however long the log is and however rare what is sought.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{AuditLine, store};
use crate::authz::{Grant, perm};
use crate::clock::Timestamp;
use crate::db::{Chain, Executor};
use crate::error::Result;
use crate::ids::TenantId;

/// How many rows a page may look at when it must leave some out.
const LOOKED_AT: i64 = 10_000;

/// By how much the clocks of nodes may differ. A line's place says what came before what; its time, who wrote it.
const SLACK: Duration = Duration::from_mins(10);

/// How something ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Ending {
    /// It was done.
    Done,
    /// It was not allowed.
    Denied,
    /// It was allowed and did not work.
    Failed,
}

impl Ending {
    /// `done`, `denied` or `failed`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Denied => "denied",
            Self::Failed => "failed",
        }
    }
}

/// Which lines. Those that are all of this.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Filter {
    /// Done by whoever has this id.
    pub actor: Option<Uuid>,
    /// With this action, such as `member.removed`.
    pub action: Option<String>,
    /// Done to what has this id.
    pub target: Option<String>,
    /// At this moment or later.
    pub from: Option<Timestamp>,
    /// Before this moment.
    pub to: Option<Timestamp>,
    /// That ended so.
    pub outcome: Option<Ending>,
}

/// What leads to the lines: the filter that usually leaves the fewest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lead {
    Target,
    Undone,
    Actor,
    Action,
    Place,
}

impl Filter {
    pub(super) fn lead(&self) -> Lead {
        if self.target.is_some() {
            Lead::Target
        } else if self.outcome.is_some_and(|outcome| outcome != Ending::Done) {
            Lead::Undone
        } else if self.actor.is_some() {
            Lead::Actor
        } else if self.action.is_some() {
            Lead::Action
        } else {
            Lead::Place
        }
    }

    /// Whether every row that the lead gives fits.
    fn is_led(&self) -> bool {
        let given = [
            self.actor.is_some(),
            self.action.is_some(),
            self.target.is_some(),
            self.from.is_some(),
            self.to.is_some(),
            self.outcome.is_some(),
        ];
        let others = given.iter().filter(|given| **given).count();
        match self.lead() {
            Lead::Place => others == 0,
            Lead::Undone => false,
            Lead::Target | Lead::Actor | Lead::Action => others == 1,
        }
    }
}

/// A part of what was found.
#[derive(Debug)]
pub struct Found {
    /// The lines, newest first.
    pub items: Vec<AuditLine>,
    /// The place below which to go on; none at the end. There may be fewer items than were asked for, even none,
    /// and more below.
    pub next: Option<i64>,
}

/// At most `limit` of the tenant's lines that pass `filter` and stand below the place `below`, newest first.
///
/// # Errors
/// [`crate::error::Error::Unavailable`] when the database cannot answer.
pub async fn search(
    on: &mut impl Executor,
    grant: &Grant<perm::AuditRead>,
    filter: &Filter,
    (below, limit): (Option<i64>, u32),
) -> Result<Found> {
    page(on, grant.tenant(), filter, (below, limit)).await
}

/// [`search`], for those who may take the log away as a file.
///
/// # Errors
/// [`crate::error::Error::Unavailable`] when the database cannot answer.
pub async fn export(
    on: &mut impl Executor,
    grant: &Grant<perm::AuditExport>,
    filter: &Filter,
    (below, limit): (Option<i64>, u32),
) -> Result<Found> {
    page(on, grant.tenant(), filter, (below, limit)).await
}

async fn page(
    on: &mut impl Executor,
    tenant: TenantId,
    filter: &Filter,
    (below, limit): (Option<i64>, u32),
) -> Result<Found> {
    let chain = Chain::Tenant(tenant).id();
    let limit = i64::from(limit);
    let (mut floor, mut below) = (0, below.unwrap_or(i64::MAX));
    if filter.from.is_some() || filter.to.is_some() {
        let from = filter.from.map(|from| from - SLACK);
        let places = store::places(on, chain, from, filter.to.map(|to| to + SLACK)).await?;
        (floor, below) = (places.0, below.min(places.1));
    }
    let look_at = if filter.is_led() { limit + 1 } else { LOOKED_AT };
    let scan = store::Scan { chain, filter, floor, below, look_at };
    let mut events = store::found(on, &scan, limit + 1).await?;
    let count = usize::try_from(limit).unwrap_or(usize::MAX);
    let next = if events.len() > count {
        events.truncate(count);
        events.last().map(|last| last.sequence)
    } else if filter.is_led() {
        None
    } else {
        let (looked_at, last) = store::horizon(on, &scan).await?;
        last.filter(|_| looked_at == look_at)
    };
    Ok(Found { items: events.into_iter().map(AuditLine::from).collect(), next })
}

/// The lines that came after the place `after`, oldest first, at most a hundred.
///
/// # Errors
/// [`crate::error::Error::Unavailable`] when the database cannot answer.
pub async fn since(
    on: &mut impl Executor,
    grant: &Grant<perm::AuditRead>,
    after: i64,
) -> Result<Vec<AuditLine>> {
    let events = store::events_after(on, Chain::Tenant(grant.tenant()).id(), after, 100).await?;
    Ok(events.into_iter().map(AuditLine::from).collect())
}

/// How many lines the tenant's log has had, those included that retention removed.
///
/// # Errors
/// [`crate::error::Error::Unavailable`] when the database cannot answer.
pub async fn count(on: &mut impl Executor, grant: &Grant<perm::AuditRead>) -> Result<i64> {
    let head = store::head(on, Chain::Tenant(grant.tenant()).id()).await?;
    Ok(head.sequence.unwrap_or(0))
}
