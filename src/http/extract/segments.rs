//! What can stand in a path, each by its one name in all paths. Read by `Path`; must never accept a second spelling
//! of the same thing.

use serde_json::{Value, json};

use super::path::Segment;
use crate::authz::TenantRef;
use crate::email::DomainName;
use crate::http::openapi::slug_schema;
use crate::ids::{
    AppId, AppSecretId, DeviceRequestId, EventId, IdentityId, InvitationId, JoinRequestId, ProjectId, RoleId,
    RoleRequestId, SessionHandle, TenantId, TokenId, UserId,
};
use crate::login::Provider;
use crate::names::Slug;
use crate::oauth::is_kid;

/// For routes that are about a tenant from outside. Those inside one declare it by their access.
impl Segment for TenantRef {
    const NAME: &'static str = "tenant";
    const WHAT: &'static str = "The tenant's slug or id.";

    fn read(text: &str) -> Option<Self> {
        Self::parse(text)
    }

    fn schema() -> Value {
        slug_schema()
    }
}

impl Segment for UserId {
    const NAME: &'static str = "user";

    fn read(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

impl Segment for AppId {
    const NAME: &'static str = "app";

    fn read(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

impl Segment for AppSecretId {
    const NAME: &'static str = "secret";

    fn read(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

impl Segment for TokenId {
    const NAME: &'static str = "token";

    fn read(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

impl Segment for InvitationId {
    const NAME: &'static str = "invitation";

    fn read(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

impl Segment for RoleRequestId {
    const NAME: &'static str = "request";

    fn read(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

impl Segment for JoinRequestId {
    const NAME: &'static str = "join_request";

    fn read(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

impl Segment for DeviceRequestId {
    const NAME: &'static str = "device";

    fn read(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

impl Segment for EventId {
    const NAME: &'static str = "event";

    fn read(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

impl Segment for ProjectId {
    const NAME: &'static str = "project";

    fn read(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

impl Segment for DomainName {
    const NAME: &'static str = "domain";
    const WHAT: &'static str = "The domain's name, in lower case and ASCII.";

    fn read(text: &str) -> Option<Self> {
        text.parse::<Self>().ok().filter(|domain| domain.as_str() == text)
    }

    fn schema() -> Value {
        json!({ "type": "string", "format": "hostname" })
    }
}

/// A tenant that someone may perhaps join; not one they are in.
#[derive(Debug, Clone, Copy)]
pub struct JoinableId(pub TenantId);

impl Segment for JoinableId {
    const NAME: &'static str = "joinable";
    const WHAT: &'static str = "The id of the tenant.";

    fn read(text: &str) -> Option<Self> {
        text.parse().ok().map(Self)
    }
}

impl Segment for SessionHandle {
    const NAME: &'static str = "session";

    fn read(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

impl Segment for IdentityId {
    const NAME: &'static str = "identity";

    fn read(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

impl Segment for Provider {
    const NAME: &'static str = "provider";
    const WHAT: &'static str = "The provider.";

    fn read(text: &str) -> Option<Self> {
        text.parse().ok()
    }

    fn schema() -> Value {
        json!({ "type": "string" })
    }
}

/// A public key of an app, by its name.
#[derive(Debug)]
pub struct KeyWord(pub String);

impl Segment for KeyWord {
    const NAME: &'static str = "key";
    const WHAT: &'static str = "The key's name (`kid`).";

    fn read(text: &str) -> Option<Self> {
        is_kid(text).then(|| Self(text.to_owned()))
    }

    fn schema() -> Value {
        json!({ "type": "string", "pattern": "^[A-Za-z0-9._~-]+$", "maxLength": 64 })
    }
}

/// A role as a path names it: by its key or its id.
#[derive(Debug)]
pub struct RoleWord(pub String);

impl Segment for RoleWord {
    const NAME: &'static str = "role";
    const WHAT: &'static str = "The role's key or id.";

    fn read(text: &str) -> Option<Self> {
        let id = text.parse::<RoleId>().map(|id| id.to_string()).ok();
        id.or_else(|| Slug::parse(text).map(|key| key.as_str().to_owned())).map(Self)
    }

    fn schema() -> Value {
        slug_schema()
    }
}

/// A secret or word in a path: letters, digits and hyphens only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word<const NAME: char>(pub String);

/// The secret of an invitation's link.
pub type TokenWord = Word<'t'>;
/// The slug of a problem's page.
pub type SlugWord = Word<'s'>;
/// What several operations of the API are about.
pub type TagWord = Word<'o'>;
/// The name of an asset.
pub type FileWord = Word<'f'>;
/// A page of the gallery, in one state.
#[cfg(feature = "dev")]
pub type SampleWord = Word<'g'>;

impl<const KIND: char> Segment for Word<KIND> {
    const NAME: &'static str = match KIND {
        't' => "token",
        's' => "slug",
        'o' => "tag",
        'g' => "sample",
        _ => "file",
    };

    fn read(text: &str) -> Option<Self> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || (KIND == 'f' && byte == b'.');
        (!text.is_empty() && text.len() <= 100 && text.bytes().all(plain)).then(|| Self(text.to_owned()))
    }

    fn schema() -> Value {
        json!({ "type": "string", "pattern": "^[A-Za-z0-9.-]+$", "maxLength": 100 })
    }
}
