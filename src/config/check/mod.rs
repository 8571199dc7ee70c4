//! Checks settings as a whole and names every problem at once, each with its fix.

#[cfg(test)]
mod tests;

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use url::{Host, Url};

use super::{Config, Mode, ProviderConfig, Settings};

/// Nobody's access token lives longer.
pub(crate) const LONGEST_ACCESS_TOKEN: Duration = Duration::from_hours(1);

/// One thing that is wrong, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The setting.
    pub setting: &'static str,
    /// What is wrong.
    pub what: String,
    /// What to do.
    pub fix: String,
}

/// Everything that is wrong with the settings.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Problems(pub Vec<Problem>);

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "Freehold does not start: {} found.", count(self.0.len()))?;
        for problem in &self.0 {
            writeln!(f, "\n  {}: {}\n    Fix: {}", problem.setting, problem.what, problem.fix)?;
        }
        Ok(())
    }
}

fn count(problems: usize) -> String {
    if problems == 1 { "1 problem".to_owned() } else { format!("{problems} problems") }
}

impl Problems {
    fn add(&mut self, setting: &'static str, what: impl Into<String>, fix: impl Into<String>) {
        self.0.push(Problem { setting, what: what.into(), fix: fix.into() });
    }
}

impl Settings {
    /// Checks every setting for `mode`.
    ///
    /// # Errors
    /// All problems at once, each with its fix.
    pub fn check(&self, mode: Mode) -> Result<Config, Problems> {
        let mut problems = Problems(Vec::new());
        let public_url = self.public_url(mode, &mut problems);
        let google = provider(GOOGLE, self.google(), mode, &mut problems);
        let github = provider(GITHUB, self.github(), mode, &mut problems);
        if mode == Mode::Serve && !self.names_a_provider() {
            problems.add(
                "FREEHOLD_GOOGLE_CLIENT_ID / FREEHOLD_GITHUB_CLIENT_ID",
                "no provider is configured, so nobody could sign in",
                "register an OAuth client with Google or GitHub and set its id and secret",
            );
        }
        let secret = self.secret(mode, &mut problems);
        self.check_addresses(mode, &mut problems);
        self.check_mail(mode, &mut problems);
        self.check_sessions(&mut problems);
        let database_url = self.database_url.clone().unwrap_or_else(|| {
            SecretString::from(format!("sqlite:{}", self.data.join("freehold.db").display()))
        });
        let known = ["sqlite:", "postgres:", "postgresql:"];
        if !known.iter().any(|scheme| database_url.expose_secret().starts_with(scheme)) {
            problems.add(
                "DATABASE_URL",
                "names no database Freehold knows",
                "write sqlite:path or postgres://user@host/name",
            );
        }
        let Some(public_url) = public_url.filter(|_| problems.0.is_empty()) else { return Err(problems) };
        Ok(Config {
            mode,
            listen: self.listen,
            ops_listen: self.ops_listen,
            data: self.data.clone(),
            dev_idp_listen: self.dev_idp_listen,
            public_url,
            database_url,
            redis_url: self.redis_url.clone(),
            google,
            github,
            smtp_url: self.smtp_url.clone(),
            dns: self.dns,
            mail_from: self.mail_from.clone().unwrap_or_else(|| "Freehold <freehold@localhost>".to_owned()),
            secret,
            trusted_proxies: self.trusted_proxies.clone(),
            tenant_creation: self.tenant_creation,
            policies: self.policies.clone(),
            session_idle: self.session_idle,
            session_absolute: self.session_absolute,
            access_token_lifetime: self.access_token_lifetime,
            drain_delay: self.drain_delay,
            limits: self.limits,
        })
    }

    fn names_a_provider(&self) -> bool {
        [self.google(), self.github()].iter().any(|given| given.id.is_some() || given.secret.is_some())
    }

