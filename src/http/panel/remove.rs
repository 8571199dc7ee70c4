//! Ending a membership: someone else's, or one's own. In two steps, the first of which says what it would do.

use axum::response::{IntoResponse as _, Response};

use crate::authz::{Grant, Own, Permission as _, perm};
use crate::error::{Error, Result};
use crate::http::access::CanOrOwn;
use crate::http::extract::{Form, Path};
use crate::http::panel::parts::confirm::Confirm;
use crate::http::panel::parts::consequences::Consequences;
use crate::http::panel::parts::form::{FormErrors, Rejected};
use crate::http::panel::parts::frame::{Frame, Section, also, path_of};
use crate::http::panel::parts::notice::Notice;
use crate::http::panel::parts::preview::{Back, PreviewPage};
use crate::http::panel::parts::view::View;
use crate::http::routes::{Area, Routes};
use crate::ids::UserId;
use crate::members;

pub(super) fn routes() -> Routes {
    Routes::new(Area::Panel)
        .get("/t/{tenant}/members/{user}/remove", "Show what the end of a membership would do, and ask", ask)
        .post("/t/{tenant}/members/{user}/remove", "End a membership", remove)
}

async fn ask(who: CanOrOwn<perm::MembersDelete>, app: View, Path(user): Path<UserId>) -> Result<Response> {
    match &who {
        CanOrOwn::Own(grant) => Ok(leaving(&app, grant).await?.answer(None)),
        CanOrOwn::Can(grant) => removing(&app, grant, user, None).await,
    }
}

async fn remove(
    who: CanOrOwn<perm::MembersDelete>,
    app: View,
    Path(user): Path<UserId>,
    form: Form,
) -> Result<Response> {
    form.only(&["revision"])?;
    match &who {
        CanOrOwn::Own(grant) => match members::leave(&app.authz, grant, None).await {
            Ok(_) => Ok(Notice::Left.at("/tenants").into_response()),
            Err(error) => {
                let rejected = Rejected::from(error, &[])?;
                Ok(leaving(&app, grant).await?.answer(Some(&rejected)))
            }
        },
        CanOrOwn::Can(grant) => {
            let revision = Some(form.text("revision")?).filter(|text| !text.is_empty());
            let revision = revision.map(str::parse::<i64>).transpose();
            let revision =
                revision.map_err(|_number| Error::Malformed("the revision is not a number".into()))?;
            match members::remove(&app.authz, grant, user, revision).await {
                Ok(_) => Ok(Notice::MemberRemoved.at(&format!("{}/members", path_of(grant))).into_response()),
                Err(error) => removing(&app, grant, user, Some(Rejected::from(error, &[])?)).await,
            }
        }
    }
}

async fn leaving(app: &View, grant: &Grant<Own>) -> Result<Confirm> {
    Ok(Confirm {
        frame: Frame::inside(app, grant, Section::Members).await?,
        title: format!("Leave {}?", grant.policy().name),
        text: "You lose your roles and all access at once. To come back you need a new invitation."
            .to_owned(),
        action: format!("{}/members/{}/remove", path_of(grant), grant.person()?.user.id),
        revision: None,
        button: "Leave",
        cancel: if grant.can::<perm::TenantRead>() { path_of(grant) } else { "/tenants".to_owned() },
        errors: FormErrors::default(),
    })
}

/// The question, with what the removal would do now; or why it cannot be.
async fn removing(
    app: &View,
    grant: &Grant<perm::MembersDelete>,
    user: UserId,
    rejected: Option<Rejected>,
) -> Result<Response> {
    let (name, revision) = match also::<perm::MembersRead, _>(app, grant).await? {
        Some(reader) => {
            let member = members::show(&app.database, &reader, user).await?;
            (member.user.name, Some(member.revision))
        }
        None => ("this member".to_owned(), None),
    };
    let takes = [perm::MembersRead::NAME, perm::MembersDelete::NAME];
    let (consequences, refused) = match members::preview_removal(&app.authz, grant, user, revision).await {
        Ok(told) => (Some(Consequences::new(app, grant, &told, &takes).await?), None),
        Err(error) => (None, Some(Rejected::from(error, &[])?)),
    };
    let path = format!("{}/members/{user}", path_of(grant));
    let question = PreviewPage {
        frame: Frame::inside(app, grant, Section::Members).await?,
        title: format!("Remove {name} from {}?", grant.policy().name),
        text: format!(
            "The roles of {name} and all access end at once, and invitations to their addresses are withdrawn."
        ),
        consequences,
        action: format!("{path}/remove"),
        fields: revision.map(|revision| ("revision".to_owned(), revision.to_string())).into_iter().collect(),
        button: "Remove",
        final_step: true,
        back: Back::Page(path),
        errors: FormErrors::default(),
    };
    Ok(question.answer(rejected.or(refused).as_ref()))
}
