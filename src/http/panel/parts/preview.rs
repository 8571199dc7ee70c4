//! The page between a form and its saving: what it would do, the values that were typed as hidden fields, and the way
//! on and back. Used by every page that asks first; saving is a post of its own, guarded as if nobody had been asked.

use askama::Template;
use axum::response::Response;

use crate::error::Result;
use crate::http::extract::Form;
use crate::http::panel::parts::consequences::Consequences;
use crate::http::panel::parts::form::{self, FormErrors, Rejected};
use crate::http::panel::parts::frame::Frame;
use crate::http::panel::{Icon, page};

/// The field that goes with what was typed when someone wants to go on editing.
pub(in crate::http::panel) const EDIT: &str = "edit";

/// What is about to be done.
#[derive(Debug, Template)]
#[template(path = "pages/preview.html")]
pub(in crate::http::panel) struct PreviewPage {
    /// What surrounds it.
    pub(in crate::http::panel) frame: Frame,
    /// The question.
    pub(in crate::http::panel) title: String,
    /// What will happen besides; may be empty.
    pub(in crate::http::panel) text: String,
    /// What it would do; none when it cannot be done.
    pub(in crate::http::panel) consequences: Option<Consequences>,
    /// Where the answer is sent.
    pub(in crate::http::panel) action: String,
    /// What is sent with it.
    pub(in crate::http::panel) fields: Vec<(String, String)>,
    /// What the button says.
    pub(in crate::http::panel) button: &'static str,
    /// Whether it takes something away for good.
    pub(in crate::http::panel) final_step: bool,
    /// Where one goes who does not want it.
    pub(in crate::http::panel) back: Back,
    /// Why it cannot be done.
    pub(in crate::http::panel) errors: FormErrors,
}

/// The way back.
#[derive(Debug)]
pub(in crate::http::panel) enum Back {
    /// To a page.
    Page(String),
    /// To the form, which is made again at this address from the same fields and [`EDIT`].
    Form(String),
}

impl PreviewPage {
    /// Asks, or says why there is nothing to ask.
    pub(in crate::http::panel) fn answer(mut self, rejected: Option<&Rejected>) -> Response {
        self.errors = form::errors(rejected);
        form::answer(rejected, page(&self))
    }
}

/// Whether the form was sent to be filled in further.
pub(in crate::http::panel) fn goes_on_editing(form: &Form) -> Result<bool> {
    Ok(!form.text(EDIT)?.is_empty())
}

/// All that was typed, to be sent again.
pub(in crate::http::panel) fn typed(form: &Form) -> Vec<(String, String)> {
    form.fields().iter().filter(|(name, _)| name != EDIT).cloned().collect()
}
