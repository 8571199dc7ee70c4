//! Hands the rules of one tenant, or of the platform, to Casbin, all of the right length and made of ids and catalogue words. Called
//! while an enforcer is built; must never write: rules change in the database, and then a new enforcer is built.

use async_trait::async_trait;
use casbin::error::AdapterError;
use casbin::{Adapter, Filter, Model};

use super::rows::Sorted;
use crate::authz::permission::Catalogue;
use crate::authz::platform::PlatformRole;
use crate::ids::{RoleId, TenantId};

/// How Casbin knows a role. The prefix keeps people and roles apart: a subject spelt like a role would be it.
pub(super) fn role_name(role: RoleId) -> String {
    format!("role:{role}")
}

/// How Casbin knows a tenant.
pub(super) fn domain_name(tenant: TenantId) -> String {
    format!("tenant:{tenant}")
}

/// The domain of operators. No tenant's is called so.
pub(super) const PLATFORM_DOMAIN: &str = "platform";

/// How Casbin knows a platform role. No tenant's role is called so.
pub(super) fn platform_role_name(role: PlatformRole) -> String {
    format!("platform-role:{}", role.as_str())
}

/// The rules of one domain, in Casbin's words.
pub(super) struct DomainAdapter {
    domain: String,
    rules: Vec<[String; 5]>,
    links: Vec<[String; 3]>,
}

impl DomainAdapter {
    pub(super) fn new(tenant: TenantId, sorted: &Sorted, catalogue: &Catalogue) -> Self {
        let domain = domain_name(tenant);
        let rules = sorted.grants.iter().map(|(role, permission, effect)| {
            let (noun, verb) = catalogue.info(*permission).noun_verb();
            [role_name(*role), domain.clone(), noun.to_owned(), verb.to_owned(), effect.as_str().to_owned()]
        });
        let links = sorted
            .links
            .iter()
            .map(|(role, parent)| [role_name(*role), role_name(*parent), domain.clone()])
            .collect();
        Self { rules: rules.collect(), links, domain }
    }

    /// The rules of the platform.
    pub(super) fn platform() -> Self {
        let rules = PlatformRole::ALL.into_iter().flat_map(|role| {
            let words = role.allows().iter().filter_map(|name| name.split_once(':'));
            words.map(move |(noun, verb)| {
                [&platform_role_name(role), PLATFORM_DOMAIN, noun, verb, "allow"].map(str::to_owned)
            })
        });
        Self { domain: PLATFORM_DOMAIN.to_owned(), rules: rules.collect(), links: Vec::new() }
    }

    /// Gives `subject` the role.
    pub(super) fn assign(&mut self, subject: &str, role: RoleId) {
        self.link(subject, role_name(role));
    }

    /// Gives `subject` the role of this name.
    pub(super) fn link(&mut self, subject: &str, role: String) {
        self.links.push([subject.to_owned(), role, self.domain.clone()]);
    }

    /// An adapter that fails after some rules were taken.
    #[cfg(test)]
    pub(super) fn with_last_rule_twice(mut self) -> Self {
        self.rules.extend(self.rules.last().cloned());
        self
    }

    /// Without rules Casbin would judge by comparing empty strings, and could allow.
    pub(super) fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }
}

#[derive(Debug, thiserror::Error)]
enum Refused {
    #[error("rules are written in the database, never through Casbin")]
    ReadOnly,
    #[error("Casbin did not take a rule")]
    NotTaken,
}

fn refused<T>(why: Refused) -> casbin::Result<T> {
    Err(AdapterError(Box::new(why)).into())
}

#[async_trait]
impl Adapter for DomainAdapter {
    async fn load_policy(&mut self, model: &mut dyn Model) -> casbin::Result<()> {
        let mut taken = true;
        for rule in &self.rules {
            taken &= model.add_policy("p", "p", rule.to_vec());
        }
        for link in &self.links {
            taken &= model.add_policy("g", "g", link.to_vec());
        }
        if taken { Ok(()) } else { refused(Refused::NotTaken) }
    }

    async fn load_filtered_policy<'a>(&mut self, _: &mut dyn Model, _: Filter<'a>) -> casbin::Result<()> {
        refused(Refused::ReadOnly)
    }

    fn is_filtered(&self) -> bool {
        false
    }

    async fn save_policy(&mut self, _: &mut dyn Model) -> casbin::Result<()> {
        refused(Refused::ReadOnly)
    }

    async fn clear_policy(&mut self) -> casbin::Result<()> {
        refused(Refused::ReadOnly)
    }

    async fn add_policy(&mut self, _: &str, _: &str, _: Vec<String>) -> casbin::Result<bool> {
        refused(Refused::ReadOnly)
    }

    async fn add_policies(&mut self, _: &str, _: &str, _: Vec<Vec<String>>) -> casbin::Result<bool> {
        refused(Refused::ReadOnly)
    }

    async fn remove_policy(&mut self, _: &str, _: &str, _: Vec<String>) -> casbin::Result<bool> {
        refused(Refused::ReadOnly)
    }

    async fn remove_policies(&mut self, _: &str, _: &str, _: Vec<Vec<String>>) -> casbin::Result<bool> {
        refused(Refused::ReadOnly)
    }

    async fn remove_filtered_policy(
        &mut self,
        _: &str,
        _: &str,
        _: usize,
        _: Vec<String>,
    ) -> casbin::Result<bool> {
        refused(Refused::ReadOnly)
    }
}
