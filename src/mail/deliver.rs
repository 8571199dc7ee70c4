//! The task that sends what waits in the outbox. Any number of nodes may run it: a mail is leased before it is
//! sent, and deleted after. A crash between the two sends it again; the `Message-ID` stays the same.

use std::time::Duration;

use futures_util::future::join_all;

use crate::db::Database;
use crate::error::{Error, Result};
use crate::ids::{MailId, random_bytes};
use crate::mail::store::Claimed;
use crate::mail::{Outbox, Transport, store};

/// How often the outbox is looked into when nobody wakes the task.
const POLL: Duration = Duration::from_secs(3);
/// The wait after the first failure; it doubles with each.
const FIRST_WAIT: Duration = Duration::from_secs(5);
/// The longest wait.
const LONGEST_WAIT: Duration = Duration::from_hours(1);

/// Sends mail until the task is dropped: at once when this node enqueued some, within seconds otherwise.
pub async fn deliver(outbox: Outbox, database: Database, transport: Transport) {
    if matches!(transport, Transport::None) {
        return std::future::pending().await;
    }
    loop {
        deliver_due(&outbox, &database, &transport).await;
        tokio::select! {
            () = outbox.woken() => {}
            () = tokio::time::sleep(POLL) => {}
        }
    }
}

/// Tries every mail that is due now, once, and gives how many were sent. Failures are logged and tried later.
pub async fn deliver_due(outbox: &Outbox, database: &Database, transport: &Transport) -> usize {
    let Some(first) = claim(database).await else { return 0 };
    // A server that is slow with one mail does not hold up the others.
    let workers = [Some(first), None, None, None].map(|first| work(outbox, database, transport, first));
    join_all(workers).await.into_iter().sum()
}

async fn work(
    outbox: &Outbox,
    database: &Database,
    transport: &Transport,
    mut claimed: Option<Claimed>,
) -> usize {
    let mut sent = 0;
    loop {
        let Some(mail) = (match claimed.take() {
            Some(first) => Some(first),
            None => claim(database).await,
        }) else {
            return sent;
        };
        sent += usize::from(attempt(outbox, database, transport, mail).await);
    }
}

async fn claim(database: &Database) -> Option<Claimed> {
    let now = database.clock().now();
    match async { store::claim(&mut database.upkeep().await?, now).await }.await {
        Ok(claimed) => claimed,
        Err(error) => {
            tracing::warn!(%error, cause = ?error, "the outbox cannot be read");
            None
        }
    }
}

async fn attempt(outbox: &Outbox, database: &Database, transport: &Transport, claimed: Claimed) -> bool {
    let Claimed { id, sealed, attempts } = claimed;
    let sent = async { transport.send(id, &outbox.open(&sealed)?, database.clock().now()).await }.await;
    let recorded = match &sent {
        Ok(()) => {
            metrics::counter!("freehold_mail_sent_total").increment(1);
            forget(database, id).await
        }
        Err(error) => {
            failed(id, attempts, error);
            postpone(database, id, attempts).await
        }
    };
    if let Err(error) = recorded {
        tracing::warn!(mail = %id, %error, cause = ?error, "the outbox cannot be written");
    }
    sent.is_ok()
}

fn failed(id: MailId, attempts: i64, error: &Error) {
    metrics::counter!("freehold_mail_failed_total").increment(1);
    // Only our own words: the cause may hold a server's answer, which may repeat the mail.
    tracing::warn!(mail = %id, attempts, %error, "a mail was not sent; it will be tried again");
}

/// Deletes a mail that was sent, trying more than once: as long as it is there it will be sent again.
async fn forget(database: &Database, id: MailId) -> Result<()> {
    let mut result = Err(Error::Unavailable("not tried", None));
    for wait in [0, 1, 4] {
        tokio::time::sleep(Duration::from_secs(wait)).await;
        result = async { store::delete(&mut database.upkeep().await?, id).await }.await;
        if result.is_ok() {
            break;
        }
    }
    result
}

async fn postpone(database: &Database, id: MailId, attempts: i64) -> Result<()> {
    let due_at = database.clock().now() + wait_after(attempts, random_bytes());
    store::postpone(&mut database.upkeep().await?, id, due_at).await
}

/// How long to wait after the `attempts`th failure: doubling, at most an hour, less up to a quarter by chance so
/// that mails which failed together do not come back together.
fn wait_after(attempts: i64, chance: [u8; 1]) -> Duration {
    let doublings = u32::try_from(attempts.clamp(1, 20) - 1).unwrap_or(0);
    let wait = FIRST_WAIT.saturating_mul(1 << doublings).min(LONGEST_WAIT);
    wait.saturating_sub(wait / 4 * u32::from(chance[0]) / 255)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_doubles_up_to_an_hour() {
        let seconds = |attempts, chance| wait_after(attempts, [chance]).as_secs();
        assert_eq!([1, 2, 3, 4].map(|attempts| seconds(attempts, 0)), [5, 10, 20, 40]);
        assert_eq!((seconds(11, 0), seconds(i64::MAX, 0), seconds(0, 0)), (3600, 3600, 5));
        assert_eq!(seconds(20, 255), 2700);
    }
}
