//! Cursors: where a list goes on. Opaque to clients, authenticated, and bound to the list they were given for,
//! so none can be made up or carried to another tenant or query.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use schemars::JsonSchema;
use serde::{Serialize, de::DeserializeOwned};

use crate::db::Sealer;
use crate::error::{Error, Result};
use crate::lists::{Part, Sort, Window};

/// The largest page.
pub(super) const MAX_LIMIT: u32 = 200;
/// The page when no limit is given.
pub(super) const DEFAULT_LIMIT: u32 = 50;
const PURPOSE: &str = "cursor";

/// One page of a list.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "{T}Page")]
pub(super) struct Page<T> {
    /// The items, in the list's order.
    pub(super) items: Vec<T>,
    /// Give it as `cursor` for the items after these; null at the end.
    pub(super) next_cursor: Option<String>,
}

/// The page size a client asked for.
///
/// # Errors
/// [`Error::Invalid`] outside 1 to 200.
pub(super) fn limit(given: Option<u32>) -> Result<u32> {
    let limit = given.unwrap_or(DEFAULT_LIMIT);
    if (1..=MAX_LIMIT).contains(&limit) {
        return Ok(limit);
    }
    Err(Error::invalid("/limit", "range", "Give a limit from 1 to 200."))
}

/// A cursor for `position` in the list that `scope` names: the tenant, the resource, and every filter.
pub(super) fn encode(sealer: &Sealer, scope: &str, position: &impl Serialize) -> Result<String> {
    let position =
        serde_json::to_vec(position).map_err(|error| Error::internal("a cursor cannot be written", error))?;
    let code = sealer.sign(PURPOSE, &message(scope, &position));
    Ok(format!("{}.{code}", BASE64_URL_SAFE_NO_PAD.encode(position)))
}

/// The position a cursor names in the list that `scope` names.
///
/// # Errors
/// [`Error::Invalid`] when it is not a cursor of ours for this list.
pub(super) fn decode<P: DeserializeOwned>(
    sealer: &Sealer,
    scope: &str,
    cursor: Option<&str>,
) -> Result<Option<P>> {
    let Some(cursor) = cursor else { return Ok(None) };
    let wrong =
        || Error::invalid("/cursor", "cursor", "This cursor is not from this list. Start without one.");
    let (position, code) = cursor.split_once('.').ok_or_else(wrong)?;
    let position = BASE64_URL_SAFE_NO_PAD.decode(position).map_err(|_encoding| wrong())?;
    if !sealer.verify(PURPOSE, &message(scope, &position), code) {
        return Err(wrong());
    }
    serde_json::from_slice(&position).map(Some).map_err(|_older_release| wrong())
}

/// The part of a long list that a client asked for, in this order: with a limit and a cursor, where given.
///
/// # Errors
/// [`Error::Invalid`] for a bad limit or cursor.
pub(super) fn window<C>(
    sealer: &Sealer,
    scope: &str,
    sort: Sort<C>,
    (given, cursor): (Option<u32>, Option<&str>),
) -> Result<Window<C>> {
    Ok(Window { sort, limit: limit(given)?, after: decode(sealer, scope, cursor)? })
}

/// A part of a long list, as the API answers with it.
pub(super) fn page<T>(sealer: &Sealer, scope: &str, part: Part<T>) -> Result<Page<T>> {
    let next_cursor = part.next.map(|next| encode(sealer, scope, &next)).transpose()?;
    Ok(Page { items: part.items, next_cursor })
}

/// The address of a page of ours with what is asked of it; what is empty is left out.
pub(super) fn address<'a>(
    path: &str,
    asked: impl IntoIterator<Item = (&'static str, Option<&'a str>)>,
) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in asked {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            query.append_pair(name, value);
        }
    }
    let query = query.finish();
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}

/// The part of a whole list that a client asked for, for lists that are short. `key` tells its items apart.
///
/// # Errors
/// [`Error::Invalid`] for a bad limit or cursor.
pub(super) fn part<T, K: Serialize + DeserializeOwned + PartialEq>(
    sealer: &Sealer,
    scope: &str,
    (given, cursor): (Option<u32>, Option<&str>),
    all: Vec<T>,
    key: impl Fn(&T) -> K,
) -> Result<Page<T>> {
    let limit = usize::try_from(limit(given)?).unwrap_or(usize::MAX);
    let after: Option<K> = decode(sealer, scope, cursor)?;
    // What a cursor named may be gone since: the list then ends, as it would without items.
    let start = match after {
        None => 0,
        Some(last) => all.iter().position(|item| key(item) == last).map_or(all.len(), |place| place + 1),
    };
    let more = all.len() > start + limit;
    let items: Vec<T> = all.into_iter().skip(start).take(limit).collect();
    let last = items.last().filter(|_| more).map(&key);
    let next_cursor = last.map(|last| encode(sealer, scope, &last)).transpose()?;
    Ok(Page { items, next_cursor })
}

fn message(scope: &str, position: &[u8]) -> Vec<u8> {
    // Length first: no scope and position can be shifted into another pair.
    [&(scope.len() as u64).to_be_bytes(), scope.as_bytes(), position].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_holds_for_its_list_only() {
        let sealer = Sealer::new(&[1; 32]);
        let cursor = encode(&sealer, "members t1", &("ada", 7)).unwrap();
        let back: Option<(String, i32)> = decode(&sealer, "members t1", Some(&cursor)).unwrap();
        assert_eq!(back, Some(("ada".to_owned(), 7)));
        assert!(decode::<(String, i32)>(&sealer, "members t2", Some(&cursor)).is_err());
        assert!(decode::<(String, i32)>(&Sealer::new(&[2; 32]), "members t1", Some(&cursor)).is_err());
        for altered in ["", "x", ".", &cursor[1..], &format!("{cursor}x"), &cursor.replace('.', "..")] {
            assert!(decode::<(String, i32)>(&sealer, "members t1", Some(altered)).is_err(), "{altered}");
        }
    }
}
