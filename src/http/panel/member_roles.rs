//! The form of a member's roles: read, shown as what it would do, and saved. Called from the member's page; must
//! never take an end for another than the one that was typed.

use axum::response::{IntoResponse as _, Response};

use crate::authz::{Grant, Permission as _, perm};
use crate::error::{Error, Result};
use crate::http::access::Can;
use crate::http::extract::{Form, Path};
use crate::http::panel::member::member_page;
use crate::http::panel::page;
use crate::http::panel::parts::consequences::Consequences;
use crate::http::panel::parts::form::{FormErrors, Rejected};
use crate::http::panel::parts::frame::{Frame, Section, path_of};
use crate::http::panel::parts::notice::Notice;
use crate::http::panel::parts::preview::{self, Back, EDIT, PreviewPage, goes_on_editing};
use crate::http::panel::parts::role_form::RoleForm;
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

/// What is needed to show the page again, and what was sent.
struct Asked {
    reader: Grant<perm::MembersRead>,
    member: Member,
    revision: i64,
    sent: RoleForm,
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
        match RoleForm::read(form, grant.policy(), &["revision", EDIT]) {
            Err(Error::Stale) => {
                let rejected = Rejected::from(Error::Stale, &[])?;
                let shown = member_page(app, &reader, &member, None, Some(&rejected)).await?;
                Ok(Err(rejected.answer(page(&shown))))
            }
            read => Ok(Ok(Self { reader, member, revision, sent: read? })),
        }
    }

    /// The roles that are asked for.
    fn wanted(&self) -> Result<Vec<RoleAssignment>> {
        let present = |key: &str| self.member.roles.iter().find(|role| role.key == key)?.expires_at;
        self.sent.wanted(present)
    }

    /// The page again, with what was wrong beside its field.
    async fn refused(self, app: &View, error: Error) -> Result<Response> {
        let fields = self.sent.fields();
        let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
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
    let told = match asked.wanted() {
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
    let done = match asked.wanted() {
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
