//! Keeps this node's copies current. Every commit writes what it changed into one feed; nodes hear of it at once
//! by Redis pub/sub, which may lose messages, and besides poll the feed, which may not. A node that has not been
//! able to read the feed for five seconds stops deciding.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use fred::prelude::{ClientLike, Config as RedisConfig, EventInterface, PubsubInterface};
use fred::types::Builder;
use fred::types::config::ReconnectPolicy;
use tokio::sync::mpsc;

use crate::authz::{Authz, store};
use crate::clock::Timestamp;
use crate::db::{CHANGES_PAGE as PAGE, Change, ChangeKind, changes_after, last_change};
use crate::error::{Error, Result};
use crate::ids::SessionHandle;

/// How often the feed is read.
const POLL: Duration = Duration::from_millis(200);
/// How far back each poll reads again: longer than any write transaction can take (`db/tx.rs`), since a commit
/// becomes visible only at its end.
const OVERLAP: Duration = Duration::from_secs(10);
/// A node that has not confirmed for this long does not decide: a little less than the five seconds promised, so
/// that an answer on its way is not late.
const STALE: Duration = Duration::from_millis(4_700);
/// How long the feed may take to answer before the database counts as away.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long until a lost connection to Redis is tried again.
const RECONNECT_MILLIS: u32 = 250;
const RECONNECT: Duration = Duration::from_millis(RECONNECT_MILLIS as u64);
/// Changes that wait to be told at most; more are left to the feed.
const WAITING: usize = 1024;
/// The pub/sub channel.
const CHANNEL: &str = "freehold:changes";

/// What this node knows of how current it is, and the sessions that ended before their time.
#[derive(Debug)]
pub struct Freshness {
    base: Instant,
    /// When the feed was last known to be read to its end: milliseconds after `base`, plus one; 0 for never.
    confirmed: AtomicU64,
    revoked: RwLock<HashMap<SessionHandle, Timestamp>>,
}

impl Default for Freshness {
    fn default() -> Self {
        Self { base: Instant::now(), confirmed: AtomicU64::new(0), revoked: RwLock::default() }
    }
}

impl Freshness {
    /// Whether this node may decide.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the feed could not be read for five seconds.
    pub fn check(&self) -> Result<()> {
        match self.age() {
            Some(age) if age <= STALE => Ok(()),
            Some(_) | None => {
                Err(Error::Unavailable("this node cannot tell whether its policy is current", None))
            }
        }
    }

    /// How long ago the feed was last read to its end; none when never.
    #[must_use]
    pub fn age(&self) -> Option<Duration> {
        let at = self.confirmed.load(Ordering::Acquire).checked_sub(1)?;
        Some(self.base.elapsed().saturating_sub(Duration::from_millis(at)))
    }

