//! Query parameters, for every handler. Must never choose among repeated ones: a proxy before us may choose the
//! other.

use axum::extract::FromRequestParts;
use http::request::Parts;
use serde::de::DeserializeOwned;

use crate::error::{Error, Result};
use crate::http::state::AppState;

/// Query parameters. Repeated and unknown ones are refused.
#[derive(Debug)]
pub struct Query<T>(pub T);

impl<T: DeserializeOwned> FromRequestParts<AppState> for Query<T> {
    type Rejection = Error;

    #[allow(clippy::disallowed_types, reason = "this is what stands in for axum's own")]
    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self> {
        let query = parts.uri.query().unwrap_or_default();
        let mut names: Vec<String> =
            url::form_urlencoded::parse(query.as_bytes()).map(|(name, _)| name.into_owned()).collect();
        names.sort();
        if let Some(twice) = names.windows(2).find(|pair| pair.first() == pair.last()) {
            let name = twice.first().cloned().unwrap_or_default();
            return Err(Error::invalid(format!("/{name}"), "repeated", "Give this parameter once."));
        }
        match axum::extract::Query::<T>::try_from_uri(&parts.uri) {
            Ok(axum::extract::Query(value)) => Ok(Self(value)),
            Err(rejection) => {
                use std::error::Error as _;
                let why = rejection.source().map(ToString::to_string).unwrap_or_default();
                let (pointer, why) = why.split_once(": ").unwrap_or(("", &why));
                Err(Error::invalid(format!("/{pointer}"), "query", why.to_owned()))
            }
        }
    }
}
