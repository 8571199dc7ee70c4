//! Roles of several members at once: those selected in the list are shown with what to give and to take, then what that
//! would do, then it is done. Must never act on anyone who is not named in the form.

use std::collections::HashMap;

use askama::Template;
use axum::response::{IntoResponse as _, Response};

use crate::authz::{Grant, Permission as _, Role, perm};
use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::http::access::Can;
use crate::http::extract::Form;
use crate::http::panel::parts::choices::{End, SOON, end_field, read_end};
use crate::http::panel::parts::consequences::Consequences;
use crate::http::panel::parts::form::{self, FormErrors, Rejected};
use crate::http::panel::parts::frame::{Frame, Section, path_of};
use crate::http::panel::parts::notice::Notice;
use crate::http::panel::parts::preview::{self, Back, EDIT, PreviewPage, goes_on_editing};
use crate::http::panel::parts::role_form::ends_beside;
use crate::http::panel::parts::shown::{Avatar, Badge, Moment};
use crate::http::panel::parts::view::View;
use crate::http::panel::{Icon, page};
use crate::http::routes::{Area, Routes};
use crate::ids::UserId;
use crate::members::{self, ManyRoles, Member, RoleAssignment};
use crate::roles::guards::{self, Holding};

pub(super) fn routes() -> Routes {
    Routes::new(Area::Panel)
        .post("/t/{tenant}/members/roles/choose", "Choose roles for several members", choose)
        .post("/t/{tenant}/members/roles/preview", "Show what the roles chosen would do", ask)
        .post("/t/{tenant}/members/roles", "Give and take roles of several members", save)
}

#[derive(Debug, Template)]
#[template(path = "pages/many_roles.html")]
pub(super) struct ManyRolesPage {
    pub(super) frame: Frame,
    pub(super) path: String,
    pub(super) people: Vec<Picked>,
    /// Whether some who were selected are no members any more.
    pub(super) gone: bool,
    pub(super) deals: Vec<Deal>,
    pub(super) errors: FormErrors,
}

impl ManyRolesPage {
    /// How many are selected, in words.
    fn count(&self) -> String {
        if self.people.len() == 1 { "1 member".to_owned() } else { format!("{} members", self.people.len()) }
    }

    /// How many of them hold it, in words.
    fn held(&self, deal: &Deal) -> String {
        match (deal.holders, self.people.len()) {
            (0, _) => "held by nobody here".to_owned(),
            (all, people) if all == people => "held by all of them".to_owned(),
            (some, people) => format!("held by {some} of {people}"),
        }
    }
}

/// A member who was selected.
#[derive(Debug)]
pub(super) struct Picked {
    pub(super) id: String,
    pub(super) href: String,
    pub(super) name: String,
    pub(super) avatar: Avatar,
    pub(super) roles: Vec<Badge>,
}

/// A role, and what is to become of it.
#[derive(Debug)]
pub(super) struct Deal {
    /// What its field is called.
    pub(super) field: String,
    pub(super) name: String,
    pub(super) description: String,
    /// How many of those selected hold it.
    pub(super) holders: usize,
    /// What is chosen: `give`, `take`, or nothing.
    pub(super) chosen: String,
    /// The field for its end; none where the reader cannot give it.
    pub(super) end: Option<End>,
}

/// The form, as it was sent.
#[derive(Debug, Default)]
struct Sent {
    users: Vec<UserId>,
    /// What is chosen for each role, by key.
    chosen: HashMap<String, String>,
    /// What was in the field of each role's end, by key.
    ends: HashMap<String, String>,
}

/// What the field for what becomes of the role with this key is called.
fn deal_field(key: &str) -> String {
    format!("deal-{key}")
}

