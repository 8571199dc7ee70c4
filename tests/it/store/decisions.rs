//! The record of decisions, on both databases: what is read from it is what was noted, however it was written.

use std::collections::HashMap;
use std::time::Duration;

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use crate::store::world::{START, on_both};
use freehold::authz::{Permission as _, PermissionId, PermissionSet, perm};
use freehold::decisions::{Flips, Record, forget, hindsight};
use freehold::ids::UserId;
use freehold::roles::unused;

const WEEK: Duration = Duration::from_hours(7 * 24);

/// Who asked for what, in which week, written afterwards or not.
type Noted = (usize, usize, u32, bool);

fn drawn<T>(strategy: &impl Strategy<Value = T>) -> T {
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    strategy.new_tree(&mut TestRunner::new_with_rng(Config::default(), rng)).unwrap().current()
}

#[tokio::test]
async fn hindsight_counts_what_was_decided_otherwise() {
    let asked: [PermissionId; 3] = [perm::MembersRead::ID, perm::RolesUpdate::ID, perm::AuditRead::ID];
    let run: Vec<Noted> =
        drawn(&prop::collection::vec((0..3_usize, 0..3_usize, 0..4_u32, prop::bool::ANY), 400));
    on_both(async |world| {
        let people = [world.db_user("Ada").await, world.db_user("Ben").await, world.db_user("Cem").await];
        let tenant = world.tenant(people[0], "Acme").await.id;
        let other = world.tenant(people[0], "Umbrella").await.id;
        world.db_join(tenant, people[1], &[("viewer", None)]).await;
        world.db_join(tenant, people[2], &[("admin", None)]).await;
        let record = Record::default();
        let mut expected: HashMap<(usize, usize), (i64, i64)> = HashMap::new();
        let mut week = 0;
        for (person, permission, gap, write) in &run {
            // Ends in the week it began, so that all of it is in sight.
            if *gap == 0 && week < 3 && expected.len() > week * 3 {
                record.write(&world.database, world.authz.catalogue()).await.unwrap();
                world.clock.advance(WEEK);
                week += 1;
            }
            let (user, id, now) = (people[*person], asked[*permission], world.clock.now());
            let standing = world.authz.standing(tenant, user).await.unwrap().unwrap();
            let allowed = standing.effective.contains(id);
            record.note(&standing, user.into(), (id, allowed), now);
            let count = expected.entry((*person, *permission)).or_default();
            *(if allowed { &mut count.0 } else { &mut count.1 }) += 1;
            if *write {
                record.write(&world.database, world.authz.catalogue()).await.unwrap();
            }
        }
        record.write(&world.database, world.authz.catalogue()).await.unwrap();
        let standing = world.authz.standing(other, people[0]).await.unwrap().unwrap();
        record.note(&standing, people[0].into(), (asked[0], true), world.clock.now());
        record.write(&world.database, world.authz.catalogue()).await.unwrap();

        for (person, user) in people.iter().enumerate() {
            for (permission, id) in asked.iter().enumerate() {
                let (allowed, denied) = expected.get(&(person, permission)).copied().unwrap_or_default();
                let only = PermissionSet::only(*id);
                for (flip, told) in [
                    ((only, PermissionSet::EMPTY), (denied, 0)),
                    ((PermissionSet::EMPTY, only), (0, allowed)),
                ] {
                    let flips: Flips = HashMap::from([((*user).into(), flip)]);
                    let mut on = world.database.read().await.unwrap();
                    let asked = (&flips, world.clock.now());
                    let found = hindsight(&mut on, world.authz.catalogue(), tenant, asked).await.unwrap();
                    assert_eq!((found.would_be_allowed, found.would_be_denied), told);
                    assert!(found.since <= START);
                }
            }
        }
    })
    .await;
}