    /// Waits until this node may decide.
    pub async fn confirmed(&self) {
        while self.check().is_err() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    fn confirm(&self, as_of: Instant) {
        let millis =
            u64::try_from(as_of.saturating_duration_since(self.base).as_millis()).unwrap_or(u64::MAX - 1);
        self.confirmed.store(millis + 1, Ordering::Release);
    }

    /// Whether the session ended before its time.
    #[must_use]
    pub fn is_revoked(&self, session: SessionHandle) -> bool {
        self.revoked.read().unwrap_or_else(PoisonError::into_inner).contains_key(&session)
    }

    pub(super) fn note(&self, change: Change) {
        if change.kind == ChangeKind::RevokedSession {
            let handle = SessionHandle::from_uuid(change.subject);
            let end = Timestamp::from_micros(change.version);
            self.revoked.write().unwrap_or_else(PoisonError::into_inner).insert(handle, end);
        }
    }

    fn forget_ended(&self, now: Timestamp) {
        let mut revoked = self.revoked.write().unwrap_or_else(PoisonError::into_inner);
        revoked.retain(|_, end| *end > now);
    }
}

/// Reads the feed until the task is dropped, so that `authz` may decide. Also listens to and tells Redis, when
/// `redis` is given, so that other nodes need not wait for their next poll.
pub async fn follow(authz: Arc<Authz>, redis: Option<String>) {
    let (tell, told) = mpsc::channel::<String>(WAITING);
    let listener = Arc::clone(&authz);
    authz.database.on_commit(move |changes| {
        listener.apply(changes);
        for change in changes {
            // Without Redis nobody listens, and while it is away nobody hears: the feed carries the change all the same.
            if tell.is_closed() || tell.try_send(change.to_string()).is_err() {
                break;
            }
        }
    });
    let talk = async {
        match redis {
            Some(url) => talk(&authz, &url, told).await,
            None => drop(told),
        }
    };
    tokio::join!(poll(&authz), talk);
}

async fn poll(authz: &Authz) {
    let mut cursor = Cursor::default();
    let mut beats: u32 = 0;
    loop {
        confirm(authz, &mut cursor).await;
        if let Some(age) = authz.freshness.age() {
            metrics::gauge!("freehold_policy_age_seconds").set(age.as_secs_f64());
        }
        beats = beats.wrapping_add(1);
        if beats.is_multiple_of(300) {
            authz.freshness.forget_ended(authz.database.clock().now());
        }
        tokio::time::sleep(POLL).await;
    }
}

/// Reads the feed once, and takes note of whether it could be read.
async fn confirm(authz: &Authz, cursor: &mut Cursor) {
    let asked = Instant::now();
    let answered = tokio::time::timeout(PATIENCE, read(authz, cursor)).await;
    authz.database.note(matches!(answered, Ok(Ok(()))));
    match answered {
        Ok(Ok(())) => authz.freshness.confirm(asked),
        Ok(Err(error)) => tracing::warn!(%error, cause = ?error, "the feed of changes cannot be read"),
        Err(_elapsed) => tracing::warn!("the feed of changes does not answer"),
    }
}

/// How far the feed was read, and how far at each poll of the last seconds.
#[derive(Debug, Default)]
struct Cursor {
    seen: VecDeque<(Instant, i64)>,
}

impl Cursor {
    /// The place from which to read now: what had been seen before the overlap began.
    fn start(&mut self, now: Instant) -> Option<i64> {
        while self.seen.len() > 1
            && self.seen.get(1).is_some_and(|(at, _)| now.duration_since(*at) >= OVERLAP)
        {
            self.seen.pop_front();
        }
        self.seen.front().map(|(_, sequence)| *sequence)
    }
}

async fn read(authz: &Authz, cursor: &mut Cursor) -> Result<()> {
    let now = Instant::now();
    let mut on = authz.database.reserved().await?;
    let Some(start) = cursor.start(now) else {
        // First: the end of the feed, then what was revoked, so that nothing falls between.
        let end = last_change(&mut on).await?;
        for (handle, until) in store::revoked_sessions(&mut on, authz.database.clock().now()).await? {
            authz.freshness.note(Change {
                kind: ChangeKind::RevokedSession,
                subject: handle.uuid(),
                version: until.micros(),
            });
        }
        cursor.seen.push_back((now, end));
        return Ok(());
    };
    let mut from = start;
    loop {
        let rows = changes_after(&mut on, from).await?;
        let changes: Vec<Change> = rows.iter().filter_map(crate::db::ChangeRow::change).collect();
        authz.apply(&changes);
        from = rows.last().map_or(from, |last| last.sequence);
        if rows.len() < PAGE {
            break;
        }
    }
    cursor.seen.push_back((now, from));
    Ok(())
}

async fn talk(authz: &Authz, url: &str, mut told: mpsc::Receiver<String>) {
    let client = match connect(url) {
        Ok(client) => client,
        Err(error) => {
            tracing::error!(%error, "REDIS_URL cannot be used for telling other nodes");
            return std::future::pending().await;
        }
    };
    let mut heard = client.message_rx();
    let _resubscribing = client.manage_subscriptions();
    let publisher = client.clone_new();
    connected(&client).await;
    connected(&publisher).await;
    // Once it has worked, the client itself subscribes again after each time the connection was lost.
    let subscribe = async {
        while let Err(error) = client.subscribe(CHANNEL).await {
            tracing::warn!(%error, "cannot subscribe; the feed is polled all the same");
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    };
    let hear = async {
        loop {
            match heard.recv().await {
                Ok(message) => {
                    if let Some(change) =
                        message.value.as_string().and_then(|text| text.parse::<Change>().ok())
                    {
                        authz.apply(&[change]);
                    }
                }
                Err(tokio::sync::broadcast::error::RecvError::Lagged(_)) => {}
                Err(tokio::sync::broadcast::error::RecvError::Closed) => break,
            }
        }
    };
    let publish = async {
        while let Some(message) = told.recv().await {
            if let Err(error) = publisher.publish::<(), _, _>(CHANNEL, message).await {
                tracing::debug!(%error, "a change was not told; the feed carries it");
            }
        }
    };
    tokio::join!(subscribe, hear, publish);
}

/// Connects for the first time, however long Redis is away; after that the client connects again by itself.
async fn connected(client: &impl ClientLike) {
    while client.init().await.is_err() {
        tokio::time::sleep(RECONNECT).await;
    }
}

fn connect(url: &str) -> std::result::Result<fred::clients::SubscriberClient, fred::error::Error> {
    Builder::from_config(RedisConfig::from_url(url)?)
        .with_connection_config(|config| {
            config.connection_timeout = Duration::from_secs(1);
            config.internal_command_timeout = Duration::from_secs(1);
            config.max_command_attempts = 1;
        })
        .with_performance_config(|config| config.default_command_timeout = Duration::from_millis(500))
        .set_policy(ReconnectPolicy::new_constant(0, RECONNECT_MILLIS))
        .build_subscriber_client()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_poll_reads_again_what_may_have_become_visible_late() {
        let mut cursor = Cursor::default();
        let start = Instant::now();
        for (seconds, sequence) in [(0, 10), (4, 20), (9, 30), (12, 40)] {
            cursor.seen.push_back((start + Duration::from_secs(seconds), sequence));
        }
        assert_eq!(cursor.start(start + Duration::from_secs(12)), Some(10));
        assert_eq!(cursor.start(start + Duration::from_secs(15)), Some(20));
        assert_eq!(cursor.start(start + Duration::from_secs(40)), Some(40));
    }

    #[test]
    fn a_node_decides_only_after_it_has_read_the_feed_and_while_that_is_recent() {
        let freshness = Freshness::default();
        assert!(freshness.check().is_err());
        freshness.confirm(Instant::now());
        assert!(freshness.check().is_ok());
        let old = Freshness {
            base: Instant::now().checked_sub(Duration::from_mins(1)).unwrap(),
            ..Freshness::default()
        };
        old.confirm(old.base + Duration::from_secs(50));
        assert!(old.check().is_err());
    }
}
