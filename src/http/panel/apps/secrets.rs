//! Making and revoking an app's secrets. The answer to the form that makes one is the page that shows it; the form is
//! for one revision of the app, so that sending it again makes no other.

use axum::response::{IntoResponse as _, Response};

use super::app::app_page;
use crate::apps;
use crate::apps::secrets::{self, NewSecret};
use crate::authz::{Grant, perm};
use crate::error::{Error, Result};
use crate::http::access::Can;
use crate::http::extract::{Form, Path};
use crate::http::panel::page;
use crate::http::panel::parts::confirm::Confirm;
use crate::http::panel::parts::form::{self, FormErrors, Rejected, renamed};
use crate::http::panel::parts::frame::{Frame, Section, path_of};
use crate::http::panel::parts::lasts::Lasts;
use crate::http::panel::parts::made::MadePage;
use crate::http::panel::parts::notice::Notice;
use crate::http::panel::parts::shown::Moment;
use crate::http::panel::parts::view::View;
use crate::http::routes::{Area, Routes};
use crate::ids::{AppId, AppSecretId};

pub(super) fn routes() -> Routes {
    Routes::new(Area::Panel)
        .post("/t/{tenant}/apps/{app}/secrets", "Make a secret for an app, and show it once", make)
        .get("/t/{tenant}/apps/{app}/secrets/{secret}/revoke", "Ask before a secret is revoked", ask)
        .post("/t/{tenant}/apps/{app}/secrets/{secret}/revoke", "Revoke a secret of an app", revoke)
}

async fn make(who: Can<perm::AppsSecrets>, app: View, Path(id): Path<AppId>, form: Form) -> Result<Response> {
    form.only(&[&Lasts::FIELDS[..], &["revision"]].concat())?;
    let (grant, lasts, revision) = (who.grant(), Lasts::of(&form)?, form.revision()?);
    let reader: Grant<perm::AppsRead> = app.authz.also(grant).await?;
    let new = NewSecret { expires_in_days: Some(lasts.in_days()) };
    match secrets::create(&app.authz, grant, (id, Some(revision)), &new).await {
        Ok((made, _)) => {
            let name = apps::show(&app.database, &reader, id).await?.name;
            Ok(page(&MadePage {
                frame: Frame::inside(&app, grant, Section::Apps).await?,
                title: format!("A secret for {name}"),
                note: String::new(),
                command: format!(
                    "curl --user {} --data grant_type=client_credentials {}/oauth/token",
                    made.client_id,
                    app.config.origin()
                ),
                tries: "Get an access token by it. curl asks for the secret, so that your shell does not remember it.",
                secret: made.secret,
                client_id: Some(made.client_id),
                ends: Moment::new(made.expires_at, app.database.clock().now()),
                back: format!("{}/apps/{id}", path_of(grant)),
            }))
        }
        Err(error) => {
            let rejected = Rejected::from(renamed(error, "/expires_in_days", "/days"), &["days"])?;
            let mut shown = app_page(&app, &reader, id).await?;
            (shown.lasts, shown.secret_errors) = (lasts, form::errors(Some(&rejected)));
            Ok(rejected.answer(page(&shown)))
        }
    }
}

async fn ask(
    who: Can<perm::AppsSecrets>,
    app: View,
    Path(id): Path<AppId>,
    Path(secret): Path<AppSecretId>,
) -> Result<Response> {
    Ok(question(&app, who.grant(), id, secret).await?.answer(None))
}

async fn revoke(
    who: Can<perm::AppsSecrets>,
    app: View,
    Path(id): Path<AppId>,
    Path(secret): Path<AppSecretId>,
    form: Form,
) -> Result<Response> {
    form.only(&[])?;
    secrets::revoke(&app.authz, who.grant(), id, secret).await?;
    let place = format!("{}/apps/{id}", path_of(who.grant()));
    Ok(Notice::SecretRevoked.at(&place).into_response())
}

async fn question(
    app: &View,
    grant: &Grant<perm::AppsSecrets>,
    id: AppId,
    secret: AppSecretId,
) -> Result<Confirm> {
    let reader: Grant<perm::AppsRead> = app.authz.also(grant).await?;
    let found = apps::show(&app.database, &reader, id).await?;
    let known = found.secrets.iter().find(|known| known.id == secret).ok_or(Error::NotFound)?;
    let left = if found.secrets.len() > 1 {
        "The app goes on with its other secret."
    } else {
        "The app has no other: it gets no tokens until you make one."
    };
    let path = format!("{}/apps/{id}", path_of(grant));
    Ok(Confirm {
        frame: Frame::inside(app, grant, Section::Apps).await?,
        title: format!("Revoke the secret {}… of {}?", known.prefix, found.name),
        text: format!(
            "No token is given for it any more. Tokens it got already work on to their end, within the hour. {left}"
        ),
        action: format!("{path}/secrets/{secret}/revoke"),
        button: "Revoke the secret",
        revision: None,
        cancel: path,
        errors: FormErrors::default(),
    })
}
