//! Access tokens: issued, looked into, revoked (RFC 6749, 7662, 7009). Each endpoint says who may call it by reading the
//! client's proof first; none answers with anything that may be kept.

use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, header};
use schemars::JsonSchema;
use serde::Serialize;

use super::device::{self, DEVICE_GRANT};
use super::forms::{AboutToken, TokenForm};
use super::request::{ClientRequest, Sender, deps};
use crate::authz::{Grant, Principal, perm};
use crate::error::{Error, Result};
use crate::http::access::{Public, reason};
use crate::http::openapi::{Operation, Output};
use crate::http::routes::{Area, Routes};
use crate::http::state::AppState;
use crate::ids::TenantId;
use crate::oauth::{self, Answer, Introspection, Issued, Refused, Terms};

pub(super) fn routes() -> Routes {
    Routes::new(Area::Service)
        .post("/oauth/token", "Get an access token (RFC 6749)", token)
        .form::<TokenForm>()
        .post("/oauth/introspect", "See what a token is good for now (RFC 7662)", introspect)
        .form::<AboutToken>()
        .post("/oauth/revoke", "End one of the app's own tokens (RFC 7009)", revoke)
        .form::<AboutToken>()
}

/// An answer that nobody may keep.
#[derive(Debug)]
pub(super) struct Fresh<T>(pub(super) T);

impl<T: Serialize> IntoResponse for Fresh<T> {
    fn into_response(self) -> Response {
        let body = match serde_json::to_vec(&self.0) {
            Ok(body) => body,
            Err(error) => return Error::internal("an answer cannot be written", error).into_response(),
        };
        let mut response = Response::new(Body::from(body));
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
        response
    }
}

impl<T: JsonSchema> Output for Fresh<T> {
    fn describe(operation: &mut Operation) {
        operation.answer::<T>(200);
    }
}

async fn token(
    _: Public<reason::ClientAuthentication>,
    State(app): State<AppState>,
    request: ClientRequest,
) -> Answer<Fresh<Issued>> {
    match request.required("grant_type")? {
        "client_credentials" => {
            let client = request.client(&app).await?;
            let terms = Terms {
                lifetime: app.config.access_token_lifetime,
                most: app.config.limits.tokens_per_app,
                via: request.via(),
            };
            oauth::client_credentials(deps(&app), &client, request.field("scope"), terms).await.map(Fresh)
        }
        DEVICE_GRANT => device::fetch(&app, &request).await.map(Fresh),
        _ => Err(Refused::GrantType),
    }
}

async fn introspect(
    _: Public<reason::ClientAuthentication>,
    State(app): State<AppState>,
    mut request: ClientRequest,
) -> Answer<Fresh<Introspection>> {
    let tenant = match request.sender(&app).await? {
        Sender::Client(client) => client.tenant,
        Sender::Bearer(principal) => reader(&app, principal).await?,
    };
    Ok(Fresh(oauth::introspect(deps(&app), tenant, request.required("token")?).await?))
}

async fn revoke(
    _: Public<reason::ClientAuthentication>,
    State(app): State<AppState>,
    request: ClientRequest,
) -> Answer<Fresh<Empty>> {
    let client = request.client(&app).await?;
    oauth::revoke(deps(&app), &client, request.required("token")?, request.via()).await?;
    Ok(Fresh(Empty {}))
}

/// Nothing: that it was done is all there is to say.
#[derive(Debug, Serialize, JsonSchema)]
struct Empty {}

/// The tenant of which the bearer may see the tokens.
async fn reader(app: &AppState, principal: Principal) -> Result<TenantId> {
    let Principal::Token(bearer) = &principal else { return Err(Error::InvalidToken) };
    let standing = app.authz.standing(bearer.token.tenant, bearer.token.owner).await?;
    let grant: Grant<perm::TokensRead> =
        app.authz.decide(principal, standing.ok_or(Error::InvalidToken)?).await?;
    Ok(grant.tenant())
}
