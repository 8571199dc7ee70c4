//! Rate limits: how many requests a minute one address, one credential and one tenant may send. Called by the boundary
//! and by `http/access.rs`; counts in memory, and shares what it counted with other nodes beside the requests
//! (`shared`). Must never make a request wait, nor fail because something is away.

mod counter;
mod shared;

use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue};
use quick_cache::sync::Cache;
use tokio::sync::mpsc;

use crate::authz::Principal;
use crate::clock::Timestamp;
use crate::config::RateLimits;
use crate::error::{Error, Result};
use crate::http::guard::RequestTrace;
use crate::ids::TenantId;

use counter::{Counter, WINDOW, window};
pub(crate) use shared::share;

/// Counters that are kept, at most. Those that are used stay; one that is dropped begins again.
const COUNTERS: usize = 100_000;
/// Counters that wait to be shared, at most; more are shared a little later.
const WAITING: usize = 10_000;
/// A counter is shared each time it went on by this part of its limit.
const PARTS: u32 = 20;

/// What is counted. Made of ids and addresses, never of names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Key {
    /// Everything from one network.
    Peer(Network),
    /// Its sign-ins that began or came back from a provider.
    SignIn(Network),
    /// Its requests whose credential was missing or none.
    Failure(Network),
    /// What one session sends.
    Session(uuid::Uuid),
    /// What is sent with one token.
    Token(uuid::Uuid),
    /// What is sent to one tenant by its members.
    Tenant(uuid::Uuid),
}

/// Whoever has one address of IPv4, or one /64 of IPv6: those are given out whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Network {
    V4([u8; 4]),
    V6([u8; 8]),
}

impl From<IpAddr> for Network {
    fn from(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Self::V4(address.octets()),
            IpAddr::V6(address) => {
                let network = u64::try_from(address.to_bits() >> 64).unwrap_or_default();
                Self::V6(network.to_be_bytes())
            }
        }
    }
}

impl Key {
    /// Its name in Redis and in metrics, and what tells it from others of that name.
    fn words(&self) -> (&'static str, &[u8]) {
        match self {
            Self::Peer(network) => ("peer", network.bytes()),
            Self::SignIn(network) => ("sign-in", network.bytes()),
            Self::Failure(network) => ("failure", network.bytes()),
            Self::Session(id) => ("session", id.as_bytes()),
            Self::Token(id) => ("token", id.as_bytes()),
            Self::Tenant(id) => ("tenant", id.as_bytes()),
        }
    }
}

impl Network {
    fn bytes(&self) -> &[u8] {
        match self {
            Self::V4(bytes) => bytes,
            Self::V6(bytes) => bytes,
        }
    }
}

/// A counter that other nodes are told of.
type Shared = (Key, Arc<Counter>);

/// The limits of this installation, and what was counted in this minute.
#[derive(Debug)]
pub(crate) struct Rate {
    limits: RateLimits,
    counters: Cache<Key, Arc<Counter>>,
    to_share: mpsc::Sender<Shared>,
    shared: Mutex<Option<mpsc::Receiver<Shared>>>,
}

/// How much of a limit is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Left {
    limit: u32,
    remaining: u32,
    /// Whole seconds until it is full again.
    reset: u64,
}

impl Rate {
    /// Nothing counted yet.
    pub(crate) fn new(limits: RateLimits) -> Self {
        let (to_share, shared) = mpsc::channel(WAITING);
        Self { limits, counters: Cache::new(COUNTERS), to_share, shared: Mutex::new(Some(shared)) }
    }

    /// Counts a request from `address`.
    ///
    /// # Errors
    /// [`Error::TooMany`] when the address has sent as many as it may.
    pub(super) fn peer(&self, address: IpAddr, now: Timestamp, trace: &RequestTrace) -> Result<()> {
        let what = "Too many requests come from your address.";
        self.count(Key::Peer(address.into()), (self.limits.peer, what), now, trace)
    }

