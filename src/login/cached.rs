//! A document fetched from a provider and kept for a while. Called by `discovery` and `keys`; must never let
//! a crowd of sign-ins turn into a crowd of fetches, nor make the crowd wait one after the other.

use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use crate::clock::{Clock, Timestamp};
use crate::login::SignInError;

/// One kept document.
#[derive(Debug)]
pub(super) struct Cached<T> {
    clock: Clock,
    held: RwLock<Option<Held<T>>>,
    /// Held while fetching; keeps how the last fetch failed.
    fetching: tokio::sync::Mutex<Option<SignInError>>,
    /// Fetches that came to an end.
    rounds: AtomicU64,
}

/// A document and when it came.
#[derive(Debug)]
pub(super) struct Held<T> {
    pub value: Arc<T>,
    pub since: Timestamp,
}

impl<T> Cached<T> {
    pub(super) fn new(clock: Clock) -> Self {
        Self {
            clock,
            held: RwLock::new(None),
            fetching: tokio::sync::Mutex::new(None),
            rounds: AtomicU64::new(0),
        }
    }

    /// The kept document if it is `good`, else a newly fetched one.
    ///
    /// Callers at the same time share one fetch, and its failure; after a failure the next caller tries anew.
    pub(super) async fn get<F, W>(
        &self,
        good: impl Fn(&Held<T>) -> bool,
        fetch: F,
    ) -> Result<Arc<T>, SignInError>
    where
        F: FnOnce() -> W,
        W: Future<Output = Result<T, SignInError>>,
    {
        self.renew(&good, &good, fetch).await
    }

    /// The same, but whoever has waited for a fetch of others is content with what is `enough`. That is asked
    /// only when no fetch is under way, so it may depend on what a fetch changes.
    pub(super) async fn renew<F, W>(
        &self,
        good: impl Fn(&Held<T>) -> bool,
        enough: impl Fn(&Held<T>) -> bool,
        fetch: F,
    ) -> Result<Arc<T>, SignInError>
    where
        F: FnOnce() -> W,
        W: Future<Output = Result<T, SignInError>>,
    {
        if let Some(value) = self.kept(&good) {
            return Ok(value);
        }
        let arrived = self.rounds.load(Ordering::SeqCst);
        let mut failure = self.fetching.lock().await;
        if let Some(value) = self.kept(&enough) {
            return Ok(value);
        }
        if self.rounds.load(Ordering::SeqCst) != arrived
            && let Some(shared) = failure.as_ref()
        {
            return Err(shared.clone());
        }
        let outcome = fetch().await.map(Arc::new);
        self.rounds.fetch_add(1, Ordering::SeqCst);
        *failure = outcome.as_ref().err().cloned();
        let value = outcome?;
        let held = Held { value: Arc::clone(&value), since: self.clock.now() };
        *self.held.write().unwrap_or_else(PoisonError::into_inner) = Some(held);
        Ok(value)
    }

    fn kept(&self, good: &impl Fn(&Held<T>) -> bool) -> Option<Arc<T>> {
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
        held.as_ref().filter(|held| good(held)).map(|held| Arc::clone(&held.value))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use futures_util::future::join_all;

    use super::*;

    #[tokio::test]
    async fn a_crowd_shares_one_fetch() {
        let (cached, fetches) = (Cached::new(Clock::default()), AtomicUsize::new(0));
        let get = || {
            cached.get(
                |_| true,
                || async {
                    fetches.fetch_add(1, Ordering::SeqCst);
                    tokio::task::yield_now().await;
                    Ok(7)
                },
            )
        };
        assert!(join_all((0..20).map(|_| get())).await.iter().all(|got| **got.as_ref().unwrap() == 7));
        assert_eq!(fetches.load(Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn a_crowd_shares_one_failure_and_the_next_tries_anew() {
        let (cached, fetches) = (Cached::<u8>::new(Clock::default()), AtomicUsize::new(0));
        let get = || {
            cached.get(
                |_| true,
                || async {
                    fetches.fetch_add(1, Ordering::SeqCst);
                    tokio::task::yield_now().await;
                    Err(SignInError::TimedOut)
                },
            )
        };
        assert!(join_all((0..20).map(|_| get())).await.iter().all(Result::is_err));
        assert_eq!(fetches.load(Ordering::SeqCst), 1);
        assert!(get().await.is_err());
        assert_eq!(fetches.load(Ordering::SeqCst), 2);
    }
}
