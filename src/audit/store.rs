//! The SQL of reading the audit log. Every query takes the chain.

use sqlx::{query_as, query_scalar};
use uuid::Uuid;

use crate::db::{ChainedEvent, Executor, sql};
use crate::error::Result;

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
