//! What becomes of tenants: handed over, deleted, restored, removed for good. On both databases.

use std::time::Duration;

use freehold::authz::{Own, perm};
use freehold::db::Chain;
use freehold::error::Error;
use freehold::ids::{TenantId, UserId};
use freehold::members::{RoleAssignment, Transfer, Transferred, set_roles, transfer};
use freehold::tenants::{UNDO, delete, deleted_of, list_for, purge, restore};

use crate::store::world::{World, on_both};

const DAY: Duration = Duration::from_hours(24);

async fn acme(world: &World) -> (TenantId, [UserId; 3]) {
    let people = [world.db_user("Ada").await, world.db_user("Bob").await, world.db_user("Vera").await];
    let tenant = world.tenant(people[0], "Acme").await.id;
    world.db_join(tenant, people[1], &[("admin", None)]).await;
    world.db_join(tenant, people[2], &[("viewer", None)]).await;
    (tenant, people)
}

async fn deletes(world: &World, owner: UserId, tenant: TenantId) {
    let grant = world.grant::<perm::TenantDelete>(owner, tenant).await;
    delete(&world.authz, &grant, None).await.unwrap();
}

fn to(user: UserId, keep: Option<&str>) -> Transfer {
    Transfer { to: user, keep_role: keep.map(str::to_owned) }
}

fn keys(member: &freehold::members::Member) -> Vec<&str> {
    member.roles.iter().map(|role| role.key.as_str()).collect()
}

#[tokio::test]
async fn a_deleted_tenant_comes_back_as_it_was_for_who_owned_it_within_30_days() {
    on_both(async |world: World| {
        let (tenant, [ada, bob, vera]) = acme(&world).await;
        world.db_invite(tenant, ada, "ivy@example.com").await;
        deletes(&world, ada, tenant).await;
        for other in [bob, vera] {
            let principal = world.principal(other).await;
            assert_eq!(deleted_of(&world.database, &principal).await.unwrap(), []);
            let refused = restore(&world.database, &principal, tenant, 50).await.unwrap_err();
            assert!(matches!(refused, Error::NotFound));
        }
        let stale = world.principal(ada).await;
        world.clock.advance(UNDO.checked_sub(Duration::from_mins(1)).unwrap());
        let mine = deleted_of(&world.database, &stale).await.unwrap();
        assert_eq!((mine.len(), mine[0].slug.as_str(), mine[0].name.as_str()), (1, "acme", "Acme"));
        assert_eq!(mine[0].restorable_until, world.clock.now() + Duration::from_mins(1));
        let refused = restore(&world.database, &stale, tenant, 50).await.unwrap_err();
        assert!(matches!(refused, Error::ReauthenticationRequired));
        assert_eq!(purge(&world.database).await.unwrap(), 0, "nothing is removed while it can be restored");
        let fresh = world.principal(ada).await;
        let refused = restore(&world.database, &fresh, tenant, 0).await.unwrap_err();
        assert!(matches!(refused, Error::Conflict(_)), "it counts among what one owns");
        let (restored, committed) = restore(&world.database, &fresh, tenant, 50).await.unwrap();
        assert_eq!((restored.slug.as_str(), restored.id), ("acme", tenant));
        assert_eq!(committed.policy_version, Some(restored.policy_version));
        for (user, role) in [(ada, "owner"), (bob, "admin"), (vera, "viewer")] {
            let mine = list_for(&world.authz, user, world.clock.now()).await.unwrap();
            assert_eq!((mine[0].slug.as_str(), &mine[0].roles), ("acme", &vec![role.to_owned()]));
            world.grant::<Own>(user, tenant).await;
        }
        let open = "select count(*) from invitations where tenant_id = $1 and revoked_at is null";
        assert_eq!(world.db_count(tenant, open).await, 0, "invitations stay withdrawn");
        let refused = restore(&world.database, &fresh, tenant, 50).await.unwrap_err();
        assert!(matches!(refused, Error::NotFound));
        world.holds(tenant).await;
    })
    .await;
}

