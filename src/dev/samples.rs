//! Sample data of `dev`: a tenant with its owner, so that the first sign-in shows something. Planted once.

use crate::authz::{Authz, Principal};
use crate::config::Config;
use crate::db::{Database, Via};
use crate::email::EmailAddress;
use crate::error::Result;
use crate::login::accounts::{self, Browser, Entry};
use crate::login::{ExternalIdentity, Provider};
use crate::tenants::{self, CreationRules, NewTenant};

/// Makes the tenant Acme, owned by the sample person Ada, unless Ada has an account already.
///
/// # Errors
/// When the database cannot be written.
pub async fn plant(database: &Database, authz: &Authz, config: &Config) -> Result<()> {
    let Some(ada) = crate::dev::idp::people::samples().into_iter().find(|person| person.key == "ada") else {
        return Ok(());
    };
    let email: Option<EmailAddress> = ada.emails.first().and_then(|email| email.address.parse().ok());
    let external = ExternalIdentity {
        provider: Provider::Google,
        issuer: config.google.as_ref().map(|google| google.url.clone()).unwrap_or_default(),
        subject: ada.subject.clone(),
        name: Some(ada.name.clone()),
        username: None,
        email: email.clone(),
        email_verified: true,
        verified_emails: email.into_iter().collect(),
        avatar_url: None,
    };
    authz.freshness().confirmed().await;
    let browser = Browser { via: Via::default(), user_agent: "sample data".to_owned() };
    let now = database.clock().now();
    let Entry::Opened { user, session } = accounts::enter(database, &external, &browser, now).await? else {
        return Ok(());
    };
    let Some(user) = authz.user(user).await? else { return Ok(()) };
    if !user.tenants.is_empty() {
        return Ok(());
    }
    let principal = Principal { user, session, via: Via::default() };
    let acme = NewTenant { name: "Acme".to_owned(), slug: Some("acme".to_owned()) };
    let rules = CreationRules { who: config.tenant_creation, per_owner: config.limits.tenants_per_owner };
    tenants::create(database, authz, &principal, &acme, rules).await?;
    Ok(())
}
