//! Addresses out of what people paste: a list with any of the usual separators, `Name <address>` as mail programs copy
//! it, or a table whose head names a column of addresses. Called by `batch.rs` and the panel; must never guess: what is
//! not one plain address is given back as it was written.

use crate::email::EmailAddress;

/// One place where an address stands, or should.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The line it is on, from 1.
    pub line: u32,
    /// What is written there.
    pub text: String,
    /// The address, when it is one.
    pub email: Option<EmailAddress>,
}

impl Entry {
    /// The entry of what is written on `line`.
    #[must_use]
    pub fn new(line: usize, text: &str) -> Self {
        let text = text.trim();
        let email = address(text).parse().ok();
        Self { line: u32::try_from(line).unwrap_or(u32::MAX), text: text.to_owned(), email }
    }
}

/// What may head the column of addresses in a table.
const HEADS: [&str; 8] = [
    "email",
    "e-mail",
    "mail",
    "email address",
    "e-mail address",
    "email_address",
    "mail address",
    "e-mail 1 - value",
];

/// Every entry of `text`, in order. Empty lines and empty places are left out.
#[must_use]
pub fn entries(text: &str) -> Vec<Entry> {
    let text = text.trim_start_matches('\u{feff}');
    let mut lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()).peekable();
    let table = lines.peek().and_then(|(_, head)| Column::find(head));
    match table {
        Some(column) => lines
            .skip(1)
            .map(|(place, row)| Entry::new(place + 1, &column.of(row)))
            .filter(|entry| !entry.text.is_empty())
            .collect(),
        None => lines
            .flat_map(|(place, line)| listed(line).into_iter().map(move |text| Entry::new(place + 1, &text)))
            .collect(),
    }
}

/// The column of addresses in a table.
struct Column {
    separator: char,
    place: usize,
}

impl Column {
    /// The column, when `head` is the head of a table that has one.
    fn find(head: &str) -> Option<Self> {
        if head.contains('@') {
            return None;
        }
        [',', ';', '\t'].into_iter().find_map(|separator| {
            let names = cells(head, &[separator]);
            let is_head = |name: &String| HEADS.contains(&unquoted(name).to_lowercase().as_str());
            Some(Self { separator, place: names.iter().position(is_head)? })
        })
    }

    /// What stands in it in this row; all of a row that does not reach so far.
    fn of(&self, row: &str) -> String {
        let cells = cells(row, &[self.separator]);
        cells.get(self.place).map_or_else(|| row.to_owned(), |cell| unquoted(cell))
    }
}

/// The entries of a line of a list. Where semicolons part them, a comma may stand in a name.
fn listed(line: &str) -> Vec<String> {
    let separators: &[char] = if line.contains(';') { &[';'] } else { &[',', '\t'] };
    let mut found = Vec::new();
    for part in cells(line, separators) {
        let part = part.trim_matches([',', ';', ' ', '\t']);
        let words: Vec<&str> = part.split_whitespace().collect();
        if words.len() > 1 && words.iter().all(|word| word.contains('@') && !word.contains('<')) {
            found.extend(words.into_iter().map(str::to_owned));
        } else if !words.is_empty() {
            found.push(part.to_owned());
        }
    }
    found
}

/// The parts of a line. A separator within quotation marks is none.
fn cells(line: &str, separators: &[char]) -> Vec<String> {
    let mut cells = vec![String::new()];
    let mut quoted = false;
    for c in line.chars() {
        quoted ^= c == '"';
        if !quoted && separators.contains(&c) {
            cells.push(String::new());
        } else if let Some(cell) = cells.last_mut() {
            cell.push(c);
        }
    }
    cells
}

/// A cell of a table without the marks around it.
fn unquoted(cell: &str) -> String {
    let cell = cell.trim();
    match cell.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        Some(inner) => inner.replace("\"\"", "\"").trim().to_owned(),
        None => cell.to_owned(),
    }
}

/// `ada@example.com` out of `Ada <ada@example.com>`; anything else as it is.
fn address(text: &str) -> &str {
    let inner = text.strip_suffix('>').and_then(|rest| rest.rsplit_once('<')).map(|(_, inner)| inner);
    inner.filter(|inner| !inner.contains('>')).unwrap_or(text).trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(u32, String)> {
        let shown = |entry: Entry| {
            (entry.line, entry.email.map_or_else(|| format!("? {}", entry.text), String::from))
        };
        entries(text).into_iter().map(shown).collect()
    }

    fn each(list: &[(u32, &str)]) -> Vec<(u32, String)> {
        list.iter().map(|(line, text)| (*line, (*text).to_owned())).collect()
    }

    #[test]
    fn a_list_may_have_any_of_the_usual_separators() {
        let text = "\u{feff}a@example.com, B@Example.com\r\n\n c@example.com;d@example.com;\ne@example.com f@example.com\tg@example.com";
        let wanted = [(1, "a"), (1, "b"), (3, "c"), (3, "d"), (4, "e"), (4, "f"), (4, "g")];
        let wanted: Vec<_> =
            wanted.iter().map(|(line, name)| (*line, format!("{name}@example.com"))).collect();
        assert_eq!(found(text), wanted);
    }

    #[test]
    fn names_around_an_address_are_left_out() {
        let text = "Ada <ada@example.com>\n\"Doe, Jane\" <jane@example.com>, <zoe@example.com>\nDoe, Jim <jim@example.com>; Al <al@example.com>";
        let wanted = [(1, "ada@example.com"), (2, "jane@example.com"), (2, "zoe@example.com")];
        let more = [(3, "jim@example.com"), (3, "al@example.com")];
        assert_eq!(found(text), each(&[wanted.as_slice(), &more].concat()));
    }

    #[test]
    fn a_table_is_read_by_its_head() {
        let text = "Name,E-mail,Team\n\"Doe, Jane\",jane@example.com,Sales\nJim,,Sales\nAl,\" al@example.com \",\nonly";
        assert_eq!(found(text), each(&[(2, "jane@example.com"), (4, "al@example.com"), (5, "? only")]));
        assert_eq!(found("email\na@example.com"), each(&[(2, "a@example.com")]));
        assert_eq!(found("name;EMAIL\nAda;a@example.com"), each(&[(2, "a@example.com")]));
        assert_eq!(found("Name\tEmail Address\nAda\ta@example.com"), each(&[(2, "a@example.com")]));
    }

    #[test]
    fn what_is_no_address_is_given_back_as_it_was_written() {
        let text = "zoe at example\nAda <ada@example.com> <eve@example.org\n<a@example.com>b@example.com>\nä@example.com";
        let wanted = [
            (1, "? zoe at example"),
            (2, "? Ada <ada@example.com> <eve@example.org"),
            (3, "? <a@example.com>b@example.com>"),
            (4, "? ä@example.com"),
        ];
        assert_eq!(found(text), each(&wanted));
        assert_eq!(found(" \n,;\n"), each(&[]));
    }
}
