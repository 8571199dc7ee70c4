//! What handlers read from a request, after access was decided. Each answers a problem when the request is not
//! as it must be, and describes itself for the `OpenAPI` document. Stand in for axum's own, which do neither.

use axum::RequestPartsExt as _;
use axum::extract::{FromRequest, FromRequestParts, RawPathParams, Request, State};
use http::request::Parts;
use http::{HeaderMap, header};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use serde::de::DeserializeOwned;

use crate::authz::SessionRef;
use crate::error::{Error, FieldError, Result};
use crate::http::openapi::{Input, Operation};
use crate::http::state::AppState;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as URL_SAFE;

/// The largest request body.
pub const MAX_BODY: usize = 256 * 1024;
/// How long a body may take to arrive.
const BODY_TIMEOUT: std::time::Duration = std::time::Duration::from_secs(30);

impl Input for State<AppState> {
    fn describe(_: &mut Operation) {}
}

/// A JSON body. Unknown and repeated fields, other media types, and compressed or oversized bodies are refused.
#[derive(Debug)]
pub struct Json<T>(pub T);

impl<T: DeserializeOwned> FromRequest<AppState> for Json<T> {
    type Rejection = Error;

    async fn from_request(request: Request, _: &AppState) -> Result<Self> {
        if media_type(request.headers()) != Some("application/json") {
            return Err(Error::MediaType);
        }
        let body = read_body(request).await?;
        // serde would take an array of the fields in order for the object itself.
        if body.iter().find(|byte| !byte.is_ascii_whitespace()).is_some_and(|first| *first == b'[') {
            return Err(Error::invalid("", "type", "The body must be a JSON object."));
        }
        let mut deserializer = serde_json::Deserializer::from_slice(&body);
        let value = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| refuse(&error))?;
        deserializer
            .end()
            .map_err(|_trailing| Error::Malformed("there is more after the JSON value".into()))?;
        Ok(Self(value))
    }
}

