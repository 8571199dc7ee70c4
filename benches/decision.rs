//! What a decision costs: Casbin itself on one tenant's 56 rules, the compiled decision at 10, 1,000 and 100,000
//! tenants, and the compiling. Run by `cargo bench --bench decision`.

use std::collections::HashMap;
use std::hint::black_box;
use std::sync::Arc;

use criterion::{BenchmarkId, Criterion};
use freehold::authz::{
    Authz, Capacity, Catalogue, GrantRow, PermissionId, PolicyEngine, RoleRow, SystemRoles, TenantRules,
    effective, freshness,
};
use freehold::clock::Clock;
use freehold::db::Database;
use freehold::ids::{RoleId, TenantId, UserId};
use seed::Failure;
use tokio::runtime::Runtime;
use tokio::task::AbortHandle;

#[allow(dead_code, reason = "the other benchmark uses the rest")]
mod seed;

type Policy = dyn Fn() -> Result<(PolicyEngine, Arc<Catalogue>, SystemRoles), Failure>;
type Warm = (Arc<Authz>, Vec<(TenantId, UserId)>, AbortHandle);

const MEMBERS: usize = 4;

fn main() -> Result<(), Failure> {
    // One worker goes on confirming that the node is current while the benchmark holds this thread.
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let policy = || -> Result<_, Failure> {
        let catalogue = Arc::new(Catalogue::load(include_str!("../policies/permissions.toml"))?);
        let system = SystemRoles::load(include_str!("../policies/roles.csv"), &catalogue)?;
        let engine = PolicyEngine::new(include_str!("../policies/model.conf"), Arc::clone(&catalogue))?;
        Ok((engine, catalogue, system))
    };
    let (engine, catalogue, system) = policy()?;
    let permission = catalogue.get("projects:read").ok_or("no such permission")?;
    let mut criterion = Criterion::default().configure_from_args();

    // 32 rules of the system roles, the subject's 2 roles, and 22 of a role of the tenant's own: 56.
    let (mut rules, viewer) = system_roles(&system, &catalogue)?;
    let own = custom_role(&catalogue, 22, 0);
    let held = [viewer, own.id];
    rules.roles.push(own);
    let casbin = runtime.block_on(engine.yardstick(&rules, &format!("user:{}", UserId::new()), &held))?;
    assert!(casbin.enforce(permission)?, "the viewer reads projects");
    criterion.bench_function("enforce: Casbin, one tenant, 56 rules", |bench| {
        bench.iter(|| casbin.enforce(black_box(permission)));
    });

    let compiled = runtime.block_on(engine.compile(&rules))?;
    let rights = effective(held.iter().filter_map(|role| compiled.roles.get(role)));
    assert!(rights.contains(permission), "compiled says what Casbin says");
    decisions(&mut criterion, &runtime, &policy, permission)?;

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

/// Decisions as a request makes them: is this node current, is the standing, is the policy, is it allowed. Of people
/// of many tenants in turn, in no order.
fn decisions(
    criterion: &mut Criterion,
    runtime: &Runtime,
    policy: &Policy,
    permission: PermissionId,
) -> Result<(), Failure> {
    let mut group = criterion.benchmark_group("decide: as a request does, by tenants");
    for count in [10_usize, 1_000, 100_000] {
        let folder = tempfile::tempdir()?;
        let url = format!("sqlite:{}", folder.path().join("bench.db").display());
        let (authz, pairs, follow) = runtime.block_on(warm(&url, count, policy))?;
        for (kind, asked) in [("the same 64 people", 64), ("4,096 people in turn", 4_096)] {
            let asked: Vec<_> = pairs.iter().copied().cycle().take(asked.min(pairs.len())).collect();
            let mut next = asked.iter().cycle();
            group.bench_function(BenchmarkId::new(kind, count), |bench| {
                let _running = runtime.enter();
                bench.iter(|| {
                    let (tenant, user) = black_box(next.next())?;
                    authz.cached_decision(*tenant, *user, black_box(permission))
                });
            });
            runtime.block_on(async { authz.freshness().confirmed().await });
            let decided = asked
                .iter()
                .all(|(tenant, user)| authz.cached_decision(*tenant, *user, permission) == Some(true));
            assert!(decided, "every decision is at hand, and an allow");
        }
        follow.abort();
    }
    group.finish();
    Ok(())
}

/// A node with `count` tenants of four members, all of whose standings are at hand.
async fn warm(url: &str, count: usize, policy: &Policy) -> Result<Warm, Failure> {
    let database = Database::open(url, 8, true, Clock::default())?;
    database.migrate().await?;
    seed::tenants(url, count, MEMBERS).await?;
    let (engine, catalogue, system) = policy()?;
    let capacity = Capacity { tenants: count * 2, members: count * MEMBERS * 2 };
    let authz = Arc::new(Authz::new(database, engine, catalogue, system, capacity).await?);
    let follow = tokio::spawn(freshness::follow(Arc::clone(&authz), None)).abort_handle();
    authz.freshness().confirmed().await;
    let pairs = seed::pairs(url, count * MEMBERS).await?;
    for (tenant, user) in &pairs {
        authz.standing(*tenant, *user).await?.ok_or("not a member")?;
    }
    Ok((authz, pairs, follow))
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
