//! An app's public keys, by which it may prove who it is in place of a secret: listed on its page, registered and removed
//! there. Must never show again what was pasted in place of a public key; it may be a private one.

use axum::response::{IntoResponse as _, Response};

use super::app::app_page;
use crate::apps;
use crate::authz::{Grant, perm};
use crate::error::{Error, Result};
use crate::http::access::Can;
use crate::http::extract::{Form, KeyWord, Path, read_json};
use crate::http::panel::page;
use crate::http::panel::parts::confirm::Confirm;
use crate::http::panel::parts::form::{self, FormErrors, Rejected};
use crate::http::panel::parts::frame::{Frame, Section, path_of};
use crate::http::panel::parts::notice::Notice;
use crate::http::panel::parts::shown::Moment;
use crate::http::panel::parts::view::View;
use crate::http::routes::{Area, Routes};
use crate::ids::AppId;
use crate::oauth::PublicJwk;
use crate::oauth::app_keys::{self, MOST};

pub(super) fn routes() -> Routes {
    Routes::new(Area::Panel)
        .post("/t/{tenant}/apps/{app}/keys", "Register a public key of an app", add)
        .get("/t/{tenant}/apps/{app}/keys/{key}/remove", "Ask before a public key is removed", ask)
        .post("/t/{tenant}/apps/{app}/keys/{key}/remove", "Remove a public key of an app", remove)
}

/// The keys on the page of an app.
#[derive(Debug, Default)]
pub(in crate::http::panel) struct Keys {
    pub(in crate::http::panel) rows: Vec<KeyRow>,
    /// What was wrong with the form that registers one.
    pub(in crate::http::panel) errors: FormErrors,
}

/// A key in the list.
#[derive(Debug)]
pub(in crate::http::panel) struct KeyRow {
    pub(in crate::http::panel) kid: String,
    pub(in crate::http::panel) algorithm: String,
    pub(in crate::http::panel) made: Moment,
}

impl Keys {
    /// The app's keys as they are.
    pub(super) async fn of(app: &View, grant: &Grant<perm::AppsRead>, id: AppId) -> Result<Self> {
        let now = app.database.clock().now();
        let row = |key: app_keys::AppKey| KeyRow {
            kid: key.kid,
            algorithm: key.algorithm,
            made: Moment::new(key.created_at, now),
        };
        let rows = app_keys::list(&app.database, grant, id).await?.into_iter().map(row).collect();
        Ok(Self { rows, errors: FormErrors::default() })
    }

    /// Whether there is room for no other.
    pub(in crate::http::panel) fn full(&self) -> bool {
        self.rows.len() >= MOST
    }
}

async fn add(who: Can<perm::AppsSecrets>, app: View, Path(id): Path<AppId>, form: Form) -> Result<Response> {
    form.only(&["jwk"])?;
    let grant = who.grant();
    let done = match read(form.text("jwk")?) {
        Ok(jwk) => app_keys::add(&app.authz, grant, id, &jwk).await.map_err(beside),
        Err(error) => Err(error),
    };
    match done {
        Ok(_) => {
            let place = format!("{}/apps/{id}", path_of(grant));
            Ok(Notice::KeyAdded.at(&place).into_response())
        }
        Err(error) => {
            let rejected = Rejected::from(error, &["jwk"])?;
            let reader: Grant<perm::AppsRead> = app.authz.also(grant).await?;
            let mut shown = app_page(&app, &reader, id).await?;
            shown.keys.errors = form::errors(Some(&rejected));
            Ok(rejected.answer(page(&shown)))
        }
    }
}

/// The key that was pasted.
fn read(text: &str) -> Result<PublicJwk> {
    if text.trim().is_empty() {
        return Err(Error::invalid("/jwk", "required", "Paste the public key."));
    }
    let unreadable = Error::invalid(
        "/jwk",
        "jwk",
        "This is no JSON Web Key. Write it as JSON, such as {\"kty\": \"OKP\", \"crv\": \"Ed25519\", \"x\": \"…\"}.",
    );
    read_json(text.as_bytes())
        .map_err(|error| if matches!(error, Error::Malformed(_)) { unreadable } else { beside(error) })
}

/// What is wrong with a part of the key, beside the one field there is, by its name.
fn beside(error: Error) -> Error {
    let Error::Invalid(mut problems) = error else { return error };
    for problem in &mut problems {
        let part = problem.pointer.trim_start_matches('/').to_owned();
        if !part.is_empty() {
            problem.detail = format!("{part}: {}", problem.detail).into();
        }
        "/jwk".clone_into(&mut problem.pointer);
    }
    Error::Invalid(problems)
}

async fn ask(
    who: Can<perm::AppsSecrets>,
    app: View,
    Path(id): Path<AppId>,
    Path(key): Path<KeyWord>,
) -> Result<Response> {
    let grant = who.grant();
    let reader: Grant<perm::AppsRead> = app.authz.also(grant).await?;
    let found = apps::show(&app.database, &reader, id).await?;
    let keys = app_keys::list(&app.database, &reader, id).await?;
    let kid = keys.into_iter().find(|known| known.kid == key.0).ok_or(Error::NotFound)?.kid;
    let path = format!("{}/apps/{id}", path_of(grant));
    let question = Confirm {
        frame: Frame::inside(&app, grant, Section::Apps).await?,
        title: format!("Remove the key {kid} of {}?", found.name),
        text: "Nothing it signs is believed any more. Tokens that were asked for by it work on to their end, within the \
               hour."
            .to_owned(),
        action: format!("{path}/keys/{kid}/remove"),
        button: "Remove the key",
        revision: None,
        cancel: path,
        errors: FormErrors::default(),
    };
    Ok(question.answer(None))
}

async fn remove(
    who: Can<perm::AppsSecrets>,
    app: View,
    Path(id): Path<AppId>,
    Path(key): Path<KeyWord>,
    form: Form,
) -> Result<Response> {
    form.only(&[])?;
    app_keys::remove(&app.authz, who.grant(), id, &key.0).await?;
    let place = format!("{}/apps/{id}", path_of(who.grant()));
    Ok(Notice::KeyRemoved.at(&place).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_public_key_is_told_beside_the_field_and_not_repeated() {
        for (text, tells) in [
            ("", "Paste the public key."),
            ("-----BEGIN PRIVATE KEY-----\nTk9UQUtFWQ==", "no JSON Web Key"),
            (r#"["OKP"]"#, "object"),
            (r#"{"kty":"OKP","crv":"Ed25519","z":1}"#, "unknown field"),
        ] {
            let Err(Error::Invalid(problems)) = read(text) else { panic!("{text}") };
            let [problem] = problems.as_slice() else { panic!("{problems:?}") };
            assert_eq!(problem.pointer, "/jwk", "{text}");
            assert!(problem.detail.contains(tells) && !problem.detail.contains("Tk9U"), "{}", problem.detail);
        }
        let private = read(r#"{"kty":"OKP","crv":"Ed25519","x":"eA","d":"c2VjcmV0"}"#).unwrap();
        let Err(Error::Invalid(problems)) = private.check().map_err(beside) else { panic!() };
        assert!(problems[0].detail.starts_with("d: This is a secret key."), "{problems:?}");
    }
}
