//! The caller: profile, sessions, identities.

use axum::extract::State;
use schemars::JsonSchema;
use serde::Serialize;

use crate::authz::{AppHead, Owner, PermissionSet, Principal, TokenHead, UserHead};
use crate::error::{Error, Result};
use crate::http::access::{Caller, SignedIn};
use crate::http::answer::{Done, Found};
use crate::http::extract::{IfMatch, Json, Path};
use crate::http::pagination::Page;
use crate::http::routes::{Area, Routes};
use crate::http::state::AppState;
use crate::ids::{AppId, IdentityId, SessionHandle, UserId};
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
#[serde(untagged)]
enum Me {
    User(Box<User>),
    App(Box<App>),
}

/// A person, by a session or by a token of theirs.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "MeUser")]
struct User {
    /// `user`.
    principal: &'static str,
    id: UserId,
    name: String,
    email: Option<String>,
    email_verified: bool,
    avatar_url: Option<String>,
    /// What the token may carry; null for a session, which carries all its person may do.
    scopes: Option<Vec<String>>,
    /// The person's tenants; to a token, only the one it works in.
    tenants: Vec<TenantOfMine>,
}

/// An app, by a token of its.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "MeApp")]
struct App {
    /// `app`.
    principal: &'static str,
    id: AppId,
    name: String,
    client_id: String,
    /// What the token may carry.
    scopes: Vec<String>,
    /// The tenant it is a member of.
    tenant: TenantOfMine,
}

async fn show(Caller(principal): Caller, State(app): State<AppState>) -> Result<Found<Me>> {
    match &principal {
        Principal::Session(person) => user(&app, &person.user, None).await,
        Principal::Token(bearer) => match &bearer.owner {
            Owner::User(head) => user(&app, head, Some(&bearer.token)).await,
            Owner::App(head) => machine(&app, head, &bearer.token).await,
        },
    }
}

async fn user(app: &AppState, user: &UserHead, token: Option<&TokenHead>) -> Result<Found<Me>> {
    let mut tenants = tenants::list_for(&app.authz, user.id, app.database.clock().now()).await?;
    if let Some(token) = token {
        tenants.retain(|tenant| tenant.id == token.tenant);
    }
    let me = User {
        principal: "user",
        id: user.id,
        name: user.name.clone(),
        email: user.email.clone(),
        email_verified: user.email_verified,
        avatar_url: user.avatar_url.clone(),
        scopes: token.map(|token| names(app, token.scopes)),
        tenants,
    };
    Ok(Found::new(Me::User(Box::new(me))).revision(user.version))
}

async fn machine(app: &AppState, head: &AppHead, token: &TokenHead) -> Result<Found<Me>> {
    let now = app.database.clock().now();
    let tenant = tenants::of_mine(&app.authz, token.tenant, head.id, now).await?;
    let me = App {
        principal: "app",
        id: head.id,
        name: head.name.clone(),
        client_id: head.client_id.clone(),
        scopes: names(app, token.scopes),
        tenant: tenant.ok_or(Error::InvalidToken)?,
    };
    Ok(Found::new(Me::App(Box::new(me))).revision(head.version))
}

fn names(app: &AppState, scopes: PermissionSet) -> Vec<String> {
    app.authz.catalogue().names(scopes).into_iter().map(str::to_owned).collect()
}

async fn change(
    SignedIn(principal): SignedIn,
    State(app): State<AppState>,
    if_match: IfMatch,
    Json(body): Json<ProfileChange>,
) -> Result<Found<Me>> {
    accounts::change_profile(&app.database, &principal, &body, if_match.revision()?).await?;
    let head = app.authz.user(principal.user.id).await?.ok_or(Error::Unauthenticated)?;
    user(&app, &head, None).await
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
