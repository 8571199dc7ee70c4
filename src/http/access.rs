//! Who may call a route, declared as its handler's first argument. Extracting one of these *is* the decision:
//! the handler cannot run without it, and learns nothing of the request before it.

use std::marker::PhantomData;
use std::sync::Arc;

use axum::extract::{FromRequestParts, MatchedPath, RawPathParams};
use axum::response::{IntoResponse, Response};
use http::request::Parts;
use http::{HeaderValue, StatusCode, header};

use crate::authz::platform::{PlatformGrant, PlatformPermission};
use crate::authz::{Grant, Membership, Own, Permission, Principal, Right as _, Standing, TenantRef};
use crate::db::Chain;
use crate::error::{Error, Result};
use crate::http::guard::RequestTrace;
use crate::http::principal;
use crate::http::state::AppState;
use crate::ids::UserId;

/// Who may call a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Access {
    /// Members of the path's tenant who hold the permission.
    Permission(&'static str),
    /// The same, and the person the path names by `{user}`.
    PermissionOrOwn(&'static str),
    /// Every member of the path's tenant, with or without a role.
    Member,
    /// Operators whose platform role holds the permission. For everyone else the route is not there.
    Platform(&'static str),
    /// Everyone who is signed in.
    SignedIn,
    /// Everyone, for the reason given.
    Public(&'static str),
}

impl Access {
    /// The word of the `OpenAPI` document's `x-permission`: the permission, `signed-in` or `public`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Permission(name) | Self::PermissionOrOwn(name) | Self::Platform(name) => name,
            Self::Member | Self::SignedIn => "signed-in",
            Self::Public(_) => "public",
        }
    }
}

impl std::fmt::Display for Access {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Permission(name) => write!(f, "`{name}`"),
            Self::PermissionOrOwn(name) => write!(f, "`{name}`, or about oneself"),
            Self::Member => f.write_str("every member"),
            Self::Platform(name) => write!(f, "operators with `{name}`"),
            Self::SignedIn => f.write_str("signed in"),
            Self::Public(why) => write!(f, "everyone: {why}"),
        }
    }
}

/// An argument that declares who may call its handler.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not declare who may call this handler",
    note = "the first argument must be `Can<perm::…>`, `CanOrOwn<perm::…>`, `Member`, `Operator<platform::perm::…>`, `SignedIn` or `Public<…>`"
)]
pub trait Declares: sealed::Sealed {
    /// Who may call it.
    fn access() -> Access;
}

mod sealed {
    pub trait Sealed {}
    impl<P: crate::authz::Permission> Sealed for super::Can<P> {}
    impl<P: crate::authz::Permission> Sealed for super::CanOrOwn<P> {}
    impl Sealed for super::Member {}
    impl<P: crate::authz::platform::PlatformPermission> Sealed for super::Operator<P> {}
    impl Sealed for super::SignedIn {}
    impl<R: super::Reason> Sealed for super::Public<R> {}
}

/// The caller may `P` in the tenant the path names.
#[derive(Debug)]
pub struct Can<P>(Grant<P>);

impl<P> Can<P> {
    /// The proof, for the domain.
    #[must_use]
    pub fn grant(&self) -> &Grant<P> {
        &self.0
    }
}

impl<P: Permission> Declares for Can<P> {
    fn access() -> Access {
        Access::Permission(P::NAME)
    }
}

impl<P: Permission> FromRequestParts<AppState> for Can<P> {
    type Rejection = Turned;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self, Turned> {
        let (principal, standing) = membership(parts, app, P::NAME).await?;
        let grant = decide(app, principal, standing).await?;
        RequestTrace::of(parts)?.decided();
        Ok(Self(grant))
    }
}

/// The caller may `P` in the tenant the path names, or is the person the path names by `{user}`.
#[derive(Debug)]
pub enum CanOrOwn<P> {
    /// The caller holds the permission and means someone else.
    Can(Grant<P>),
    /// The caller means themselves.
    Own(Grant<Own>),
}

impl<P: Permission> Declares for CanOrOwn<P> {
    fn access() -> Access {
        Access::PermissionOrOwn(P::NAME)
    }
}

