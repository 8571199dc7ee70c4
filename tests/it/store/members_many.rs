//! Changes of many members at once, on both databases: the rules of a change of one hold for each of them, and it is
//! all of it or nothing.

use std::time::Duration;

use serde_json::Value;

use crate::harness::app::db::dump;
use crate::store::world::{START, World, on_both};
use freehold::authz::perm;
use freehold::clock::Timestamp;
use freehold::db::Committed;
use freehold::error::{Denial, Error, Result};
use freehold::ids::{TenantId, UserId};
use freehold::members::*;

fn role(key: &str, expires_at: Option<Timestamp>) -> RoleAssignment {
    RoleAssignment { key: key.to_owned(), expires_at }
}

/// Gives and takes roles without end.
fn asked(users: &[UserId], add: &[&str], remove: &[&str]) -> ManyRoles {
    ManyRoles {
        users: users.to_vec(),
        add: add.iter().map(|key| role(key, None)).collect(),
        remove: remove.iter().map(|key| (*key).to_owned()).collect(),
    }
}

async fn many(
    world: &World,
    (actor, tenant): (UserId, TenantId),
    change: &ManyRoles,
) -> Result<(ManyChanged, Option<Committed>)> {
    let grant = world.try_grant::<perm::MembersUpdate>(actor, tenant).await?;
    change_roles(&world.authz, &grant, change).await
}

/// The denial of a change that must be refused and leave nothing behind.
async fn refused(world: &World, actor: (UserId, TenantId), change: &ManyRoles) -> Box<Denial> {
    let before = dump(&world.database, &[]).await;
    let error = many(world, actor, change).await.unwrap_err();
    assert!(before == dump(&world.database, &[]).await, "a trace of {change:?}");
    let Error::Forbidden(denial) = error else { panic!("not refused: {error:?}") };
    denial
}

/// The keys of what each holds, with the ends there are.
async fn held(world: &World, tenant: TenantId, user: UserId) -> Vec<(String, Option<Timestamp>)> {
    let grant = world.grant::<perm::MembersRead>(user, tenant).await;
    let member = show(&world.database, &grant, user).await.unwrap();
    member.roles.into_iter().map(|role| (role.key, role.expires_at)).collect()
}

fn without_end(keys: &[&str]) -> Vec<(String, Option<Timestamp>)> {
    keys.iter().map(|key| ((*key).to_owned(), None)).collect()
}

/// Ada owns Acme; Bob administers it; Vera and Will view it.
async fn acme(world: &World) -> (TenantId, [UserId; 4]) {
    let ada = world.db_user("Ada").await;
    let tenant = world.tenant(ada, "Acme").await.id;
    let (bob, vera, will) =
        (world.db_user("Bob").await, world.db_user("Vera").await, world.db_user("Will").await);
    world.db_join(tenant, bob, &[("admin", None)]).await;
    world.db_join(tenant, vera, &[("viewer", None)]).await;
    world.db_join(tenant, will, &[("viewer", None)]).await;
    (tenant, [ada, bob, vera, will])
}

#[tokio::test]
async fn many_are_changed_at_once_and_it_is_one_event() {
    on_both(async |world: World| {
        let (tenant, [ada, bob, vera, will]) = acme(&world).await;
        world.db_join(tenant, will, &[("member", None)]).await;
        let end = START + Duration::from_hours(9);
        let change = ManyRoles {
            users: vec![vera, bob, will],
            add: vec![role("member", Some(end))],
            remove: vec!["viewer".to_owned()],
        };
        let events = world.events(tenant).await;
        let (changed, committed) = many(&world, (ada, tenant), &change).await.unwrap();
        let version = world.authz.policy(tenant).await.unwrap().unwrap().version;
        assert_eq!(committed.unwrap().policy_version, Some(version));
        assert_eq!(world.events(tenant).await, events + 1);
        assert_eq!(held(&world, tenant, vera).await, [("member".to_owned(), Some(end))]);
        let both = [("admin".to_owned(), None), ("member".to_owned(), Some(end))];
        assert_eq!(held(&world, tenant, bob).await, both);
        assert_eq!(held(&world, tenant, will).await, without_end(&["member"]), "what lasts longer stays");
        let told: Vec<(&str, usize, usize)> = changed
            .changed
            .iter()
            .map(|one| (one.user.name.as_str(), one.given.len(), one.taken.len()))
            .collect();
        assert_eq!((told, changed.unchanged), (vec![("Vera", 1, 1), ("Bob", 1, 0)], 1));

        let grant = world.grant::<perm::AuditRead>(ada, tenant).await;
        let mut on = world.database.read().await.unwrap();
        let line = freehold::audit::recent(&mut on, &grant, 1).await.unwrap().remove(0);
        assert_eq!((line.action.as_str(), line.target.name.as_str()), ("members.roles_changed", "2 members"));
        let side = |side: &str| -> Vec<(Value, usize)> {
            let people = line.changes[side]["members"].as_array().unwrap();
            people.iter().map(|one| (one["name"].clone(), one["roles"].as_array().unwrap().len())).collect()
        };
        assert_eq!(side("before"), [("Vera".into(), 1), ("Bob".into(), 1)]);
        assert_eq!(side("after"), [("Vera".into(), 1), ("Bob".into(), 2)]);

        let (again, committed) = many(&world, (ada, tenant), &change).await.unwrap();
        assert!(committed.is_none() && again.changed.is_empty() && again.unchanged == 3);
        assert_eq!(world.events(tenant).await, events + 1, "the same again is no event");
        world.holds(tenant).await;
    })
    .await;
}

