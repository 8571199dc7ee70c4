//! The engine against Casbin itself, and the traps of SECURITY 1–7, one test each.

use proptest::prelude::*;

use super::rows::MAX_DEPTH;
use super::*;

const MODEL: &str = include_str!("../../../policies/model.conf");
const CATALOGUE: &str = include_str!("../../../policies/permissions.toml");

fn engine() -> PolicyEngine {
    PolicyEngine::new(MODEL, Arc::new(Catalogue::load(CATALOGUE).unwrap())).unwrap()
}

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

fn user() -> String {
    format!("user:{}", UserId::new())
}

fn role(id: RoleId, grants: &[(&str, &str)], parents: &[RoleId]) -> RoleRow {
    let grants = grants
        .iter()
        .map(|(permission, effect)| GrantRow {
            permission: (*permission).to_owned(),
            effect: (*effect).to_owned(),
        })
        .collect();
    RoleRow { id, grants, parents: parents.to_vec() }
}

fn tenant(roles: Vec<RoleRow>) -> TenantRules {
    TenantRules { tenant: TenantId::new(), roles }
}

/// What someone holding these roles may do, by name, after Casbin agreed on every permission.
fn allowed(rules: &TenantRules, assigned: &[RoleId]) -> Vec<String> {
    let engine = engine();
    let compiled = run(engine.compile(rules)).unwrap();
    let casbin = run(engine.yardstick(rules, &user(), assigned)).unwrap();
    let set = effective(assigned.iter().filter_map(|role| compiled.roles.get(role)));
    for (id, info) in engine.catalogue.iter() {
        assert_eq!(set.contains(id), casbin.enforce(id).unwrap(), "{}", info.name);
    }
    engine.catalogue.names(set).into_iter().map(str::to_owned).collect()
}

fn ids<const N: usize>() -> [RoleId; N] {
    [(); N].map(|()| RoleId::new())
}

type Numbers = Vec<usize>;

#[derive(Debug, Clone)]
struct Drawn {
    /// For each role its (permission, allow) and its parents, all by number; some links close a circle.
    roles: Vec<(Vec<(usize, bool)>, Numbers)>,
    people: Vec<Numbers>,
}

fn drawn() -> impl Strategy<Value = Drawn> {
    (1_usize..8).prop_flat_map(|count| {
        let grants = prop::collection::vec((0..8_usize, prop::bool::weighted(0.75)), 1..6);
        let parents = prop::collection::vec(0..count, 0..3);
        let people = prop::collection::vec(prop::collection::vec(0..count, 0..4), 3);
        (prop::collection::vec((grants, parents), count), people)
            .prop_map(|(roles, people)| Drawn { roles, people })
    })
}

/// Random policies; × 3 people × 8 permissions: 36,000 cases.
const POLICIES: u32 = 1_500;

proptest! {
    #![proptest_config(ProptestConfig { cases: POLICIES, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn compiled_decisions_are_casbins(drawn in drawn()) {
        let engine = engine();
        let permissions: Vec<_> = engine.catalogue.iter().step_by(3).take(8).collect();
        let roles: Vec<RoleId> = drawn.roles.iter().map(|_| RoleId::new()).collect();
        let rows = drawn.roles.iter().zip(&roles).map(|((grants, parents), id)| {
            let grants = grants.iter().map(|(number, allow)| GrantRow {
                permission: permissions[*number].1.name.clone(),
                effect: if *allow { "allow" } else { "deny" }.to_owned(),
            });
            let parents = parents.iter().map(|number| roles[*number]).collect();
            RoleRow { id: *id, grants: grants.collect(), parents }
        });
        let rules = tenant(rows.collect());
        let compiled = run(engine.compile(&rules)).unwrap();
        for person in &drawn.people {
            let assigned: Vec<RoleId> = person.iter().map(|number| roles[*number]).collect();
            let set = effective(assigned.iter().map(|role| &compiled.roles[role]));
            let casbin = run(engine.yardstick(&rules, &user(), &assigned)).unwrap();
            for (id, info) in &permissions {
                prop_assert_eq!(set.contains(*id), casbin.enforce(*id).unwrap(), "{}", info.name);
            }
        }
    }
}

#[test]
fn a_deny_outweighs_every_allow_also_inherited() {
    let [reader, barred, both] = ids();
    let rules = tenant(vec![
        role(reader, &[("projects:read", "allow"), ("tenant:read", "allow")], &[]),
        role(barred, &[("projects:read", "deny")], &[]),
        role(both, &[("projects:read", "allow"), ("roles:read", "allow")], &[barred]),
    ]);
    assert_eq!(allowed(&rules, &[reader]), ["tenant:read", "projects:read"]);
    assert_eq!(allowed(&rules, &[reader, barred]), ["tenant:read"]);
    assert_eq!(allowed(&rules, &[reader, both]), ["tenant:read", "roles:read"]);
    assert!(allowed(&rules, &[]).is_empty());
}

