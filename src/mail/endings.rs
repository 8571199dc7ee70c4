//! The mails before a token or a secret ends: to its owner, and to those who can make another. Called by the domains
//! of tokens and apps; must never carry what opens anything.

use askama::Template;

use super::template::{minute, one_line, written};
use crate::clock::Timestamp;
use crate::email::EmailAddress;
use crate::error::Result;
use crate::mail::Mail;

/// Something ends soon.
#[derive(Debug, Clone, Copy)]
pub struct EndingMail<'a> {
    /// Whom it goes to.
    pub to: &'a EmailAddress,
    /// The tenant's name.
    pub tenant: &'a str,
    /// What ends.
    pub what: Ends<'a>,
    /// When.
    pub at: Timestamp,
    /// The page where it is replaced.
    pub link: &'a str,
}

/// What ends.
#[derive(Debug, Clone, Copy)]
pub enum Ends<'a> {
    /// The reader's personal token, by its name.
    Token(&'a str),
    /// A secret of the app with this name.
    Secret(&'a str),
}

#[derive(Template)]
#[template(path = "mail/ending.txt")]
struct EndingText<'a> {
    lead: &'a str,
    advice: &'a str,
    link: &'a str,
    why: &'a str,
}

#[derive(Template)]
#[template(path = "mail/ending.html")]
struct EndingHtml<'a> {
    subject: &'a str,
    lead: &'a str,
    advice: &'a str,
    button: &'a str,
    link: &'a str,
    why: &'a str,
}

impl EndingMail<'_> {
    /// The mail.
    ///
    /// # Errors
    /// [`crate::error::Error::Internal`] when a template does not render, which its test excludes.
    pub fn render(&self) -> Result<Mail> {
        let (tenant, at, link) = (one_line(self.tenant), minute(self.at)?, self.link);
        let (thing, advice, button, why) = match self.what {
            Ends::Token(name) => (
                format!("Your token {} in {tenant}", one_line(name)),
                "What uses it stops working then. Replace it before; the old one works for a while beside the new one.",
                "See your tokens",
                "You get this because the token is yours. If nothing uses it any more, there is nothing to do.",
            ),
            Ends::Secret(app) => (
                format!("A secret of the app {} in {tenant}", one_line(app)),
                "The app gets no tokens by it then. Make another before; two work beside each other.",
                "See the app",
                "You get this because you can make secrets there. If the app has a newer one, there is nothing to do.",
            ),
        };
        let (subject, lead) = (format!("{thing} ends soon"), format!("{thing} ends at {at}."));
        let text = EndingText { lead: &lead, advice, link, why };
        let html = EndingHtml { subject: &subject, lead: &lead, advice, button, link, why };
        written(self.to, &subject, &text, &html)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mail(what: Ends<'_>) -> Mail {
        let to = "grace@example.com".parse().unwrap();
        let at = Timestamp::from_micros(1_700_000_000_000_000);
        let link = "https://id.example.com/account#tokens";
        EndingMail { to: &to, tenant: "Acme & Sons", what, at, link }.render().unwrap()
    }

    #[test]
    fn a_warning_says_what_ends_when_and_what_to_do() {
        let of_token = mail(Ends::Token("Backup"));
        assert_eq!(of_token.subject, "Your token Backup in Acme & Sons ends soon");
        assert_eq!(
            of_token.text,
            "Your token Backup in Acme & Sons ends at 2023-11-14 22:13 UTC.\n\n\
             What uses it stops working then. Replace it before; the old one works for a while beside the new one.\n\n\
             https://id.example.com/account#tokens\n\n\
             You get this because the token is yours. If nothing uses it any more, there is nothing to do."
        );
        let of_secret = mail(Ends::Secret("Robot"));
        assert_eq!(of_secret.subject, "A secret of the app Robot in Acme & Sons ends soon");
        assert!(
            of_secret
                .text
                .starts_with("A secret of the app Robot in Acme & Sons ends at 2023-11-14 22:13 UTC.")
        );
        assert!(
            of_secret.html.contains("href=\"https://id.example.com/account#tokens\""),
            "{}",
            of_secret.html
        );
    }

    #[test]
    fn a_name_cannot_write_lines_or_markup_into_a_warning() {
        let mail = mail(Ends::Token("A\n\nhttps://evil.example <b>x</b>"));
        assert!(!mail.text.lines().any(|line| line.starts_with("https://evil")), "{}", mail.text);
        assert!(!mail.html.contains("<b>x"), "{}", mail.html);
        assert_eq!(mail.subject.lines().count(), 1);
    }
}
