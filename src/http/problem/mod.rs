//! Errors as answers: RFC 9457 problems for programs, pages for people. `IntoResponse` has no side effect; the
//! error travels in the response, and the boundary logs it once and gives it its final form.

mod answer;
mod detail;
mod kinds;

use std::borrow::Cow;

use serde::Serialize;

use crate::error::{Denial, Error, FieldError};

pub use answer::{Failed, add_headers, json, method_not_allowed};
pub use kinds::KINDS;

/// An RFC 9457 problem.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Problem {
    /// A link that explains this kind of problem.
    #[serde(rename = "type")]
    pub kind: Cow<'static, str>,
    /// The kind of problem in a few words.
    pub title: &'static str,
    /// The HTTP status.
    pub status: u16,
    /// This problem in a sentence or two.
    pub detail: Cow<'static, str>,
    /// Names this request in the log.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// The permission or scope that is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub required: Option<String>,
    /// What is wrong, field by field.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
    /// Why the policy denies.
    #[serde(flatten)]
    pub denial: Option<ProblemDenial>,
}

/// What a denial adds to a problem.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct ProblemDenial {
    /// Keys of the roles held.
    pub held_roles: Vec<String>,
    /// Keys of the roles that would allow it.
    pub granted_by: Vec<String>,
    /// Where to ask for one of these roles: `POST` with its key and a reason. Absent when having one would not help.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request: Option<String>,
    /// Who can give one.
    pub ask: Vec<crate::error::Person>,
    /// Names the decision in the log.
    pub decision_id: crate::ids::DecisionId,
    /// The policy version that was asked.
    pub policy_version: i64,
}

impl From<&Denial> for ProblemDenial {
    fn from(denial: &Denial) -> Self {
        Self {
            held_roles: denial.held_roles.clone(),
            granted_by: denial.granted_by.clone(),
            request: denial
                .request
                .as_ref()
                .map(|may| format!("/api/v1/tenants/{}/role-requests", may.tenant)),
            ask: denial.ask.clone(),
            decision_id: denial.decision_id,
            policy_version: denial.policy_version,
        }
    }
}

impl Problem {
    /// The problem an error is told as. Causes are not in it.
    #[must_use]
    pub fn of(error: &Error, request_id: Option<String>) -> Self {
        let (status, slug, title) = kinds::kind(error);
        let mut problem = Self {
            kind: if slug.is_empty() { "about:blank".into() } else { format!("/problems/{slug}").into() },
            title,
            status: status.as_u16(),
            detail: detail::detail(error),
            request_id,
            required: None,
            errors: Vec::new(),
            denial: None,
        };
        if let Error::Forbidden(denial) = error {
            problem.required = Some(denial.required.clone());
            problem.denial = Some(denial.as_ref().into());
        } else if let Error::InsufficientScope { required } = error {
            problem.required = Some(required.clone());
        } else if let Error::Invalid(errors) = error {
            problem.errors.clone_from(errors);
        } else if let Error::Taken(field) = error {
            problem.errors = vec![field.clone()];
        }
        problem
    }
}
