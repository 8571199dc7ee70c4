//! Handing a tenant over to another owner: chosen among the members, confirmed by typing the slug.

use askama::Template;
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;

use crate::authz::{Grant, perm};
use crate::error::{Error, Result};
use crate::http::access::Can;
use crate::http::extract::{Form, Query};
use crate::http::panel::parts::form::{self, FormErrors, Rejected};
use crate::http::panel::parts::frame::{Frame, Section, also, path_of};
use crate::http::panel::parts::notice::Notice;
use crate::http::panel::parts::view::View;
use crate::http::panel::{Icon, page};
use crate::http::routes::{Area, Routes};
use crate::lists::Window;
use crate::members::{self, Filter, Transfer};
use crate::roles::guards::OWNER;

/// How many members are offered at once; who is not among them is searched for.
const OFFERED: u32 = 20;

pub(super) fn routes() -> Routes {
    Routes::new(Area::Panel)
        .get("/t/{tenant}/settings/transfer", "Ask to whom a tenant is handed over", ask)
        .post("/t/{tenant}/settings/transfer", "Hand a tenant over", transfer)
}

#[derive(Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct Wanted {
    /// A part of a name or address.
    search: Option<String>,
}

#[derive(Debug, Template)]
#[template(path = "pages/transfer.html")]
pub(super) struct TransferPage {
    pub(super) frame: Frame,
    pub(super) path: String,
    pub(super) name: String,
    pub(super) slug: String,
    pub(super) search: String,
    /// The members to choose from.
    pub(super) people: Vec<Heir>,
    /// Whether there are more than are shown.
    pub(super) more: bool,
    /// The roles one may keep in place of owner: key and name.
    pub(super) kept: Vec<(String, String)>,
    pub(super) keep: String,
    pub(super) errors: FormErrors,
}

/// Someone who could own the tenant.
#[derive(Debug)]
pub(super) struct Heir {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) email: String,
    pub(super) roles: String,
    pub(super) chosen: bool,
}

/// What was chosen so far.
#[derive(Debug, Clone, Default)]
struct Sent {
    to: String,
    keep: String,
    search: String,
}

async fn ask(who: Can<perm::TenantTransfer>, app: View, Query(wanted): Query<Wanted>) -> Result<Response> {
    who.grant().principal().require_fresh(app.database.clock().now())?;
    let sent = Sent { search: wanted.search.unwrap_or_default().trim().to_owned(), ..Sent::default() };
    Ok(page(&transfer_page(&app, who.grant(), &sent, None).await?))
}

async fn transfer(who: Can<perm::TenantTransfer>, app: View, form: Form) -> Result<Response> {
    form.only(&["to", "keep_role", "confirm", "search"])?;
    let grant = who.grant();
    let text = |name| form.text(name).map(|text| text.trim().to_owned());
    let sent = Sent { to: text("to")?, keep: text("keep_role")?, search: text("search")? };
    let done = if let Ok(to) = sent.to.parse() {
        if form.text("confirm")?.trim() == grant.policy().slug {
            let keep_role = Some(sent.keep.clone()).filter(|key| !key.is_empty());
            members::transfer(&app.authz, grant, &Transfer { to, keep_role }).await
        } else {
            Err(Error::invalid("/confirm", "confirm", "This is not the slug. Nothing was changed."))
        }
    } else {
        Err(Error::invalid("/to", "required", "Choose who is to own the tenant."))
    };
    match done {
        Ok(_) => Ok(Notice::Transferred.at(&path_of(grant)).into_response()),
        Err(error) => {
            let rejected = Rejected::from(error, &["to", "keep_role", "confirm"])?;
            Ok(rejected.answer(page(&transfer_page(&app, grant, &sent, Some(&rejected)).await?)))
        }
    }
}

async fn transfer_page(
    app: &View,
    grant: &Grant<perm::TenantTransfer>,
    sent: &Sent,
    rejected: Option<&Rejected>,
) -> Result<TransferPage> {
    let (people, more) = heirs(app, grant, sent).await?;
    let kept = grant.policy().roles.iter().filter(|role| role.key != OWNER);
    Ok(TransferPage {
        frame: Frame::inside(app, grant, Section::Settings).await?,
        path: path_of(grant),
        name: grant.policy().name.clone(),
        slug: grant.policy().slug.clone(),
        search: sent.search.clone(),
        people,
        more,
        kept: kept.map(|role| (role.key.clone(), role.name.clone())).collect(),
        keep: if sent.keep.is_empty() { "admin".to_owned() } else { sent.keep.clone() },
        errors: form::errors(rejected),
    })
}

/// The other members, by name, for those who may see them.
async fn heirs(app: &View, grant: &Grant<perm::TenantTransfer>, sent: &Sent) -> Result<(Vec<Heir>, bool)> {
    let Some(reader) = also::<perm::MembersRead, _>(app, grant).await? else {
        return Ok((Vec::new(), false));
    };
    let filter = Filter { search: sent.search.clone(), role: String::new() };
    let window = Window { limit: OFFERED, ..Window::default() };
    let found = members::list(&app.database, &reader, &filter, &window).await?;
    let heir = |member: &members::Member| Heir {
        id: member.user.id.to_string(),
        name: member.user.name.clone(),
        email: member.user.email.clone().unwrap_or_default(),
        roles: member.roles.iter().map(|role| role.name.as_str()).collect::<Vec<_>>().join(", "),
        chosen: member.user.id.to_string() == sent.to,
    };
    let others = found.items.iter().filter(|member| !grant.is(member.user.id));
    Ok((others.map(heir).collect(), found.next.is_some()))
}
