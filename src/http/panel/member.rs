//! One member: who they are, and a form for their roles and when each ends.

use std::collections::HashMap;

use askama::Template;
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;

use crate::authz::{Grant, HeldRole, TenantPolicy, perm};
use crate::error::{Error, FieldError, Result};
use crate::http::access::Can;
use crate::http::extract::{Form, Path, Query};
use crate::http::panel::members::Row;
use crate::http::panel::parts::choices::{Choice, choices, end_field, end_text, read_end, with_ends};
use crate::http::panel::parts::form::{self, FormErrors, Rejected};
use crate::http::panel::parts::frame::{Frame, Section, also, path_of};
use crate::http::panel::parts::notice::Notice;
use crate::http::panel::parts::view::View;
use crate::http::panel::{Icon, page};
use crate::http::routes::{Area, Routes};
use crate::ids::UserId;
use crate::members::{self, Member, RoleAssignment};
use crate::roles::guards::{self, Holding};

pub(super) fn routes() -> Routes {
    Routes::new(Area::Panel).get("/t/{tenant}/members/{user}", "One member", show).post(
        "/t/{tenant}/members/{user}/roles",
        "Change a member's roles",
        set_roles,
    )
}

#[derive(Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct Shown {
    /// What was just done.
    done: Option<String>,
}

#[derive(Debug, Template)]
#[template(path = "pages/member.html")]
pub(super) struct MemberPage {
    pub(super) frame: Frame,
    pub(super) path: String,
    pub(super) member: Row,
    /// Their id, for those who write programs.
    pub(super) user_id: String,
    pub(super) errors: FormErrors,
    pub(super) choices: Vec<Choice>,
    pub(super) revision: i64,
    /// Why their roles cannot be changed by the caller, if they cannot.
    pub(super) fixed: Option<String>,
    pub(super) may_remove: bool,
    pub(super) see_roles: bool,
    /// Whether the caller may ask what they can do, and why.
    pub(super) may_explain: bool,
}

/// A form for roles, as it was sent.
#[derive(Debug)]
struct Sent {
    ticked: Vec<String>,
    /// What was in the field of each role's end, by key, where there was one.
    ends: HashMap<String, String>,
}

impl Sent {
    /// Reads the form; a field for the end of a role that is no more makes it stale.
    fn read(form: &Form, policy: &TenantPolicy) -> Result<Self> {
        let fields = policy.roles.iter().map(|role| end_field(&role.key));
        let known: Vec<String> = ["role", "revision"].map(str::to_owned).into_iter().chain(fields).collect();
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        if let Err(error) = form.only(&known) {
            let gone = |field: &FieldError| field.pointer.starts_with("/until-");
            let stale = matches!(&error, Error::Invalid(problems) if problems.iter().all(gone));
            return Err(if stale { Error::Stale } else { error });
        }
        let mut ends = HashMap::new();
        for role in &policy.roles {
            match form.list(&end_field(&role.key)).as_slice() {
                [] => {}
                [end] => {
                    ends.insert(role.key.clone(), end.trim().to_owned());
                }
                _ => return Err(Error::Malformed("the end of a role is repeated".into())),
            }
        }
        Ok(Self { ticked: form.list("role"), ends })
    }

    /// The roles that are asked for. An end that reads as the present one is the present one, to the microsecond.
    fn wanted(&self, member: &Member) -> Result<Vec<RoleAssignment>> {
        let mut problems = Vec::new();
        let mut wanted = Vec::new();
        for key in &self.ticked {
            let present = member.roles.iter().find(|role| role.key == *key).and_then(|role| role.expires_at);
            let typed = self.ends.get(key);
            let expires_at = match typed.map(String::as_str) {
                None => present,
                Some("") => None,
                Some(text) if present.map(end_text).as_deref() == Some(text) => present,
                Some(text) => {
                    let end = read_end(text);
                    if end.is_none() {
                        let detail = "Write the date and time as in 2030-01-31T18:00.".into();
                        let pointer = format!("/{}", end_field(key));
                        problems.push(FieldError { pointer, code: "time", detail });
                    }
                    end
                }
            };
            wanted.push(RoleAssignment { key: key.clone(), expires_at });
        }
        if problems.is_empty() { Ok(wanted) } else { Err(Error::Invalid(problems)) }
    }

    /// The error with what is wrong with an end beside the field it was typed in.
    fn beside(&self, error: Error) -> Error {
        let Error::Invalid(mut problems) = error else { return error };
        for problem in &mut problems {
            let place =
                problem.pointer.strip_prefix("/roles/").and_then(|rest| rest.strip_suffix("/expires_at"));
            let key = place.and_then(|place| self.ticked.get(place.parse::<usize>().ok()?));
            if let Some(key) = key {
                problem.pointer = format!("/{}", end_field(key));
            }
        }
        Error::Invalid(problems)
    }
}

