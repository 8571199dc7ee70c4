//! Who may hold roles: a person or an app, by id. Everything that is given, decided or recorded is of one of these;
//! must never be made from an id whose kind is not known.

use uuid::Uuid;

use crate::ids::{AppId, UserId};

/// Who may hold roles in a tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Subject {
    /// A person.
    User(UserId),
    /// An app.
    App(AppId),
}

impl Subject {
    /// The person with this id, or the app.
    #[must_use]
    pub fn of(app: bool, id: Uuid) -> Self {
        if app { Self::App(AppId::from_uuid(id)) } else { Self::User(UserId::from_uuid(id)) }
    }

    /// `user` or `app`.
    #[must_use]
    pub fn kind(self) -> &'static str {
        match self {
            Self::User(_) => "user",
            Self::App(_) => "app",
        }
    }

    /// The id, of whichever kind.
    #[must_use]
    pub fn uuid(self) -> Uuid {
        match self {
            Self::User(user) => user.uuid(),
            Self::App(app) => app.uuid(),
        }
    }

    /// The person, if it is one.
    #[must_use]
    pub fn user(self) -> Option<UserId> {
        match self {
            Self::User(user) => Some(user),
            Self::App(_) => None,
        }
    }
}

impl From<UserId> for Subject {
    fn from(user: UserId) -> Self {
        Self::User(user)
    }
}

impl From<AppId> for Subject {
    fn from(app: AppId) -> Self {
        Self::App(app)
    }
}

impl PartialEq<UserId> for Subject {
    fn eq(&self, user: &UserId) -> bool {
        *self == Self::User(*user)
    }
}
