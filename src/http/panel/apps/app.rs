//! One app: its form for those who may change it, its secrets, and the tokens it got. Registered here too.

use askama::Template;
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;

use super::AppRow;
use super::keys::Keys;
use crate::apps::secrets::MOST;
use crate::apps::{self, App, AppChange, NewApp, Secret, TokenFormat};
use crate::authz::{Grant, HeldRole, TenantPolicy, perm};
use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::http::access::Can;
use crate::http::extract::{Form, Path, Query};
use crate::http::panel::parts::choices::{Choice, choices};
use crate::http::panel::parts::form::{self, FormErrors, Rejected};
use crate::http::panel::parts::frame::{Frame, Section, also, path_of};
use crate::http::panel::parts::lasts::Lasts;
use crate::http::panel::parts::notice::Notice;
use crate::http::panel::parts::role_form::RoleForm;
use crate::http::panel::parts::shown::Moment;
use crate::http::panel::parts::view::View;
use crate::http::panel::tokens::TokenRow;
use crate::http::panel::{Icon, page};
use crate::http::routes::{Area, Routes};
use crate::ids::{AppId, Subject};
use crate::tokens::{self, SOON};

/// How many of its tokens are shown.
const TOKENS: u32 = 50;

pub(super) fn routes() -> Routes {
    Routes::new(Area::Panel)
        .get("/t/{tenant}/apps/new", "Begin an app", begin)
        .post("/t/{tenant}/apps", "Register an app", create)
        .get("/t/{tenant}/apps/{app}", "One app", show)
        .post("/t/{tenant}/apps/{app}", "Change an app", change)
}

/// The fields of the form besides those of the roles.
const FIELDS: [&str; 3] = ["name", "allowed_origins", "token_format"];

#[derive(Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct Shown {
    /// What was just done.
    done: Option<String>,
}

/// The form of a new app.
#[derive(Debug, Template)]
#[template(path = "pages/app_new.html")]
pub(in crate::http::panel) struct NewAppPage {
    pub(in crate::http::panel) frame: Frame,
    pub(in crate::http::panel) path: String,
    pub(in crate::http::panel) typed: Typed,
    pub(in crate::http::panel) choices: Vec<Choice>,
    pub(in crate::http::panel) errors: FormErrors,
}

/// An app that is there.
#[allow(clippy::struct_excessive_bools, reason = "what the reader may do, each by itself")]
#[derive(Debug, Template)]
#[template(path = "pages/app.html")]
pub(in crate::http::panel) struct AppPage {
    pub(in crate::http::panel) frame: Frame,
    pub(in crate::http::panel) path: String,
    pub(in crate::http::panel) app: AppRow,
    pub(in crate::http::panel) made: Moment,
    pub(in crate::http::panel) revision: i64,
    pub(in crate::http::panel) typed: Typed,
    pub(in crate::http::panel) choices: Vec<Choice>,
    pub(in crate::http::panel) errors: FormErrors,
    pub(in crate::http::panel) secrets: Vec<SecretRow>,
    pub(in crate::http::panel) lasts: Lasts,
    /// What was wrong with the form that makes a secret.
    pub(in crate::http::panel) secret_errors: FormErrors,
    pub(in crate::http::panel) keys: Keys,
    /// Its tokens that work, for those who may see tokens.
    pub(in crate::http::panel) tokens: Option<Vec<TokenRow>>,
    pub(in crate::http::panel) may_change: bool,
    pub(in crate::http::panel) may_make_secrets: bool,
    pub(in crate::http::panel) may_delete: bool,
    /// Where all it may do is told, for who may ask.
    pub(in crate::http::panel) explained: Option<String>,
    /// Whether the sign-in is recent enough to make a secret.
    pub(in crate::http::panel) fresh: bool,
}

impl AppPage {
    fn full(&self) -> bool {
        self.secrets.len() >= MOST
    }
}

/// A secret in the list: what is known of it, not what it is.
#[derive(Debug)]
pub(in crate::http::panel) struct SecretRow {
    pub(in crate::http::panel) id: String,
    pub(in crate::http::panel) prefix: String,
    pub(in crate::http::panel) made: Moment,
    pub(in crate::http::panel) ends: Moment,
    pub(in crate::http::panel) soon: bool,
    pub(in crate::http::panel) used: Option<Moment>,
}

