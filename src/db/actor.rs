//! Who acted, by which request. Made by whoever knows the caller; must never be taken from what a request says of
//! itself.

use std::sync::Arc;

use uuid::Uuid;

use crate::ids::{AppId, UserId};

/// Who did it, and from where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// A person, an app, or the program itself.
    pub kind: ActorKind,
    /// The name at that time.
    pub name: String,
    /// The request it came by.
    pub via: Via,
}

/// Whether a person, an app, or the program acted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ActorKind {
    /// A person.
    User(UserId),
    /// An app.
    App(AppId),
    /// The program: upkeep and commands run on the machine.
    System,
}

impl ActorKind {
    /// `user`, `app` or `system`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::User(_) => "user",
            Self::App(_) => "app",
            Self::System => "system",
        }
    }

    /// The id, unless the program itself acted.
    #[must_use]
    pub fn id(self) -> Option<Uuid> {
        match self {
            Self::User(user) => Some(user.uuid()),
            Self::App(app) => Some(app.uuid()),
            Self::System => None,
        }
    }
}

/// The request an actor came by.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Via {
    /// The peer's address, or what a trusted proxy says it was.
    pub ip: Arc<str>,
    /// The request's id.
    pub request_id: Arc<str>,
}

impl Actor {
    /// The program itself, at the machine rather than by a request.
    #[must_use]
    pub fn system(name: &str) -> Self {
        Self { kind: ActorKind::System, name: name.to_owned(), via: Via::default() }
    }
}