#[tokio::test]
async fn what_is_old_is_neither_counted_nor_kept() {
    on_both(async |world| {
        let ada = world.db_user("Ada").await;
        let tenant = world.tenant(ada, "Acme").await.id;
        let record = Record::default();
        let id = perm::MembersRead::ID;
        let standing = world.authz.standing(tenant, ada).await.unwrap().unwrap();
        record.note(&standing, ada.into(), (id, true), world.clock.now());
        record.write(&world.database, world.authz.catalogue()).await.unwrap();
        let flips: Flips = HashMap::from([(ada.into(), (PermissionSet::EMPTY, PermissionSet::only(id)))]);
        let denied = async || {
            let mut on = world.database.read().await.unwrap();
            let asked = (&flips, world.clock.now());
            hindsight(&mut on, world.authz.catalogue(), tenant, asked).await.unwrap().would_be_denied
        };
        world.clock.advance(WEEK * 4);
        forget(&world.database).await.unwrap();
        assert_eq!(denied().await, 1);
        world.clock.advance(WEEK);
        assert_eq!(denied().await, 0);
        let rows = "select count(*) from decision_counts where tenant_id = $1";
        let uses = "select count(*) from role_uses where tenant_id = $1";
        assert_eq!((world.db_count(tenant, rows).await, world.db_count(tenant, uses).await), (1, 1));
        forget(&world.database).await.unwrap();
        assert_eq!((world.db_count(tenant, rows).await, world.db_count(tenant, uses).await), (0, 1));
        world.clock.advance(Duration::from_hours(24 * 100));
        forget(&world.database).await.unwrap();
        assert_eq!(world.db_count(tenant, uses).await, 0);
    })
    .await;
}

#[tokio::test]
async fn a_use_counts_for_the_roles_that_allowed_it_and_those_they_inherit_from() {
    on_both(async |world| {
        let (ada, ben) = (world.db_user("Ada").await, world.db_user("Ben").await);
        let tenant = world.tenant(ada, "Acme").await.id;
        let day = Duration::from_hours(24);
        world.db_role(tenant, "reader", &[("members:read", "allow"), ("audit:read", "allow")]).await;
        world.db_join(tenant, ben, &[("member", None), ("reader", Some(START + day * 50))]).await;
        let record = Record::default();
        let note = async |user: UserId, id: PermissionId| {
            let standing = world.authz.standing(tenant, user).await.unwrap().unwrap();
            record.note(&standing, user.into(), (id, standing.effective.contains(id)), world.clock.now());
        };
        let unused = async |days| {
            let grant = world.grant::<perm::AccessRead>(ada, tenant).await;
            let found = unused(&world.database, &world.authz, (&record, days), &grant).await.unwrap();
            move |role: &str, name: &str| {
                let role = found.iter().find(|found| found.key == role).unwrap();
                role.permissions.iter().any(|permission| permission.name == name)
            }
        };
        note(ben, perm::MembersRead::ID).await;
        note(ben, perm::AuditExport::ID).await;
        let after = unused(30).await;
        for role in ["reader", "viewer", "member"] {
            assert!(!after(role, "members:read"), "{role} was used");
        }
        assert!(after("admin", "members:read"), "no admin used it");
        assert!(after("reader", "audit:read") && after("admin", "audit:export"), "a denial is no use");

        // Only the roles that are held count: the one that has ended does not.
        world.clock.advance(day * 60);
        let later = unused(30).await;
        assert!(later("reader", "members:read") && later("viewer", "members:read"));
        assert!(!unused(90).await("reader", "members:read"));
        note(ben, perm::MembersRead::ID).await;
        let again = unused(30).await;
        assert!(again("reader", "members:read") && !again("viewer", "members:read"));
        let grant = world.grant::<perm::AccessRead>(ada, tenant).await;
        for days in [0, 91] {
            let refused =
                freehold::roles::unused(&world.database, &world.authz, (&record, days), &grant).await;
            assert!(matches!(refused, Err(freehold::error::Error::Invalid(_))));
        }
    })
    .await;
}
