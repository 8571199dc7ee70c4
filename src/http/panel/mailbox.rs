//! The mails of `freehold dev`, which sends none: on a page, with their links. Not found wherever mail is sent.

use askama::Template;
use axum::response::Response;

use crate::error::{Error, Result};
use crate::http::access::{Public, Reason};
use crate::http::panel::parts::view::{Look, View};
use crate::http::panel::{Icon, page};
use crate::http::routes::{Area, Routes};

/// Development is on loopback, and its mails go to sample people.
#[derive(Debug)]
enum Development {}

impl Reason for Development {
    const WHY: &'static str = "only in development, on loopback, with sample people's mail";
}

pub(super) fn routes() -> Routes {
    Routes::new(Area::Panel).get("/dev/mailbox", "Mails that development keeps", show)
}

#[derive(Debug, Template)]
#[template(path = "pages/mailbox.html")]
pub(super) struct MailboxPage {
    pub(super) look: Look,
    pub(super) mails: Vec<MailShown>,
}

/// A mail as it reads without HTML.
#[derive(Debug)]
pub(super) struct MailShown {
    pub(super) to: String,
    pub(super) subject: String,
    /// Where it is shown as HTML.
    pub(super) html: String,
    pub(super) lines: Vec<Line>,
}

/// A line of a mail.
#[derive(Debug)]
pub(super) struct Line {
    text: String,
    is_link: bool,
}

impl MailShown {
    /// The mail of this text.
    pub(super) fn new(to: String, subject: String, text: &str, html: String) -> Self {
        let line = |text: &str| Line { text: text.to_owned(), is_link: text.starts_with("http") };
        Self { to, subject, html, lines: text.lines().map(line).collect() }
    }
}

async fn show(_: Public<Development>, app: View) -> Result<Response> {
    let mailbox = app.mailbox.as_ref().ok_or(Error::NotFound)?;
    // Our own pages allow no style in a page, so the HTML is shown by the development provider.
    let shown = format!("http://{}/mail", app.config.dev_idp_listen);
    let mails = mailbox.list();
    let count = mails.len();
    let mails = mails.into_iter().enumerate().map(|(place, mail)| {
        let html = format!("{shown}/{}", count - place);
        MailShown::new(mail.to.to_string(), mail.subject, &mail.text, html)
    });
    Ok(page(&MailboxPage { look: app.look(), mails: mails.collect() }))
}
