//! The start: on to the tenant that was looked at last, or to the page of all.

use axum::extract::State;
use axum::response::Response;
use http::header;

use crate::error::Result;
use crate::http::access::SignedIn;
use crate::http::answer::SeeOther;
use crate::http::openapi::{Input, Operation};
use crate::http::principal::{cookie, set_cookie};
use crate::http::routes::{Area, Routes};
use crate::http::state::AppState;
use crate::tenants;

/// The cookie that remembers which tenant was looked at last. Says where to start, and nothing else.
const LAST_TENANT: &str = "freehold-tenant";

pub(super) fn routes() -> Routes {
    Routes::new(Area::Panel).get("/", "Go to the last tenant, or to all", start)
}

/// The slug in the cookie, if it can be one.
#[derive(Debug)]
struct LastTenant(Option<String>);

impl<S: Sync> axum::extract::FromRequestParts<S> for LastTenant {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut http::request::Parts, _: &S) -> Result<Self, Self::Rejection> {
        // Two of them name nothing.
        Ok(Self(cookie(&parts.headers, LAST_TENANT).ok().flatten().map(str::to_owned)))
    }
}

impl Input for LastTenant {
    fn describe(_: &mut Operation) {}
}

async fn start(
    SignedIn(principal): SignedIn,
    State(app): State<AppState>,
    last: LastTenant,
) -> Result<SeeOther> {
    let mine = tenants::list_for(&app.authz, principal.user.id, app.database.clock().now()).await?;
    let remembered = mine.iter().find(|tenant| Some(&tenant.slug) == last.0.as_ref());
    let only = || mine.first().filter(|_| mine.len() == 1);
    Ok(SeeOther(match remembered.or_else(only) {
        Some(tenant) => format!("/t/{}", tenant.slug),
        None => "/tenants".to_owned(),
    }))
}

/// Remembers, in the browser, which tenant was looked at last.
pub(super) fn remember(app: &AppState, slug: &str, response: &mut Response) {
    const DAYS: std::time::Duration = std::time::Duration::from_hours(24 * 90);
    let value = set_cookie(app, LAST_TENANT, slug, Some(DAYS));
    if let Ok(value) = http::HeaderValue::from_str(&value) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
}
