//! What was found where a domain's record was looked for, in words. Pure; called by `verify.rs`.

use super::dns::record_name;
use crate::email::DomainName;

/// How many records a refusal quotes, and how much of each.
const QUOTED: usize = 3;
const LONGEST: usize = 60;

/// What was found in place of the record.
pub(super) fn not_found(name: &DomainName, records: &[String]) -> String {
    let place = record_name(name);
    if records.is_empty() {
        return format!(
            "There is no TXT record at {place} yet. A new one can take some minutes to be seen; look again then."
        );
    }
    let quote = |record: &String| {
        let cut: String = record.chars().take(LONGEST).collect();
        if cut.len() < record.len() { format!("“{cut}…”") } else { format!("“{cut}”") }
    };
    let quoted: Vec<String> = records.iter().take(QUOTED).map(quote).collect();
    let more = if records.len() > QUOTED { " and others" } else { "" };
    format!("The TXT records at {place} are {}{more}, and none of them is the one wanted.", quoted.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_says_what_was_found() {
        let name: DomainName = "acme.example".parse().unwrap();
        assert!(not_found(&name, &[]).contains("no TXT record at _freehold.acme.example"));
        let records = ["v=spf1".to_owned(), "x".repeat(100)];
        let told = not_found(&name, &records);
        assert!(
            told.contains("“v=spf1”, “") && told.contains("x…”") && !told.contains(&"x".repeat(61)),
            "{told}"
        );
    }
}
