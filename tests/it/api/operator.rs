//! Operators: what they see and do, and that nobody else learns that they could.

use std::time::Duration;

use freehold::authz::platform::{PlatformRole, perm};
use freehold::clock::Timestamp;
use freehold::error::Error;
use freehold::login::accounts::{Browser, enter};
use serde_json::{Value, json};

use crate::harness::app::{Answer, Person, TestApp, each_database};

async fn operator(app: &TestApp, name: &str) -> Person {
    let person = app.person(name).await;
    person.operates(PlatformRole::Operator).await;
    person
}

fn because(reason: &str) -> Value {
    json!({ "reason": reason })
}

/// Names of the items of a list.
fn names(list: &Answer) -> Vec<String> {
    let list = list.json();
    list["items"].as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn who_is_no_operator_is_told_nothing_of_operators() {
    each_database(async |app: TestApp| {
        let ada = app.person("ada").await;
        let tenant = app.tenant_of(&ada, "acme").await;
        let unknown = ada.get("/api/v1/no-such-thing").await.expect(404).without_request_id();
        for path in [
            "/api/v1/operator/health".to_owned(),
            "/api/v1/operator/tenants".to_owned(),
            "/api/v1/operator/tenants?limit=0".to_owned(),
            format!("/api/v1/operator/tenants/{}", tenant.id),
            format!("/api/v1/operator/users/{}", ada.id),
            "/api/v1/operator/no-such-thing".to_owned(),
        ] {
            assert_eq!(ada.get(&path).await.without_request_id(), unknown, "{path}");
        }
        let suspend = format!("/api/v1/operator/tenants/{}/suspend", tenant.id);
        let refused = ada.post_json(&suspend, json!({ "unheard": "of" })).await;
        assert_eq!(refused.without_request_id(), unknown);
        let unknown = ada.get("/no-such-thing").await.expect(404).without_request_id();
        for path in ["/operator", "/operator/tenants", "/operator/users", "/operator/no-such-thing"] {
            assert_eq!(ada.get(path).await.without_request_id(), unknown, "{path}");
        }
        assert!(!ada.get("/tenants").await.text().contains("/operator"), "no link leads there");
        assert_eq!(app.db_number("select count(*) from audit_events where outcome = 'denied'").await, 0);
    })
    .await;
}

#[tokio::test]
async fn an_operator_is_nobody_inside_a_tenant() {
    each_database(async |app: TestApp| {
        let (ada, olu) = (app.person("ada").await, operator(&app, "olu").await);
        let tenant = app.tenant_of(&ada, "acme").await;
        for below in ["", "/members", "/audit-events", "/roles"] {
            let theirs = olu.get(&tenant.api(below)).await.expect(404).without_request_id();
            let none = olu.get(&format!("/api/v1/tenants/none-such{below}")).await.without_request_id();
            assert_eq!(theirs, none, "{below}");
        }
        olu.get("/t/acme").await.expect(404);
        olu.joins(&tenant, "viewer").await;
        olu.get(&tenant.api("/members")).await.expect(200);
        olu.get(&tenant.api("/audit-events")).await.problem(403, "forbidden");
    })
    .await;
}

#[tokio::test]
async fn a_suspended_tenant_rests_and_comes_back_as_it_was() {
    each_database(async |app: TestApp| {
        let (ada, olu) = (app.person("ada").await, operator(&app, "olu").await);
        let tenant = app.tenant_of(&ada, "acme").await;
        let vera = app.person("vera").await;
        vera.joins(&tenant, "viewer").await;
        let secret = app.person("ivy").await.is_invited(&tenant, "viewer").await;
        let path = |verb: &str| format!("/api/v1/operator/tenants/acme/{verb}");
        olu.post_json(&path("suspend"), because(" ")).await.problem(422, "invalid");
        olu.post_json(&path("suspend"), because("a\u{202e}b")).await.problem(422, "invalid");
        olu.post_json(&path("resume"), json!({})).await.problem(409, "conflict");
        let done = olu.post_json(&path("suspend"), because("A payment is overdue.")).await.expect(200);
        assert!(done.header("x-policy-version").is_some());
        assert_eq!(done.json()["status"], "suspended");
        assert_eq!(done.json()["suspended_reason"], "A payment is overdue.");
        olu.post_json(&path("suspend"), because("Again.")).await.problem(409, "conflict");
        for (who, below) in [(&ada, ""), (&ada, "/members"), (&vera, "/roles"), (&ada, "/audit-events")] {
            let told = who.get(&tenant.api(below)).await.problem(403, "forbidden").json();
            assert_eq!(told["detail"], "This tenant is suspended: A payment is overdue.");
            assert_eq!(
                (&told["ask"], &told["granted_by"]),
                (&json!([]), &json!([])),
                "nobody in it can help"
            );
        }
        ada.delete(&tenant.api(&format!("/members/{}", vera.id))).await.problem(403, "forbidden");
        vera.delete(&tenant.api(&format!("/members/{}", vera.id))).await.problem(403, "forbidden");
        let page = ada.get("/t/acme").await.expect(403).text();
        assert!(page.contains("<h1>This tenant is suspended</h1>") && page.contains("A payment is overdue."));
        assert!(!page.contains("Who can help"));
        assert!(ada.get("/tenants").await.text().contains("Suspended"));
        let ivy = app.person("ivy-two").await;
        ivy.post_json("/api/v1/invitations/accept", json!({ "token": secret }))
            .await
            .problem(404, "not-found");
        let resumed = olu.post_json(&path("resume"), json!({})).await.expect(200).json();
        assert_eq!((&resumed["status"], &resumed["suspended_reason"]), (&json!("active"), &Value::Null));
        assert_eq!(resumed["sizes"]["members"], 2);
        vera.get(&tenant.api("/roles")).await.expect(200);
        let log = ada.get(&tenant.api("/audit-events")).await.expect(200).json();
        let told = |action: &str| {
            let events = log["items"].as_array().unwrap().iter();
            events.filter(|event| event["action"] == action).cloned().collect::<Vec<_>>()
        };
        let [suspended] = told("tenant.suspended").try_into().unwrap();
        assert_eq!(suspended["actor"]["name"], "Operator", "not by name");
        assert_eq!(suspended["changes"]["after"]["reason"], "A payment is overdue.");
        assert_eq!(told("tenant.resumed").len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_disabled_person_is_out_by_every_door_and_told_of_what_they_owned() {
    each_database(async |app: TestApp| {
        let (ada, olu) = (app.person("ada").await, operator(&app, "olu").await);
        app.tenant_of(&ada, "acme").await;
        let shared = app.tenant_of(&olu, "shared").await;
        ada.joins(&shared, "owner").await;
        let elsewhere = app.person_with(ada.external.clone()).await;
        let path = |verb: &str| format!("/api/v1/operator/users/{}/{verb}", ada.id);
        olu.post_json(&path("enable"), json!({})).await.problem(409, "conflict");
        ada.get("/api/v1/me").await.expect(200);
        let done = olu.post_json(&path("disable"), because("Left the company.")).await.expect(200).json();
        assert_eq!(
            (&done["status"], &done["disabled_reason"]),
            (&json!("disabled"), &json!("Left the company."))
        );
        let alone: Vec<&str> =
            done["sole_owner_of"].as_array().unwrap().iter().map(|it| it["slug"].as_str().unwrap()).collect();
        assert_eq!(alone, ["acme"], "the other one has an owner who may sign in");
        for session in [&ada, &elsewhere] {
            session.get("/api/v1/me").await.problem(401, "unauthenticated");
        }
        let head = app.state.authz.user(ada.id).await.unwrap().unwrap();
        assert!(head.disabled, "no copy says otherwise");
        let client = Browser { via: freehold::db::Via::default(), user_agent: "test".into() };
        let ends_at = app.state.sessions.end_of(app.clock.now());
        let entered = enter(&app.state.database, &ada.external, &client, ends_at).await;
        assert!(matches!(entered.unwrap_err(), Error::Unauthenticated));
        let live = "select count(*) from sessions where revoked_at is null and user_id in \
                    (select id from users where disabled_at is not null)";
        assert_eq!(app.db_number(live).await, 0);
        olu.post_json(&path("disable"), because("Again.")).await.problem(409, "conflict");
        // As one that was opened in the very moment they were disabled.
        let opened = "update sessions set revoked_at = null where user_id in \
                      (select id from users where disabled_at is not null)";
        assert!(app.db_execute(opened).await >= 2);
        olu.post_json(&path("enable"), json!({})).await.expect(200);
        let live = "select count(*) from sessions where revoked_at is null and user_id in \
                    (select id from users where name = 'ada')";
        assert_eq!(app.db_number(live).await, 0, "it does not come to life with them");
        ada.get("/api/v1/me").await.problem(401, "unauthenticated");
        app.person_with(ada.external.clone()).await.get("/api/v1/tenants/acme").await.expect(200);
        let events = "select count(*) from audit_events where action in ('user.disabled', 'user.enabled') \
                      and target_name = 'ada'";
        assert_eq!(app.db_number(events).await, 2);
    })
    .await;
}

#[tokio::test]
async fn nobody_disables_themselves_and_one_of_two_operators_stays() {
    each_database(async |app: TestApp| {
        let mut pair = [operator(&app, "olu").await, operator(&app, "oki").await];
        let path = |of: &Person, verb: &str| format!("/api/v1/operator/users/{}/{verb}", of.id);
        let own = pair[0].post_json(&path(&pair[0], "disable"), because("Me.")).await;
        own.problem(409, "conflict");
        for _ in 0..10 {
            let [olu, oki] = &pair;
            let (at_oki, at_olu) = (path(oki, "disable"), path(olu, "disable"));
            let (one, other) = tokio::join!(
                olu.post_json(&at_oki, because("A race.")),
                oki.post_json(&at_olu, because("A race."))
            );
            assert!((one.status == 200) != (other.status == 200), "{} {}", one.status, other.status);
            let (winner, loser) = if one.status == 200 { (olu, oki) } else { (oki, olu) };
            winner.post_json(&path(loser, "enable"), json!({})).await.expect(200);
            let back = app.person_with(loser.external.clone()).await;
            pair = [winner.clone(), back];
        }
    })
    .await;
}

#[tokio::test]
async fn what_operators_change_asks_for_a_fresh_sign_in() {
    each_database(async |app: TestApp| {
        let (ada, olu) = (app.person("ada").await, operator(&app, "olu").await);
        let tenant = app.tenant_of(&ada, "acme").await;
        app.clock.advance(Duration::from_mins(11));
        let before = app.db_dump(&["sessions", "session_records", "changes"]).await;
        for path in [
            format!("/api/v1/operator/tenants/{}/suspend", tenant.id),
            format!("/api/v1/operator/tenants/{}/resume", tenant.id),
            format!("/api/v1/operator/users/{}/disable", ada.id),
            format!("/api/v1/operator/users/{}/enable", ada.id),
        ] {
            olu.post_json(&path, because("Old.")).await.problem(403, "reauthentication-required");
        }
        for page in [
            format!("/operator/tenants/{}/suspend", tenant.id),
            format!("/operator/users/{}/disable", ada.id),
        ] {
            let asked = olu.get(&page).await.expect(403).text();
            assert!(asked.contains(&format!("/login?return_to={}", page.replace('/', "%2F"))), "{asked}");
            let posted = olu.post_form(&page, &[("reason", "Old.")]).await.expect(403).text();
            assert!(posted.contains("Sign in again"), "{posted}");
        }
        assert_eq!(before, app.db_dump(&["sessions", "session_records", "changes"]).await);
        olu.get("/api/v1/operator/tenants").await.expect(200);
    })
    .await;
}

#[tokio::test]
async fn support_looks_and_changes_nothing() {
    each_database(async |app: TestApp| {
        let (ada, sam) = (app.person("ada").await, app.person("sam").await);
        let tenant = app.tenant_of(&ada, "acme").await;
        sam.operates(PlatformRole::Support).await;
        sam.get(&format!("/api/v1/operator/tenants/{}", tenant.id)).await.expect(200);
        let suspend = format!("/api/v1/operator/tenants/{}/suspend", tenant.id);
        let denied = sam.post_json(&suspend, because("No.")).await.problem(403, "forbidden").json();
        assert_eq!((&denied["required"], &denied["held_roles"]), (&json!("tenants:suspend"), &json!(["support"])));
        assert_eq!(denied["granted_by"], json!(["operator"]));
        let page = sam.get(&format!("/operator/tenants/{}", tenant.id)).await.expect(200).text();
        assert!(!page.contains("Suspend"), "what one may not do is not offered");
        let recorded = "select count(*) from audit_events where outcome = 'denied' and action = 'tenants:suspend' \
                        and actor_name = 'sam'";
        assert_eq!(app.db_number(recorded).await, 1);
        ada.get("/api/v1/tenants/acme").await.expect(200);
    })
    .await;
}

#[tokio::test]
async fn lists_of_operators_find_and_page() {
    each_database(async |app: TestApp| {
        let (ada, olu) = (app.person("ada").await, operator(&app, "olu").await);
        for slug in ["acme", "blue_works", "cobalt"].map(|name| name.replace('_', "-")) {
            app.tenant_of(&ada, &slug).await;
        }
        let cobalt = ada.get("/api/v1/tenants/cobalt").await.json()["id"].as_str().unwrap().to_owned();
        ada.delete("/api/v1/tenants/cobalt").await.expect(204);
        olu.post_json("/api/v1/operator/tenants/acme/suspend", because("A list.")).await.expect(200);
        let tenants = |query: &str| format!("/api/v1/operator/tenants{query}");
        let found = async |query: &str| names(&olu.get(&tenants(query)).await.expect(200));
        assert_eq!(found("").await, ["cobalt", "blue-works", "acme"], "newest first");
        assert_eq!(found("?search=E-w").await, ["blue-works"]);
        assert_eq!(found("?search=_").await, Vec::<String>::new(), "no pattern");
        assert_eq!(found(&format!("?search={cobalt}")).await, ["cobalt"]);
        assert_eq!(found("?status=suspended").await, ["acme"]);
        assert_eq!(found("?status=deleted&search=cob").await, ["cobalt"]);
        assert_eq!(found("?status=active").await, ["blue-works"]);
        olu.get(&tenants("?status=odd")).await.problem(422, "invalid");
        let mut seen = Vec::new();
        let mut query = "?limit=1".to_owned();
        while let part = olu.get(&tenants(&query)).await.expect(200)
            && let Some(cursor) = {
                seen.extend(names(&part));
                part.json()["next_cursor"].as_str().map(str::to_owned)
            }
        {
            olu.get(&tenants(&format!("?search=a&cursor={cursor}"))).await.problem(422, "invalid");
            query = format!("?limit=1&cursor={cursor}");
        }
        assert_eq!(seen, ["cobalt", "blue-works", "acme"]);
        let people =
            async |query: &str| names(&olu.get(&format!("/api/v1/operator/users{query}")).await.expect(200));
        assert_eq!(people("").await, ["olu", "ada"]);
        assert_eq!(people("?search=ADA%40example").await, ["ada"]);
        assert_eq!(people(&format!("?search={}", ada.id)).await, ["ada"]);
        assert_eq!(people("?status=disabled").await, Vec::<String>::new());
        let one = olu.get(&format!("/api/v1/operator/users/{}", ada.id)).await.expect(200).json();
        assert_eq!((&one["tenants"], &one["email"]), (&json!(2), &json!("ada@example.com")));
        let last: Timestamp = one["last_sign_in_at"].as_str().unwrap().parse().unwrap();
        assert_eq!(last, app.clock.now());
        assert_eq!(one["memberships"].as_array().unwrap().len(), 2);
        olu.get(&format!("/api/v1/operator/users/{cobalt}")).await.problem(404, "not-found");
    })
    .await;
}

#[tokio::test]
async fn health_tells_operators_how_it_is_and_no_secret() {
    each_database(async |app: TestApp| {
        let olu = operator(&app, "olu").await;
        let answer = olu.get("/api/v1/operator/health").await.expect(200);
        let health = answer.json();
        assert_eq!((&health["ready"], &health["schema"]), (&json!(true), &json!("current")));
        assert_eq!(health["outbox"]["waiting"], 0);
        assert!(health["newest_migration"].as_i64().unwrap() >= 7);
        for secret in ["://", "127.0.0.1", "secret"] {
            assert!(!answer.text().contains(secret), "{secret} in {}", answer.text());
        }
        olu.get("/operator").await.expect(200);
    })
    .await;
}

#[tokio::test]
async fn who_operates_no_more_is_nobody_again() {
    each_database(async |app: TestApp| {
        let (olu, oki) = (operator(&app, "olu").await, operator(&app, "oki").await);
        let database = &app.state.database;
        let address = |of: &Person| of.external.email.clone().unwrap();
        freehold::operators::dismiss(database, &address(&olu)).await.unwrap();
        olu.get("/api/v1/operator/tenants").await.problem(404, "not-found");
        for attempt in [
            freehold::operators::dismiss(database, &address(&oki)).await,
            freehold::operators::appoint(database, &address(&oki), PlatformRole::Support).await,
        ] {
            let Err(Error::Conflict(why)) = attempt else { panic!("the last operator stays") };
            assert!(why.contains("needs an operator"), "{why}");
        }
        oki.get("/api/v1/operator/tenants").await.expect(200);
        olu.operates(PlatformRole::Support).await;
        freehold::operators::dismiss(database, &address(&olu)).await.unwrap();
        let staff = freehold::operators::staff(database).await.unwrap();
        assert_eq!(staff.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(), ["oki"]);
    })
    .await;
}

#[tokio::test]
async fn who_operates_no_more_finishes_nothing_they_began() {
    each_database(async |app: TestApp| {
        let (ada, olu) = (app.person("ada").await, operator(&app, "olu").await);
        operator(&app, "oki").await;
        let tenant = app.tenant_of(&ada, "acme").await;
        let (authz, database) = (&app.state.authz, &app.state.database);
        let suspending = authz.operate::<perm::TenantsSuspend>(olu.principal().await).unwrap();
        let disabling = authz.operate::<perm::UsersDisable>(olu.principal().await).unwrap();
        let reason = freehold::operators::Reason { reason: "Late.".to_owned() };
        let refused = async || {
            let suspended = freehold::operators::suspend(authz, &suspending, tenant.id, &reason).await;
            assert!(matches!(suspended, Err(Error::NotFound)), "{suspended:?}");
            let disabled = freehold::operators::disable(authz, &disabling, ada.id, &reason).await;
            assert!(matches!(disabled, Err(Error::NotFound)), "{disabled:?}");
        };
        app.db_execute("update users set disabled_at = 1 where name = 'olu'").await;
        refused().await;
        app.db_execute("update users set disabled_at = null where name = 'olu'").await;
        freehold::operators::dismiss(database, olu.external.email.as_ref().unwrap()).await.unwrap();
        refused().await;
    })
    .await;
}
