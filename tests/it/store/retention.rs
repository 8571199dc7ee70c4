//! Retention: the oldest events go, the rest stays verifiable, and nobody else can take any away.

use std::time::Duration;

use crate::store::world::{World, on_both};
use freehold::audit::{ChainVerdict, Removed, expire, recent, verify_chain, verify_latest, verify_on};
use freehold::authz::perm;
use freehold::db::Chain;
use freehold::error::{Error, Result};
use freehold::ids::{TenantId, UserId};
use freehold::tenants::{Retention, Tenant, TenantChange, change};

const DAY: Duration = Duration::from_hours(24);

async fn verdict(world: &World, tenant: TenantId) -> ChainVerdict {
    verify_chain(&mut world.database.read().await.unwrap(), Chain::Tenant(tenant)).await.unwrap()
}

async fn keep(world: &World, user: UserId, tenant: TenantId, days: Option<i64>) -> Result<Tenant> {
    let grant = world.try_grant::<perm::TenantUpdate>(user, tenant).await?;
    let wanted = TenantChange { audit_retention_days: Some(Retention(days)), ..TenantChange::default() };
    change(&world.authz, &grant, &wanted, None).await.map(|(tenant, _)| tenant)
}

async fn rename(world: &World, user: UserId, tenant: TenantId, times: i64) {
    for number in 0..times {
        let grant = world.grant::<perm::TenantUpdate>(user, tenant).await;
        let name = Some(format!("Acme {} {number}", world.clock.now().micros()));
        let renamed = TenantChange { name, ..TenantChange::default() };
        change(&world.authz, &grant, &renamed, None).await.unwrap();
    }
}

/// A tenant whose first ten events were removed by retention, and eight came after them.
async fn shortened(world: &World, ada: UserId) -> TenantId {
    let tenant = world.tenant(ada, "Acme").await.id;
    keep(world, ada, tenant, Some(30)).await.unwrap();
    rename(world, ada, tenant, 8).await;
    world.clock.advance(20 * DAY);
    rename(world, ada, tenant, 5).await;
    world.clock.advance(11 * DAY);
    rename(world, ada, tenant, 2).await;
    expire(&world.database).await.unwrap();
    assert_eq!(verdict(world, tenant).await.removed.map(|removed| removed.up_to), Some(10));
    tenant
}

#[tokio::test]
async fn what_is_too_old_is_removed_and_the_rest_is_still_verified() {
    on_both(async |world: World| {
        let ada = world.db_user("Ada").await;
        let other = world.tenant(ada, "Other").await.id;
        let tenant = shortened(&world, ada).await;
        let removed = Some(Removed { up_to: 10, at: world.clock.now() });
        let whole = ChainVerdict { events: 18, intact_up_to: 18, broken_at: None, removed };
        assert_eq!(verdict(&world, tenant).await, whole);
        assert_eq!((whole.kept(), world.events(tenant).await), (8, 8));
        assert_eq!(verdict(&world, other).await.removed, None, "who keeps all keeps all");
        let grant = world.grant::<perm::AuditRead>(ada, tenant).await;
        let mut on = world.database.read().await.unwrap();
        let line = recent(&mut on, &grant, 1).await.unwrap().remove(0);
        assert_eq!((line.action.as_str(), line.actor.kind.as_str()), ("audit.expired", "system"));
        assert_eq!(
            (&line.changes["after"]["count"], &line.changes["after"]["up_to"]),
            (&10.into(), &10.into())
        );
        for count in [3, 8, 100] {
            assert_eq!(verify_latest(&mut on, &grant, count).await.unwrap(), whole);
        }
        // However little at a time it is followed.
        let (mut mark, mut pages) = (None, 0);
        loop {
            let (found, next) = verify_on(&mut on, &grant, mark, Duration::ZERO).await.unwrap();
            assert_eq!(found.broken_at, None);
            pages += 1;
            if next.is_none() {
                break;
            }
            mark = next;
        }
        assert!(pages >= 1);
        drop(on);
        assert_eq!(expire(&world.database).await.unwrap(), 0, "once a day at most");
        world.clock.advance(20 * DAY);
        assert_eq!(expire(&world.database).await.unwrap(), 5);
        let again = verdict(&world, tenant).await;
        assert_eq!((again.broken_at, again.removed.unwrap().up_to), (None, 15));
        // The event of the first removal is removed in its turn; the latest vouches for what is left.
        world.clock.advance(12 * DAY);
        assert_eq!(expire(&world.database).await.unwrap(), 3);
        let last = verdict(&world, tenant).await;
        assert_eq!((last.events, last.broken_at, last.removed.unwrap().up_to), (20, None, 18));
        keep(&world, ada, tenant, None).await.unwrap();
        world.clock.advance(400 * DAY);
        assert_eq!(expire(&world.database).await.unwrap(), 0, "for ever");
        world.holds(tenant).await;
    })
    .await;
}