#[tokio::test]
async fn each_who_is_changed_is_at_another_revision_and_nobody_else() {
    on_both(async |world: World| {
        let (tenant, [ada, bob, vera, will]) = acme(&world).await;
        let grant = world.grant::<perm::MembersRead>(ada, tenant).await;
        let revisions = async || {
            let mut all = Vec::new();
            for user in [bob, vera, will] {
                all.push(show(&world.database, &grant, user).await.unwrap().revision);
            }
            all
        };
        let before = revisions().await;
        many(&world, (ada, tenant), &asked(&[bob, vera], &["viewer", "member"], &[])).await.unwrap();
        let after = revisions().await;
        assert_eq!(after, [before[0] + 1, before[1] + 1, before[2]]);
        // A form made before it is out of date.
        let update = world.grant::<perm::MembersUpdate>(ada, tenant).await;
        let stale = set_roles(&world.authz, &update, vera, &[], Some(before[1])).await.unwrap_err();
        assert!(matches!(stale, Error::Stale));
    })
    .await;
}

#[tokio::test]
async fn nobody_gives_many_what_they_do_not_hold() {
    on_both(async |world: World| {
        let (tenant, [ada, bob, vera, will]) = acme(&world).await;
        let actor = (bob, tenant);
        let denial = refused(&world, actor, &asked(&[vera, will], &["owner"], &[])).await;
        assert_eq!(denial.required, "tenant:delete");
        assert!(denial.reason.starts_with("Vera: The role Owner allows"), "{}", denial.reason);
        refused(&world, actor, &asked(&[bob], &["owner"], &[])).await;
        // What is lent is not passed on for longer.
        let end = START + Duration::from_hours(1);
        let lend = ManyRoles { users: vec![vera], add: vec![role("admin", Some(end))], remove: vec![] };
        many(&world, (ada, tenant), &lend).await.unwrap();
        refused(&world, (vera, tenant), &asked(&[vera], &["admin"], &[])).await;
        refused(&world, (vera, tenant), &asked(&[will], &["admin"], &[])).await;
        let lend = ManyRoles { users: vec![will], ..lend };
        many(&world, (vera, tenant), &lend).await.unwrap();
        // Taking a denial away is giving.
        world.db_role(tenant, "no-secrets", &[("apps:secrets", "deny")]).await;
        world.db_join(tenant, bob, &[("admin", None), ("no-secrets", None)]).await;
        world.db_join(tenant, will, &[("admin", None), ("no-secrets", None)]).await;
        refused(&world, actor, &asked(&[bob], &[], &["no-secrets"])).await;
        refused(&world, actor, &asked(&[will], &[], &["no-secrets"])).await;
    })
    .await;
}

#[tokio::test]
async fn one_who_stands_above_keeps_all_from_being_changed() {
    on_both(async |world: World| {
        let (tenant, [ada, bob, vera, will]) = acme(&world).await;
        let users = [vera, ada, will];
        let denial = refused(&world, (bob, tenant), &asked(&users, &["member"], &[])).await;
        assert_eq!(denial.reason, "Ada: They hold rights you do not, such as tenant:delete.");
        // Not even when nothing would become of that one.
        refused(&world, (bob, tenant), &asked(&users, &[], &["viewer"])).await;
        many(&world, (bob, tenant), &asked(&[vera, bob, will], &["member"], &[])).await.unwrap();
        many(&world, (ada, tenant), &asked(&users, &["member"], &[])).await.unwrap();

        // Whoever may not see the members is not told who it was.
        world.db_role(tenant, "blind", &[("members:update", "allow"), ("projects:read", "allow")]).await;
        world.db_join(tenant, bob, &[("blind", None)]).await;
        let denial = refused(&world, (bob, tenant), &asked(&[vera, ada], &[], &["viewer"])).await;
        assert!(!denial.reason.contains("Ada") && !denial.reason.contains("Vera"), "{}", denial.reason);
    })
    .await;
}

