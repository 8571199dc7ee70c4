//! The audit log over a long run of everything: one event for each change that was acknowledged, one for each denial,
//! none for what was refused otherwise; and no byte of it can be altered unseen.

use std::fmt::Write as _;
use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::app::{Answer, Backend, Person, Tenant, TestApp};
use freehold::audit::verify_chain;
use freehold::db::Chain;
use freehold::ids::TenantId;

const OPERATIONS: u32 = 1_000;

/// Numbers that look random and are the same in each run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % limit as u64).unwrap()
    }

    fn one<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }
}

const ROLES: [&str; 7] = ["owner", "admin", "member", "viewer", "role-0", "role-1", "nobody"];
const PERMISSIONS: [&str; 5] =
    ["projects:read", "projects:update", "members:update", "tenant:delete", "no:such"];

/// One operation by someone, such as people and programs send; what of the things it names is there is left to chance.
async fn operate(dice: &mut Dice, tenant: &Tenant, people: &[Person], known: &mut Vec<String>) -> Answer {
    let (actor, target) = (dice.one(people), dice.one(people));
    let (role, other) = (*dice.one(&ROLES), *dice.one(&ROLES));
    let permission = *dice.one(&PERMISSIONS);
    let request = known.get(dice.below(known.len() + 1)).cloned().unwrap_or_else(|| target.id.to_string());
    let post = async |below: String, body: Value| actor.post_json(&tenant.api(&below), body).await;
    match dice.below(14) {
        0 => {
            post(
                "/roles".into(),
                json!({ "name": format!("Role {}", dice.below(3)), "permissions": [permission] }),
            )
            .await
        }
        1 | 2 => {
            let body = json!({ "permissions": [permission, "projects:read"], "description": format!("{}", dice.below(9)) });
            actor.call(http::Method::PATCH, &tenant.api(&format!("/roles/{role}"))).json(body).await
        }
        3 => actor.delete(&tenant.api(&format!("/roles/{role}?reassign_to={other}"))).await,
        4..=6 => {
            let path = tenant.api(&format!("/members/{}/roles", target.id));
            actor.put(&path, json!({ "roles": [role, other] })).await
        }
        7 => {
            let email = format!("guest-{}@example.com", dice.below(400));
            post("/invitations".into(), json!({ "email": email, "roles": [role] })).await
        }
        8 | 9 => {
            let body = json!({ "role": role, "reason": "By chance.", "duration_hours": 1 + dice.below(5) });
            let asked = post("/role-requests".into(), body).await;
            if asked.status == 201 {
                known.push(asked.json()["id"].as_str().unwrap().to_owned());
            }
            asked
        }
        10 => post(format!("/role-requests/{request}/approve"), json!({})).await,
        11 => post(format!("/role-requests/{request}/decline"), json!({ "note": "By chance." })).await,
        12 => actor.delete(&tenant.api(&format!("/role-requests/{request}"))).await,
        _ => {
            let newest = tenant.owner.get(&tenant.api("/audit-events?limit=5")).await.expect(200).json();
            let event = newest["items"][dice.below(newest["items"].as_array().unwrap().len())]["id"].clone();
            let path = tenant.api(&format!("/audit-events/{}/undo", event.as_str().unwrap()));
            actor.call(http::Method::POST, &path).send().await
        }
    }
}

/// How many events of the tenant ended so. There is no other tenant.
async fn events(app: &TestApp, outcome: &str) -> i64 {
    let text = "select count(*) from audit_events e join tenants t on t.id = e.chain_id where e.outcome";
    app.db_number(&format!("{text} = '{outcome}'")).await
}

async fn broken_at(app: &TestApp, tenant: TenantId) -> Option<i64> {
    let mut on = app.state.database.read().await.unwrap();
    verify_chain(&mut on, Chain::Tenant(tenant)).await.unwrap().broken_at
}

