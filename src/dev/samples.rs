//! Sample data of `dev`: a tenant with its owner and some projects, so that the first sign-in shows something, and an
//! operator. Planted once.

use crate::authz::platform::PlatformRole;
use crate::authz::{Authz, Grant, SessionRef, SessionUser, perm};
use crate::config::Config;
use crate::db::{Database, Via};
use crate::dev::idp::people::{self, Person};
use crate::email::EmailAddress;
use crate::error::Result;
use crate::ids::{TenantId, UserId};
use crate::login::accounts::{self, Browser, Entry};
use crate::login::{ExternalIdentity, Provider};
use crate::operators;
use crate::projects::{self, NewProject, ProjectChange};
use crate::tenants::{self, CreationRules, NewTenant};

/// Makes the tenant Acme with some projects, owned by the sample person Ada, unless Ada has an account already; and makes the sample
/// person Gail an operator, unless someone is.
///
/// # Errors
/// When the database cannot be written.
pub async fn plant(database: &Database, authz: &Authz, config: &Config) -> Result<()> {
    authz.freshness().confirmed().await;
    let sample = |key: &str| people::samples().into_iter().find(|person| person.key == key);
    if let Some(gail) = sample("gail")
        && let Some(email) = address(&gail)
        && operators::staff(database).await?.is_empty()
        && enter(database, config, &gail).await?.is_some()
    {
        operators::appoint(database, &email, PlatformRole::Operator).await?;
    }
    let Some(ada) = sample("ada") else { return Ok(()) };
    let Some((user, session)) = enter(database, config, &ada).await? else { return Ok(()) };
    let Some(user) = authz.user(user).await? else { return Ok(()) };
    if !user.tenants.is_empty() {
        return Ok(());
    }
    let principal = SessionUser { user, session, via: Via::default() };
    let acme = NewTenant { name: "Acme".to_owned(), slug: Some("acme".to_owned()) };
    let rules = CreationRules { who: config.tenant_creation, per_owner: config.limits.tenants_per_owner };
    let (acme, _) = tenants::create(database, authz, &principal, &acme, rules).await?;
    work(authz, principal, acme.id, config.limits.projects).await
}

/// Makes the sample projects of a tenant as its owner would, and puts the last of them away.
async fn work(authz: &Authz, owner: SessionUser, tenant: TenantId, most: i64) -> Result<()> {
    let Some(standing) = authz.standing(tenant, owner.user.id).await? else { return Ok(()) };
    let may_create: Grant<perm::ProjectsCreate> = authz.decide(owner, standing).await?;
    let may_update: Grant<perm::ProjectsUpdate> = authz.also(&may_create).await?;
    for name in ["Sample: website", "Sample: mobile app", "Sample: last year's fair"] {
        let description = "Made by freehold dev, for you to look at, change and delete.".to_owned();
        let new = NewProject { name: name.to_owned(), description: Some(description) };
        let made = projects::create(authz, &may_create, &new, most).await?;
        if name.contains("last year") {
            let away = ProjectChange { archived: Some(true), ..ProjectChange::default() };
            projects::change(authz, &may_update, made.id, &away, None).await?;
        }
    }
    Ok(())
}

fn address(person: &Person) -> Option<EmailAddress> {
    person.emails.first().and_then(|email| email.address.parse().ok())
}

/// Gives a sample person of Google an account, as their first sign-in would. None when they may not have one.
async fn enter(
    database: &Database,
    config: &Config,
    person: &Person,
) -> Result<Option<(UserId, SessionRef)>> {
    let email = address(person);
    let external = ExternalIdentity {
        provider: Provider::Google,
        issuer: config.google.as_ref().map(|google| google.url.clone()).unwrap_or_default(),
        subject: person.subject.clone(),
        name: Some(person.name.clone()),
        username: None,
        email: email.clone(),
        email_verified: true,
        verified_emails: email.into_iter().collect(),
        avatar_url: None,
    };
    let browser = Browser { via: Via::default(), user_agent: "sample data".to_owned() };
    let now = database.clock().now();
    Ok(match accounts::enter(database, &external, &browser, now).await? {
        Entry::Opened { user, session } => Some((user, session)),
        Entry::KnownElsewhere { .. } => None,
    })
}