impl SecretRow {
    fn new(secret: &Secret, now: Timestamp) -> Self {
        Self {
            id: secret.id.to_string(),
            prefix: secret.prefix.clone(),
            made: Moment::new(secret.created_at, now),
            ends: Moment::new(secret.expires_at, now),
            soon: secret.expires_at <= now + SOON,
            used: secret.last_used_at.map(|at| Moment::new(at, now)),
        }
    }
}

/// What stands in the form.
#[derive(Debug, Clone, Default)]
pub(in crate::http::panel) struct Typed {
    pub(in crate::http::panel) name: String,
    pub(in crate::http::panel) roles: RoleForm,
    /// One a line.
    pub(in crate::http::panel) origins: String,
    pub(in crate::http::panel) format: TokenFormat,
}

impl Typed {
    /// Reads the form, which may have the fields `more` besides.
    fn of(form: &Form, policy: &TenantPolicy, more: &[&str]) -> Result<Self> {
        Ok(Self {
            roles: RoleForm::read(form, policy, &[&FIELDS, more].concat())?,
            name: form.text("name")?.to_owned(),
            origins: form.text("allowed_origins")?.to_owned(),
            format: if form.text("token_format")? == TokenFormat::Jwt.as_str() {
                TokenFormat::Jwt
            } else {
                TokenFormat::Opaque
            },
        })
    }

    fn as_is(app: &App) -> Self {
        Self {
            name: app.name.clone(),
            roles: RoleForm::holding(
                app.roles.iter().map(|key| (key.as_str(), app.role_ends.get(key).copied())),
            ),
            origins: app.allowed_origins.join("\n"),
            format: app.token_format,
        }
    }

    /// What was wrong, beside the field it concerns.
    fn rejected(&self, error: Error) -> Result<Rejected> {
        let mut fields = self.roles.fields();
        fields.extend(FIELDS.map(str::to_owned));
        let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
        Rejected::from(self.roles.beside(error), &fields)
    }

    fn lines(&self) -> Vec<String> {
        self.origins.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect()
    }

