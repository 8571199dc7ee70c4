//! Identifiers and random strings. Every row is named by a `UUIDv7` of its own type, so a user's id cannot be
//! passed where a tenant's is due. Secrets come from [`secret_text`]; nothing else makes randomness.

use std::borrow::Cow;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

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
/// The id of a role in one tenant.
pub type RoleId = Id<kind::Role>;
/// The id of an identity.
pub type IdentityId = Id<kind::Identity>;
/// The handle of a session: safe to show, useless as a cookie.
pub type SessionHandle = Id<kind::Session>;
/// The id of an invitation.
pub type InvitationId = Id<kind::Invitation>;
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
        serializer.collect_str(&self.uuid)
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

const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// `N` random bytes from the operating system.
///
/// # Panics
/// Never returns weak bytes: when the system's generator fails the process aborts the request by panicking.
#[must_use]
#[allow(clippy::expect_used, reason = "without randomness no secret may be made at all")]
pub fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0_u8; N];
    aws_lc_rs::rand::fill(&mut bytes).expect("the system's random generator works");
    bytes
}

/// A secret for links, cookies and states: 43 base62 characters, 256 bits.
#[must_use]
pub fn secret_text() -> String {
    base62(random_bytes::<32>())
}

/// 32 bytes as 43 base62 characters, most significant first.
#[must_use]
pub fn base62(mut number: [u8; 32]) -> String {
    let mut digits = [b'0'; 43];
    for digit in digits.iter_mut().rev() {
        let mut remainder = 0_u32;
        for byte in &mut number {
            let value = (remainder << 8) | u32::from(*byte);
            *byte = u8::try_from(value / 62).unwrap_or(u8::MAX);
            remainder = value % 62;
        }
        *digit = BASE62.get(remainder as usize).copied().unwrap_or(b'0');
    }
    digits.iter().map(|digit| char::from(*digit)).collect()
}

/// The SHA-256 of a secret: what is stored in its place.
#[must_use]
pub fn secret_hash(secret: &str) -> Vec<u8> {
    aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, secret.as_bytes()).as_ref().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_has_one_spelling() {
        let id = UserId::new();
        assert_eq!(id.to_string().parse::<UserId>(), Ok(id));
        for other in [id.to_string().to_uppercase(), format!("{{{id}}}"), id.uuid().simple().to_string()] {
            assert_eq!(other.parse::<UserId>(), Err(NotAnId), "{other}");
        }
    }

    #[test]
    fn base62_keeps_all_bits() {
        assert_eq!(base62([0; 32]), "0".repeat(43));
        let mut one = [0; 32];
        one[31] = 61;
        assert_eq!(base62(one), format!("{}z", "0".repeat(42)));
        assert_ne!(secret_text(), secret_text());
    }
}
