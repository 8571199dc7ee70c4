//! Apps: machine members of a tenant. They hold roles as people do and call with tokens they ask for by a secret. Called
//! by the API, the panel and the OAuth endpoints. Must never let anyone act through an app as more than they are.
//!
//! ```text
//!   register ─▶ enabled ⇄ disabled ─▶ deleted        roles: given by the rules for giving roles to people
//!                  │                                 secrets: at most two live, so that one replaces the other
//!                  └─ secret ──/oauth/token──▶ access token, at most an hour
//! ```

mod change;
mod create;
mod delete;
/// What is told of secrets that end soon.
pub mod endings;
mod holds;
mod list;
mod origins;
/// The secrets by which apps ask for tokens.
pub mod secrets;
mod store;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::ids::{AppId, AppSecretId};
use crate::members::RoleAssignment;

pub use change::change;
pub use create::create;
pub use delete::delete;
pub use list::{list, registered, show};

/// Origins an app may register, at most.
pub const MOST_ORIGINS: usize = 20;

/// An app, as the members of its tenant see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct App {
    /// Its id.
    pub id: AppId,
    /// By what it names itself at the OAuth endpoints. It is no secret.
    pub client_id: String,
    /// Its name.
    pub name: String,
    /// Keys of the roles it holds.
    pub roles: Vec<String>,
    /// When each of them ends, by key; those without an end are left out.
    pub role_ends: BTreeMap<String, Timestamp>,
    /// Whether its secrets and tokens work.
    pub enabled: bool,
    /// What its access tokens are.
    pub token_format: TokenFormat,
    /// Browsers at these origins may call the API with its tokens.
    pub allowed_origins: Vec<String>,
    /// Its live secrets, oldest first: what is known of them, not what they are.
    pub secrets: Vec<Secret>,
    /// When it was registered.
    pub created_at: Timestamp,
    /// When a token of it was last used, to a minute.
    pub last_used_at: Option<Timestamp>,
    /// From where.
    pub last_used_from: Option<String>,
    /// Counts its changes: the source of its `ETag`.
    #[serde(skip)]
    pub revision: i64,
}

/// What an app's access tokens are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum TokenFormat {
    /// Looked up at every request: revoked at once.
    #[default]
    Opaque,
    /// Signed (RFC 9068): other services can check them alone; elsewhere than here they end only by time.
    Jwt,
}

impl TokenFormat {
    /// The word stored and sent.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Opaque => "opaque",
            Self::Jwt => "jwt",
        }
    }
}

/// What is known of a secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Secret {
    /// Its id, which opens nothing.
    pub id: AppSecretId,
    /// Its beginning, to recognise it by.
    pub prefix: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
    /// When it was last used.
    pub last_used_at: Option<Timestamp>,
}

/// An app to be registered.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewApp {
    /// What to call it, 1 to 80 characters.
    pub name: String,
    /// The roles it is to hold: keys, or keys with an end. Each must be one that who registers it may give.
    pub roles: Vec<RoleAssignment>,
    /// Origins, such as `https://app.example.com`, from which browsers may call the API with its tokens; at most 20.
    #[serde(default)]
    pub allowed_origins: Vec<String>,
    /// What its access tokens are to be; `opaque` when left out.
    #[serde(default)]
    pub token_format: TokenFormat,
}

/// What is to change of an app; what is left out stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AppChange {
    /// What to call it.
    pub name: Option<String>,
    /// The roles it is to hold, all of them.
    pub roles: Option<Vec<RoleAssignment>>,
    /// Whether its secrets and tokens are to work.
    pub enabled: Option<bool>,
    /// The origins it is to have, all of them.
    pub allowed_origins: Option<Vec<String>>,
    /// What its access tokens are to be from now on.
    pub token_format: Option<TokenFormat>,
}

/// Which of a tenant's apps to list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Enabled or disabled ones alone.
    pub enabled: Option<bool>,
}
