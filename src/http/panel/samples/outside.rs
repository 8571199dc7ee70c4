//! Signing in, what can go wrong with it, and the mailbox of development.

use super::{Sampled, scene};
use crate::http::panel::mailbox::{MailShown, MailboxPage};
use crate::http::panel::parts::view::Look;
use crate::http::panel::sign_in::{FailedPage, Failure, SignInPage};
use crate::login::Provider;

impl Sampled for SignInPage {
    const PAGE: &'static str = "sign-in";

    fn samples(look: Look) -> Vec<(&'static str, Self)> {
        let usual = || Self {
            look,
            providers: Provider::ALL.to_vec(),
            return_to: "%2F".to_owned(),
            awaits: None,
            signed_out: false,
        };
        vec![
            ("usual", usual()),
            ("invited", Self { awaits: Some("Your invitation opens right after."), ..usual() }),
            ("signed-out", Self { signed_out: true, ..usual() }),
            ("one-way", Self { providers: vec![Provider::Github], ..usual() }),
            ("no-way", Self { providers: Vec::new(), ..usual() }),
        ]
    }
}

impl Sampled for FailedPage {
    const PAGE: &'static str = "sign-in-failed";

    fn samples(look: Look) -> Vec<(&'static str, Self)> {
        let failures = [
            ("ended", Failure::State),
            ("cancelled", Failure::Refused(Provider::Google)),
            ("silent", Failure::Provider(Provider::Github)),
            ("known-elsewhere", Failure::KnownElsewhere(Provider::Google)),
            ("linked-elsewhere", Failure::LinkedElsewhere(Provider::Github)),
            ("disabled", Failure::Disabled),
        ];
        failures.into_iter().map(|(state, failure)| (state, Self::new(look, &failure))).collect()
    }
}

impl Sampled for MailboxPage {
    const PAGE: &'static str = "mailbox";

    fn samples(look: Look) -> Vec<(&'static str, Self)> {
        let mail = |(name, address): (&str, &str)| {
            let text = format!(
                "Ada Sample invites you to {name}.\n\nOpen this link to see the invitation and accept it:\n\n\
                 https://freehold.example/invitations/sample-{}\n\nIt works once.",
                "0123456789".repeat(4)
            );
            let subject = format!("Ada Sample invites you to {name}");
            MailShown::new(address.to_owned(), subject, &text, "#html".to_owned())
        };
        let awkward = [(scene::LONG, "ben@example.com"), (scene::UNBROKEN, "chidi@example.com")];
        let page = |mails: &[(&str, &str)]| Self { look, mails: mails.iter().copied().map(mail).collect() };
        vec![
            ("usual", page(&[("Acme", "ben@example.com"), ("Blue Works", "chidi@example.com")])),
            ("empty", page(&[])),
            ("awkward", page(&awkward)),
        ]
    }
}
