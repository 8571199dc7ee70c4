//! The sign-in page, and pages for what can go wrong between it and the provider. All texts are ours.

use askama::Template;
use axum::response::Response;
use http::{HeaderMap, StatusCode};
use serde::Deserialize;

use crate::error::Result;
use crate::http::access::{Public, reason};
use crate::http::extract::Query;
use crate::http::panel::page;
use crate::http::panel::parts::view::{Look, View};
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
struct SignInPage {
    look: Look,
    providers: Vec<Provider>,
    return_to: String,
    signed_out: bool,
}

async fn show(_: Public<reason::SigningIn>, app: View, Query(query): Query<Login>) -> Result<Response> {
    let return_to = flow::path_of_ours(query.return_to.as_deref());
    let return_to = url::form_urlencoded::byte_serialize(return_to.as_bytes()).collect();
    let signed_out = query.signed_out.is_some();
    Ok(page(&SignInPage { look: app.look(), providers: app.providers.configured(), return_to, signed_out }))
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
struct FailedPage {
    look: Look,
    title: String,
    text: String,
    again: Option<Provider>,
}

/// The page for a failure.
pub(in crate::http) fn failed(headers: &HeaderMap, failure: &Failure) -> Response {
    let (status, title, text, again) = match failure {
        Failure::State => (
            StatusCode::BAD_REQUEST,
            "This sign-in has ended".to_owned(),
            "It was started in another browser, was used before, or took longer than ten minutes. Start again.".to_owned(),
            None,
        ),
        Failure::Refused(provider) => (
            StatusCode::FORBIDDEN,
            "Sign-in was cancelled".to_owned(),
            format!("{provider} did not sign you in. Nothing was changed."),
            Some(*provider),
        ),
        Failure::Provider(provider) => (
            StatusCode::BAD_GATEWAY,
            format!("{provider} does not answer"),
            format!("{provider} did not tell us who you are. Try again in a moment, or use another provider."),
            Some(*provider),
        ),
        Failure::KnownElsewhere(provider) => (
            StatusCode::CONFLICT,
            "You have an account already".to_owned(),
            format!("An account with your e-mail address is opened with {provider}. Sign in with {provider}; then you can link this identity on your account page."),
            Some(*provider),
        ),
        Failure::LinkedElsewhere(provider) => (
            StatusCode::CONFLICT,
            "This identity belongs to an account".to_owned(),
            format!("The {provider} identity you chose opens another account. It stays where it is; nothing was changed."),
            None,
        ),
        Failure::Disabled => (
            StatusCode::FORBIDDEN,
            "This account is disabled".to_owned(),
            "An operator of this installation disabled it. Ask them if you think that is wrong.".to_owned(),
            None,
        ),
    };
    let mut response = page(&FailedPage { look: Look::of(headers), title, text, again });
    *response.status_mut() = status;
    response
}
