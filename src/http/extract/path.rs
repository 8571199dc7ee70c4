//! Path parameters, for every handler, found by the type of what they name. What cannot name anything must never
//! be told from what names nothing.

use axum::RequestPartsExt as _;
use axum::extract::{FromRequestParts, RawPathParams};
use http::request::Parts;
use serde_json::{Value, json};

use crate::error::{Error, Result};
use crate::http::openapi::{Input, Operation};
use crate::http::state::AppState;

/// A value that can stand in a path, by the one name it has in all paths.
pub trait Segment: Sized {
    /// The parameter's name in route paths.
    const NAME: &'static str;
    /// What it is, for the document; "the id of the …" when empty.
    const WHAT: &'static str = "";

    /// Reads its only spelling; none for anything else.
    fn read(text: &str) -> Option<Self>;

    /// Its form, for the document: an id unless said otherwise.
    #[must_use]
    fn schema() -> Value {
        json!({ "type": "string", "format": "uuid" })
    }
}

/// A path parameter. What cannot name anything is not found.
#[derive(Debug)]
pub struct Path<T>(pub T);

impl<T: Segment> FromRequestParts<AppState> for Path<T> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self> {
        let parameters = parts.extract::<RawPathParams>().await.map_err(|_encoding| Error::NotFound)?;
        let text = parameters.iter().find(|(name, _)| *name == T::NAME).map(|(_, value)| value);
        let text =
            text.ok_or(Error::Internal("the route's path lacks a parameter its handler reads", None))?;
        T::read(text).map(Self).ok_or(Error::NotFound)
    }
}

impl<T: Segment> Input for Path<T> {
    fn describe(operation: &mut Operation) {
        operation.path(T::NAME, T::WHAT, T::schema());
    }
}
