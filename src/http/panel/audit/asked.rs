//! What the page of the audit log is asked for, and the addresses that ask it. Pure; used by the page alone.

use serde::Deserialize;
use time::macros::format_description;
use time::{Date, Time};
use url::form_urlencoded::Serializer;

use crate::audit::{AuditLine, Ending, Filter};
use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::ids::UserId;

/// The filters as the form and the links send them. Empty is the same as absent.
#[derive(Debug, Default, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(in crate::http::panel) struct Asked {
    /// A part of a name or address.
    pub(in crate::http::panel) who: String,
    /// An actor's id.
    pub(in crate::http::panel) actor: String,
    /// A target's id.
    pub(in crate::http::panel) target: String,
    /// An action.
    pub(in crate::http::panel) action: String,
    /// How it ended.
    pub(in crate::http::panel) outcome: String,
    /// The first day, in UTC.
    pub(in crate::http::panel) from: String,
    /// The last day, in UTC.
    pub(in crate::http::panel) to: String,
    /// Where to go on.
    pub(in crate::http::panel) cursor: Option<String>,
    /// What was just done.
    pub(in crate::http::panel) done: Option<String>,
}

impl Asked {
    pub(super) fn who(&self) -> &str {
        self.who.trim()
    }

    /// The filters by name, as they are in an address.
    fn named(&self) -> [(&'static str, &str); 7] {
        [
            ("who", self.who()),
            ("actor", &self.actor),
            ("target", &self.target),
            ("action", &self.action),
            ("outcome", &self.outcome),
            ("from", &self.from),
            ("to", &self.to),
        ]
    }

    /// Whether anything is left out of the list.
    pub(in crate::http::panel) fn is_filtered(&self) -> bool {
        self.named().iter().any(|(_, value)| !value.is_empty())
    }

    /// The filter of the log, but for who is meant by a name.
    ///
    /// # Errors
    /// [`Error::Invalid`] for what the form cannot send.
    pub(super) fn filter(&self) -> Result<Filter> {
        let wrong =
            |name: &str| Error::invalid(format!("/{name}"), "filter", "No event can be found by this.");
        for (name, value) in self.named() {
            if value.chars().count() > 300 || value.chars().any(char::is_control) {
                return Err(wrong(name));
            }
        }
        let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let actor = text(&self.actor).map(|id| id.parse()).transpose().map_err(|_no_id| wrong("actor"))?;
        let outcome = match self.outcome.as_str() {
            "" => None,
            "done" => Some(Ending::Done),
            "denied" => Some(Ending::Denied),
            "failed" => Some(Ending::Failed),
            _ => return Err(wrong("outcome")),
        };
        let (from, to) = (day(&self.from), day(&self.to));
        Ok(Filter {
            actor,
            outcome,
            action: text(&self.action),
            target: text(&self.target),
            from: from.map_err(|()| wrong("from"))?.map(midnight),
            // The last day belongs to it.
            to: to.map_err(|()| wrong("to"))?.map(|day| midnight(day.next_day().unwrap_or(Date::MAX))),
        })
    }

    /// What links narrowed the list to, by the names in one of its lines.
    pub(super) fn narrowed(&self, line: &AuditLine) -> Vec<String> {
        let by = (!self.actor.is_empty()).then(|| format!("by {}", line.actor.name));
        let named = if line.target.name.is_empty() { &line.target.id } else { &line.target.name };
        let about = (!self.target.is_empty()).then(|| format!("about {named}"));
        by.into_iter().chain(about).collect()
    }

    /// The address of a part of the list.
    pub(super) fn address(&self, path: &str, cursor: Option<&str>) -> String {
        address(path, self.named().into_iter().chain(cursor.map(|cursor| ("cursor", cursor))))
    }

    /// The address of the same list, of the events by this person.
    pub(super) fn of_actor(&self, path: &str, actor: UserId) -> String {
        let actor = actor.to_string();
        let named = self.named().map(|(name, value)| match name {
            "who" => (name, ""),
            "actor" => (name, actor.as_str()),
            _ => (name, value),
        });
        address(path, named)
    }
}

/// The list's address with these filters.
pub(super) fn address<'a>(path: &str, named: impl IntoIterator<Item = (&'static str, &'a str)>) -> String {
    let mut query = Serializer::new(String::new());
    query.extend_pairs(named.into_iter().filter(|(_, value)| !value.is_empty()));
    match query.finish() {
        empty if empty.is_empty() => format!("{path}/audit"),
        query => format!("{path}/audit?{query}"),
    }
}

/// The query of the export of what passes `filter`.
pub(super) fn export_query(format: &str, filter: &Filter) -> String {
    let mut query = Serializer::new(String::new());
    query.append_pair("format", format);
    let named = [
        ("actor", filter.actor.map(|id| id.to_string())),
        ("target", filter.target.clone()),
        ("action", filter.action.clone()),
        ("outcome", filter.outcome.map(|outcome| outcome.as_str().to_owned())),
        ("from", filter.from.map(|from| from.to_string())),
        ("to", filter.to.map(|to| to.to_string())),
    ];
    query.extend_pairs(named.iter().filter_map(|(name, value)| Some((name, value.as_ref()?))));
    query.finish()
}

/// A day as `<input type=date>` sends it.
fn day(text: &str) -> Result<Option<Date>, ()> {
    if text.is_empty() {
        return Ok(None);
    }
    Date::parse(text, format_description!("[year]-[month]-[day]")).map(Some).map_err(|_no_day| ())
}

fn midnight(day: Date) -> Timestamp {
    Timestamp::from_datetime(day.with_time(Time::MIDNIGHT).assume_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_whole() {
        let asked = Asked { from: "2026-02-28".into(), to: "2026-02-28".into(), ..Asked::default() };
        let filter = asked.filter().unwrap();
        let day = filter.to.unwrap().since(filter.from.unwrap());
        assert_eq!(day, std::time::Duration::from_hours(24));
        assert_eq!(filter.from.unwrap().to_string(), "2026-02-28T00:00:00Z");
        for wrong in ["2026-02-30", "yesterday", "2026-02-28T00:00", "-", "\0"] {
            assert!(Asked { from: wrong.into(), ..Asked::default() }.filter().is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_is_empty_is_not_asked() {
        let asked = Asked::default();
        assert_eq!((asked.filter().unwrap(), asked.is_filtered()), (Filter::default(), false));
        assert_eq!(asked.address("/t/acme", None), "/t/acme/audit");
        let asked = Asked { who: " a&b ".into(), ..Asked::default() };
        assert_eq!(asked.address("/t/acme", Some("x")), "/t/acme/audit?who=a%26b&cursor=x");
    }
}
