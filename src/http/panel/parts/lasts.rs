//! How long a token or a secret is to last: some usual times, or a number of days. Read from forms and shown in them.

use crate::error::Result;
use crate::http::extract::Form;

/// The choice that goes with the field for days.
const OTHER: &str = "other";
/// The times offered: the days as sent, and in words.
const OFFERED: [(&str, &str); 4] =
    [("30", "30 days"), ("90", "90 days"), ("365", "1 year"), (OTHER, "Other")];

/// What is chosen.
#[derive(Debug, Clone)]
pub(in crate::http::panel) struct Lasts {
    /// One of those offered.
    chosen: String,
    /// The days, where another time is chosen.
    pub(in crate::http::panel) days: String,
}

impl Default for Lasts {
    fn default() -> Self {
        Self { chosen: "90".to_owned(), days: String::new() }
    }
}

impl Lasts {
    /// The fields it has in a form.
    pub(in crate::http::panel) const FIELDS: [&str; 2] = ["lasts", "days"];

    /// What was chosen in the form.
    pub(in crate::http::panel) fn of(form: &Form) -> Result<Self> {
        let days = form.text("days")?.trim().to_owned();
        Ok(Self { chosen: form.text("lasts")?.to_owned(), days })
    }

    /// So many days; 0, which is too few, when no number was typed.
    pub(in crate::http::panel) fn in_days(&self) -> u16 {
        let text = if self.chosen == OTHER { &self.days } else { &self.chosen };
        text.parse().unwrap_or(0)
    }

    /// The times offered: the word that is sent, how it is called, whether it is chosen.
    pub(in crate::http::panel) fn offered(&self) -> [(&'static str, &'static str, bool); 4] {
        OFFERED.map(|(word, label)| (word, label, word == self.chosen))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_one_of_those_offered_or_a_number_of_days() {
        let days = |chosen: &str, days: &str| Lasts { chosen: chosen.into(), days: days.into() }.in_days();
        assert_eq!(Lasts::default().in_days(), 90);
        assert_eq!((days("365", "3"), days("other", "3")), (365, 3));
        assert_eq!(
            (days("other", ""), days("other", "-1"), days("other", "70000"), days("", "")),
            (0, 0, 0, 0)
        );
    }
}
