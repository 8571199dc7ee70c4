//! Explanations against what is enforced, over random policies: every permission, several people at once.

use std::collections::HashMap;
use std::sync::Arc;

use proptest::prelude::*;

use crate::authz::policy::{Explanation, GrantRow, PolicyEngine, RoleRow, TenantRules, effective};
use crate::authz::{Catalogue, Effect, PermissionId};
use crate::ids::{RoleId, TenantId, UserId};

/// For each role its grants (permission, allow) and its parents, by number.
type Roles = Vec<Drawn>;
type Drawn = (Vec<(usize, bool)>, Vec<usize>);

/// Roles and the roles of three people. Half of the policies are sound, as writes leave them; the roles of the others
/// inherit in every way, circles included, as only damage could.
fn drawn() -> impl Strategy<Value = (bool, Roles, Vec<Vec<usize>>)> {
    let policy = (1_usize..7).prop_flat_map(|count| {
        let grants = prop::collection::vec((0..29_usize, prop::bool::weighted(0.75)), 1..12);
        let parents = prop::collection::vec(0..count, 0..3);
        let people = prop::collection::vec(prop::collection::vec(0..count, 0..4), 3);
        (prop::collection::vec((grants, parents), count), people)
    });
    (any::<bool>(), policy).prop_map(|(sound, (mut roles, people))| {
        for (place, (_, parents)) in roles.iter_mut().enumerate().filter(|_| sound) {
            parents.retain(|parent| *parent < place);
        }
        (sound, roles, people)
    })
}

/// The rules of these roles in a tenant.
fn rules(roles: &Roles, ids: &[RoleId], names: &[String]) -> TenantRules {
    let row = |((grants, parents), id): (&Drawn, &RoleId)| RoleRow {
        id: *id,
        grants: grants
            .iter()
            .map(|(number, allow)| GrantRow {
                permission: names[*number].clone(),
                effect: if *allow { "allow" } else { "deny" }.to_owned(),
            })
            .collect(),
        parents: parents.iter().map(|number| ids[*number]).collect(),
    };
    TenantRules { tenant: TenantId::new(), roles: roles.iter().zip(ids).map(row).collect() }
}

/// Asserts that every reason is a path of links that are there, to a rule that is there. Not so where rows were set
/// aside: the denials behind a link that is cut stay, with the role that had the link.
fn is_real(rules: &TenantRules, name: &str, held: &[RoleId], answer: &Explanation) {
    let rows: HashMap<RoleId, &RoleRow> = rules.roles.iter().map(|row| (row.id, row)).collect();
    for reason in &answer.because {
        assert!(held.contains(&reason.role), "it begins at a role that is held");
        let mut at = reason.role;
        for next in &reason.via {
            assert!(rows[&at].parents.contains(next), "each link is there");
            at = *next;
        }
        assert_eq!(at, reason.rule_role, "it ends where the rule is");
        let effect = reason.effect.as_str();
        let says = |grant: &GrantRow| grant.permission == name && grant.effect == effect;
        assert!(rows[&at].grants.iter().any(says), "the rule is there");
    }
}

/// Asserts that the reasons given lead to the decision.
fn follows(answer: &Explanation) {
    let any = |effect| answer.because.iter().any(|reason| reason.effect == effect);
    assert_eq!(answer.decision, any(Effect::Allow) && !any(Effect::Deny), "the reasons lead elsewhere");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn explanations_agree_with_what_is_enforced((sound, roles, people) in drawn()) {
        let catalogue = Arc::new(Catalogue::load(include_str!("../../../policies/permissions.toml")).unwrap());
        let model = include_str!("../../../policies/model.conf");
        let engine = PolicyEngine::new(model, Arc::clone(&catalogue)).unwrap();
        let names: Vec<String> = catalogue.iter().map(|(_, info)| info.name.clone()).collect();
        let permissions: Vec<PermissionId> = catalogue.iter().map(|(id, _)| id).collect();
        let ids: Vec<RoleId> = roles.iter().map(|_| RoleId::new()).collect();
        let rules = rules(&roles, &ids, &names);
        let subjects: Vec<(String, Vec<RoleId>)> = people
            .iter()
            .map(|held| (format!("user:{}", UserId::new()), held.iter().map(|number| ids[*number]).collect()))
            .collect();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let compiled = runtime.block_on(engine.compile(&rules)).unwrap();
        prop_assert!(!sound || compiled.quarantined.is_empty());
        let answers = runtime.block_on(engine.explain_each(&rules, &subjects, &permissions)).unwrap();
        for ((_, held), answers) in subjects.iter().zip(&answers) {
            let enforced = effective(held.iter().map(|role| &compiled.roles[role]));
            prop_assert_eq!(answers.len(), permissions.len());
            for ((id, name), answer) in permissions.iter().zip(&names).zip(answers) {
                prop_assert_eq!(enforced.contains(*id), answer.decision, "{}", name);
                follows(answer);
                if sound {
                    is_real(&rules, name, held, answer);
                }
            }
        }
    }
}
