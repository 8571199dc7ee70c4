//! The mails there are, each a typed template in `templates/mail/`, as text and as HTML with the same words. Called by
//! the domains.

use askama::Template;

use crate::clock::Timestamp;
use crate::email::EmailAddress;
use crate::error::{Error, Result};
use crate::mail::Mail;
use crate::names::Name;

/// An invitation to a tenant.
#[derive(Debug, Clone, Copy)]
pub struct InvitationMail<'a> {
    /// Whom it goes to.
    pub to: &'a EmailAddress,
    /// The tenant's name.
    pub tenant: &'a str,
    /// The inviter's name.
    pub inviter: &'a str,
    /// The roles offered.
    pub roles: &'a [RoleInMail<'a>],
    /// The link with the secret.
    pub link: &'a str,
    /// Until when it can be accepted.
    pub until: Timestamp,
}

/// A role that a mail offers.
#[derive(Debug, Clone, Copy)]
pub struct RoleInMail<'a> {
    /// The role's name.
    pub name: &'a str,
    /// Until when it would be held; without end when absent.
    pub until: Option<Timestamp>,
}

#[derive(Template)]
#[template(path = "mail/invitation.txt")]
struct InvitationText<'a> {
    to: &'a str,
    tenant: &'a str,
    inviter: &'a str,
    role: Option<&'a str>,
    link: &'a str,
    until: &'a str,
}

#[derive(Template)]
#[template(path = "mail/invitation.html")]
struct InvitationHtml<'a> {
    subject: &'a str,
    to: &'a str,
    tenant: &'a str,
    inviter: &'a str,
    role: Option<&'a str>,
    link: &'a str,
    until: &'a str,
}

impl InvitationMail<'_> {
    /// The mail.
    ///
    /// # Errors
    /// [`Error::Internal`] when a template does not render, which its test excludes.
    pub fn render(&self) -> Result<Mail> {
        let (tenant, inviter) = (one_line(self.tenant), one_line(self.inviter));
        let subject = format!("{inviter} invites you to {tenant}");
        let roles = self.roles.iter().map(role).collect::<Result<Vec<_>>>()?.join(", ");
        let role = Some(roles.as_str()).filter(|roles| !roles.is_empty());
        let until = minute(self.until)?;
        let (tenant, inviter, until) = (tenant.as_str(), inviter.as_str(), until.as_str());
        let (to, link) = (self.to.as_str(), self.link);
        let text = InvitationText { to, tenant, inviter, role, link, until };
        let html = InvitationHtml { subject: &subject, to, tenant, inviter, role, link, until };
        written(self.to, &subject, &text, &html)
    }
}

/// The answer to someone who asked to be let into a tenant.
#[derive(Debug, Clone, Copy)]
pub struct JoinDecisionMail<'a> {
    /// Whom it goes to.
    pub to: &'a EmailAddress,
    /// The tenant's name.
    pub tenant: &'a str,
    /// The name of the role they got; none when they were declined.
    pub role: Option<&'a str>,
    /// Where to go from here.
    pub link: &'a str,
}

#[derive(Template)]
#[template(path = "mail/join_decision.txt")]
struct JoinDecisionText<'a> {
    tenant: &'a str,
    role: Option<&'a str>,
    link: &'a str,
}

#[derive(Template)]
#[template(path = "mail/join_decision.html")]
struct JoinDecisionHtml<'a> {
    subject: &'a str,
    tenant: &'a str,
    role: Option<&'a str>,
    link: &'a str,
}

impl JoinDecisionMail<'_> {
    /// The mail.
    ///
    /// # Errors
    /// [`Error::Internal`] when a template does not render, which its test excludes.
    pub fn render(&self) -> Result<Mail> {
        let (tenant, role) = (one_line(self.tenant), self.role.map(one_line));
        let subject = match role {
            Some(_) => format!("You are a member of {tenant} now"),
            None => format!("You were not let into {tenant}"),
        };
        let (tenant, role, link) = (tenant.as_str(), role.as_deref(), self.link);
        let text = JoinDecisionText { tenant, role, link };
        written(self.to, &subject, &text, &JoinDecisionHtml { subject: &subject, tenant, role, link })
    }
}

/// The mail of both its forms.
pub(super) fn written(
    to: &EmailAddress,
    subject: &str,
    text: &impl Template,
    html: &impl Template,
) -> Result<Mail> {
    let broken = |error| Error::internal("a mail template does not render", error);
    let (text, html) = (text.render().map_err(broken)?, html.render().map_err(broken)?);
    Ok(Mail { to: to.clone(), subject: subject.to_owned(), text, html })
}

/// `Viewer`, or `Viewer until 2030-01-31 18:00 UTC`.
fn role(role: &RoleInMail<'_>) -> Result<String> {
    let name = one_line(role.name);
    Ok(match role.until {
        None => name,
        Some(until) => format!("{name} until {}", minute(until)?),
    })
}

