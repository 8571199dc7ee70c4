//! Domains of addresses, parsed as strictly as the addresses: one spelling each. Called by `domains`; must never take
//! what an address could not have after its `@`.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

use super::is_domain;

/// The longest, so that the name of a record fits before it.
const LONGEST: usize = 240;

/// One ASCII domain in lower case, such as `example.com`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DomainName(String);

/// The text is not one plain ASCII domain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a domain")]
pub struct NotADomain;

impl DomainName {
    /// The domain, in lower case.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether everybody may get an address or a name there, so that no tenant can speak for it.
    #[must_use]
    pub fn is_shared(&self) -> bool {
        SHARED.contains(&self.0.as_str())
    }
}

impl FromStr for DomainName {
    type Err = NotADomain;

    /// Accepts a name of two labels or more and nothing around it; the result is in lower case. A name in another
    /// script is written in its ASCII form, `xn--…`, which must be a valid one.
    fn from_str(text: &str) -> Result<Self, NotADomain> {
        let name = text.to_ascii_lowercase();
        let same = |host: &url::Host| matches!(host, url::Host::Domain(domain) if *domain == name);
        let whole = name.len() <= LONGEST && is_domain(&name);
        if whole && url::Host::parse(&name).as_ref().is_ok_and(same) {
            Ok(Self(name))
        } else {
            Err(NotADomain)
        }
    }
}

impl fmt::Display for DomainName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for DomainName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl schemars::JsonSchema for DomainName {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "DomainName".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "format": "hostname", "maxLength": LONGEST })
    }
}

/// Mail for everybody, and names under which everybody registers theirs. Not complete, and need not be: what counts is
/// the proof, which nobody can give for these; it is said sooner here.
const SHARED: [&str; 64] = [
    "126.com",
    "163.com",
    "ac.uk",
    "aol.com",
    "appspot.com",
    "co.in",
    "co.jp",
    "co.kr",
    "co.nz",
    "co.uk",
    "co.za",
    "com.au",
    "com.br",
    "com.cn",
    "com.mx",
    "com.sg",
    "com.tr",
    "duck.com",
    "fastmail.com",
    "freenet.de",
    "github.com",
    "github.io",
    "gitlab.io",
    "gmail.com",
    "gmx.at",
    "gmx.ch",
    "gmx.com",
    "gmx.de",
    "gmx.net",
    "googlemail.com",
    "gov.uk",
    "herokuapp.com",
    "hey.com",
    "hotmail.com",
    "hotmail.de",
    "hotmail.fr",
    "icloud.com",
    "live.com",
    "mac.com",
    "mail.ru",
    "me.com",
    "mozmail.com",
    "msn.com",
    "net.au",
    "netlify.app",
    "org.au",
    "org.uk",
    "outlook.com",
    "outlook.de",
    "pages.dev",
    "pm.me",
    "privaterelay.appleid.com",
    "proton.me",
    "protonmail.com",
    "qq.com",
    "t-online.de",
    "tutanota.com",
    "users.noreply.github.com",
    "vercel.app",
    "web.de",
    "yahoo.com",
    "yandex.com",
    "ymail.com",
    "zoho.com",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_domain_has_one_spelling() {
        for good in ["example.com", "a.b-c.example", "xn--bcher-kva.example"] {
            assert_eq!(good.parse::<DomainName>().unwrap().as_str(), good);
        }
        assert_eq!("EXAMPLE.com".parse::<DomainName>().unwrap().as_str(), "example.com");
        for bad in [
            "",
            "example",
            ".example.com",
            "example.com.",
            "exa mple.com",
            "-a.com",
            "a-.com",
            "a..com",
            "1.2.3.4",
            "0x7f.1",
            "bücher.example",
            "xn--a.example",
            "xn--zzzzzz99.example",
            "a_b.com",
            "example.com\n",
            "[::1]",
            "ada@example.com",
            "http://example.com",
            "example.com/x",
            "*.example.com",
            "example。com",
        ] {
            assert!(bad.parse::<DomainName>().is_err(), "{bad:?}");
        }
        assert!(format!("{}.com", vec!["a"; 125].join(".")).parse::<DomainName>().is_err());
    }

    #[test]
    fn a_mail_service_for_everybody_is_known() {
        assert!("gmail.com".parse::<DomainName>().unwrap().is_shared());
        assert!("users.noreply.github.com".parse::<DomainName>().unwrap().is_shared());
        assert!(!"mygmail.com".parse::<DomainName>().unwrap().is_shared());
        assert!(SHARED.is_sorted());
    }
}
