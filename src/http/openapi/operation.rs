//! One operation: who may call it, what it takes and what it answers. Called by the document; must never say less of
//! who may call it than the route declares.

use std::collections::HashSet;

use http::Method;
use serde_json::{Map, Value, json};

use super::document::Shared;
use super::naming::operation_id;
use super::parameters::parameters;
use super::responses::responses;
use super::rights::Rights;
use super::tags::tag;
use crate::http::access::Access;
use crate::http::routes::RouteInfo;

pub(super) fn describe(route: &RouteInfo, shared: &mut Shared<'_>) -> Value {
    let mut operation = Map::new();
    let mut put = |name: &str, value: Value| operation.insert(name.to_owned(), value);
    put("operationId", operation_id(route).into());
    put("summary", route.summary.into());
    put("description", description(route, shared.rights).into());
    put("tags", json!([tag(route.path)]));
    put("x-permission", route.access.as_str().into());
    if let Some(roles) = shared.rights.roles(route.access) {
        put("x-roles", json!(roles));
    }
    let public = matches!(route.access, Access::Public(_));
    put("x-session-required", (!public && !shared.rights.takes_tokens(route.access)).into());
    put("security", security(route.access, shared.rights));
    put("parameters", parameters(route, &mut shared.sent).into());
    if let Some((media_type, schema)) = route.operation.body {
        let schema = schema(&mut shared.sent);
        put("requestBody", json!({ "required": true, "content": { media_type: { "schema": schema } } }));
    }
    put("responses", responses(route, shared).into());
    operation.into()
}

fn security(access: Access, rights: &Rights) -> Value {
    let scopes = match access {
        Access::Public(_) => return json!([]),
        Access::Permission(name) | Access::PermissionOrOwn(name) | Access::PermissionOrMine(name) => {
            vec![name]
        }
        Access::Platform(_) | Access::Member | Access::Caller | Access::SignedIn => Vec::new(),
    };
    if rights.takes_tokens(access) {
        json!([{ "session": [] }, { "token": scopes }, { "oauth": scopes }])
    } else {
        json!([{ "session": [] }])
    }
}

/// What no other member says: what the route was given to say, and who may call it.
fn description(route: &RouteInfo, rights: &Rights) -> String {
    let needs = |name: &str| {
        let sentence = rights.get(name).map(|right| right.sentence.as_str()).unwrap_or_default();
        format!("Needs the permission `{name}` in the tenant: {sentence}")
    };
    let mut told: Vec<String> = route.operation.told.note.map(str::to_owned).into_iter().collect();
    told.push(match route.access {
        Access::Permission(name) => needs(name),
        Access::PermissionOrOwn(name) => {
            format!("{} Nobody needs it for what concerns themselves.", needs(name))
        }
        Access::PermissionOrMine(name) => {
            format!("{} Every other member, at a browser, gets to their own.", needs(name))
        }
        Access::Member => "For every member of the tenant, whatever their roles.".to_owned(),
        Access::Platform(name) => format!("For operators whose role on the installation holds `{name}`."),
        Access::Caller => "For everyone with a session or a token.".to_owned(),
        Access::SignedIn => "For everyone who is signed in.".to_owned(),
        Access::Public(why) => format!("For everyone: {why}."),
    });
    if let Some(roles) = rights.roles(route.access) {
        let held: Vec<String> = roles.iter().map(|role| format!("`{role}`")).collect();
        let own = if matches!(route.access, Access::Platform(_)) {
            ""
        } else {
            ", and by roles of the tenant's own that allow it"
        };
        told.push(format!("Held by {}{own}.", held.join(", ")));
    }
    if !matches!(route.access, Access::Public(_)) && !rights.takes_tokens(route.access) {
        told.push("Needs a session: no token does it.".to_owned());
    }
    told.join("\n\n")
}

/// The routes that answer with an `ETag`: those of resources that some route writes under `If-Match`.
pub(super) fn tagged(routes: &[&RouteInfo]) -> HashSet<(Method, &'static str)> {
    let honours = |route: &&RouteInfo| route.operation.headers.iter().any(|(name, _)| *name == "If-Match");
    let written: HashSet<&str> = routes.iter().copied().filter(honours).map(|route| route.path).collect();
    let is_tagged = |route: &&RouteInfo| {
        let made = |path: &&str| {
            let below = path.strip_prefix(route.path).and_then(|rest| rest.strip_prefix("/{"));
            below.is_some_and(|rest| rest.find('}') == Some(rest.len() - 1))
        };
        let acts_on = route.path.rsplit_once('/').is_some_and(|(resource, _)| written.contains(resource));
        written.contains(route.path) && !route.path.ends_with("/preview")
            || route.path.ends_with("/verify") && acts_on
            || route.method == Method::POST && written.iter().any(made)
    };
    routes.iter().copied().filter(is_tagged).map(|route| (route.method.clone(), route.path)).collect()
}
