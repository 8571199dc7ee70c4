//! The rules of members, on both databases.

use std::time::Duration;

use crate::store::world::{START, World, on_both};
use freehold::authz::{Own, TenantRef, perm};
use freehold::clock::Timestamp;
use freehold::db::Committed;
use freehold::error::{Error, Result};
use freehold::ids::{TenantId, UserId};
use freehold::lists::{Sort, Window};
use freehold::members::*;

fn keys(keys: &[&str]) -> Vec<RoleAssignment> {
    keys.iter().map(|key| RoleAssignment { key: (*key).to_owned(), expires_at: None }).collect()
}

fn until(key: &str, expires_at: Timestamp) -> Vec<RoleAssignment> {
    vec![RoleAssignment { key: key.to_owned(), expires_at: Some(expires_at) }]
}

fn held(member: &Member) -> Vec<&str> {
    member.roles.iter().map(|role| role.key.as_str()).collect()
}

async fn set(
    world: &World,
    (actor, tenant): (UserId, TenantId),
    user: UserId,
    roles: &[RoleAssignment],
) -> Result<(Member, Option<Committed>)> {
    let grant = world.try_grant::<perm::MembersUpdate>(actor, tenant).await?;
    set_roles(&world.authz, &grant, user, roles, None).await
}

async fn get(world: &World, tenant: TenantId, user: UserId) -> Member {
    let grant = world.grant::<perm::MembersRead>(user, tenant).await;
    show(&world.database, &grant, user).await.unwrap()
}

/// Ada owns Acme; Bob administers it, Vera views it.
async fn acme(world: &World) -> (TenantId, [UserId; 3]) {
    let ada = world.db_user("Ada").await;
    let tenant = world.tenant(ada, "Acme").await.id;
    let (bob, vera) = (world.db_user("Bob").await, world.db_user("Vera").await);
    world.db_join(tenant, bob, &[("admin", None)]).await;
    world.db_join(tenant, vera, &[("viewer", None)]).await;
    (tenant, [ada, bob, vera])
}

#[tokio::test]
async fn a_change_of_roles_counts_before_the_answer() {
    on_both(async |world: World| {
        let (tenant, [ada, _, vera]) = acme(&world).await;
        let before = get(&world, tenant, vera).await;
        let (after, committed) =
            set(&world, (ada, tenant), vera, &keys(&["member", "viewer"])).await.unwrap();
        assert_eq!(held(&after), ["member", "viewer"]);
        assert_eq!((after.joined_at, after.revision), (before.joined_at, before.revision + 1));
        assert_eq!(get(&world, tenant, vera).await, after);
        assert!(world.try_grant::<perm::ProjectsCreate>(vera, tenant).await.is_ok());
        let version = world.authz.policy(tenant).await.unwrap().unwrap().version;
        assert_eq!(committed.unwrap().policy_version, Some(version));
        set(&world, (ada, tenant), vera, &[]).await.unwrap();
        assert!(world.try_grant::<perm::TenantRead>(vera, tenant).await.is_err());
        assert!(world.try_grant::<Own>(vera, tenant).await.is_ok(), "a member without roles is a member");
        world.holds(tenant).await;
    })
    .await;
}

#[tokio::test]
async fn the_same_roles_again_are_no_event() {
    on_both(async |world: World| {
        let (tenant, [ada, _, vera]) = acme(&world).await;
        let events = world.events(tenant).await;
        let (member, committed) = set(&world, (ada, tenant), vera, &keys(&["viewer"])).await.unwrap();
        assert!(committed.is_none());
        assert_eq!(member, get(&world, tenant, vera).await);
        assert_eq!(world.events(tenant).await, events);
    })
    .await;
}

#[tokio::test]
async fn roles_that_cannot_be_held_are_named_by_their_place() {
    on_both(async |world: World| {
        let (tenant, [ada, _, vera]) = acme(&world).await;
        let mut roles = keys(&["nope", "member", "member"]);
        roles.extend(until("viewer", START));
        let error = set(&world, (ada, tenant), vera, &roles).await.unwrap_err();
        let Error::Invalid(fields) = error else { panic!("{error:?}") };
        let pointers: Vec<&str> = fields.iter().map(|field| field.pointer.as_str()).collect();
        assert_eq!(pointers, ["/roles/0", "/roles/2", "/roles/3/expires_at"]);
    })
    .await;
}