    /// Counts a step of a sign-in from `address`.
    ///
    /// # Errors
    /// [`Error::TooMany`], the same.
    pub(super) fn sign_in(&self, address: IpAddr, now: Timestamp, trace: &RequestTrace) -> Result<()> {
        let what = "Too many sign-ins were tried from your address.";
        self.count(Key::SignIn(address.into()), (self.limits.sign_in, what), now, trace)
    }

    /// Counts a request from `address` that was refused for want of a credential. Who has one is never refused for it:
    /// a neighbour behind the same address may go on calling with a token that is dead.
    ///
    /// # Errors
    /// [`Error::TooMany`], the same.
    pub(super) fn failure(&self, address: IpAddr, now: Timestamp, trace: &RequestTrace) -> Result<()> {
        let what = "Too many requests without a valid credential come from your address.";
        self.count(Key::Failure(address.into()), (self.limits.failures, what), now, trace)
    }

    /// Counts a request by the session or token of `principal`.
    ///
    /// # Errors
    /// [`Error::TooMany`] when it has sent as many as it may.
    pub(super) fn credential(
        &self,
        principal: &Principal,
        now: Timestamp,
        trace: &RequestTrace,
    ) -> Result<()> {
        let (key, what) = match principal {
            Principal::Session(person) => {
                (Key::Session(person.session.handle.uuid()), "Your session sends too many requests.")
            }
            Principal::Token(bearer) => {
                (Key::Token(bearer.token.id.uuid()), "Too many requests come with this token.")
            }
        };
        self.count(key, (self.limits.credential, what), now, trace)
    }

    /// Counts a request by a member of `tenant`. Must not be asked before it is known that the caller is one.
    ///
    /// # Errors
    /// [`Error::TooMany`] when its members have sent as many as they may, all together.
    pub(super) fn tenant(&self, tenant: TenantId, now: Timestamp, trace: &RequestTrace) -> Result<()> {
        let what = "Too many requests are sent to this tenant.";
        self.count(Key::Tenant(tenant.uuid()), (self.limits.tenant, what), now, trace)
    }

    fn count(
        &self,
        key: Key,
        (limit, what): (u32, &'static str),
        now: Timestamp,
        trace: &RequestTrace,
    ) -> Result<()> {
        if limit == 0 {
            return Ok(());
        }
        let counter = match self.counters.get(&key) {
            Some(counter) => counter,
            None => self.counters.get_or_insert_with(&key, || Ok::<_, Error>(Arc::default()))?,
        };
        let (own, all) = counter.add(window(now));
        if own.is_multiple_of((limit / PARTS).max(1)) && self.to_share.try_send((key, counter)).is_err() {
            // Nobody to share with, or many are waiting: the next part of this counter is tried again.
            tracing::trace!("a counter is not shared now");
        }
        let reset = WINDOW - now.micros().unsigned_abs() / 1_000_000 % WINDOW;
        trace.counted(Left { limit, remaining: limit.saturating_sub(all), reset });
        if all <= limit {
            return Ok(());
        }
        metrics::counter!("freehold_rate_limited_total", "by" => key.words().0).increment(1);
        Err(Error::TooMany { what: what.into(), retry_after: Duration::from_secs(reset) })
    }

    /// Shares nothing: there is nobody else.
    pub(crate) fn alone(&self) {
        drop(self.shared());
    }

    /// What is to be shared with other nodes; to the first who asks.
    fn shared(&self) -> Option<mpsc::Receiver<Shared>> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl Left {
    /// The one of which less is left.
    pub(super) fn least(self, other: Self) -> Self {
        if other.remaining < self.remaining { other } else { self }
    }

    /// Tells a program how much is left.
    pub(super) fn tell(self, headers: &mut HeaderMap) {
        const LIMIT: HeaderName = HeaderName::from_static("ratelimit-limit");
        const REMAINING: HeaderName = HeaderName::from_static("ratelimit-remaining");
        const RESET: HeaderName = HeaderName::from_static("ratelimit-reset");
        headers.insert(LIMIT, HeaderValue::from(self.limit));
        headers.insert(REMAINING, HeaderValue::from(self.remaining));
        headers.insert(RESET, HeaderValue::from(self.reset));
    }
}
