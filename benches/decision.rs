//! What a decision costs: Casbin itself on one tenant's 56 rules, the compiled decision at 10, 1,000 and 100,000
//! tenants, and the compiling. Run by `cargo bench --bench decision`.

use std::collections::HashMap;
use std::hint::black_box;
use std::sync::Arc;

use criterion::{BenchmarkId, Criterion};
use freehold::authz::{
    Catalogue, GrantRow, PermissionId, PermissionSet, PolicyEngine, RoleRow, SystemRoles, TenantRules,
    effective,
};
use freehold::ids::{RoleId, TenantId, UserId};

type Failure = Box<dyn std::error::Error>;

const MEMBERS: usize = 4;

fn main() -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let catalogue = Arc::new(Catalogue::load(include_str!("../policies/permissions.toml"))?);
    let system = SystemRoles::load(include_str!("../policies/roles.csv"), &catalogue)?;
    let engine = PolicyEngine::new(include_str!("../policies/model.conf"), Arc::clone(&catalogue))?;
    let permission = catalogue.get("projects:read").ok_or("no such permission")?;
    let mut criterion = Criterion::default().configure_from_args();

    // 32 rules of the system roles, the subject's 2 roles, and 22 of a role of the tenant's own: 56.
    let (mut policy, viewer) = system_roles(&system, &catalogue)?;
    let own = custom_role(&catalogue, 22, 0);
    let held = [viewer, own.id];
    policy.roles.push(own);
    let casbin = runtime.block_on(engine.yardstick(&policy, &format!("user:{}", UserId::new()), &held))?;
    assert!(casbin.enforce(permission)?, "the viewer reads projects");
    criterion.bench_function("enforce: Casbin, one tenant, 56 rules", |bench| {
        bench.iter(|| casbin.enforce(black_box(permission)));
    });

    let compiled = runtime.block_on(engine.compile(&policy))?;
    let rights = effective(held.iter().filter_map(|role| compiled.roles.get(role)));
    assert!(rights.contains(permission), "compiled says what Casbin says");
    decisions(&mut criterion, rights, permission);

    let (four, _) = system_roles(&system, &catalogue)?;
    let (mut fifty, _) = system_roles(&system, &catalogue)?;
    fifty.roles.extend((0..50).map(|number| custom_role(&catalogue, 20, number)));
    for (name, rules) in [("4 system roles", four), ("and 50 roles of 20 permissions", fifty)] {
        criterion.bench_function(&format!("compile: {name}"), |bench| {
            bench.iter(|| runtime.block_on(engine.compile(black_box(&rules))).map(|done| done.roles.len()));
        });
    }
    criterion.final_summary();
    Ok(())
}

/// Decisions for people of tenants in no order, so that most of them are not in the processor's caches.
fn decisions(criterion: &mut Criterion, rights: PermissionSet, permission: PermissionId) {
    let mut group = criterion.benchmark_group("decide: compiled, by tenants");
    for count in [10_usize, 1_000, 100_000] {
        let tenants: HashMap<TenantId, HashMap<UserId, PermissionSet>> = (0..count)
            .map(|_| (TenantId::new(), (0..MEMBERS).map(|_| (UserId::new(), rights)).collect()))
            .collect();
        let mut asked: Vec<(TenantId, UserId)> = tenants
            .iter()
            .flat_map(|(tenant, members)| members.keys().take(1).map(|user| (*tenant, *user)))
            .collect();
        // The low half of an id is random: neither the order of the map nor that of making.
        asked.sort_unstable_by_key(|(tenant, _)| tenant.uuid().as_u128() << 64);
        asked.truncate(4_096);
        let mut next = asked.iter().cycle();
        group.bench_function(BenchmarkId::from_parameter(count), |bench| {
            bench.iter(|| {
                let (tenant, user) = black_box(next.next())?;
                Some(tenants.get(tenant)?.get(user)?.contains(black_box(permission)))
            });
        });
    }
    group.finish();
}

/// The system roles as rows of a new tenant, and the viewer's id.
fn system_roles(system: &SystemRoles, catalogue: &Catalogue) -> Result<(TenantRules, RoleId), Failure> {
    let ids: HashMap<&str, RoleId> = system.iter().map(|role| (role.key, RoleId::new())).collect();
    let id = |key: &str| ids.get(key).copied().ok_or("not a system role");
    let mut roles = Vec::new();
    for role in system.iter() {
        let grants = role.grants.iter().map(|(permission, effect)| GrantRow {
            permission: catalogue.info(*permission).name.clone(),
            effect: effect.as_str().to_owned(),
        });
        let parents = role.inherits.iter().map(|parent| id(parent)).collect::<Result<_, _>>()?;
        roles.push(RoleRow { id: id(role.key)?, grants: grants.collect(), parents });
    }
    Ok((TenantRules { tenant: TenantId::new(), roles }, id("viewer")?))
}

/// A role of the tenant's own that allows `size` permissions, another selection for each `number`.
fn custom_role(catalogue: &Catalogue, size: usize, number: usize) -> RoleRow {
    let names: Vec<&str> = catalogue.iter().map(|(_, info)| info.name.as_str()).collect();
    let grants = names
        .iter()
        .cycle()
        .skip(number)
        .take(size)
        .map(|name| GrantRow { permission: (*name).to_owned(), effect: "allow".to_owned() });
    RoleRow { id: RoleId::new(), grants: grants.collect(), parents: Vec::new() }
}
