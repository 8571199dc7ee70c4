//! What handlers read from a request, after access was decided. Each answers a problem when the request is not
//! as it must be, and describes itself for the `OpenAPI` document. Stand in for axum's own, which do neither.

mod body;
mod form;
mod if_match;
mod json;
mod path;
mod query;
mod segments;

use axum::extract::State;

use crate::http::openapi::{Input, Operation};
use crate::http::state::AppState;

pub use body::MAX_BODY;
pub(in crate::http) use body::{media_type, read_body};
pub use form::{FORM_TOKEN, Form, form_token};
pub use if_match::IfMatch;
pub use json::{Json, read_json};
pub use path::{Path, Segment};
pub use query::Query;
#[cfg(feature = "dev")]
pub use segments::SampleWord;
pub use segments::{FileWord, JoinableId, KeyWord, RoleWord, SlugWord, TagWord, TokenWord, Word};

impl Input for State<AppState> {
    fn describe(_: &mut Operation) {}
}