    fn public_url(&self, mode: Mode, problems: &mut Problems) -> Option<Url> {
        let setting = "FREEHOLD_PUBLIC_URL";
        let given = match (&self.public_url, mode) {
            (Some(given), _) => given.clone(),
            (None, Mode::Dev | Mode::Database) => format!("http://{}", self.listen),
            (None, Mode::Serve) => {
                problems.add(
                    setting,
                    "is not set",
                    "set it to the URL people use, such as https://id.example.com",
                );
                return None;
            }
        };
        let url = web_url(setting, &given, problems)?;
        if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
            problems.add(
                setting,
                format!("`{given}` has a path or query"),
                "give scheme, host and port only",
            );
            return None;
        }
        if mode == Mode::Dev && !is_loopback(&url) {
            problems.add(
                setting,
                "development mode serves this machine only",
                "leave it out, or name a loopback address",
            );
        }
        Some(url)
    }

    fn google(&self) -> Given<'_> {
        let urls = [self.google_issuer_url.as_str(); 2];
        Given { id: self.google_client_id.as_deref(), secret: self.google_client_secret.as_ref(), urls }
    }

    fn github(&self) -> Given<'_> {
        let urls = [self.github_url.as_str(), self.github_api_url.as_str()];
        Given { id: self.github_client_id.as_deref(), secret: self.github_client_secret.as_ref(), urls }
    }

    fn secret(&self, mode: Mode, problems: &mut Problems) -> SecretString {
        let secret = self.secret.clone().unwrap_or_default();
        let bytes = secret.expose_secret().as_bytes();
        let fix = "set it to 32 random bytes or more, for instance the output of: openssl rand -base64 48";
        let distinct = bytes.iter().collect::<std::collections::HashSet<_>>().len();
        if mode == Mode::Serve && bytes.is_empty() {
            problems.add("FREEHOLD_SECRET", "is not set", fix);
        } else if mode == Mode::Serve && (bytes.len() < 32 || distinct < 8) {
            problems.add("FREEHOLD_SECRET", "is too weak", fix);
        }
        secret
    }

    fn check_addresses(&self, mode: Mode, problems: &mut Problems) {
        if mode == Mode::Dev {
            let listening = [
                ("FREEHOLD_LISTEN", self.listen),
                ("FREEHOLD_OPS_LISTEN", self.ops_listen),
                ("FREEHOLD_DEV_IDP_LISTEN", self.dev_idp_listen),
            ];
            for (setting, address) in listening {
                if !address.ip().is_loopback() {
                    problems.add(
                        setting,
                        "development mode listens on loopback only",
                        "use 127.0.0.1, or use `freehold serve`",
                    );
                }
            }
        }
    }

    fn check_mail(&self, mode: Mode, problems: &mut Problems) {
        if let Some(smtp) = &self.smtp_url {
            match Url::parse(smtp.expose_secret()) {
                Ok(url) if url.scheme() == "smtps" => {}
                Ok(url) if url.scheme() == "smtp" => {
                    let encrypted =
                        url.query_pairs().any(|(name, value)| name == "tls" && value == "required");
                    if !encrypted && !is_loopback(&url) {
                        problems.add(
                            "FREEHOLD_SMTP_URL",
                            "would send mail unencrypted over the network",
                            "use smtps://…, or smtp://…?tls=required",
                        );
                    }
                }
                Ok(_) | Err(_) => {
                    problems.add(
                        "FREEHOLD_SMTP_URL",
                        "is not an SMTP URL",
                        "write smtps://user:password@host:465",
                    );
                }
            }
        } else if mode == Mode::Serve {
            tracing::warn!(
                "FREEHOLD_SMTP_URL is not set: invitations are kept until it is, links must be passed on by hand"
            );
        }
        if self.smtp_url.is_some() && self.mail_from.is_none() {
            problems.add(
                "FREEHOLD_MAIL_FROM",
                "is not set",
                "name the sender, such as `Freehold <no-reply@example.com>`",
            );
        }
    }

    fn check_sessions(&self, problems: &mut Problems) {
        if self.session_idle.is_zero() || self.session_absolute.is_zero() {
            problems.add(
                "FREEHOLD_SESSION_IDLE / FREEHOLD_SESSION_ABSOLUTE",
                "is zero",
                "give at least one second",
            );
        } else if self.session_idle > self.session_absolute {
            problems.add(
                "FREEHOLD_SESSION_IDLE",
                "is longer than FREEHOLD_SESSION_ABSOLUTE, so it would never end a session",
                "make it shorter, or make the absolute limit longer",
            );
        }
        if self.access_token_lifetime < Duration::from_secs(1)
            || self.access_token_lifetime > LONGEST_ACCESS_TOKEN
        {
            problems.add(
                "FREEHOLD_ACCESS_TOKEN_LIFETIME",
                "is not between a second and an hour",
                "give at most 1h: a signed token works until it ends, whatever happens",
            );
        }
    }
}