/// Names were checked when they were given; a line break here would be a line of the text mail.
pub(super) fn one_line(name: &str) -> String {
    Name::salvage(name).map_or_else(|| "Someone".to_owned(), String::from)
}

pub(super) fn minute(at: Timestamp) -> Result<String> {
    let format = time::macros::format_description!("[year]-[month]-[day] [hour]:[minute] UTC");
    at.to_datetime().format(format).map_err(|error| Error::internal("a time cannot be written", error))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(tenant: &str, inviter: &str) -> Mail {
        let to = "grace@example.com".parse().unwrap();
        let until = Timestamp::from_micros(1_700_000_000_000_000);
        let end = Timestamp::from_micros(1_702_000_000_000_000);
        let roles =
            [RoleInMail { name: "Viewer", until: None }, RoleInMail { name: "Editor", until: Some(end) }];
        let link = "https://id.example.com/invitations/s3cret";
        InvitationMail { to: &to, tenant, inviter, roles: &roles, link, until }.render().unwrap()
    }

    #[test]
    fn an_invitation_says_who_where_as_what_and_until_when() {
        let mail = sample("Acme & Sons", "Ada");
        assert_eq!(mail.subject, "Ada invites you to Acme & Sons");
        assert_eq!(
            mail.text,
            "Ada invites you to Acme & Sons as Viewer, Editor until 2023-12-08 01:46 UTC.\n\n\
             Open this link to see the invitation and accept it:\n\n\
             https://id.example.com/invitations/s3cret\n\n\
             It works once, until 2023-11-14 22:13 UTC, and only for someone who signs in with grace@example.com.\n\
             If you did not expect it, ignore this mail: nothing happens without you."
        );
    }

    /// What a mail says, without its markup.
    fn words(html: &str) -> String {
        let body = html.split_once("<body").unwrap().1;
        let text: String = body
            .split('<')
            .skip(1)
            .filter_map(|part| Some(format!("{} ", part.split_once('>')?.1)))
            .collect();
        text.split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
            .replace(" .", ".")
            .replace(" ,", ",")
            .replace("&#38;", "&")
    }

    #[test]
    fn both_forms_of_a_mail_say_the_same() {
        let mail = sample("Acme & Sons", "Ada");
        assert_eq!(
            words(&mail.html),
            "Ada invites you to Acme & Sons as Viewer, Editor until 2023-12-08 01:46 UTC. See the invitation \
             It works once, until 2023-11-14 22:13 UTC, and only for someone who signs in with grace@example.com. \
             If you did not expect it, ignore this mail: nothing happens without you. \
             Does the button not work? Open this link: https://id.example.com/invitations/s3cret"
        );
        assert!(mail.html.contains("href=\"https://id.example.com/invitations/s3cret\""));
        // Nothing that a mail program would fetch, and so tell the sender who read it.
        for outside in ["<img", "<link", "url(", "<script", "<iframe"] {
            assert!(!mail.html.contains(outside), "{outside}");
        }
    }

    #[test]
    fn who_asked_to_join_is_told_the_answer() {
        let to = "grace@example.com".parse().unwrap();
        let mail = |role| JoinDecisionMail {
            to: &to,
            tenant: "Acme & Sons",
            role,
            link: "https://id.example.com/t/acme",
        };
        let yes = mail(Some("Viewer")).render().unwrap();
        assert_eq!(yes.subject, "You are a member of Acme & Sons now");
        assert_eq!(
            yes.text,
            "You asked to join Acme & Sons, and you are a member now, as Viewer.\n\nOpen it here:\n\n\
             https://id.example.com/t/acme"
        );
        assert_eq!(
            words(&yes.html),
            "You asked to join Acme & Sons, and you are a member now, as Viewer. Open Acme & Sons"
        );
        let no = mail(None).render().unwrap();
        assert_eq!(no.subject, "You were not let into Acme & Sons");
        assert_eq!(
            no.text,
            "You asked to join Acme & Sons. Someone who looks after it has declined.\n\n\
             If you think that is a mistake, speak to the people you know there. You can ask again in a week."
        );
        assert_eq!(
            words(&no.html),
            "You asked to join Acme & Sons. Someone who looks after it has declined. \
             If you think that is a mistake, speak to the people you know there. You can ask again in a week."
        );
    }

    #[test]
    fn names_cannot_write_markup_or_lines_of_their_own() {
        let mail = sample("<a href=//evil>x</a>", "Ada\r\nBcc: all@example.com\n\nhi");
        assert!(!mail.html.contains("<a href=//evil"));
        assert_eq!(mail.subject.lines().count(), 1);
        assert!(mail.text.starts_with("AdaBcc: all@example.comhi invites you to"));
    }

    #[test]
    fn a_mail_does_not_print_its_body() {
        assert!(!format!("{:?}", sample("Acme", "Ada")).contains("s3cret"));
    }
}
