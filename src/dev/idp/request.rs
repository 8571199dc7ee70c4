//! A request, read whole under a limit. Called by the server; must never decide anything.

use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST, USER_AGENT};
use http::{HeaderMap, HeaderName};
use http_body_util::{BodyExt, Limited};
use hyper::body::{Bytes, Incoming};

use super::faults::Fault;

const BODY_LIMIT: usize = 256 * 1024;

/// A request and the fault, if any, that its endpoint itself must commit.
pub(super) struct Request {
    pub(super) method: String,
    pub(super) path: String,
    /// Path and query as sent.
    pub(super) target: String,
    pub(super) query: Params,
    pub(super) body: Bytes,
    pub(super) fault: Option<Fault>,
    headers: HeaderMap,
}

impl Request {
    /// Reads the whole request; none when its body is too large or breaks off.
    pub(super) async fn read(request: http::Request<Incoming>) -> Option<Self> {
        let (parts, body) = request.into_parts();
        let body = Limited::new(body, BODY_LIMIT).collect().await.ok()?.to_bytes();
        let query = parts.uri.query().unwrap_or_default();
        Some(Self {
            method: parts.method.to_string(),
            path: parts.uri.path().to_owned(),
            target: parts.uri.path_and_query().map(ToString::to_string).unwrap_or_default(),
            query: Params::parse(query.as_bytes()),
            body,
            fault: None,
            headers: parts.headers,
        })
    }

    fn header(&self, name: &HeaderName) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    pub(super) fn host(&self) -> &str {
        self.header(&HOST)
    }

    pub(super) fn user_agent(&self) -> &str {
        self.header(&USER_AGENT)
    }

    pub(super) fn accepts_json(&self) -> bool {
        self.header(&ACCEPT).contains("application/json")
    }

    pub(super) fn authorization(&self) -> &str {
        self.header(&AUTHORIZATION)
    }

    /// Whether the body's media type is `expected`, whatever its parameters.
    pub(super) fn is(&self, expected: &str) -> bool {
        let sent = self.header(&CONTENT_TYPE).split(';').next().unwrap_or_default();
        sent.trim().eq_ignore_ascii_case(expected)
    }

    /// The body's form fields; none when it is not a form or repeats a field.
    pub(super) fn form(&self) -> Option<Params> {
        let fields = Params::parse(&self.body);
        (self.is("application/x-www-form-urlencoded") && fields.repeated().is_none()).then_some(fields)
    }
}

/// Query parameters or form fields in the order sent.
pub(super) struct Params(Vec<(String, String)>);

impl Params {
    fn parse(text: &[u8]) -> Self {
        Self(url::form_urlencoded::parse(text).into_owned().collect())
    }

    /// The parameter's value; an empty one counts as missing (RFC 6749 section 3.1).
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(known, _)| known == name)?;
        Some(found.1.as_str()).filter(|value| !value.is_empty())
    }

    /// A parameter sent more than once, which OAuth forbids.
    pub(super) fn repeated(&self) -> Option<&str> {
        let mut names: Vec<&str> = self.0.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        names.windows(2).find_map(|pair| match pair {
            [one, other] if one == other => Some(*one),
            _ => None,
        })
    }
}
