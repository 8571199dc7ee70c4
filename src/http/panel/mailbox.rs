//! The mails of `freehold dev`, which sends none: on a page, with their links. Not found wherever mail is sent.

use askama::Template;
use axum::response::Response;

use crate::error::{Error, Result};
use crate::http::access::{Public, Reason};
use crate::http::panel::page;
use crate::http::panel::parts::view::{Look, View};
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
struct MailboxPage {
    look: Look,
    mails: Vec<MailShown>,
}

#[derive(Debug)]
struct MailShown {
    to: String,
    subject: String,
    lines: Vec<Line>,
}

#[derive(Debug)]
struct Line {
    text: String,
    is_link: bool,
}

async fn show(_: Public<Development>, app: View) -> Result<Response> {
    let mailbox = app.mailbox.as_ref().ok_or(Error::NotFound)?;
    let line = |text: &str| Line { text: text.to_owned(), is_link: text.starts_with("http") };
    let mails = mailbox.list().into_iter().map(|mail| MailShown {
        to: mail.to.to_string(),
        subject: mail.subject,
        lines: mail.text.lines().map(line).collect(),
    });
    Ok(page(&MailboxPage { look: app.look(), mails: mails.collect() }))
}
