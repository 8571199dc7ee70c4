//! Finding lines of the audit log, on both databases: what is found is what a plain filter would leave, in parts of
//! any size; and nothing is looked for without bound.

use std::time::Duration;

use crate::store::world::{START, World, on_both};
use freehold::audit::*;
use freehold::authz::{Grant, perm};
use freehold::db::Chain;
use freehold::ids::TenantId;
use freehold::tenants::{TenantChange, change};

/// Rows behind the tenant's first event, one a second, whose actor, action, target and outcome go round.
const MANY: &str = "
    insert into audit_events (chain_id, sequence, id, at, actor_type, actor_id, actor_name, action, target_type,
        target_id, target_name, changes, outcome, ip, request_id, hash)
    with recursive n(i) as (select 2 union all select i + 1 from n where i < 10300)
    select $1, i, $1, 1750000000000000 + cast(i as bigint) * 1000000, 'user', case when i % 5 = 0 then $1 else null end, 'Somebody',
        case when i % 3 = 0 then 'member.removed' else 'member.updated' end, 'member', 'target-' || (i % 7), '', '{}',
        case when i % 11 = 0 then 'denied' when i = 12 then 'failed' else 'done' end, '', '', c.hash
    from n, audit_chains c where c.id = $1";

async fn seeded(world: &World) -> (TenantId, Grant<perm::AuditRead>) {
    let ada = world.db_user("Ada").await;
    let tenant = world.tenant(ada, "Acme").await.id;
    world.db_execute(tenant, MANY).await;
    (tenant, world.grant(ada, tenant).await)
}

async fn pages(world: &World, grant: &Grant<perm::AuditRead>, filter: &Filter, limit: u32) -> Vec<i64> {
    let (mut found, mut below) = (Vec::new(), None);
    loop {
        let mut on = world.database.read().await.unwrap();
        let page = search(&mut on, grant, filter, (below, limit)).await.unwrap();
        assert!(page.items.len() <= limit as usize);
        found.extend(page.items.iter().map(|line| line.sequence));
        match page.next {
            Some(next) => below = Some(next),
            None => return found,
        }
    }
}

