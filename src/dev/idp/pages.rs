//! What a browser sees of the provider. Called by the authorize endpoints and the server; must never show
//! anything but samples, or text that the template does not escape.

use askama::Template;
use http::StatusCode;
use http::header::{CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS};
use url::Url;

use super::Shared;
use super::people::{Person, Provider};
use super::reply::{self, Reply};

/// No script, nothing from elsewhere; the style stands in the page.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

#[derive(Template)]
#[template(path = "dev/idp_choose.html")]
struct Choose {
    provider: &'static str,
    client: String,
    choices: Vec<Choice>,
    cancel: String,
}

#[derive(Template)]
#[template(path = "dev/idp_message.html")]
struct Message<'a> {
    title: &'a str,
    text: &'a str,
}

/// One person on the page.
pub(super) struct Choice {
    href: String,
    key: String,
    name: String,
    email: String,
    note: String,
}

impl Choice {
    pub(super) fn new(person: &Person, href: String) -> Self {
        Self {
            href,
            key: person.key.clone(),
            name: person.name.clone(),
            email: person.main_email().map(|email| email.address.clone()).unwrap_or_default(),
            note: person.note.clone(),
        }
    }
}

/// The page of people.
pub(super) fn choose(provider: Provider, choices: Vec<Choice>, cancel: String, client: &Url) -> Reply {
    let client = client.origin().ascii_serialization();
    page(StatusCode::OK, &Choose { provider: provider.name(), client, choices, cancel })
}

/// A page that says why the sign-in cannot go on, and redirects nowhere.
pub(super) fn refusal(status: StatusCode, why: &str) -> Reply {
    page(status, &Message { title: "This sign-in cannot go on", text: why })
}

/// A mail as a mail program would show it, by its place in the box, the oldest being 1. It runs and fetches nothing.
pub(super) fn mail(shared: &Shared, place: &str) -> Reply {
    const MAIL: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; \
                        frame-ancestors 'none'; sandbox allow-popups allow-popups-to-escape-sandbox allow-top-navigation";
    let mut mails = shared.mails.list();
    mails.reverse();
    let place = place.parse::<usize>().ok().and_then(|place| place.checked_sub(1));
    match place.and_then(|place| mails.into_iter().nth(place)) {
        Some(mail) => {
            let reply = reply::body(StatusCode::OK, "text/html; charset=utf-8", mail.html);
            reply::with_header(protect(reply), CONTENT_SECURITY_POLICY, MAIL)
        }
        None => refusal(StatusCode::NOT_FOUND, "There is no such mail."),
    }
}

/// A record on the page of records.
pub(super) struct ZoneRecord {
    pub(super) name: String,
    pub(super) text: String,
}

#[derive(Template)]
#[template(path = "dev/dns.html")]
struct Zone {
    records: Vec<ZoneRecord>,
}

/// The page of TXT records.
pub(super) fn zone(records: Vec<ZoneRecord>) -> Reply {
    page(StatusCode::OK, &Zone { records })
}

/// The page at the root.
pub(super) fn home() -> Reply {
    let text = "It plays Google and GitHub for sign-ins, and DNS on the page /dns. Start at Freehold's own sign-in page.";
    page(StatusCode::OK, &Message { title: "Nothing to do here", text })
}

/// A person's picture: the first letter of the key on a disc.
pub(super) fn picture(key: &str) -> Reply {
    let letter = key.chars().next().filter(char::is_ascii_alphanumeric).unwrap_or('s').to_ascii_uppercase();
    let svg = format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 40"><circle cx="20" cy="20" r="20" fill="#3d5a80"/><text x="20" y="27" text-anchor="middle" font-family="sans-serif" font-size="20" fill="#fff">{letter}</text></svg>"##
    );
    protect(reply::body(StatusCode::OK, "image/svg+xml", svg))
}

fn page(status: StatusCode, template: &impl Template) -> Reply {
    match template.render() {
        Ok(html) => protect(reply::body(status, "text/html; charset=utf-8", html)),
        Err(error) => {
            tracing::error!(%error, "a page of the development identity provider does not render");
            reply::text(StatusCode::INTERNAL_SERVER_ERROR, "the page does not render")
        }
    }
}

fn protect(reply: Reply) -> Reply {
    let reply = reply::with_header(reply, CONTENT_SECURITY_POLICY, POLICY);
    let reply = reply::with_header(reply, REFERRER_POLICY, "no-referrer");
    reply::with_header(reply, X_CONTENT_TYPE_OPTIONS, "nosniff")
}
