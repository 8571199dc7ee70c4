//! Who is calling: a cookie opens a session, and at the API a bearer token speaks for its owner. Called by
//! `http/access.rs` before every handler that is not public; never reads a body, never adopts an id a client made.

use axum::extract::MatchedPath;
use http::request::Parts;
use http::{HeaderMap, Method, header};

use crate::authz::{Principal, SessionUser, TokenBearer};
use crate::db::Via;
use crate::error::{Error, Result};
use crate::http::state::AppState;
use crate::oauth;
use crate::tokens;

/// Where tokens are taken: everywhere else the caller is a person at a browser.
const TOKEN_PATHS: [&str; 2] = ["/api/", "/oauth/introspect"];

/// Finds out who is calling.
///
/// # Errors
/// [`Error::Unauthenticated`] without a credential or with a session that has ended, [`Error::InvalidToken`] for a
/// token that does not work, in whatever way, [`Error::Malformed`] for two session cookies, [`Error::Csrf`] for an unsafe request that another site made,
/// [`Error::Unavailable`] when it cannot be known now.
pub async fn authenticate(parts: &mut Parts, app: &AppState) -> Result<Principal> {
    if parts.headers.contains_key(header::AUTHORIZATION) {
        return bearer(parts, app).await;
    }
    session(parts, app).await.map(Principal::Session)
}

/// The person whose session the cookie opens.
///
/// # Errors
/// As [`authenticate`].
pub async fn session(parts: &mut Parts, app: &AppState) -> Result<SessionUser> {
    let name = cookie_name(app);
    let Some(cookie) = cookie(&parts.headers, name)? else { return Err(Error::Unauthenticated) };
    if !is_safe(&parts.method) {
        same_origin(&parts.headers, &app.config.origin())?;
    }
    let resolved = app.sessions.resolve(cookie).await?.ok_or(Error::Unauthenticated)?;
    let user =
        app.authz.user(resolved.user).await?.filter(|head| !head.disabled).ok_or(Error::Unauthenticated)?;
    parts.extensions.insert(resolved.session);
    Ok(SessionUser { user, session: resolved.session, via: via(parts) })
}

/// Whose token it is. Every byte counts, and so does that there is one: a token is not looked for anywhere else.
async fn bearer(parts: &Parts, app: &AppState) -> Result<Principal> {
    let mut given = parts.headers.get_all(header::AUTHORIZATION).iter();
    let (Some(one), None) = (given.next(), given.next()) else { return Err(Error::InvalidToken) };
    let text = one.to_str().ok().and_then(|text| text.strip_prefix("Bearer ")).ok_or(Error::InvalidToken)?;
    let route = parts.extensions.get::<MatchedPath>().map_or("", MatchedPath::as_str);
    if !TOKEN_PATHS.iter().any(|area| route.starts_with(area)) {
        return Err(Error::InvalidToken);
    }
    let (owner, token) = if oauth::is_signed(text) {
        let bearer = oauth::signed_bearer(&app.authz, &app.issuer, text).await?;
        (bearer.owner, bearer.token)
    } else {
        let hash = tokens::format::bearer_hash(text).ok_or(Error::InvalidToken)?;
        app.authz.bearer(&hash).await?
    };
    let via = via(parts);
    app.token_uses.note(&token, &via.ip, app.database.clock().now());
    Ok(Principal::Token(TokenBearer { owner, token, via }))
}

fn via(parts: &Parts) -> Via {
    parts.extensions.get::<Via>().cloned().unwrap_or_default()
}

/// Whether the method changes nothing.
#[must_use]
pub fn is_safe(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

/// The session cookie's name: bound to the host where the scheme allows it.
#[must_use]
pub fn cookie_name(app: &AppState) -> &'static str {
    if app.config.is_https() { "__Host-freehold" } else { "freehold" }
}

/// The name of the cookie that binds a sign-in under way to its browser.
#[must_use]
pub fn attempt_cookie_name(app: &AppState) -> &'static str {
    if app.config.is_https() { "__Host-freehold-login" } else { "freehold-login" }
}

/// The one cookie called `name`.
///
/// # Errors
/// [`Error::Malformed`] when there are two: one of them was planted.
pub fn cookie<'h>(headers: &'h HeaderMap, name: &str) -> Result<Option<&'h str>> {
    let mut found = None;
    for header in headers.get_all(header::COOKIE) {
        // What is not text cannot be a cookie of ours.
        let Ok(text) = header.to_str() else { continue };
        for pair in text.split(';') {
            let Some((known, value)) = pair.trim().split_once('=') else { continue };
            if known == name && found.replace(value).is_some() {
                return Err(Error::Malformed("there are two session cookies".into()));
            }
        }
    }
    Ok(found)
}

/// A `Set-Cookie` value. Without a maximal age it removes the cookie.
#[must_use]
pub fn set_cookie(app: &AppState, name: &str, value: &str, max_age: Option<std::time::Duration>) -> String {
    let secure = if app.config.is_https() { "; Secure" } else { "" };
    let age = max_age.map_or(0, |age| age.as_secs());
    format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={age}{secure}")
}

/// An unsafe request with a cookie must show that our own pages made it.
fn same_origin(headers: &HeaderMap, origin: &str) -> Result<()> {
    let told_twice = |name: &str| headers.get_all(name).iter().nth(1).is_some();
    if told_twice("sec-fetch-site") || told_twice("origin") {
        return Err(Error::Csrf);
    }
    let site = headers.get("sec-fetch-site").map(|value| value.as_bytes() == b"same-origin");
    let from = headers.get(header::ORIGIN).map(|value| value.as_bytes() == origin.as_bytes());
    match (site, from) {
        (Some(true), None | Some(true)) | (None, Some(true)) => Ok(()),
        // Chromium sends `Origin: null` with a form's post from a page whose referrer is withheld.
        (Some(true), Some(false)) if headers.get(header::ORIGIN).is_some_and(|value| value == "null") => {
            Ok(())
        }
        _ => Err(Error::Csrf),
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (http::HeaderName::from_static(name), HeaderValue::from_static(value)))
            .collect()
    }

    #[test]
    fn an_unsafe_request_must_come_from_our_own_pages() {
        let origin = "https://id.example.com";
        for good in [
            &[("sec-fetch-site", "same-origin")][..],
            &[("origin", "https://id.example.com")],
            &[("sec-fetch-site", "same-origin"), ("origin", "https://id.example.com")],
        ] {
            assert!(same_origin(&headers(good), origin).is_ok(), "{good:?}");
        }
        for bad in [
            &[][..],
            &[("sec-fetch-site", "same-site")],
            &[("sec-fetch-site", "none")],
            &[("sec-fetch-site", "cross-site"), ("origin", "https://id.example.com")],
            &[("sec-fetch-site", "same-origin"), ("origin", "https://evil.example")],
            &[("origin", "https://id.example.com.evil.example")],
            &[("origin", "null")],
            &[("origin", "https://id.example.com"), ("origin", "https://evil.example")],
            &[("sec-fetch-site", "same-origin"), ("sec-fetch-site", "cross-site")],
            &[("referer", "https://id.example.com/")],
        ] {
            assert!(same_origin(&headers(bad), origin).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn two_session_cookies_are_refused() {
        assert_eq!(cookie(&headers(&[("cookie", "a=1; freehold=x; b=2")]), "freehold").unwrap(), Some("x"));
        assert_eq!(cookie(&headers(&[("cookie", "xfreehold=x")]), "freehold").unwrap(), None);
        assert!(cookie(&headers(&[("cookie", "freehold=x; freehold=y")]), "freehold").is_err());
    }
}
