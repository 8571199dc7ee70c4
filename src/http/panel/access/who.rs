//! Who may do something, and why: one permission is chosen, everyone who has it is listed.

use askama::Template;
use axum::response::Response;
use serde::Deserialize;

use super::{Line, Tab, TabLink, lines, tabs};
use crate::authz::{Able, Catalogue, perm};
use crate::error::Result;
use crate::http::access::Can;
use crate::http::extract::Query;
use crate::http::pagination;
use crate::http::panel::parts::frame::{Frame, Section, path_of};
use crate::http::panel::parts::shown::Avatar;
use crate::http::panel::parts::view::View;
use crate::http::panel::{Icon, page};
use crate::ids::Subject;
use uuid::Uuid;

#[derive(Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    /// The permission, `noun:verb`.
    permission: Option<String>,
    /// Where to go on.
    cursor: Option<String>,
}

#[derive(Debug, Template)]
#[template(path = "pages/access_who.html")]
pub(in crate::http::panel) struct WhoPage {
    pub(in crate::http::panel) frame: Frame,
    pub(in crate::http::panel) path: String,
    pub(in crate::http::panel) tabs: Vec<TabLink>,
    /// The permissions one may ask about, by what they are about.
    pub(in crate::http::panel) permissions: Vec<(String, Vec<String>)>,
    /// What is asked about: its name and its sentence.
    pub(in crate::http::panel) asked: Option<(String, String)>,
    /// Whether a name was given that no permission has.
    pub(in crate::http::panel) unknown: bool,
    pub(in crate::http::panel) people: Vec<Person>,
    pub(in crate::http::panel) first: Option<String>,
    pub(in crate::http::panel) next: Option<String>,
}

impl WhoPage {
    /// What the region shows, in words.
    fn says(&self) -> String {
        match (&self.asked, self.people.len(), self.first.is_some() || self.next.is_some()) {
            (None, ..) if self.unknown => "There is no such permission.".to_owned(),
            (None, ..) => "Nothing is asked yet".to_owned(),
            (_, _, true) => "More than fit on a page".to_owned(),
            (_, 0, false) => "Nobody".to_owned(),
            (_, all, false) => {
                let apps = self.people.iter().filter(|person| person.app).count();
                let people = match all - apps {
                    1 => "1 person".to_owned(),
                    several => format!("{several} people"),
                };
                match (all - apps, apps) {
                    (_, 0) => people,
                    (0, 1) => "1 app".to_owned(),
                    (0, several) => format!("{several} apps"),
                    (_, 1) => format!("{people} and 1 app"),
                    (_, several) => format!("{people} and {several} apps"),
                }
            }
        }
    }

    /// Whether this permission is the one that is asked about.
    fn asks(&self, name: &str) -> bool {
        self.asked.as_ref().is_some_and(|(asked, _)| asked == name)
    }
}

/// Someone who may, and why.
#[derive(Debug)]
pub(in crate::http::panel) struct Person {
    pub(in crate::http::panel) name: String,
    pub(in crate::http::panel) avatar: Avatar,
    /// Where all they may do is told.
    pub(in crate::http::panel) href: String,
    pub(in crate::http::panel) own: bool,
    /// Whether it is an app.
    pub(in crate::http::panel) app: bool,
    pub(in crate::http::panel) lines: Vec<Line>,
}

pub(super) async fn show(
    who: Can<perm::AccessRead>,
    app: View,
    Query(wanted): Query<Wanted>,
) -> Result<Response> {
    let grant = who.grant();
    let (path, now) = (path_of(grant), app.database.clock().now());
    let catalogue = app.authz.catalogue();
    let name = wanted.permission.unwrap_or_default();
    let asked = catalogue.get(&name);
    let scope = format!("panel who-can {} {name}", grant.tenant());
    let after: Option<Uuid> = pagination::decode(&app.sealer, &scope, wanted.cursor.as_deref())?;
    let (people, more) = match asked {
        Some(id) => app.authz.who_can(grant, id, (after, pagination::DEFAULT_LIMIT)).await?,
        None => (Vec::new(), false),
    };
    let first = format!("{path}/access/who-can?permission={name}");
    let next = match people.last().filter(|_| more) {
        Some(last) => Some(pagination::encode(&app.sealer, &scope, &last.member.id.uuid())?),
        None => None,
    };
    let person = |Able { member, because }: Able| Person {
        avatar: Avatar::new(member.id.uuid(), &member.name, None),
        href: format!("{path}/access?{}={}", member.id.kind(), member.id.uuid()),
        own: member.id == grant.subject(),
        app: matches!(member.id, Subject::App(_)),
        name: member.name,
        lines: lines(&because, now),
    };
    Ok(page(&WhoPage {
        frame: Frame::inside(&app, grant, Section::Access).await?,
        tabs: tabs(&path, Tab::Who),
        permissions: by_noun(catalogue),
        asked: asked.map(|id| (name.clone(), catalogue.info(id).description.clone())),
        unknown: !name.is_empty() && asked.is_none(),
        people: people.into_iter().map(person).collect(),
        next: next.map(|cursor| format!("{first}&cursor={cursor}")),
        first: after.map(|_| first),
        path,
    }))
}

/// The names of all permissions, by what they are about.
fn by_noun(catalogue: &Catalogue) -> Vec<(String, Vec<String>)> {
    let mut nouns: Vec<(String, Vec<String>)> = Vec::new();
    for (_, info) in catalogue.iter() {
        let noun = info.noun_verb().0;
        match nouns.iter_mut().find(|(known, _)| known == noun) {
            Some((_, names)) => names.push(info.name.clone()),
            None => nouns.push((noun.to_owned(), vec![info.name.clone()])),
        }
    }
    nouns
}