#[tokio::test]
async fn after_30_days_all_is_removed_but_the_log_and_the_slug_stay() {
    on_both(async |world: World| {
        let (tenant, [ada, bob, _]) = acme(&world).await;
        world.db_role(tenant, "custom", &[("projects:read", "allow")]).await;
        world.db_invite(tenant, ada, "ivy@example.com").await;
        let other = world.tenant(bob, "Other").await.id;
        deletes(&world, ada, tenant).await;
        let events = world.events(tenant).await;
        world.clock.advance(UNDO + Duration::from_mins(1));
        let principal = world.principal(ada).await;
        assert_eq!(deleted_of(&world.database, &principal).await.unwrap(), [], "its time is over");
        let refused = restore(&world.database, &principal, tenant, 50).await.unwrap_err();
        assert!(matches!(refused, Error::NotFound));
        world.clock.advance(Duration::from_hours(2));
        let (one, another) = tokio::join!(purge(&world.database), purge(&world.database));
        assert_eq!(one.unwrap() + another.unwrap(), 1, "removed once, by whichever node");
        for table in [
            "select count(*) from tenants where id = $1",
            "select count(*) from members where tenant_id = $1",
            "select count(*) from roles where tenant_id = $1",
            "select count(*) from role_assignments where tenant_id = $1",
            "select count(*) from role_permissions where tenant_id = $1",
            "select count(*) from invitations where tenant_id = $1",
        ] {
            assert_eq!(world.db_count(tenant, table).await, 0, "{table}");
        }
        assert_eq!(world.events(tenant).await, events + 1, "what happened stays known, and that it ended");
        let mut on = world.database.read().await.unwrap();
        let verdict = freehold::audit::verify_chain(&mut on, Chain::Tenant(tenant)).await.unwrap();
        drop(on);
        assert_eq!(verdict.broken_at, None);
        assert!(list_for(&world.authz, ada, world.clock.now()).await.unwrap().is_empty());
        world.grant::<Own>(bob, other).await;
        world.clock.advance(58 * DAY);
        assert!(
            world.try_tenant(bob, "Acme", Some("acme")).await.is_err(),
            "the slug is reserved for 90 days"
        );
        world.clock.advance(2 * DAY);
        world.try_tenant(bob, "Acme", Some("acme")).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_tenant_is_handed_over_in_one_step() {
    on_both(async |world: World| {
        let (tenant, [ada, bob, vera]) = acme(&world).await;
        let grant = async |user| world.grant::<perm::TenantTransfer>(user, tenant).await;
        assert!(world.try_grant::<perm::TenantTransfer>(bob, tenant).await.is_err(), "an admin may not");
        let own = grant(ada).await;
        let stranger = world.db_user("Sam").await;
        for (wanted, pointer) in
            [(to(ada, None), "/to"), (to(stranger, None), "/to"), (to(bob, Some("none-such")), "/keep_role")]
        {
            let Err(Error::Invalid(problems)) = transfer(&world.authz, &own, &wanted).await else {
                panic!("{wanted:?}")
            };
            assert_eq!(problems[0].pointer, pointer);
        }
        let before = world.events(tenant).await;
        let (done, committed) = transfer(&world.authz, &own, &to(vera, None)).await.unwrap();
        let Transferred { owner, former } = done;
        assert_eq!((keys(&owner), keys(&former)), (vec!["owner", "viewer"], vec!["admin"]));
        assert_eq!(owner.roles[0].expires_at, None);
        assert!(committed.policy_version.is_some());
        assert_eq!(world.events(tenant).await, before + 1, "one event");
        assert!(world.try_grant::<perm::TenantTransfer>(ada, tenant).await.is_err());
        let (done, _) = transfer(&world.authz, &grant(vera).await, &to(bob, Some("owner"))).await.unwrap();
        assert_eq!(keys(&done.former), ["owner", "viewer"], "who stays an owner loses nothing");
        let again = transfer(&world.authz, &grant(vera).await, &to(bob, Some("owner"))).await.unwrap_err();
        assert!(matches!(again, Error::Conflict(_)));
        let (done, _) = transfer(&world.authz, &grant(vera).await, &to(bob, Some("viewer"))).await.unwrap();
        assert_eq!((keys(&done.owner), keys(&done.former)), (vec!["admin", "owner"], vec!["viewer"]));
        world.holds(tenant).await;
    })
    .await;
}

#[tokio::test]
async fn a_tenant_goes_to_nobody_who_cannot_act_nor_from_who_lacks_a_right() {
    on_both(async |world: World| {
        let (tenant, [ada, bob, vera]) = acme(&world).await;
        let old = world.grant::<perm::TenantTransfer>(ada, tenant).await;
        world.clock.advance(Duration::from_mins(11));
        let error = transfer(&world.authz, &old, &to(bob, None)).await.unwrap_err();
        assert!(matches!(error, Error::ReauthenticationRequired));
        world.db_role(tenant, "handing", &[("tenant:transfer", "allow")]).await;
        world.db_join(tenant, vera, &[("handing", None)]).await;
        let lesser = world.grant::<perm::TenantTransfer>(vera, tenant).await;
        let error = transfer(&world.authz, &lesser, &to(bob, None)).await.unwrap_err();
        assert!(matches!(error, Error::Forbidden(_)), "nobody grants what they do not hold");
        let disable = "update users set disabled_at = 1 where id in (select user_id from members \
                       where tenant_id = $1) and name = 'Bob'";
        world.db_execute(tenant, disable).await;
        let own = world.grant::<perm::TenantTransfer>(ada, tenant).await;
        let Err(Error::Invalid(problems)) = transfer(&world.authz, &own, &to(bob, None)).await else {
            panic!("nobody could act")
        };
        assert_eq!(problems[0].code, "disabled");
        world.holds(tenant).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_transfer_racing_a_demotion_never_leaves_nobody() {
    on_both(async |world: World| {
        let (tenant, [ada, bob, vera]) = acme(&world).await;
        let viewer = [RoleAssignment { key: "viewer".to_owned(), expires_at: None }];
        for _ in 0..100 {
            world.db_join(tenant, ada, &[("owner", None)]).await;
            world.db_join(tenant, bob, &[("owner", None)]).await;
            world.db_join(tenant, vera, &[("viewer", None)]).await;
            let handing = world.grant::<perm::TenantTransfer>(ada, tenant).await;
            let demoting = world.grant::<perm::MembersUpdate>(bob, tenant).await;
            let wanted = to(vera, None);
            let (handed, demoted) = tokio::join!(
                transfer(&world.authz, &handing, &wanted),
                set_roles(&world.authz, &demoting, ada, &viewer, None)
            );
            match (handed, demoted) {
                // Handed over first: then an owner demoted an admin.
                (Ok(_) | Err(Error::Conflict(_)), Ok(_)) => {}
                other => panic!("{other:?}"),
            }
            world.holds(tenant).await;
        }
        for _ in 0..100 {
            world.db_join(tenant, ada, &[("owner", None)]).await;
            world.db_join(tenant, bob, &[("owner", None)]).await;
            world.db_join(tenant, vera, &[("viewer", None)]).await;
            let one = world.grant::<perm::TenantTransfer>(ada, tenant).await;
            let other = world.grant::<perm::TenantTransfer>(bob, tenant).await;
            let (at_bob, at_ada) = (to(bob, Some("viewer")), to(ada, Some("viewer")));
            let (one, other) =
                tokio::join!(transfer(&world.authz, &one, &at_bob), transfer(&world.authz, &other, &at_ada));
            // Both, when one hands over to who hands over right after.
            assert!(one.is_ok() || other.is_ok(), "{one:?} {other:?}");
            world.holds(tenant).await;
        }
    })
    .await;
}

#[tokio::test]
async fn who_owned_a_tenant_for_a_time_does_not_restore_it_after_that() {
    on_both(async |world: World| {
        let (tenant, [ada, bob, _]) = acme(&world).await;
        world.db_join(tenant, bob, &[("owner", Some(world.clock.now() + DAY))]).await;
        deletes(&world, ada, tenant).await;
        let principal = world.principal(bob).await;
        assert_eq!(deleted_of(&world.database, &principal).await.unwrap().len(), 1);
        world.clock.advance(DAY);
        let principal = world.principal(bob).await;
        assert_eq!(deleted_of(&world.database, &principal).await.unwrap(), []);
        let refused = restore(&world.database, &principal, tenant, 50).await.unwrap_err();
        assert!(matches!(refused, Error::NotFound));
    })
    .await;
}
