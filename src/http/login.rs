//! Signing in and out: the start, the way back from the provider, and the end. Thin: what binds an attempt and
//! what becomes of an identity is `login/`'s business.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, header};
use serde::Deserialize;

use crate::db::Via;
use crate::error::{Error, Result};
use crate::http::access::{Public, SignedIn, reason};
use crate::http::answer::SeeOther;
use crate::http::extract::{Form, Path, Query};
use crate::http::openapi::{Input, Operation};
use crate::http::panel::sign_in as page;
use crate::http::principal::{self, attempt_cookie_name, cookie, cookie_name, set_cookie};
use crate::http::routes::{Area, Routes};
use crate::http::state::AppState;
use crate::login::Provider;
use crate::login::accounts::{self, Browser, Entry};
use crate::login::flow::{self, Arrival, Intent, NotReturned, Returned};

pub(super) fn routes() -> Routes {
    Routes::new(Area::Panel)
        .get("/auth/{provider}", "Start signing in", start)
        .get("/auth/{provider}/callback", "Come back from the provider", callback)
        .post("/logout", "Sign out", logout)
}

#[derive(Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct Start {
    /// A path of ours to go to afterwards.
    return_to: Option<String>,
    /// A grant to link another identity.
    link: Option<String>,
}

async fn start(
    _: Public<reason::SigningIn>,
    State(app): State<AppState>,
    Path(provider): Path<Provider>,
    Query(query): Query<Start>,
    request: Head,
) -> Result<Response> {
    let mut request = request;
    let intent = match query.link {
        None => Intent::SignIn { return_to: flow::path_of_ours(query.return_to.as_deref()) },
        Some(grant) => {
            let principal = principal::session(&mut request.0, &app).await?;
            Intent::Link { grant, user: principal.user.id, session: principal.session.handle }
        }
    };
    let browser = cookie(&request.0.headers, attempt_cookie_name(&app))?.map(str::to_owned);
    let started = flow::start(&app.database, &app.sealer, &app.providers, provider, browser, intent).await?;
    let mut response = SeeOther(started.to.into()).into_response();
    let attempt = set_cookie(&app, attempt_cookie_name(&app), &started.browser, Some(flow::ATTEMPT));
    add_cookie(&mut response, &attempt)?;
    Ok(response)
}

async fn callback(
    _: Public<reason::SigningIn>,
    State(app): State<AppState>,
    Path(provider): Path<Provider>,
    request: Head,
) -> Result<Response> {
    let mut request = request;
    let Ok(arrival) = arrival(request.0.uri.query().unwrap_or_default()) else {
        return Ok(page::failed(&request.0.headers, &page::Failure::State));
    };
    let browser = cookie(&request.0.headers, attempt_cookie_name(&app))?.map(str::to_owned);
    let returned =
        flow::finish(&app.database, &app.sealer, &app.providers, provider, browser.as_deref(), arrival).await;
    match returned {
        Err(NotReturned::State) => Ok(page::failed(&request.0.headers, &page::Failure::State)),
        Err(NotReturned::Refused) => Ok(page::failed(&request.0.headers, &page::Failure::Refused(provider))),
        Err(NotReturned::Failed(error)) => {
            tracing::warn!(cause = ?error, %provider, "a sign-in failed at the provider");
            Ok(page::failed(&request.0.headers, &page::Failure::Provider(provider)))
        }
        Ok(returned) if returned.link.is_some() => link(&app, &mut request.0, provider, returned).await,
        Ok(returned) => enter(&app, &request.0, returned).await,
    }
}

/// Opens a session for who came back, in place of the one this browser had.
async fn enter(app: &AppState, parts: &http::request::Parts, returned: Returned) -> Result<Response> {
    let ends_at = app.sessions.end_of(app.database.clock().now());
    let browser = browser(parts);
    let entry = match accounts::enter(&app.database, &returned.external, &browser, ends_at).await {
        Ok(Entry::Opened { user, session }) => (user, session),
        Ok(Entry::KnownElsewhere { provider }) => {
            return Ok(page::failed(&parts.headers, &page::Failure::KnownElsewhere(provider)));
        }
        Err(Error::Unauthenticated) => return Ok(page::failed(&parts.headers, &page::Failure::Disabled)),
        Err(error) => return Err(error),
    };
    let (user, session) = entry;
    let opened = app.sessions.open(user, session, ends_at).await?;
    leave_old_session(app, &parts.headers).await;
    let mut response = SeeOther(returned.return_to).into_response();
    let age = ends_at.since(app.database.clock().now());
    add_cookie(&mut response, &set_cookie(app, cookie_name(app), &opened.cookie, Some(age)))?;
    add_cookie(&mut response, &set_cookie(app, attempt_cookie_name(app), "", None))?;
    Ok(response)
}

