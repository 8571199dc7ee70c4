//! The form that asks for a role: on the page of requests, and on the page that explains a denial. Pure.

use crate::authz::{Role, TenantPolicy};
use crate::error::{Error, Result};
use crate::http::extract::Form;
use crate::http::panel::parts::form::FormErrors;
use crate::requests::NewRequest;

/// How long one may ask for: hours as the form sends them, and words. Empty is without end.
const DURATIONS: [(&str, &str); 6] = [
    ("1", "1 hour"),
    ("8", "8 hours"),
    ("24", "1 day"),
    ("168", "1 week"),
    ("720", "30 days"),
    ("", "Without end"),
];

/// The form, with what is in it.
#[derive(Debug, Clone)]
pub(super) struct AskForm {
    /// Where it is sent.
    pub(super) action: String,
    pub(super) token: String,
    /// The roles to choose among: key, and name with what it is for.
    pub(super) roles: Vec<(String, String)>,
    /// How long one may ask for: hours, and words.
    pub(super) durations: &'static [(&'static str, &'static str)],
    pub(super) typed: Typed,
    pub(super) errors: FormErrors,
}

/// What was typed.
#[derive(Debug, Clone)]
pub(super) struct Typed {
    pub(super) role: String,
    pub(super) hours: String,
    pub(super) reason: String,
}

impl Default for Typed {
    fn default() -> Self {
        Self { role: String::new(), hours: "8".to_owned(), reason: String::new() }
    }
}

impl Typed {
    /// Reads the form.
    pub(super) fn of(form: &Form) -> Result<Self> {
        form.only(&["role", "hours", "reason"])?;
        Ok(Self {
            role: form.text("role")?.to_owned(),
            hours: form.text("hours")?.to_owned(),
            reason: form.text("reason")?.to_owned(),
        })
    }

    /// What is asked for.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a time that is none.
    pub(super) fn wanted(&self) -> Result<NewRequest> {
        let hours = Some(self.hours.as_str()).filter(|hours| !hours.is_empty());
        let hours = hours.map(str::parse::<i64>).transpose();
        let wrong = |_| Error::invalid("/hours", "number", "Choose one of these.");
        Ok(NewRequest {
            role: self.role.clone(),
            reason: self.reason.clone(),
            duration_hours: hours.map_err(wrong)?,
        })
    }
}

impl AskForm {
    /// The form for the tenant at `path`, with roles in this order.
    pub(super) fn new<'a>(path: &str, token: String, roles: impl Iterator<Item = &'a Role>) -> Self {
        let told = |role: &Role| match role.description.as_str() {
            "" => role.name.clone(),
            description => format!("{}: {description}", role.name),
        };
        Self {
            action: format!("{path}/requests"),
            token,
            roles: roles.map(|role| (role.key.clone(), told(role))).collect(),
            durations: &DURATIONS,
            typed: Typed::default(),
            errors: FormErrors::default(),
        }
    }
}

/// The tenant's roles, the least powerful first.
pub(super) fn by_power(policy: &TenantPolicy, wanted: impl Fn(&Role) -> bool) -> impl Iterator<Item = &Role> {
    let mut roles: Vec<&Role> = policy.roles.iter().filter(|role| wanted(role)).collect();
    roles.sort_by_key(|role| role.table.allow.len());
    roles.into_iter()
}
