//! Mail kept in memory in place of being sent: for `freehold dev`, which shows it on a page, and for tests.
//! Never used by `serve`.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use crate::mail::Mail;

/// How many mails are kept; the oldest goes first.
const KEPT: usize = 200;

/// The mails of this process. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct MailBox {
    mails: Arc<Mutex<VecDeque<Mail>>>,
    announce: bool,
}

impl MailBox {
    /// An empty box that says nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty box that logs each mail with its links: development has no mail program to open them in.
    #[must_use]
    pub fn announcing() -> Self {
        Self { announce: true, ..Self::default() }
    }

    /// The mails, newest first.
    #[must_use]
    pub fn list(&self) -> Vec<Mail> {
        self.mails.lock().unwrap_or_else(PoisonError::into_inner).iter().rev().cloned().collect()
    }

    pub(super) fn put(&self, mail: &Mail) {
        if self.announce {
            let links: Vec<&str> = mail.text.lines().filter(|line| line.starts_with("http")).collect();
            tracing::info!(to = %mail.to, subject = mail.subject, link = links.join(" "), "mail");
        }
        let mut mails = self.mails.lock().unwrap_or_else(PoisonError::into_inner);
        if mails.len() >= KEPT {
            mails.pop_front();
        }
        mails.push_back(mail.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_box_is_bounded_and_shows_the_newest_first() {
        let mails = MailBox::new();
        for number in 0..=KEPT {
            mails.put(&Mail {
                to: "a@example.com".parse().unwrap(),
                subject: number.to_string(),
                text: String::new(),
                html: String::new(),
            });
        }
        let subjects: Vec<String> = mails.list().into_iter().map(|mail| mail.subject).collect();
        assert_eq!((subjects.len(), subjects[0].as_str(), subjects[KEPT - 1].as_str()), (KEPT, "200", "1"));
    }
}
