//! What handlers answer with. Each describes itself for the `OpenAPI` document.

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use schemars::JsonSchema;
use serde::Serialize;

use crate::db::Committed;
use crate::http::openapi::{Operation, Output};

/// A resource: 200, its `ETag` when it has a revision, and the policy version after a write.
#[derive(Debug)]
pub struct Found<T> {
    value: T,
    tag: Option<String>,
    policy_version: Option<i64>,
    status: StatusCode,
    location: Option<String>,
}

/// A new resource: 201 with its `Location`.
#[derive(Debug)]
pub struct Created<T>(Found<T>);

impl<T> Found<T> {
    /// Answers with `value`.
    pub fn new(value: T) -> Self {
        Self { value, tag: None, policy_version: None, status: StatusCode::OK, location: None }
    }

    /// With the revision as its `ETag`.
    #[must_use]
    pub fn revision(self, revision: i64) -> Self {
        self.tag(revision.to_string())
    }

    /// With this as its `ETag`, quotes aside.
    #[must_use]
    pub fn tag(mut self, tag: String) -> Self {
        self.tag = Some(tag);
        self
    }

    /// With `X-Policy-Version`, when the write changed access.
    #[must_use]
    pub fn after(mut self, version: Option<i64>) -> Self {
        self.policy_version = version;
        self
    }

    /// As a new resource at `location`.
    #[must_use]
    pub fn created(mut self, location: String) -> Created<T> {
        self.status = StatusCode::CREATED;
        self.location = Some(location);
        Created(self)
    }
}

impl<T: Serialize> IntoResponse for Found<T> {
    fn into_response(self) -> Response {
        let body = match serde_json::to_vec(&self.value) {
            Ok(body) => body,
            Err(error) => {
                return crate::error::Error::internal("an answer cannot be written", error).into_response();
            }
        };
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Some(etag) = self.tag.and_then(|tag| HeaderValue::from_str(&format!("\"{tag}\"")).ok()) {
            headers.insert(header::ETAG, etag);
        }
        if let Some(version) = self.policy_version {
            headers.insert("x-policy-version", HeaderValue::from(version));
        }
        if let Some(location) = self.location.and_then(|location| HeaderValue::from_str(&location).ok()) {
            headers.insert(header::LOCATION, location);
        }
        response
    }
}

impl<T: Serialize> IntoResponse for Created<T> {
    fn into_response(self) -> Response {
        self.0.into_response()
    }
}

impl<T: JsonSchema> Output for Found<T> {
    fn describe(operation: &mut Operation) {
        operation.answer::<T>(200);
    }
}

impl<T: JsonSchema> Output for Created<T> {
    fn describe(operation: &mut Operation) {
        operation.answer::<T>(201);
    }
}

/// 204, with the policy version when the write changed access.
#[derive(Debug, Default)]
pub struct Done {
    policy_version: Option<i64>,
}

impl From<Committed> for Done {
    fn from(committed: Committed) -> Self {
        Self { policy_version: committed.policy_version }
    }
}

impl IntoResponse for Done {
    fn into_response(self) -> Response {
        let mut response = StatusCode::NO_CONTENT.into_response();
        if let Some(version) = self.policy_version {
            response.headers_mut().insert("x-policy-version", HeaderValue::from(version));
        }
        response
    }
}

impl Output for Done {
    fn describe(operation: &mut Operation) {
        operation.empty_answer(204);
    }
}

/// 303 to a path of ours: what follows every form.
#[derive(Debug)]
pub struct SeeOther(pub String);

impl IntoResponse for SeeOther {
    fn into_response(self) -> Response {
        let mut response = StatusCode::SEE_OTHER.into_response();
        match HeaderValue::from_str(&self.0) {
            Ok(location) => {
                response.headers_mut().insert(header::LOCATION, location);
                response
            }
            Err(error) => {
                crate::error::Error::internal("a redirect cannot be written", error).into_response()
            }
        }
    }
}

impl Output for SeeOther {
    fn describe(operation: &mut Operation) {
        operation.empty_answer(303);
    }
}
