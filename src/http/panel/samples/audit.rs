//! The audit log: usual, full, a new tenant, nothing found, several meant, awkward names, altered; and its chain.

use super::{Sampled, scene};
use crate::audit::{ChainVerdict, Removed};
use crate::error::Error;
use crate::http::panel::audit::chain::ChainPage;
use crate::http::panel::audit::line::{Change, Line};
use crate::http::panel::audit::undo::UndoPage;
use crate::http::panel::audit::{Asked, AuditPage};
use crate::http::panel::parts::activity::{Activity, actions};
use crate::http::panel::parts::form::{FormErrors, Rejected};
use crate::http::panel::parts::frame::Section;
use crate::http::panel::parts::view::Look;

impl Sampled for AuditPage {
    const PAGE: &'static str = "audit";

    fn samples(look: Look) -> Vec<(&'static str, Self)> {
        let filtered =
            || Asked { outcome: "denied".to_owned(), from: "2026-09-01".to_owned(), ..Asked::default() };
        let nothing = || Self { lines: Vec::new(), asked: filtered(), live: None, ..log(look, 1_204) };
        let full =
            (999_971..=1_000_000).rev().zip((0..8).cycle()).map(|(sequence, number)| line(sequence, number));
        vec![
            ("usual", log(look, 1_204)),
            ("full", Self { lines: full.collect(), next: Some("#next".to_owned()), ..log(look, 1_000_000) }),
            ("new", Self { lines: vec![made()], ..log(look, 1) }),
            ("empty", Self { lines: Vec::new(), files: None, ..log(look, 0) }),
            ("nothing", nothing()),
            ("so-far", Self { next: Some("#next".to_owned()), ..nothing() }),
            (
                "several",
                Self {
                    asked: Asked { who: "Sample".to_owned(), ..Asked::default() },
                    meant: scene::PEOPLE.map(|(name, _)| (name.to_owned(), "#them".to_owned())).into(),
                    files: None,
                    ..nothing()
                },
            ),
            (
                "theirs",
                Self {
                    asked: Asked { actor: scene::id(0).to_string(), ..Asked::default() },
                    narrowed: vec!["by Ada Sample".to_owned()],
                    live: None,
                    ..log(look, 1_204)
                },
            ),
            ("awkward", Self { lines: vec![awkward(scene::LONG), awkward(scene::UNBROKEN)], ..log(look, 2) }),
            (
                "altered",
                Self {
                    chain: ChainVerdict {
                        events: 1_204,
                        intact_up_to: 1_180,
                        broken_at: Some(1_181),
                        removed: None,
                    },
                    ..log(look, 1_204)
                },
            ),
        ]
    }
}

impl Sampled for ChainPage {
    const PAGE: &'static str = "audit-chain";

    fn samples(look: Look) -> Vec<(&'static str, Self)> {
        let page = |intact_up_to, broken_at| Self {
            frame: scene::inside(look, Section::Audit, "Acme"),
            path: "/t/acme".to_owned(),
            verdict: ChainVerdict { events: 1_000_000, intact_up_to, broken_at, removed: None },
            next: None,
        };
        vec![
            ("whole", page(1_000_000, None)),
            ("shortened", shortened(page(1_000_000, None))),
            ("part", Self { next: Some("#next".to_owned()), ..page(412_500, None) }),
            ("broken", page(17, Some(18))),
        ]
    }
}

fn shortened(mut page: ChainPage) -> ChainPage {
    let at = crate::clock::Timestamp::from_micros(1_789_000_000_000_000);
    page.verdict.removed = Some(Removed { up_to: 812_000, at });
    page
}

fn log(look: Look, total: i64) -> AuditPage {
    AuditPage {
        frame: scene::inside(look, Section::Audit, "Acme"),
        path: "/t/acme".to_owned(),
        asked: Asked::default(),
        actions: actions(),
        narrowed: Vec::new(),
        meant: Vec::new(),
        lines: (total - 7..=total).rev().zip(0..8).map(|(sequence, number)| line(sequence, number)).collect(),
        total,
        chain: ChainVerdict { events: total, intact_up_to: total, broken_at: None, removed: None },
        first: None,
        next: None,
        files: Some(("#csv".to_owned(), "#jsonl".to_owned())),
        live: Some("#live".to_owned()),
        by_name: true,
    }
}

