//! What one member, a person or an app, may do and why: chosen by name or address, then permission by permission.

use askama::Template;
use axum::response::Response;
use serde::Deserialize;

use super::{Line, Tab, TabLink, lines, tabs};
use crate::authz::{Grant, MemberAccess, PermissionId, Verdict, perm};
use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::http::access::Can;
use crate::http::extract::Query;
use crate::http::panel::members::Row;
use crate::http::panel::parts::frame::{Frame, Section, also, path_of};
use crate::http::panel::parts::shown::{Avatar, Badge, Moment};
use crate::http::panel::parts::view::View;
use crate::http::panel::{Icon, page};
use crate::ids::{AppId, Subject, UserId};
use crate::lists::Window;
use crate::members::{self, Filter};

/// How many members are offered to choose from.
const OFFERED: u32 = 10;
/// How much of what was typed is looked for, in characters.
const LONGEST: usize = 100;

#[derive(Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    /// A part of a name or address.
    search: Option<String>,
    /// The member who is asked about.
    user: Option<String>,
    /// The app that is asked about.
    app: Option<String>,
}

#[derive(Debug, Template)]
#[template(path = "pages/access_person.html")]
pub(in crate::http::panel) struct PersonPage {
    pub(in crate::http::panel) frame: Frame,
    pub(in crate::http::panel) path: String,
    pub(in crate::http::panel) tabs: Vec<TabLink>,
    pub(in crate::http::panel) search: String,
    /// Whether the reader may look through the members.
    pub(in crate::http::panel) may_search: bool,
    /// Members to choose from, and whether there are more.
    pub(in crate::http::panel) found: Vec<Row>,
    pub(in crate::http::panel) more: bool,
    pub(in crate::http::panel) chosen: Option<Chosen>,
}

impl PersonPage {
    /// What the region shows, in words.
    fn says(&self) -> String {
        match (&self.chosen, self.found.len(), self.more) {
            (Some(chosen), ..) => chosen.says(),
            (None, 0, _) => "Nobody found".to_owned(),
            (None, _, true) => "The first members by name. Type to find others.".to_owned(),
            (None, 1, false) => "1 person".to_owned(),
            (None, several, false) => format!("{several} people"),
        }
    }
}

/// The member who is asked about, and what they may do.
#[derive(Debug)]
pub(in crate::http::panel) struct Chosen {
    pub(in crate::http::panel) name: String,
    pub(in crate::http::panel) avatar: Avatar,
    /// The path of their page, for who may see it.
    pub(in crate::http::panel) href: Option<String>,
    pub(in crate::http::panel) disabled: bool,
    /// Whether it is an app.
    pub(in crate::http::panel) app: bool,
    pub(in crate::http::panel) roles: Vec<Badge>,
    pub(in crate::http::panel) policy_version: i64,
    pub(in crate::http::panel) groups: Vec<Group>,
}

impl Chosen {
    /// How much they may do, in words.
    fn says(&self) -> String {
        let all = self.groups.iter().flat_map(|group| &group.answers);
        let allowed = all.clone().filter(|answer| answer.allowed).count();
        format!("{} may do {allowed} of {} things", self.name, all.count())
    }
}

/// Answers about the same thing.
#[derive(Debug)]
pub(in crate::http::panel) struct Group {
    /// What they are about, such as `members`.
    pub(in crate::http::panel) noun: String,
    pub(in crate::http::panel) answers: Vec<Answer>,
}

/// Whether one thing is allowed, and why.
#[derive(Debug)]
pub(in crate::http::panel) struct Answer {
    pub(in crate::http::panel) name: String,
    pub(in crate::http::panel) sentence: String,
    pub(in crate::http::panel) allowed: bool,
    pub(in crate::http::panel) lines: Vec<Line>,
    /// Names of the roles that would allow it, when none that is held speaks of it.
    pub(in crate::http::panel) allowed_by: String,
}