impl Sent {
    /// Reads the form; a field of a role that is no more makes it stale.
    fn read<P>(form: &Form, grant: &Grant<P>) -> Result<Self> {
        let mut sent = Self::default();
        let roles = &grant.policy().roles;
        for (name, value) in form.fields() {
            let place = |prefix: &str| {
                let key = name.strip_prefix(prefix)?;
                Some(
                    roles
                        .iter()
                        .find(|role| role.key == key)
                        .ok_or(Error::Stale)
                        .map(|role| role.key.clone()),
                )
            };
            let twice = if name == "user" {
                let user =
                    value.parse().map_err(|_none| Error::Malformed("a member cannot be read".into()))?;
                sent.users.push(user);
                None
            } else if name == EDIT {
                None
            } else if let Some(key) = place("deal-") {
                if !["", "give", "take"].contains(&value.as_str()) {
                    return Err(Error::Malformed("a choice cannot be read".into()));
                }
                sent.chosen.insert(key?, value.clone())
            } else if let Some(key) = place("until-") {
                sent.ends.insert(key?, value.trim().to_owned())
            } else {
                return Err(Error::invalid(format!("/{name}"), "unknown", "The form has no such field."));
            };
            if twice.is_some() {
                return Err(Error::Malformed(format!("the field {name} is repeated").into()));
            }
        }
        Ok(sent)
    }

    /// The change that is asked for, its roles in the order of the policy.
    fn wanted<P>(&self, grant: &Grant<P>) -> Result<ManyRoles> {
        let mut problems = Vec::new();
        let mut wanted = ManyRoles { users: self.users.clone(), ..ManyRoles::default() };
        for role in &grant.policy().roles {
            match self.chosen.get(&role.key).map(String::as_str) {
                Some("take") => wanted.remove.push(role.key.clone()),
                Some("give") => {
                    let typed = self.ends.get(&role.key).map(String::as_str).unwrap_or_default();
                    match read_end(&end_field(&role.key), typed) {
                        Ok(expires_at) => {
                            wanted.add.push(RoleAssignment { key: role.key.clone(), expires_at });
                        }
                        Err(problem) => problems.push(problem),
                    }
                }
                _ => {}
            }
        }
        if problems.is_empty() { Ok(wanted) } else { Err(Error::Invalid(problems)) }
    }
}

/// The error with what is wrong with an end beside the field it was typed in.
fn beside(error: Error, wanted: &ManyRoles) -> Error {
    ends_beside(error, "/add/", |place| wanted.add.get(place).map(|role| role.key.as_str()))
}

async fn choose(who: Can<perm::MembersUpdate>, app: View, form: Form) -> Result<Response> {
    form.only(&["user"])?;
    let sent = Sent::read(&form, who.grant())?;
    again(&app, who.grant(), sent, None).await
}

async fn ask(who: Can<perm::MembersUpdate>, app: View, form: Form) -> Result<Response> {
    let grant = who.grant();
    let sent = match Sent::read(&form, grant) {
        Err(Error::Stale) => return stale(&app, grant, &form).await,
        read => read?,
    };
    if goes_on_editing(&form)? {
        return again(&app, grant, sent, None).await;
    }
    let told = match sent.wanted(grant) {
        Ok(wanted) => {
            members::preview_many(&app.authz, grant, &wanted).await.map_err(|error| beside(error, &wanted))
        }
        Err(problems) => Err(problems),
    };
    let told = match told {
        Ok(told) => told,
        Err(error) => return again(&app, grant, sent, Some(error)).await,
    };
    let action = format!("{}/members/roles", path_of(grant));
    let takes = [perm::MembersRead::NAME, perm::MembersUpdate::NAME];
    let title = match sent.users.len() {
        1 => "Save the roles of 1 member?".to_owned(),
        many => format!("Save the roles of {many} members?"),
    };
    let shown = PreviewPage {
        frame: Frame::inside(&app, grant, Section::Members).await?,
        title,
        text: String::new(),
        consequences: Some(Consequences::new(&app, grant, &told, &takes).await?),
        fields: preview::typed(&form),
        button: "Save the roles",
        final_step: false,
        back: Back::Form(format!("{action}/preview")),
        action,
        errors: FormErrors::default(),
    };
    Ok(shown.answer(None))
}

