//! Tokens: by which programs call the API, for a person or as an app, in one tenant and within scopes. Called by the
//! API, the panel and the OAuth endpoints. Must never keep a token, nor make one that can do more, or lasts longer,
//! than who makes it.
//!
//! ```text
//!   what may be done by a token  =  what its owner's roles allow now  ∩  its scopes
//! ```
//!
//! Personal tokens are their owner's: only they mint and rotate them, by a fresh sign-in. Access tokens are an app's,
//! asked for at the OAuth endpoints. Whoever may, sees and revokes all of a tenant's.

/// What tokens look like.
pub mod format;
mod manage;
mod mint;
mod rules;
mod store;
mod uses;
/// The mail before a token ends.
pub mod warn;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::ids::{TenantId, TokenId};

pub use manage::{ending, find, list, mine, revoke, revoke_own};
pub use mint::{Access, Room, full, issue, mint, newest, room, rotate};
pub use rules::{DEFAULT_DAYS, MAX_DAYS, SOON, carried, read_scopes};
pub use uses::TokenUses;

/// A token, as its owner and those who see all of the tenant's know it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Token {
    /// Its id, which opens nothing.
    pub id: TokenId,
    /// What its owner calls it.
    pub name: String,
    /// Its beginning, to recognise it by.
    pub prefix: String,
    /// The permissions it may carry. What it can do is what its owner may do of these.
    pub scopes: Vec<String>,
    /// Whose it is.
    pub owner: TokenOwner,
    /// When it was minted.
    pub created_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
    /// When it was last used, to a minute.
    pub last_used_at: Option<Timestamp>,
    /// From where it was last used.
    pub last_used_from: Option<String>,
    /// Counts as unused: minted or last used over 30 days ago.
    pub unused: bool,
}

/// Whose a token is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TokenOwner {
    /// `user` or `app`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// The user's or app's id.
    pub id: uuid::Uuid,
    /// The user's or app's name.
    pub name: String,
}

/// A token that was just made. The text is in no other answer and nowhere in the database.
#[derive(Clone, Serialize, JsonSchema)]
pub struct NewlyMinted {
    /// What is kept of it.
    #[serde(flatten)]
    pub kept: Token,
    /// The token itself. It is shown this once.
    pub token: String,
}

impl std::fmt::Debug for NewlyMinted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewlyMinted").field("kept", &self.kept).finish_non_exhaustive()
    }
}

/// A token to be minted.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewToken {
    /// What to call it, 1 to 80 characters.
    pub name: String,
    /// The permissions it may carry: at least one, each held by who mints it. Those that need a session are refused.
    pub scopes: Vec<String>,
    /// After how many days it ends: 1 to 365; 90 when left out.
    pub expires_in_days: Option<u16>,
}

/// How a token is to be replaced.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rotation {
    /// For how many hours the old token still works beside the new one: 0 to 168; 24 when left out.
    pub overlap_hours: Option<u16>,
}

/// One of a person's own tokens, in any of their tenants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnToken {
    /// Where it works.
    pub tenant: TenantId,
    /// The token.
    pub token: Token,
}

/// Which of a tenant's tokens to list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Filter {
    /// Of this owner alone.
    pub owner: Option<crate::ids::Subject>,
    /// Only those that were never used, or not for 30 days.
    pub unused: bool,
}
