//! What a change would do to people and routes, as pages ask before it is done. Made from a domain's preview;
//! must never name anyone the preview does not name.

use std::collections::BTreeMap;

use crate::authz::{Catalogue, Grant};
use crate::clock::Timestamp;
use crate::decisions::Hindsight;
use crate::error::Result;
use crate::http::openings::{asking, hindsight};
use crate::http::panel::parts::frame::path_of;
use crate::http::panel::parts::shown::{Moment, thousands};
use crate::http::panel::parts::view::View;
use crate::http::routes::{Area, RouteTable};
use crate::roles::{Affected, Preview};

/// How many people with the same fate are named.
const NAMED: usize = 12;

/// How many fates are told apart.
const FATES: usize = 10;

/// What a change would do.
#[derive(Debug, Clone)]
pub(in crate::http::panel) struct Consequences {
    /// How many members it concerns, in words.
    pub(in crate::http::panel) says: String,
    /// What the reader would lose.
    pub(in crate::http::panel) own: Vec<Permit>,
    /// Whether what the page takes is among it.
    pub(in crate::http::panel) loses_page: bool,
    /// What becomes of whom, the most people first.
    pub(in crate::http::panel) fates: Vec<Fate>,
    /// The routes that open to someone.
    pub(in crate::http::panel) opens: Vec<Door>,
    /// The routes that close to someone.
    pub(in crate::http::panel) closes: Vec<Door>,
    /// How many decisions of the last weeks would have come out differently, in words.
    pub(in crate::http::panel) recent: String,
}

/// What becomes of people who gain and lose the same.
#[derive(Debug, Clone)]
pub(in crate::http::panel) struct Fate {
    /// Some of them.
    pub(in crate::http::panel) people: Vec<Named>,
    /// How many more there are.
    pub(in crate::http::panel) more: i64,
    /// Whether these are of several fates, so that each gains or loses at least one of what is listed.
    pub(in crate::http::panel) various: bool,
    pub(in crate::http::panel) gains: Vec<Permit>,
    pub(in crate::http::panel) loses: Vec<Permit>,
}

/// Someone it concerns.
#[derive(Debug, Clone)]
pub(in crate::http::panel) struct Named {
    pub(in crate::http::panel) name: String,
    pub(in crate::http::panel) href: String,
    pub(in crate::http::panel) own: bool,
}

/// A permission, and what it allows in a sentence.
#[derive(Debug, Clone)]
pub(in crate::http::panel) struct Permit {
    pub(in crate::http::panel) name: String,
    pub(in crate::http::panel) sentence: String,
}

/// A route.
#[derive(Debug, Clone)]
pub(in crate::http::panel) struct Door {
    pub(in crate::http::panel) method: String,
    pub(in crate::http::panel) path: &'static str,
    pub(in crate::http::panel) summary: &'static str,
    /// Whether it is for programs.
    pub(in crate::http::panel) api: bool,
}

impl Consequences {
    /// What `preview` tells the grant's principal, on a page that takes `page`: the permissions without which one
    /// could not come back to it.
    ///
    /// # Errors
    /// [`Error::Unavailable`](crate::error::Error::Unavailable) when the database cannot answer.
    pub(in crate::http::panel) async fn new<P>(
        app: &View,
        grant: &Grant<P>,
        preview: &Preview,
        page: &[&str],
    ) -> Result<Self> {
        let catalogue = app.authz.catalogue();
        let recent = recent(hindsight(app, grant, preview).await?, app.database.clock().now());
        Ok(Self {
            says: says(preview),
            own: permits(catalogue, &preview.loses_own),
            loses_page: preview.loses_own.iter().any(|name| page.contains(&name.as_str())),
            fates: fates(preview, catalogue, |entry| Named {
                name: entry.user.name.clone(),
                href: format!("{}/members/{}", path_of(grant), entry.user.id),
                own: grant.is(entry.user.id),
            }),
            opens: doors(&app.routes, &preview.gained),
            closes: doors(&app.routes, &preview.lost),
            recent,
        })
    }

    /// Whether it does nothing to anyone.
    pub(in crate::http::panel) fn harmless(&self) -> bool {
        self.fates.is_empty()
    }

    /// How many routes open and close, in words.
    pub(in crate::http::panel) fn doors(&self) -> String {
        let routes = |count: usize| if count == 1 { "1 route".to_owned() } else { format!("{count} routes") };
        match (self.opens.len(), self.closes.len()) {
            (opens, 0) => format!("Opens {}", routes(opens)),
            (0, closes) => format!("Closes {}", routes(closes)),
            (opens, closes) => format!("Opens {}, closes {closes}", routes(opens)),
        }
    }
}

impl Fate {
    /// How many there are without those named, in words.
    pub(in crate::http::panel) fn others(&self) -> String {
        match (self.people.is_empty(), self.more) {
            (true, 1) => "1 member".to_owned(),
            (true, more) => format!("{} members", thousands(more)),
            (false, more) => format!("and {} more", thousands(more)),
        }
    }

    /// How much is gained and lost, in words.
    pub(in crate::http::panel) fn sum(&self) -> String {
        match (self.gains.len(), self.loses.len()) {
            (gains, 0) => format!("Gains {gains} permissions"),
            (0, loses) => format!("Loses {loses} permissions"),
            (gains, loses) => format!("Gains {gains} and loses {loses} permissions"),
        }
    }
}

