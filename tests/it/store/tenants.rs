//! The rules of tenants, on both databases.

use std::sync::Arc;
use std::time::Duration;

use crate::store::world::{ANYONE, World, on_both};
use freehold::authz::perm;
use freehold::authz::platform::PlatformRole;
use freehold::authz::{Own, TenantRef};
use freehold::config::TenantCreation;
use freehold::error::Error;
use freehold::ids::{TenantId, UserId};
use freehold::names::Slug;
use freehold::tenants::*;

/// As long as a slug that was given up stays reserved.
const RESERVED: Duration = Duration::from_hours(90 * 24);

fn pointers(error: &Error) -> Vec<&str> {
    let Error::Invalid(fields) = error else { panic!("not invalid: {error:?}") };
    fields.iter().map(|field| field.pointer.as_str()).collect()
}

fn renamed(name: &str) -> TenantChange {
    TenantChange { name: Some(name.into()), slug: None }
}

fn moved(slug: &str) -> TenantChange {
    TenantChange { name: None, slug: Some(slug.into()) }
}

async fn resolves(world: &World, user: UserId, slug: &str) -> Option<TenantId> {
    let tenant = TenantRef::Slug(Slug::parse(slug).unwrap());
    world.authz.membership(&tenant, user, None).await.ok().map(|standing| standing.policy.id)
}

#[tokio::test]
async fn whoever_makes_a_tenant_owns_it() {
    on_both(async |world: World| {
        let ada = world.db_user("Ada").await;
        let tenant = world.tenant(ada, "Café Größe").await;
        assert_eq!((tenant.slug.as_str(), tenant.status), ("cafe-gro-e", Status::Active));
        let standing = world.authz.standing(tenant.id, ada).await.unwrap().unwrap();
        assert_eq!(standing.effective.len(), world.authz.catalogue().len());
        assert_eq!(standing.policy.version, tenant.policy_version);
        let mine = list_for(&world.authz, ada, world.clock.now()).await.unwrap();
        assert_eq!(mine.len(), 1);
        assert_eq!((mine[0].id, mine[0].roles.as_slice()), (tenant.id, ["owner".to_owned()].as_slice()));
        let grant = world.grant::<perm::TenantRead>(ada, tenant.id).await;
        assert_eq!(show(&world.database, &grant).await.unwrap(), tenant);
        let roles = "select count(*) from roles where tenant_id = $1 and system";
        assert_eq!(world.db_count(tenant.id, roles).await, 4);
        world.holds(tenant.id).await;
    })
    .await;
}

#[tokio::test]
async fn a_slug_made_from_a_name_is_always_free() {
    on_both(async |world: World| {
        let ada = world.db_user("Ada").await;
        assert_eq!(world.tenant(ada, "Acme").await.slug, "acme");
        let second = world.tenant(ada, "Acme").await.slug;
        assert!(second.starts_with("acme-") && second.len() == 11, "{second}");
        for nameless in ["日本", "Admin", "AB"] {
            assert!(world.tenant(ada, nameless).await.slug.starts_with("tenant-"));
        }
    })
    .await;
}

