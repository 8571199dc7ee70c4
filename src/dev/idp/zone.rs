//! The page on which one plays the owner of a domain: its TXT records, kept by the name server of `dev`. Called by the
//! server.

use http::StatusCode;

use super::Shared;
use super::pages::{self, ZoneRecord};
use super::reply::{self, Reply};
use super::request::Request;
use crate::email::DomainName;

/// The longest text that is taken.
const LONGEST: usize = 500;

/// The records there are, with a form that makes or takes one away.
pub(super) fn show(shared: &Shared) -> Reply {
    let records = shared.dns.records().into_iter();
    pages::zone(records.map(|(name, texts)| ZoneRecord { name, text: texts.join("\n") }).collect())
}

/// Makes the text the record at the name; no text takes it away.
pub(super) fn set(shared: &Shared, request: &Request) -> Reply {
    let Some(form) = request.form() else {
        return pages::refusal(StatusCode::BAD_REQUEST, "The form cannot be read.");
    };
    // A label may begin with an underscore in DNS; what follows is a domain like any other.
    let name = form.get("name").unwrap_or_default().trim().to_ascii_lowercase();
    if name.trim_start_matches('_').parse::<DomainName>().is_err() {
        return pages::refusal(StatusCode::UNPROCESSABLE_ENTITY, "This is no name of a record.");
    }
    let text = form.get("text").unwrap_or_default();
    if text.len() > LONGEST {
        return pages::refusal(StatusCode::UNPROCESSABLE_ENTITY, "The text is too long.");
    }
    let texts: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    shared.dns.set(&name, &texts);
    reply::redirect(StatusCode::SEE_OTHER, "/dns")
}
