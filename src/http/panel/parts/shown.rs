//! Times, people and roles as pages show them. Pure: the present is given, so a page has one.

use time::macros::format_description;
use uuid::Uuid;

use crate::authz::Grant;
use crate::clock::Timestamp;

/// A moment: how long from now in words, and exactly.
#[derive(Debug, Clone)]
pub(in crate::http::panel) struct Moment {
    /// Such as `3 minutes ago`.
    pub(in crate::http::panel) words: String,
    /// Such as `21 November 2025, 05:55 UTC`.
    pub(in crate::http::panel) exact: String,
    /// RFC 3339.
    pub(in crate::http::panel) machine: String,
}

impl Moment {
    /// `at` as seen at `now`.
    pub(in crate::http::panel) fn new(at: Timestamp, now: Timestamp) -> Self {
        let format = format_description!("[day padding:none] [month repr:long] [year], [hour]:[minute] UTC");
        let exact = at.to_datetime().format(format).unwrap_or_else(|_| at.to_string());
        Self { words: words(at, now), exact, machine: at.to_string() }
    }

    /// Its day, such as `21 November 2025`.
    pub(in crate::http::panel) fn day(&self) -> &str {
        self.exact.split_once(',').map_or(&self.exact, |(day, _)| day)
    }
}

fn words(at: Timestamp, now: Timestamp) -> String {
    const SPANS: [(u64, &str); 5] =
        [(31_536_000, "year"), (2_592_000, "month"), (86_400, "day"), (3_600, "hour"), (60, "minute")];
    let (seconds, ahead) =
        if at > now { (at.since(now).as_secs(), true) } else { (now.since(at).as_secs(), false) };
    let Some((length, name)) = SPANS.iter().find(|(length, _)| seconds >= *length) else {
        return if ahead { "in a moment" } else { "just now" }.to_owned();
    };
    // What is to come is rounded, because it was whole when it was promised.
    let count = if ahead { (seconds + length / 2) / length } else { seconds / length };
    let plural = if count == 1 { "" } else { "s" };
    if ahead { format!("in {count} {name}{plural}") } else { format!("{count} {name}{plural} ago") }
}

/// The picture of a person or tenant, or their initials on a colour of their own.
#[derive(Debug, Clone)]
pub(in crate::http::panel) struct Avatar {
    /// The picture, https only.
    pub(in crate::http::panel) url: Option<String>,
    /// One or two letters.
    pub(in crate::http::panel) initials: String,
    /// Which of the six colours.
    pub(in crate::http::panel) colour: u8,
}

impl Avatar {
    /// The avatar of whoever has this id and is called `name`.
    pub(in crate::http::panel) fn new(id: Uuid, name: &str, url: Option<&str>) -> Self {
        let mut words = name.split_whitespace().filter_map(|word| word.chars().next());
        let initials =
            words.next().into_iter().chain(words.next_back()).flat_map(char::to_uppercase).collect();
        let colour = id.as_bytes().last().map_or(0, |byte| byte % 6);
        Self { url: url.filter(|url| url.starts_with("https://")).map(str::to_owned), initials, colour }
    }
}

/// A role someone holds or is offered.
#[derive(Debug, Clone)]
pub(in crate::http::panel) struct Badge {
    /// Its name.
    pub(in crate::http::panel) name: String,
    /// Until when it is held, if it ends.
    pub(in crate::http::panel) until: Option<Moment>,
}

/// The names of the tenant's roles with these keys; a key that has no role any more stands for itself.
pub(in crate::http::panel) fn badges<P>(grant: &Grant<P>, keys: &[String]) -> Vec<Badge> {
    let name =
        |key: &String| grant.policy().role_by_key(key).map_or_else(|| key.clone(), |role| role.name.clone());
    keys.iter().map(|key| Badge { name: name(key), until: None }).collect()
}

/// A number with its thousands apart, such as `10,482`.
pub(in crate::http::panel) fn thousands(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut told = String::from(if number < 0 { "-" } else { "" });
    for (place, digit) in digits.char_indices() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            told.push(',');
        }
        told.push(digit);
    }
    told
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn times_are_said_as_people_say_them() {
        let now = Timestamp::from_micros(1_700_000_000_000_000);
        for (seconds, past, future) in [
            (0, "just now", "just now"),
            (59, "just now", "in a moment"),
            (60, "1 minute ago", "in 1 minute"),
            (7_300, "2 hours ago", "in 2 hours"),
            (6 * 86_400, "6 days ago", "in 6 days"),
            (70 * 86_400, "2 months ago", "in 2 months"),
            (800 * 86_400, "2 years ago", "in 2 years"),
        ] {
            let span = Duration::from_secs(seconds);
            assert_eq!(Moment::new(now - span, now).words, past);
            assert_eq!(Moment::new(now + span, now).words, future);
        }
        assert_eq!(Moment::new(now, now).exact, "14 November 2023, 22:13 UTC");
    }

    #[test]
    fn thousands_stand_apart() {
        for (number, told) in [(0, "0"), (999, "999"), (1_000, "1,000"), (-12_345_678, "-12,345,678")] {
            assert_eq!(thousands(number), told);
        }
    }

    #[test]
    fn initials_are_of_the_first_and_last_word() {
        let initials = |name| Avatar::new(Uuid::nil(), name, None).initials;
        assert_eq!(initials("Ada Lovelace"), "AL");
        assert_eq!(initials("anna maria von stein"), "AS");
        assert_eq!(initials("Émile"), "É");
        assert_eq!(initials(""), "");
    }

    #[test]
    fn pictures_are_https_only() {
        let url = |url| Avatar::new(Uuid::nil(), "A", Some(url)).url;
        assert!(url("https://pictures.example/1").is_some());
        assert!(url("http://pictures.example/1").is_none());
        assert!(url("javascript:alert(1)").is_none());
    }
}
