//! Who may call a route, declared as its handler's first argument. Extracting one of these *is* the decision:
//! the handler cannot run without it, and learns nothing of the request before it.

use std::marker::PhantomData;
use std::sync::Arc;

use axum::extract::{FromRequestParts, MatchedPath, RawPathParams};
use axum::response::{IntoResponse, Response};
use http::request::Parts;
use http::{HeaderValue, StatusCode, header};

use crate::authz::platform::{PlatformGrant, PlatformPermission};
use crate::authz::{
    Grant, Membership, Own, Permission, Principal, Right as _, SessionUser, Standing, TenantRef,
};
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
    /// Members of the path's tenant who hold the permission; every other to their own.
    PermissionOrMine(&'static str),
    /// Every member of the path's tenant, with or without a role.
    Member,
    /// Operators whose platform role holds the permission. For everyone else the route is not there.
    Platform(&'static str),
    /// Everyone with a credential: a session or a token.
    Caller,
    /// Everyone who is signed in at a browser.
    SignedIn,
    /// Everyone, for the reason given.
    Public(&'static str),
}

impl Access {
    /// The word of the `OpenAPI` document's `x-permission`: the permission, `signed-in` or `public`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Permission(name)
            | Self::PermissionOrOwn(name)
            | Self::PermissionOrMine(name)
            | Self::Platform(name) => name,
            Self::Member | Self::Caller | Self::SignedIn => "signed-in",
            Self::Public(_) => "public",
        }
    }
}

impl Access {
    /// Whether it is decided in the tenant that the path names.
    #[must_use]
    pub const fn is_in_tenant(self) -> bool {
        match self {
            Self::Permission(_) | Self::PermissionOrOwn(_) | Self::PermissionOrMine(_) | Self::Member => true,
            Self::Platform(_) | Self::Caller | Self::SignedIn | Self::Public(_) => false,
        }
    }
}

impl std::fmt::Display for Access {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Permission(name) => write!(f, "`{name}`"),
            Self::PermissionOrOwn(name) => write!(f, "`{name}`, or about oneself"),
            Self::PermissionOrMine(name) => write!(f, "`{name}`, or one's own"),
            Self::Member => f.write_str("every member"),
            Self::Platform(name) => write!(f, "operators with `{name}`"),
            Self::Caller => f.write_str("signed in, or any token"),
            Self::SignedIn => f.write_str("signed in"),
            Self::Public(why) => write!(f, "everyone: {why}"),
        }
    }
}

/// An argument that declares who may call its handler.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not declare who may call this handler",
    note = "the first argument must be `Can<perm::…>`, `CanOrOwn<perm::…>`, `CanOrMine<perm::…>`, `Member`, `Operator<platform::perm::…>`, `SignedIn`, `Caller` or `Public<…>`"
)]
pub trait Declares: sealed::Sealed {
    /// Who may call it.
    fn access() -> Access;
}

mod sealed {
    pub trait Sealed {}
    impl<P: crate::authz::Permission> Sealed for super::Can<P> {}
    impl<P: crate::authz::Permission> Sealed for super::CanOrOwn<P> {}
    impl<P: crate::authz::Permission> Sealed for super::CanOrMine<P> {}
    impl Sealed for super::Member {}
    impl<P: crate::authz::platform::PlatformPermission> Sealed for super::Operator<P> {}
    impl Sealed for super::SignedIn {}
    impl Sealed for super::Caller {}
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

/// The caller may `P` in the tenant the path names, or is the person, at a browser, whom the path names by `{user}`.
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
        let named = path_parameter(parts, "user").await?.and_then(|text| text.parse::<UserId>().ok());
        // What concerns the person is done by the person, not by a token of theirs.
        let own = principal.person().is_ok_and(|person| named == Some(person.user.id));
        let access = if own {
            Self::Own(app.authz.decide(principal, standing).await?)
        } else {
            Self::Can(decide(app, principal, standing).await?)
        };
        RequestTrace::of(parts)?.decided();
        Ok(access)
    }
}

/// The caller may `P` in the tenant the path names, or is a member of it, at a browser, to whom it shows or does only
/// what is their own.
#[derive(Debug)]
pub enum CanOrMine<P> {
    /// The caller holds the permission.
    Can(Grant<P>),
    /// The caller does not, and gets to their own.
    Mine(Grant<Own>),
}