#[test]
fn an_explanation_names_the_path_to_every_rule() {
    let [viewer, member, barred] = ids();
    let rules = tenant(vec![
        role(viewer, &[("projects:read", "allow")], &[]),
        role(member, &[], &[viewer]),
        role(barred, &[("projects:read", "deny")], &[]),
    ]);
    let engine = engine();
    let read = engine.catalogue.get("projects:read").unwrap();
    let ask = |assigned: &[RoleId]| run(engine.explain(&rules, &user(), assigned, read)).unwrap();
    let allow = Reason { role: member, via: vec![viewer], effect: Effect::Allow, rule_role: viewer };
    let deny = Reason { role: barred, via: vec![], effect: Effect::Deny, rule_role: barred };
    assert_eq!(ask(&[member]), Explanation { decision: true, because: vec![allow.clone()] });
    assert_eq!(ask(&[member, barred, barred]), Explanation { decision: false, because: vec![deny, allow] });
    assert_eq!(ask(&[]), Explanation { decision: false, because: vec![] });
}

#[test]
fn trap_1_what_people_type_never_meets_a_pattern() {
    // Casbin's pattern functions panic on these; the names of roles and tenants do not reach it at all.
    let texts = [
        "*",
        "proj.*:read",
        "projekté:read",
        "[:read",
        "projects:re*d",
        "a,b:c",
        "a\n:b",
        "\"a:b",
        "#a:b",
        "a:b\0",
    ];
    let id = RoleId::new();
    let mut grants: Vec<_> = texts.iter().map(|text| (*text, "allow")).collect();
    grants.push(("projects:read", "allow"));
    let rules = tenant(vec![role(id, &grants, &[])]);
    let compiled = run(engine().compile(&rules)).unwrap();
    assert_eq!(
        compiled.quarantined,
        vec![Quarantined { role: id, fault: Fault::UnknownPermission }; texts.len()]
    );
    assert_eq!(allowed(&rules, &[id]), ["projects:read"]);
}

#[test]
fn trap_2_a_row_of_the_wrong_shape_harms_nobody_else() {
    let [good, bad] = ids();
    let rules = tenant(vec![
        role(bad, &[("", ""), ("projects", "allow"), ("projects:read:x", "allow"), ("roles:read", "")], &[]),
        role(good, &[("projects:read", "allow"), ("roles:read", "allow")], &[]),
    ]);
    let compiled = run(engine().compile(&rules)).unwrap();
    assert_eq!(compiled.quarantined.len(), 4);
    assert_eq!(allowed(&rules, &[good]), ["roles:read", "projects:read"]);
    // What cannot be read never allows, and may have been a denial.
    assert_eq!(allowed(&rules, &[good, bad]), ["projects:read"]);
}

#[test]
fn trap_2_another_tenants_role_lends_nothing() {
    let [mine, foreign] = ids();
    let rules = tenant(vec![role(mine, &[("tenant:read", "allow")], &[foreign])]);
    let compiled = run(engine().compile(&rules)).unwrap();
    assert_eq!(compiled.quarantined, [Quarantined { role: mine, fault: Fault::UnknownParent(foreign) }]);
    assert_eq!(allowed(&rules, &[mine, foreign]), ["tenant:read"]);
}

#[test]
fn trap_3_a_person_is_not_the_role_of_the_same_id() {
    let id = RoleId::new();
    let rules = tenant(vec![role(id, &[("projects:read", "allow")], &[])]);
    let engine = engine();
    let read = engine.catalogue.get("projects:read").unwrap();
    let twin = format!("user:{id}");
    assert!(!run(engine.explain(&rules, &twin, &[], read)).unwrap().decision);
    for subject in
        [format!("role:{id}"), format!("tenant:{id}"), id.to_string(), "user:".into(), String::new()]
    {
        let refused = run(engine.explain(&rules, &subject, &[id], read)).unwrap_err();
        assert!(matches!(refused, Error::Internal(..)), "{subject}");
    }
}

#[test]
fn trap_4_no_rules_is_not_ready() {
    let engine = engine();
    let [empty, bad] = ids();
    let bad_only = role(bad, &[("nope:nope", "allow")], &[]);
    for rules in [tenant(vec![]), tenant(vec![role(empty, &[], &[])]), tenant(vec![bad_only])] {
        assert!(matches!(run(engine.compile(&rules)).unwrap_err(), Error::Unavailable(..)));
        let asked = run(engine.explain(&rules, &user(), &[empty, bad], PermissionId(0)));
        assert!(matches!(asked.unwrap_err(), Error::Unavailable(..)));
    }
}

