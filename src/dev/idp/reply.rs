//! Answers. Called by every endpoint; must never let a browser or client store one.

use std::convert::Infallible;

use futures_util::{StreamExt, stream};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, LOCATION};
use http::{HeaderName, HeaderValue, Response, StatusCode};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::{Bytes, Frame};
use serde_json::Value;

pub(super) type Reply = Response<BoxBody<Bytes, Infallible>>;

pub(super) fn body(status: StatusCode, media_type: &'static str, body: impl Into<Bytes>) -> Reply {
    finish(status, media_type, Full::new(body.into()).boxed())
}

pub(super) fn json(status: StatusCode, value: &Value) -> Reply {
    body(status, "application/json; charset=utf-8", value.to_string())
}

pub(super) fn form(fields: &[(&str, &str)]) -> Reply {
    let text = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    body(StatusCode::OK, "application/x-www-form-urlencoded; charset=utf-8", text)
}

pub(super) fn text(status: StatusCode, text: &'static str) -> Reply {
    body(status, "text/plain; charset=utf-8", text)
}

pub(super) fn redirect(status: StatusCode, to: &str) -> Reply {
    with_header(text(status, ""), LOCATION, to)
}

/// A body that begins and never ends.
pub(super) fn stalled() -> Reply {
    let start = stream::iter([Ok(Frame::data(Bytes::from_static(b"{\"stalled\":")))]);
    finish(
        StatusCode::OK,
        "application/json",
        BodyExt::boxed(StreamBody::new(start.chain(stream::pending()))),
    )
}

/// The same answer with one more header; a value that no header can carry becomes a 500.
pub(super) fn with_header(mut reply: Reply, name: HeaderName, value: &str) -> Reply {
    match HeaderValue::from_str(value) {
        Ok(value) => {
            reply.headers_mut().insert(name, value);
            reply
        }
        Err(_not_a_header) => text(StatusCode::INTERNAL_SERVER_ERROR, "no header can carry this value"),
    }
}

fn finish(status: StatusCode, media_type: &'static str, body: BoxBody<Bytes, Infallible>) -> Reply {
    let mut reply = Response::new(body);
    *reply.status_mut() = status;
    reply.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    reply.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    reply
}