/// One of eight things that happened.
fn line(sequence: i64, number: usize) -> Line {
    let change = |what: &str, before: &[&str], after: &[&str], parts| Change {
        what: what.to_owned(),
        before: before.iter().map(|text| (*text).to_owned()).collect(),
        after: after.iter().map(|text| (*text).to_owned()).collect(),
        parts,
    };
    let roles = change("roles", &[], &["editor"], true);
    let missing = change("required", &[], &["members:delete"], false);
    let permissions =
        change("permissions", &["projects:delete"], &["projects:create", "projects:update"], true);
    let name = change("name", &["Acme Ltd"], &["Acme"], false);
    let sentences = [
        ("member.updated", "gave", "Ben Sample", "the role Editor", vec![roles]),
        ("members:delete", "was not allowed to remove members", "", "", vec![missing]),
        ("role.updated", "changed the role", "Editor", "", vec![permissions]),
        ("invitation.created", "invited", "zoe@example.com", "as Viewer", Vec::new()),
        ("tenant.updated", "changed the settings", "", "and called it Acme", vec![name]),
        ("member.left", "left", "", "", Vec::new()),
        ("role.created", "made the role", "Editor", "", Vec::new()),
        ("tenant.created", "made this tenant", "", "", Vec::new()),
    ];
    let (action, did, target, detail, changes) = sentences.into_iter().nth(number).unwrap_or_default();
    let actor = scene::PEOPLE.get(number).map_or("Somebody", |(name, _)| *name);
    Line {
        sequence,
        said: Activity {
            actor: actor.to_owned(),
            avatar: scene::avatar(number, actor),
            did: did.to_owned(),
            target: target.to_owned(),
            detail: detail.to_owned(),
            denied: number == 1,
            at: scene::ago(7 * number as u64),
        },
        failed: number == 6,
        action: action.to_owned(),
        target: "member Ben Sample".to_owned(),
        changes,
        ip: "192.0.2.7".to_owned(),
        request_id: scene::id(number).to_string(),
        hash: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08".to_owned(),
        undo: number.is_multiple_of(2).then(|| "#undo".to_owned()),
        by_actor: Some("#by".to_owned()),
        about_target: "#about".to_owned(),
    }
}

fn made() -> Line {
    line(1, 7)
}

fn awkward(name: &str) -> Line {
    let said = Activity { actor: name.to_owned(), target: name.to_owned(), ..line(1, 2).said };
    Line {
        target: format!("role {name}"),
        ip: "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff".to_owned(),
        sequence: if name == scene::LONG { 2 } else { 1 },
        said,
        ..line(1, 2)
    }
}

impl Sampled for UndoPage {
    const PAGE: &'static str = "audit-undo";

    fn samples(look: Look) -> Vec<(&'static str, Self)> {
        let page = |shown: Line| Self {
            frame: scene::inside(look, Section::Audit, "Acme"),
            path: "/t/acme".to_owned(),
            event: scene::id(3).to_string(),
            back: vec![Change {
                what: "permissions".to_owned(),
                before: vec!["projects:create".to_owned(), "projects:update".to_owned()],
                after: vec!["projects:delete".to_owned()],
                parts: true,
            }],
            line: Some(shown),
            errors: FormErrors::default(),
        };
        vec![
            ("usual", page(line(1_204, 2))),
            ("awkward", page(awkward(scene::UNBROKEN))),
            (
                "impossible",
                Self { line: None, back: Vec::new(), errors: changed_since(), ..page(line(1, 2)) },
            ),
        ]
    }
}

fn changed_since() -> FormErrors {
    let why = "Somebody has changed it since this event, so it is not set back. Look at the later events.";
    Rejected::from(Error::Conflict(why.into()), &[]).map(|rejected| rejected.errors).unwrap_or_default()
}
