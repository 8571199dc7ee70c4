//! Members: seen, given roles, removed, and leaving.

use http::Method;
use serde_json::{Value, json};

use crate::harness::app::{Person, Tenant, each_database};

fn of(tenant: &Tenant, person: &Person, below: &str) -> String {
    tenant.api(&format!("/members/{}{below}", person.id))
}

fn keys(member: &Value) -> Vec<&str> {
    member["roles"].as_array().unwrap().iter().map(|role| role["key"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_role_given_counts_before_the_answer_and_one_taken_is_gone() {
    each_database(async |app| {
        let (ada, ben) = (app.person("ada").await, app.person("ben").await);
        let acme = app.tenant_of(&ada, "acme").await;
        ben.joins(&acme, "viewer").await;
        ben.get(&acme.api("/invitations")).await.problem(403, "forbidden");

        let given = ada.put(&of(&acme, &ben, "/roles"), json!({ "roles": ["admin"] })).await.expect(200);
        assert_eq!(keys(&given.json()), ["admin"]);
        assert!(given.header("etag").is_some());
        let version = given.header("x-policy-version").unwrap().to_owned();
        let call = ben.call(Method::GET, &acme.api("/invitations"));
        call.header("x-policy-version", version).send().await.expect(200);

        ada.put(&of(&acme, &ben, "/roles"), json!({ "roles": [] })).await.expect(200);
        ben.get(&acme.api("/invitations")).await.problem(403, "forbidden");
        ben.get(&acme.api("")).await.problem(403, "forbidden");
    })
    .await;
}

#[tokio::test]
async fn a_role_ends_by_itself() {
    each_database(async |app| {
        let (ada, ben) = (app.person("ada").await, app.person("ben").await);
        let acme = app.tenant_of(&ada, "acme").await;
        ben.joins(&acme, "viewer").await;
        let end = (app.clock.now() + std::time::Duration::from_mins(1)).to_string();
        let roles = json!({ "roles": ["viewer", { "key": "admin", "expires_at": end }] });
        let given = ada.put(&of(&acme, &ben, "/roles"), roles).await.expect(200).json();
        assert_eq!(keys(&given), ["admin", "viewer"]);
        assert_eq!(given["roles"][0]["expires_at"], end);
        assert_eq!(given["roles"][1]["expires_at"], Value::Null);
        ben.get(&acme.api("/invitations")).await.expect(200);
        app.clock.advance(std::time::Duration::from_mins(1));
        ben.get(&acme.api("/invitations")).await.problem(403, "forbidden");
        let shown = ada.get(&of(&acme, &ben, "")).await.expect(200).json();
        assert_eq!(keys(&shown), ["viewer"]);
    })
    .await;
}

#[tokio::test]
async fn a_denial_explains_itself_to_members() {
    each_database(async |app| {
        let (ada, vic) = (app.person("ada").await, app.person("vic").await);
        let acme = app.tenant_of(&ada, "acme").await;
        vic.joins(&acme, "viewer").await;
        let path = of(&acme, &ada, "/roles");
        let denied = vic.put(&path, json!({ "roles": [] })).await.problem(403, "forbidden").json();
        assert_eq!(denied["required"], "members:update");
        assert_eq!(denied["held_roles"], json!(["viewer"]));
        let mut granted_by: Vec<&str> =
            denied["granted_by"].as_array().unwrap().iter().map(|key| key.as_str().unwrap()).collect();
        granted_by.sort_unstable();
        assert_eq!(granted_by, ["admin", "owner"]);
        assert_eq!(denied["ask"], json!([{ "id": ada.id, "name": "ada" }]));
        assert!(denied["decision_id"].is_string());
        assert!(denied["policy_version"].is_i64());
        // Before being allowed, nobody learns what the body must look like.
        let same = vic.put(&path, json!({ "x": 1 })).await.problem(403, "forbidden").json();
        assert_eq!(same["required"], "members:update");
    })
    .await;
}

#[tokio::test]
async fn nobody_grants_what_they_do_not_hold() {
    each_database(async |app| {
        let (ada, ben, vic) = (app.person("ada").await, app.person("ben").await, app.person("vic").await);
        let acme = app.tenant_of(&ada, "acme").await;
        ben.joins(&acme, "admin").await;
        vic.joins(&acme, "viewer").await;
        let up = ben.put(&of(&acme, &vic, "/roles"), json!({ "roles": ["owner"] })).await;
        assert_eq!(up.problem(403, "forbidden").json()["required"], "tenant:delete");
        ben.put(&of(&acme, &ben, "/roles"), json!({ "roles": ["owner"] })).await.problem(403, "forbidden");
        ben.put(&of(&acme, &ada, "/roles"), json!({ "roles": ["viewer"] })).await.problem(403, "forbidden");
        ben.delete(&of(&acme, &ada, "")).await.problem(403, "forbidden");
        ben.put(&of(&acme, &vic, "/roles"), json!({ "roles": ["member"] })).await.expect(200);
    })
    .await;
}

#[tokio::test]
async fn a_tenant_keeps_an_owner() {
    each_database(async |app| {
        let (ada, ben) = (app.person("ada").await, app.person("ben").await);
        let acme = app.tenant_of(&ada, "acme").await;
        ada.put(&of(&acme, &ada, "/roles"), json!({ "roles": ["admin"] })).await.problem(409, "conflict");
        ada.delete(&of(&acme, &ada, "")).await.problem(409, "conflict");
        ben.joins(&acme, "owner").await;
        ada.delete(&of(&acme, &ada, "")).await.expect(204);
        ben.delete(&of(&acme, &ben, "")).await.problem(409, "conflict");
    })
    .await;
}

#[tokio::test]
async fn everyone_may_leave_and_is_an_outsider_then() {
    each_database(async |app| {
        let (ada, vic) = (app.person("ada").await, app.person("vic").await);
        let acme = app.tenant_of(&ada, "acme").await;
        vic.joins(&acme, "viewer").await;
        vic.get(&acme.api("")).await.expect(200);
        vic.delete(&of(&acme, &ada, "")).await.problem(403, "forbidden");
        let stale = vic.call(Method::DELETE, &of(&acme, &vic, "")).header("if-match", "\"99\"");
        stale.send().await.problem(412, "precondition");
        vic.delete(&of(&acme, &vic, "")).await.expect(204);
        vic.get(&acme.api("")).await.problem(404, "not-found");
        ada.get(&of(&acme, &vic, "")).await.problem(404, "not-found");
        ada.delete(&of(&acme, &vic, "")).await.problem(404, "not-found");
    })
    .await;
}

#[tokio::test]
async fn removing_a_member_withdraws_invitations_to_them() {
    each_database(async |app| {
        let (ada, vic) = (app.person("ada").await, app.person("vic").await);
        let (acme, umbrella) = (app.tenant_of(&ada, "acme").await, app.tenant_of(&ada, "umbrella").await);
        vic.joins(&acme, "viewer").await;
        vic.joins(&umbrella, "viewer").await;
        ada.delete(&of(&acme, &vic, "")).await.expect(204);
        let body = json!({ "email": "vic@example.com", "roles": ["viewer"] });
        ada.post_json(&acme.api("/invitations"), body.clone()).await.expect(201);
        vic.joins(&acme, "member").await;
        ada.delete(&of(&acme, &vic, "")).await.expect(204);
        let open = ada.get(&acme.api("/invitations?status=pending")).await.expect(200).json();
        assert_eq!(open["items"], json!([]));
        vic.get(&umbrella.api("")).await.expect(200);
    })
    .await;
}

#[tokio::test]
async fn roles_set_on_an_old_version_are_refused() {
    each_database(async |app| {
        let (ada, vic) = (app.person("ada").await, app.person("vic").await);
        let acme = app.tenant_of(&ada, "acme").await;
        vic.joins(&acme, "viewer").await;
        let old = ada.get(&of(&acme, &vic, "")).await.header("etag").unwrap().to_owned();
        ada.put(&of(&acme, &vic, "/roles"), json!({ "roles": ["member"] })).await.expect(200);
        let call = ada.call(Method::PUT, &of(&acme, &vic, "/roles")).header("if-match", &old);
        call.json(json!({ "roles": ["admin"] })).await.problem(412, "precondition");
        let call = ada.call(Method::DELETE, &of(&acme, &vic, "")).header("if-match", &old);
        call.send().await.problem(412, "precondition");
        assert_eq!(keys(&ada.get(&of(&acme, &vic, "")).await.json()), ["member"]);
    })
    .await;
}

#[tokio::test]
async fn roles_that_cannot_be_are_refused_with_their_place() {
    each_database(async |app| {
        let (ada, vic) = (app.person("ada").await, app.person("vic").await);
        let acme = app.tenant_of(&ada, "acme").await;
        vic.joins(&acme, "viewer").await;
        let path = of(&acme, &vic, "/roles");
        let put = async |roles: Value| {
            ada.put(&path, json!({ "roles": roles })).await.problem(422, "invalid").json()
        };
        assert_eq!(put(json!(["viewer", "nobody"])).await["errors"][0]["pointer"], "/roles/1");
        assert_eq!(put(json!(["viewer", "viewer"])).await["errors"][0]["pointer"], "/roles/1");
        let past = json!([{ "key": "viewer", "expires_at": "2020-01-01T00:00:00Z" }]);
        assert_eq!(put(past).await["errors"][0]["pointer"], "/roles/0/expires_at");
        for odd in [
            json!(["*"]),
            json!(["p, x\n"]),
            json!(["a\u{0}"]),
            json!([7]),
            json!([{ "key": "viewer", "x": 1 }]),
            json!("viewer"),
        ] {
            put(odd).await;
        }
        ada.put(&path, json!({ "roles": ["viewer"], "expires_at": null })).await.problem(422, "invalid");
        assert_eq!(keys(&ada.get(&of(&acme, &vic, "")).await.json()), ["viewer"]);
    })
    .await;
}

#[tokio::test]
async fn people_of_another_tenant_are_not_found_here() {
    each_database(async |app| {
        let (ada, eve) = (app.person("ada").await, app.person("eve").await);
        let acme = app.tenant_of(&ada, "acme").await;
        app.tenant_of(&eve, "umbrella").await;
        let none = ada.get(&acme.api(&format!("/members/{}", freehold::ids::UserId::new()))).await;
        let there = ada.get(&of(&acme, &eve, "")).await.problem(404, "not-found");
        assert_eq!(there.without_request_id(), none.without_request_id());
        ada.put(&of(&acme, &eve, "/roles"), json!({ "roles": ["viewer"] })).await.problem(404, "not-found");
        ada.get(&acme.api("/members/not-an-id")).await.problem(404, "not-found");
        let upper = format!("/members/{}", ada.id.to_string().to_uppercase());
        ada.get(&acme.api(&upper)).await.problem(404, "not-found");
    })
    .await;
}

#[tokio::test]
async fn a_policy_version_that_never_was_is_the_callers_fault_and_makes_no_node_read_again() {
    each_database(async |app| {
        let (ada, vic) = (app.person("ada").await, app.person("vic").await);
        let acme = app.tenant_of(&ada, "acme").await;
        let before = app.state.authz.policy(acme.id).await.unwrap().unwrap();
        let at = async |who: &Person, version: &str| {
            let call = who.call(Method::GET, &acme.api("")).header("x-policy-version", version);
            call.send().await
        };
        for version in ["999999", "9223372036854775807", "-1x", ""] {
            at(&ada, version).await.problem(400, "malformed");
        }
        at(&vic, "999999").await.problem(404, "not-found");
        let after = app.state.authz.policy(acme.id).await.unwrap().unwrap();
        assert!(std::sync::Arc::ptr_eq(&before, &after), "the copy was kept");
        at(&ada, &before.version.to_string()).await.expect(200);
    })
    .await;
}
