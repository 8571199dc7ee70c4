//! A request that is done once, however often it is sent: its key and its answer commit with what it wrote. Used by
//! `http/idempotency.rs`; domains do not know of it. Must never keep a key for what was not written.
//!
//! While such a request runs, a commit is held back until its answer is known, so that both become one transaction.
//! What touches the database after a commit releases it first, with the key and without the answer yet.

use std::sync::Arc;
use std::time::Duration;

use sqlx::{query, query_as};
use tokio::sync::Mutex;

use crate::clock::Timestamp;
use crate::db::tx::Held;
use crate::db::{Database, Executor, sql};
use crate::error::{Error, Result};

/// How long a key is remembered.
const KEPT: Duration = Duration::from_hours(24);

tokio::task_local! {
    static UNDER_WAY: Arc<Once>;
}

/// A request's key, by which the same request is known again.
#[derive(Debug, Clone)]
pub struct OnceKey {
    /// A hash of who asked, for what, and the key they gave.
    pub id: Vec<u8>,
    /// A hash of what they sent.
    pub request: Vec<u8>,
}

/// What is known of a key.
#[derive(Debug)]
pub enum Known {
    /// It came with another request.
    Other,
    /// Its request wrote something at this time, and its answer is not known.
    Unanswered(Timestamp),
    /// The answer its request was given, as it was sealed.
    Answered(Vec<u8>),
}

/// A keyed request under way.
#[derive(Debug)]
pub struct Once {
    key: OnceKey,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// The last commit, which waits for the answer.
    held: Option<Held>,
    /// Whether an earlier commit has stored the key.
    stored: bool,
}

impl Database {
    /// What is known of `key` now; none when it never came, or more than a day ago.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the database cannot answer.
    pub async fn known(&self, key: &OnceKey) -> Result<Option<Known>> {
        let text = "select request, answer, made_at from idempotency_keys where id = $1 and expires_at > $2";
        let mut on = self.read().await?;
        let row: Option<(Vec<u8>, Option<Vec<u8>>, Timestamp)> =
            sql!(&mut on, fetch_optional, query_as(text).bind(&key.id).bind(self.clock.now()))?;
        Ok(row.map(|row| match row {
            (request, ..) if request != key.request => Known::Other,
            (_, Some(answer), _) => Known::Answered(answer),
            (_, None, made_at) => Known::Unanswered(made_at),
        }))
    }
}

impl Once {
    /// Runs `work` as the request that `key` names. What it committed last waits for [`Once::answered`], and is undone
    /// when that is not called.
    pub async fn run<T>(key: OnceKey, work: impl Future<Output = T>) -> (T, Arc<Self>) {
        let once = Arc::new(Self { key, state: Mutex::default() });
        let done = UNDER_WAY.scope(Arc::clone(&once), work).await;
        (done, once)
    }

    /// Whether anything was committed.
    pub async fn wrote(&self) -> bool {
        let state = self.state.lock().await;
        state.stored || state.held.is_some()
    }

    /// Commits what waits, with the key and its sealed answer; without one the key stays unanswered.
    ///
    /// # Errors
    /// [`Error::InProgress`] when another request with this key was faster, [`Error::Unavailable`] when the database
    /// cannot answer: what waited is undone then.
    pub async fn answered(&self, database: &Database, answer: Option<&[u8]>) -> Result<()> {
        let mut state = self.state.lock().await;
        match state.held.take() {
            Some(held) => self.store(&mut state, held, answer).await,
            None if state.stored => self.complete(&mut database.upkeep().await?, answer).await,
            None => Ok(()),
        }
    }

    /// Undoes what waits.
    pub async fn undo(&self) {
        self.state.lock().await.held = None;
    }

    async fn store(&self, state: &mut State, mut held: Held, answer: Option<&[u8]>) -> Result<()> {
        if state.stored {
            self.complete(&mut held, answer).await?;
        } else {
            self.insert(&mut held, answer).await?;
        }
        held.commit().await?;
        state.stored = true;
        Ok(())
    }

    async fn insert(&self, on: &mut Held, answer: Option<&[u8]>) -> Result<()> {
        // One that has expired and was not removed yet is as good as none.
        let text = "insert into idempotency_keys (id, request, answer, made_at, expires_at) \
                    values ($1, $2, $3, $4, $5) on conflict (id) do update set request = excluded.request, \
                    answer = excluded.answer, made_at = excluded.made_at, expires_at = excluded.expires_at \
                    where idempotency_keys.expires_at <= excluded.made_at";
        let at = on.at();
        let (key, expires_at) = (&self.key, at + KEPT);
        let stored = sql!(
            on,
            execute,
            query(text).bind(&key.id).bind(&key.request).bind(answer).bind(at).bind(expires_at)
        )?;
        if stored == 0 { Err(Error::InProgress) } else { Ok(()) }
    }

    async fn complete(&self, on: &mut impl Executor, answer: Option<&[u8]>) -> Result<()> {
        let text = "update idempotency_keys set answer = $2 where id = $1";
        sql!(on, execute, query(text).bind(&self.key.id).bind(answer))?;
        Ok(())
    }
}

/// Commits `held`: at once, or with the answer of the keyed request that this is part of.
pub(super) async fn commit(held: Held) -> Result<()> {
    let Ok(once) = UNDER_WAY.try_with(Arc::clone) else { return held.commit().await };
    let mut state = once.state.lock().await;
    if let Some(earlier) = state.held.replace(held) {
        once.store(&mut state, earlier, None).await?;
    }
    Ok(())
}

/// Commits what waits for an answer, so that what comes next sees it and meets no lock of it.
pub(super) async fn release() -> Result<()> {
    let Ok(once) = UNDER_WAY.try_with(Arc::clone) else { return Ok(()) };
    let mut state = once.state.lock().await;
    match state.held.take() {
        Some(held) => once.store(&mut state, held, None).await,
        None => Ok(()),
    }
}