#[tokio::test]
async fn a_change_of_many_leaves_an_owner() {
    on_both(async |world: World| {
        let (tenant, [ada, bob, vera, _]) = acme(&world).await;
        let own = asked(&[ada, bob], &["owner"], &[]);
        many(&world, (ada, tenant), &own).await.unwrap();
        let before = dump(&world.database, &[]).await;
        let both = asked(&[ada, bob, vera], &["viewer"], &["owner"]);
        let error = many(&world, (ada, tenant), &both).await.unwrap_err();
        assert!(matches!(error, Error::Conflict(_)), "{error:?}");
        assert!(before == dump(&world.database, &[]).await, "all or nothing");
        many(&world, (ada, tenant), &asked(&[bob], &[], &["owner"])).await.unwrap();
        let end = ManyRoles {
            users: vec![vera],
            add: vec![role("owner", Some(START + Duration::from_hours(1)))],
            remove: vec![],
        };
        many(&world, (ada, tenant), &end).await.unwrap();
        let error = many(&world, (ada, tenant), &asked(&[ada], &[], &["owner"])).await.unwrap_err();
        assert!(matches!(error, Error::Conflict(_)), "an owner for a while is not enough: {error:?}");
        world.holds(tenant).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn owners_who_take_it_from_many_at_once_never_leave_none() {
    on_both(async |world: World| {
        let (tenant, [ada, bob, vera, _]) = acme(&world).await;
        for _ in 0..30 {
            world.db_join(tenant, ada, &[("owner", None)]).await;
            world.db_join(tenant, bob, &[("owner", None)]).await;
            let one = world.grant::<perm::MembersUpdate>(ada, tenant).await;
            let other = world.grant::<perm::MembersUpdate>(bob, tenant).await;
            let (from_bob, from_ada) =
                (asked(&[bob, vera], &["viewer"], &["owner"]), asked(&[ada, vera], &["viewer"], &["owner"]));
            let (one, other) = tokio::join!(
                change_roles(&world.authz, &one, &from_bob),
                change_roles(&world.authz, &other, &from_ada)
            );
            assert!(one.is_ok() != other.is_ok(), "one of them is no longer an owner when it comes to it");
            let loser = if one.is_ok() { other } else { one };
            assert!(matches!(loser.unwrap_err(), Error::Conflict(_)));
            world.holds(tenant).await;
        }
    })
    .await;
}

#[tokio::test]
async fn what_cannot_be_is_named_by_its_place_and_people_of_elsewhere_are_unknown() {
    on_both(async |world: World| {
        let (tenant, [ada, bob, vera, _]) = acme(&world).await;
        let zoe = world.db_user("Zoe").await;
        let elsewhere = world.tenant(zoe, "Other").await.id;
        world.db_role(elsewhere, "theirs", &[("projects:read", "allow")]).await;
        let before = dump(&world.database, &[]).await;
        let places = async |change: ManyRoles| -> Vec<String> {
            let error = many(&world, (ada, tenant), &change).await.unwrap_err();
            let Error::Invalid(fields) = error else { panic!("{error:?}") };
            fields.into_iter().map(|field| field.pointer).collect()
        };
        assert_eq!(places(asked(&[vera, zoe, bob], &["member"], &[])).await, ["/users/1"]);
        assert_eq!(places(asked(&[], &[], &[])).await, ["/users", "/add"]);
        let wrong = ManyRoles {
            users: vec![vera, vera],
            add: vec![role("theirs", None), role("member", Some(START)), role("member", None)],
            remove: ["nope", "member", "viewer", "viewer"].map(str::to_owned).into(),
        };
        let expected =
            ["/users/1", "/add/0", "/add/1/expires_at", "/add/2", "/remove/0", "/remove/1", "/remove/3"];
        assert_eq!(places(wrong).await, expected);
        let crowd: Vec<UserId> = (0..201).map(|_| UserId::new()).collect();
        assert_eq!(places(asked(&crowd, &["viewer"], &[])).await, ["/users"]);
        assert_eq!(places(asked(&[vera], &["viewer"; 21], &[])).await.first().unwrap(), "/add");
        assert!(before == dump(&world.database, &[]).await, "nothing was written");
    })
    .await;
}

#[tokio::test]
async fn two_hundred_are_changed_in_one_go() {
    on_both(async |world: World| {
        let (tenant, [ada, ..]) = acme(&world).await;
        let mut users = Vec::new();
        for number in 0..200 {
            let user = world.db_user(&format!("P{number}")).await;
            world.db_join(tenant, user, &[("viewer", None)]).await;
            users.push(user);
        }
        let (changed, _) =
            many(&world, (ada, tenant), &asked(&users, &["member"], &["viewer"])).await.unwrap();
        assert_eq!((changed.changed.len(), changed.unchanged), (200, 0));
        let members = "select count(*) from role_assignments a join roles r on r.id = a.role_id \
                       where a.tenant_id = $1 and r.key = 'member'";
        assert_eq!(world.db_count(tenant, members).await, 200);
        world.holds(tenant).await;
    })
    .await;
}
