//! Where domains put mail. What is enqueued is sent if, and only if, the transaction commits; it is encrypted
//! at rest because it may carry an invitation's secret.

use std::sync::Arc;

use tokio::sync::Notify;

use crate::clock::Timestamp;
use crate::db::{Executor, Sealer, WriteTx};
use crate::error::{Error, Result};
use crate::ids::MailId;
use crate::mail::{Mail, store};

/// The purpose mail is sealed for.
const PURPOSE: &str = "mail";

/// How much mail waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
pub struct Backlog {
    /// How many mails, those included that are on their way at this moment.
    pub waiting: i64,
    /// When the oldest of them was put there.
    pub oldest_at: Option<Timestamp>,
}

/// The mail that waits. Clones are the same outbox.
#[derive(Debug, Clone)]
pub struct Outbox {
    sealer: Sealer,
    waiting: Arc<Notify>,
}

impl Outbox {
    /// The outbox whose mail `sealer` encrypts.
    #[must_use]
    pub fn new(sealer: Sealer) -> Self {
        Self { sealer, waiting: Arc::default() }
    }

    /// Puts `mail` into the outbox as part of `tx`; after `expires_at` it is not worth sending. Call
    /// [`Outbox::wake`] after the commit.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the database cannot answer.
    pub async fn enqueue(&self, tx: &mut WriteTx, mail: &Mail, expires_at: Timestamp) -> Result<MailId> {
        let json = serde_json::to_vec(mail).map_err(|error| Error::internal("a mail is not JSON", error))?;
        let id = MailId::new();
        let at = tx.at();
        let new =
            store::NewMail { id, recipient: mail.to.as_str(), sealed: self.sealer.seal(PURPOSE, &json)? };
        store::insert(tx, &new, at, expires_at).await?;
        Ok(id)
    }

    /// How much mail waits that is still worth sending.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the database cannot answer.
    pub async fn backlog(&self, on: &mut impl Executor, now: Timestamp) -> Result<Backlog> {
        let (waiting, oldest_at) = store::backlog(on, now).await?;
        Ok(Backlog { waiting, oldest_at })
    }

    /// Has this node look into the outbox at once rather than in a few seconds.
    pub fn wake(&self) {
        self.waiting.notify_one();
    }

    pub(super) async fn woken(&self) {
        self.waiting.notified().await;
    }

    pub(super) fn open(&self, sealed: &[u8]) -> Result<Mail> {
        let json = self.sealer.open(PURPOSE, sealed)?;
        serde_json::from_slice(&json)
            .map_err(|_quotes_the_body| Error::Internal("a mail cannot be read", None))
    }
}
