//! The form of a member's roles: read, shown as what it would do, and saved. Called from the member's page; must
//! never take an end for another than the one that was typed.

use std::collections::HashMap;

use axum::response::{IntoResponse as _, Response};

use crate::authz::{Grant, Permission as _, TenantPolicy, perm};
use crate::error::{Error, FieldError, Result};
use crate::http::access::Can;
use crate::http::extract::{Form, Path};
use crate::http::panel::member::member_page;
use crate::http::panel::page;
use crate::http::panel::parts::choices::{end_field, end_text, read_end};
use crate::http::panel::parts::consequences::Consequences;
use crate::http::panel::parts::form::{FormErrors, Rejected};
use crate::http::panel::parts::frame::{Frame, Section, path_of};
use crate::http::panel::parts::notice::Notice;
use crate::http::panel::parts::preview::{self, Back, EDIT, PreviewPage, goes_on_editing};
use crate::http::panel::parts::view::View;
use crate::http::routes::{Area, Routes};
use crate::ids::UserId;
use crate::members::{self, Member, RoleAssignment};

pub(super) fn routes() -> Routes {
    Routes::new(Area::Panel).post("/t/{tenant}/members/{user}/roles", "Change a member's roles", save).post(
        "/t/{tenant}/members/{user}/roles/preview",
        "Show what a change of a member's roles would do",
        ask,
    )
}

/// A form for roles, as it was sent.
#[derive(Debug)]
pub(super) struct Sent {
    pub(super) ticked: Vec<String>,
    /// What was in the field of each role's end, by key, where there was one.
    pub(super) ends: HashMap<String, String>,
}

impl Sent {
    /// Reads the form; a field for the end of a role that is no more makes it stale.
    fn read(form: &Form, policy: &TenantPolicy) -> Result<Self> {
        let fields = policy.roles.iter().map(|role| end_field(&role.key));
        let known: Vec<String> =
            ["role", "revision", EDIT].map(str::to_owned).into_iter().chain(fields).collect();
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

/// What is needed to show the page again, and what was sent.
struct Asked {
    reader: Grant<perm::MembersRead>,
    member: Member,
    revision: i64,
    sent: Sent,
}

impl Asked {
    async fn read(
        app: &View,
        grant: &Grant<perm::MembersUpdate>,
        user: UserId,
        form: &Form,
    ) -> Result<Result<Self, Response>> {
        let revision = form.revision()?;
        // The form is on a page that needs this too.
        let reader: Grant<perm::MembersRead> = app.authz.also(grant).await?;
        let member = members::show(&app.database, &reader, user).await?;
        match Sent::read(form, grant.policy()) {
            Err(Error::Stale) => {
                let rejected = Rejected::from(Error::Stale, &[])?;
                let shown = member_page(app, &reader, &member, None, Some(&rejected)).await?;
                Ok(Err(rejected.answer(page(&shown))))
            }
            read => Ok(Ok(Self { reader, member, revision, sent: read? })),
        }
    }

    /// The page again, with what was wrong beside its field.
    async fn refused(self, app: &View, error: Error) -> Result<Response> {
        let fields: Vec<String> = self.sent.ticked.iter().map(|key| end_field(key)).collect();
        let fields: Vec<&str> = std::iter::once("roles").chain(fields.iter().map(String::as_str)).collect();
        let rejected = Rejected::from(self.sent.beside(error), &fields)?;
        let member = members::show(&app.database, &self.reader, self.member.user.id).await?;
        let shown = member_page(app, &self.reader, &member, Some(&self.sent), Some(&rejected)).await?;
        Ok(rejected.answer(page(&shown)))
    }
}

async fn ask(
    who: Can<perm::MembersUpdate>,
    app: View,
    Path(user): Path<UserId>,
    form: Form,
) -> Result<Response> {
    let grant = who.grant();
    let asked = match Asked::read(&app, grant, user, &form).await? {
        Ok(asked) => asked,
        Err(page) => return Ok(page),
    };
    if goes_on_editing(&form)? {
        let mut shown = member_page(&app, &asked.reader, &asked.member, Some(&asked.sent), None).await?;
        shown.revision = asked.revision;
        return Ok(page(&shown));
    }
    let told = match asked.sent.wanted(&asked.member) {
        Ok(wanted) => members::preview_roles(&app.authz, grant, user, &wanted, Some(asked.revision)).await,
        Err(problems) => Err(problems),
    };
    match told {
        Ok(preview) => {
            let action = format!("{}/members/{user}/roles", path_of(grant));
            let takes = [perm::MembersRead::NAME, perm::MembersUpdate::NAME];
            let shown = PreviewPage {
                frame: Frame::inside(&app, grant, Section::Members).await?,
                title: format!("Save the roles of {}?", asked.member.user.name),
                text: String::new(),
                consequences: Some(Consequences::new(&app, grant, &preview, &takes).await?),
                fields: preview::typed(&form),
                button: "Save the roles",
                final_step: false,
                back: Back::Form(format!("{action}/preview")),
                action,
                errors: FormErrors::default(),
            };
            Ok(shown.answer(None))
        }
        Err(error) => asked.refused(&app, error).await,
    }
}

async fn save(
    who: Can<perm::MembersUpdate>,
    app: View,
    Path(user): Path<UserId>,
    form: Form,
) -> Result<Response> {
    let grant = who.grant();
    let asked = match Asked::read(&app, grant, user, &form).await? {
        Ok(asked) => asked,
        Err(page) => return Ok(page),
    };
    let done = match asked.sent.wanted(&asked.member) {
        Ok(wanted) => {
            let revision = Some(asked.revision);
            members::set_roles(&app.authz, grant, user, &wanted, revision).await.map(|_| ())
        }
        Err(problems) => Err(problems),
    };
    match done {
        Ok(()) => Ok(Notice::RolesChanged.at(&format!("{}/members/{user}", path_of(grant))).into_response()),
        Err(error) => asked.refused(&app, error).await,
    }
}
