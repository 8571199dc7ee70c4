//! The sign-in page, and pages for what can go wrong between it and the provider. All texts are ours.

use askama::Template;
use axum::response::Response;
use http::{HeaderMap, StatusCode};
use serde::Deserialize;

use crate::error::Result;
use crate::http::access::{Public, reason};
use crate::http::extract::Query;
use crate::http::panel::parts::view::{Look, View};
use crate::http::panel::{Icon, page, page_with};
use crate::http::routes::{Area, Routes};
use crate::login::{Provider, flow};

pub(super) fn routes() -> Routes {
    Routes::new(Area::Panel).get("/login", "Sign in", show)
}

#[derive(Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct Login {
    /// A path of ours to go to afterwards.
    return_to: Option<String>,
    /// Set after signing out.
    signed_out: Option<String>,
}

#[derive(Debug, Template)]
#[template(path = "pages/sign_in.html")]
pub(super) struct SignInPage {
    pub(super) look: Look,
    pub(super) providers: Vec<Provider>,
    /// The path to go to afterwards, encoded.
    pub(super) return_to: String,
    /// What waits there, in words of ours: a path may say anything, so it is never shown.
    pub(super) awaits: Option<&'static str>,
    pub(super) signed_out: bool,
}

async fn show(_: Public<reason::SigningIn>, app: View, Query(query): Query<Login>) -> Result<Response> {
    let path = flow::path_of_ours(query.return_to.as_deref());
    Ok(page(&SignInPage {
        look: app.look(),
        providers: app.providers.configured(),
        return_to: url::form_urlencoded::byte_serialize(path.as_bytes()).collect(),
        awaits: awaits(&path),
        signed_out: query.signed_out.is_some(),
    }))
}

/// What waits behind a path of ours, when it is more than the start.
fn awaits(path: &str) -> Option<&'static str> {
    if path == "/" {
        None
    } else if path.starts_with("/invitations/") {
        Some("Your invitation opens right after.")
    } else {
        Some("The page you asked for opens right after.")
    }
}

/// Why a sign-in did not end in a session.
#[derive(Debug)]
pub(in crate::http) enum Failure {
    /// The attempt is unknown, used or too old.
    State,
    /// The person did not agree, or the provider refused.
    Refused(Provider),
    /// The provider did not answer, or not as it must.
    Provider(Provider),
    /// The address belongs to an account that another provider opens.
    KnownElsewhere(Provider),
    /// The identity to link belongs to another account.
    LinkedElsewhere(Provider),
    /// The account is disabled.
    Disabled,
}

#[derive(Debug, Template)]
#[template(path = "pages/sign_in_failed.html")]
pub(super) struct FailedPage {
    look: Look,
    status: StatusCode,
    title: String,
    text: String,
    /// The provider to go on with.
    again: Option<Provider>,
    /// Whether it happened to someone who is signed in.
    linking: bool,
}

impl FailedPage {
    /// The page about `failure`.
    pub(super) fn new(look: Look, failure: &Failure) -> Self {
        let page = |status, title: &str, text: String, again| Self {
            look,
            status,
            title: title.to_owned(),
            text,
            again,
            linking: matches!(failure, Failure::LinkedElsewhere(_)),
        };
        match failure {
            Failure::State => page(
                StatusCode::BAD_REQUEST,
                "This sign-in has ended",
                "It was started in another browser, was used before, or took longer than ten minutes. Start again.".to_owned(),
                None,
            ),
            Failure::Refused(provider) => page(
                StatusCode::FORBIDDEN,
                "Sign-in was cancelled",
                format!("{provider} did not sign you in. Nothing was changed."),
                Some(*provider),
            ),
            Failure::Provider(provider) => page(
                StatusCode::BAD_GATEWAY,
                &format!("{provider} does not answer"),
                format!("{provider} did not tell us who you are. Try again in a moment, or use another provider."),
                Some(*provider),
            ),
            Failure::KnownElsewhere(provider) => page(
                StatusCode::CONFLICT,
                "You have an account already",
                format!("An account with your e-mail address is opened with {provider}. Sign in with {provider}; then you can link this identity on your account page."),
                Some(*provider),
            ),
            Failure::LinkedElsewhere(provider) => page(
                StatusCode::CONFLICT,
                "This identity belongs to an account",
                format!("The {provider} identity you chose opens another account. It stays where it is; nothing was changed."),
                None,
            ),
            Failure::Disabled => page(
                StatusCode::FORBIDDEN,
                "This account is disabled",
                "An operator of this installation disabled it. Ask them if you think that is wrong.".to_owned(),
                None,
            ),
        }
    }
}

/// The page for a failure.
pub(in crate::http) fn failed(headers: &HeaderMap, failure: &Failure) -> Response {
    let shown = FailedPage::new(Look::of(headers), failure);
    page_with(shown.status, &shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_awaits_is_said_in_our_words() {
        assert_eq!(awaits("/"), None);
        assert_eq!(awaits("/invitations/abc"), Some("Your invitation opens right after."));
        assert_eq!(awaits("/t/call-0800-now"), Some("The page you asked for opens right after."));
    }
}