    /// What access tokens may be: the word, whether it is chosen, what it is called, what it means.
    fn formats(&self) -> [(&'static str, bool, &'static str, &'static str); 2] {
        [
            (
                TokenFormat::Opaque,
                "Opaque",
                "Looked up at every request, so a revoked one stops at once everywhere. The usual choice.",
            ),
            (
                TokenFormat::Jwt,
                "JWT",
                "Signed, so services of your own can check it without asking here; there it ends only by time, within the hour.",
            ),
        ]
        .map(|(format, name, text)| (format.as_str(), format == self.format, name, text))
    }
}

async fn begin(who: Can<perm::AppsCreate>, app: View) -> Result<Response> {
    Ok(page(&new_page(&app, who.grant(), Typed::default(), None).await?))
}

async fn create(who: Can<perm::AppsCreate>, app: View, form: Form) -> Result<Response> {
    let grant = who.grant();
    let typed = Typed::of(&form, grant.policy(), &[])?;
    let made = match typed.roles.wanted(|_role| None) {
        Ok(roles) => {
            let new = NewApp {
                name: typed.name.clone(),
                roles,
                allowed_origins: typed.lines(),
                token_format: typed.format,
            };
            apps::create(&app.authz, grant, &new, app.config.limits.apps).await
        }
        Err(problems) => Err(problems),
    };
    match made {
        Ok((made, _)) => {
            let place = format!("{}/apps/{}", path_of(grant), made.id);
            Ok(Notice::AppCreated.at(&place).into_response())
        }
        Err(error) => {
            let rejected = typed.rejected(error)?;
            Ok(rejected.answer(page(&new_page(&app, grant, typed, Some(&rejected)).await?)))
        }
    }
}

async fn new_page(
    app: &View,
    grant: &Grant<perm::AppsCreate>,
    typed: Typed,
    rejected: Option<&Rejected>,
) -> Result<NewAppPage> {
    let (now, errors) = (app.database.clock().now(), form::errors(rejected));
    Ok(NewAppPage {
        frame: Frame::inside(app, grant, Section::Apps).await?,
        path: path_of(grant),
        choices: choices(grant, &[], (&typed.roles, &errors), now),
        typed,
        errors,
    })
}

async fn show(
    who: Can<perm::AppsRead>,
    app: View,
    Path(id): Path<AppId>,
    Query(query): Query<Shown>,
) -> Result<Response> {
    let mut shown = app_page(&app, who.grant(), id).await?;
    shown.frame = shown.frame.telling(query.done.as_deref());
    Ok(page(&shown))
}

async fn change(
    who: Can<perm::AppsUpdate>,
    app: View,
    Path(id): Path<AppId>,
    form: Form,
) -> Result<Response> {
    let (grant, revision) = (who.grant(), form.revision()?);
    let reader: Grant<perm::AppsRead> = app.authz.also(grant).await?;
    let before = apps::show(&app.database, &reader, id).await?;
    let typed = match Typed::of(&form, grant.policy(), &["revision"]) {
        Err(Error::Stale) => return again(&app, &reader, &before, &Rejected::from(Error::Stale, &[])?).await,
        read => read?,
    };
    let done = match typed.roles.wanted(|key| before.role_ends.get(key).copied()) {
        Ok(roles) => {
            let wanted = AppChange {
                name: Some(typed.name.clone()),
                roles: Some(roles),
                allowed_origins: Some(typed.lines()),
                token_format: Some(typed.format),
                enabled: None,
            };
            apps::change(&app.authz, grant, (id, Some(revision)), &wanted).await
        }
        Err(problems) => Err(problems),
    };
    match done {
        Ok(_) => {
            let place = format!("{}/apps/{id}", path_of(grant));
            Ok(Notice::AppSaved.at(&place).into_response())
        }
        Err(Error::Stale) => again(&app, &reader, &before, &Rejected::from(Error::Stale, &[])?).await,
        Err(error) => {
            let rejected = typed.rejected(error)?;
            let mut shown = app_page(&app, &reader, id).await?;
            shown.errors = form::errors(Some(&rejected));
            shown.choices = role_choices(&reader, &before, (&typed.roles, &shown.errors), &app);
            shown.typed = typed;
            Ok(rejected.answer(page(&shown)))
        }
    }
}

/// The page as the app is now, with what was wrong.
async fn again(
    app: &View,
    reader: &Grant<perm::AppsRead>,
    before: &App,
    rejected: &Rejected,
) -> Result<Response> {
    let mut shown = app_page(app, reader, before.id).await?;
    shown.errors = form::errors(Some(rejected));
    Ok(rejected.answer(page(&shown)))
}

/// The roles the app may have, as the form has them.
fn role_choices(
    grant: &Grant<perm::AppsRead>,
    found: &App,
    filled: (&RoleForm, &FormErrors),
    app: &View,
) -> Vec<Choice> {
    let held = |key: &String| {
        let role = grant.policy().role_by_key(key)?;
        Some(HeldRole { role: role.id, expires_at: found.role_ends.get(key).copied() })
    };
    let held: Vec<HeldRole> = found.roles.iter().filter_map(held).collect();
    choices(grant, &held, filled, app.database.clock().now())
}

/// The page of the app as it is.
pub(super) async fn app_page(app: &View, grant: &Grant<perm::AppsRead>, id: AppId) -> Result<AppPage> {
    app.token_uses.write(&app.database).await?;
    let (found, now) = (apps::show(&app.database, grant, id).await?, app.database.clock().now());
    let tokens = match also::<perm::TokensRead, _>(app, grant).await? {
        None => None,
        Some(reader) => {
            let filter = tokens::Filter { owner: Some(Subject::App(id)), unused: false };
            let (listed, _) = tokens::list(&app.database, &reader, filter, (None, TOKENS)).await?;
            Some(listed.into_iter().map(|token| TokenRow::new(&reader, token, now)).collect())
        }
    };
    let typed = Typed::as_is(&found);
    Ok(AppPage {
        frame: Frame::inside(app, grant, Section::Apps).await?,
        path: path_of(grant),
        app: AppRow::new(grant, &found, now),
        made: Moment::new(found.created_at, now),
        revision: found.revision,
        choices: role_choices(grant, &found, (&typed.roles, &FormErrors::default()), app),
        typed,
        errors: FormErrors::default(),
        secrets: found.secrets.iter().map(|secret| SecretRow::new(secret, now)).collect(),
        lasts: Lasts::default(),
        secret_errors: FormErrors::default(),
        keys: Keys::of(app, grant, id).await?,
        tokens,
        may_change: grant.can::<perm::AppsUpdate>(),
        may_make_secrets: grant.can::<perm::AppsSecrets>(),
        may_delete: grant.can::<perm::AppsDelete>(),
        explained: grant.can::<perm::AccessRead>().then(|| format!("{}/access?app={id}", path_of(grant))),
        fresh: grant.principal().require_fresh(now).is_ok(),
    })
}
