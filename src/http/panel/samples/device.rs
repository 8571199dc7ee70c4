//! Letting a command-line tool in: its code, and what it would be able to do.

use super::{Sampled, scene};
use crate::http::panel::device::{CodePage, ToolPage};
use crate::http::panel::parts::form::{FormErrors, Rejected};
use crate::http::panel::parts::notice::Notice;
use crate::http::panel::parts::view::Look;

impl Sampled for CodePage {
    const PAGE: &'static str = "device";

    fn samples(look: Look) -> Vec<(&'static str, Self)> {
        let page = |user_code: &str| Self {
            look,
            form_token: "sample".to_owned(),
            user_code: user_code.to_owned(),
            notice: None,
            errors: FormErrors::default(),
        };
        let unknown = Rejected::field("user_code", "unknown", "No tool waits with this code.").errors;
        let done = Notice::text(Some(Notice::ToolLetIn.code()));
        vec![
            ("usual", page("WDJB-MJHT")),
            ("unknown", Self { errors: unknown, ..page("WDJB-MJH") }),
            ("done", Self { notice: done, ..page("") }),
        ]
    }
}

impl Sampled for ToolPage {
    const PAGE: &'static str = "device-tool";

    fn samples(look: Look) -> Vec<(&'static str, Self)> {
        let awkward = Self {
            tool: scene::UNBROKEN.to_owned(),
            tenant: scene::LONG.to_owned(),
            name: scene::LONG.to_owned(),
            asked_from: "2001:db8:1234:5678:9abc:def0:1234:5678".to_owned(),
            ..page(look)
        };
        vec![
            ("usual", Self { not_given: Vec::new(), ..page(look) }),
            ("less", page(look)),
            ("nothing", Self { given: Vec::new(), may: false, ..page(look) }),
            ("awkward", awkward),
        ]
    }
}

fn page(look: Look) -> ToolPage {
    let sentence = |name: &str, text: &str| (name.to_owned(), text.to_owned());
    ToolPage {
        look,
        form_token: "sample".to_owned(),
        path: "/t/acme/device/sample".to_owned(),
        tool: "Deploy tool".to_owned(),
        tenant: "Acme".to_owned(),
        name: "Ada Sample".to_owned(),
        asked_from: "203.0.113.7".to_owned(),
        asked: scene::ago(0),
        ends: scene::ahead(90 * 24),
        given: vec![
            sentence("projects:read", "See projects."),
            sentence("projects:update", "Change and archive projects."),
        ],
        not_given: vec![sentence("members:invite", "Invite people by e-mail.")],
        may: true,
        errors: FormErrors::default(),
    }
}