impl<P: Permission> FromRequestParts<AppState> for CanOrOwn<P> {
    type Rejection = Turned;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self, Turned> {
        let (principal, standing) = membership(parts, app, P::NAME).await?;
        let own = path_parameter(parts, "user").await?.and_then(|text| text.parse::<UserId>().ok());
        let access = if own == Some(principal.user.id) {
            Self::Own(app.authz.decide(principal, standing).await?)
        } else {
            Self::Can(decide(app, principal, standing).await?)
        };
        RequestTrace::of(parts)?.decided();
        Ok(access)
    }
}

/// The caller is a member of the tenant the path names, whatever their roles allow: for what every member may ask, and
/// for lists that hold only the caller's own.
#[derive(Debug)]
pub struct Member(pub Grant<Own>);

impl Declares for Member {
    fn access() -> Access {
        Access::Member
    }
}

impl FromRequestParts<AppState> for Member {
    type Rejection = Turned;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self, Turned> {
        let (principal, standing) = membership(parts, app, Own::NAME).await?;
        let grant = app.authz.decide(principal, standing).await?;
        RequestTrace::of(parts)?.decided();
        Ok(Self(grant))
    }
}

/// The caller is an operator who may `P` on the platform.
#[derive(Debug)]
pub struct Operator<P>(PlatformGrant<P>);

impl<P> Operator<P> {
    /// The proof, for the domain.
    #[must_use]
    pub fn grant(&self) -> &PlatformGrant<P> {
        &self.0
    }
}

impl<P: PlatformPermission> Declares for Operator<P> {
    fn access() -> Access {
        Access::Platform(P::NAME)
    }
}

impl<P: PlatformPermission> FromRequestParts<AppState> for Operator<P> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self> {
        let principal = authenticate(parts, app).await?;
        if principal.user.operator.is_some() {
            RequestTrace::of(parts)?.asks_in(Chain::Platform, P::NAME);
        }
        let grant = app.authz.operate(principal)?;
        RequestTrace::of(parts)?.decided();
        Ok(Self(grant))
    }
}

/// The caller is signed in.
#[derive(Debug)]
pub struct SignedIn(pub Principal);

impl Declares for SignedIn {
    fn access() -> Access {
        Access::SignedIn
    }
}

impl FromRequestParts<AppState> for SignedIn {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self> {
        let principal = authenticate(parts, app).await?;
        RequestTrace::of(parts)?.decided();
        Ok(Self(principal))
    }
}

/// Why a route is open to everyone.
pub trait Reason: Send + Sync + 'static {
    /// The reason, for the table of routes.
    const WHY: &'static str;
}

/// Reasons for which routes are open to everyone.
pub mod reason {
    use super::Reason;

    /// Signing in cannot need a sign-in.
    #[derive(Debug)]
    pub enum SigningIn {}
    impl Reason for SigningIn {
        const WHY: &'static str = "signing in cannot need a sign-in";
    }

    /// Load balancers ask for health without credentials; the answer says nothing else.
    #[derive(Debug)]
    pub enum Health {}
    impl Reason for Health {
        const WHY: &'static str = "load balancers ask without credentials";
    }

    /// The same for everyone and part of the program: style, script, documents.
    #[derive(Debug)]
    pub enum Document {}
    impl Reason for Document {
        const WHY: &'static str = "part of the program, the same for everyone";
    }

    /// Programs learn from it where to get tokens, and by which keys to check them.
    #[derive(Debug)]
    pub enum Discovery {}
    impl Reason for Discovery {
        const WHY: &'static str = "programs learn from it where to get and how to check tokens";
    }

    /// An app proves who it is by what it sends, as RFC 6749 says, and is no caller before.
    #[derive(Debug)]
    pub enum ClientAuthentication {}
    impl Reason for ClientAuthentication {
        const WHY: &'static str = "apps authenticate inside, as OAuth says";
    }

    /// An invitation's link must tell its receiver what it is before they sign in; it is opened by its secret.
    #[derive(Debug)]
    pub enum InvitationLink {}
    impl Reason for InvitationLink {
        const WHY: &'static str = "opened by the secret in the link, before signing in";
    }
}

/// Everyone may call it, for the reason `R`.
#[derive(Debug)]
pub struct Public<R>(PhantomData<fn() -> R>);

impl<R: Reason> Declares for Public<R> {
    fn access() -> Access {
        Access::Public(R::WHY)
    }
}

