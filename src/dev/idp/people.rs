//! The sample people and what each is a sample of. Called by the authorize pages and the profile endpoints;
//! must never hold an address that could belong to someone.

use serde::{Deserialize, Serialize};

/// Which provider a person has an account at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Provider {
    /// Google, by OpenID Connect.
    Google,
    /// GitHub, by OAuth 2.0 and its API.
    Github,
}

impl Provider {
    /// The provider's name as people know it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Google => "Google",
            Self::Github => "GitHub",
        }
    }
}

/// An account at one of the two providers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Person {
    /// What tests and links call them; unique over both providers.
    pub key: String,
    /// Where the account is.
    pub provider: Provider,
    /// Google's `sub`, or GitHub's `id` in digits.
    pub subject: String,
    /// The full name.
    pub name: String,
    /// GitHub's login; unused at Google.
    #[serde(default)]
    pub login: String,
    /// Addresses in the order the provider tells them. Google knows only the first.
    #[serde(default)]
    pub emails: Vec<Email>,
    /// What GitHub's `/user` says as `email`, which may be none or stale.
    #[serde(default)]
    pub public_email: Option<String>,
    /// Google's `hd`: the workspace that owns the account.
    #[serde(default)]
    pub hosted_domain: Option<String>,
    /// What this person is a sample of, shown on the page.
    #[serde(default)]
    pub note: String,
}

/// An address as the provider knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Email {
    /// The address.
    pub address: String,
    /// Whether the provider has seen a proof.
    pub verified: bool,
    /// Whether GitHub calls it the primary one.
    #[serde(default)]
    pub primary: bool,
}

impl Email {
    /// An address the provider has verified.
    #[must_use]
    pub fn verified(address: &str) -> Self {
        Self { address: address.to_owned(), verified: true, primary: false }
    }

    /// An address nobody has proved.
    #[must_use]
    pub fn unverified(address: &str) -> Self {
        Self { address: address.to_owned(), verified: false, primary: false }
    }

    /// The same address as the account's primary one.
    #[must_use]
    pub fn primary(self) -> Self {
        Self { primary: true, ..self }
    }
}

impl Person {
    /// Someone with a Google account.
    #[must_use]
    pub fn google(key: &str, subject: &str, name: &str, email: Email) -> Self {
        Self {
            key: key.to_owned(),
            provider: Provider::Google,
            subject: subject.to_owned(),
            name: name.to_owned(),
            login: String::new(),
            emails: vec![email],
            public_email: None,
            hosted_domain: None,
            note: String::new(),
        }
    }

    /// Someone with a GitHub account; the login is `{key}-sample`.
    #[must_use]
    pub fn github(key: &str, id: u64, name: &str, emails: Vec<Email>) -> Self {
        Self {
            key: key.to_owned(),
            provider: Provider::Github,
            subject: id.to_string(),
            name: name.to_owned(),
            login: format!("{key}-sample"),
            emails,
            public_email: None,
            hosted_domain: None,
            note: String::new(),
        }
    }

    /// The same person with a note for the page.
    #[must_use]
    pub fn with_note(self, note: &str) -> Self {
        Self { note: note.to_owned(), ..self }
    }

    /// The address the page shows: the primary one, else the first.
    #[must_use]
    pub fn main_email(&self) -> Option<&Email> {
        self.emails.iter().find(|email| email.primary).or_else(|| self.emails.first())
    }
}

/// The people every provider starts with.
#[must_use]
pub fn samples() -> Vec<Person> {
    let mut people = at_google();
    people.extend(at_github());
    people
}

fn at_google() -> Vec<Person> {
    let gail = Person::google(
        "gail",
        "100000000000000000004",
        "Gail Sample",
        Email::verified("gail@workspace.sample.test"),
    );
    vec![
        Person::google("ada", "100000000000000000001", "Ada Sample", Email::verified("ada@example.com"))
            .with_note("Verified address"),
        Person::google("ben", "100000000000000000002", "Ben Sample", Email::verified("ben@example.com"))
            .with_note("Verified address"),
        Person::google("uma", "100000000000000000003", "Uma Sample", Email::unverified("uma@example.org"))
            .with_note("Address not verified"),
        Person { hosted_domain: Some("workspace.sample.test".to_owned()), ..gail }
            .with_note("Account of a workspace"),
    ]
}

fn at_github() -> Vec<Person> {
    let vic = Person::github(
        "vic",
        9_000_001,
        "Vic Sample",
        vec![
            Email::unverified("vic.old@example.org"),
            Email::verified("vic@example.com").primary(),
            Email::verified("vic.work@sample.test"),
            Email::verified("9000001+vic-sample@users.noreply.github.com"),
        ],
    );
    vec![
        Person { public_email: Some("vic.old@example.org".to_owned()), ..vic }
            .with_note("Several addresses, the primary one verified"),
        Person::github("sam", 9_000_002, "Sam Sample", vec![Email::verified("ada@example.com").primary()])
            .with_note("Has the address Ada has at Google"),
        Person::github(
            "noe",
            9_000_003,
            "Noe Sample",
            vec![Email::verified("9000003+noe-sample@users.noreply.github.com").primary()],
        )
        .with_note("Only a no-reply address"),
        Person::github(
            "max",
            9_000_004,
            "Max Sample",
            vec![Email::unverified("max@example.org").primary(), Email::unverified("max@sample.test")],
        )
        .with_note("No public address, none verified"),
    ]
}
