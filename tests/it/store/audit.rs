//! The audit chain, on both databases.

use crate::store::world::{World, on_both};
use freehold::audit::*;
use freehold::authz::perm;
use freehold::db::{Actor, Chain, Target};
use freehold::error::Denial;
use freehold::ids::{DecisionId, TenantId};
use freehold::tenants::{TenantChange, change};

async fn verdict(world: &World, tenant: TenantId) -> ChainVerdict {
    verify_chain(&mut world.database.read().await.unwrap(), Chain::Tenant(tenant)).await.unwrap()
}

/// A tenant with `events` events.
async fn with_events(world: &World, events: i64) -> TenantId {
    let ada = world.db_user("Ada").await;
    let tenant = world.tenant(ada, "Acme").await.id;
    let grant = world.grant::<perm::TenantUpdate>(ada, tenant).await;
    for number in 1..events {
        let renamed = TenantChange { name: Some(format!("Acme {number}")), ..TenantChange::default() };
        change(&world.authz, &grant, &renamed, None).await.unwrap();
    }
    tenant
}

#[tokio::test]
async fn a_chain_is_whole_however_long() {
    on_both(async |world: World| {
        let tenant = with_events(&world, 5).await;
        let whole = ChainVerdict { events: 5, intact_up_to: 5, broken_at: None, removed: None };
        assert_eq!(verdict(&world, tenant).await, whole);
        let nobody = ChainVerdict { events: 0, intact_up_to: 0, broken_at: None, removed: None };
        assert_eq!(verdict(&world, TenantId::new()).await, nobody);
    })
    .await;
}

#[tokio::test]
async fn every_way_of_tampering_shows_where_it_was() {
    on_both(async |world: World| {
    let tampering: [(&str, i64); 10] = [
        ("update audit_events set actor_name = 'Eve' where chain_id = $1 and sequence = 3", 3),
        ("update audit_events set changes = '{}' where chain_id = $1 and sequence = 1", 1),
        ("update audit_events set outcome = 'denied' where chain_id = $1 and sequence = 5", 5),
        (
            "update audit_events set hash = (select hash from audit_chains where id = $1) where chain_id = $1 and sequence = 2",
            2,
        ),
        ("delete from audit_events where chain_id = $1 and sequence = 2", 2),
        ("delete from audit_events where chain_id = $1 and sequence = 5", 5),
        ("delete from audit_events where chain_id = $1", 1),
        ("delete from audit_chains where id = $1", 1),
        ("update audit_chains set sequence = 4 where id = $1", 4),
        // The chain's end put back to the event before it.
        (
            "update audit_chains set hash = (select hash from audit_events where chain_id = $1 and sequence = 4) \
             where id = $1",
            5,
        ),
    ];
    for (statement, broken_at) in tampering {
        let tenant = with_events(&world, 5).await;
        world.db_execute(tenant, statement).await;
        let found = verdict(&world, tenant).await;
        assert_eq!((found.broken_at, found.intact_up_to), (Some(broken_at), broken_at - 1), "{statement}");
    }
    })
    .await;
}

#[tokio::test]
async fn no_column_of_an_event_can_be_altered() {
    on_both(async |world: World| {
        for statement in [
            "update audit_events set at = at + 1 where chain_id = $1 and sequence = 3",
            "update audit_events set actor_type = 'system' where chain_id = $1 and sequence = 3",
            "update audit_events set actor_id = null where chain_id = $1 and sequence = 3",
            "update audit_events set actor_id = chain_id where chain_id = $1 and sequence = 3",
            "update audit_events set actor_name = 'Eve' where chain_id = $1 and sequence = 3",
            "update audit_events set action = 'tenant.created' where chain_id = $1 and sequence = 3",
            "update audit_events set target_type = 'role' where chain_id = $1 and sequence = 3",
            "update audit_events set target_id = 'x' where chain_id = $1 and sequence = 3",
            "update audit_events set target_name = 'x' where chain_id = $1 and sequence = 3",
            "update audit_events set changes = '{}' where chain_id = $1 and sequence = 3",
            "update audit_events set outcome = 'denied' where chain_id = $1 and sequence = 3",
            "update audit_events set ip = '192.0.2.1' where chain_id = $1 and sequence = 3",
            "update audit_events set request_id = 'x' where chain_id = $1 and sequence = 3",
            "update audit_events set id = (select e.id from audit_events e where e.chain_id = $1 and e.sequence = 2) \
             where chain_id = $1 and sequence = 3",
        ] {
            let tenant = with_events(&world, 4).await;
            assert_eq!(world.db_execute(tenant, statement).await, 1);
            assert_eq!(verdict(&world, tenant).await.broken_at, Some(3), "{statement}");
        }
    })
    .await;
}

#[tokio::test]
async fn an_event_written_behind_the_end_shows() {
    on_both(async |world: World| {
    let tenant = with_events(&world, 2).await;
    let forged = "insert into audit_events select chain_id, 3, id, at, actor_type, actor_id, actor_name, action, \
                  target_type, target_id, target_name, changes, outcome, ip, request_id, hash from audit_events \
                  where chain_id = $1 and sequence = 2";
    world.db_execute(tenant, forged).await;
    assert_eq!(verdict(&world, tenant).await.broken_at, Some(3));
    })
    .await;
}

#[tokio::test]
async fn a_denial_is_recorded_and_changes_no_decision() {
    on_both(async |world: World| {
        let tenant = with_events(&world, 1).await;
        let version = world.authz.policy(tenant).await.unwrap().unwrap().version;
        let denial = Denial {
            reason: "None of your roles in this tenant allows it.".into(),
            required: "members:update".into(),
            held_roles: vec!["viewer".into()],
            granted_by: Vec::new(),
            request: None,
            ask: Vec::new(),
            decision_id: DecisionId::new(),
            role_names: Vec::new(),
            suspended: false,
            policy_version: version,
        };
        let (actor, target) = (Actor::system("test"), Target::new("tenant", tenant, "Acme"));
        let event = ("member.updated", target);
        let committed =
            record_denied(&world.database, freehold::db::Chain::Tenant(tenant), actor, event, &denial)
                .await
                .unwrap();
        assert_eq!(committed.policy_version, None);
        let owner = "select count(*) from members where tenant_id = $1";
        assert_eq!(world.db_count(tenant, owner).await, 1);
        let ada = world.db_user("Bob").await;
        world.db_join(tenant, ada, &[("owner", None)]).await;
        let grant = world.grant::<perm::AuditRead>(ada, tenant).await;
        let lines = recent(&mut world.database.read().await.unwrap(), &grant, 2).await.unwrap();
        let line = &lines[1];
        assert_eq!((line.sequence, line.outcome.as_str(), line.hash.len()), (2, "denied", 64));
        assert_eq!(line.changes["decision_id"], denial.decision_id.to_string());
        assert_eq!(lines[0].sequence, 3);
        assert_eq!(serde_json::to_value(line).unwrap()["target"]["type"], "tenant");
        world.holds(tenant).await;
    })
    .await;
}
