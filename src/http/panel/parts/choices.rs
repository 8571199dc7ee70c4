//! The tenant's roles as check boxes: which may be ticked by whom, and until when. What is sent of them is read by
//! `role_form`.

use std::time::Duration;

use time::PrimitiveDateTime;
use time::macros::format_description;

use crate::authz::{Grant, HeldRole, Role};
use crate::clock::Timestamp;
use crate::error::FieldError;
use crate::http::panel::parts::form::FormErrors;
use crate::http::panel::parts::role_form::RoleForm;
use crate::http::panel::parts::shown::Moment;
use crate::roles::guards::{self, Holding};

/// A role that one may give for this long may be given with an end.
pub(in crate::http::panel) const SOON: Duration = Duration::from_mins(1);

/// A role in a form of check boxes.
#[derive(Debug, Clone)]
pub(in crate::http::panel) struct Choice {
    /// Its key.
    pub(in crate::http::panel) key: String,
    /// Its name.
    pub(in crate::http::panel) name: String,
    /// What it is for.
    pub(in crate::http::panel) description: String,
    /// Whether it is ticked.
    pub(in crate::http::panel) ticked: bool,
    /// Whether ticking it would ask for more than one may give.
    pub(in crate::http::panel) beyond: bool,
    /// Until when it is held, if it ends.
    pub(in crate::http::panel) until: Option<Moment>,
    /// The field for its end, where one may be given.
    pub(in crate::http::panel) end: Option<End>,
}

/// A field for the end of a role.
#[derive(Debug, Clone)]
pub(in crate::http::panel) struct End {
    /// What the field is called.
    pub(in crate::http::panel) name: String,
    /// What is in it.
    pub(in crate::http::panel) value: String,
    /// What is wrong with it.
    pub(in crate::http::panel) error: Option<String>,
    /// Whether one may give the role, but not without an end.
    pub(in crate::http::panel) needed: bool,
}

/// What the field for the end of the role with this key is called.
pub(in crate::http::panel) fn end_field(key: &str) -> String {
    format!("until-{key}")
}

/// A moment as such a field has it: UTC, to the minute.
pub(in crate::http::panel) fn end_text(at: Timestamp) -> String {
    let format = format_description!("[year]-[month]-[day]T[hour]:[minute]");
    at.to_datetime().format(format).unwrap_or_default()
}

/// The moment that was typed into the field called `field`, as UTC; none when it is empty.
///
/// # Errors
/// What is wrong with it, to stand beside the field.
pub(in crate::http::panel) fn read_end(field: &str, text: &str) -> Result<Option<Timestamp>, FieldError> {
    match moment(text) {
        None if !text.is_empty() => Err(FieldError {
            pointer: format!("/{field}"),
            code: "time",
            detail: "Write the date and time as in 2030-01-31T18:00.".into(),
        }),
        end => Ok(end),
    }
}

/// Some browsers add seconds.
fn moment(text: &str) -> Option<Timestamp> {
    let minutes = format_description!("[year]-[month]-[day]T[hour]:[minute]");
    let seconds = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]");
    let read = PrimitiveDateTime::parse(text, minutes).or_else(|_| PrimitiveDateTime::parse(text, seconds));
    read.ok().map(|at| Timestamp::from_datetime(at.assume_utc()))
}

/// The tenant's roles as choices for the grant's principal, as `form` has them. `held` may always be kept; the rest
/// only when it is theirs to give. Each that may be ticked has a field for its end, with what is wrong with it.
pub(in crate::http::panel) fn choices<P>(
    grant: &Grant<P>,
    held: &[HeldRole],
    (form, errors): (&RoleForm, &FormErrors),
    now: Timestamp,
) -> Vec<Choice> {
    let actor = Holding::of(grant.standing());
    let choice = |role: &Role| {
        let may_give = |until| guards::may_grant(actor, role, until, now).is_ok();
        let kept = held.iter().find(|held| held.role == role.id);
        let free = kept.is_some() || may_give(None);
        // Who holds something for a while may give it for as long.
        let beyond = !free && !may_give(Some(now + SOON));
        let end = || {
            let (value, error) = form.end(&role.key, errors);
            End { name: end_field(&role.key), value, error, needed: !free }
        };
        Choice {
            key: role.key.clone(),
            name: role.name.clone(),
            description: role.description.clone(),
            ticked: form.has(&role.key),
            beyond,
            until: kept.and_then(|held| held.expires_at).map(|end| Moment::new(end, now)),
            end: (!beyond).then(end),
        }
    };
    grant.policy().roles.iter().map(choice).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_is_read_as_it_is_written_in_utc() {
        let at: Timestamp = "2026-11-30T18:05:00Z".parse().unwrap();
        assert_eq!(end_text(at), "2026-11-30T18:05");
        let read = |text: &str| read_end("until", text).map_err(|problem| problem.pointer);
        assert_eq!(read(&end_text(at)), Ok(Some(at)));
        assert_eq!(read("2026-11-30T18:05:30"), Ok(Some(at + Duration::from_secs(30))));
        assert_eq!(read(""), Ok(None));
        for odd in
            ["tomorrow", "2026-11-31T18:05", "2026-11-30 18:05", "2026-11-30T18:05Z", "12026-11-30T18:05"]
        {
            assert_eq!(read(odd), Err("/until".to_owned()), "{odd}");
        }
    }
}
