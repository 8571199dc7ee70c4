//! The SQL of reading the audit log. Every query takes the chain.

use sqlx::{query_as, query_scalar};
use uuid::Uuid;

use super::Refused;
use crate::clock::Timestamp;
use crate::db::{ChainedEvent, Executor, sql};
use crate::error::{Person, Result};
use crate::ids::{TenantId, UserId};

/// What a chain says of itself, and the place of its last event, as of one moment.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct Head {
    pub(super) sequence: Option<i64>,
    pub(super) hash: Option<Vec<u8>>,
    pub(super) last: i64,
}

pub(super) async fn head(on: &mut impl Executor, chain: Uuid) -> Result<Head> {
    // From the events to the chain, so that events whose chain was taken away still show.
    let text = "select c.sequence, c.hash, e.last from (select coalesce(max(sequence), 0) as last \
                from audit_events where chain_id = $1) e left join audit_chains c on c.id = $1";
    sql!(on, fetch_one, query_as(text).bind(chain))
}

pub(super) async fn events_after(
    on: &mut impl Executor,
    chain: Uuid,
    sequence: i64,
) -> Result<Vec<ChainedEvent>> {
    let text = "select chain_id, sequence, id, at, actor_type, actor_id, actor_name, action, target_type, \
                target_id, target_name, changes, outcome, ip, request_id, hash from audit_events \
                where chain_id = $1 and sequence > $2 order by sequence limit 500";
    sql!(on, fetch_all, query_as(text).bind(chain).bind(sequence))
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

/// Among the latest lines only: the log has no index by time, and what was refused lately stands at its end.
pub(super) async fn refused(
    on: &mut impl Executor,
    tenant: TenantId,
    but: UserId,
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
