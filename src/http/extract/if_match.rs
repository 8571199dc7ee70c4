//! `If-Match`, for handlers that change a resource. Must never take what is not one strong `ETag` for leave to
//! overwrite.

use axum::extract::FromRequestParts;
use http::header;
use http::request::Parts;

use crate::error::{Error, Result};
use crate::http::openapi::{Input, Operation};

/// `If-Match`: the version the client has seen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IfMatch(Option<String>);

impl<S: Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self> {
        let mut values = parts.headers.get_all(header::IF_MATCH).iter();
        let Some(value) = values.next() else { return Ok(Self(None)) };
        let value = value.to_str().ok().filter(|_| values.next().is_none());
        value
            .map(|value| Self(Some(value.to_owned())))
            .ok_or(Error::Malformed("If-Match cannot be read".into()))
    }
}

impl IfMatch {
    /// The revision the client has seen, when it sent one.
    ///
    /// # Errors
    /// [`Error::Stale`] when what it sent cannot be a revision of ours.
    pub fn revision(&self) -> Result<Option<i64>> {
        self.tag()?.map(|tag| tag.parse().map_err(|_not_ours| Error::Stale)).transpose()
    }

    /// The `ETag` the client has seen, without its quotes, when it sent one.
    ///
    /// # Errors
    /// [`Error::Stale`] when what it sent is not one strong `ETag`.
    pub fn tag(&self) -> Result<Option<&str>> {
        let Some(value) = self.0.as_deref().filter(|value| value.trim() != "*") else { return Ok(None) };
        let inner = value.trim().strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
        inner.map(Some).ok_or(Error::Stale)
    }
}

impl Input for IfMatch {
    fn describe(operation: &mut Operation) {
        operation.header("If-Match", "Do it only while the resource still has this ETag; 412 otherwise.");
    }
}
