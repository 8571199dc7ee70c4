//! A denial in words people can act on: what it takes, what they hold, who can give it. Called by the page of an
//! error; must never say more than the denial carries, which only members of the tenant get.

use crate::error::Denial;
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
    /// What one may send to them, when asking can help.
    pub(super) request: Option<String>,
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
    /// and `name` what a role's key is called.
    pub(super) fn new(
        denial: &Denial,
        tenant: Option<&str>,
        sentence: String,
        name: impl Fn(&str) -> String,
    ) -> Self {
        let names = |keys: &[String]| -> Vec<String> { keys.iter().map(|key| name(key)).collect() };
        let ask = denial.ask.iter().map(|person| Helper {
            name: person.name.clone(),
            avatar: Avatar::new(person.id.uuid(), &person.name, None),
            path: tenant.map(|path| format!("{path}/members/{}", person.id)),
        });
        let outweighed = denial.held_roles.iter().any(|key| denial.granted_by.contains(key));
        let granted_by = names(&denial.granted_by);
        let slug = tenant.and_then(|path| path.strip_prefix("/t/"));
        let useful = !outweighed && !granted_by.is_empty() && !denial.ask.is_empty();
        Self {
            request: slug.filter(|_| useful).map(|slug| request(denial, slug, &granted_by)),
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

/// What to write to someone who can help: it names all that they need.
fn request(denial: &Denial, tenant: &str, roles: &[String]) -> String {
    format!(
        "Please give me a role in the tenant {tenant} that allows {}. {} would do. This is about decision {}.",
        denial.required,
        roles.join(" or "),
        denial.decision_id
    )
}
