//! Everyone who has an account, newest first, found by name, address or id.

use askama::Template;
use axum::response::Response;
use serde::Deserialize;

use super::address;
use crate::authz::platform::{PlatformRole, perm};
use crate::clock::Timestamp;
use crate::error::Result;
use crate::http::access::Operator;
use crate::http::extract::Query;
use crate::http::pagination;
use crate::http::panel::parts::frame::{Frame, Section};
use crate::http::panel::parts::shown::{Avatar, Moment, thousands};
use crate::http::panel::parts::view::View;
use crate::http::panel::{Icon, page};
use crate::http::routes::{Area, Routes};
use crate::ids::UserId;
use crate::operators::{self, AccountStatus, PersonRecord, Sought};

const PATH: &str = "/operator/users";

pub(super) fn routes() -> Routes {
    Routes::new(Area::Panel).get(PATH, "Everyone who has an account", list)
}

#[derive(Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct Wanted {
    /// A part of a name or address, or a whole id.
    search: Option<String>,
    /// `active`, `disabled`, or nothing for all.
    status: Option<String>,
    /// Where to go on.
    cursor: Option<String>,
}

#[derive(Debug, Template)]
#[template(path = "pages/operator_people.html")]
pub(in crate::http::panel) struct PeopleListPage {
    pub(in crate::http::panel) frame: Frame,
    pub(in crate::http::panel) search: String,
    pub(in crate::http::panel) status: &'static str,
    pub(in crate::http::panel) people: Vec<AccountRow>,
    pub(in crate::http::panel) first: Option<String>,
    pub(in crate::http::panel) next: Option<String>,
}

impl PeopleListPage {
    fn filtered(&self) -> bool {
        !self.search.is_empty() || !self.status.is_empty()
    }

    fn count(&self) -> String {
        match (self.people.len(), self.next.is_some() || self.first.is_some()) {
            (_, true) => "More than fit on a page".to_owned(),
            (1, _) => "1 person".to_owned(),
            (count, _) => format!("{count} people"),
        }
    }
}

/// A person in a list or at the head of their page.
#[derive(Debug, Clone)]
pub(in crate::http::panel) struct AccountRow {
    pub(in crate::http::panel) path: String,
    pub(in crate::http::panel) id: String,
    pub(in crate::http::panel) name: String,
    pub(in crate::http::panel) email: String,
    pub(in crate::http::panel) verified: bool,
    pub(in crate::http::panel) avatar: Avatar,
    pub(in crate::http::panel) role: Option<PlatformRole>,
    pub(in crate::http::panel) disabled: bool,
    pub(in crate::http::panel) tenants: String,
    pub(in crate::http::panel) since: Moment,
    pub(in crate::http::panel) signed_in: Option<Moment>,
    pub(in crate::http::panel) own: bool,
}

impl AccountRow {
    pub(super) fn new(person: &PersonRecord, reader: UserId, now: Timestamp) -> Self {
        Self {
            path: format!("{PATH}/{}", person.id),
            id: person.id.to_string(),
            name: person.name.clone(),
            email: person.email.clone().unwrap_or_default(),
            verified: person.email_verified,
            avatar: Avatar::new(person.id.uuid(), &person.name, person.avatar_url.as_deref()),
            role: person.role,
            disabled: person.status == AccountStatus::Disabled,
            tenants: thousands(person.tenants),
            since: Moment::new(person.created_at, now),
            signed_in: person.last_sign_in_at.map(|at| Moment::new(at, now)),
            own: person.id == reader,
        }
    }

    /// What they are on this installation, in words.
    pub(super) fn role_name(&self) -> &'static str {
        match self.role {
            Some(PlatformRole::Operator) => "Operator",
            Some(PlatformRole::Support) => "Support",
            None => "",
        }
    }
}

async fn list(who: Operator<perm::UsersRead>, app: View, Query(wanted): Query<Wanted>) -> Result<Response> {
    let sought = Sought::new(&wanted.search.unwrap_or_default());
    let all = [AccountStatus::Active, AccountStatus::Disabled];
    let state = all.into_iter().find(|status| Some(status.as_str()) == wanted.status.as_deref());
    let status = state.map_or("", AccountStatus::as_str);
    let scope = format!("panel operator users {status} {}", sought.as_str());
    let below: Option<UserId> = pagination::decode(&app.sealer, &scope, wanted.cursor.as_deref())?;
    let part = (below, pagination::DEFAULT_LIMIT);
    let found = operators::list_people(&app.database, who.grant(), (&sought, state), part).await?;
    let next = found.next.map(|next| pagination::encode(&app.sealer, &scope, &next)).transpose()?;
    let now = app.database.clock().now();
    let at =
        |cursor: &str| address(PATH, [("search", sought.as_str()), ("status", status), ("cursor", cursor)]);
    let reader = who.grant().user();
    Ok(page(&PeopleListPage {
        frame: Frame::operating(&app, who.grant(), Section::Everyone).await?,
        people: found.items.iter().map(|person| AccountRow::new(person, reader, now)).collect(),
        first: below.map(|_| at("")),
        next: next.map(|cursor| at(&cursor)),
        search: sought.as_str().to_owned(),
        status,
    }))
}
