//! Roles as a form sends them: which are ticked, and what was typed for the end of each. Read by every form that gives
//! roles; must never take an end for another than the one that was typed.

use std::collections::HashMap;

use crate::authz::TenantPolicy;
use crate::clock::Timestamp;
use crate::error::{Error, FieldError, Result};
use crate::http::extract::Form;
use crate::http::panel::parts::choices::{end_field, end_text, read_end};
use crate::http::panel::parts::form::FormErrors;
use crate::members::RoleAssignment;

/// The roles in a form, as they were sent.
#[derive(Debug, Clone, Default)]
pub(in crate::http::panel) struct RoleForm {
    /// Keys of the roles that were ticked.
    ticked: Vec<String>,
    /// What was in the field of each role's end, by key, where there was one.
    ends: HashMap<String, String>,
}

impl RoleForm {
    /// Reads the roles of a form that besides has the fields `others`.
    ///
    /// # Errors
    /// [`Error::Stale`] for the end of a role that is no more; [`Error::Invalid`] for another field;
    /// [`Error::Malformed`] for an end that is there twice.
    pub(in crate::http::panel) fn read(form: &Form, policy: &TenantPolicy, others: &[&str]) -> Result<Self> {
        let fields: Vec<String> = policy.roles.iter().map(|role| end_field(&role.key)).collect();
        let roles = std::iter::once("role").chain(fields.iter().map(String::as_str));
        let known: Vec<&str> = others.iter().copied().chain(roles).collect();
        if let Err(error) = form.only(&known) {
            let gone = |field: &FieldError| field.pointer.starts_with("/until-");
            let stale = matches!(&error, Error::Invalid(problems) if problems.iter().all(gone));
            return Err(if stale { Error::Stale } else { error });
        }
        let mut ends = HashMap::new();
        for (role, field) in policy.roles.iter().zip(&fields) {
            match form.list(field).as_slice() {
                [] => {}
                [end] => {
                    ends.insert(role.key.clone(), end.trim().to_owned());
                }
                _ => return Err(Error::Malformed("the end of a role is repeated".into())),
            }
        }
        Ok(Self { ticked: form.list("role"), ends })
    }

    /// What the form shows of roles that are held: each ticked, with its end.
    pub(in crate::http::panel) fn holding<'a>(
        held: impl IntoIterator<Item = (&'a str, Option<Timestamp>)>,
    ) -> Self {
        let mut form = Self::default();
        for (key, end) in held {
            form.ticked.push(key.to_owned());
            form.ends.insert(key.to_owned(), end.map(end_text).unwrap_or_default());
        }
        form
    }

    /// Whether the role with this key is ticked.
    pub(in crate::http::panel) fn has(&self, key: &str) -> bool {
        self.ticked.iter().any(|ticked| ticked == key)
    }

    /// The roles that are asked for. An end that reads as the `present` one is the present one, to the microsecond.
    ///
    /// # Errors
    /// [`Error::Invalid`] for what reads as no time.
    pub(in crate::http::panel) fn wanted(
        &self,
        present: impl Fn(&str) -> Option<Timestamp>,
    ) -> Result<Vec<RoleAssignment>> {
        let mut problems = Vec::new();
        let mut wanted = Vec::new();
        for key in &self.ticked {
            let present = present(key);
            let end = match self.ends.get(key) {
                None => Ok(present),
                Some(text) if present.map(end_text).as_ref() == Some(text) => Ok(present),
                Some(text) => read_end(&end_field(key), text),
            };
            match end {
                Ok(expires_at) => wanted.push(RoleAssignment { key: key.clone(), expires_at }),
                Err(problem) => problems.push(problem),
            }
        }
        if problems.is_empty() { Ok(wanted) } else { Err(Error::Invalid(problems)) }
    }

    /// The fields it has, for errors to stand beside.
    pub(in crate::http::panel) fn fields(&self) -> Vec<String> {
        std::iter::once("roles".to_owned()).chain(self.ticked.iter().map(|key| end_field(key))).collect()
    }

    /// The error with what is wrong with an end beside the field it was typed in.
    pub(in crate::http::panel) fn beside(&self, error: Error) -> Error {
        ends_beside(error, "/roles/", |place| self.ticked.get(place).map(String::as_str))
    }

    /// What is in the field for the end of the role with this key, and what is wrong with it.
    pub(in crate::http::panel) fn end(&self, key: &str, errors: &FormErrors) -> (String, Option<String>) {
        let value = self.ends.get(key).cloned().unwrap_or_default();
        (value, errors.at(&end_field(key)).map(str::to_owned))
    }
}

/// The error with what is wrong with the end of a role in the list at `list`, such as `/roles/`, beside the field for the
/// end of the role whose key stands there.
pub(in crate::http::panel) fn ends_beside<'a>(
    error: Error,
    list: &str,
    key_at: impl Fn(usize) -> Option<&'a str>,
) -> Error {
    let Error::Invalid(mut problems) = error else { return error };
    for problem in &mut problems {
        let place = problem.pointer.strip_prefix(list).and_then(|rest| rest.strip_suffix("/expires_at"));
        if let Some(key) = place.and_then(|place| key_at(place.parse().ok()?)) {
            problem.pointer = format!("/{}", end_field(key));
        }
    }
    Error::Invalid(problems)
}
