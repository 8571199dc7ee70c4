//! Previews against reality, on both databases: over a random run of edits and deletions, what a preview tells is
//! what the decisions of every member then are, and asking leaves no trace.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use crate::harness::app::db::dump;
use crate::store::world::{START, World, on_both};
use freehold::authz::perm;
use freehold::error::{Error, Result};
use freehold::ids::{Subject, TenantId, UserId};
use freehold::roles::*;

/// The roles that come and go.
const OWN: [&str; 5] = ["one", "two", "three", "four", "five"];

/// Few permissions, so that roles meet in them; one that only an owner holds, and what it takes to edit roles.
const SOME: [&str; 7] = [
    "projects:read",
    "projects:update",
    "invitations:read",
    "members:update",
    "roles:update",
    "apps:secrets",
    "tenant:delete",
];

/// A place in [`OWN`]; for a role with an end, whether that is ahead.
type Held = (usize, Option<bool>);

/// One step: everyone's roles, and what is asked for.
#[derive(Debug, Clone)]
struct Step {
    /// For each member, an app at last, the roles they get first, unless they keep what they have.
    held: Vec<Option<Vec<Held>>>,
    by_the_owner: bool,
    role: usize,
    act: Act,
}

#[derive(Debug, Clone)]
enum Act {
    Edit(RoleChange),
    Delete(Option<&'static str>),
}

/// Up to `most` of `names`, or the field left out.
fn some_of(
    names: &'static [&'static str],
    most: usize,
    given: f64,
) -> impl Strategy<Value = Option<Vec<String>>> {
    let names = proptest::sample::subsequence(names, 0..=most);
    proptest::option::weighted(given, names.prop_map(|names| names.into_iter().map(str::to_owned).collect()))
}

fn steps() -> impl Strategy<Value = Step> {
    const PARENTS: [&str; 8] = ["one", "two", "three", "four", "five", "viewer", "member", "admin"];
    const OTHERS: [&str; 4] = ["viewer", "one", "two", "three"];
    let ends = proptest::option::weighted(0.3, any::<bool>());
    let held = proptest::option::weighted(0.6, prop::collection::vec((0..OWN.len(), ends), 0..3));
    let held = prop::collection::vec(held, 6);
    let edit = (some_of(&SOME, 4, 0.7), some_of(&SOME, 1, 0.35), some_of(&PARENTS, 2, 0.3));
    let edit = edit.prop_map(|(permissions, denies, inherits)| {
        Act::Edit(RoleChange { permissions, denies, inherits, ..RoleChange::default() })
    });
    let delete = proptest::option::weighted(0.8, proptest::sample::select(&OTHERS[..])).prop_map(Act::Delete);
    let act = prop_oneof![3 => edit, 1 => delete];
    (held, proptest::bool::weighted(0.7), 0..OWN.len(), act)
        .prop_map(|(held, by_the_owner, role, act)| Step { held, by_the_owner, role, act })
}

/// What each may do, by name; nothing for who is no member.
pub(super) type Decisions = BTreeMap<Subject, BTreeSet<String>>;

pub(super) async fn decisions<S: Into<Subject> + Copy>(
    world: &World,
    tenant: TenantId,
    everyone: &[S],
) -> Decisions {
    let mut all = Decisions::new();
    for one in everyone {
        let standing = world.authz.standing(tenant, *one).await.unwrap();
        let names = standing.map(|standing| world.authz.catalogue().names(standing.effective));
        all.insert((*one).into(), names.into_iter().flatten().map(str::to_owned).collect());
    }
    all
}

fn less(from: &BTreeSet<String>, what: &BTreeSet<String>) -> BTreeSet<String> {
    from.difference(what).cloned().collect()
}

fn set(names: &[String]) -> BTreeSet<String> {
    names.iter().cloned().collect()
}

#[track_caller]
pub(super) fn agrees(
    told: &Preview,
    before: &Decisions,
    after: &Decisions,
    caller: UserId,
    step: &impl std::fmt::Debug,
) {
    let (mut gained, mut lost, mut affected) = (BTreeSet::new(), BTreeSet::new(), 0);
    for (subject, old) in before {
        let (gains, loses) = (less(&after[subject], old), less(old, &after[subject]));
        let entry = match subject {
            Subject::User(user) => {
                let entry = told.members.iter().find(|entry| entry.user.id == *user);
                entry.map(|entry| (set(&entry.gains), set(&entry.loses)))
            }
            Subject::App(app) => {
                let entry = told.apps.iter().find(|entry| entry.app.id == *app);
                entry.map(|entry| (set(&entry.gains), set(&entry.loses)))
            }
        };
        assert_eq!(entry.is_some(), old != &after[subject], "only whom it concerns: {step:?}");
        assert_eq!(entry.unwrap_or_default(), (gains.clone(), loses.clone()), "{step:?}");
        if *subject == caller {
            assert_eq!(set(&told.loses_own), loses, "{step:?}");
        }
        affected += i64::from(old != &after[subject]);
        gained.extend(gains);
        lost.extend(loses);
    }
    assert_eq!(
        (set(&told.gained), set(&told.lost), told.affected_members + told.affected_apps),
        (gained, lost, affected),
        "{step:?}"
    );
}

/// A refusal, without what is made anew each time.
pub(super) fn words(error: Error) -> String {
    let Error::Forbidden(denial) = error else { return format!("{error:?}") };
    format!("{} {} {:?}", denial.required, denial.reason, denial.granted_by)
}