impl<P: Permission> Declares for CanOrMine<P> {
    fn access() -> Access {
        Access::PermissionOrMine(P::NAME)
    }
}

impl<P: Permission> FromRequestParts<AppState> for CanOrMine<P> {
    type Rejection = Turned;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self, Turned> {
        let (principal, standing) = membership(parts, app, P::NAME).await?;
        let access = if principal.person().is_ok() && !P::held(&standing) {
            Self::Mine(app.authz.decide(principal, standing).await?)
        } else {
            Self::Can(decide(app, principal, standing).await?)
        };
        RequestTrace::of(parts)?.decided();
        Ok(access)
    }
}

/// The caller is a member, at a browser, of the tenant the path names, whatever their roles allow: for what every member may ask, and
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
        principal.person()?;
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
        // A token is of a tenant, and there are no tenants' routes here.
        let Principal::Session(person) = principal else { return Err(Error::NotFound) };
        if person.user.operator.is_some() {
            RequestTrace::of(parts)?.asks_in(Chain::Platform, P::NAME);
        }
        let grant = app.authz.operate(person)?;
        RequestTrace::of(parts)?.decided();
        Ok(Self(grant))
    }
}

/// The caller is a person, signed in at a browser: for what concerns the person rather than a tenant.
#[derive(Debug)]
pub struct SignedIn(pub SessionUser);

impl Declares for SignedIn {
    fn access() -> Access {
        Access::SignedIn
    }
}

impl FromRequestParts<AppState> for SignedIn {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self> {
        let person = authenticate(parts, app).await?.person()?.clone();
        RequestTrace::of(parts)?.decided();
        Ok(Self(person))
    }
}

/// The caller has a credential, whichever.
#[derive(Debug)]
pub struct Caller(pub Principal);

impl Declares for Caller {
    fn access() -> Access {
        Access::Caller
    }
}

impl FromRequestParts<AppState> for Caller {
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
    let trace = RequestTrace::of(parts)?;
    trace.by(&principal);
    app.rate.credential(&principal, app.database.clock().now(), trace)?;
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
    let found = app.authz.membership(&tenant, principal.subject(), at_least).await?;
    let standing = match within(app, &principal, found).await? {
        Membership::Moved(slug) if principal::is_safe(&parts.method) => {
            RequestTrace::of(parts)?.decided();
            return Err(Turned::To(moved(parts, &slug)?));
        }
        found @ (Membership::Here(_) | Membership::Moved(_)) => found.here()?,
    };
    let trace = RequestTrace::of(parts)?;
    trace.asks_in(Chain::Tenant(standing.policy.id), permission);
    // Whoever is no member was sent away before this: nobody uses up what is others'.
    app.rate.tenant(standing.policy.id, app.database.clock().now(), trace)?;
    if let Principal::Session(person) = &principal {
        app.last_seen.note(standing.policy.id, person.user.id, app.database.clock().now());
    }
    Ok((principal, standing))
}

/// What a path leads a token to: its own tenant, or nowhere, even where its owner is a member of another.
async fn within(app: &AppState, principal: &Principal, found: Membership) -> Result<Membership> {
    let Principal::Token(bearer) = principal else { return Ok(found) };
    let own = match &found {
        Membership::Here(standing) => standing.policy.id == bearer.token.tenant,
        Membership::Moved(slug) => {
            app.authz.policy(bearer.token.tenant).await?.is_some_and(|policy| policy.slug == *slug)
        }
    };
    if own { Ok(found) } else { Err(Error::NotFound) }
}

/// Decides, and takes note of how for the record of decisions. What a suspended tenant refuses, and what a token does
/// not carry, is not refused by the policy.
async fn decide<P: Permission>(
    app: &AppState,
    principal: Principal,
    standing: Arc<Standing>,
) -> Result<Grant<P>> {
    let carried = principal.scopes().is_none_or(|scopes| scopes.contains(P::ID));
    if standing.policy.suspended.is_none() && carried {
        let decided = (P::ID, standing.effective.contains(P::ID));
        app.decisions.note(&standing, principal.subject(), decided, app.database.clock().now());
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
