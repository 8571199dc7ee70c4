//! Requests for roles: who may ask, who may answer, what an answer gives, and who sees what.

use std::time::Duration;

use http::Method;
use serde_json::{Value, json};

use crate::harness::app::{Answer, Person, Tenant, TestApp, each_database};

const HOUR: Duration = Duration::from_hours(1);

async fn ask(person: &Person, tenant: &Tenant, role: &str, hours: Option<i64>) -> Answer {
    let body = json!({ "role": role, "reason": "The release\nis today.", "duration_hours": hours });
    person.post_json(&tenant.api("/role-requests"), body).await
}

fn one(tenant: &Tenant, request: &Value, below: &str) -> String {
    tenant.api(&format!("/role-requests/{}{below}", request["id"].as_str().unwrap()))
}

/// Ada owns Acme, Ben administers it, Vic views it.
async fn acme(app: &TestApp) -> (Tenant, Person, Person, Person) {
    let (ada, ben, vic) = (app.person("ada").await, app.person("ben").await, app.person("vic").await);
    let acme = app.tenant_of(&ada, "acme").await;
    ben.joins(&acme, "admin").await;
    vic.joins(&acme, "viewer").await;
    (acme, ada, ben, vic)
}

async fn roles_of(ada: &Person, acme: &Tenant, person: &Person) -> Value {
    ada.get(&acme.api(&format!("/members/{}", person.id))).await.expect(200).json()["roles"].clone()
}