#[tokio::test]
async fn what_is_found_is_what_fits_in_order() {
    on_both(async |world: World| {
        let (tenant, grant) = seeded(&world).await;
        let cut = "delete from audit_events where chain_id = $1 and sequence > 200";
        world.db_execute(tenant, cut).await;
        let mut on = world.database.read().await.unwrap();
        let mut all = since(&mut on, &grant, 0).await.unwrap();
        all.extend(since(&mut on, &grant, 100).await.unwrap());
        drop(on);
        assert_eq!(all.len(), 200);
        let at = |second: u64| Some(START + Duration::from_secs(second));
        for number in 0..96_u32 {
            let has = |bit: u32| number >> bit & 1 == 1;
            let filter = Filter {
                actor: has(0).then(|| tenant.uuid()),
                action: has(1).then(|| "member.removed".to_owned()),
                target: has(2).then(|| "target-3".to_owned()),
                from: has(3).then(|| at(20)).flatten(),
                to: has(4).then(|| at(150)).flatten(),
                outcome: match number / 32 {
                    0 => None,
                    1 => Some(Ending::Denied),
                    _ => Some(Ending::Done),
                },
            };
            let fits = |line: &&AuditLine| {
                filter.actor.is_none_or(|actor| line.actor.id == Some(actor))
                    && filter.action.as_ref().is_none_or(|action| line.action == *action)
                    && filter.target.as_ref().is_none_or(|target| line.target.id == *target)
                    && filter.from.is_none_or(|from| line.at >= from)
                    && filter.to.is_none_or(|to| line.at < to)
                    && filter.outcome.is_none_or(|outcome| line.outcome == outcome.as_str())
            };
            let expected: Vec<i64> = all.iter().rev().filter(fits).map(|line| line.sequence).collect();
            for limit in [3, 200] {
                assert_eq!(pages(&world, &grant, &filter, limit).await, expected, "{filter:?} by {limit}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_page_looks_at_so_many_rows_and_says_where_to_go_on() {
    on_both(async |world: World| {
        let (_, grant) = seeded(&world).await;
        // The one that fits both is the twelfth of ten thousand three hundred.
        let filter = Filter {
            outcome: Some(Ending::Done),
            target: None,
            to: Some(START + Duration::from_secs(10)),
            ..Filter::default()
        };
        assert_eq!(pages(&world, &grant, &filter, 50).await.len(), 9, "a moment leads to its place");
        let rare = Filter {
            action: Some("member.removed".to_owned()),
            outcome: Some(Ending::Failed),
            ..Filter::default()
        };
        assert_eq!(pages(&world, &grant, &rare, 50).await, [12]);
        let rare = Filter {
            from: Some(START),
            to: None,
            outcome: Some(Ending::Done),
            actor: None,
            action: None,
            target: None,
        };
        let mut on = world.database.read().await.unwrap();
        let page = search(&mut on, &grant, &rare, (None, 200)).await.unwrap();
        assert_eq!((page.items.len(), page.next.is_some()), (200, true));
        let nobody = Filter {
            action: None,
            outcome: Some(Ending::Done),
            from: Some(START - Duration::from_hours(1)),
            to: None,
            ..Filter { actor: Some(uuid::Uuid::nil()), ..Filter::default() }
        };
        let page = search(&mut on, &grant, &nobody, (None, 50)).await.unwrap();
        assert_eq!((page.items.len(), page.next), (0, None), "there is no such actor");
    })
    .await;
}

#[tokio::test]
async fn what_is_too_rare_to_be_found_at_once_is_found_further_on() {
    on_both(async |world: World| {
        let (tenant, grant) = seeded(&world).await;
        let strip = "update audit_events set action = 'tenant.updated', outcome = 'done' where chain_id = $1 and sequence > 1";
        world.db_execute(tenant, strip).await;
        let first = Filter { action: Some("tenant.updated".to_owned()), to: Some(START + Duration::from_secs(20_000)), target: None, ..Filter::default() };
        let mut on = world.database.read().await.unwrap();
        let page = search(&mut on, &grant, &first, (None, 1)).await.unwrap();
        assert_eq!(page.next, Some(10_300));
        let other = Filter { actor: Some(tenant.uuid()), action: Some("tenant.created".to_owned()), ..Filter::default() };
        drop(on);
        world.db_execute(tenant, "update audit_events set actor_id = $1 where chain_id = $1").await;
        let mut on = world.database.read().await.unwrap();
        let page = search(&mut on, &grant, &other, (None, 50)).await.unwrap();
        assert_eq!((page.items.len(), page.next), (0, Some(301)), "ten thousand were looked at");
        let page = search(&mut on, &grant, &other, (page.next, 50)).await.unwrap();
        assert_eq!(page.items.iter().map(|line| line.sequence).collect::<Vec<_>>(), [1]);
        assert_eq!(page.next, None);
    })
    .await;
}

#[tokio::test]
async fn clocks_that_differ_hide_nothing() {
    on_both(async |world: World| {
        let (tenant, grant) = seeded(&world).await;
        world.db_execute(tenant, "delete from audit_events where chain_id = $1 and sequence > 20").await;
        // One node's clock is nine minutes behind.
        let late = "update audit_events set at = at - 540000000 where chain_id = $1 and sequence % 2 = 0 and sequence > 1";
        world.db_execute(tenant, late).await;
        let moment = START + Duration::from_secs(10);
        let after = Filter { from: Some(moment), ..Filter::default() };
        assert_eq!(pages(&world, &grant, &after, 50).await, [19, 17, 15, 13, 11]);
        let before = Filter { to: Some(moment), ..Filter::default() };
        assert_eq!(pages(&world, &grant, &before, 50).await, [20, 18, 16, 14, 12, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1]);
    })
    .await;
}

#[tokio::test]
async fn nothing_of_another_tenant_is_found() {
    on_both(async |world: World| {
        let (acme, _) = seeded(&world).await;
        let eve = world.db_user("Eve").await;
        let blue = world.tenant(eve, "Blue").await.id;
        let grant: Grant<perm::AuditRead> = world.grant(eve, blue).await;
        assert_eq!(pages(&world, &grant, &Filter::default(), 50).await, [1]);
        for filter in [
            Filter { actor: Some(acme.uuid()), ..Filter::default() },
            Filter { target: Some("target-3".to_owned()), ..Filter::default() },
            Filter { outcome: Some(Ending::Denied), ..Filter::default() },
            Filter { action: Some("member.removed".to_owned()), ..Filter::default() },
        ] {
            assert_eq!(pages(&world, &grant, &filter, 50).await, Vec::<i64>::new(), "{filter:?}");
        }
        let mut on = world.database.read().await.unwrap();
        assert_eq!(since(&mut on, &grant, 1).await.unwrap(), []);
        assert_eq!(count(&mut on, &grant).await.unwrap(), 1);
    })
    .await;
}

/// A tenant whose chain has so many events, made as they are made.
async fn chained(world: &World, events: i64) -> (TenantId, Grant<perm::AuditRead>) {
    let ada = world.db_user("Ada").await;
    let tenant = world.tenant(ada, "Acme").await.id;
    let grant = world.grant::<perm::TenantUpdate>(ada, tenant).await;
    for number in 1..events {
        let renamed = TenantChange { name: Some(format!("Acme {number}")), ..TenantChange::default() };
        change(&world.authz, &grant, &renamed, None).await.unwrap();
    }
    (tenant, world.grant(ada, tenant).await)
}

#[tokio::test]
async fn the_newest_events_tell_of_themselves_alone() {
    on_both(async |world: World| {
        let (tenant, grant) = chained(&world, 12).await;
        let latest = async |count| {
            verify_latest(&mut world.database.read().await.unwrap(), &grant, count).await.unwrap()
        };
        let whole = ChainVerdict { events: 12, intact_up_to: 12, broken_at: None, removed: None };
        for count in [0, 1, 5, 11, 12, 100] {
            assert_eq!(latest(count).await, whole, "{count}");
        }
        world
            .db_execute(tenant, "update audit_events set ip = 'x' where chain_id = $1 and sequence = 6")
            .await;
        assert_eq!(latest(5).await, whole, "the sixth is before the last five");
        assert_eq!(latest(7).await.broken_at, Some(6));
        world.db_execute(tenant, "delete from audit_events where chain_id = $1 and sequence = 12").await;
        assert_eq!(latest(5).await.broken_at, Some(12));
        world.db_execute(tenant, "delete from audit_events where chain_id = $1 and sequence > 3").await;
        assert!(latest(5).await.broken_at.is_some());
    })
    .await;
}

#[tokio::test]
async fn a_long_chain_is_followed_in_parts() {
    on_both(async |world: World| {
        let (tenant, grant) = chained(&world, 510).await;
        let part = async |mark| {
            let mut on = world.database.read().await.unwrap();
            verify_on(&mut on, &grant, mark, Duration::ZERO).await.unwrap()
        };
        let (verdict, mark) = part(None).await;
        assert_eq!(verdict, ChainVerdict { events: 510, intact_up_to: 500, broken_at: None, removed: None });
        let mark = mark.expect("there is more");
        let whole = ChainVerdict { events: 510, intact_up_to: 510, broken_at: None, removed: None };
        assert_eq!(part(Some(mark.clone())).await, (whole, None));
        world.db_execute(tenant, "update audit_events set ip = 'x' where chain_id = $1 and sequence = 505").await;
        assert_eq!(part(Some(mark.clone())).await.0.broken_at, Some(505));
        world.db_execute(tenant, "delete from audit_events where chain_id = $1 and sequence > 490").await;
        let cut = "update audit_chains set sequence = 490, hash = (select hash from audit_events where chain_id = $1 \
                   and sequence = 490) where id = $1";
        world.db_execute(tenant, cut).await;
        assert!(part(Some(mark)).await.0.broken_at.is_some(), "it was longer when it was marked");
        let verdict = verify_chain(&mut world.database.read().await.unwrap(), Chain::Tenant(tenant)).await.unwrap();
        assert_eq!(verdict.broken_at, None, "which nobody sees who was not there");
    })
    .await;
}