/// What would have come out differently, in words.
fn recent(found: Hindsight, now: Timestamp) -> String {
    let since = Moment::new(found.since, now);
    let since = since.day();
    let decisions = |count: i64| match count {
        1 => "1 decision".to_owned(),
        several => format!("{} decisions", thousands(several)),
    };
    match (found.would_be_denied, found.would_be_allowed) {
        (0, 0) => format!("No decision made since {since} would have come out differently."),
        (denied, 0) => {
            format!("Since {since} {} would have been denied that came out allowed.", decisions(denied))
        }
        (0, allowed) => {
            format!("Since {since} {} would have been allowed that came out denied.", decisions(allowed))
        }
        (denied, allowed) => format!(
            "Since {since} {} would have been denied that came out allowed, and {} allowed that came out denied.",
            decisions(denied),
            thousands(allowed)
        ),
    }
}

fn says(preview: &Preview) -> String {
    let (one, many) = match (preview.gained.is_empty(), preview.lost.is_empty()) {
        (false, true) => ("gains", "gain"),
        (true, false) => ("loses", "lose"),
        _ => ("gains or loses", "gain or lose"),
    };
    match preview.affected_members {
        0 => "Nobody gains or loses anything.".to_owned(),
        1 => format!("1 member {one} something."),
        several => format!("{} members {many} something.", thousands(several)),
    }
}

fn permits(catalogue: &Catalogue, names: &[String]) -> Vec<Permit> {
    let sentence = |name: &String| {
        catalogue.get(name).map(|id| catalogue.info(id).description.clone()).unwrap_or_default()
    };
    names.iter().map(|name| Permit { name: name.clone(), sentence: sentence(name) }).collect()
}

/// People with the same fate together; those who are not named, or in too many fates, at the end.
fn fates(preview: &Preview, catalogue: &Catalogue, named: impl Fn(&Affected) -> Named) -> Vec<Fate> {
    let mut alike: BTreeMap<(&[String], &[String]), Vec<&Affected>> = BTreeMap::new();
    for entry in &preview.members {
        alike.entry((&entry.gains, &entry.loses)).or_default().push(entry);
    }
    let mut alike: Vec<_> = alike.into_iter().collect();
    alike.sort_by_key(|(_, people)| std::cmp::Reverse(people.len()));
    let count = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
    let mut left = preview.affected_members;
    let mut fates = Vec::new();
    for ((gains, loses), people) in alike.into_iter().take(FATES) {
        left -= count(people.len());
        fates.push(Fate {
            people: people.iter().take(NAMED).map(|entry| named(entry)).collect(),
            more: count(people.len().saturating_sub(NAMED)),
            various: false,
            gains: permits(catalogue, gains),
            loses: permits(catalogue, loses),
        });
    }
    if left > 0 {
        fates.push(Fate {
            people: Vec::new(),
            more: left,
            various: preview.affected_members > 1,
            gains: permits(catalogue, &preview.gained),
            loses: permits(catalogue, &preview.lost),
        });
    }
    fates
}

fn doors(table: &RouteTable, permissions: &[String]) -> Vec<Door> {
    let door = |(route, _): (&crate::http::routes::RouteInfo, _)| Door {
        method: route.method.to_string(),
        path: route.path,
        summary: route.summary,
        api: route.area == Area::Api,
    };
    asking(table, permissions).map(door).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decisions::Flips;
    use crate::error::Person;
    use crate::ids::UserId;

    fn preview(members: &[(&str, &[&str], &[&str])], affected_members: i64) -> Preview {
        let words = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let entry = |(name, gains, loses): &(&str, &[&str], &[&str])| Affected {
            user: Person { id: UserId::new(), name: (*name).to_owned() },
            gains: words(gains),
            loses: words(loses),
        };
        Preview {
            policy_version: 1,
            members: members.iter().map(entry).collect(),
            affected_members,
            gained: words(&["projects:read"]),
            lost: words(&[]),
            loses_own: Vec::new(),
            flips: Flips::new(),
        }
    }

    fn told(preview: &Preview) -> Vec<(Vec<String>, i64, bool)> {
        let catalogue = Catalogue::load(include_str!("../../../../policies/permissions.toml")).unwrap();
        let named =
            |entry: &Affected| Named { name: entry.user.name.clone(), href: String::new(), own: false };
        let people = |fate: &Fate| fate.people.iter().map(|one| one.name.clone()).collect();
        let fates = fates(preview, &catalogue, named);
        fates.iter().map(|fate| (people(fate), fate.more, fate.various)).collect()
    }

    #[test]
    fn people_with_the_same_fate_stand_together_and_nobody_is_left_out() {
        let read: &[&str] = &["projects:read"];
        let some = [("Ada", read, &[][..]), ("Ben", &[], &["audit:read"]), ("Cy", read, &[])];
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let expected = [(names(&["Ada", "Cy"]), 0, false), (names(&["Ben"]), 0, false)];
        assert_eq!(told(&preview(&some, 3)), expected);
        let rest = told(&preview(&some, 10));
        assert_eq!(rest.last().unwrap(), &(Vec::new(), 7, true), "those who are not named are counted");
        assert_eq!(told(&preview(&[], 4)), [(Vec::new(), 4, true)]);
        assert_eq!(told(&preview(&[], 0)), []);
        let crowd: Vec<_> = (0..30).map(|_| ("Dee", read, &[][..])).collect();
        assert_eq!(told(&preview(&crowd, 30)), [(vec!["Dee".to_owned(); NAMED], 18, false)]);
    }
}
