//! A request's body, whatever its media type. Called by `Json`, `Form` and for keyed requests; must never hold more than the limit, nor
//! wait for the rest of a body without end.

use axum::body::Body;
use http::{HeaderMap, header};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};

use crate::error::{Error, Result};

/// The largest request body.
pub const MAX_BODY: usize = 256 * 1024;
/// How long a body may take to arrive.
const BODY_TIMEOUT: std::time::Duration = std::time::Duration::from_secs(30);

/// The media type of a body without its parameters; none when there is no single one.
pub(in crate::http) fn media_type(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(header::CONTENT_TYPE).iter();
    let value = values.next()?.to_str().ok()?;
    values.next().is_none().then(|| value.split(';').next().unwrap_or_default().trim())
}

pub(in crate::http) async fn read_body(headers: &HeaderMap, body: Body) -> Result<Vec<u8>> {
    if headers.contains_key(header::CONTENT_ENCODING) {
        return Err(Error::MediaType);
    }
    let collect = Limited::new(body, MAX_BODY).collect();
    let collected = tokio::time::timeout(BODY_TIMEOUT, collect)
        .await
        .map_err(|_elapsed| Error::Malformed("the body did not arrive in time".into()))?;
    match collected {
        Ok(body) => Ok(body.to_bytes().to_vec()),
        Err(error) if error.downcast_ref::<LengthLimitError>().is_some() => Err(Error::TooLarge),
        Err(_broken) => Err(Error::Malformed("the body broke off".into())),
    }
}
