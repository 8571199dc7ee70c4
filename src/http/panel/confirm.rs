//! The second step before something that cannot be undone: says what will happen, and asks once more.

use askama::Template;
use axum::response::Response;

use crate::http::panel::form::{self, FormErrors, Rejected};
use crate::http::panel::frame::Frame;
use crate::http::panel::page;

/// What is asked.
#[derive(Debug, Template)]
#[template(path = "pages/confirm.html")]
pub(super) struct Confirm {
    /// What surrounds it.
    pub(super) frame: Frame,
    /// The question.
    pub(super) title: String,
    /// What will happen.
    pub(super) text: String,
    /// Where the answer is sent.
    pub(super) action: String,
    /// What the button says.
    pub(super) button: &'static str,
    /// Where one goes who does not want it.
    pub(super) cancel: String,
    /// What was wrong the last time.
    pub(super) errors: FormErrors,
}

impl Confirm {
    /// Asks, again when it was not possible.
    pub(super) fn answer(mut self, rejected: Option<&Rejected>) -> Response {
        self.errors = form::errors(rejected);
        form::answer(rejected, page(&self))
    }
}
