//! The problems an operation can answer, derived from who may call it, what it reads and its method. Called for each
//! operation; must never leave one out that the types make possible.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Map, Value, json};

use super::rights::Rights;
use crate::authz::{Permission as _, perm};
use crate::error::{Denial, Error, FieldError, Person, Requestable};
use crate::http::access::Access;
use crate::http::problem::{KINDS, Problem};
use crate::http::routes::RouteInfo;
use crate::ids::{DecisionId, TenantId, UserId};

/// One kind of problem: its slug, its status, and how one looks.
pub(super) struct Kind {
    pub(super) slug: String,
    pub(super) status: u16,
    example: Problem,
}

/// Every kind, in the order in which a request meets them.
pub(super) fn kinds() -> Vec<Kind> {
    let kinds = errors().into_iter().map(|error| {
        let example = Problem::of(&error, Some(super::words::REQUEST_ID.to_owned()));
        let slug = example.kind.rsplit('/').next().filter(|slug| *slug != "about:blank");
        Kind { slug: slug.unwrap_or("internal").to_owned(), status: example.status, example }
    });
    kinds.collect()
}

/// The slugs of the problems of `route`, by status.
pub(super) fn of(route: &RouteInfo, rights: &Rights, kinds: &[Kind]) -> BTreeMap<u16, Vec<String>> {
    let operation = &route.operation;
    let unsafe_method = !route.method.is_safe();
    let in_tenant = route.access.is_in_tenant();
    let known = !matches!(route.access, Access::Public(_));
    let platform = matches!(route.access, Access::Platform(_));
    let asks = in_tenant || platform;
    let reads = |header: &str| operation.headers.iter().any(|(name, _)| *name == header);
    let keyed = reads("Idempotency-Key");
    let body = operation.body.is_some() || keyed;
    let tokens = rights.takes_tokens(route.access);
    let can_answer = |slug: &str| match slug {
        "unauthenticated" | "invalid-token" => known,
        "insufficient-scope" => tokens && in_tenant,
        // A token is of a tenant, and there are no operators in it: for it these routes are not there.
        "session-required" => known && !tokens && !platform,
        "forbidden" => asks,
        "csrf" => known && unsafe_method,
        "not-found" => route.path.contains('{') || asks,
        "conflict" => (in_tenant && unsafe_method) || keyed,
        "precondition" => reads("If-Match"),
        "too-large" | "media-type" => body,
        "invalid" => body || operation.query.is_some(),
        "malformed" | "too-many" | "internal" | "unavailable" => true,
        _ => false,
    };
    let told = |slug: &str| operation.told.problems.iter().any(|(known, _)| *known == slug);
    let mut found: BTreeMap<u16, Vec<String>> = BTreeMap::new();
    for kind in kinds.iter().filter(|kind| can_answer(&kind.slug) || told(&kind.slug)) {
        found.entry(kind.status).or_default().push(kind.slug.clone());
    }
    found
}

/// How each kind looks, for `components/examples`.
pub(super) fn examples(kinds: &[Kind]) -> Map<String, Value> {
    let example = |kind: &Kind| {
        let value = json!({ "summary": kind.example.title, "value": kind.example });
        (kind.slug.clone(), value)
    };
    kinds.iter().map(example).collect()
}

/// The answer of the kinds with these slugs, which have one status.
pub(super) fn response(kinds: &[Kind], slugs: &[String], told: &[(&str, &str)]) -> Value {
    let meaning = |slug: &String| match KINDS.iter().find(|(known, ..)| known == slug) {
        Some((_, title, text)) => match told.iter().find(|(known, _)| known == slug) {
            Some((_, when)) => format!("{title}: {when}."),
            None => format!("{title}. {text}"),
        },
        None => "Internal error. The request id helps its operators find the cause.".to_owned(),
    };
    let description = slugs.iter().map(meaning).collect::<Vec<_>>().join("\n\n");
    let examples: Map<String, Value> = slugs
        .iter()
        .map(|slug| (slug.clone(), json!({ "$ref": format!("#/components/examples/{slug}") })))
        .collect();
    let status = kinds.iter().find(|kind| slugs.contains(&kind.slug)).map_or(500, |kind| kind.status);
    let names: &[&str] = match status {
        // Here a token learns which scope it lacks.
        403 if slugs.iter().any(|slug| slug == "insufficient-scope") => &["X-Request-Id", "WWW-Authenticate"],
        401 => &["X-Request-Id", "WWW-Authenticate"],
        409 | 429 | 503 => &["X-Request-Id", "Retry-After"],
        _ => &["X-Request-Id"],
    };
    json!({
        "description": description,
        "headers": super::responses::headers(names),
        "content": {
            "application/problem+json": {
                "schema": { "$ref": "#/components/schemas/Problem" },
                "examples": examples,
            },
        },
    })
}

/// One error of each kind.
fn errors() -> Vec<Error> {
    let person = |name: &str| Person { id: id(UserId::from_uuid), name: name.to_owned() };
    let denial = Denial {
        reason: "None of your roles in this tenant allows it.".into(),
        required: perm::MembersInvite::NAME.to_owned(),
        held_roles: vec!["viewer".to_owned()],
        granted_by: vec!["admin".to_owned(), "owner".to_owned()],
        request: Some(Requestable { tenant: id(TenantId::from_uuid), roles: vec!["admin".to_owned()] }),
        ask: vec![person("Ada Example")],
        decision_id: id(DecisionId::from_uuid),
        policy_version: 7,
        role_names: Vec::new(),
        suspended: false,
    };
    let field =
        FieldError { pointer: "/name".to_owned(), code: "required", detail: "missing field `name`".into() };
    vec![
        Error::Malformed("it is not JSON (line 1, column 9)".into()),
        Error::Unauthenticated,
        Error::InvalidToken,
        Error::Csrf,
        Error::SessionRequired,
        Error::InsufficientScope { required: perm::MembersInvite::NAME.to_owned() },
        Error::Forbidden(Box::new(denial)),
        Error::ReauthenticationRequired,
        Error::NotFound,
        Error::Conflict("This slug is taken. Choose another.".into()),
        Error::Stale,
        Error::TooLarge,
        Error::MediaType,
        Error::Invalid(vec![field]),
        Error::TooMany { what: "Too many requests. Try again later.".into(), retry_after: Duration::ZERO },
        Error::Internal("an example", None),
        Error::Unavailable("an example", None),
    ]
}

fn id<T>(of: impl Fn(uuid::Uuid) -> T) -> T {
    of(uuid::Uuid::try_parse(super::words::ID).unwrap_or_default())
}