fn refuse(error: &serde_path_to_error::Error<serde_json::Error>) -> Error {
    let cause = error.inner();
    if cause.is_data() {
        let path = error.path().to_string();
        let pointer = if path == "." {
            String::new()
        } else {
            format!("/{}", path.replace('.', "/").replace(['[', ']'], ""))
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

/// The media type of a body without its parameters; none when there is no single one.
fn media_type(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(header::CONTENT_TYPE).iter();
    let value = values.next()?.to_str().ok()?;
    values.next().is_none().then(|| value.split(';').next().unwrap_or_default().trim())
}

async fn read_body(request: Request) -> Result<Vec<u8>> {
    if request.headers().contains_key(header::CONTENT_ENCODING) {
        return Err(Error::MediaType);
    }
    let collect = Limited::new(request.into_body(), MAX_BODY).collect();
    let collected = tokio::time::timeout(BODY_TIMEOUT, collect)
        .await
        .map_err(|_elapsed| Error::Malformed("the body did not arrive in time".into()))?;
    match collected {
        Ok(body) => Ok(body.to_bytes().to_vec()),
        Err(error) if error.downcast_ref::<LengthLimitError>().is_some() => Err(Error::TooLarge),
        Err(_broken) => Err(Error::Malformed("the body broke off".into())),
    }
}

/// The fields of an HTML form, after its token was found to be this session's.
#[derive(Debug)]
pub struct Form(Vec<(String, String)>);

/// Name of the hidden field that holds the session's form token.
pub const FORM_TOKEN: &str = "form_token";

impl Form {
    /// The field `name`; empty when absent.
    ///
    /// # Errors
    /// [`Error::Malformed`] when it is there twice.
    pub fn text(&self, name: &'static str) -> Result<&str> {
        let mut values = self.0.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_str());
        let value = values.next().unwrap_or_default();
        if values.next().is_some() {
            return Err(Error::Malformed(format!("the field {name} is repeated").into()));
        }
        Ok(value)
    }

    /// Every value of the field `name`, as check boxes send them.
    #[must_use]
    pub fn list(&self, name: &str) -> Vec<String> {
        self.0.iter().filter(|(known, _)| known == name).map(|(_, value)| value.clone()).collect()
    }

    /// Refuses fields other than `known`.
    ///
    /// # Errors
    /// [`Error::Invalid`] naming the first unknown field.
    pub fn only(&self, known: &[&str]) -> Result<()> {
        match self.0.iter().find(|(name, _)| !known.contains(&name.as_str())) {
            None => Ok(()),
            Some((name, _)) => {
                Err(Error::invalid(format!("/{name}"), "unknown", "The form has no such field."))
            }
        }
    }
}

impl FromRequest<AppState> for Form {
    type Rejection = Error;

    async fn from_request(request: Request, app: &AppState) -> Result<Self> {
        if media_type(request.headers()) != Some("application/x-www-form-urlencoded") {
            return Err(Error::MediaType);
        }
        let session = request.extensions().get::<SessionRef>().copied().ok_or(Error::Csrf)?;
        let body = read_body(request).await?;
        let mut fields: Vec<(String, String)> = url::form_urlencoded::parse(&body).into_owned().collect();
        let tokens: Vec<String> =
            fields.iter().filter(|(name, _)| name == FORM_TOKEN).map(|(_, value)| value.clone()).collect();
        fields.retain(|(name, _)| name != FORM_TOKEN);
        match tokens.as_slice() {
            [token] if is_form_token(app, session, token) => Ok(Self(fields)),
            _ => Err(Error::Csrf),
        }
    }
}

/// A token for the forms of this session's pages. Masked anew each time, so that compressed pages do not give it away.
#[must_use]
pub fn form_token(app: &AppState, session: SessionRef) -> String {
    let mask = URL_SAFE.encode(crate::ids::random_bytes::<9>());
    let code = app.sealer.sign(FORM_TOKEN, &masked(session, &mask));
    format!("{mask}{code}")
}

fn is_form_token(app: &AppState, session: SessionRef, token: &str) -> bool {
    token
        .split_at_checked(12)
        .is_some_and(|(mask, code)| app.sealer.verify(FORM_TOKEN, &masked(session, mask), code))
}

fn masked(session: SessionRef, mask: &str) -> Vec<u8> {
    [session.handle.uuid().as_bytes(), mask.as_bytes()].concat()
}

impl Input for Form {
    fn describe(_: &mut Operation) {}
}

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

/// A value that can stand in a path, by the one name it has in all paths.
pub trait Segment: Sized {
    /// The parameter's name in route paths.
    const NAME: &'static str;

    /// Reads its only spelling; none for anything else.
    fn read(text: &str) -> Option<Self>;
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
    fn describe(_: &mut Operation) {}
}

impl Segment for crate::ids::UserId {
    const NAME: &'static str = "user";

    fn read(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

impl Segment for crate::ids::InvitationId {
    const NAME: &'static str = "invitation";

    fn read(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

impl Segment for crate::ids::SessionHandle {
    const NAME: &'static str = "session";

    fn read(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

impl Segment for crate::ids::IdentityId {
    const NAME: &'static str = "identity";

    fn read(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

impl Segment for crate::login::Provider {
    const NAME: &'static str = "provider";

    fn read(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

/// A secret or word in a path: letters, digits and hyphens only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word<const NAME: char>(pub String);

/// The secret of an invitation's link.
pub type TokenWord = Word<'t'>;
/// The slug of a problem's page.
pub type SlugWord = Word<'s'>;
/// The name of an asset.
pub type FileWord = Word<'f'>;

impl<const KIND: char> Segment for Word<KIND> {
    const NAME: &'static str = match KIND {
        't' => "token",
        's' => "slug",
        _ => "file",
    };

    fn read(text: &str) -> Option<Self> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || (KIND == 'f' && byte == b'.');
        (!text.is_empty() && text.len() <= 100 && text.bytes().all(plain)).then(|| Self(text.to_owned()))
    }
}

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
