//! Ending a membership: someone else's, or one's own. In two steps.

use axum::response::{IntoResponse as _, Response};

use crate::authz::{Grant, perm};
use crate::error::{Error, Result};
use crate::http::access::CanOrOwn;
use crate::http::extract::{Form, Path};
use crate::http::panel::parts::confirm::Confirm;
use crate::http::panel::parts::form::{FormErrors, Rejected};
use crate::http::panel::parts::frame::{Frame, Section, also, path_of};
use crate::http::panel::parts::notice::Notice;
use crate::http::panel::parts::view::View;
use crate::http::routes::{Area, Routes};
use crate::ids::UserId;
use crate::members;

pub(super) fn routes() -> Routes {
    Routes::new(Area::Panel)
        .get("/t/{tenant}/members/{user}/remove", "Ask before a membership is ended", ask)
        .post("/t/{tenant}/members/{user}/remove", "End a membership", remove)
}

async fn ask(who: CanOrOwn<perm::MembersDelete>, app: View, Path(user): Path<UserId>) -> Result<Response> {
    Ok(question(&app, &who, user).await?.answer(None))
}

async fn remove(
    who: CanOrOwn<perm::MembersDelete>,
    app: View,
    Path(user): Path<UserId>,
    form: Form,
) -> Result<Response> {
    form.only(&[])?;
    let (ended, next) = match &who {
        CanOrOwn::Own(grant) => (members::leave(&app.authz, grant).await, Notice::Left.at("/tenants")),
        CanOrOwn::Can(grant) => (
            members::remove(&app.authz, grant, user, None).await,
            Notice::MemberRemoved.at(&format!("{}/members", path_of(grant))),
        ),
    };
    match ended {
        Ok(_) => Ok(next.into_response()),
        Err(error) => {
            let rejected = Rejected::from(error, &[])?;
            Ok(question(&app, &who, user).await?.answer(Some(&rejected)))
        }
    }
}

async fn question(app: &View, who: &CanOrOwn<perm::MembersDelete>, user: UserId) -> Result<Confirm> {
    match who {
        CanOrOwn::Own(grant) => {
            let tenant = &grant.policy().name;
            let (title, text) = (
                format!("Leave {tenant}?"),
                "You lose your roles and all access at once. To come back you need a new invitation."
                    .to_owned(),
            );
            let cancel = if grant.can::<perm::TenantRead>() { path_of(grant) } else { "/tenants".to_owned() };
            asked(app, grant, user, (title, text, "Leave", cancel)).await
        }
        CanOrOwn::Can(grant) => {
            let name = match also::<perm::MembersRead, _>(app, grant).await? {
                Some(reader) => members::show(&app.database, &reader, user).await?.user.name,
                None if app.authz.standing(grant.tenant(), user).await?.is_some() => "this member".to_owned(),
                None => return Err(Error::NotFound),
            };
            let (title, text) = (
                format!("Remove {name} from {}?", grant.policy().name),
                format!(
                    "The roles of {name} and all access end at once, and invitations to their addresses are withdrawn."
                ),
            );
            asked(app, grant, user, (title, text, "Remove", format!("{}/members/{user}", path_of(grant))))
                .await
        }
    }
}

async fn asked<P>(
    app: &View,
    grant: &Grant<P>,
    user: UserId,
    (title, text, button, cancel): (String, String, &'static str, String),
) -> Result<Confirm> {
    let frame = Frame::inside(app, grant, Section::Members).await?;
    let action = format!("{}/members/{user}/remove", path_of(grant));
    Ok(Confirm { frame, title, text, action, button, cancel, errors: FormErrors::default() })
}