#[tokio::test]
async fn an_approved_request_gives_the_role_for_as_long_as_was_asked() {
    each_database(async |app| {
        let (acme, ada, ben, vic) = acme(&app).await;
        let path = acme.api(&format!("/members/{}/roles", vic.id));
        let denied = vic.put(&path, json!({ "roles": ["member"] }));
        let denied = denied.await.problem(403, "forbidden").json();
        assert_eq!(denied["request"], format!("/api/v1/tenants/{}/role-requests", acme.id));
        assert_eq!(denied["granted_by"], json!(["owner", "admin"]));

        let asked = ask(&vic, &acme, "member", Some(8)).await.expect(201);
        let request = asked.json();
        assert_eq!((&request["status"], &request["duration_hours"]), (&json!("open"), &json!(8)));
        assert_eq!(request["reason"], "The release\nis today.");
        let deciders: Vec<&str> =
            request["deciders"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
        assert_eq!(deciders, ["ada", "ben"]);
        for name in ["ada", "ben"] {
            let mail = app.mails_to(name, 1).await;
            assert!(mail[0].starts_with("vic asks for the role Member in acme, for 8 hours."), "{}", mail[0]);
            assert!(mail[0].contains(&format!("/t/acme/requests/{}", request["id"].as_str().unwrap())));
        }
        app.clock.advance(HOUR);
        let path = one(&acme, &request, "/approve");
        let done = ben.post_json(&path, json!({ "note": "Go." })).await.expect(200);
        let answered = done.json();
        assert_eq!((&answered["status"], &answered["note"]), (&json!("approved"), &json!("Go.")));
        assert_eq!(answered["decided_by"]["name"], "ben");
        assert_eq!(answered["given_until"], (app.clock.now() + 8 * HOUR).to_string(), "from the approval on");
        let version = done.header("x-policy-version").unwrap();
        let seen = vic.call(Method::POST, &acme.api("/role-requests")).header("x-policy-version", version);
        let body = json!({ "role": "member", "reason": "Again", "duration_hours": 8 });
        seen.json(body).await.problem(409, "conflict");
        let roles = roles_of(&ada, &acme, &vic).await;
        assert_eq!((&roles[0]["key"], &roles[1]["key"]), (&json!("member"), &json!("viewer")));
        assert!(app.mails_to("vic", 2).await[0].starts_with("ben gave you the role Member in acme until"));
        let events = ada.get(&acme.api("/audit-events?limit=2")).await.expect(200).json();
        let (approved, made) = (&events["items"][0], &events["items"][1]);
        assert_eq!(
            (&approved["action"], &made["action"]),
            (&json!("role_request.approved"), &json!("role_request.created"))
        );
        assert_eq!(approved["changes"]["before"]["roles"], json!([{ "key": "viewer", "expires_at": null }]));
        ben.post_json(&path, json!({})).await.problem(409, "conflict");
        app.clock.advance(8 * HOUR);
        assert_eq!(roles_of(&ada, &acme, &vic).await.as_array().unwrap().len(), 1, "it ends by itself");
    })
    .await;
}

#[tokio::test]
async fn the_approver_may_shorten_and_never_lengthen() {
    each_database(async |app| {
        let (acme, ada, _, vic) = acme(&app).await;
        let request = ask(&vic, &acme, "member", Some(8)).await.expect(201).json();
        let path = one(&acme, &request, "/approve");
        let at = |hours: u32| (app.clock.now() + hours * HOUR).to_string();
        for (body, pointer) in [
            (json!({ "duration_hours": 9 }), "/duration_hours"),
            (json!({ "duration_hours": 0 }), "/duration_hours"),
            (json!({ "expires_at": at(9) }), "/expires_at"),
            (json!({ "expires_at": at(0) }), "/expires_at"),
            (json!({ "expires_at": at(1), "duration_hours": 1 }), "/duration_hours"),
            (json!({ "note": "a\u{202e}b" }), "/note"),
            (json!({ "role": "owner" }), "/role"),
        ] {
            let refused = ada.post_json(&path, body.clone()).await.problem(422, "invalid");
            assert_eq!(refused.json()["errors"][0]["pointer"], pointer, "{body}");
        }
        let done = ada.post_json(&path, json!({ "duration_hours": 2 })).await.expect(200).json();
        assert_eq!(done["given_until"], at(2));
        let request = ask(&vic, &acme, "admin", None).await.expect(201).json();
        let body = json!({ "expires_at": at(3) });
        let done = ada.post_json(&one(&acme, &request, "/approve"), body).await.expect(200).json();
        assert_eq!(done["given_until"], at(3), "an end may be set where none was asked for");
    })
    .await;
}

#[tokio::test]
async fn nobody_answers_for_more_than_they_may_give_nor_for_themselves() {
    each_database(async |app| {
        let (acme, ada, ben, vic) = acme(&app).await;
        let request = ask(&vic, &acme, "owner", None).await.expect(201).json();
        assert_eq!(
            request["deciders"],
            json!([{ "id": ada.id, "name": "ada" }]),
            "an admin cannot make owners"
        );
        for below in ["/approve", "/decline"] {
            let path = one(&acme, &request, below);
            let denied = ben.post_json(&path, json!({})).await.problem(403, "forbidden").json();
            assert_eq!(denied["required"], "tenant:delete");
            let denied = vic.post_json(&path, json!({})).await.problem(403, "forbidden").json();
            assert_eq!(denied["required"], "members:update");
        }
        assert_eq!(roles_of(&ada, &acme, &vic).await.as_array().unwrap().len(), 1);
        let own = ask(&ben, &acme, "member", None).await.expect(201).json();
        for below in ["/approve", "/decline"] {
            ben.post_json(&one(&acme, &own, below), json!({})).await.problem(409, "conflict");
        }
        // Above whom one stands is asked too: a role both hold, for someone who holds more.
        let above = ask(&ada, &acme, "member", None).await.expect(201).json();
        ben.post_json(&one(&acme, &above, "/approve"), json!({})).await.problem(403, "forbidden");
        ada.post_json(&one(&acme, &request, "/decline"), json!({ "note": "No." })).await.expect(200);
        let mail = &app.mails_to("vic", 2).await[0];
        assert!(mail.contains("ada declined your request") && mail.contains("> No."), "{mail}");
        assert_eq!(vic.get(&one(&acme, &request, "")).await.json()["status"], "declined");
    })
    .await;
}

#[tokio::test]
async fn who_cannot_change_roles_sees_only_their_own() {
    each_database(async |app| {
        let (acme, _, ben, vic) = acme(&app).await;
        let (mia, eve) = (app.person("mia").await, app.person("eve").await);
        mia.joins(&acme, "member").await;
        let of_vic = ask(&vic, &acme, "member", None).await.expect(201).json();
        let of_mia = ask(&mia, &acme, "admin", None).await.expect(201).json();
        let ids = |answer: &Answer| -> Vec<Value> {
            answer.json()["items"].as_array().unwrap().iter().map(|one| one["id"].clone()).collect()
        };
        let list = acme.api("/role-requests");
        assert_eq!(ids(&vic.get(&list).await.expect(200)), [of_vic["id"].clone()]);
        assert_eq!(ids(&ben.get(&list).await.expect(200)), [of_mia["id"].clone(), of_vic["id"].clone()]);
        let path = one(&acme, &of_mia, "");
        let nowhere = acme.api(&format!("/role-requests/{}", vic.id));
        let (hidden, missing) = (vic.get(&path).await.expect(404), vic.get(&nowhere).await.expect(404));
        assert_eq!(hidden.without_request_id(), missing.without_request_id());
        vic.delete(&path).await.problem(404, "not-found");
        ben.delete(&path).await.problem(409, "conflict");
        eve.get(&list).await.problem(404, "not-found");
        eve.post_json(&list, json!({ "role": "viewer", "reason": "x" })).await.problem(404, "not-found");
        mia.delete(&path).await.expect(204);
        assert_eq!(ids(&ben.get(&format!("{list}?status=open")).await.expect(200)), [of_vic["id"].clone()]);
        let first = ben.get(&format!("{list}?limit=1")).await.expect(200).json();
        let cursor = first["next_cursor"].as_str().unwrap();
        assert_eq!(
            ids(&ben.get(&format!("{list}?limit=1&cursor={cursor}")).await.expect(200)),
            [of_vic["id"].clone()]
        );
        mia.get(&format!("{list}?limit=1&cursor={cursor}")).await.problem(422, "invalid");
        // Someone without any role may ask as well.
        let stripped = acme.api(&format!("/members/{}/roles", vic.id));
        ben.put(&stripped, json!({ "roles": [] })).await.expect(200);
        vic.get(&list).await.expect(200);
        ask(&vic, &acme, "viewer", Some(1)).await.expect(201);
    })
    .await;
}

#[tokio::test]
async fn requests_are_few_and_end() {
    each_database(async |app| {
        let (acme, ada, ben, vic) = acme(&app).await;
        for (body, pointer) in [
            (json!({ "role": "nobody", "reason": "x" }), "/role"),
            (json!({ "role": "member", "reason": " \n " }), "/reason"),
            (json!({ "role": "member", "reason": "x".repeat(501) }), "/reason"),
            (json!({ "role": "member", "reason": "a\u{0}b" }), "/reason"),
            (json!({ "role": "member", "reason": "x", "duration_hours": 8_761 }), "/duration_hours"),
            (json!({ "role": "member", "reason": "x", "tenant": "evil" }), "/tenant"),
        ] {
            let refused =
                vic.post_json(&acme.api("/role-requests"), body.clone()).await.problem(422, "invalid");
            assert_eq!(refused.json()["errors"][0]["pointer"], pointer, "{body}");
        }
        ask(&vic, &acme, "viewer", Some(1)).await.problem(409, "conflict");
        let first = ask(&vic, &acme, "member", Some(1)).await.expect(201).json();
        ask(&vic, &acme, "member", Some(2)).await.problem(409, "conflict");
        for number in 0..4 {
            let role = json!({ "name": format!("Role {number}"), "permissions": ["projects:read"] });
            ada.post_json(&acme.api("/roles"), role).await.expect(201);
            ask(&vic, &acme, &format!("role-{number}"), None).await.expect(201);
        }
        ask(&vic, &acme, "admin", None).await.problem(409, "conflict");
        vic.delete(&one(&acme, &first, "")).await.expect(204);
        vic.delete(&one(&acme, &first, "")).await.problem(409, "conflict");
        for _ in 0..15 {
            let next = ask(&vic, &acme, "member", Some(1)).await.expect(201).json();
            vic.delete(&one(&acme, &next, "")).await.expect(204);
        }
        let too_many = ask(&vic, &acme, "member", Some(1)).await.problem(429, "too-many");
        assert!(too_many.header("retry-after").is_some());

        ada.delete(&acme.api("/roles/role-0")).await.expect(204);
        let open = ada.get(&acme.api("/role-requests?status=open")).await.json();
        assert_eq!(open["items"].as_array().unwrap().len(), 3, "with the role its requests are gone");
        let last = open["items"][0].clone();
        let tag = ada.get(&one(&acme, &last, "")).await.header("etag").unwrap().to_owned();
        app.clock.advance(14 * 24 * HOUR);
        let (ada, ben) =
            (app.person_with(ada.external.clone()).await, app.person_with(ben.external.clone()).await);
        let late = ada.call(Method::POST, &one(&acme, &last, "/approve")).header("if-match", &tag);
        late.json(json!({})).await.problem(412, "precondition");
        ben.post_json(&one(&acme, &last, "/approve"), json!({})).await.problem(409, "conflict");
        assert_eq!(ada.get(&one(&acme, &last, "")).await.json()["status"], "expired");
        ada.delete(&acme.api(&format!("/members/{}", vic.id))).await.expect(204);
        ada.get(&one(&acme, &last, "")).await.problem(404, "not-found");
    })
    .await;
}

#[tokio::test]
async fn one_answer_of_many_counts() {
    each_database(async |app| {
        let (acme, ada, ben, vic) = acme(&app).await;
        let request = ask(&vic, &acme, "member", None).await.expect(201).json();
        let (approve, decline) = (one(&acme, &request, "/approve"), one(&acme, &request, "/decline"));
        let answers = tokio::join!(
            ada.post_json(&approve, json!({})),
            ben.post_json(&approve, json!({})),
            ada.post_json(&decline, json!({})),
            ben.post_json(&decline, json!({})),
        );
        let mut statuses: Vec<u16> =
            [answers.0, answers.1, answers.2, answers.3].iter().map(|one| one.status.as_u16()).collect();
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 409, 409, 409]);
    })
    .await;
}