#[tokio::test]
async fn a_given_slug_is_checked_and_not_changed() {
    on_both(async |world: World| {
        let ada = world.db_user("Ada").await;
        let acme = world.try_tenant(ada, "Acme", Some("the-acme")).await.unwrap();
        assert_eq!(acme.slug, "the-acme");
        let error = world.try_tenant(ada, "Acme", Some("the-acme")).await.unwrap_err();
        assert!(matches!(error, Error::Conflict(_)), "{error:?}");
        for bad in ["admin", "Acme", "a", &acme.id.to_string()] {
            let error = world.try_tenant(ada, "Acme", Some(bad)).await.unwrap_err();
            assert_eq!(pointers(&error), ["/slug"], "{bad}");
        }
        let error = world.try_tenant(ada, "a\u{202e}b", Some("api")).await.unwrap_err();
        assert_eq!(pointers(&error), ["/name", "/slug"]);
        assert_eq!(list_for(&world.authz, ada, world.clock.now()).await.unwrap().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn only_operators_make_tenants_where_it_is_so_set() {
    on_both(async |world: World| {
        let ada = world.db_user("Ada").await;
        let rules = CreationRules { who: TenantCreation::Operators, ..ANYONE };
        let new = NewTenant { name: "Acme".into(), slug: None };
        let mut principal = world.principal(ada).await;
        let error = create(&world.database, &world.authz, &principal, &new, rules).await.unwrap_err();
        assert!(matches!(error, Error::Forbidden(denial) if denial.required == "tenants:create"));
        principal.user = Arc::new(freehold::authz::UserHead {
            operator: Some(PlatformRole::Operator),
            ..(*principal.user).clone()
        });
        assert!(create(&world.database, &world.authz, &principal, &new, rules).await.is_ok());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nobody_owns_more_tenants_than_the_limit_even_at_once() {
    on_both(async |world: World| {
        let ada = world.db_user("Ada").await;
        let rules = CreationRules { per_owner: 3, ..ANYONE };
        let principal = world.principal(ada).await;
        let one = async |number: usize| {
            let new = NewTenant { name: format!("Tenant {number}"), slug: None };
            create(&world.database, &world.authz, &principal, &new, rules).await
        };
        let made = futures_util::future::join_all((0..10).map(one)).await;
        assert_eq!(made.iter().filter(|made| made.is_ok()).count(), 3);
        assert!(made.iter().all(|made| made.is_ok() || matches!(made, Err(Error::Conflict(_)))));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_slug_goes_to_one_tenant_even_at_once() {
    on_both(async |world: World| {
        let people = [world.db_user("Ada").await, world.db_user("Bob").await];
        for round in 0..20 {
            let slug = format!("wanted-{round}");
            let (one, other) = tokio::join!(
                world.try_tenant(people[0], "One", Some(&slug)),
                world.try_tenant(people[1], "Other", Some(&slug))
            );
            assert!(one.is_ok() != other.is_ok());
            let loser = if one.is_ok() { other } else { one };
            assert!(matches!(loser.unwrap_err(), Error::Conflict(_)));
        }
    })
    .await;
}

#[tokio::test]
async fn a_slug_given_up_is_reserved_for_its_tenant_for_90_days() {
    on_both(async |world: World| {
        let (ada, bob) = (world.db_user("Ada").await, world.db_user("Bob").await);
        let acme = world.tenant(ada, "Acme").await;
        let grant = world.grant::<perm::TenantUpdate>(ada, acme.id).await;
        let (now, committed) = change(&world.authz, &grant, &moved("acme-two"), None).await.unwrap();
        assert_eq!((now.slug.as_str(), now.revision), ("acme-two", acme.revision + 1));
        assert_eq!(now.policy_version, committed.unwrap().policy_version.unwrap());
        assert_eq!(resolves(&world, ada, "acme").await, None);
        assert_eq!(resolves(&world, ada, "acme-two").await, Some(acme.id));
        assert!(world.try_tenant(bob, "Acme", Some("acme")).await.is_err());
        // Its own tenant may come back to it.
        change(&world.authz, &grant, &moved("acme"), None).await.unwrap();
        assert_eq!(resolves(&world, ada, "acme").await, Some(acme.id));
        assert!(world.try_tenant(bob, "Acme", Some("acme-two")).await.is_err());
        world.clock.advance(RESERVED.checked_sub(Duration::from_secs(1)).unwrap());
        assert!(world.try_tenant(bob, "Acme", Some("acme-two")).await.is_err());
        world.clock.advance(Duration::from_secs(1));
        let other = world.try_tenant(bob, "Acme", Some("acme-two")).await.unwrap();
        assert_eq!(resolves(&world, bob, "acme-two").await, Some(other.id));
        assert!(matches!(
            change(&world.authz, &grant, &moved("acme-two"), None).await.unwrap_err(),
            Error::Conflict(_)
        ));
        world.holds(acme.id).await;
    })
    .await;
}

#[tokio::test]
async fn renaming_cannot_occupy_slugs_without_end() {
    on_both(async |world: World| {
        let ada = world.db_user("Ada").await;
        let acme = world.tenant(ada, "Acme").await;
        let grant = world.grant::<perm::TenantUpdate>(ada, acme.id).await;
        for number in 0..10 {
            change(&world.authz, &grant, &moved(&format!("acme-{number}")), None).await.unwrap();
        }
        let error = change(&world.authz, &grant, &moved("acme-10"), None).await.unwrap_err();
        assert!(matches!(error, Error::Conflict(_)));
        let (back, _) = change(&world.authz, &grant, &moved("acme"), None).await.unwrap();
        assert_eq!(back.slug, "acme");
        let occupied = "select count(*) from tenant_slugs where tenant_id = $1";
        assert_eq!(world.db_count(acme.id, occupied).await, 11, "the refused one was not kept");
    })
    .await;
}

#[tokio::test]
async fn a_change_names_its_problems_and_honours_if_match() {
    on_both(async |world: World| {
        let ada = world.db_user("Ada").await;
        let acme = world.tenant(ada, "Acme").await;
        let grant = world.grant::<perm::TenantUpdate>(ada, acme.id).await;
        let bad = TenantChange { name: Some(String::new()), slug: Some("X".into()) };
        assert_eq!(
            pointers(&change(&world.authz, &grant, &bad, None).await.unwrap_err()),
            ["/name", "/slug"]
        );
        let events = world.events(acme.id).await;
        for nothing in [TenantChange::default(), renamed("Acme"), moved("acme")] {
            let (same, committed) = change(&world.authz, &grant, &nothing, None).await.unwrap();
            assert!(same == acme && committed.is_none());
        }
        assert_eq!(world.events(acme.id).await, events, "nothing changed, so nothing is recorded");
        let (now, _) =
            change(&world.authz, &grant, &renamed("Acme & Co"), Some(acme.revision)).await.unwrap();
        assert_eq!(world.authz.policy(acme.id).await.unwrap().unwrap().name, "Acme & Co");
        let stale = change(&world.authz, &grant, &renamed("Late"), Some(acme.revision)).await;
        assert!(matches!(stale.unwrap_err(), Error::Stale));
        assert!(now.revision > acme.revision);
        world.holds(acme.id).await;
    })
    .await;
}

#[tokio::test]
async fn a_deleted_tenant_is_gone_and_its_slug_inherits_nothing() {
    on_both(async |world: World| {
        let (ada, bob) = (world.db_user("Ada").await, world.db_user("Bob").await);
        let acme = world.tenant(ada, "Acme").await;
        world.db_join(acme.id, bob, &[("admin", None)]).await;
        assert!(world.try_grant::<perm::TenantDelete>(bob, acme.id).await.is_err());
        let old = world.grant::<perm::TenantDelete>(ada, acme.id).await;
        world.clock.advance(Duration::from_secs(601));
        let error = delete(&world.authz, &old, None).await.unwrap_err();
        assert!(matches!(error, Error::ReauthenticationRequired));
        let fresh = world.grant::<perm::TenantDelete>(ada, acme.id).await;
        assert!(matches!(delete(&world.authz, &fresh, Some(99)).await.unwrap_err(), Error::Stale));
        delete(&world.authz, &fresh, Some(acme.revision)).await.unwrap();
        for user in [ada, bob] {
            assert_eq!(resolves(&world, user, "acme").await, None);
            assert!(world.authz.membership(&TenantRef::Id(acme.id), user, None).await.is_err());
            assert!(list_for(&world.authz, user, world.clock.now()).await.unwrap().is_empty());
            let principal = world.principal(user).await;
            assert!(list(&world.database, &principal, 10, None).await.unwrap().items.is_empty());
        }
        assert!(matches!(delete(&world.authz, &fresh, None).await.unwrap_err(), Error::NotFound));
        assert!(world.try_tenant(bob, "Acme", Some("acme")).await.is_err());
        world.clock.advance(RESERVED);
        let again = world.try_tenant(bob, "Acme", Some("acme")).await.unwrap();
        assert_eq!(resolves(&world, bob, "acme").await, Some(again.id));
        assert_eq!(resolves(&world, ada, "acme").await, None);
        assert!(world.try_grant::<Own>(ada, again.id).await.is_err());
        world.holds(acme.id).await;
    })
    .await;
}

#[tokio::test]
async fn pages_of_tenants_show_each_once_by_name() {
    on_both(async |world: World| {
        let (ada, bob) = (world.db_user("Ada").await, world.db_user("Bob").await);
        for name in ["beta", "Alpha", "gamma", "beta", "Delta"] {
            world.tenant(ada, name).await;
        }
        world.tenant(bob, "Bob's").await;
        let principal = world.principal(ada).await;
        let (mut names, mut after) = (Vec::new(), None);
        loop {
            let page = list(&world.database, &principal, 2, after.as_ref()).await.unwrap();
            names.extend(page.items.into_iter().map(|tenant| tenant.name));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(names, ["Alpha", "beta", "beta", "Delta", "gamma"]);
        let mine = list_for(&world.authz, ada, world.clock.now()).await.unwrap();
        assert_eq!(mine.into_iter().map(|tenant| tenant.name).collect::<Vec<_>>(), names);
    })
    .await;
}

#[test]
fn write_bodies_refuse_fields_they_do_not_know() {
    assert!(serde_json::from_str::<NewTenant>(r#"{"name": "a", "id": 1}"#).is_err());
    assert!(serde_json::from_str::<TenantChange>(r#"{"status": "active"}"#).is_err());
    assert!(serde_json::from_str::<TenantChange>("{}").is_ok());
}
