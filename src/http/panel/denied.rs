//! A denial in words people can act on: what it takes, what they hold, who can give it. Called by the page of an
//! error; must never say more than the denial carries, which only members of the tenant get.

use crate::error::Denial;
use crate::http::panel::asking::AskForm;
use crate::http::panel::parts::shown::Avatar;

/// A denial, explained.
#[derive(Debug)]
pub(super) struct Denied {
    /// The permission.
    pub(super) required: String,
    /// What the permission allows; nothing for what is no permission of the catalogue.
    pub(super) sentence: String,
    pub(super) held: Vec<String>,
    pub(super) granted_by: Vec<String>,
    /// Whether a role that is held allows it, and something else outweighs that.
    pub(super) outweighed: bool,
    pub(super) ask: Vec<Helper>,
    /// The form that asks for one of the roles, when having one would help.
    pub(super) form: Option<AskForm>,
    pub(super) decision: String,
    pub(super) policy_version: i64,
}

/// Someone who can give a role that allows it.
#[derive(Debug)]
pub(super) struct Helper {
    pub(super) name: String,
    pub(super) avatar: Avatar,
    /// The path of their page.
    pub(super) path: Option<String>,
}

impl Denied {
    /// Explains `denial`, which happened in the tenant with this path. `sentence` says what the permission allows,
    /// `name` what a role's key is called, and `form` asks for one of the roles.
    pub(super) fn new(
        denial: &Denial,
        tenant: Option<&str>,
        sentence: String,
        name: impl Fn(&str) -> String,
        form: Option<AskForm>,
    ) -> Self {
        let names = |keys: &[String]| -> Vec<String> { keys.iter().map(|key| name(key)).collect() };
        let ask = denial.ask.iter().map(|person| Helper {
            name: person.name.clone(),
            avatar: Avatar::new(person.id.uuid(), &person.name, None),
            path: tenant.map(|path| format!("{path}/members/{}", person.id)),
        });
        let outweighed = denial.held_roles.iter().any(|key| denial.granted_by.contains(key));
        let granted_by = names(&denial.granted_by);
        Self {
            form,
            required: denial.required.clone(),
            sentence,
            held: names(&denial.held_roles),
            granted_by,
            outweighed,
            ask: ask.collect(),
            decision: denial.decision_id.to_string(),
            policy_version: denial.policy_version,
        }
    }
}
