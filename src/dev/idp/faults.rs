//! The script of what goes wrong, and the count of what was asked. Called by tests through `Idp` and
//! `POST /_control`, and by the server before each answer; must never fail a request nobody scripted.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use super::lock;

/// Something of the provider that can be counted and made to fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Endpoint {
    /// Google's discovery document.
    Discovery,
    /// Google's signing keys.
    Jwks,
    /// Google's page of people.
    GoogleAuthorize,
    /// Google's redirect back to the client.
    GoogleCallback,
    /// Google's exchange of a code for tokens.
    GoogleToken,
    /// Google's profile.
    Userinfo,
    /// GitHub's page of people.
    GithubAuthorize,
    /// GitHub's redirect back to the client.
    GithubCallback,
    /// GitHub's exchange of a code for a token.
    GithubToken,
    /// GitHub's `/user`.
    GithubUser,
    /// GitHub's `/user/emails`.
    GithubEmails,
}

const PLACES: [(Endpoint, &str, &str); 13] = [
    (Endpoint::Discovery, "GET", "/google/.well-known/openid-configuration"),
    (Endpoint::Jwks, "GET", "/google/jwks"),
    (Endpoint::GoogleAuthorize, "GET", "/google/authorize"),
    (Endpoint::GoogleCallback, "GET", "/google/authorize/choose"),
    (Endpoint::GoogleCallback, "GET", "/google/authorize/cancel"),
    (Endpoint::GoogleToken, "POST", "/google/token"),
    (Endpoint::Userinfo, "GET", "/google/userinfo"),
    (Endpoint::GithubAuthorize, "GET", "/github/login/oauth/authorize"),
    (Endpoint::GithubCallback, "GET", "/github/login/oauth/authorize/choose"),
    (Endpoint::GithubCallback, "GET", "/github/login/oauth/authorize/cancel"),
    (Endpoint::GithubToken, "POST", "/github/login/oauth/access_token"),
    (Endpoint::GithubUser, "GET", "/github/api/user"),
    (Endpoint::GithubEmails, "GET", "/github/api/user/emails"),
];

impl Endpoint {
    /// The endpoint at this method and path.
    #[must_use]
    pub fn at(method: &str, path: &str) -> Option<Self> {
        PLACES.iter().find(|place| place.1 == method && place.2 == path).map(|place| place.0)
    }
}

/// One thing that goes wrong. In JSON: `"malformed"`, `{"status": 500}`, `{"delay_ms": 7000}` and so on.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// The right answer, this much later. In JSON `{"delay_ms": 7000}`.
    #[serde(rename = "delay_ms", deserialize_with = "milliseconds")]
    Delay(Duration),
    /// This HTTP status, with a short text.
    Status(u16),
    /// 200 with JSON that breaks off.
    Malformed,
    /// 200 with eight mebibytes of well-formed JSON.
    Huge,
    /// 200 with a body that begins and never ends.
    Stall,
    /// 307 to this URL, which keeps method and body.
    Redirect(String),
    /// The connection is closed without an answer.
    DropConnection,
    /// 200 with this JSON in place of the right answer.
    Answer(Value),
    /// The endpoint's own way to tell this OAuth error: token endpoints and callbacks.
    Error(String),
    /// ID-token claims in place of the right ones; null takes the claim away. Google's token endpoint, as all
    /// that follow up to the callback's.
    Claims(Map<String, Value>),
    /// The ID token is signed with another key than its key id names.
    WrongKey,
    /// The ID token names a key id the JWKS does not have.
    UnknownKid,
    /// The ID token says `alg: none` and has no signature.
    AlgNone,
    /// The ID token is signed by HS256 with the public key as the secret.
    HsPublicKey,
    /// The callback comes without `iss`. Callbacks, as all that follow.
    MissingIss,
    /// The callback comes with this `iss`.
    WrongIss(String),
    /// The callback comes with the right `iss` twice.
    RepeatedIss,
}

fn milliseconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    u64::deserialize(deserializer).map(Duration::from_millis)
}

/// The script of faults; clones share it.
#[derive(Debug, Clone, Default)]
pub struct Faults(Arc<Mutex<BTreeMap<Endpoint, Script>>>);

#[derive(Debug, Default)]
struct Script {
    next: VecDeque<Fault>,
    always: Option<Fault>,
}

impl Faults {
    /// Lets the next request to `endpoint` that has no fault yet go wrong, once.
    pub fn next(&self, endpoint: Endpoint, fault: Fault) {
        lock(&self.0).entry(endpoint).or_default().next.push_back(fault);
    }

    /// Lets every request to `endpoint` go wrong until [`Faults::clear`]; those queued come first.
    pub fn always(&self, endpoint: Endpoint, fault: Fault) {
        lock(&self.0).entry(endpoint).or_default().always = Some(fault);
    }

    /// Lets everything go right again.
    pub fn clear(&self) {
        lock(&self.0).clear();
    }

    /// What goes wrong with the request now at hand.
    pub(super) fn take(&self, endpoint: Endpoint) -> Option<Fault> {
        let mut scripts = lock(&self.0);
        let script = scripts.get_mut(&endpoint)?;
        script.next.pop_front().or_else(|| script.always.clone())
    }
}

/// How often each endpoint was asked.
#[derive(Debug, Default)]
pub(super) struct Calls(Mutex<BTreeMap<Endpoint, usize>>);

impl Calls {
    pub(super) fn add(&self, endpoint: Endpoint) {
        *lock(&self.0).entry(endpoint).or_default() += 1;
    }

    pub(super) fn of(&self, endpoint: Endpoint) -> usize {
        lock(&self.0).get(&endpoint).copied().unwrap_or(0)
    }

    pub(super) fn reset(&self) {
        lock(&self.0).clear();
    }

    pub(super) fn all(&self) -> BTreeMap<Endpoint, usize> {
        PLACES.iter().map(|place| (place.0, self.of(place.0))).collect()
    }
}
