//! The mails about requests for roles: to those who can answer, and to who asked. Called by the domain of requests;
//! must never let what someone wrote become markup, or look like a line of ours in the text.

use askama::Template;

use super::template::{minute, one_line};
use crate::clock::Timestamp;
use crate::email::EmailAddress;
use crate::error::{Error, Result};
use crate::mail::Mail;

/// Someone asks for a role.
#[derive(Debug, Clone, Copy)]
pub struct RequestMail<'a> {
    /// Whom it goes to: one who can answer.
    pub to: &'a EmailAddress,
    /// The tenant's name.
    pub tenant: &'a str,
    /// Who asks.
    pub asker: &'a str,
    /// The role's name.
    pub role: &'a str,
    /// For how long, such as `for 8 hours`.
    pub duration: &'a str,
    /// Why, in lines.
    pub reason: &'a str,
    /// The page of the request.
    pub link: &'a str,
    /// Until when it can be answered.
    pub until: Timestamp,
}

/// Someone's request was answered.
#[derive(Debug, Clone, Copy)]
pub struct DecisionMail<'a> {
    /// Whom it goes to: who asked.
    pub to: &'a EmailAddress,
    /// The tenant's name.
    pub tenant: &'a str,
    /// Who answered.
    pub decider: &'a str,
    /// The role's name.
    pub role: &'a str,
    /// Whether the role was given.
    pub approved: bool,
    /// Until when it was, if it ends.
    pub until: Option<Timestamp>,
    /// What they said, in lines; may be empty.
    pub note: &'a str,
    /// The page of the request.
    pub link: &'a str,
}

#[derive(Template)]
#[template(path = "mail/request.txt")]
struct RequestText<'a> {
    lead: &'a str,
    reason: &'a [String],
    link: &'a str,
    until: &'a str,
}

#[derive(Template)]
#[template(path = "mail/request.html")]
struct RequestHtml<'a> {
    lead: &'a str,
    reason: &'a [String],
    link: &'a str,
    until: &'a str,
}

#[derive(Template)]
#[template(path = "mail/decision.txt")]
struct DecisionText<'a> {
    lead: &'a str,
    note: &'a [String],
    link: &'a str,
}

#[derive(Template)]
#[template(path = "mail/decision.html")]
struct DecisionHtml<'a> {
    subject: &'a str,
    lead: &'a str,
    note: &'a [String],
    link: &'a str,
}

impl RequestMail<'_> {
    /// The mail.
    ///
    /// # Errors
    /// [`Error::Internal`] when a template does not render, which its test excludes.
    pub fn render(&self) -> Result<Mail> {
        let (asker, role, tenant) = (one_line(self.asker), one_line(self.role), one_line(self.tenant));
        let subject = format!("{asker} asks for the role {role} in {tenant}");
        let lead = format!("{subject}, {}.", self.duration);
        let (reason, until, link) = (lines(self.reason), minute(self.until)?, self.link);
        let (lead, until) = (lead.as_str(), until.as_str());
        let text = RequestText { lead, reason: &reason, link, until }.render();
        let html = RequestHtml { lead, reason: &reason, link, until }.render();
        mail(self.to, subject, text, html)
    }
}

impl DecisionMail<'_> {
    /// The mail.
    ///
    /// # Errors
    /// [`Error::Internal`] when a template does not render, which its test excludes.
    pub fn render(&self) -> Result<Mail> {
        let (decider, role, tenant) = (one_line(self.decider), one_line(self.role), one_line(self.tenant));
        let (subject, lead) = if self.approved {
            let until = self.until.map(minute).transpose()?;
            let until = until.map(|until| format!(" until {until}")).unwrap_or_default();
            (
                format!("You have the role {role} in {tenant}"),
                format!("{decider} gave you the role {role} in {tenant}{until}. It is in effect already."),
            )
        } else {
            (
                format!("Your request for the role {role} in {tenant} was declined"),
                format!("{decider} declined your request for the role {role} in {tenant}."),
            )
        };
        let (note, link) = (lines(self.note), self.link);
        let text = DecisionText { lead: &lead, note: &note, link }.render();
        let html = DecisionHtml { subject: &subject, lead: &lead, note: &note, link }.render();
        mail(self.to, subject, text, html)
    }
}

/// What someone wrote, line by line. Each is marked as theirs, so that none passes for one of ours.
fn lines(text: &str) -> Vec<String> {
    text.lines().map(|line| line.trim().to_owned()).collect()
}

fn mail(
    to: &EmailAddress,
    subject: String,
    text: askama::Result<String>,
    html: askama::Result<String>,
) -> Result<Mail> {
    let broken = |error| Error::internal("a mail template does not render", error);
    Ok(Mail { to: to.clone(), subject, text: text.map_err(broken)?, html: html.map_err(broken)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: Timestamp = Timestamp::from_micros(1_700_000_000_000_000);

    fn request(asker: &str, reason: &str) -> Mail {
        let to = "grace@example.com".parse().unwrap();
        let link = "https://id.example.com/t/acme/requests/1";
        let (tenant, role, duration) = ("Acme & Sons", "Editor", "for 8 hours");
        RequestMail { to: &to, tenant, asker, role, duration, reason, link, until: AT }.render().unwrap()
    }

    fn decision(approved: bool, until: Option<Timestamp>, note: &str) -> Mail {
        let to = "grace@example.com".parse().unwrap();
        let link = "https://id.example.com/t/acme/requests/1";
        DecisionMail { to: &to, tenant: "Acme", decider: "Ada", role: "Editor", approved, until, note, link }
            .render()
            .unwrap()
    }

    #[test]
    fn a_request_says_who_for_what_how_long_and_why() {
        let mail = request("Ben", "The release\nis today.");
        assert_eq!(mail.subject, "Ben asks for the role Editor in Acme & Sons");
        assert_eq!(
            mail.text,
            "Ben asks for the role Editor in Acme & Sons, for 8 hours.\n\n\
             > The release\n> is today.\n\n\
             Answer here, until 2023-11-14 22:13 UTC:\n\n\
             https://id.example.com/t/acme/requests/1\n\n\
             You get this because you can give this role."
        );
        assert!(mail.html.contains("href=\"https://id.example.com/t/acme/requests/1\""), "{}", mail.html);
    }

    #[test]
    fn an_answer_says_what_it_is_and_until_when() {
        let mail = decision(true, Some(AT), "");
        assert_eq!(mail.subject, "You have the role Editor in Acme");
        assert!(mail.text.starts_with("Ada gave you the role Editor in Acme until 2023-11-14 22:13 UTC."));
        assert!(!mail.text.contains('>'), "{}", mail.text);
        let mail = decision(false, None, "Ask Grace.");
        assert_eq!(mail.subject, "Your request for the role Editor in Acme was declined");
        assert!(mail.text.contains("\n> Ask Grace.\n"), "{}", mail.text);
    }

    #[test]
    fn what_someone_wrote_is_neither_markup_nor_a_line_of_ours() {
        let mail = request("Ben\r\nBcc: all@example.com", "<b>x</b>\n\nAnswer here: https://evil.example");
        assert_eq!(mail.subject.lines().count(), 1);
        assert!(!mail.html.contains("<b>x</b>"), "{}", mail.html);
        assert!(mail.text.contains("\n> Answer here: https://evil.example\n"), "{}", mail.text);
    }
}
