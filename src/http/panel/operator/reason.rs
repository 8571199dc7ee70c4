//! The second step before something is done to a tenant or a person for a reason: says what will happen, and asks why.

use askama::Template;
use axum::response::Response;

use crate::http::panel::parts::form::{self, FormErrors, Rejected};
use crate::http::panel::parts::frame::Frame;
use crate::http::panel::{Icon, page};

/// What is asked.
#[derive(Debug, Template)]
#[template(path = "pages/operator_reason.html")]
pub(in crate::http::panel) struct ReasonPage {
    pub(in crate::http::panel) frame: Frame,
    pub(in crate::http::panel) title: String,
    pub(in crate::http::panel) text: String,
    /// What to know before: a sentence, and the names of what it is about.
    pub(in crate::http::panel) warning: Option<(String, Vec<String>)>,
    /// Who reads the reason.
    pub(in crate::http::panel) readers: &'static str,
    pub(in crate::http::panel) action: String,
    pub(in crate::http::panel) button: &'static str,
    pub(in crate::http::panel) cancel: String,
    pub(in crate::http::panel) reason: String,
    pub(in crate::http::panel) errors: FormErrors,
}

impl ReasonPage {
    /// Asks, again with what was typed when it was not possible.
    pub(super) fn answer(mut self, rejected: Option<(&Rejected, &str)>) -> Response {
        let (rejected, typed) = rejected.unzip();
        self.errors = form::errors(rejected);
        self.reason = typed.map(str::to_owned).unwrap_or_default();
        form::answer(rejected, page(&self))
    }
}
