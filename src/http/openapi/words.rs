//! What stands in examples where a type says only "text": by the field's name, or by the type's and the field's where
//! one name means several things. A type may also say it itself, with `#[schemars(example = …)]`.

use serde_json::Value;

/// The id in every example.
pub(super) const ID: &str = "019a9f60-5b1c-7d3e-8f00-2c6d4e8a9b10";
/// The request id in every example.
pub(super) const REQUEST_ID: &str = "019a9f60-6c2d-7e4f-9a01-3d7e5f9bac21";
/// The moment in every example.
pub(super) const MOMENT: &str = "2026-11-21T09:30:00Z";

/// By the field's name; `Type.field` comes first.
const WORDS: &[(&str, &str)] = &[
    ("action", "member.removed"),
    ("avatar_url", "https://avatars.example.com/ada.png"),
    ("last_used_from", "192.0.2.10"),
    ("TokenOwner.type", "user"),
    ("Inviter.type", "user"),
    ("access_token", "fha_4fJ7sPq2Xc9LtVb0WmRkYz8HdNgA1uEoTq3vKx5"),
    ("algorithm", "ES256"),
    ("allowed_origins", "https://app.example.com"),
    ("client_id", "fhc_7Gk2mQ9xRt4vBn6cZ1a8Lp3w"),
    ("code", "required"),
    ("aud", "https://id.example.com"),
    ("client_assertion", "eyJhbGciOiJFUzI1NiJ9.e30.c2ln"),
    ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
    ("client_secret", "fhs_8HdNgA1uEoTq3vKx5Zc7Rm2Yb9Lw4Jp6Sf0Gi1D"),
    ("device_code", "8HdNgA1uEoTq3vKx5Zc7Rm2Yb9Lw4Jp6"),
    ("iss", "https://id.example.com"),
    ("key", "editor"),
    ("kid", "2026-11"),
    ("kty", "EC"),
    ("scope", "projects:read"),
    ("token_type", "Bearer"),
    ("token_type_hint", "access_token"),
    ("user_code", "BDWP-HQPK"),
    ("verification_uri", "https://id.example.com/device"),
    ("verification_uri_complete", "https://id.example.com/device?user_code=BDWP-HQPK"),
    ("cursor", "WzIwXQ.9xJ0c2"),
    ("denies", "projects:delete"),
    ("description", "Edits what others wrote."),
    ("detail", "Sent."),
    ("domain", "acme.example"),
    ("email", "ada@example.com"),
    ("emails", "ada@example.com"),
    ("format", "csv"),
    ("gained", "projects:update"),
    ("gains", "projects:update"),
    ("granted_by", "admin"),
    ("hash", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"),
    ("held_roles", "viewer"),
    ("inherits", "viewer"),
    ("ip", "192.0.2.10"),
    ("keep_role", "admin"),
    ("loses", "projects:delete"),
    ("loses_own", "projects:delete"),
    ("lost", "projects:delete"),
    ("method", "PATCH"),
    ("name", "Ada Example"),
    ("note", "For the release."),
    ("outcome", "done"),
    ("path", "/api/v1/tenants/{tenant}/roles/{role}"),
    ("permission", "projects:update"),
    ("permissions", "projects:update"),
    ("pointer", "/name"),
    ("prefix", "fhp_4fJ7"),
    ("provider", "google"),
    ("reason", "For the release."),
    ("reassign_to", "member"),
    ("remove", "viewer"),
    ("request_id", REQUEST_ID),
    ("role", "editor"),
    ("roles", "editor"),
    ("scopes", "projects:read"),
    ("secret", "fhs_8HdNgA1uEoTq3vKx5Zc7Rm2Yb9Lw4Jp6Sf0Gi1D"),
    ("search", "ada"),
    ("slug", "acme"),
    ("suspended_reason", "The bill is not paid."),
    ("disabled_reason", "The account was stolen."),
    ("target", ID),
    ("tenant", "acme"),
    ("text", "ben@example.com, cleo@example.com"),
    ("title", "Invalid request"),
    ("token", "4fJ7sPq2Xc9LtVb0WmRkYz8HdNgA1uEo"),
    ("user_agent", "Firefox on Linux"),
    ("username", "ada-example"),
    ("version", "0.1.0"),
    ("AuditEvent.actor.type", "user"),
    ("AuditEvent.target.type", "member"),
    ("AuditEvent.target.id", ID),
    ("DomainRecord.name", "_freehold.acme.example"),
    ("DomainRecord.value", "freehold=4fJ7sPq2Xc9LtVb0WmRkYz8HdNgA1uEo"),
    ("Health.database", "PostgreSQL"),
    ("Health.schema", "current"),
    ("Health.session_store", "Redis"),
    ("App.name", "Nightly report"),
    ("NewApp.name", "Nightly report"),
    ("AppChange.name", "Nightly report"),
    ("MeApp.name", "Nightly report"),
    ("MeApp.principal", "app"),
    ("NewProject.name", "Spring catalogue"),
    ("NewProject.description", "What we print in March."),
    ("Project.name", "Spring catalogue"),
    ("Project.description", "What we print in March."),
    ("ProjectChange.name", "Spring catalogue"),
    ("ProjectChange.description", "What we print in March."),
    ("MeUser.principal", "user"),
    ("NewToken.name", "My laptop"),
    ("Token.name", "My laptop"),
    ("NewlyMinted.name", "My laptop"),
    ("NewlyMinted.token", "fhp_4fJ7sPq2Xc9LtVb0WmRkYz8HdNgA1uEoTq3vKx5"),
    ("NamedRole.name", "Editor"),
    ("MemberRole.name", "Editor"),
    ("NewRole.name", "Editor"),
    ("Role.name", "Editor"),
    ("RoleChange.name", "Editor"),
    ("UnusedRole.name", "Editor"),
    ("UnusedPermission.name", "projects:delete"),
    ("Permission.name", "projects:update"),
    ("Permission.description", "Change and archive projects."),
    ("DeletedTenant.name", "Acme"),
    ("JoinableTenant.name", "Acme"),
    ("JoinedTenant.name", "Acme"),
    ("NamedTenant.name", "Acme"),
    ("NewTenant.name", "Acme"),
    ("OperatorMembership.name", "Acme"),
    ("OperatorTenant.name", "Acme"),
    ("Tenant.name", "Acme"),
    ("TenantChange.name", "Acme"),
    ("TenantJoined.name", "Acme"),
    ("TenantOfMine.name", "Acme"),
];

/// What is true of few: everything else that may be true is, in examples.
pub(super) const UNUSUAL: &[&str] =
    &["archived", "disabled", "draining", "own", "unused", "revoked", "session_only", "suspended", "system"];

/// What stands for the field `name` of the type `owner`; none when nothing is known.
pub(super) fn word(owner: &str, name: &str) -> Option<Value> {
    if name == "next_cursor" {
        return Some(Value::Null);
    }
    let find =
        |wanted: &str| WORDS.iter().find(|(known, _)| *known == wanted).map(|(_, text)| (*text).into());
    find(&format!("{owner}.{name}")).or_else(|| find(name))
}