async fn save(who: Can<perm::MembersUpdate>, app: View, form: Form) -> Result<Response> {
    let grant = who.grant();
    let sent = match Sent::read(&form, grant) {
        Err(Error::Stale) => return stale(&app, grant, &form).await,
        read => read?,
    };
    let done = match sent.wanted(grant) {
        Ok(wanted) => {
            members::change_roles(&app.authz, grant, &wanted).await.map_err(|error| beside(error, &wanted))
        }
        Err(problems) => Err(problems),
    };
    match done {
        Ok(_) => Ok(Notice::RolesChanged.at(&format!("{}/members", path_of(grant))).into_response()),
        Err(error) => again(&app, grant, sent, Some(error)).await,
    }
}

/// The page anew for the same people: a role that was chosen from is no more.
async fn stale(app: &View, grant: &Grant<perm::MembersUpdate>, form: &Form) -> Result<Response> {
    let users = form.list("user").iter().map(|user| user.parse()).collect::<Result<_, _>>();
    let users = users.map_err(|_none| Error::Malformed("a member cannot be read".into()))?;
    again(app, grant, Sent { users, ..Sent::default() }, Some(Error::Stale)).await
}

/// The page with what was chosen, and what was wrong with it.
async fn again(
    app: &View,
    grant: &Grant<perm::MembersUpdate>,
    sent: Sent,
    error: Option<Error>,
) -> Result<Response> {
    // The page names people.
    let reader: Grant<perm::MembersRead> = app.authz.also(grant).await?;
    let ends: Vec<String> = grant.policy().roles.iter().map(|role| end_field(&role.key)).collect();
    let ends: Vec<&str> = ends.iter().map(String::as_str).collect();
    let rejected = error.map(|error| Rejected::from(error, &ends)).transpose()?;
    let errors = form::errors(rejected.as_ref());
    let now = app.database.clock().now();
    let members = members::several(&app.database, &reader, &sent.users).await?;
    let deal = |role: &Role| deal(role, grant, (&members, &sent), &errors, now);
    let path = path_of(grant);
    let shown = ManyRolesPage {
        frame: Frame::inside(app, grant, Section::Members).await?,
        people: members.iter().map(|member| Picked::new(&path, member, now)).collect(),
        gone: members.len() < sent.users.len(),
        deals: grant.policy().roles.iter().map(deal).collect(),
        errors: errors.clone(),
        path,
    };
    Ok(form::answer(rejected.as_ref(), page(&shown)))
}

fn deal<P>(
    role: &Role,
    grant: &Grant<P>,
    (members, sent): (&[Member], &Sent),
    errors: &FormErrors,
    now: Timestamp,
) -> Deal {
    let actor = Holding::of(grant.standing());
    // Who holds something for a while may give it for as long.
    let lends = guards::may_grant(actor, role, Some(now + SOON), now).is_ok();
    let field = end_field(&role.key);
    let end = lends.then(|| End {
        value: sent.ends.get(&role.key).cloned().unwrap_or_default(),
        error: errors.at(&field).map(str::to_owned),
        needed: guards::may_grant(actor, role, None, now).is_err(),
        name: field,
    });
    let holds = |member: &&Member| member.roles.iter().any(|held| held.id == role.id);
    Deal {
        field: deal_field(&role.key),
        name: role.name.clone(),
        description: role.description.clone(),
        holders: members.iter().filter(holds).count(),
        chosen: sent.chosen.get(&role.key).cloned().unwrap_or_default(),
        end,
    }
}

impl Picked {
    fn new(path: &str, member: &Member, now: Timestamp) -> Self {
        let user = &member.user;
        let badge = |role: &members::MemberRole| Badge {
            name: role.name.clone(),
            until: role.expires_at.map(|end| Moment::new(end, now)),
        };
        Self {
            id: user.id.to_string(),
            href: format!("{path}/members/{}", user.id),
            name: user.name.clone(),
            avatar: Avatar::new(user.id.uuid(), &user.name, user.avatar_url.as_deref()),
            roles: member.roles.iter().map(badge).collect(),
        }
    }
}
