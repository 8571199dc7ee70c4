//! `POST /_control`: scripts faults and reads counters from another process. Called by tests that run the
//! binary; must never answer a page in a browser, which is why it wants a JSON media type.
//!
//! ```json
//! {
//!   "clear": true,
//!   "reset_calls": true,
//!   "next":   [{"endpoint": "google_token", "fault": {"claims": {"nonce": null}}}],
//!   "always": [{"endpoint": "github_user", "fault": {"delay_ms": 7000}}],
//!   "rotate_key": "drop",
//!   "people": [{"key": "eve", "provider": "google", "subject": "7", "name": "Eve Sample",
//!               "emails": [{"address": "eve@example.com", "verified": true}]}]
//! }
//! ```
//!
//! Every member is optional and they apply in this order. The answer is `{"calls": {"jwks": 1, …}}`, counted
//! after `reset_calls`, so `{}` only reads.

use http::StatusCode;
use serde::Deserialize;
use serde_json::json;

use super::faults::{Endpoint, Fault};
use super::people::Person;
use super::reply::{self, Reply};
use super::request::Request;
use super::{OldKey, Shared};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Control {
    #[serde(default)]
    clear: bool,
    #[serde(default)]
    reset_calls: bool,
    #[serde(default)]
    next: Vec<Scripted>,
    #[serde(default)]
    always: Vec<Scripted>,
    rotate_key: Option<OldKey>,
    #[serde(default)]
    people: Vec<Person>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Scripted {
    endpoint: Endpoint,
    fault: Fault,
}

pub(super) fn control(shared: &Shared, request: &Request) -> Reply {
    if !request.is("application/json") {
        return error(StatusCode::UNSUPPORTED_MEDIA_TYPE, "the body must be application/json");
    }
    let control: Control = match serde_json::from_slice(&request.body) {
        Ok(control) => control,
        Err(why) => return error(StatusCode::BAD_REQUEST, &why.to_string()),
    };
    if control.clear {
        shared.faults.clear();
    }
    if control.reset_calls {
        shared.calls.reset();
    }
    for scripted in control.next {
        shared.faults.next(scripted.endpoint, scripted.fault);
    }
    for scripted in control.always {
        shared.faults.always(scripted.endpoint, scripted.fault);
    }
    if let Some(old) = control.rotate_key
        && let Err(why) = shared.keys().rotate(old)
    {
        return error(StatusCode::INTERNAL_SERVER_ERROR, &why.to_string());
    }
    for person in control.people {
        shared.add_person(person);
    }
    reply::json(StatusCode::OK, &json!({ "calls": shared.calls.all() }))
}

fn error(status: StatusCode, why: &str) -> Reply {
    reply::json(status, &json!({ "error": why }))
}
