//! What a provider says about a person, made safe to keep. Made by `google` and `github` only; must never hold
//! an address the provider has not named as verified without saying so.

use url::Url;

use crate::email::EmailAddress;
use crate::login::Provider;
use crate::names;

const LONGEST_NAME: usize = 100;
const LONGEST_URL: usize = 2_048;

/// A person as a provider knows them. The key is (provider, issuer, subject), never an e-mail address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExternalIdentity {
    /// Who says all this.
    pub provider: Provider,
    /// The provider's issuer, as configured.
    pub issuer: String,
    /// The provider's unchanging name for the person: Google's `sub`, GitHub's numeric id.
    pub subject: String,
    /// The person's name, if they have one there.
    pub name: Option<String>,
    /// The name they sign in with, where there is one. It can pass to somebody else.
    pub username: Option<String>,
    /// The primary address.
    pub email: Option<EmailAddress>,
    /// Whether the provider has checked that the primary address reaches this person.
    pub email_verified: bool,
    /// Every address the provider has checked, the primary one among them.
    pub verified_emails: Vec<EmailAddress>,
    /// A picture, over https.
    pub avatar_url: Option<String>,
}

/// A name fit to be shown and stored: NFC, one line, no invisible or direction-changing characters.
pub(super) fn shown_name(text: Option<&str>) -> Option<String> {
    // Line breaks are controls: they become spaces before controls are left out.
    let visible: String = names::visible(&text?.replace(char::is_whitespace, " ")).collect();
    let line = visible.split_whitespace().collect::<Vec<_>>().join(" ");
    let name: String = line.chars().take(LONGEST_NAME).collect();
    Some(name.trim_end().to_owned()).filter(|name| !name.is_empty())
}

/// The picture's address when it is https and plain, else nothing.
pub(super) fn avatar_url(text: Option<&str>) -> Option<String> {
    let text = text.filter(|text| text.len() <= LONGEST_URL)?;
    let url = Url::parse(text).ok()?;
    let plain = url.scheme() == "https" && url.username().is_empty() && url.password().is_none();
    plain.then(|| url.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_one_visible_line() {
        let name = |text: &str| shown_name(Some(text));
        assert_eq!(name("  Ada\n\tLovelace ").as_deref(), Some("Ada Lovelace"));
        assert_eq!(name("A\u{202e}d\0a\u{200b}").as_deref(), Some("Ada"));
        assert_eq!(name("e\u{301}").as_deref(), Some("\u{e9}"));
        assert_eq!(name(&"x".repeat(500)).map(|name| name.len()), Some(100));
        assert_eq!(name("\u{200b} "), None);
        assert_eq!(shown_name(None), None);
    }

    #[test]
    fn avatars_are_https_only() {
        let kept = |text| avatar_url(Some(text)).is_some();
        assert!(kept("https://avatars.example/u/1?v=4"));
        for bad in [
            "http://avatars.example/1",
            "http://127.0.0.1/1",
            "javascript:alert(1)",
            "data:,x",
            "//x/y",
            "https://a:b@x/",
            "",
        ] {
            assert!(!kept(bad), "{bad}");
        }
    }
}
