//! JSON bodies, for the handlers of the API. Must never take what two readers could read differently: repeated
//! fields, arrays in place of objects, a second value after the first.

use axum::extract::{FromRequest, Request};
use serde::de::DeserializeOwned;

use super::body::{media_type, read_body};
use crate::error::{Error, FieldError, Result};
use crate::http::state::AppState;

/// A JSON body. Unknown and repeated fields, other media types, and compressed or oversized bodies are refused.
#[derive(Debug)]
pub struct Json<T>(pub T);

impl<T: DeserializeOwned> FromRequest<AppState> for Json<T> {
    type Rejection = Error;

    async fn from_request(request: Request, _: &AppState) -> Result<Self> {
        if media_type(request.headers()) != Some("application/json") {
            return Err(Error::MediaType);
        }
        let (parts, body) = request.into_parts();
        let body = read_body(&parts.headers, body).await?;
        read_json(&body).map(Self)
    }
}

/// Reads one JSON object.
///
/// # Errors
/// [`Error::Malformed`] when it is not JSON; [`Error::Invalid`] by field when it is not what is asked for.
pub fn read_json<T: DeserializeOwned>(text: &[u8]) -> Result<T> {
    // serde would take an array of the fields in order for the object itself.
    if text.iter().find(|byte| !byte.is_ascii_whitespace()).is_some_and(|first| *first == b'[') {
        return Err(Error::invalid("", "type", "It must be a JSON object."));
    }
    let mut deserializer = serde_json::Deserializer::from_slice(text);
    let value = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| refuse(&error))?;
    deserializer.end().map_err(|_trailing| Error::Malformed("there is more after the JSON value".into()))?;
    Ok(value)
}

fn refuse(error: &serde_path_to_error::Error<serde_json::Error>) -> Error {
    let cause = error.inner();
    if cause.is_data() {
        let path = error.path().to_string();
        let pointer = if path == "." {
            String::new()
        } else {
            format!("/{}", path.replace(['.', '['], "/").replace(']', ""))
        };
        let text = cause.to_string();
        // serde adds where in the text; the pointer says it better.
        let text = text.split(" at line ").next().unwrap_or_default().to_owned();
        let code = if text.starts_with("unknown field") {
            "unknown"
        } else if text.starts_with("missing field") {
            "required"
        } else if text.starts_with("duplicate field") {
            "repeated"
        } else {
            "type"
        };
        return Error::Invalid(vec![FieldError { pointer, code, detail: text.into() }]);
    }
    Error::Malformed(format!("it is not JSON (line {}, column {})", cause.line(), cause.column()).into())
}
