//! The SQL of reading the audit log. Every query takes the chain.

use sqlx::{AssertSqlSafe, query, query_as, query_scalar};
use uuid::Uuid;

use super::search::{Filter, Lead};
use super::{Ending, Refused};
use crate::clock::Timestamp;
use crate::db::{ChainedEvent, Executor, WriteTx, sql};
use crate::error::{Person, Result};
use crate::ids::{EventId, Subject, TenantId, UserId};

/// What a chain says of itself, and the place of its last event, as of one moment.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct Head {
    pub(super) sequence: Option<i64>,
    pub(super) hash: Option<Vec<u8>>,
    pub(super) last: i64,
    /// The last event that retention removed; 0 when none was.
    pub(super) anchor: i64,
    pub(super) anchor_hash: Option<Vec<u8>>,
    pub(super) anchored_at: Option<Timestamp>,
}

pub(super) async fn head(on: &mut impl Executor, chain: Uuid) -> Result<Head> {
    // From the events to the chain, so that events whose chain was taken away still show.
    let text = "select c.sequence, c.hash, e.last, coalesce(c.anchor_sequence, 0) as anchor, c.anchor_hash, \
                c.anchored_at from (select coalesce(max(sequence), 0) as last \
                from audit_events where chain_id = $1) e left join audit_chains c on c.id = $1";
    sql!(on, fetch_one, query_as(text).bind(chain))
}

pub(super) async fn events_after(
    on: &mut impl Executor,
    chain: Uuid,
    sequence: i64,
    limit: i64,
) -> Result<Vec<ChainedEvent>> {
    let text = "select chain_id, sequence, id, at, actor_type, actor_id, actor_name, action, target_type, \
                target_id, target_name, changes, outcome, ip, request_id, hash from audit_events \
                where chain_id = $1 and sequence > $2 order by sequence limit $3";
    sql!(on, fetch_all, query_as(text).bind(chain).bind(sequence).bind(limit))
}

pub(super) async fn by_id(on: &mut impl Executor, chain: Uuid, id: EventId) -> Result<Option<ChainedEvent>> {
    let text = "select chain_id, sequence, id, at, actor_type, actor_id, actor_name, action, target_type, \
                target_id, target_name, changes, outcome, ip, request_id, hash from audit_events \
                where chain_id = $1 and id = $2";
    sql!(on, fetch_optional, query_as(text).bind(chain).bind(id))
}

pub(super) async fn latest(on: &mut impl Executor, chain: Uuid, limit: u32) -> Result<Vec<ChainedEvent>> {
    let text = "select chain_id, sequence, id, at, actor_type, actor_id, actor_name, action, target_type, \
                target_id, target_name, changes, outcome, ip, request_id, hash from audit_events \
                where chain_id = $1 order by sequence desc limit $2";
    sql!(on, fetch_all, query_as(text).bind(chain).bind(i64::from(limit)))
}

pub(super) async fn chains(on: &mut impl Executor) -> Result<Vec<Uuid>> {
    sql!(on, fetch_all, query_scalar("select id from audit_chains order by id"))
}

/// What the latest event with this action says of itself.
pub(super) async fn latest_of(on: &mut impl Executor, chain: Uuid, action: &str) -> Result<Option<String>> {
    let text = "select changes from audit_events where chain_id = $1 and action = $2 \
                order by sequence desc limit 1";
    sql!(on, fetch_optional, query_scalar(text).bind(chain).bind(action))
}

/// The tenants with events that are older than they are to be kept, and which were not shortened since `since`.
pub(super) async fn due(on: &mut impl Executor, now: Timestamp, since: Timestamp) -> Result<Vec<TenantId>> {
    // The first event after the anchor is the oldest: one look at the primary key for each tenant that keeps less
    // than all.
    let text = "select t.id from tenants t join audit_chains c on c.id = t.id \
                join audit_events e on e.chain_id = c.id and e.sequence = c.anchor_sequence + 1 \
                where t.audit_retention_days is not null and t.deleted_at is null \
                and (c.anchored_at is null or c.anchored_at <= $2) \
                and e.at < $1 - t.audit_retention_days * 86400000000 order by t.id";
    sql!(on, fetch_all, query_scalar(text).bind(now).bind(since))
}

/// The tenant's name and how many days it keeps its log; none when it keeps it for ever.
pub(super) async fn kept(tx: &mut WriteTx, tenant: TenantId) -> Result<Option<(String, i64)>> {
    let text = "select name, audit_retention_days from tenants \
                where id = $1 and deleted_at is null and audit_retention_days is not null";
    sql!(tx, fetch_optional, query_as(text).bind(tenant))
}

/// Place, time and hash of the oldest events.
pub(super) async fn oldest(
    tx: &mut WriteTx,
    chain: Uuid,
    limit: i64,
) -> Result<Vec<(i64, Timestamp, Vec<u8>)>> {
    let text = "select sequence, at, hash from audit_events where chain_id = $1 order by sequence limit $2";
    sql!(tx, fetch_all, query_as(text).bind(chain).bind(limit))
}

/// Removes the events up to `last`, whose hash is the chain's anchor from now on.
pub(super) async fn remove_up_to(tx: &mut WriteTx, chain: Uuid, last: i64, hash: &[u8]) -> Result<u64> {
    let at = tx.at();
    let text = "delete from audit_events where chain_id = $1 and sequence <= $2";
    let removed = sql!(tx, execute, query(text).bind(chain).bind(last))?;
    let text =
        "update audit_chains set anchor_sequence = $2, anchor_hash = $3, anchored_at = $4 where id = $1";
    sql!(tx, execute, query(text).bind(chain).bind(last).bind(hash).bind(at))?;
    Ok(removed)
}

