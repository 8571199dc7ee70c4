//! A domain of a tenant, and the bodies that make and change one. Made by the domain; read by the API and the panel.

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::email::DomainName;

/// A domain of a tenant, as those who look after it see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Domain {
    /// The domain.
    pub domain: DomainName,
    /// Whether it is proved.
    pub status: DomainStatus,
    /// The record that proves it. It has to stay.
    pub record: Record,
    /// Who may join by an address in it.
    pub joining: Joining,
    /// Key of the role that joining gives; null while there is none.
    pub role: Option<String>,
    /// Since when it is proved.
    pub verified_at: Option<Timestamp>,
    /// When the name servers last answered.
    pub checked_at: Option<Timestamp>,
    /// When it was added.
    pub created_at: Timestamp,
    /// Goes up with every change: what `ETag` and `If-Match` are made from.
    #[serde(skip)]
    pub revision: i64,
}

/// Whether a domain is proved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum DomainStatus {
    /// Not yet, or not any more.
    Pending,
    /// It is.
    Verified,
}

/// A TXT record to make at the domain's name servers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[schemars(rename = "DomainRecord")]
pub struct Record {
    /// Its name, such as `_freehold.example.com`.
    pub name: String,
    /// Its text.
    pub value: String,
}

/// Who may join by an address in a domain. Each lets in at least whom the one before does.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Joining {
    /// Nobody.
    Off,
    /// Who asks and is let in by someone who may invite.
    Ask,
    /// Everyone, at once.
    Open,
}

impl Joining {
    /// The word in the API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Ask => "ask",
            Self::Open => "open",
        }
    }

    /// Reads the word; what is none lets nobody in.
    #[must_use]
    pub fn read(text: &str) -> Self {
        match text {
            "open" => Self::Open,
            "ask" => Self::Ask,
            _ => Self::Off,
        }
    }
}

/// The body that adds a domain.
#[derive(Debug, Clone, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewDomain {
    /// The domain, such as `example.com`; ASCII, without what stands before or after.
    #[schemars(length(max = 240))]
    pub domain: String,
}

/// The body that changes who may join by a domain: what is absent stays.
#[derive(Debug, Clone, Default, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DomainChange {
    /// Who may join.
    #[serde(default)]
    pub joining: Option<Joining>,
    /// Key of the role that joining gives.
    #[serde(default)]
    pub role: Option<String>,
}
