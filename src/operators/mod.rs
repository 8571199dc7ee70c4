//! Running the installation: which tenants and people there are, suspending the ones and disabling the others, and who
//! may do that. Called by the operators' routes and by commands run on the machine; must never give an operator
//! anything of what is inside a tenant.

mod figures;
mod people;
mod staff;
mod store;
mod tenants;

use serde::{Deserialize, Serialize};

pub use self::figures::{Figures, figures};
pub use self::people::{
    AccountStatus, Membership, Named, PersonDetail, PersonRecord, disable, enable, list_people, show_person,
};
pub use self::staff::{Appointed, appoint, dismiss, staff};
pub use self::tenants::{
    Sizes, TenantRecord, TenantState, list_tenants, resume, show_tenant, suspend, tenant_named,
};
use crate::error::{Error, Result};
use crate::names;

/// How long a reason may be.
pub const LONGEST_REASON: usize = 300;

/// Why something is done.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "OperatorReason")]
pub struct Reason {
    /// One sentence, 1 to 300 characters. Members of a suspended tenant read it.
    #[schemars(length(min = 1, max = 300))]
    pub reason: String,
}

impl Reason {
    fn read(&self) -> Result<String> {
        let reason = names::description(&self.reason, LONGEST_REASON, "/reason")?;
        if reason.is_empty() {
            return Err(Error::invalid("/reason", "required", "Say why, in a sentence."));
        }
        Ok(reason)
    }
}

/// A part of a list, newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed<T, I> {
    /// The items.
    pub items: Vec<T>,
    /// The id below which the next part begins; none at the end.
    pub next: Option<I>,
}

/// What is sought: a part of a name, slug or address, or a whole id. Everything when empty.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Sought(String);

impl Sought {
    /// Reads what someone typed; at most 200 characters of it.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(text.trim().chars().take(200).collect())
    }

    /// As it was typed.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What `like` finds it anywhere by, with `\` as escape; empty for everything.
    fn pattern(&self) -> String {
        crate::lists::pattern(&self.0)
    }

    /// The id it is, or the one nothing has.
    fn id(&self) -> uuid::Uuid {
        self.0.parse().unwrap_or(uuid::Uuid::nil())
    }
}

/// One row more than `limit` was asked for: is it there, the list goes on after the last that is shown.
fn cut<T, I>(mut rows: Vec<T>, limit: u32, id: impl Fn(&T) -> I) -> Listed<T, I> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next = rows.last().filter(|_| more).map(id);
    Listed { items: rows, next }
}
