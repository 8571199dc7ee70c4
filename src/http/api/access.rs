//! Questions about access: what someone may do and why, who may do something and why, and which rights nobody uses.

use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::authz::{Able, Because, Member, PermissionId, perm};
use crate::error::{Error, Result};
use crate::http::access::Can;
use crate::http::answer::Found;
use crate::http::api::scope;
use crate::http::extract::{Json, Query};
use crate::http::pagination::{self, Page};
use crate::http::routes::{Area, Routes};
use crate::http::state::AppState;
use crate::ids;
use crate::roles::{self, UnusedRole};
use uuid::Uuid;

pub(super) fn routes() -> Routes {
    Routes::new(Area::Api)
        .post("/api/v1/tenants/{tenant}/access/explain", "Ask what someone may do, and why", explain)
        .get("/api/v1/tenants/{tenant}/access/who-can", "List who may do something, and why", who_can)
        .get("/api/v1/tenants/{tenant}/access/unused", "List what of each role nobody used", unused)
}

/// A question about one subject and one permission. It changes nothing; it is a POST because it has a body.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "AccessQuestion")]
struct Question {
    /// Who it is about.
    subject: Asked,
    /// The permission, `noun:verb`.
    permission: String,
}

/// Who a question is about.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "AccessSubject")]
struct Asked {
    /// What they are.
    #[serde(rename = "type")]
    kind: Kind,
    /// The id of the user or app.
    id: Uuid,
}

/// What can hold roles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "SubjectType")]
enum Kind {
    /// A person.
    User,
    /// A machine.
    App,
}

/// Who an answer is about.
#[derive(Debug, Serialize, JsonSchema)]
struct Subject {
    /// What they are.
    #[serde(rename = "type")]
    kind: Kind,
    /// The id of the user or app.
    id: Uuid,
    /// Their name.
    name: String,
}

impl From<Member> for Subject {
    fn from(member: Member) -> Self {
        let kind = if member.id.user().is_some() { Kind::User } else { Kind::App };
        Self { kind, id: member.id.uuid(), name: member.name }
    }
}

/// A decision and every rule it follows from.
#[derive(Debug, Serialize, JsonSchema)]
struct Explained {
    /// Whether it is allowed.
    decision: bool,
    /// The permission that was asked about.
    permission: String,
    /// The version of the tenant's policy that was asked.
    policy_version: i64,
    /// Every rule that speaks for or against it: denials first, then the nearest. Empty: no rule of theirs speaks of it.
    because: Vec<Because>,
    /// Who it is about.
    subject: Subject,
    /// Whether they are disabled, a person everywhere or the app: then nothing is allowed, whatever the rules say.
    disabled: bool,
}

/// The permission of this name.
fn permission(app: &AppState, name: &str) -> Result<PermissionId> {
    let unknown = || Error::invalid("/permission", "unknown", "There is no such permission.");
    app.authz.catalogue().get(name).ok_or_else(unknown)
}

async fn explain(
    who: Can<perm::AccessRead>,
    State(app): State<AppState>,
    Json(question): Json<Question>,
) -> Result<Found<Explained>> {
    let id = permission(&app, &question.permission)?;
    let subject = ids::Subject::of(question.subject.kind == Kind::App, question.subject.id);
    let access = app.authz.explain_member(who.grant(), subject, &[id]).await?;
    let verdict = access.verdicts.into_iter().next();
    let verdict = verdict.ok_or(Error::Internal("a question was not answered", None))?;
    Ok(Found::new(Explained {
        decision: verdict.allowed,
        permission: question.permission,
        policy_version: access.policy_version,
        because: verdict.because,
        subject: access.member.into(),
        disabled: access.disabled,
    }))
}

/// Which permission, and which part of the list.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Whose {
    /// The permission, `noun:verb`.
    permission: String,
    /// How many items at most; 50 when absent.
    #[schemars(range(min = 1, max = 200))]
    limit: Option<u32>,
    /// The `next_cursor` of the part before, given with the same permission.
    cursor: Option<String>,
}

/// Someone who may do it, and why.
#[derive(Debug, Serialize, JsonSchema)]
struct CanDo {
    /// Who.
    subject: Subject,
    /// Every rule that speaks for it.
    because: Vec<Because>,
}

async fn who_can(
    who: Can<perm::AccessRead>,
    State(app): State<AppState>,
    Query(query): Query<Whose>,
) -> Result<Found<Page<CanDo>>> {
    let id = permission(&app, &query.permission)?;
    let scope = scope(&[&"who-can", &who.grant().tenant(), &query.permission]);
    let after: Option<Uuid> = pagination::decode(&app.sealer, &scope, query.cursor.as_deref())?;
    let part = (after, pagination::limit(query.limit)?);
    let (people, more) = app.authz.who_can(who.grant(), id, part).await?;
    let last = people.last().filter(|_| more).map(|able| able.member.id.uuid());
    let next_cursor = last.map(|last| pagination::encode(&app.sealer, &scope, &last)).transpose()?;
    let item = |able: Able| CanDo { subject: able.member.into(), because: able.because };
    Ok(Found::new(Page { items: people.into_iter().map(item).collect(), next_cursor }))
}

/// How far to look back, and which part of the list.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Period {
    /// How many days; 30 when absent.
    #[schemars(range(min = 1, max = 90))]
    days: Option<u32>,
    /// How many items at most; 50 when absent.
    #[schemars(range(min = 1, max = 200))]
    limit: Option<u32>,
    /// The `next_cursor` of the part before, given with the same days.
    cursor: Option<String>,
}

async fn unused(
    who: Can<perm::AccessRead>,
    State(app): State<AppState>,
    Query(query): Query<Period>,
) -> Result<Found<Page<UnusedRole>>> {
    let days = query.days.unwrap_or(30);
    let found = roles::unused(&app.database, &app.authz, (&app.decisions, days), who.grant()).await?;
    let scope = scope(&[&"unused", &who.grant().tenant(), &days]);
    pagination::part(&app.sealer, &scope, (query.limit, query.cursor.as_deref()), found, |role| role.id)
        .map(Found::new)
}