#[derive(Clone, Copy)]
struct Given<'a> {
    id: Option<&'a str>,
    secret: Option<&'a SecretString>,
    urls: [&'a str; 2],
}

#[derive(Clone, Copy)]
struct Names {
    id: &'static str,
    secret: &'static str,
    urls: [&'static str; 2],
}

const GOOGLE: Names = Names {
    id: "FREEHOLD_GOOGLE_CLIENT_ID",
    secret: "FREEHOLD_GOOGLE_CLIENT_SECRET",
    urls: ["FREEHOLD_GOOGLE_ISSUER_URL"; 2],
};
const GITHUB: Names = Names {
    id: "FREEHOLD_GITHUB_CLIENT_ID",
    secret: "FREEHOLD_GITHUB_CLIENT_SECRET",
    urls: ["FREEHOLD_GITHUB_URL", "FREEHOLD_GITHUB_API_URL"],
};

fn provider(names: Names, given: Given<'_>, mode: Mode, problems: &mut Problems) -> Option<ProviderConfig> {
    let id = given.id.filter(|id| !id.is_empty());
    let secret = given.secret.filter(|secret| !secret.expose_secret().is_empty());
    let (client_id, client_secret) = match (id, secret) {
        (Some(id), Some(secret)) => (id, secret),
        (Some(_), None) => {
            problems.add(names.secret, format!("is not set, but {} is", names.id), "set both, or neither");
            return None;
        }
        (None, Some(_)) => {
            problems.add(names.id, format!("is not set, but {} is", names.secret), "set both, or neither");
            return None;
        }
        (None, None) => return None,
    };
    if mode == Mode::Serve && client_id.starts_with("freehold-dev-") {
        problems.add(names.id, "is the development provider's", "register a client with the real provider");
        return None;
    }
    let [url, api_url] = given.urls;
    web_url(names.urls[0], url, problems)?;
    web_url(names.urls[1], api_url, problems)?;
    Some(ProviderConfig {
        client_id: client_id.to_owned(),
        client_secret: client_secret.clone(),
        url: url.to_owned(),
        api_url: api_url.to_owned(),
    })
}

fn web_url(setting: &'static str, given: &str, problems: &mut Problems) -> Option<Url> {
    let Some(url) =
        Url::parse(given).ok().filter(|url| url.has_host() && ["http", "https"].contains(&url.scheme()))
    else {
        problems.add(setting, format!("`{given}` is not a web address"), "write it as https://host");
        return None;
    };
    if !url.username().is_empty() || url.password().is_some() {
        problems.add(setting, "contains a user name or password", "leave them out");
        return None;
    }
    if url.scheme() == "http" && !is_loopback(&url) {
        problems.add(
            setting,
            format!("`{given}` is plain http off this machine"),
            "use https; http is accepted on loopback only",
        );
        return None;
    }
    Some(url)
}

/// Whether `url` names this machine: 127.0.0.0/8, `::1` or `localhost`.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => IpAddr::from(address).is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        // smtp: is no special scheme, so its host is not parsed as an address.
        Some(Host::Domain(name)) => {
            name == "localhost" || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
        }
        None => false,
    }
}