#[test]
fn trap_5_a_load_that_fails_leaves_nothing() {
    let engine = engine();
    let id = RoleId::new();
    let rules = tenant(vec![role(id, &[("projects:read", "allow"), ("roles:read", "allow")], &[])]);
    let sorted = rows::sort(&rules, &engine.catalogue);
    // The third of these rules is refused, after two were taken.
    let broken = DomainAdapter::new(rules.tenant, &sorted, &engine.catalogue).with_last_rule_twice();
    assert!(matches!(run(engine.enforcer(broken)).map(|_| ()).unwrap_err(), Error::Unavailable(..)));
    assert_eq!(allowed(&rules, &[id]), ["roles:read", "projects:read"]);
}

#[test]
fn trap_6_what_was_revoked_is_gone_with_the_next_policy() {
    let cargo = include_str!("../../../Cargo.toml");
    let casbin = cargo.lines().find(|line| line.starts_with("casbin = ")).unwrap();
    assert!(casbin.contains("default-features = false") && !casbin.contains("cached"), "{casbin}");

    let engine = engine();
    let id = RoleId::new();
    let mut rules = tenant(vec![role(id, &[("projects:read", "allow"), ("roles:read", "allow")], &[])]);
    let read = engine.catalogue.get("projects:read").unwrap();
    assert!(run(engine.compile(&rules)).unwrap().roles[&id].allow.contains(read));
    rules.roles[0].grants.remove(0);
    assert!(!run(engine.compile(&rules)).unwrap().roles[&id].allow.contains(read));
    assert!(!run(engine.explain(&rules, &user(), &[id], read)).unwrap().decision);
}

/// Roles in a row, each inheriting from the next; the last one reads projects.
fn chain(length: usize) -> (Vec<RoleId>, TenantRules) {
    let ids: Vec<RoleId> = (0..length).map(|_| RoleId::new()).collect();
    let rows = (0..length).map(|place| {
        let grant = if place + 1 == length { "projects:read" } else { "tenant:read" };
        role(
            ids[place],
            &[(grant, "allow")],
            ids.get(place + 1).map(std::slice::from_ref).unwrap_or_default(),
        )
    });
    (ids.clone(), tenant(rows.collect()))
}

#[test]
fn trap_7_chains_are_followed_whole_or_refused() {
    let (ids, rules) = chain(MAX_DEPTH + 1);
    assert!(run(engine().compile(&rules)).unwrap().quarantined.is_empty());
    assert_eq!(allowed(&rules, &ids[..1]), ["tenant:read", "projects:read"]);

    let (ids, rules) = chain(MAX_DEPTH + 2);
    let compiled = run(engine().compile(&rules)).unwrap();
    assert_eq!(compiled.quarantined.len(), 1);
    assert!(matches!(compiled.quarantined[0].fault, Fault::TooDeep(_)));
    assert_eq!(allowed(&rules, &ids[..1]), ["tenant:read"]);
    // What was there first stays: the last role of the row is the youngest.
    assert_eq!(allowed(&rules, &ids[MAX_DEPTH..=MAX_DEPTH]), ["tenant:read"]);
    assert_eq!(allowed(&rules, &ids[MAX_DEPTH + 1..]), ["projects:read"]);
}

#[test]
fn trap_7_a_circle_is_cut_and_its_denials_stay() {
    let [one, two, alone] = ids();
    let rules = tenant(vec![
        role(one, &[("projects:read", "allow"), ("roles:read", "deny")], &[two]),
        role(two, &[("tenant:read", "allow"), ("roles:read", "allow")], &[one]),
        role(alone, &[("tenant:read", "allow")], &[alone]),
    ]);
    let compiled = run(engine().compile(&rules)).unwrap();
    let circle = |role, parent| Quarantined { role, fault: Fault::Circle(parent) };
    assert_eq!(compiled.quarantined, [circle(two, one), circle(alone, alone)]);
    assert_eq!(allowed(&rules, &[one]), ["tenant:read", "projects:read"]);
    assert_eq!(allowed(&rules, &[two]), ["tenant:read"]);
    assert_eq!(allowed(&rules, &[alone]), ["tenant:read"]);
}

#[test]
fn denials_survive_a_link_that_is_cut() {
    let (ids, mut rules) = chain(MAX_DEPTH + 2);
    rules.roles[MAX_DEPTH + 1].grants[0] =
        GrantRow { permission: "tenant:read".into(), effect: "deny".into() };
    for holder in &ids {
        assert!(allowed(&rules, &[*holder]).is_empty());
    }
}