async fn show(
    who: Can<perm::MembersRead>,
    app: View,
    Path(user): Path<UserId>,
    Query(query): Query<Shown>,
) -> Result<Response> {
    let member = members::show(&app.database, who.grant(), user).await?;
    let mut shown = member_page(&app, who.grant(), &member, None).await?;
    shown.frame = shown.frame.telling(query.done.as_deref());
    Ok(page(&shown))
}

async fn set_roles(
    who: Can<perm::MembersUpdate>,
    app: View,
    Path(user): Path<UserId>,
    form: Form,
) -> Result<Response> {
    let grant = who.grant();
    let revision = form.text("revision")?.parse::<i64>();
    let revision = revision.map_err(|_number| Error::Malformed("the revision is not a number".into()))?;
    // The form is on a page that needs this too.
    let reader: Grant<perm::MembersRead> =
        app.authz.decide(grant.principal().clone(), std::sync::Arc::clone(grant.standing())).await?;
    let member = members::show(&app.database, &reader, user).await?;
    let sent = match Sent::read(&form, grant.policy()) {
        Err(Error::Stale) => {
            let rejected = Rejected::from(Error::Stale, &[])?;
            let shown = member_page(&app, &reader, &member, Some((&rejected, None))).await?;
            return Ok(rejected.answer(page(&shown)));
        }
        read => read?,
    };
    let done = match sent.wanted(&member) {
        Ok(wanted) => members::set_roles(&app.authz, grant, user, &wanted, Some(revision)).await.map(|_| ()),
        Err(problems) => Err(problems),
    };
    match done {
        Ok(()) => Ok(Notice::RolesChanged.at(&format!("{}/members/{user}", path_of(grant))).into_response()),
        Err(error) => {
            let fields: Vec<String> = sent.ticked.iter().map(|key| end_field(key)).collect();
            let fields: Vec<&str> =
                std::iter::once("roles").chain(fields.iter().map(String::as_str)).collect();
            let rejected = Rejected::from(sent.beside(error), &fields)?;
            let member = members::show(&app.database, &reader, user).await?;
            let shown = member_page(&app, &reader, &member, Some((&rejected, Some(sent)))).await?;
            Ok(rejected.answer(page(&shown)))
        }
    }
}

async fn member_page(
    app: &View,
    grant: &Grant<perm::MembersRead>,
    member: &Member,
    sent: Option<(&Rejected, Option<Sent>)>,
) -> Result<MemberPage> {
    let (path, now) = (path_of(grant), app.database.clock().now());
    let own = member.user.id == grant.user();
    let held: Vec<HeldRole> =
        member.roles.iter().map(|role| HeldRole { role: role.id, expires_at: role.expires_at }).collect();
    let policy = grant.policy();
    let actor = Holding::new(policy, &grant.standing().roles);
    let above = match guards::may_act_on(actor, Holding::new(policy, &held), now) {
        Err(refusal) if !own => Some(refusal.reason(app.authz.catalogue()).into_owned()),
        Ok(()) | Err(_) => None,
    };
    let (rejected, sent) = sent.unzip();
    let (sent, errors) = (sent.flatten(), form::errors(rejected));
    let choices = choices(
        grant,
        &held,
        |role| match &sent {
            Some(sent) => sent.ticked.contains(&role.key),
            None => held.iter().any(|held| held.role == role.id),
        },
        now,
    );
    let filled = |key: &str| {
        let present = member.roles.iter().find(|role| role.key == key).and_then(|role| role.expires_at);
        let typed = sent.as_ref().and_then(|sent| sent.ends.get(key).cloned());
        let value = typed.unwrap_or_else(|| present.map(end_text).unwrap_or_default());
        (value, errors.at(&end_field(key)).map(str::to_owned))
    };
    let choices = with_ends(grant, choices, filled, now);
    let may_update = also::<perm::MembersUpdate, _>(app, grant).await?.is_some();
    Ok(MemberPage {
        frame: Frame::inside(app, grant, Section::Members).await?,
        member: Row::new(&path, member, own, now),
        user_id: member.user.id.to_string(),
        errors,
        choices,
        revision: member.revision,
        fixed: match above.clone() {
            _ if !may_update => Some("Changing roles takes a role that allows members:update.".to_owned()),
            above => above,
        },
        may_remove: own || (above.is_none() && grant.can::<perm::MembersDelete>()),
        see_roles: grant.can::<perm::RolesRead>(),
        may_explain: grant.can::<perm::AccessRead>(),
        path,
    })
}
