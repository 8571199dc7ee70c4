//! Previews of changes of members against reality, on both databases: over a random run of changes of one, changes of
//! many and removals, what a preview tells is what the decisions of every member then are, and asking leaves no trace.

use std::collections::BTreeSet;
use std::time::Duration;

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use super::roles_preview::{agrees, decisions, words};
use crate::harness::app::db::dump;
use crate::store::world::{World, on_both};
use freehold::authz::perm;
use freehold::clock::Timestamp;
use freehold::error::Result;
use freehold::ids::{TenantId, UserId};
use freehold::members::*;
use freehold::roles::Preview;

/// The roles that are given and taken. The middle ones deny something.
const ROLES: [&str; 6] = ["viewer", "member", "quiet", "editor", "admin", "owner"];

/// A place in [`ROLES`]; for a role with an end, whether that is near.
type Given = (usize, Option<bool>);

/// One step: who does what. People are places in the list of all.
#[derive(Debug, Clone)]
struct Step {
    by: usize,
    act: Act,
}

#[derive(Debug, Clone)]
enum Act {
    Set(usize, Vec<Given>),
    Many { users: BTreeSet<usize>, add: Vec<Given>, remove: BTreeSet<usize> },
    Remove(usize),
    Later,
}

fn steps() -> impl Strategy<Value = Step> {
    let given = || (0..ROLES.len(), proptest::option::weighted(0.3, any::<bool>()));
    let set =
        (0..6_usize, prop::collection::vec(given(), 0..3)).prop_map(|(user, roles)| Act::Set(user, roles));
    let users = prop::collection::btree_set(0..6_usize, 1..4);
    let remove = prop::collection::btree_set(0..ROLES.len(), 0..2);
    let many = (users, prop::collection::vec(given(), 0..3), remove)
        .prop_map(|(users, add, remove)| Act::Many { users, add, remove });
    let act = prop_oneof![
        2 => set,
        6 => many,
        1 => (0..6_usize).prop_map(Act::Remove),
        1 => Just(Act::Later),
    ];
    (prop_oneof![3 => Just(0_usize), 2 => 1..3_usize], act).prop_map(|(by, act)| Step { by, act })
}

fn wanted(given: &[Given], now: Timestamp) -> Vec<RoleAssignment> {
    let end = |near| now + Duration::from_hours(if near { 1 } else { 30 });
    let mut roles: Vec<RoleAssignment> = Vec::new();
    for (role, ends) in given {
        let role = RoleAssignment { key: ROLES[*role].to_owned(), expires_at: ends.map(end) };
        if roles.iter().all(|known| known.key != role.key) {
            roles.push(role);
        }
    }
    roles
}

/// What the step's preview tells, and then what came of the step itself.
async fn take(
    world: &World,
    tenant: TenantId,
    people: &[UserId],
    step: &Step,
) -> Option<(Result<Preview>, Result<()>)> {
    let (authz, now) = (&world.authz, world.clock.now());
    let before = dump(&world.database, &[]).await;
    let unmoved = async || assert!(before == dump(&world.database, &[]).await, "a trace of {step:?}");
    match &step.act {
        Act::Set(user, given) => {
            let grant = world.try_grant::<perm::MembersUpdate>(people[step.by], tenant).await.ok()?;
            let roles = wanted(given, now);
            let told = preview_roles(authz, &grant, people[*user], &roles, None).await;
            unmoved().await;
            Some((told, set_roles(authz, &grant, people[*user], &roles, None).await.map(drop)))
        }
        Act::Many { users, add, remove } => {
            let grant = world.try_grant::<perm::MembersUpdate>(people[step.by], tenant).await.ok()?;
            let change = ManyRoles {
                users: users.iter().map(|user| people[*user]).collect(),
                add: wanted(add, now),
                remove: remove.iter().map(|role| ROLES[*role].to_owned()).collect(),
            };
            let told = preview_many(authz, &grant, &change).await;
            unmoved().await;
            Some((told, change_roles(authz, &grant, &change).await.map(drop)))
        }
        Act::Remove(user) => {
            let grant = world.try_grant::<perm::MembersDelete>(people[step.by], tenant).await.ok()?;
            let told = preview_removal(authz, &grant, people[*user], None).await;
            unmoved().await;
            Some((told, remove(authz, &grant, people[*user], None).await.map(drop)))
        }
        Act::Later => {
            world.clock.advance(Duration::from_hours(1));
            None
        }
    }
}

/// Ada, who owns the tenant, an admin, one whose roles change, and three who view it.
async fn scene(world: &World) -> (TenantId, Vec<UserId>) {
    let ada = world.db_user("Ada").await;
    let tenant = world.tenant(ada, "Acme").await.id;
    world.db_role(tenant, "quiet", &[("projects:create", "deny"), ("members:update", "deny")]).await;
    // They see the members, for else a preview would name nobody to them.
    let editing = [("members:read", "allow"), ("members:update", "allow"), ("audit:read", "deny")];
    world.db_role(tenant, "editor", &editing).await;
    let mut people = vec![ada];
    for (name, role) in
        [("Bob", "admin"), ("Cy", "editor"), ("Dee", "viewer"), ("Eve", "viewer"), ("Fay", "viewer")]
    {
        let user = world.db_user(name).await;
        world.db_join(tenant, user, &[(role, None)]).await;
        people.push(user);
    }
    (tenant, people)
}

#[tokio::test]
async fn a_preview_of_members_is_what_then_happens() {
    on_both(async |world: World| {
        let (tenant, people) = scene(&world).await;
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[11; 32]);
        let mut runner = TestRunner::new_with_rng(Config::default(), rng);
        let (mut one, mut many, mut removed, mut refused, mut own) = (0, 0, 0, 0, 0);
        for number in 0..240 {
            if number % 8 == 0 {
                // Everyone as in the beginning, for else most would end with no role.
                for (user, role) in
                    people.iter().zip(["owner", "admin", "editor", "viewer", "viewer", "quiet"])
                {
                    world.db_join(tenant, *user, &[(role, None)]).await;
                }
            }
            let step = steps().new_tree(&mut runner).unwrap().current();
            let before = decisions(&world, tenant, &people).await;
            let Some((told, done)) = take(&world, tenant, &people, &step).await else { continue };
            let after = decisions(&world, tenant, &people).await;
            match (told, done) {
                (Ok(told), Ok(())) => {
                    agrees(&told, &before, &after, people[step.by], &step);
                    own += i32::from(!told.loses_own.is_empty());
                    let changed = i32::from(told.affected_members > 0);
                    match &step.act {
                        Act::Set(..) => one += changed,
                        Act::Many { .. } => many += i32::from(told.affected_members > 1),
                        Act::Remove(_) => removed += 1,
                        Act::Later => {}
                    }
                }
                (Err(told), Err(done)) => {
                    refused += 1;
                    assert_eq!(words(told), words(done), "{step:?}");
                }
                (told, done) => panic!("{step:?}: told {told:?}, done {done:?}"),
            }
            world.holds(tenant).await;
        }
        let enough = one > 10 && many > 10 && removed > 3 && refused > 20 && own > 1;
        assert!(
            enough,
            "too tame: {one} of one, {many} of many, {removed} removals, {refused} refusals, {own} own"
        );
    })
    .await;
}
