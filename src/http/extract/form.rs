//! Forms of our pages, and the token that proves a form is ours. For the handlers of the panel; must never give
//! a field before the token was found to be this session's.

use axum::extract::{FromRequest, Request};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as URL_SAFE;

use super::body::{media_type, read_body};
use crate::authz::SessionRef;
use crate::error::{Error, Result};
use crate::http::openapi::{Input, Operation};
use crate::http::state::AppState;

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

    /// The field `revision`: which state of a thing the form was made for.
    ///
    /// # Errors
    /// [`Error::Malformed`] when it is no number.
    pub fn revision(&self) -> Result<i64> {
        let revision = self.text("revision")?.parse();
        revision.map_err(|_number| Error::Malformed("the revision is not a number".into()))
    }

    /// Every value of the field `name`, as check boxes send them.
    #[must_use]
    pub fn list(&self, name: &str) -> Vec<String> {
        self.0.iter().filter(|(known, _)| known == name).map(|(_, value)| value.clone()).collect()
    }

    /// Every field but the token, in order.
    #[must_use]
    pub fn fields(&self) -> &[(String, String)] {
        &self.0
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
        let (parts, body) = request.into_parts();
        let body = read_body(&parts.headers, body).await?;
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
