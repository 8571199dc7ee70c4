//! Undoing from the audit log: a change like any other, by the same guards, and never over somebody else's.

use http::Method;
use serde_json::{Value, json};

use crate::harness::app::{Answer, Person, Tenant, TestApp, each_database};

/// Ada owns Acme, Ben administers it, Vic views it.
async fn acme(app: &TestApp) -> (Tenant, Person, Person, Person) {
    let (ada, ben, vic) = (app.person("ada").await, app.person("ben").await, app.person("vic").await);
    let acme = app.tenant_of(&ada, "acme").await;
    ben.joins(&acme, "admin").await;
    vic.joins(&acme, "viewer").await;
    (acme, ada, ben, vic)
}

/// The newest event.
async fn last(ada: &Person, acme: &Tenant) -> Value {
    ada.get(&acme.api("/audit-events?limit=1")).await.expect(200).json()["items"][0].clone()
}

async fn undo(person: &Person, acme: &Tenant, event: &Value) -> Answer {
    let path = acme.api(&format!("/audit-events/{}/undo", event["id"].as_str().unwrap()));
    person.call(Method::POST, &path).send().await
}

async fn keys(ada: &Person, acme: &Tenant, person: &Person) -> Vec<String> {
    let member = ada.get(&acme.api(&format!("/members/{}", person.id))).await.expect(200).json();
    member["roles"].as_array().unwrap().iter().map(|role| role["key"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn an_undone_assignment_is_a_new_change_back() {
    each_database(async |app| {
        let (acme, ada, _, vic) = acme(&app).await;
        let roles = acme.api(&format!("/members/{}/roles", vic.id));
        let end = (app.clock.now() + std::time::Duration::from_hours(5)).to_string();
        ada.put(&roles, json!({ "roles": [{ "key": "member", "expires_at": end }] })).await.expect(200);
        ada.put(&roles, json!({ "roles": ["admin"] })).await.expect(200);
        let event = last(&ada, &acme).await;
        let done = undo(&ada, &acme, &event).await.expect(200);
        assert!(done.header("x-policy-version").is_some());
        assert_eq!(keys(&ada, &acme, &vic).await, ["member"]);
        let undoing = last(&ada, &acme).await;
        assert_eq!((&done.json()["event"], &done.json()["undoes"]), (&undoing["id"], &event["id"]));
        assert_eq!(undoing["action"], "member.updated");
        assert_eq!(undoing["changes"]["undoes"], json!({ "id": event["id"], "sequence": event["sequence"] }));
        assert_eq!(undoing["changes"]["after"], event["changes"]["before"]);
        undo(&ada, &acme, &event).await.problem(409, "conflict");
        undo(&ada, &acme, &undoing).await.expect(200);
        assert_eq!(keys(&ada, &acme, &vic).await, ["admin"], "what was undone can be done again");
        // A role that has ended meanwhile is not given back.
        let again = last(&ada, &acme).await;
        app.clock.advance(std::time::Duration::from_hours(5));
        undo(&ada, &acme, &again).await.expect(200);
        assert_eq!(keys(&ada, &acme, &vic).await, [""; 0]);
        ada.delete(&acme.api(&format!("/members/{}", vic.id))).await.expect(204);
        undo(&ada, &acme, &undoing).await.problem(409, "conflict");
    })
    .await;
}

#[tokio::test]
async fn what_was_changed_since_is_not_set_back() {
    each_database(async |app| {
        let (acme, ada, ben, vic) = acme(&app).await;
        let roles = acme.api(&format!("/members/{}/roles", vic.id));
        ada.put(&roles, json!({ "roles": ["member"] })).await.expect(200);
        let event = last(&ada, &acme).await;
        ben.put(&roles, json!({ "roles": ["member", "viewer"] })).await.expect(200);
        undo(&ada, &acme, &event).await.problem(409, "conflict");
        assert_eq!(keys(&ada, &acme, &vic).await, ["member", "viewer"]);

        let role = json!({ "name": "Helper", "permissions": ["projects:read"] });
        ada.post_json(&acme.api("/roles"), role).await.expect(201);
        let made = last(&ada, &acme).await;
        let path = acme.api("/roles/helper");
        ada.call(Method::PATCH, &path).json(json!({ "permissions": ["projects:update"] })).await.expect(200);
        let edited = last(&ada, &acme).await;
        undo(&ada, &acme, &made).await.problem(409, "conflict");
        ada.call(Method::PATCH, &path).json(json!({ "name": "Aide" })).await.expect(200);
        undo(&ada, &acme, &edited).await.problem(409, "conflict");
        undo(&ada, &acme, &last(&ada, &acme).await).await.expect(200);
        undo(&ada, &acme, &edited).await.expect(200);
        assert_eq!(ada.get(&path).await.json()["permissions"], json!(["projects:read"]));
        ada.put(&roles, json!({ "roles": ["helper"] })).await.expect(200);
        undo(&ada, &acme, &made).await.problem(409, "conflict");
        ada.put(&roles, json!({ "roles": [] })).await.expect(200);
        undo(&ada, &acme, &made).await.expect(200);
        ada.get(&path).await.problem(404, "not-found");
        let deleted = last(&ada, &acme).await;
        assert_eq!(deleted["action"], "role.deleted");
        undo(&ada, &acme, &deleted).await.expect(200);
        assert_eq!(ada.get(&path).await.expect(200).json()["name"], "Helper");
        let before = last(&ada, &acme).await;
        undo(&ada, &acme, &deleted).await.problem(409, "conflict");
        assert_eq!(last(&ada, &acme).await["id"], before["id"], "a refusal leaves no event");
    })
    .await;
}

#[tokio::test]
async fn undoing_takes_what_the_change_takes() {
    each_database(async |app| {
        let (acme, ada, ben, vic) = acme(&app).await;
        let role = json!({ "name": "Helper", "permissions": ["tenant:delete"] });
        ada.post_json(&acme.api("/roles"), role).await.expect(201);
        let path = acme.api("/roles/helper");
        ada.call(Method::PATCH, &path).json(json!({ "permissions": [] })).await.expect(200);
        let edited = last(&ada, &acme).await;
        let denied = undo(&ben, &acme, &edited).await.problem(403, "forbidden").json();
        assert_eq!(denied["required"], "tenant:delete", "an admin cannot give what only owners hold");
        assert_eq!(last(&ada, &acme).await["outcome"], "denied");

        let roles = acme.api(&format!("/members/{}/roles", ben.id));
        ada.put(&roles, json!({ "roles": ["admin", "owner"] })).await.expect(200);
        ada.put(&roles, json!({ "roles": ["admin"] })).await.expect(200);
        let demoted = last(&ada, &acme).await;
        undo(&ben, &acme, &demoted).await.problem(403, "forbidden");

        let reader = json!({ "name": "Auditor", "permissions": ["audit:read"] });
        ada.post_json(&acme.api("/roles"), reader).await.expect(201);
        ada.put(&acme.api(&format!("/members/{}/roles", vic.id)), json!({ "roles": ["auditor"] }))
            .await
            .expect(200);
        let given = last(&ada, &acme).await;
        for (event, required) in [(&given, "members:update"), (&edited, "roles:update")] {
            let denied = undo(&vic, &acme, event).await.problem(403, "forbidden").json();
            assert_eq!(denied["required"], required);
        }
        let eve = app.person("eve").await;
        let evil = app.tenant_of(&eve, "evil").await;
        undo(&eve, &evil, &given).await.problem(404, "not-found");
        undo(&eve, &acme, &given).await.problem(404, "not-found");
        ada.post_json(&acme.api("/invitations"), json!({ "email": "z@example.com", "roles": ["viewer"] }))
            .await
            .expect(201);
        undo(&ada, &acme, &last(&ada, &acme).await).await.problem(409, "conflict");
    })
    .await;
}

#[tokio::test]
async fn what_a_request_gave_can_be_undone() {
    each_database(async |app| {
        let (acme, ada, _, vic) = acme(&app).await;
        let body = json!({ "role": "member", "reason": "It is needed." });
        let request = vic.post_json(&acme.api("/role-requests"), body).await.expect(201).json();
        let path = acme.api(&format!("/role-requests/{}/approve", request["id"].as_str().unwrap()));
        ada.post_json(&path, json!({})).await.expect(200);
        assert_eq!(keys(&ada, &acme, &vic).await, ["member", "viewer"]);
        undo(&ada, &acme, &last(&ada, &acme).await).await.expect(200);
        assert_eq!(keys(&ada, &acme, &vic).await, ["viewer"]);
    })
    .await;
}

#[tokio::test]
async fn what_cannot_be_known_or_stands_above_is_not_undone() {
    each_database(async |app| {
        let (acme, ada, ben, vic) = acme(&app).await;
        let above = json!({ "name": "Above", "permissions": ["tenant:delete"] });
        ada.post_json(&acme.api("/roles"), above).await.expect(201);
        let made = last(&ada, &acme).await;
        let path = acme.api("/roles/above");
        ada.call(Method::PATCH, &path).json(json!({ "name": "Higher" })).await.expect(200);
        let renamed = last(&ada, &acme).await;
        let denied = undo(&ben, &acme, &renamed).await.problem(403, "forbidden").json();
        assert_eq!(denied["required"], "tenant:delete", "an admin edits no role above them");
        undo(&ada, &acme, &renamed).await.expect(200);
        undo(&ben, &acme, &made).await.problem(403, "forbidden");
        // Who held a role that was deleted is not known any more.
        let helper = json!({ "name": "Helper", "permissions": ["projects:read"] });
        ada.post_json(&acme.api("/roles"), helper).await.expect(201);
        let held = json!({ "roles": ["helper"] });
        ada.put(&acme.api(&format!("/members/{}/roles", vic.id)), held).await.expect(200);
        ada.delete(&acme.api("/roles/helper?reassign_to=viewer")).await.expect(204);
        let deleted = last(&ada, &acme).await;
        assert_eq!(
            (&deleted["action"], &deleted["changes"]["after"]["members"]),
            (&json!("role.deleted"), &json!(1))
        );
        undo(&ada, &acme, &deleted).await.problem(409, "conflict");
    })
    .await;
}

#[tokio::test]
async fn an_undoing_that_races_a_change_never_covers_it() {
    each_database(async |app| {
        let (acme, ada, ben, vic) = acme(&app).await;
        let roles = acme.api(&format!("/members/{}/roles", vic.id));
        for _ in 0..20 {
            ada.put(&roles, json!({ "roles": ["viewer"] })).await.expect(200);
            ada.put(&roles, json!({ "roles": ["member"] })).await.expect(200);
            let event = last(&ada, &acme).await;
            let (undone, changed) =
                tokio::join!(undo(&ada, &acme, &event), ben.put(&roles, json!({ "roles": ["admin"] })));
            changed.expect(200);
            assert!([200, 409].contains(&undone.status.as_u16()), "{}", undone.text());
            assert_eq!(keys(&ada, &acme, &vic).await, ["admin"], "whichever came first");
        }
    })
    .await;
}
