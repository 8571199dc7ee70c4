//! The caller: profile, sessions, identities.

use axum::extract::State;
use schemars::JsonSchema;
use serde::Serialize;

use crate::authz::Principal;
use crate::error::Result;
use crate::http::access::SignedIn;
use crate::http::answer::{Done, Found};
use crate::http::extract::{IfMatch, Json, Path};
use crate::http::pagination::Page;
use crate::http::routes::{Area, Routes};
use crate::http::state::AppState;
use crate::ids::{IdentityId, SessionHandle, UserId};
use crate::login::accounts::{self, Identity, ProfileChange, Session};
use crate::tenants::{self, TenantOfMine};

pub(super) fn routes() -> Routes {
    Routes::new(Area::Api)
        .get("/api/v1/me", "Who is calling", show)
        .patch("/api/v1/me", "Change one's name", change)
        .get("/api/v1/me/sessions", "List one's sessions", sessions)
        .delete("/api/v1/me/sessions", "End all other sessions", end_other_sessions)
        .delete("/api/v1/me/sessions/{session}", "End a session", end_session)
        .get("/api/v1/me/identities", "List one's identities", identities)
        .delete("/api/v1/me/identities/{identity}", "Unlink an identity", unlink)
        .problem("conflict", "it is the only way to sign in")
        .problem("reauthentication-required", "the sign-in is older than ten minutes")
}

/// The caller.
#[derive(Debug, Serialize, JsonSchema)]
struct Me {
    /// `user`.
    principal: &'static str,
    id: UserId,
    name: String,
    email: Option<String>,
    email_verified: bool,
    avatar_url: Option<String>,
    /// Null for a session: it carries no scopes.
    scopes: Option<Vec<String>>,
    tenants: Vec<TenantOfMine>,
}

async fn show(SignedIn(principal): SignedIn, State(app): State<AppState>) -> Result<Found<Me>> {
    me(&app, &principal).await
}

async fn me(app: &AppState, principal: &Principal) -> Result<Found<Me>> {
    let user = &principal.user;
    let me = Me {
        principal: "user",
        id: user.id,
        name: user.name.clone(),
        email: user.email.clone(),
        email_verified: user.email_verified,
        avatar_url: user.avatar_url.clone(),
        scopes: None,
        tenants: tenants::list_for(&app.authz, user.id, app.database.clock().now()).await?,
    };
    Ok(Found::new(me).revision(user.version))
}

async fn change(
    SignedIn(principal): SignedIn,
    State(app): State<AppState>,
    if_match: IfMatch,
    Json(body): Json<ProfileChange>,
) -> Result<Found<Me>> {
    accounts::change_profile(&app.database, &principal, &body, if_match.revision()?).await?;
    let user = app.authz.user(principal.user.id).await?.ok_or(crate::error::Error::Unauthenticated)?;
    me(&app, &Principal { user, ..principal }).await
}

async fn sessions(
    SignedIn(principal): SignedIn,
    State(app): State<AppState>,
) -> Result<Found<Page<Session>>> {
    let items = accounts::sessions(&app.database, &principal, app.sessions.idle()).await?;
    Ok(Found::new(Page { items, next_cursor: None }))
}

async fn end_session(
    SignedIn(principal): SignedIn,
    State(app): State<AppState>,
    Path(session): Path<SessionHandle>,
) -> Result<Done> {
    accounts::end_session(&app.database, &principal, session).await?;
    Ok(Done::default())
}

async fn end_other_sessions(SignedIn(principal): SignedIn, State(app): State<AppState>) -> Result<Done> {
    accounts::end_other_sessions(&app.database, &principal).await?;
    Ok(Done::default())
}

async fn identities(
    SignedIn(principal): SignedIn,
    State(app): State<AppState>,
) -> Result<Found<Page<Identity>>> {
    let items = accounts::identities(&app.database, &principal).await?;
    Ok(Found::new(Page { items, next_cursor: None }))
}

async fn unlink(
    SignedIn(principal): SignedIn,
    State(app): State<AppState>,
    Path(identity): Path<IdentityId>,
) -> Result<Done> {
    accounts::unlink(&app.database, &principal, identity).await?;
    Ok(Done::default())
}