pub(super) async fn show(
    who: Can<perm::AccessRead>,
    app: View,
    Query(wanted): Query<Wanted>,
) -> Result<Response> {
    let grant = who.grant();
    let (path, now) = (path_of(grant), app.database.clock().now());
    let reader: Option<Grant<perm::MembersRead>> = also(&app, grant).await?;
    let search: String = wanted.search.unwrap_or_default().trim().chars().take(LONGEST).collect();
    // Whoever types looks for someone else.
    let asked = Some((wanted.user, wanted.app)).filter(|_| search.is_empty()).unwrap_or_default();
    let subject = match asked {
        (Some(user), _) => Some(user.parse::<UserId>().map(Subject::User)),
        (None, Some(app)) => Some(app.parse::<AppId>().map(Subject::App)),
        (None, None) => None,
    };
    let chosen = match subject {
        Some(subject) => {
            let subject = subject.map_err(|_not_an_id| Error::NotFound)?;
            Some(chosen(&app, grant, subject, now).await?)
        }
        None => None,
    };
    let (mut found, mut more) = (Vec::new(), false);
    if let Some(reader) = reader.as_ref().filter(|_| chosen.is_none()) {
        let filter = Filter { search: search.clone(), role: String::new() };
        let window = Window { limit: OFFERED, ..Window::default() };
        let listed = members::list(&app.database, reader, &filter, &window).await?;
        more = listed.next.is_some();
        let row = |member| Row::new(&path, member, grant.is(member.user.id), now);
        found = listed.items.iter().map(row).collect();
        for (row, member) in found.iter_mut().zip(&listed.items) {
            row.path = format!("{path}/access?user={}", member.user.id);
        }
    }
    Ok(page(&PersonPage {
        frame: Frame::inside(&app, grant, Section::Access).await?,
        tabs: tabs(&path, Tab::Person),
        may_search: reader.is_some(),
        search,
        found,
        more,
        chosen,
        path,
    }))
}

async fn chosen(
    app: &View,
    grant: &Grant<perm::AccessRead>,
    subject: Subject,
    now: Timestamp,
) -> Result<Chosen> {
    let catalogue = app.authz.catalogue();
    let all: Vec<PermissionId> = catalogue.iter().map(|(id, _)| id).collect();
    let MemberAccess { member, disabled, roles, policy_version, verdicts } =
        app.authz.explain_member(grant, subject, &all).await?;
    let mut groups: Vec<Group> = Vec::new();
    for Verdict { permission, allowed, because } in verdicts {
        let info = catalogue.info(permission);
        let allowing = grant.policy().granting(permission).filter(|_| because.is_empty());
        let allowing: Vec<&str> = allowing.map(|role| role.name.as_str()).collect();
        let answer = Answer {
            name: info.name.clone(),
            sentence: info.description.clone(),
            allowed,
            lines: lines(&because, now),
            allowed_by: allowing.join(", "),
        };
        let noun = info.noun_verb().0;
        match groups.iter_mut().find(|group| group.noun == noun) {
            Some(group) => group.answers.push(answer),
            None => groups.push(Group { noun: noun.to_owned(), answers: vec![answer] }),
        }
    }
    let badge = |held: &crate::authz::MemberHolds| Badge {
        name: held.role.name.clone(),
        until: held.expires_at.map(|end| Moment::new(end, now)),
    };
    let page = match subject {
        Subject::User(user) if grant.can::<perm::MembersRead>() => Some(format!("members/{user}")),
        Subject::App(app) if grant.can::<perm::AppsRead>() => Some(format!("apps/{app}")),
        Subject::User(_) | Subject::App(_) => None,
    };
    Ok(Chosen {
        avatar: Avatar::new(subject.uuid(), &member.name, None),
        name: member.name,
        href: page.map(|page| format!("{}/{page}", path_of(grant))),
        app: matches!(subject, Subject::App(_)),
        disabled,
        roles: roles.iter().map(badge).collect(),
        policy_version,
        groups,
    })
}