#[tokio::test]
async fn an_admin_neither_acts_on_owners_nor_makes_one() {
    on_both(async |world: World| {
        let (tenant, [ada, bob, vera]) = acme(&world).await;
        let refused = |error: Error| {
            let Error::Forbidden(denial) = error else { panic!("not refused: {error:?}") };
            denial
        };
        let denial = refused(set(&world, (bob, tenant), vera, &keys(&["owner"])).await.unwrap_err());
        assert_eq!(denial.required, "tenant:delete");
        assert_eq!(
            (denial.held_roles, denial.granted_by),
            (vec!["admin".to_owned()], vec!["owner".to_owned()])
        );
        assert!(denial.reason.contains("Owner"), "{}", denial.reason);
        refused(set(&world, (bob, tenant), bob, &keys(&["owner"])).await.unwrap_err());
        let denial = refused(set(&world, (bob, tenant), ada, &keys(&["viewer"])).await.unwrap_err());
        assert_eq!(denial.reason, "They hold rights you do not, such as tenant:delete.");
        let grant = world.grant::<perm::MembersDelete>(bob, tenant).await;
        refused(remove(&world.authz, &grant, ada, None).await.unwrap_err());
        assert_eq!(held(&get(&world, tenant, ada).await), ["owner"]);
        assert!(set(&world, (bob, tenant), vera, &keys(&["admin"])).await.is_ok());
        assert!(remove(&world.authz, &grant, vera, None).await.is_ok());
        world.holds(tenant).await;
    })
    .await;
}

#[tokio::test]
async fn what_is_lent_cannot_be_passed_on_for_longer() {
    on_both(async |world: World| {
        let (tenant, [ada, bob, vera]) = acme(&world).await;
        let end = START + Duration::from_hours(1);
        set(&world, (ada, tenant), bob, &until("admin", end)).await.unwrap();
        assert!(set(&world, (bob, tenant), vera, &keys(&["admin"])).await.is_err());
        assert!(set(&world, (bob, tenant), bob, &keys(&["admin"])).await.is_err());
        assert!(set(&world, (bob, tenant), vera, &until("admin", end)).await.is_ok());
        world.clock.advance(Duration::from_hours(1));
        assert!(world.try_grant::<perm::TenantRead>(bob, tenant).await.is_err());
        let grant = world.grant::<perm::MembersRead>(ada, tenant).await;
        assert!(
            show(&world.database, &grant, bob).await.unwrap().roles.is_empty(),
            "what has ended is not shown"
        );
        // An ended role may be given again, and is then held.
        set(&world, (ada, tenant), bob, &keys(&["admin"])).await.unwrap();
        assert!(world.try_grant::<perm::MembersUpdate>(bob, tenant).await.is_ok());
    })
    .await;
}

#[tokio::test]
async fn a_denial_is_not_lifted_by_who_lacks_the_right() {
    on_both(async |world: World| {
        let (tenant, [ada, bob, vera]) = acme(&world).await;
        world.db_role(tenant, "no-secrets", &[("apps:secrets", "deny")]).await;
        world.db_join(tenant, bob, &[("admin", None), ("no-secrets", None)]).await;
        world.db_join(tenant, vera, &[("admin", None), ("no-secrets", None)]).await;
        assert!(set(&world, (bob, tenant), bob, &keys(&["admin"])).await.is_err());
        assert!(set(&world, (bob, tenant), vera, &keys(&["admin"])).await.is_err());
        assert!(set(&world, (ada, tenant), vera, &keys(&["admin"])).await.is_ok());
    })
    .await;
}

