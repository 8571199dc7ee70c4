//! Inviting several addresses at once. Each good line is an invitation of its own, with its own transaction, audit
//! event and mail, so a bad line spoils nothing; what became of each is said line by line. Called by the API and the
//! panel; must never say of an address whether somebody outside the tenant is known by it.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::email::EmailAddress;
use crate::error::{Error, FieldError, Result};
use crate::ids::InvitationId;
use crate::invitations::addresses::{Entry, entries};
use crate::invitations::issue::{IS_INVITED, MayInvite, Open, check, create_one};
use crate::invitations::{Deps, Issued, guards};
use crate::members::RoleAssignment;

/// Addresses one call may name.
const MOST_LINES: usize = 200;

/// The body that invites several addresses.
#[derive(Debug, Clone, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewInvitations {
    /// The addresses to invite: either this or `text`.
    #[serde(default)]
    #[schemars(length(max = 200))]
    pub emails: Option<Vec<String>>,
    /// A list or a table as it was pasted: addresses with commas, semicolons or lines between, `Name <address>`, or a
    /// CSV whose head names a column `email`. At most 200 addresses.
    #[serde(default)]
    pub text: Option<String>,
    /// The roles to offer to each, at least one, each by its key or by its key and an end.
    #[schemars(length(min = 1, max = 20))]
    pub roles: Vec<RoleAssignment>,
    /// How long each can be accepted: 1 to 720 hours, seven days unless given.
    #[schemars(range(min = 1, max = 720))]
    #[serde(default)]
    pub expires_in_hours: Option<i64>,
}

/// What became of every address.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
#[schemars(rename = "InvitationReport")]
pub struct Report {
    /// How many were invited.
    pub invited: usize,
    /// One for each address that was named, in order.
    pub items: Vec<Line>,
}

/// What became of one address.
#[derive(Clone, Serialize, schemars::JsonSchema)]
#[schemars(rename = "InvitationLine")]
pub struct Line {
    /// The line of the text, or the place in the list, from 1.
    pub line: u32,
    /// The address; what was written there when it is none.
    pub email: String,
    /// What became of it.
    pub status: LineStatus,
    /// Why, in words; nothing for who was invited.
    pub detail: Option<String>,
    /// The invitation, when one was sent.
    pub invitation: Option<InvitationId>,
    /// Its link: a secret, for handing over by hand where no mail server is configured.
    #[serde(skip)]
    pub link: Option<String>,
}

impl std::fmt::Debug for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Line").field("line", &self.line).field("status", &self.status).finish_non_exhaustive()
    }
}

/// What may become of an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "InvitationLineStatus")]
pub enum LineStatus {
    /// An invitation was sent.
    Invited,
    /// A member of this tenant has the address.
    AlreadyMember,
    /// It has an open invitation already, which stays as it is.
    AlreadyInvited,
    /// It was named before in the same call.
    Repeated,
    /// It is no plain e-mail address.
    Invalid,
    /// It got as many invitations as it may in a day, or the tenant has as many open ones as it may.
    OverLimit,
    /// It was not tried to its end: send it again.
    Failed,
}

/// Invites every address. Open invitations stay as they are.
///
/// # Errors
/// Before anything is sent: [`Error::Invalid`] by field, also for more than 200 addresses or none;
/// [`Error::Forbidden`] when a role allows more than the inviter holds for as long.
pub async fn create_all(deps: &Deps, grant: &MayInvite, new: NewInvitations) -> Result<Report> {
    let mut wrong = Vec::new();
    let lines = named(&new, &mut wrong);
    let lifetime = check(&new.roles, new.expires_in_hours, &mut wrong);
    if !wrong.is_empty() {
        return Err(Error::Invalid(wrong));
    }
    let now = deps.database.clock().now();
    let offers = guards::offers(grant.policy(), &new.roles, now)?;
    guards::require_offer(deps, grant.standing(), &offers, now).await?;
    let mut seen: HashMap<EmailAddress, u32> = HashMap::new();
    let mut items: Vec<Line> = Vec::with_capacity(lines.len());
    let mut broken = false;
    for entry in lines {
        let Some(email) = &entry.email else {
            items.push(line(&entry, LineStatus::Invalid, "This is not one plain e-mail address."));
            continue;
        };
        if let Some(first) = seen.insert(email.clone(), entry.line) {
            seen.insert(email.clone(), first);
            items.push(line(&entry, LineStatus::Repeated, &format!("The same address as on line {first}.")));
            continue;
        }
        if broken {
            items.push(line(&entry, LineStatus::Failed, NOT_TRIED));
            continue;
        }
        let issued = create_one(deps, grant, email, (&new.roles, lifetime), Open::Kept).await;
        let told = told(&entry, issued);
        broken = told.status == LineStatus::Failed;
        items.push(told);
    }
    let invited = items.iter().filter(|line| line.status == LineStatus::Invited).count();
    Ok(Report { invited, items })
}

/// What is said of those that come after one that could not be sent.
const NOT_TRIED: &str = "Not sent, because one before it could not be. Try again.";

/// The entries that the body names, or what is wrong with how it names them.
fn named(new: &NewInvitations, wrong: &mut Vec<FieldError>) -> Vec<Entry> {
    let mut say = |pointer: &str, code, detail: &'static str| {
        wrong.push(FieldError { pointer: pointer.to_owned(), code, detail: detail.into() });
    };
    let (pointer, lines) = match (&new.emails, &new.text) {
        (Some(emails), None) => {
            let lines = emails.iter().enumerate().map(|(place, text)| Entry::new(place + 1, text));
            ("/emails", lines.collect())
        }
        (None, Some(text)) => ("/text", entries(text)),
        (None, None) | (Some(_), Some(_)) => {
            say("/emails", "required", "Give either a list in `emails` or a pasted `text`.");
            return Vec::new();
        }
    };
    if lines.is_empty() {
        say(pointer, "required", "Give at least one address.");
    } else if lines.len() > MOST_LINES {
        say(pointer, "too_many", "Give at most 200 addresses at once.");
    }
    lines
}

fn told(entry: &Entry, issued: Result<Issued>) -> Line {
    match issued {
        Ok(issued) => Line {
            invitation: Some(issued.invitation.id),
            link: Some(issued.link),
            detail: None,
            ..line(entry, LineStatus::Invited, "")
        },
        Err(Error::Conflict(why)) => {
            let status = match why.as_ref() {
                guards::IS_MEMBER => LineStatus::AlreadyMember,
                IS_INVITED => LineStatus::AlreadyInvited,
                guards::TOO_MANY_OPEN => LineStatus::OverLimit,
                _ => LineStatus::Failed,
            };
            line(entry, status, &why)
        }
        Err(Error::TooMany { what, .. }) => line(entry, LineStatus::OverLimit, &what),
        Err(error) => {
            tracing::warn!(%error, cause = ?error, "an invitation of several was not sent");
            line(entry, LineStatus::Failed, "Not sent: something did not work. Try again.")
        }
    }
}

fn line(entry: &Entry, status: LineStatus, detail: &str) -> Line {
    let written = || entry.text.chars().take(254).collect();
    Line {
        line: entry.line,
        email: entry.email.as_ref().map_or_else(written, ToString::to_string),
        status,
        detail: Some(detail.to_owned()),
        invitation: None,
        link: None,
    }
}
