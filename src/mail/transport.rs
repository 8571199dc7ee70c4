//! How mail leaves: by SMTP, into a box in memory, or not at all while nothing is configured. Called by
//! `deliver.rs` only.

use std::time::{Duration, SystemTime};

use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use lettre::{Address, AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};

use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::ids::MailId;
use crate::mail::{Mail, MailBox};

/// How long one step of the conversation with the mail server may take.
const STEP: Duration = Duration::from_secs(10);
/// How long the whole of it may take; well inside the lease of `store.rs`, so that no other node sends it too.
pub(super) const WHOLE: Duration = Duration::from_secs(30);

/// Where mail goes.
#[derive(Debug, Clone)]
pub enum Transport {
    /// To a mail server.
    Smtp {
        /// The server.
        server: Box<AsyncSmtpTransport<Tokio1Executor>>,
        /// The sender.
        from: Mailbox,
    },
    /// Into memory.
    Box(MailBox),
    /// Nowhere: mail waits in the outbox until a server is configured, or expires.
    None,
}

impl Transport {
    /// The server named by `url` (checked by `config`), sending as `from`, such as `Freehold <no-reply@example.com>`.
    /// Call and drop it inside the tokio runtime: the connections are kept by tasks.
    ///
    /// # Errors
    /// [`Error::Malformed`] when either cannot be read; neither is quoted, the URL holds a password.
    pub fn smtp(url: &str, from: &str) -> Result<Self> {
        let server = AsyncSmtpTransport::<Tokio1Executor>::from_url(url)
            .map_err(|_may_quote_the_password| Error::Malformed("FREEHOLD_SMTP_URL cannot be used".into()))?
            .timeout(Some(STEP))
            .build();
        let from = from.parse().map_err(|_syntax: lettre::address::AddressError| {
            Error::Malformed("FREEHOLD_MAIL_FROM is not `Name <address>`".into())
        })?;
        Ok(Self::Smtp { server: Box::new(server), from })
    }

    /// Sends `mail`. `id` names it at the receiving side too, so that a mail sent twice can be told.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when it was not taken; it may be tried again.
    pub(super) async fn send(&self, id: MailId, mail: &Mail, at: Timestamp) -> Result<()> {
        match self {
            Self::Smtp { server, from } => {
                let message = message(id, mail, from, at)?;
                match tokio::time::timeout(WHOLE, server.send(message)).await {
                    Ok(Ok(_accepted)) => Ok(()),
                    Ok(Err(error)) => Err(Error::unavailable(kind_of(&error), error)),
                    Err(elapsed) => Err(Error::unavailable("the mail server does not answer", elapsed)),
                }
            }
            Self::Box(mails) => {
                mails.put(mail);
                Ok(())
            }
            Self::None => Err(Error::Unavailable("no mail server is configured", None)),
        }
    }
}

/// What may be logged: a server's own words could repeat what it was sent.
fn kind_of(error: &lettre::transport::smtp::Error) -> &'static str {
    if error.is_permanent() {
        "the mail server refuses the mail"
    } else if error.is_transient() {
        "the mail server asks to try later"
    } else if error.is_tls() {
        "the mail server's TLS cannot be trusted"
    } else {
        "the mail server cannot be reached"
    }
}

fn message(id: MailId, mail: &Mail, from: &Mailbox, at: Timestamp) -> Result<Message> {
    let unusable = |error: lettre::address::AddressError| Error::internal("an address cannot be used", error);
    let to = Address::new(mail.to.split_once('@').map_or("", |(local, _)| local), mail.to.domain());
    let automatic = HeaderName::new_from_ascii_str("Auto-Submitted");
    Message::builder()
        .from(from.clone())
        .to(Mailbox::new(None, to.map_err(unusable)?))
        .subject(mail.subject.clone())
        .date(SystemTime::UNIX_EPOCH + at.since(Timestamp::from_micros(0)))
        .message_id(Some(format!("<{id}@{}>", from.email.domain())))
        .raw_header(HeaderValue::new(automatic, "auto-generated".to_owned()))
        .multipart(MultiPart::alternative_plain_html(mail.text.clone(), mail.html.clone()))
        .map_err(|error| Error::internal("a mail cannot be written", error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_holds_what_it_was_given_and_no_more() {
        let mail = Mail {
            to: "grace@example.com".parse().unwrap(),
            subject: "Ada\r\nBcc: all@example.com".to_owned(),
            text: "text".to_owned(),
            html: "<p>html".to_owned(),
        };
        let id = MailId::new();
        let from: Mailbox = "Freehold <no-reply@example.org>".parse().unwrap();
        let sent = message(id, &mail, &from, Timestamp::from_micros(1_700_000_000_000_000)).unwrap();
        let text = String::from_utf8(sent.formatted()).unwrap();
        let (headers, _body) = text.split_once("\r\n\r\n").unwrap();
        assert!(!headers.lines().any(|line| line.to_lowercase().starts_with("bcc")), "{headers}");
        assert_eq!(sent.envelope().to().len(), 1);
        for header in [
            "To: grace@example.com".to_owned(),
            "Date: Tue, 14 Nov 2023 22:13:20 +0000".to_owned(),
            "Auto-Submitted: auto-generated".to_owned(),
            format!("Message-ID: <{id}@example.org>"),
        ] {
            assert!(headers.lines().any(|line| line == header), "{header} in\n{headers}");
        }
    }

    #[tokio::test]
    async fn an_unreadable_server_is_not_quoted() {
        let error = Transport::smtp("smtp://u:hunter2@[", "a@example.com").unwrap_err().to_string();
        assert!(error.contains("FREEHOLD_SMTP_URL") && !error.contains("hunter2"), "{error}");
        assert!(Transport::smtp("smtp://127.0.0.1:25", "nobody").is_err());
    }
}
