//! The development identity provider: a loopback listener of its own that plays Google (OpenID Connect) and
//! GitHub (OAuth 2.0 and two API calls), strictly, with sample people and scripted faults.
//!
//! Called by `freehold dev` and by tests; must never listen beyond loopback, share state with the product,
//! or take part in `serve`.
//!
//! ```text
//! GET  /google/.well-known/openid-configuration   discovery           google.rs
//! GET  /google/authorize                          page of people      authorize.rs
//! GET  /google/authorize/choose?person=KEY&…      back with a code    authorize.rs
//! GET  /google/authorize/cancel?…                 back with an error  authorize.rs
//! POST /google/token                              ID token            google.rs
//! GET  /google/jwks · /google/userinfo            keys · profile      google.rs
//! GET  /github/login/oauth/authorize[/choose|/cancel]   as above      authorize.rs
//! POST /github/login/oauth/access_token           access token        github.rs
//! GET  /github/api/user · /github/api/user/emails the profile         github.rs
//! POST /_control                                  faults, counters    control.rs
//! ```

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::clock::Clock;
use crate::dev::dns::NameServer;
use crate::error::{Error, Result};
use crate::mail::MailBox;

mod authorize;
mod control;
/// What tests can make go wrong.
pub mod faults;
mod github;
mod google;
mod grants;
mod id_token;
mod keys;
mod pages;
/// The sample people.
pub mod people;
mod reply;
mod request;
mod server;
#[cfg(test)]
mod tests;
mod zone;

pub use faults::{Endpoint, Fault, Faults};
pub use people::{Email, Person, Provider};

/// Who may ask for sign-ins, and where the answers may go.
#[derive(Clone)]
pub struct Clients {
    /// The client id and secret the Google side knows.
    pub google: (String, String),
    /// The client id and secret the GitHub side knows.
    pub github: (String, String),
    /// The redirect URIs of both clients, compared as whole strings.
    pub redirect_uris: Vec<String>,
}

/// What becomes of the signing key when a new one takes its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OldKey {
    /// It stays in the JWKS beside the new one.
    Keep,
    /// It leaves the JWKS at once, with all keys before it.
    Drop,
}

/// A running identity provider; it stops when this is dropped.
pub struct Idp {
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

/// What every connection sees. No lock in here is held across an await.
struct Shared {
    address: SocketAddr,
    clock: Clock,
    clients: Clients,
    people: Mutex<Vec<Person>>,
    grants: Mutex<grants::Grants>,
    keys: Mutex<keys::Keys>,
    faults: Faults,
    calls: faults::Calls,
    dns: NameServer,
    mails: MailBox,
}

impl Idp {
    /// Serves `listener` in the background with the sample people. Call it within a tokio runtime.
    ///
    /// # Errors
    /// When the listener is not on loopback, or no signing key could be made.
    pub fn start(listener: TcpListener, clock: Clock, clients: Clients) -> Result<Self> {
        let address = listener
            .local_addr()
            .map_err(|error| Error::internal("the identity provider's listener has no address", error))?;
        if !address.ip().is_loopback() {
            return Err(Error::Internal("the development identity provider listens on loopback only", None));
        }
        let shared = Arc::new(Shared {
            address,
            clock,
            clients,
            people: Mutex::new(people::samples()),
            grants: Mutex::default(),
            keys: Mutex::new(keys::Keys::new()?),
            faults: Faults::default(),
            calls: faults::Calls::default(),
            dns: NameServer::start()?,
            mails: MailBox::announcing(),
        });
        let task = tokio::spawn(server::run(listener, Arc::clone(&shared)));
        Ok(Self { shared, task })
    }

    /// Stops answering: open connections are cut, the port is free when this returns.
    pub async fn shutdown(mut self) {
        self.task.abort();
        if let Err(error) = (&mut self.task).await
            && !error.is_cancelled()
        {
            tracing::warn!(%error, "the development identity provider ended badly");
        }
    }

    /// The origin of the listener, such as `http://127.0.0.1:3200`.
    #[must_use]
    pub fn origin(&self) -> String {
        self.shared.origin()
    }

