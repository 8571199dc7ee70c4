//! What a change would do to people, apps and routes, as pages ask before it is done. Made from a domain's preview;
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
use crate::ids::Subject;
use crate::roles::{self, Preview};

/// How many with the same fate are named.
const NAMED: usize = 12;

/// How many fates are told apart.
const FATES: usize = 10;

/// What a change would do.
#[derive(Debug, Clone)]
pub(in crate::http::panel) struct Consequences {
    /// How many members and apps it concerns, in words.
    pub(in crate::http::panel) says: String,
    /// What the reader would lose.
    pub(in crate::http::panel) own: Vec<Permit>,
    /// Whether what the page takes is among it.
    pub(in crate::http::panel) loses_page: bool,
    /// What becomes of whom, the most first.
    pub(in crate::http::panel) fates: Vec<Fate>,
    /// The routes that open to someone.
    pub(in crate::http::panel) opens: Vec<Door>,
    /// The routes that close to someone.
    pub(in crate::http::panel) closes: Vec<Door>,
    /// How many decisions of the last weeks would have come out differently, in words.
    pub(in crate::http::panel) recent: String,
}

/// What becomes of those who gain and lose the same.
#[derive(Debug, Clone)]
pub(in crate::http::panel) struct Fate {
    /// Some of them.
    pub(in crate::http::panel) people: Vec<Named>,
    /// How many more there are, in words; empty when there are none.
    pub(in crate::http::panel) more: String,
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
            fates: fates(preview, catalogue, |subject, name| Named {
                name: name.to_owned(),
                href: match subject {
                    Subject::User(user) => format!("{}/members/{user}", path_of(grant)),
                    Subject::App(app) => format!("{}/apps/{app}", path_of(grant)),
                },
                own: grant.subject() == subject,
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
    let (members, apps) = (preview.affected_members, preview.affected_apps);
    match members + apps {
        0 => "Nobody gains or loses anything.".to_owned(),
        all => {
            let verb = if all == 1 { one } else { many };
            format!("{} {verb} something.", roles::holders(members, apps, thousands))
        }
    }
}

fn permits(catalogue: &Catalogue, names: &[String]) -> Vec<Permit> {
    let sentence = |name: &String| {
        catalogue.get(name).map(|id| catalogue.info(id).description.clone()).unwrap_or_default()
    };
    names.iter().map(|name| Permit { name: name.clone(), sentence: sentence(name) }).collect()
}

/// Who would gain and lose what, as fates are made of it.
struct Entry<'a> {
    subject: Subject,
    name: &'a str,
    gains: &'a [String],
    loses: &'a [String],
}

fn entries(preview: &Preview) -> impl Iterator<Item = Entry<'_>> {
    let members = preview.members.iter().map(|one| Entry {
        subject: Subject::User(one.user.id),
        name: &one.user.name,
        gains: &one.gains,
        loses: &one.loses,
    });
    members.chain(preview.apps.iter().map(|one| Entry {
        subject: Subject::App(one.app.id),
        name: &one.app.name,
        gains: &one.gains,
        loses: &one.loses,
    }))
}

/// Those with the same fate together; those who are not named, or in too many fates, at the end.
fn fates(preview: &Preview, catalogue: &Catalogue, named: impl Fn(Subject, &str) -> Named) -> Vec<Fate> {
    let mut alike: BTreeMap<(&[String], &[String]), Vec<Entry<'_>>> = BTreeMap::new();
    for entry in entries(preview) {
        alike.entry((entry.gains, entry.loses)).or_default().push(entry);
    }
    let mut alike: Vec<_> = alike.into_iter().collect();
    alike.sort_by_key(|(_, all)| std::cmp::Reverse(all.len()));
    let (mut members, mut apps) = (preview.affected_members, preview.affected_apps);
    let various = members + apps > 1;
    let mut fates = Vec::new();
    for ((gains, loses), all) in alike.into_iter().take(FATES) {
        for entry in &all {
            *(if entry.subject.user().is_some() { &mut members } else { &mut apps }) -= 1;
        }
        let more = i64::try_from(all.len().saturating_sub(NAMED)).unwrap_or(i64::MAX);
        fates.push(Fate {
            people: all.iter().take(NAMED).map(|entry| named(entry.subject, entry.name)).collect(),
            more: if more == 0 { String::new() } else { format!("and {} more", thousands(more)) },
            various: false,
            gains: permits(catalogue, gains),
            loses: permits(catalogue, loses),
        });
    }
    if members + apps > 0 {
        fates.push(Fate {
            people: Vec::new(),
            more: roles::holders(members, apps, thousands),
            various,
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
    use crate::ids::{AppId, UserId};
    use crate::roles::{Affected, AffectedApp, NamedApp};

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
            apps: Vec::new(),
            affected_apps: 0,
            gained: words(&["projects:read"]),
            lost: words(&[]),
            loses_own: Vec::new(),
            flips: Flips::new(),
        }
    }

    fn told(preview: &Preview) -> Vec<(Vec<String>, String, bool)> {
        let catalogue = Catalogue::load(include_str!("../../../../policies/permissions.toml")).unwrap();
        let named = |_, name: &str| Named { name: name.to_owned(), href: String::new(), own: false };
        let people = |fate: &Fate| fate.people.iter().map(|one| one.name.clone()).collect();
        let fates = fates(preview, &catalogue, named);
        fates.iter().map(|fate| (people(fate), fate.more.clone(), fate.various)).collect()
    }

    #[test]
    fn people_with_the_same_fate_stand_together_and_nobody_is_left_out() {
        let read: &[&str] = &["projects:read"];
        let some = [("Ada", read, &[][..]), ("Ben", &[], &["audit:read"]), ("Cy", read, &[])];
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let expected =
            [(names(&["Ada", "Cy"]), String::new(), false), (names(&["Ben"]), String::new(), false)];
        assert_eq!(told(&preview(&some, 3)), expected);
        let rest = told(&preview(&some, 10));
        assert_eq!(
            rest.last().unwrap(),
            &(Vec::new(), "7 members".to_owned(), true),
            "those who are not named are counted"
        );
        assert_eq!(told(&preview(&[], 4)), [(Vec::new(), "4 members".to_owned(), true)]);
        assert_eq!(told(&preview(&[], 0)), []);
        let crowd: Vec<_> = (0..30).map(|_| ("Dee", read, &[][..])).collect();
        assert_eq!(
            told(&preview(&crowd, 30)),
            [(vec!["Dee".to_owned(); NAMED], "and 18 more".to_owned(), false)]
        );
        // Apps stand with the people who share their fate, and are counted apart.
        let app = NamedApp { id: AppId::new(), name: "Robot".to_owned() };
        let robot = AffectedApp { app, gains: vec!["projects:read".to_owned()], loses: Vec::new() };
        let mixed = Preview { apps: vec![robot], affected_apps: 3, ..preview(&some[..1], 2) };
        let rest = (Vec::new(), "1 member and 2 apps".to_owned(), true);
        assert_eq!(told(&mixed), [(names(&["Ada", "Robot"]), String::new(), false), rest]);
        assert_eq!(says(&mixed), "2 members and 3 apps gain something.");
    }
}
