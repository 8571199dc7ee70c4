//! Commands that print or change one thing: `openapi`, `access`, `operator add`.

use std::fmt::Write as _;

use crate::app::{open_database, policies};
use crate::authz::{PermissionSet, effective};
use crate::clock::Clock;
use crate::config::Config;
use crate::error::Result;
use crate::http;
use crate::http::routes::Area;

/// The `OpenAPI` document, as pretty JSON.
#[must_use]
pub fn openapi() -> String {
    format!("{:#}\n", http::openapi::document(&http::table()))
}

/// The tables role × permission and route × permission, as Markdown.
///
/// # Errors
/// When the policy files cannot be used.
pub async fn access_tables(folder: Option<&std::path::Path>) -> Result<String> {
    let (engine, catalogue, system) = policies::load(folder)?;
    let tables = crate::authz::system_tables(&engine, &catalogue, &system).await?;
    let mut text = String::from("# Who may do what\n\n## Roles and permissions\n\n| permission |");
    let roles: Vec<&str> = system.iter().map(|role| role.key).collect();
    for role in &roles {
        write(&mut text, format_args!(" {role} |"));
    }
    text.push_str("\n|---|");
    text.push_str(&"---|".repeat(roles.len()));
    text.push('\n');
    for (permission, info) in catalogue.iter() {
        write(&mut text, format_args!("| `{}` |", info.name));
        for role in &roles {
            let allowed: PermissionSet = effective(tables.get(role).into_iter());
            text.push_str(if allowed.contains(permission) { " yes |" } else { " – |" });
        }
        text.push('\n');
    }
    text.push_str("\n## Routes and permissions\n\n| method | path | who may call it |\n|---|---|---|\n");
    for route in http::table().iter() {
        let note = if route.area == Area::Api { "" } else { " " };
        write(&mut text, format_args!("| {} | `{}` | {}{note}|\n", route.method, route.path, route.access));
    }
    Ok(text)
}

fn write(text: &mut String, arguments: std::fmt::Arguments<'_>) {
    // Writing to a String does not fail.
    if text.write_fmt(arguments).is_err() {
        text.push('?');
    }
}

/// Makes the person with this verified address an operator.
///
/// # Errors
/// [`crate::error::Error::Conflict`] when nobody with this verified address has signed in yet.
pub async fn add_operator(config: &Config, email: &crate::email::EmailAddress) -> Result<String> {
    let database = open_database(config, false, Clock::default())?;
    let name = crate::login::accounts::make_operator(&database, email).await?;
    database.close().await;
    Ok(name)
}
