//! Commands that print or change one thing: `openapi`, `access`, `operator`.

use crate::app::{open_database, policies};
use crate::authz::platform::PlatformRole;
use crate::authz::{PermissionSet, effective};
use crate::clock::Clock;
use crate::config::Config;
use crate::email::EmailAddress;
use crate::error::Result;
use crate::http;
use crate::http::access::Access;
use crate::http::routes::Area;
use crate::operators;

/// The `OpenAPI` document, as pretty JSON.
///
/// # Errors
/// When the policy files cannot be used.
pub async fn openapi(folder: Option<&std::path::Path>) -> Result<String> {
    let (engine, catalogue, system) = policies::load(folder)?;
    let tables = crate::authz::system_tables(&engine, &catalogue, &system).await?;
    let allows = |key: &str| effective(tables.get(key).into_iter());
    let rights = http::openapi::Rights::new(&catalogue, &system, allows);
    Ok(format!("{:#}\n", http::openapi::document(&http::table(), &rights)))
}

/// The tables role × permission and route × permission, as Markdown.
///
/// # Errors
/// When the policy files cannot be used.
pub async fn access_tables(folder: Option<&std::path::Path>) -> Result<String> {
    let (engine, catalogue, system) = policies::load(folder)?;
    let tables = crate::authz::system_tables(&engine, &catalogue, &system).await?;
    let keys: Vec<&str> = system.iter().map(|role| role.key).collect();
    let roles: Vec<PermissionSet> = keys.iter().map(|key| effective(tables.get(key).into_iter())).collect();
    let may = |permission| {
        roles.iter().map(move |allowed| if allowed.contains(permission) { "yes" } else { "–" }.to_owned())
    };
    let head = ["permission"].into_iter().chain(keys.iter().copied()).map(str::to_owned).collect();
    let permissions = catalogue.iter().map(|(permission, info)| {
        std::iter::once(format!("`{}`", info.name)).chain(may(permission)).collect()
    });
    let mut text = String::from("# Who may do what\n\n## Roles and permissions\n\n");
    text.push_str(&markdown(head, permissions));
    text.push_str("\n## Routes and permissions\n");
    for (area, title) in [(Area::Api, "API"), (Area::Panel, "Pages"), (Area::Service, "Service")] {
        let table = http::table();
        let head = ["method", "path", "who may call it"].into_iter().chain(keys.iter().copied());
        let rows = table.iter().filter(|route| route.area == area).map(|route| {
            let route_is = [route.method.to_string(), format!("`{}`", route.path), route.access.to_string()];
            let answers: Vec<String> = match route.access {
                Access::Permission(name) => {
                    catalogue.get(name).map(|permission| may(permission).collect()).unwrap_or_default()
                }
                Access::PermissionOrOwn(name) | Access::PermissionOrMine(name) => {
                    let answers = catalogue.get(name).map(|permission| may(permission).collect::<Vec<_>>());
                    let own = |answer: String| if answer == "yes" { answer } else { "own".to_owned() };
                    answers.unwrap_or_default().into_iter().map(own).collect()
                }
                Access::Platform(_) => keys.iter().map(|_| "–".to_owned()).collect(),
                Access::Member | Access::Caller | Access::SignedIn | Access::Public(_) => {
                    keys.iter().map(|_| "yes".to_owned()).collect()
                }
            };
            route_is.into_iter().chain(answers).collect()
        });
        text.extend(["\n### ", title, "\n\n", &markdown(head.map(str::to_owned).collect(), rows)]);
    }
    Ok(text)
}

/// A table whose columns line up as text, too.
fn markdown(head: Vec<String>, rows: impl Iterator<Item = Vec<String>>) -> String {
    let lines: Vec<Vec<String>> = std::iter::once(head).chain(rows).collect();
    let columns = lines.iter().map(Vec::len).max().unwrap_or(0);
    let cell = |line: &[String], column: usize| line.get(column).cloned().unwrap_or_default();
    let widths: Vec<usize> = (0..columns)
        .map(|column| lines.iter().map(|line| cell(line, column).chars().count()).max().unwrap_or(0))
        .collect();
    let padded = |line: &Vec<String>| -> String {
        let cells = widths.iter().enumerate().map(|(column, width)| {
            let content = cell(line, column);
            format!("| {content:width$} ")
        });
        cells.chain(["|\n".to_owned()]).collect()
    };
    let rule: Vec<String> = widths.iter().map(|width| "-".repeat(width + 2)).collect();
    let mut text: Vec<String> = lines.iter().map(padded).collect();
    text.insert(1, format!("|{}|\n", rule.join("|")));
    text.concat()
}

/// Gives the person with this verified address a role on the installation. Gives their name.
///
/// # Errors
/// As [`operators::appoint`].
pub async fn add_operator(config: &Config, email: &EmailAddress, role: PlatformRole) -> Result<String> {
    let database = open_database(config, false, Clock::default())?;
    let name = operators::appoint(&database, email, role).await?;
    database.close().await;
    Ok(name)
}

/// Takes their role on the installation from the person with this verified address. Gives their name.
///
/// # Errors
/// As [`operators::dismiss`].
pub async fn remove_operator(config: &Config, email: &EmailAddress) -> Result<String> {
    let database = open_database(config, false, Clock::default())?;
    let name = operators::dismiss(&database, email).await?;
    database.close().await;
    Ok(name)
}

/// Who operates the installation, a line each.
///
/// # Errors
/// [`crate::error::Error::Unavailable`] when the database cannot answer.
pub async fn list_operators(config: &Config) -> Result<String> {
    let database = open_database(config, false, Clock::default())?;
    let staff = operators::staff(&database).await?;
    database.close().await;
    if staff.is_empty() {
        return Ok(
            "Nobody operates this installation yet. Add someone with `freehold operator add`.".to_owned()
        );
    }
    let line = |one: &operators::Appointed| {
        let (email, disabled) =
            (one.email.as_deref().unwrap_or("no address"), if one.disabled { ", disabled" } else { "" });
        format!("{:8} {} ({email}){disabled}, since {}", one.role.as_str(), one.name, one.since)
    };
    Ok(staff.iter().map(line).collect::<Vec<_>>().join("\n"))
}