/// A thousand operations on one database.
#[allow(clippy::cognitive_complexity, clippy::too_many_lines, reason = "one story, told in order")]
async fn run(backend: Backend) {
    let app = TestApp::start(backend).await;
    let (ada, zoe) = (app.person("ada").await, app.person("zoe").await);
    let mut tenant = app.tenant_of(&ada, "acme").await;
    zoe.joins(&tenant, "owner").await;
    let mut people = vec![zoe];
    for (name, role) in [("ben", "admin"), ("mia", "member"), ("vic", "viewer"), ("olga", "owner")] {
        let person = app.person(name).await;
        person.joins(&tenant, role).await;
        people.push(person);
    }
    let mut dice = Dice(0x5eed_0000_0000_0004);
    let mut known = Vec::new();
    let mut told = [0_u32; 6];
    for number in 0..OPERATIONS {
        if number % 40 == 0 {
            app.clock.advance(Duration::from_hours(3));
        }
        let before = (events(&app, "done").await, events(&app, "denied").await);
        // Sessions outlive the run by signing in again now and then.
        if number % 100 == 0 {
            for person in &mut people {
                *person = app.person_with(person.external.clone()).await;
            }
            tenant.owner = app.person_with(ada.external.clone()).await;
        }
        let answer = operate(&mut dice, &tenant, &people, &mut known).await;
        let after = (events(&app, "done").await, events(&app, "denied").await);
        let (done, denied) = (after.0 - before.0, after.1 - before.1);
        let text = answer.text();
        match answer.status.as_u16() {
            200 | 201 | 204 => {
                // A change that says nothing new is acknowledged, and nothing of it recorded.
                assert!(
                    done == 1 || (done == 0 && answer.header("x-policy-version").is_none()),
                    "{number}: {text}"
                );
                assert_eq!(denied, 0, "{number}: {text}");
                told[usize::from(done == 1)] += 1;
            }
            403 => {
                assert_eq!((done, denied), (0, 1), "{number}: {text}");
                told[2] += 1;
            }
            404 | 409 | 412 | 422 | 429 => {
                assert_eq!((done, denied), (0, 0), "{number}: {text}");
                told[3] += 1;
            }
            // A busy machine may say so.
            503 => {
                assert_eq!(done, 0, "{number}: {text}");
                told[4] += 1;
            }
            other => panic!("{number}: {other} {text}"),
        }
    }
    eprintln!("unchanged, changed, denied, refused, unavailable: {told:?}");
    assert!(
        told[1] > 150 && told[2] > 100 && told[3] > 100,
        "the run does something of everything: {told:?}"
    );
    assert!(told[4] < 50, "{told:?}");
    assert_eq!(broken_at(&app, tenant.id).await, None, "the chain is whole");
    every_byte_shows(&app, backend, tenant.id).await;
}

/// Alters every column of a few rows, each back again, and asks which row is named.
#[allow(clippy::cognitive_complexity, clippy::too_many_lines, reason = "one way after the other")]
async fn every_byte_shows(app: &TestApp, backend: Backend, tenant: TenantId) {
    let last = {
        let mut on = app.state.database.read().await.unwrap();
        verify_chain(&mut on, Chain::Tenant(tenant)).await.unwrap().events
    };
    let hex = tenant.uuid().simple().to_string();
    let id = if backend == Backend::Sqlite { format!("x'{hex}'") } else { format!("'{tenant}'") };
    let texts = [
        "actor_type",
        "actor_name",
        "action",
        "target_type",
        "target_id",
        "target_name",
        "changes",
        "ip",
        "request_id",
    ];
    let other = if backend == Backend::Sqlite {
        "x'00000000000070008000000000000000'"
    } else {
        "'00000000-0000-7000-8000-000000000000'"
    };
    let flip = if backend == Backend::Sqlite {
        "randomblob(32)".to_owned()
    } else {
        "set_byte(hash, 7, get_byte(hash, 7) # 1)".to_owned()
    };
    let mut ways: Vec<(String, String)> = texts
        .iter()
        .flat_map(|name| {
            // A byte more, and one byte changed in the middle.
            let middle = format!(
                "substr({name}, 1, length({name}) / 2) || '~' || substr({name}, length({name}) / 2 + 2)"
            );
            [((*name).to_owned(), format!("{name} || ' '")), ((*name).to_owned(), middle)]
        })
        .collect();
    ways.push(("at".into(), "at + 1".into()));
    ways.push(("id".into(), other.into()));
    ways.push(("actor_id".into(), other.into()));
    ways.push(("hash".into(), flip));
    ways.push(("outcome".into(), "case outcome when 'done' then 'failed' else 'done' end".into()));
    let mut checked = String::new();
    for sequence in [1, 2, last / 3, last / 2, last - 1, last] {
        let row = format!("chain_id = {id} and sequence = {sequence}");
        for (column, altered) in &ways {
            app.db_execute("drop table if exists kept_rows").await;
            app.db_execute(&format!("create table kept_rows as select * from audit_events where {row}"))
                .await;
            app.db_execute(&format!("update audit_events set {column} = {altered} where {row}")).await;
            let found = broken_at(app, tenant).await;
            let at = format!("{column} = {altered} of event {sequence}");
            // The hash of a row is also what the next one was chained to: the row itself is named all the same.
            assert_eq!(found, Some(sequence), "{at}");
            app.db_execute(&format!("delete from audit_events where {row}")).await;
            app.db_execute("insert into audit_events select * from kept_rows").await;
            assert_eq!(broken_at(app, tenant).await, None, "set back: {at}");
            write!(checked, "{column} ").unwrap();
        }
    }
    app.db_execute("drop table if exists kept_rows").await;
    assert_eq!(checked.split_whitespace().count(), 6 * ways.len());
    for (statement, at) in [
        (
            format!(
                "update audit_events set sequence = sequence + 1000000 where chain_id = {id} and sequence = 7"
            ),
            7,
        ),
        (format!("update audit_chains set sequence = sequence - 1 where id = {id}"), last),
    ] {
        app.db_execute(&statement).await;
        let found = broken_at(app, tenant).await.expect("it shows");
        assert!(found <= at, "{statement}: {found}");
    }
}

#[tokio::test]
async fn a_thousand_operations_leave_one_event_for_each_change_on_sqlite() {
    run(Backend::Sqlite).await;
}

#[tokio::test]
async fn a_thousand_operations_leave_one_event_for_each_change_on_postgres() {
    run(Backend::Postgres).await;
}
