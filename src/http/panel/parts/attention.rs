//! What in a tenant needs someone's attention: sentences, each with the way to deal with it. Pure: made by the
//! overview from what it has read, for those who can do something about it.

use crate::audit::Refused;
use crate::clock::Timestamp;
use crate::error::Person;
use crate::http::panel::parts::icon::Icon;
use crate::http::panel::parts::shown::Moment;
use crate::invitations::Due;

/// How many people one sentence names.
const NAMED: usize = 3;

/// As many as are looked for: one more than are named, to know whether there are others.
pub(in crate::http::panel) const LOOKED_FOR: u32 = 4;

/// One thing to look after.
#[derive(Debug)]
pub(in crate::http::panel) struct Attention {
    /// Its drawing.
    pub(in crate::http::panel) icon: Icon,
    /// How bad it is, as a class of the stylesheet.
    pub(in crate::http::panel) kind: &'static str,
    /// Whom it is about: name and page. The sentence goes on after them.
    pub(in crate::http::panel) people: Vec<(String, String)>,
    /// What is the matter.
    pub(in crate::http::panel) text: String,
    /// When, as the end of the sentence.
    pub(in crate::http::panel) at: Option<Moment>,
    /// What the way there says.
    pub(in crate::http::panel) action: &'static str,
    /// Where one deals with it.
    pub(in crate::http::panel) href: String,
}

impl Attention {
    fn new(icon: Icon, text: impl Into<String>, action: &'static str, href: String) -> Self {
        Self { icon, kind: "wait", people: Vec::new(), text: text.into(), at: None, action, href }
    }

    /// The reader is the only owner.
    pub(in crate::http::panel) fn sole_owner(path: &str) -> Self {
        let text = "You are the only owner. If you lose your account, nobody can run this tenant.";
        Self::new(Icon::Warning, text, "Choose another owner", format!("{path}/members"))
    }

    /// Members without a role, if there are any.
    pub(in crate::http::panel) fn without_role(path: &str, found: &[Person]) -> Option<Self> {
        let first = found.first()?;
        let others = if found.len() > NAMED { " and others" } else { "" };
        let (have, href) = match found {
            [_] => ("has", format!("{path}/members/{}", first.id)),
            _ => ("have", format!("{path}/members")),
        };
        let text = format!("{others} {have} no role and can do nothing here.");
        let people = found.iter().take(NAMED).map(|person| named(path, person)).collect();
        Some(Self { people, ..Self::new(Icon::Person, text, "Give a role", href) })
    }

    /// Requests for roles that wait for the reader's answer, if there are any.
    pub(in crate::http::panel) fn requests(path: &str, waiting: usize) -> Option<Self> {
        let text = match waiting {
            0 => return None,
            1 => "A request for a role waits for your answer.".to_owned(),
            many => format!("{many} requests for roles wait for your answer."),
        };
        Some(Self::new(Icon::Flag, text, "Answer", format!("{path}/requests")))
    }

    /// A role of the reader's that ends soon. Some can prolong it themselves; the others ask someone.
    pub(in crate::http::panel) fn role_ends(
        role: &str,
        at: Moment,
        action: &'static str,
        href: String,
    ) -> Self {
        Self { at: Some(at), ..Self::new(Icon::Clock, format!("Your role {role} ends"), action, href) }
    }

    /// A token of the reader's that ends soon.
    pub(in crate::http::panel) fn token_ends(path: &str, name: &str, at: Moment) -> Self {
        let text = format!("Your token {name} ends");
        Self { at: Some(at), ..Self::new(Icon::Token, text, "Rotate it", format!("{path}/tokens")) }
    }

    /// A secret that ends soon of the app at `href`.
    pub(in crate::http::panel) fn secret_ends(app: &str, href: String, at: Moment) -> Self {
        let text = format!("A secret of the app {app} ends");
        Self { at: Some(at), ..Self::new(Icon::App, text, "Make another", href) }
    }