#[tokio::test]
async fn removing_by_hand_shows_also_after_a_removal_that_was_right() {
    on_both(async |world: World| {
        let ada = world.db_user("Ada").await;
        let tampering: [(&[&'static str], i64); 8] = [
            (&["delete from audit_events where chain_id = $1 and sequence = 11"], 11),
            (&["delete from audit_events where chain_id = $1 and sequence = 14"], 14),
            (&["delete from audit_events where chain_id = $1 and sequence = 18"], 1),
            (&["update audit_events set changes = replace(changes, '10', '12') where chain_id = $1 and sequence = 18"], 1),
            (&["update audit_chains set anchor_sequence = 9 where id = $1"], 1),
            (
                &["update audit_chains set anchor_hash = (select hash from audit_events \
                   where chain_id = $1 and sequence = 12) where id = $1"],
                1,
            ),
            (&["update audit_chains set anchor_sequence = 0, anchor_hash = null where id = $1"], 1),
            // Whoever moves the anchor with what they remove still lacks the event that says so.
            (
                &[
                    "update audit_chains set anchor_sequence = 12, anchor_hash = \
                     (select hash from audit_events where chain_id = $1 and sequence = 12) where id = $1",
                    "delete from audit_events where chain_id = $1 and sequence <= 12",
                ],
                1,
            ),
        ];
        for (statements, broken_at) in tampering {
            let tenant = shortened(&world, ada).await;
            assert_eq!(verdict(&world, tenant).await.broken_at, None);
            for statement in statements {
                world.db_execute(tenant, statement).await;
            }
            assert_eq!(verdict(&world, tenant).await.broken_at, Some(broken_at), "{statements:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn only_owners_say_how_long_evidence_is_kept() {
    on_both(async |world: World| {
        let [ada, bob] = [world.db_user("Ada").await, world.db_user("Bob").await];
        let tenant = world.tenant(ada, "Acme").await.id;
        world.db_join(tenant, bob, &[("admin", None)]).await;
        for days in [Some(0), Some(29), Some(3_651), Some(-40), Some(i64::MAX)] {
            assert!(matches!(keep(&world, ada, tenant, days).await, Err(Error::Invalid(_))), "{days:?}");
        }
        let before = world.events(tenant).await;
        match keep(&world, bob, tenant, Some(30)).await {
            Err(Error::Forbidden(denial)) => assert_eq!(denial.required, "tenant:delete"),
            other => panic!("{other:?}"),
        }
        assert_eq!(world.events(tenant).await, before);
        assert_eq!(keep(&world, ada, tenant, Some(30)).await.unwrap().audit_retention_days, Some(30));
        keep(&world, bob, tenant, Some(30)).await.expect("no change is no change");
        assert!(matches!(keep(&world, bob, tenant, None).await, Err(Error::Forbidden(_))));
        rename(&world, bob, tenant, 1).await;
        world.clock.advance(31 * DAY);
        world.db_execute(tenant, "update tenants set deleted_at = 1 where id = $1").await;
        assert_eq!(expire(&world.database).await.unwrap(), 0, "a deleted tenant's log rests");
    })
    .await;
}
