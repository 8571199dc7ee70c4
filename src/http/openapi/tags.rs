//! The groups of operations, by what they are about. Read by the document and its pages; a group without a sentence
//! must never be shown, so a test asks for one.

use serde_json::{Value, json};

use crate::http::routes::RouteInfo;

/// Every group and what it holds, in the order in which a newcomer reads.
pub(super) const TAGS: &[(&str, &str)] = &[
    ("me", "The caller: profile, sessions, identities, and tenants they may join or restore."),
    ("tenants", "Tenants: made, renamed, handed over, deleted."),
    ("members", "Who is in a tenant, and with which roles."),
    ("invitations", "Addresses that may become members."),
    ("join-requests", "People who ask to be let in, by an address in one of the tenant's domains."),
    ("domains", "Domains a tenant has proved, and who may join by them."),
    ("roles", "Named sets of permissions: four that every tenant has, and those it makes."),
    ("permissions", "The catalogue: everything a role can allow."),
    ("role-requests", "Members who ask for a role."),
    ("access", "Who may do what, and why."),
    ("audit-events", "What was changed and what was denied, chained by hashes."),
    ("projects", "The worked example of a resource that a product adds."),
    ("apps", "Machine members of a tenant, and their secrets."),
    ("tokens", "Personal tokens, and who holds which."),
    ("oauth", "Access tokens by RFC 6749: errors have its form, not that of problems."),
    ("discovery", "What other programs read to find the endpoints and keys."),
    ("operator", "For those who run the installation."),
    ("health", "For load balancers."),
    ("documents", "This description."),
];

/// What the operation is about: the first word below the tenant that is no verb.
pub(super) fn tag(path: &str) -> &str {
    if let Some(rest) = path.strip_prefix("/api/v1/") {
        let below = rest.strip_prefix("tenants/{tenant}/").unwrap_or(rest);
        let word = below.split('/').next().unwrap_or_default();
        return if matches!(word, "transfer" | "restore") { "tenants" } else { word };
    }
    match path.split('/').nth(1).unwrap_or_default() {
        ".well-known" => "discovery",
        "healthz" | "readyz" => "health",
        "api" => "documents",
        word => word,
    }
}

/// The groups that have operations, as the document lists them.
pub(super) fn used(routes: &[&RouteInfo]) -> Value {
    let known = TAGS.iter().filter(|(name, _)| routes.iter().any(|route| tag(route.path) == *name));
    known.map(|(name, description)| json!({ "name": name, "description": description })).collect()
}
