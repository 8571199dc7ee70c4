//! Identifiers and random strings. Every row is named by a `UUIDv7` of its own type, so a user's id cannot be
//! passed where a tenant's is due. Secrets come from [`secret_text`]; nothing else makes randomness.

mod random;
mod subject;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

pub use subject::Subject;

pub use random::{base62, random_bytes, secret_hash, secret_text, sha256};

/// The id of a `K`: a `UUIDv7`, so ids of one kind sort by the time they were made.
pub struct Id<K> {
    uuid: Uuid,
    kind: PhantomData<fn() -> K>,
}

/// Names what an [`Id`] identifies.
pub mod kind {
    /// A tenant.
    #[derive(Debug)]
    pub enum Tenant {}
    /// A user.
    #[derive(Debug)]
    pub enum User {}
    /// An app.
    #[derive(Debug)]
    pub enum App {}
    /// A secret of an app.
    #[derive(Debug)]
    pub enum AppSecret {}
    /// A token.
    #[derive(Debug)]
    pub enum Token {}
    /// A role.
    #[derive(Debug)]
    pub enum Role {}
    /// An identity at a provider.
    #[derive(Debug)]
    pub enum Identity {}
    /// A session's handle, which names a session but does not open it.
    #[derive(Debug)]
    pub enum Session {}
    /// An invitation.
    #[derive(Debug)]
    pub enum Invitation {}
    /// A request for a role.
    #[derive(Debug)]
    pub enum RoleRequest {}
    /// A request to be let into a tenant.
    #[derive(Debug)]
    pub enum JoinRequest {}
    /// A command-line tool's request to be let in.
    #[derive(Debug)]
    pub enum DeviceRequest {}
    /// A project.
    #[derive(Debug)]
    pub enum Project {}
    /// An audit event.
    #[derive(Debug)]
    pub enum Event {}
    /// A mail in the outbox.
    #[derive(Debug)]
    pub enum Mail {}
    /// One decision, as named in a denial and in the log.
    #[derive(Debug)]
    pub enum Decision {}
}

/// The immutable id of a tenant.
pub type TenantId = Id<kind::Tenant>;
/// The id of a user.
pub type UserId = Id<kind::User>;
/// The id of an app.
pub type AppId = Id<kind::App>;
/// The id of a secret of an app: names it, and does not open anything.
pub type AppSecretId = Id<kind::AppSecret>;
/// The id of a token: names it, and does not open anything.
pub type TokenId = Id<kind::Token>;
/// The id of a role in one tenant.
pub type RoleId = Id<kind::Role>;
/// The id of an identity.
pub type IdentityId = Id<kind::Identity>;
/// The handle of a session: safe to show, useless as a cookie.
pub type SessionHandle = Id<kind::Session>;
/// The id of an invitation.
pub type InvitationId = Id<kind::Invitation>;
/// The id of a request for a role.
pub type RoleRequestId = Id<kind::RoleRequest>;
/// The id of a request to be let into a tenant.
pub type JoinRequestId = Id<kind::JoinRequest>;
/// Names a command-line tool's request to be let in.
pub type DeviceRequestId = Id<kind::DeviceRequest>;
/// The id of a project.
pub type ProjectId = Id<kind::Project>;
/// The id of an audit event.
pub type EventId = Id<kind::Event>;
/// The id of a mail waiting in the outbox.
pub type MailId = Id<kind::Mail>;
/// The id of one decision.
pub type DecisionId = Id<kind::Decision>;

impl<K> Id<K> {
    /// A new id, later than every id made before it on this node.
    #[must_use]
    #[allow(clippy::disallowed_methods, reason = "this is the one place that makes ids")]
    pub fn new() -> Self {
        Self::from_uuid(Uuid::now_v7())
    }

    /// The id with this UUID.
    #[must_use]
    pub const fn from_uuid(uuid: Uuid) -> Self {
        Self { uuid, kind: PhantomData }
    }

    /// The UUID of this id.
    #[must_use]
    pub const fn uuid(self) -> Uuid {
        self.uuid
    }
}

impl<K> Default for Id<K> {
    fn default() -> Self {
        Self::new()
    }
}

impl<K> Clone for Id<K> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<K> Copy for Id<K> {}

impl<K> PartialEq for Id<K> {
    fn eq(&self, other: &Self) -> bool {
        self.uuid == other.uuid
    }
}

impl<K> Eq for Id<K> {}

impl<K> PartialOrd for Id<K> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl<K> Ord for Id<K> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.uuid.cmp(&other.uuid)
    }
}

impl<K> Hash for Id<K> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.uuid.hash(state);
    }
}

impl<K> fmt::Debug for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.uuid, f)
    }
}

impl<K> fmt::Display for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.uuid, f)
    }
}

/// The text is not a UUID in its canonical form (lower case, hyphenated).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an id")]
pub struct NotAnId;

impl<K> FromStr for Id<K> {
    type Err = NotAnId;

    /// Accepts the one canonical spelling only, so that an id has one name in paths, caches and logs.
    fn from_str(text: &str) -> Result<Self, NotAnId> {
        let uuid = Uuid::try_parse(text).map_err(|_syntax| NotAnId)?;
        let mut canonical = [0_u8; uuid::fmt::Hyphenated::LENGTH];
        if uuid.hyphenated().encode_lower(&mut canonical) == text {
            Ok(Self::from_uuid(uuid))
        } else {
            Err(NotAnId)
        }
    }
}

impl<K> Serialize for Id<K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.uuid.hyphenated().encode_lower(&mut Uuid::encode_buffer()))
    }
}

impl<'de, K> Deserialize<'de> for Id<K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl<K> schemars::JsonSchema for Id<K> {
    fn schema_name() -> Cow<'static, str> {
        "Id".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "format": "uuid" })
    }
}