    /// The box whose mails the pages `/mail/…` of the listener show as HTML.
    #[must_use]
    pub fn mails(&self) -> MailBox {
        self.shared.mails.clone()
    }

    /// The name server to ask about domains; its records are made on the page `/dns` of the listener.
    #[must_use]
    pub fn dns(&self) -> SocketAddr {
        self.shared.dns.address()
    }

    /// The issuer to configure for Google.
    #[must_use]
    pub fn google_issuer(&self) -> String {
        self.shared.issuer(Provider::Google)
    }

    /// The base URL to configure for GitHub.
    #[must_use]
    pub fn github_url(&self) -> String {
        format!("{}/github", self.origin())
    }

    /// The API URL to configure for GitHub.
    #[must_use]
    pub fn github_api_url(&self) -> String {
        self.shared.github_api()
    }

    /// The script of faults.
    #[must_use]
    pub fn faults(&self) -> Faults {
        self.shared.faults.clone()
    }

    /// How many requests `endpoint` has had, failed ones included.
    #[must_use]
    pub fn calls(&self, endpoint: Endpoint) -> usize {
        self.shared.calls.of(endpoint)
    }

    /// The person with this key, as they are now.
    #[must_use]
    pub fn person(&self, key: &str) -> Option<Person> {
        self.shared.people().iter().find(|person| person.key == key).cloned()
    }

    /// Adds a person, in place of one with the same key.
    pub fn add_person(&self, person: Person) {
        self.shared.add_person(person);
    }

    /// Changes the person with this key; says whether there is one.
    pub fn update_person(&self, key: &str, change: impl FnOnce(&mut Person)) -> bool {
        let mut people = self.shared.people();
        let found = people.iter_mut().find(|person| person.key == key);
        found.map(change).is_some()
    }

    /// Signs with a new key, under a new key id, from now on.
    ///
    /// # Errors
    /// When no key could be made.
    pub fn rotate_key(&self, old: OldKey) -> Result<()> {
        self.shared.keys().rotate(old)
    }
}

impl Drop for Idp {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Shared {
    fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What the callback's `iss` says.
    fn issuer(&self, provider: Provider) -> String {
        match provider {
            Provider::Google => format!("{}/google", self.origin()),
            Provider::Github => format!("{}/github/login/oauth", self.origin()),
        }
    }

    fn github_api(&self) -> String {
        format!("{}/github/api", self.origin())
    }

    fn client(&self, provider: Provider) -> &(String, String) {
        match provider {
            Provider::Google => &self.clients.google,
            Provider::Github => &self.clients.github,
        }
    }

    fn people(&self) -> MutexGuard<'_, Vec<Person>> {
        lock(&self.people)
    }

    fn grants(&self) -> MutexGuard<'_, grants::Grants> {
        lock(&self.grants)
    }

    fn keys(&self) -> MutexGuard<'_, keys::Keys> {
        lock(&self.keys)
    }

    fn person(&self, provider: Provider, key: &str) -> Option<Person> {
        self.people().iter().find(|person| person.provider == provider && person.key == key).cloned()
    }

    fn add_person(&self, person: Person) {
        let mut people = self.people();
        people.retain(|other| other.key != person.key);
        people.push(person);
    }
}

/// A lock that outlives a panic elsewhere: what it guards is never left half changed.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Turns an authorize URL into the URL that a click on `person` on its page opens. It answers 303 with the
/// redirect back to the client, so a test need not read the page.
#[must_use]
pub fn choose_url(authorize_url: &str, person: &str) -> String {
    let (path, query) = authorize_url.split_once('?').unwrap_or((authorize_url, ""));
    let person: String = url::form_urlencoded::byte_serialize(person.as_bytes()).collect();
    format!("{path}/choose?person={person}&{query}")
}

/// Turns an authorize URL into the URL that "Cancel" on its page opens: 303 with `error=access_denied`.
#[must_use]
pub fn cancel_url(authorize_url: &str) -> String {
    let (path, query) = authorize_url.split_once('?').unwrap_or((authorize_url, ""));
    format!("{path}/cancel?{query}")
}
