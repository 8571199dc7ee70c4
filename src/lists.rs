//! Lists that may be long, read in parts: their order, where a part begins, and where the next one does. Used by the
//! domains that have such lists and by the edge that shows them; must never know what is in a list.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};
use uuid::Uuid;

/// What a list can be sorted by. The default is its usual order.
pub trait Column: Copy + Default + PartialEq + 'static {
    /// What the order is called in the API's description, such as `ProjectSort`.
    const SORT: &'static str;
    /// Each column, by the word queries have for it.
    const ALL: &'static [(&'static str, Self)];
}

/// The order of a list: by a column, from its least or from its greatest.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sort<C> {
    /// The column.
    pub by: C,
    /// Whether the greatest comes first.
    pub down: bool,
}

impl<C: Column> Sort<C> {
    /// The same from the other end.
    #[must_use]
    pub fn reversed(self) -> Self {
        Self { down: !self.down, ..self }
    }

    /// Every order there is.
    fn all() -> impl Iterator<Item = Self> {
        C::ALL.iter().flat_map(|(_, by)| [false, true].map(|down| Self { by: *by, down }))
    }
}

/// As queries name it: `name`, or `-name` from the other end.
impl<C: Column> fmt::Display for Sort<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = C::ALL.iter().find(|(_, by)| *by == self.by).map_or("", |(word, _)| *word);
        write!(f, "{}{word}", if self.down { "-" } else { "" })
    }
}

impl<'de, C: Column> Deserialize<'de> for Sort<C> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        let known: Vec<String> = Self::all().map(|sort| sort.to_string()).collect();
        let found = Self::all().zip(&known).find(|(_, word)| **word == text).map(|(sort, _)| sort);
        found.ok_or_else(|| serde::de::Error::custom(format!("sort by one of {}", known.join(", "))))
    }
}

impl<C: Column> schemars::JsonSchema for Sort<C> {
    fn schema_name() -> Cow<'static, str> {
        C::SORT.into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let words: Vec<String> = Self::all().map(|sort| sort.to_string()).collect();
        schemars::json_schema!({
            "type": "string", "enum": words, "description": "The order; `-` begins with the greatest."
        })
    }
}

/// Which part of a list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Window<C> {
    /// The order.
    pub sort: Sort<C>,
    /// How many at most.
    pub limit: u32,
    /// Where to go on; from the start when absent. Only good for the order it came from.
    pub after: Option<Place>,
}

/// A place in a list: by what the item there is sorted, which is a text or a number, and its id, for items that have
/// that in common.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The text, in an order by text.
    pub text: String,
    /// The number, in an order by number.
    pub number: i64,
    /// The item's id.
    pub id: Uuid,
}

/// A part of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part<T> {
    /// The items, in the list's order.
    pub items: Vec<T>,
    /// Where the next part begins; absent at the end.
    pub next: Option<Place>,
}

impl<T> Part<T> {
    /// The part that `window` asks for, of items read with a limit of one more, which tells whether there are more.
    pub fn new<C>(mut items: Vec<T>, window: &Window<C>, place: impl Fn(&T) -> Place) -> Self {
        let limit = usize::try_from(window.limit).unwrap_or(usize::MAX);
        let more = items.len() > limit;
        items.truncate(limit);
        let next = items.last().filter(|_| more).map(place);
        Self { items, next }
    }
}

/// The pattern of SQL's `like … escape '\'` for texts that contain this one; empty for the empty text.
#[must_use]
pub fn pattern(text: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    let mut pattern = String::from("%");
    for c in text.chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

#[cfg(test)]
mod tests {
    use serde::de::IntoDeserializer as _;
    use serde::de::value::{Error, StrDeserializer};

    use super::*;

    #[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
    enum By {
        #[default]
        Name,
        At,
    }

    impl Column for By {
        const SORT: &'static str = "Sort";
        const ALL: &'static [(&'static str, Self)] = &[("name", Self::Name), ("at", Self::At)];
    }

    fn read(text: &str) -> Result<Sort<By>, Error> {
        let text: StrDeserializer<'_, Error> = text.into_deserializer();
        Sort::deserialize(text)
    }

    #[test]
    fn every_order_has_one_word() {
        for word in ["name", "-name", "at", "-at"] {
            let sort = read(word).unwrap();
            assert_eq!(sort.to_string(), word);
            assert_eq!(sort.reversed().reversed(), sort);
            assert_ne!(sort.reversed(), sort);
        }
        assert_eq!(read("name").unwrap(), Sort::default());
        for wrong in ["", "-", "--name", "Name", "id", "name ", "+name"] {
            assert_eq!(read(wrong).unwrap_err().to_string(), "sort by one of name, -name, at, -at");
        }
    }

    #[test]
    fn the_next_part_begins_where_this_one_ends() {
        let window = |limit| Window::<By> { limit, ..Window::default() };
        let place = |number: &i64| Place { number: *number, ..Place::default() };
        let part = Part::new(vec![1, 2, 3], &window(2), place);
        assert_eq!((part.items, part.next.map(|next| next.number)), (vec![1, 2], Some(2)));
        assert_eq!(Part::new(vec![1, 2], &window(2), place).next, None);
        assert_eq!(Part::new(Vec::new(), &window(2), place).next, None);
    }

    #[test]
    fn nothing_in_a_search_is_a_pattern() {
        assert_eq!(pattern(""), "");
        assert_eq!(pattern(r"a_b%c\"), r"%a\_b\%c\\%");
    }
}
