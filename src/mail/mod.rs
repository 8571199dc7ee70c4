//! Mail: what is sent, and how it leaves. Domains put a [`Mail`] into the [`Outbox`] within the transaction of
//! the change it tells of; [`deliver`] sends it later. Must never log a body: it carries secrets.
//!
//! ```text
//! domain ── enqueue(tx, mail) ──▶ outbox table ── claim (a lease) ──▶ Transport: SMTP | MailBox | none yet
//!            sealed, committed                     failed: due later
//!            with the change                       sent: deleted
//! ```

mod deliver;
mod endings;
mod mailbox;
mod outbox;
mod requests;
mod store;
mod template;
#[cfg(test)]
mod tests;
mod transport;

use serde::{Deserialize, Serialize};

use crate::email::EmailAddress;

pub use deliver::{deliver, deliver_due};
pub use endings::{EndingMail, Ends};
pub use mailbox::MailBox;
pub use outbox::{Backlog, Outbox};
pub use requests::{DecisionMail, RequestMail};
pub use template::{InvitationMail, JoinDecisionMail, RoleInMail};
pub use transport::Transport;

/// A mail to one person, as text and as HTML.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mail {
    /// Whom it goes to.
    pub to: EmailAddress,
    /// Its subject: one line.
    pub subject: String,
    /// The body for readers without HTML.
    pub text: String,
    /// The body.
    pub html: String,
}

impl std::fmt::Debug for Mail {
    /// Leaves the bodies out: they carry secrets.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Mail").field("to", &self.to.as_str()).finish_non_exhaustive()
    }
}