async fn link(
    app: &AppState,
    parts: &mut http::request::Parts,
    provider: Provider,
    returned: Returned,
) -> Result<Response> {
    let Some((user, session)) = returned.link else { return Err(Error::Internal("no link", None)) };
    // Whoever comes back must still be signed in by the very session that allowed it.
    let principal = match principal::session(parts, app).await {
        Ok(principal) if principal.user.id == user && principal.session.handle == session => principal,
        // Not the way to sign in and back: that would carry this address, code and all.
        Ok(_) | Err(Error::Unauthenticated) => {
            return Ok(page::failed(&parts.headers, &page::Failure::State));
        }
        Err(error) => return Err(error),
    };
    match accounts::link(
        &app.database,
        &app.authz,
        (&principal.user, session),
        &returned.external,
        principal.via,
    )
    .await
    {
        Ok(()) => {
            Ok(SeeOther(format!("{}?linked={}", returned.return_to, provider.as_str())).into_response())
        }
        Err(Error::Conflict(_)) => {
            Ok(page::failed(&parts.headers, &page::Failure::LinkedElsewhere(provider)))
        }
        Err(error) => Err(error),
    }
}

/// Ends the session this browser had before; a new one never inherits from it.
async fn leave_old_session(app: &AppState, headers: &HeaderMap) {
    let Ok(Some(old)) = cookie(headers, cookie_name(app)) else { return };
    let ended = async {
        let Some(resolved) = app.sessions.resolve(old).await? else { return Ok(()) };
        let Some(user) = app.authz.user(resolved.user).await? else { return Ok(()) };
        let via = Via::default();
        let principal = crate::authz::SessionUser { user, session: resolved.session, via };
        accounts::end_session(&app.database, &principal, resolved.session.handle).await
    };
    if let Err(error) = ended.await {
        tracing::warn!(cause = ?error, "the session before this sign-in was not ended");
    }
    app.sessions.forget(old).await;
}

async fn logout(
    SignedIn(principal): SignedIn,
    State(app): State<AppState>,
    head: Head,
    form: Form,
) -> Result<Response> {
    form.only(&[])?;
    accounts::end_session(&app.database, &principal, principal.session.handle).await?;
    if let Some(value) = cookie(&head.0.headers, cookie_name(&app))? {
        app.sessions.forget(value).await;
    }
    let mut response = SeeOther("/login?signed_out=1".to_owned()).into_response();
    add_cookie(&mut response, &set_cookie(&app, cookie_name(&app), "", None))?;
    response.headers_mut().insert("clear-site-data", HeaderValue::from_static("\"cache\", \"storage\""));
    Ok(response)
}

/// The head of the request, for what only signing in needs: cookies and the raw query.
#[derive(Debug)]
struct Head(http::request::Parts);

impl<S: Sync> axum::extract::FromRequestParts<S> for Head {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut http::request::Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Self(parts.clone()))
    }
}

impl Input for Head {
    fn describe(_: &mut Operation) {}
}

/// Reads the callback's query. Anything twice is refused before anything is looked up.
fn arrival(query: &str) -> Result<Arrival> {
    let mut arrival = Arrival::default();
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        let field = match name.as_ref() {
            "state" => &mut arrival.state,
            "code" => &mut arrival.code,
            "iss" => &mut arrival.iss,
            "error" => &mut arrival.error,
            _ => continue,
        };
        if field.replace(value.into_owned()).is_some() {
            return Err(Error::Malformed(format!("the parameter {name} is repeated").into()));
        }
    }
    Ok(arrival)
}

fn browser(parts: &http::request::Parts) -> Browser {
    let agent =
        parts.headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or("unknown");
    Browser {
        via: parts.extensions.get::<Via>().cloned().unwrap_or_default(),
        user_agent: agent.chars().take(200).collect(),
    }
}

fn add_cookie(response: &mut Response, value: &str) -> Result<()> {
    let value =
        HeaderValue::from_str(value).map_err(|error| Error::internal("a cookie cannot be written", error))?;
    response.headers_mut().append(header::SET_COOKIE, value);
    Ok(())
}
