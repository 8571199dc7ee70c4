//! An invitation's link, opened: by nobody we know, by who it is for, by someone else, when it is over.

use super::{Sampled, scene};
use crate::error::Error;
use crate::http::panel::join::{JoinPage, Known};
use crate::http::panel::parts::form::{FormErrors, Rejected};
use crate::http::panel::parts::shown::Badge;
use crate::http::panel::parts::view::Look;
use crate::invitations::Status;
use crate::login::Provider;

impl Sampled for JoinPage {
    const PAGE: &'static str = "join";

    fn samples(look: Look) -> Vec<(&'static str, Self)> {
        let with = |visitor| Self { visitor: Some(visitor), ..page(look, Status::Pending) };
        let both = || known("Ben Sample", &["ben@work.example", "ben@home.example"], false);
        let over = |status| Self { expires: scene::ago(30), ..page(look, status) };
        let conflict = Error::Conflict("The invitation is for an address that is not one of yours.".into());
        let refused = Rejected::from(conflict, &[]).map(|rejected| rejected.errors).unwrap_or_default();
        vec![
            ("anonymous", page(look, Status::Pending)),
            ("fits", with(known("Ben Sample", &["ben@example.com"], true))),
            ("ending", ending(look)),
            ("mismatch", with(both())),
            ("unverified", with(known("Ben Sample", &[], false))),
            ("refused", Self { errors: refused, ..with(both()) }),
            ("used", over(Status::Accepted)),
            ("withdrawn", over(Status::Revoked)),
            ("expired", over(Status::Expired)),
            ("awkward", awkward(look)),
        ]
    }
}

/// A role for a while, and so an invitation that ends with it.
fn ending(look: Look) -> JoinPage {
    let role = Badge { until: Some(scene::ahead(30)), ..scene::badge("Admin") };
    JoinPage {
        roles: vec![role, scene::badge("Member")],
        expires: scene::ahead(30),
        ..page(look, Status::Pending)
    }
}

fn awkward(look: Look) -> JoinPage {
    let address = "an.address.as.long.as.addresses.may.be.and.then.some@a-very-long-domain-name.example.com";
    JoinPage {
        tenant: scene::UNBROKEN.to_owned(),
        inviter: scene::LONG.to_owned(),
        email: address.to_owned(),
        roles: vec![scene::badge("Owner"), scene::badge(scene::LONG)],
        visitor: Some(known(scene::LONG, &[address], false)),
        ..page(look, Status::Pending)
    }
}

fn page(look: Look, status: Status) -> JoinPage {
    JoinPage {
        look,
        tenant: "Acme".to_owned(),
        inviter: "Ada Sample".to_owned(),
        email: "ben@example.com".to_owned(),
        roles: vec![scene::badge("Member")],
        status,
        expires: scene::ahead(6 * 24),
        path: "/invitations/sample".to_owned(),
        providers: vec![Provider::Google, Provider::Github],
        visitor: None,
        errors: FormErrors::default(),
    }
}

fn known(name: &str, addresses: &[&str], fits: bool) -> Known {
    Known {
        name: name.to_owned(),
        form_token: "sample".to_owned(),
        addresses: addresses.iter().map(ToString::to_string).collect(),
        fits,
    }
}
