//! Who is calling: made by `http/principal.rs` from a credential, carried by every grant. Never holds the
//! credential itself.

use std::sync::Arc;
use std::time::Duration;

use crate::authz::PermissionSet;
use crate::authz::platform::PlatformRole;
use crate::clock::Timestamp;
use crate::db::{Actor, ActorKind, Via};
use crate::error::{Error, Result};
use crate::ids::{AppId, IdentityId, SessionHandle, Subject, TenantId, TokenId, UserId};

/// What asks for a fresh sign-in asks for one no older than this (ASVS 7.5.3).
pub const FRESH: Duration = Duration::from_mins(10);

/// Who is calling, and by what.
#[derive(Debug, Clone)]
pub enum Principal {
    /// A person at a browser.
    Session(SessionUser),
    /// A program, with a token of a person or of an app.
    Token(TokenBearer),
}

/// A signed-in person and the session they came by.
#[derive(Debug, Clone)]
pub struct SessionUser {
    /// The person.
    pub user: Arc<UserHead>,
    /// The session.
    pub session: SessionRef,
    /// The request.
    pub via: Via,
}

/// Whose a token is, what it may carry, and the request it came with.
#[derive(Debug, Clone)]
pub struct TokenBearer {
    /// Whose it is.
    pub owner: Owner,
    /// What is known of it.
    pub token: Arc<TokenHead>,
    /// The request.
    pub via: Via,
}

/// Whose a token is.
#[derive(Debug, Clone)]
pub enum Owner {
    /// A person's.
    User(Arc<UserHead>),
    /// An app's.
    App(Arc<AppHead>),
}

/// What is known of a token, but not the token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenHead {
    /// Its id; a signed token's is its `jti`.
    pub id: TokenId,
    /// The tenant in which alone it works.
    pub tenant: TenantId,
    /// Whose it is.
    pub owner: Subject,
    /// What it may carry.
    pub scopes: PermissionSet,
    /// When it ends.
    pub expires_at: Timestamp,
    /// The version of its owner when this was read: every change of the owner or of a token of theirs raises it. None
    /// for a signed token, which is not read from anywhere.
    pub owner_version: Option<i64>,
}

/// The session a request came by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionRef {
    /// Its handle.
    pub handle: SessionHandle,
    /// The identity it was opened with.
    pub identity: IdentityId,
    /// When its person last proved who they are at a provider.
    pub signed_in_at: Timestamp,
}

/// What every request by a person needs to know of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserHead {
    /// The person's id.
    pub id: UserId,
    /// Display name.
    pub name: String,
    /// Address for mail, if any is known.
    pub email: Option<String>,
    /// Whether a provider vouches for the address.
    pub email_verified: bool,
    /// Picture, https only.
    pub avatar_url: Option<String>,
    /// Whether an operator disabled the person.
    pub disabled: bool,
    /// What the person is on this installation, if they operate it.
    pub operator: Option<PlatformRole>,
    /// Tenants the person is a member of, by name, those that are deleted and can be restored among them.
    pub tenants: Vec<TenantId>,
    /// Goes up with every change of the above.
    pub version: i64,
}

/// What every request by an app needs to know of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppHead {
    /// The app's id.
    pub id: AppId,
    /// The tenant it is a member of.
    pub tenant: TenantId,
    /// By what it names itself at the OAuth endpoints.
    pub client_id: String,
    /// Display name.
    pub name: String,
    /// Whether its secrets and tokens work.
    pub enabled: bool,
    /// Goes up with every change of the app, its secrets and its tokens.
    pub version: i64,
}

impl Principal {
    /// The person or app who is calling.
    #[must_use]
    pub fn subject(&self) -> Subject {
        match self {
            Self::Session(person) => Subject::User(person.user.id),
            Self::Token(bearer) => bearer.token.owner,
        }
    }

    /// What they are called.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Session(SessionUser { user, .. })
            | Self::Token(TokenBearer { owner: Owner::User(user), .. }) => &user.name,
            Self::Token(TokenBearer { owner: Owner::App(app), .. }) => &app.name,
        }
    }

    /// What the credential may carry; none for a session, which carries all its person may do.
    #[must_use]
    pub fn scopes(&self) -> Option<PermissionSet> {
        match self {
            Self::Session(_) => None,
            Self::Token(bearer) => Some(bearer.token.scopes),
        }
    }

    /// The person at the browser.
    ///
    /// # Errors
    /// [`Error::SessionRequired`] for a token.
    pub fn person(&self) -> Result<&SessionUser> {
        match self {
            Self::Session(person) => Ok(person),
            Self::Token(_) => Err(Error::SessionRequired),
        }
    }

    /// The principal as the audit log records it.
    #[must_use]
    pub fn actor(&self) -> Actor {
        let kind = match self.subject() {
            Subject::User(user) => ActorKind::User(user),
            Subject::App(app) => ActorKind::App(app),
        };
        let via = match self {
            Self::Session(person) => &person.via,
            Self::Token(bearer) => &bearer.via,
        };
        Actor { kind, name: self.name().to_owned(), via: via.clone() }
    }

    /// Requires a sign-in within the last ten minutes.
    ///
    /// # Errors
    /// [`Error::ReauthenticationRequired`] when it is older; [`Error::SessionRequired`] for a token.
    pub fn require_fresh(&self, now: Timestamp) -> Result<()> {
        self.person()?.require_fresh(now)
    }
}

impl From<SessionUser> for Principal {
    fn from(person: SessionUser) -> Self {
        Self::Session(person)
    }
}

impl SessionUser {
    /// The person as the audit log records them.
    #[must_use]
    pub fn actor(&self) -> Actor {
        Actor { kind: ActorKind::User(self.user.id), name: self.user.name.clone(), via: self.via.clone() }
    }

    /// Requires a sign-in within the last ten minutes.
    ///
    /// # Errors
    /// [`Error::ReauthenticationRequired`] when it is older.
    pub fn require_fresh(&self, now: Timestamp) -> Result<()> {
        if now.since(self.session.signed_in_at) <= FRESH {
            Ok(())
        } else {
            Err(Error::ReauthenticationRequired)
        }
    }
}
