//! From a database error to what a client may be told. Constraints are known by name; `SQLite`, which reports
//! the columns instead, is translated to the names Postgres gives.

use crate::error::{Error, FieldError};

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        if let Some(conflict) = error.as_database_error().and_then(violated) {
            return conflict;
        }
        if is_away(&error) { Self::unavailable("database", error) } else { Self::internal("database", error) }
    }
}

/// Whether trying again later can help: no connection, no answer in time, a server going down, a full disk.
fn is_away(error: &sqlx::Error) -> bool {
    if let Some(cause) = error.as_database_error() {
        let code = cause.code().unwrap_or_default();
        // Postgres: connection (08), no resources (53), operator intervention (57), lock not available (55P03),
        // deadlock and serialization (40). SQLite: busy (5), locked (6), read-only (8), I/O (10), full (13),
        // cannot open (14), each with extended codes in the upper bytes.
        let sqlite = code.parse::<i32>().ok().filter(|_| code.len() != 5).map(|number| number & 0xff);
        return ["08", "53", "57", "55P03", "40"]
            .iter()
            .any(|class| code.starts_with(class) && sqlite.is_none())
            || sqlite.is_some_and(|number| [5, 6, 8, 10, 13, 14].contains(&number));
    }
    matches!(
        error,
        sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed
            | sqlx::Error::Protocol(_)
    )
}

fn violated(cause: &dyn sqlx::error::DatabaseError) -> Option<Error> {
    let name = match cause.constraint() {
        Some(name) => name.to_owned(),
        None => sqlite_name(cause.message())?,
    };
    Some(match name.as_str() {
        "tenants_slug_key" | "tenant_slugs_pkey" | "tenant_slugs_slug_key" => {
            Error::Conflict("This slug is taken. Choose another.".into())
        }
        "roles_tenant_id_key_key" => {
            Error::Conflict("A role with this key exists. Choose another key.".into())
        }
        "projects_tenant_id_sort_name_key" => Error::Taken(FieldError {
            pointer: "/name".to_owned(),
            code: "taken",
            detail: "Another project has this name. Choose another.".into(),
        }),
        "members_pkey" | "members_tenant_id_user_id_key" => {
            Error::Conflict("This person is already a member.".into())
        }
        "identities_provider_issuer_subject_key" => {
            Error::Conflict("This identity belongs to an account already.".into())
        }
        "domains_name_key" => {
            Error::Conflict("Another tenant has proved this domain at the same moment. Look again.".into())
        }
        "role_assignments_role_fkey" => Error::Conflict("The role is in use.".into()),
        _ => return None,
    })
}

/// `UNIQUE constraint failed: t.a, t.b` → `t_a_b_key`; `CHECK constraint failed: name` → `name`.
fn sqlite_name(message: &str) -> Option<String> {
    if let Some(columns) = message.strip_prefix("UNIQUE constraint failed: ") {
        let table = columns.split('.').next()?;
        let names: Vec<&str> = columns.split(", ").filter_map(|column| column.split('.').nth(1)).collect();
        return Some(format!("{table}_{}_key", names.join("_")));
    }
    message.strip_prefix("CHECK constraint failed: ").map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sqlite_columns_become_constraint_names() {
        assert_eq!(
            sqlite_name("UNIQUE constraint failed: roles.tenant_id, roles.key").as_deref(),
            Some("roles_tenant_id_key_key")
        );
        assert_eq!(
            sqlite_name("CHECK constraint failed: tenants_status_check").as_deref(),
            Some("tenants_status_check")
        );
        assert_eq!(sqlite_name("FOREIGN KEY constraint failed"), None);
    }
}