/// What the step's preview tells, and then what came of the step itself.
async fn take(
    world: &World,
    tenant: TenantId,
    caller: UserId,
    step: &Step,
) -> Option<(Result<Preview>, Result<()>)> {
    let (authz, key) = (&world.authz, OWN[step.role]);
    let before = dump(&world.database, &[]).await;
    let unmoved = async || assert!(before == dump(&world.database, &[]).await, "a trace of {step:?}");
    match &step.act {
        Act::Edit(to) => {
            let grant = world.try_grant::<perm::RolesUpdate>(caller, tenant).await.ok()?;
            let told = preview(authz, &grant, key, to, None).await;
            unmoved().await;
            Some((told, change(authz, &grant, key, to, None).await.map(drop)))
        }
        Act::Delete(other) => {
            let grant = world.try_grant::<perm::RolesDelete>(caller, tenant).await.ok()?;
            let told = preview_delete(authz, &grant, key, *other).await;
            unmoved().await;
            Some((told, delete(authz, &grant, key, *other, None).await.map(drop)))
        }
    }
}

/// Gives everyone the step's roles, beside the one they always have.
async fn assign(world: &World, tenant: TenantId, people: &[Subject], step: &Step) {
    for (place, (subject, held)) in people.iter().zip(&step.held).enumerate() {
        let Some(held) = held else { continue };
        let base = ["owner", "admin"].get(place).copied().unwrap_or("viewer");
        let mut roles = BTreeMap::from([(base, None)]);
        for (role, end) in held {
            let hour = Duration::from_hours(1);
            roles.insert(OWN[*role], end.map(|ahead| if ahead { START + hour } else { START - hour }));
        }
        let roles: Vec<_> = roles.into_iter().collect();
        match *subject {
            Subject::User(user) => world.db_join(tenant, user, &roles).await,
            Subject::App(app) => world.db_app_roles(tenant, app, &roles).await,
        }
    }
}

#[tokio::test]
async fn a_preview_is_what_then_happens() {
    on_both(async |world: World| {
        let (ada, bob) = (world.db_user("Ada").await, world.db_user("Bob").await);
        let tenant = world.tenant(ada, "Acme").await.id;
        let mut people = vec![Subject::User(ada)];
        for user in [bob, world.db_user("Cy").await, world.db_user("Dee").await, world.db_user("Eve").await] {
            world.db_join(tenant, user, &[("viewer", None)]).await;
            people.push(user.into());
        }
        people.push(world.db_app(tenant, "Robot").await.into());
        for key in OWN {
            world.db_role(tenant, key, &[("projects:read", "allow")]).await;
        }
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]);
        let mut runner = TestRunner::new_with_rng(Config::default(), rng);
        let (mut edited, mut deleted, mut refused, mut own, mut apps) = (0, 0, 0, 0, 0);
        for _ in 0..150 {
            let step = steps().new_tree(&mut runner).unwrap().current();
            assign(&world, tenant, &people, &step).await;
            let caller = if step.by_the_owner { ada } else { bob };
            let before = decisions(&world, tenant, &people).await;
            let Some((told, done)) = take(&world, tenant, caller, &step).await else { continue };
            let after = decisions(&world, tenant, &people).await;
            match (told, done) {
                (Ok(told), Ok(())) => {
                    agrees(&told, &before, &after, caller, &step);
                    own += i32::from(!told.loses_own.is_empty());
                    apps += i32::from(told.affected_apps > 0);
                    let changed = i32::from(told.affected_members > 0);
                    match &step.act {
                        Act::Edit(_) => edited += changed,
                        Act::Delete(_) => {
                            deleted += changed;
                            world.db_role(tenant, OWN[step.role], &[("projects:update", "allow")]).await;
                        }
                    }
                }
                (Err(told), Err(done)) => {
                    refused += 1;
                    assert_eq!(words(told), words(done), "{step:?}");
                }
                (told, done) => panic!("{step:?}: told {told:?}, done {done:?}"),
            }
        }
        let enough = edited > 15 && deleted > 1 && refused > 10 && own > 1 && apps > 5;
        assert!(
            enough,
            "too tame: {edited} edits, {deleted} deletions, {refused} refusals, {own} own losses, {apps} with the app"
        );
        world.holds(tenant).await;
    })
    .await;
}

#[tokio::test]
async fn two_hundred_are_named_in_order_and_all_are_counted() {
    on_both(async |world: World| {
        let ada = world.db_user("Ada").await;
        let tenant = world.tenant(ada, "Acme").await.id;
        world.db_role(tenant, "one", &[("projects:read", "allow")]).await;
        for number in 0..205 {
            let user = world.db_user(&format!("{}{:03}", ["p", "P"][number % 2], 999 - number)).await;
            world.db_join(tenant, user, &[("one", None)]).await;
        }
        let grant = world.grant::<perm::RolesUpdate>(ada, tenant).await;
        let none = RoleChange { permissions: Some(Vec::new()), ..RoleChange::default() };
        let told = preview(&world.authz, &grant, "one", &none, None).await.unwrap();
        assert_eq!((told.members.len(), told.affected_members), (200, 205));
        let names: Vec<String> = told.members.iter().map(|entry| entry.user.name.to_lowercase()).collect();
        let expected: Vec<String> = (795..995).map(|number| format!("p{number}")).collect();
        assert_eq!(names, expected);
        assert_eq!((told.lost, told.gained), (vec!["projects:read".to_owned()], vec![]));
    })
    .await;
}
