//! Tokens: everyone's own, and all of a tenant's for those who may see them.

use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;
use uuid::Uuid;

use crate::authz::{Grant, Right, perm};
use crate::error::Result;
use crate::http::access::{Can, CanOrMine};
use crate::http::answer::{Created, Done, Found};
use crate::http::api::scope;
use crate::http::extract::{Json, Path, Query};
use crate::http::pagination::{self, Page};
use crate::http::routes::{Area, Routes};
use crate::http::state::AppState;
use crate::ids::{Subject, TokenId, UserId};
use crate::tokens::{self, Filter, NewToken, NewlyMinted, Room, Rotation, Token};

pub(super) fn routes() -> Routes {
    Routes::new(Area::Api)
        .get(
            "/api/v1/tenants/{tenant}/tokens",
            "List the tokens that work in the tenant: one's own, or everyone's with `tokens:read`",
            list,
        )
        .post("/api/v1/tenants/{tenant}/tokens", "Mint a personal token", mint)
        .note("The token is in this answer and nowhere else: keep it where nobody reads it.")
        .problem("conflict", "the caller has as many tokens in the tenant as one may")
        .problem("reauthentication-required", "the sign-in is older than ten minutes")
        .get("/api/v1/tenants/{tenant}/tokens/{token}", "Show a token, never its secret", show)
        .delete(
            "/api/v1/tenants/{tenant}/tokens/{token}",
            "Revoke a token: one's own, or anyone's with `tokens:delete`",
            revoke,
        )
        .post(
            "/api/v1/tenants/{tenant}/tokens/{token}/rotate",
            "Replace one's own token by a new one",
            rotate,
        )
        .problem("conflict", "the caller holds none of its scopes any more, or has as many tokens as one may")
        .problem("reauthentication-required", "the sign-in is older than ten minutes")
}

/// Which tokens to list.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Wanted {
    /// Of this user or app alone, by id.
    owner: Option<Uuid>,
    /// `true`: only those never used, or not for 30 days.
    unused: Option<bool>,
    /// How many at most: 1 to 200; 50 when left out.
    limit: Option<u32>,
    /// Where the page before ended.
    cursor: Option<String>,
}

async fn list(
    who: CanOrMine<perm::TokensRead>,
    State(app): State<AppState>,
    Query(wanted): Query<Wanted>,
) -> Result<Found<Page<Token>>> {
    match who {
        CanOrMine::Can(grant) => listed(&app, &grant, wanted).await,
        CanOrMine::Mine(grant) => listed(&app, &grant, wanted).await,
    }
}

async fn listed<R: Right>(app: &AppState, grant: &Grant<R>, wanted: Wanted) -> Result<Found<Page<Token>>> {
    app.token_uses.write(&app.database).await?;
    let unused = wanted.unused.unwrap_or_default();
    // Whose they are is bound too: a cursor must not outlive the right to see everyone's.
    let whose = match (grant.can::<perm::TokensRead>(), wanted.owner) {
        (true, None) => "all".to_owned(),
        (true, Some(owner)) => owner.to_string(),
        (false, _) => grant.subject().uuid().to_string(),
    };
    let scope = scope(&[&"tokens", &grant.tenant(), &whose, &unused]);
    let after = pagination::decode(&app.sealer, &scope, wanted.cursor.as_deref())?;
    let limit = pagination::limit(wanted.limit)?;
    // An id is one thing's alone, so it does not matter of which kind it is said to be.
    let owner = wanted.owner.map(|owner| Subject::User(UserId::from_uuid(owner)));
    let (items, more) = tokens::list(&app.database, grant, Filter { owner, unused }, (after, limit)).await?;
    let last = items.last().filter(|_| more).map(|last| last.id);
    let next_cursor = last.map(|last| pagination::encode(&app.sealer, &scope, &last)).transpose()?;
    Ok(Found::new(Page { items, next_cursor }))
}

async fn show(
    who: CanOrMine<perm::TokensRead>,
    State(app): State<AppState>,
    Path(id): Path<TokenId>,
) -> Result<Found<Token>> {
    app.token_uses.write(&app.database).await?;
    let token = match who {
        CanOrMine::Can(grant) => tokens::find(&app.database, &grant, id).await?,
        CanOrMine::Mine(grant) => tokens::find(&app.database, &grant, id).await?,
    };
    Ok(Found::new(token))
}

async fn mint(
    who: Can<perm::TokensCreate>,
    State(app): State<AppState>,
    Json(body): Json<NewToken>,
) -> Result<Created<NewlyMinted>> {
    let room = Room { most: app.config.limits.tokens_per_member, newest: None };
    let (made, _) = tokens::mint(&app.authz, who.grant(), &body, room).await?;
    let location = format!("/api/v1/tenants/{}/tokens/{}", who.grant().tenant(), made.kept.id);
    Ok(Found::new(made).created(location))
}

async fn revoke(
    who: CanOrMine<perm::TokensDelete>,
    State(app): State<AppState>,
    Path(id): Path<TokenId>,
) -> Result<Done> {
    let committed = match who {
        CanOrMine::Can(grant) => tokens::revoke(&app.authz, &grant, id).await?,
        CanOrMine::Mine(grant) => tokens::revoke_own(&app.authz, &grant, id).await?,
    };
    Ok(committed.into())
}

async fn rotate(
    who: Can<perm::TokensCreate>,
    State(app): State<AppState>,
    Path(id): Path<TokenId>,
    Json(body): Json<Rotation>,
) -> Result<Created<NewlyMinted>> {
    let room = Room { most: app.config.limits.tokens_per_member, newest: None };
    let (made, _) = tokens::rotate(&app.authz, who.grant(), id, (&body, room)).await?;
    let location = format!("/api/v1/tenants/{}/tokens/{}", who.grant().tenant(), made.kept.id);
    Ok(Found::new(made).created(location))
}