impl<R: Reason> FromRequestParts<AppState> for Public<R> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self> {
        RequestTrace::of(parts)?.decided();
        Ok(Self(PhantomData))
    }
}

async fn authenticate(parts: &mut Parts, app: &AppState) -> Result<Principal> {
    let principal = principal::authenticate(parts, app).await?;
    RequestTrace::of(parts)?.by(&principal);
    Ok(principal)
}

/// Why a handler does not run.
#[derive(Debug)]
pub enum Turned {
    /// For an error.
    Away(Error),
    /// Because a member asked by a slug that the tenant gave up: this is the same path by the present one.
    To(String),
}

impl From<Error> for Turned {
    fn from(error: Error) -> Self {
        Self::Away(error)
    }
}

impl IntoResponse for Turned {
    fn into_response(self) -> Response {
        match self {
            Self::Away(error) => error.into_response(),
            // Not for ever: the slug may come back to the tenant, and after its reservation it may be another's.
            Self::To(path) => match HeaderValue::from_str(&path) {
                Ok(place) => (StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, place)]).into_response(),
                Err(error) => Error::internal("a redirect cannot be written", error).into_response(),
            },
        }
    }
}

/// The path that was asked for, with `slug` in the tenant's place.
fn moved(parts: &Parts, slug: &str) -> Result<String> {
    let route = parts.extensions.get::<MatchedPath>();
    let route = route.ok_or(Error::Internal("a tenant's route was not matched", None))?.as_str();
    let segments = route.split('/').zip(parts.uri.path().split('/'));
    let path: Vec<&str> =
        segments.map(|(name, given)| if name == "{tenant}" { slug } else { given }).collect();
    let query = parts.uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    Ok(format!("{}{query}", path.join("/")))
}

/// Who is calling, and their standing in the tenant the path names: not found to whoever is no member.
async fn membership(
    parts: &mut Parts,
    app: &AppState,
    permission: &'static str,
) -> Result<(Principal, Arc<Standing>), Turned> {
    let principal = authenticate(parts, app).await?;
    let (tenant, at_least) = (tenant(parts).await?, policy_version(parts)?);
    let standing = match app.authz.membership(&tenant, principal.user.id, at_least).await? {
        Membership::Moved(slug) if principal::is_safe(&parts.method) => {
            RequestTrace::of(parts)?.decided();
            return Err(Turned::To(moved(parts, &slug)?));
        }
        found @ (Membership::Here(_) | Membership::Moved(_)) => found.here()?,
    };
    RequestTrace::of(parts)?.asks_in(Chain::Tenant(standing.policy.id), permission);
    app.last_seen.note(standing.policy.id, principal.user.id, app.database.clock().now());
    Ok((principal, standing))
}

/// Decides, and takes note of how for the record of decisions. A suspended tenant's refusals are none of its policy's.
async fn decide<P: Permission>(
    app: &AppState,
    principal: Principal,
    standing: Arc<Standing>,
) -> Result<Grant<P>> {
    if standing.policy.suspended.is_none() {
        let decided = (P::ID, standing.effective.contains(P::ID));
        app.decisions.note(&standing, principal.user.id, decided, app.database.clock().now());
    }
    app.authz.decide(principal, standing).await
}

async fn tenant(parts: &mut Parts) -> Result<TenantRef> {
    let segment = path_parameter(parts, "tenant").await?;
    let segment = segment.ok_or(Error::Internal("a tenant's route has no {tenant} in its path", None))?;
    TenantRef::parse(&segment).ok_or(Error::NotFound)
}

async fn path_parameter(parts: &mut Parts, name: &str) -> Result<Option<String>> {
    use axum::RequestPartsExt as _;
    let parameters = parts.extract::<RawPathParams>().await.map_err(|_encoding| Error::NotFound)?;
    Ok(parameters.iter().find(|(known, _)| *known == name).map(|(_, value)| value.to_owned()))
}

/// `X-Policy-Version`: the caller has seen this version and must not be decided on an older one.
fn policy_version(parts: &Parts) -> Result<Option<i64>> {
    let Some(value) = parts.headers.get("x-policy-version") else { return Ok(None) };
    let version =
        value.to_str().ok().and_then(|text| text.parse::<i64>().ok()).filter(|version| *version >= 0);
    version.map(Some).ok_or(Error::Malformed("X-Policy-Version is not a number".into()))
}
