//! What each platform role allows, as Casbin says. Called once at start; must never be asked about a tenant, whose
//! rules are not in the domain of operators.

use casbin::CoreApi;

use super::PolicyEngine;
use super::adapter::{DomainAdapter, PLATFORM_DOMAIN, platform_role_name};
use crate::authz::platform::{PLATFORM, PlatformRole, PlatformTables};
use crate::error::{Error, Result};

impl PolicyEngine {
    /// Asks Casbin what each platform role allows.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when Casbin fails.
    pub async fn compile_platform(&self) -> Result<PlatformTables> {
        let enforcer = self.enforcer(DomainAdapter::platform()).await?;
        let mut tables = PlatformTables::default();
        for role in PlatformRole::ALL {
            for (place, (noun, verb)) in PLATFORM.iter().filter_map(|name| name.split_once(':')).enumerate() {
                let allowed = enforcer
                    .enforce((platform_role_name(role), PLATFORM_DOMAIN, noun, verb))
                    .map_err(|error| Error::unavailable("the policy cannot answer", error))?;
                if allowed {
                    tables.of_mut(role).insert(place);
                }
            }
        }
        Ok(tables)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::authz::policy::adapter::domain_name;
    use crate::authz::{Catalogue, GrantRow, RoleRow, TenantRules};
    use crate::ids::{RoleId, TenantId, UserId};

    fn engine() -> PolicyEngine {
        let catalogue = Catalogue::load(include_str!("../../../policies/permissions.toml")).unwrap();
        PolicyEngine::new(include_str!("../../../policies/model.conf"), Arc::new(catalogue)).unwrap()
    }

    fn words() -> impl Iterator<Item = (usize, (&'static str, &'static str))> {
        PLATFORM.into_iter().map(|name| name.split_once(':').unwrap()).enumerate()
    }

    #[tokio::test]
    async fn compiled_platform_rights_are_casbins() {
        let engine = engine();
        let tables = engine.compile_platform().await.unwrap();
        let user = format!("user:{}", UserId::new());
        for role in PlatformRole::ALL {
            let mut adapter = DomainAdapter::platform();
            adapter.link(&user, platform_role_name(role));
            let casbin = engine.enforcer(adapter).await.unwrap();
            for (place, (noun, verb)) in words() {
                let said = casbin.enforce((&user, PLATFORM_DOMAIN, noun, verb)).unwrap();
                assert_eq!(tables.of(role).contains(place), said, "{role:?} {noun}:{verb}");
                assert_eq!(role.allows().contains(&PLATFORM[place]), said, "{role:?} {noun}:{verb}");
                let nobody = format!("user:{}", UserId::new());
                assert!(!casbin.enforce((nobody, PLATFORM_DOMAIN, noun, verb)).unwrap());
            }
        }
    }

    #[tokio::test]
    async fn neither_domain_says_anything_of_the_other() {
        let (engine, role, tenant) = (engine(), RoleId::new(), TenantId::new());
        let user = format!("user:{}", UserId::new());
        let mut platform = DomainAdapter::platform();
        platform.link(&user, platform_role_name(PlatformRole::Operator));
        let platform = engine.enforcer(platform).await.unwrap();
        let grants: Vec<GrantRow> = engine
            .catalogue()
            .iter()
            .map(|(_, info)| GrantRow { permission: info.name.clone(), effect: "allow".into() })
            .collect();
        let rules = TenantRules { tenant, roles: vec![RoleRow { id: role, grants, parents: Vec::new() }] };
        let all = engine.yardstick(&rules, &user, &[role]).await.unwrap();
        for (_, (noun, verb)) in words() {
            assert!(!all.enforcer.enforce((&user, PLATFORM_DOMAIN, noun, verb)).unwrap(), "{noun}:{verb}");
            assert!(!platform.enforce((&user, domain_name(tenant), noun, verb)).unwrap(), "{noun}:{verb}");
        }
        for (permission, info) in engine.catalogue().iter() {
            assert!(all.enforce(permission).unwrap(), "{}", info.name);
            let (noun, verb) = info.noun_verb();
            assert!(!platform.enforce((&user, domain_name(tenant), noun, verb)).unwrap(), "{}", info.name);
            assert!(!platform.enforce((&user, PLATFORM_DOMAIN, noun, verb)).unwrap(), "{}", info.name);
        }
    }
}
