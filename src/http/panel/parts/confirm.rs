//! The second step before something that cannot be undone: says what will happen, and asks once more.

use askama::Template;
use axum::response::Response;

use crate::http::panel::parts::form::{self, FormErrors, Rejected};
use crate::http::panel::parts::frame::Frame;
use crate::http::panel::{Icon, page};

/// What is asked.
#[derive(Debug, Template)]
#[template(path = "pages/confirm.html")]
pub(in crate::http::panel) struct Confirm {
    /// What surrounds it.
    pub(in crate::http::panel) frame: Frame,
    /// The question.
    pub(in crate::http::panel) title: String,
    /// What will happen.
    pub(in crate::http::panel) text: String,
    /// Where the answer is sent.
    pub(in crate::http::panel) action: String,
    /// Which state of the thing it is asked about; answered later than that, it is asked again.
    pub(in crate::http::panel) revision: Option<i64>,
    /// What the button says.
    pub(in crate::http::panel) button: &'static str,
    /// Where one goes who does not want it.
    pub(in crate::http::panel) cancel: String,
    /// What was wrong the last time.
    pub(in crate::http::panel) errors: FormErrors,
}

impl Confirm {
    /// Asks, again when it was not possible.
    pub(in crate::http::panel) fn answer(mut self, rejected: Option<&Rejected>) -> Response {
        self.errors = form::errors(rejected);
        form::answer(rejected, page(&self))
    }
}
