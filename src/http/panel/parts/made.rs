//! What opens something and was just made: shown this once, as the answer to the form that made it. It is in no
//! address, cookie, log or row, and the form made it for a state that is past: sent again it makes no other.

use askama::Template;

use crate::http::panel::parts::frame::Frame;
use crate::http::panel::parts::shown::Moment;

/// A secret on its only page. Has no `Debug`, so that nothing prints it.
#[derive(Template)]
#[template(path = "pages/made.html")]
pub(in crate::http::panel) struct MadePage {
    /// What surrounds it.
    pub(in crate::http::panel) frame: Frame,
    /// What was made.
    pub(in crate::http::panel) title: String,
    /// What else is worth knowing; may be empty.
    pub(in crate::http::panel) note: String,
    /// The text itself.
    pub(in crate::http::panel) secret: String,
    /// The name that goes with it, where one does.
    pub(in crate::http::panel) client_id: Option<String>,
    /// When it ends.
    pub(in crate::http::panel) ends: Moment,
    /// How to try it: a line for a shell, without the secret, because shells remember lines.
    pub(in crate::http::panel) command: String,
    /// What the line does.
    pub(in crate::http::panel) tries: &'static str,
    /// The way on.
    pub(in crate::http::panel) back: String,
}