    /// Invitations that end soon, and those that nobody answered in time.
    pub(in crate::http::panel) fn invitations(path: &str, due: &[Due], now: Timestamp) -> Vec<Self> {
        let (over, soon): (Vec<&Due>, Vec<&Due>) = due.iter().partition(|due| due.expires_at <= now);
        let href = || format!("{path}/invitations");
        let sentence = |found: &[&Due], one: &str, many: &str, action| match found {
            [] => None,
            [only] => {
                let text = format!("The invitation to {} {one}", only.email);
                let at = Some(Moment::new(only.expires_at, now));
                Some(Self { at, ..Self::new(Icon::Mail, text, action, href()) })
            }
            several => {
                let text = format!("{} invitations {many}", several.len());
                Some(Self::new(Icon::Mail, text, action, href()))
            }
        };
        let soon =
            sentence(&soon, "is unanswered and ends", "are unanswered and end within a day.", "Send again");
        let over = sentence(
            &over,
            "was never answered; it ended",
            "ended without an answer.",
            "Send again or withdraw",
        );
        soon.into_iter().chain(over).collect()
    }

    /// People who ask to be let in, if there are any.
    pub(in crate::http::panel) fn asking(path: &str, count: i64) -> Option<Self> {
        let text = match count {
            ..=0 => return None,
            1 => "Someone asks to join.".to_owned(),
            count => format!("{count} people ask to join."),
        };
        Some(Self::new(Icon::Person, text, "Let them in or decline", format!("{path}/invitations#asking")))
    }

    /// Members who were refused something in the last day, each by themselves.
    pub(in crate::http::panel) fn refused(path: &str, found: &[Refused]) -> Vec<Self> {
        let sentence = |refused: &Refused| {
            let times = match refused.times {
                1 => "once".to_owned(),
                times => format!("{times} times"),
            };
            let person = named(path, &refused.who);
            let text = format!(" was refused {times} in the last 24 hours.");
            let item = Self::new(Icon::Lock, text, "See their roles", person.1.clone());
            Self { kind: "bad", people: vec![person], ..item }
        };
        found.iter().map(sentence).collect()
    }
}

/// A person's name and page.
fn named(path: &str, person: &Person) -> (String, String) {
    (person.name.clone(), format!("{path}/members/{}", person.id))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::ids::UserId;

    fn people(count: usize) -> Vec<Person> {
        (0..count).map(|number| Person { id: UserId::new(), name: format!("P{number}") }).collect()
    }

    fn said(item: &Attention) -> String {
        let names: Vec<&str> = item.people.iter().map(|(name, _)| name.as_str()).collect();
        let at = item.at.as_ref().map(|at| format!(" {}.", at.words)).unwrap_or_default();
        format!("{}{}{at}", names.join(", "), item.text)
    }

    #[test]
    fn people_without_a_role_are_named_while_they_are_few() {
        let of = |count| Attention::without_role("/t/acme", &people(count)).map(|item| said(&item));
        assert_eq!(of(0), None);
        assert_eq!(of(1).unwrap(), "P0 has no role and can do nothing here.");
        assert_eq!(of(2).unwrap(), "P0, P1 have no role and can do nothing here.");
        assert_eq!(of(4).unwrap(), "P0, P1, P2 and others have no role and can do nothing here.");
    }

    #[test]
    fn invitations_are_told_by_what_became_of_them() {
        let now = Timestamp::from_micros(1_700_000_000_000_000);
        let hour = Duration::from_hours(1);
        let due = |email: &str, expires_at| Due { email: email.to_owned(), expires_at };
        let of =
            |due: &[Due]| Attention::invitations("/t/acme", due, now).iter().map(said).collect::<Vec<_>>();
        assert_eq!(of(&[]), Vec::<String>::new());
        let mixed =
            [due("a@example.com", now), due("b@example.com", now - hour), due("c@example.com", now + hour)];
        assert_eq!(
            of(&mixed),
            [
                "The invitation to c@example.com is unanswered and ends in 1 hour.",
                "2 invitations ended without an answer."
            ]
        );
        assert_eq!(
            of(&[due("a@example.com", now - hour)]),
            ["The invitation to a@example.com was never answered; it ended 1 hour ago."]
        );
    }

    #[test]
    fn refusals_are_counted_for_each_person() {
        let refused = |times| Refused { who: people(1).remove(0), times };
        let items = Attention::refused("/t/acme", &[refused(7), refused(1)]);
        assert_eq!(said(&items[0]), "P0 was refused 7 times in the last 24 hours.");
        assert_eq!(said(&items[1]), "P0 was refused once in the last 24 hours.");
        assert!(items[0].href.starts_with("/t/acme/members/"));
    }
}