#[tokio::test]
async fn a_tenant_always_keeps_an_owner() {
    on_both(async |world: World| {
        let (tenant, [ada, bob, _]) = acme(&world).await;
        let conflict = |result: Result<()>| matches!(result.unwrap_err(), Error::Conflict(_));
        let own = world.grant::<Own>(ada, tenant).await;
        let soon = START + Duration::from_hours(1);
        assert!(conflict(leave(&world.authz, &own, None).await.map(drop)));
        assert!(conflict(set(&world, (ada, tenant), ada, &keys(&["admin"])).await.map(drop)));
        assert!(conflict(set(&world, (ada, tenant), ada, &until("owner", soon)).await.map(drop)));
        let grant = world.grant::<perm::MembersDelete>(ada, tenant).await;
        assert!(conflict(remove(&world.authz, &grant, ada, None).await.map(drop)));
        // Neither an owner for a while nor a disabled one is enough.
        set(&world, (ada, tenant), bob, &until("owner", soon)).await.unwrap();
        assert!(conflict(leave(&world.authz, &own, None).await.map(drop)));
        set(&world, (ada, tenant), bob, &keys(&["owner"])).await.unwrap();
        let disable = "update users set disabled_at = 1 where name = 'Bob' and id in \
                   (select user_id from members where tenant_id = $1)";
        assert_eq!(world.db_execute(tenant, disable).await, 1);
        assert!(conflict(leave(&world.authz, &own, None).await.map(drop)));
        let enable = "update users set disabled_at = null where id in \
                  (select user_id from members where tenant_id = $1)";
        world.db_execute(tenant, enable).await;
        leave(&world.authz, &own, None).await.unwrap();
        assert!(world.try_grant::<Own>(ada, tenant).await.is_err());
        world.holds(tenant).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn owners_who_demote_each_other_never_leave_none() {
    on_both(async |world: World| {
        let (tenant, [ada, bob, _]) = acme(&world).await;
        for _ in 0..200 {
            world.db_join(tenant, ada, &[("owner", None)]).await;
            world.db_join(tenant, bob, &[("owner", None)]).await;
            let one = world.grant::<perm::MembersUpdate>(ada, tenant).await;
            let other = world.grant::<perm::MembersUpdate>(bob, tenant).await;
            let viewer = keys(&["viewer"]);
            let (one, other) = tokio::join!(
                set_roles(&world.authz, &one, bob, &viewer, None),
                set_roles(&world.authz, &other, ada, &viewer, None)
            );
            assert!(one.is_ok() != other.is_ok(), "one of them is no longer an owner when it comes to it");
            let loser = if one.is_ok() { other } else { one };
            assert!(matches!(loser.unwrap_err(), Error::Conflict(_)));
            world.holds(tenant).await;
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn owners_who_all_leave_at_once_never_leave_none() {
    on_both(async |world: World| {
        let (tenant, [ada, bob, _]) = acme(&world).await;
        for _ in 0..50 {
            world.db_join(tenant, ada, &[("owner", None)]).await;
            world.db_join(tenant, bob, &[("owner", None)]).await;
            let one = world.grant::<Own>(ada, tenant).await;
            let other = world.grant::<perm::MembersUpdate>(bob, tenant).await;
            let (one, other) =
                tokio::join!(async { leave(&world.authz, &one, None).await.map(drop) }, async {
                    set_roles(&world.authz, &other, bob, &keys(&["viewer"]), None).await.map(drop)
                });
            assert!(one.is_ok() != other.is_ok());
            let loser = if one.is_ok() { other } else { one };
            assert!(matches!(loser.unwrap_err(), Error::Conflict(_)));
            world.holds(tenant).await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_removed_member_is_out_and_so_are_their_invitations() {
    on_both(async |world: World| {
        let (tenant, [ada, _, vera]) = acme(&world).await;
        for name in ["ada", "bob", "vera"] {
            world.db_invite(tenant, ada, &format!("{name}@example.com")).await;
        }
        let seen = world.grant::<perm::TenantRead>(vera, tenant).await;
        let grant = world.grant::<perm::MembersDelete>(ada, tenant).await;
        assert!(matches!(remove(&world.authz, &grant, vera, Some(9)).await.unwrap_err(), Error::Stale));
        remove(&world.authz, &grant, vera, Some(1)).await.unwrap();
        assert!(seen.is(vera));
        let path = TenantRef::Id(tenant);
        assert!(matches!(world.authz.membership(&path, vera, None).await.unwrap_err(), Error::NotFound));
        assert!(world.authz.user(vera).await.unwrap().unwrap().tenants.is_empty());
        let open = "select count(*) from invitations where tenant_id = $1 and revoked_at is null";
        assert_eq!(world.db_count(tenant, open).await, 2, "only hers were withdrawn");
        assert!(matches!(remove(&world.authz, &grant, vera, None).await.unwrap_err(), Error::NotFound));
        // Coming back brings nothing back.
        world.db_join(tenant, vera, &[]).await;
        assert!(get_by(&world, ada, tenant, vera).await.roles.is_empty());
        world.holds(tenant).await;
    })
    .await;
}

async fn get_by(world: &World, reader: UserId, tenant: TenantId, user: UserId) -> Member {
    let grant = world.grant::<perm::MembersRead>(reader, tenant).await;
    show(&world.database, &grant, user).await.unwrap()
}

#[tokio::test]
async fn a_grant_that_was_overtaken_is_worth_nothing() {
    on_both(async |world: World| {
        let (tenant, [ada, bob, vera]) = acme(&world).await;
        let old = world.grant::<perm::MembersUpdate>(bob, tenant).await;
        set(&world, (ada, tenant), bob, &keys(&["viewer"])).await.unwrap();
        let error = set_roles(&world.authz, &old, vera, &keys(&["admin"]), None).await.unwrap_err();
        assert!(matches!(error, Error::Conflict(_)));
        let out = world.grant::<perm::MembersDelete>(ada, tenant).await;
        remove(&world.authz, &out, bob, None).await.unwrap();
        let error = set_roles(&world.authz, &old, vera, &keys(&["admin"]), None).await.unwrap_err();
        assert!(matches!(error, Error::NotFound));
    })
    .await;
}

#[tokio::test]
async fn members_of_other_tenants_are_not_there() {
    on_both(async |world: World| {
        let (tenant, [ada, ..]) = acme(&world).await;
        let eve = world.db_user("Eve").await;
        let other = world.tenant(eve, "Other").await.id;
        assert!(matches!(
            set(&world, (ada, tenant), eve, &keys(&["viewer"])).await.unwrap_err(),
            Error::NotFound
        ));
        let grant = world.grant::<perm::MembersRead>(ada, tenant).await;
        assert!(matches!(show(&world.database, &grant, eve).await.unwrap_err(), Error::NotFound));
        let grant = world.grant::<perm::MembersDelete>(ada, tenant).await;
        assert!(matches!(remove(&world.authz, &grant, eve, None).await.unwrap_err(), Error::NotFound));
        world.holds(other).await;
    })
    .await;
}

#[tokio::test]
async fn a_stale_if_match_changes_nothing() {
    on_both(async |world: World| {
        let (tenant, [ada, _, vera]) = acme(&world).await;
        let grant = world.grant::<perm::MembersUpdate>(ada, tenant).await;
        let (now, _) = set_roles(&world.authz, &grant, vera, &keys(&["member"]), Some(1)).await.unwrap();
        let late = set_roles(&world.authz, &grant, vera, &keys(&["admin"]), Some(1)).await;
        assert!(matches!(late.unwrap_err(), Error::Stale));
        assert_eq!(get(&world, tenant, vera).await, now);
    })
    .await;
}

fn by(by: By, down: bool) -> Sort<By> {
    Sort { by, down }
}

async fn names(
    world: &World,
    tenant: TenantId,
    reader: UserId,
    filter: &Filter,
    sort: Sort<By>,
) -> Vec<String> {
    let grant = world.grant::<perm::MembersRead>(reader, tenant).await;
    let mut window = Window { sort, limit: 2, after: None };
    let mut names = Vec::new();
    loop {
        let page = list(&world.database, &grant, filter, &window).await.unwrap();
        assert!(page.items.len() <= 2);
        names.extend(page.items.into_iter().map(|member| member.user.name));
        window.after = page.next;
        if window.after.is_none() {
            return names;
        }
    }
}

#[tokio::test]
async fn pages_of_members_show_each_once_in_order() {
    on_both(async |world: World| {
        let (tenant, [ada, ..]) = acme(&world).await;
        for name in ["cleo", "Dan", "dan", "100%", "a_b"] {
            world.clock.advance(Duration::from_secs(1));
            let user = world.db_user(name).await;
            world.db_join(tenant, user, &[("viewer", None), ("member", None)]).await;
        }
        world.tenant(world.db_user("Eve").await, "Other").await;
        let all = Filter::default();
        let by_name = names(&world, tenant, ada, &all, by(By::Name, false)).await;
        assert_eq!(by_name, ["100%", "a_b", "Ada", "Bob", "cleo", "Dan", "dan", "Vera"]);
        let by_time = names(&world, tenant, ada, &all, by(By::JoinedAt, false)).await;
        assert_eq!(by_time, ["Ada", "Bob", "Vera", "cleo", "Dan", "dan", "100%", "a_b"]);
        let back = async |sort| names(&world, tenant, ada, &all, sort).await;
        assert_eq!(
            back(by(By::Name, true)).await,
            ["Vera", "dan", "Dan", "cleo", "Bob", "Ada", "a_b", "100%"]
        );
        assert_eq!(
            back(by(By::JoinedAt, true)).await,
            ["a_b", "100%", "dan", "Dan", "cleo", "Vera", "Bob", "Ada"]
        );
        for (search, found) in [
            ("DAN", vec!["Dan", "dan"]),
            ("%", vec!["100%"]),
            ("_", vec!["a_b"]),
            ("\\", vec![]),
            ("vera@EXAMPLE", vec!["Vera"]),
            ("' or 1=1 --", vec![]),
            ("  ", vec!["100%", "a_b", "Ada", "Bob", "cleo", "Dan", "dan", "Vera"]),
        ] {
            let filter = Filter { search: search.into(), role: String::new() };
            assert_eq!(names(&world, tenant, ada, &filter, by(By::Name, false)).await, found, "{search}");
        }
        for (role, found) in [("admin", vec!["Bob"]), ("owner", vec!["Ada"]), ("nope", vec![])] {
            let filter = Filter { search: String::new(), role: role.into() };
            assert_eq!(names(&world, tenant, ada, &filter, by(By::JoinedAt, false)).await, found, "{role}");
        }
        let grant = world.grant::<perm::MembersRead>(ada, tenant).await;
        assert_eq!(count(&world.database, &grant).await.unwrap(), 8);
        let window = Window { sort: by(By::Name, false), limit: 50, after: None };
        let page = list(&world.database, &grant, &all, &window).await.unwrap();
        assert_eq!(held(&page.items[4]), ["member", "viewer"]);
    })
    .await;
}

#[test]
fn a_role_is_written_as_a_key_or_with_an_end() {
    let body =
        r#"{"roles": ["viewer", {"key": "admin", "expires_at": "2030-01-01T00:00:00Z"}, {"key": "owner"}]}"#;
    let NewRoles { roles } = serde_json::from_str(body).unwrap();
    assert_eq!(roles.len(), 3);
    assert_eq!((roles[0].key.as_str(), roles[0].expires_at), ("viewer", None));
    assert_eq!(roles[1].expires_at, Some("2030-01-01T00:00:00Z".parse().unwrap()));
    for bad in [
        r#"{"roles": [], "more": 1}"#,
        r#"{"roles": [{"key": "admin", "id": 1}]}"#,
        r#"{"roles": [{"expires_at": null}]}"#,
        r#"{"roles": [3]}"#,
    ] {
        assert!(serde_json::from_str::<NewRoles>(bad).is_err(), "{bad}");
    }
    let schema = serde_json::to_value(schemars::schema_for!(NewRoles)).unwrap().to_string();
    assert!(schema.contains("date-time"), "{schema}");
}

#[tokio::test]
async fn a_member_is_seen_to_about_five_minutes() {
    on_both(async |world: World| {
        let (tenant, [ada, bob, _]) = acme(&world).await;
        let seen = LastSeen::new(10);
        let at = |minutes: u64| START + Duration::from_mins(minutes);
        for (minutes, written) in [(1, at(1)), (5, at(1)), (6, at(6))] {
            seen.note(tenant, ada, at(minutes));
            seen.write(&world.database).await.unwrap();
            assert_eq!(get(&world, tenant, ada).await.last_seen_at, Some(written));
        }
        assert_eq!(get(&world, tenant, bob).await.last_seen_at, None, "only who was seen");
        let other_node = LastSeen::new(10);
        other_node.note(tenant, ada, at(3));
        other_node.write(&world.database).await.unwrap();
        assert_eq!(get(&world, tenant, ada).await.last_seen_at, Some(at(6)), "a later sighting stays");
    })
    .await;
}