/// Among the latest lines only: the log has no index by time, and what was refused lately stands at its end.
pub(super) async fn refused(
    on: &mut impl Executor,
    tenant: TenantId,
    but: Subject,
    since: Timestamp,
    limit: u32,
) -> Result<Vec<Refused>> {
    let text = "select u.id, u.name, count(*) from (select actor_id, outcome, at from audit_events \
                where chain_id = $1 order by sequence desc limit 500) e \
                join members m on m.tenant_id = $1 and m.user_id = e.actor_id join users u on u.id = m.user_id \
                where e.outcome = 'denied' and e.at > $3 and m.user_id <> $2 \
                group by u.id, u.name order by count(*) desc, u.id limit $4";
    let rows: Vec<(UserId, String, i64)> =
        sql!(on, fetch_all, query_as(text).bind(tenant).bind(but).bind(since).bind(i64::from(limit)))?;
    let refused = |(id, name, times)| Refused { who: Person { id, name }, times };
    Ok(rows.into_iter().map(refused).collect())
}

/// A part of a chain, and what is sought in it.
#[derive(Debug)]
pub(super) struct Scan<'f> {
    pub(super) chain: Uuid,
    pub(super) filter: &'f Filter,
    /// Only what stands above this place.
    pub(super) floor: i64,
    /// Only what stands below this place.
    pub(super) below: i64,
    /// How many rows of the lead at most.
    pub(super) look_at: i64,
}

/// The rows that the lead gives, newest first, straight from its index. Written as a range of pairs, not as an
/// equality: a planner that takes what is sought for frequent would else walk the whole chain backwards, hoping to
/// meet it soon.
fn led(lead: Lead, columns: &str) -> String {
    let range = |column: &str, value: &str| {
        format!(
            "({column}, sequence) < ({value}, $2) and ({column}, sequence) > ({value}, $3) \
             order by {column} desc, sequence desc"
        )
    };
    let part = match lead {
        Lead::Target => range("target_id", "$5"),
        Lead::Actor => range("actor_id", "$6"),
        Lead::Action => range("action", "$7"),
        Lead::Undone => {
            "outcome <> 'done' and sequence < $2 and sequence > $3 order by sequence desc".to_owned()
        }
        Lead::Place => "sequence < $2 and sequence > $3 order by sequence desc".to_owned(),
    };
    format!("select {columns} from audit_events where chain_id = $1 and {part} limit $4")
}

/// What passes the filter among the rows that the scan looks at.
pub(super) async fn found(on: &mut impl Executor, scan: &Scan<'_>, limit: i64) -> Result<Vec<ChainedEvent>> {
    let columns = "chain_id, sequence, id, at, actor_type, actor_id, actor_name, action, target_type, target_id, \
                   target_name, changes, outcome, ip, request_id, hash";
    let text = format!(
        "select {columns} from ({}) e where ($5 is null or target_id = $5) and ($6 is null or actor_id = $6) \
         and ($7 is null or action = $7) and ($8 is null or outcome = $8) and ($9 is null or at >= $9) \
         and ($10 is null or at < $10) order by sequence desc limit $11",
        led(scan.filter.lead(), columns)
    );
    let filter = scan.filter;
    sql!(
        on,
        fetch_all,
        // Made of the texts above alone; what people give is bound.
        query_as(AssertSqlSafe(text.as_str()))
            .bind(scan.chain)
            .bind(scan.below)
            .bind(scan.floor)
            .bind(scan.look_at)
            .bind(filter.target.as_deref())
            .bind(filter.actor)
            .bind(filter.action.as_deref())
            .bind(filter.outcome.map(Ending::as_str))
            .bind(filter.from)
            .bind(filter.to)
            .bind(limit)
    )
}

/// How many rows the scan looked at, and the last of them.
pub(super) async fn horizon(on: &mut impl Executor, scan: &Scan<'_>) -> Result<(i64, Option<i64>)> {
    let text = format!(
        "select count(*), min(sequence) from ({}) e where $5 is null or $6 is null or $7 is null or true",
        led(scan.filter.lead(), "sequence")
    );
    sql!(
        on,
        fetch_one,
        query_as(AssertSqlSafe(text.as_str()))
            .bind(scan.chain)
            .bind(scan.below)
            .bind(scan.floor)
            .bind(scan.look_at)
            .bind(scan.filter.target.as_deref())
            .bind(scan.filter.actor)
            .bind(scan.filter.action.as_deref())
    )
}

/// The place above which everything is that came at `from` or later, and the one below which everything is that came
/// before `to`.
pub(super) async fn places(
    on: &mut impl Executor,
    chain: Uuid,
    from: Option<Timestamp>,
    to: Option<Timestamp>,
) -> Result<(i64, i64)> {
    let text = "select coalesce((select sequence from audit_events where chain_id = $1 and at < $2 \
                order by at desc limit 1), 0), \
                coalesce((select sequence from audit_events where chain_id = $1 and at >= $3 \
                order by at limit 1), $4)";
    let from = from.unwrap_or(Timestamp::from_micros(i64::MIN));
    let to = to.unwrap_or(Timestamp::from_micros(i64::MAX));
    sql!(on, fetch_one, query_as(text).bind(chain).bind(from).bind(to).bind(i64::MAX))
}