#[tokio::test]
async fn a_request_is_answered_in_its_own_tenant_and_only_while_its_member_is_one() {
    each_database(async |app| {
        let (acme, ada, ben, vic) = acme(&app).await;
        let eve = app.person("eve").await;
        let evil = app.tenant_of(&eve, "evil").await;
        let request = ask(&vic, &acme, "member", None).await.expect(201).json();
        for tenant in [&evil, &acme] {
            eve.get(&one(tenant, &request, "")).await.problem(404, "not-found");
            eve.delete(&one(tenant, &request, "")).await.problem(404, "not-found");
            for below in ["/approve", "/decline"] {
                eve.post_json(&one(tenant, &request, below), json!({})).await.problem(404, "not-found");
            }
        }
        assert_eq!(eve.get(&evil.api("/role-requests")).await.json()["items"], json!([]));
        let page = eve.get("/t/evil").await.expect(200).text();
        assert!(!page.contains("waits for your answer"), "nor is another tenant's request waiting for them");

        let page = ben.get("/t/acme").await.expect(200).text();
        assert!(page.contains("waits for your answer"));

        // Whoever comes back does not find a role waiting for them.
        ada.delete(&acme.api(&format!("/members/{}", vic.id))).await.expect(204);
        for again in [false, true] {
            if again {
                vic.joins(&acme, "viewer").await;
            }
            for below in ["/approve", "/decline"] {
                ben.post_json(&one(&acme, &request, below), json!({})).await.problem(404, "not-found");
            }
        }
        assert_eq!(roles_of(&ada, &acme, &vic).await.as_array().unwrap().len(), 1);
    })
    .await;
}
