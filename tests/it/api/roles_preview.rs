//! What a change of a role would do, asked before it is done.

use freehold::http::access::Access;
use serde_json::{Value, json};

use crate::harness::app::{Tenant, TestApp, each_database};

/// Everything but what moves when anyone is signed in, once no mail is under way.
async fn dump(app: &TestApp) -> Vec<(String, String)> {
    app.mail_is_sent().await;
    app.db_dump(&["sessions", "session_records"]).await
}

fn of(tenant: &Tenant) -> (String, String) {
    (tenant.api("/roles/team"), tenant.api("/roles/team/preview"))
}

#[tokio::test]
async fn a_preview_tells_who_gains_and_loses_what_and_which_routes() {
    each_database(async |app| {
        let (ada, vic) = (app.person("ada").await, app.person("vic").await);
        let acme = app.tenant_of(&ada, "acme").await;
        let body = json!({ "name": "Team", "permissions": ["projects:read", "invitations:read"] });
        ada.post_json(&acme.api("/roles"), body).await.expect(201);
        vic.joins(&acme, "team").await;
        let (role, preview) = of(&acme);
        let version = ada.get(&acme.api("")).await.json()["policy_version"].clone();
        let before = dump(&app).await;
        let body = json!({ "permissions": ["projects:read", "members:read"] });
        let answer = ada.post_json(&preview, body.clone()).await.expect(200);
        assert_eq!(before, dump(&app).await, "it changes nothing");
        assert_eq!((answer.header("x-policy-version"), answer.header("etag")), (None, None));
        let told = answer.json();
        let affected = json!([{ "user": { "id": vic.id.to_string(), "name": "vic" },
            "gains": ["members:read"], "loses": ["invitations:read"] }]);
        assert_eq!((&told["members"], &told["affected_members"]), (&affected, &json!(1)));
        assert_eq!((&told["gained"], &told["lost"]), (&json!(["members:read"]), &json!(["invitations:read"])));
        assert_eq!((&told["loses_own"], &told["policy_version"]), (&json!([]), &version));
        for (field, permission) in [("opens", "members:read"), ("closes", "invitations:read")] {
            let table = freehold::http::table();
            let asked = table.iter().filter(|route| {
                matches!(route.access, Access::Permission(name) | Access::PermissionOrOwn(name) if name == permission)
            });
            let routes: Vec<Value> = asked
                .map(|route| {
                    json!({ "method": route.method.as_str(), "path": route.path, "permission": permission })
                })
                .collect();
            assert!(routes.len() > 1, "{permission}");
            assert_eq!(told[field], json!(routes), "{field}");
        }
        vic.get(&acme.api("/invitations")).await.expect(200);
        ada.patch(&role, body.clone()).await.expect(200);
        vic.get(&acme.api("/invitations")).await.problem(403, "forbidden");
        vic.get(&acme.api("/members")).await.expect(200);
        let same = ada.post_json(&preview, body).await.expect(200).json();
        for field in ["members", "gained", "lost", "opens", "closes"] {
            assert_eq!(same[field], json!([]), "{field}: it is so already");
        }
    })
    .await;
}

#[tokio::test]
async fn a_preview_warns_of_what_one_would_lose_oneself() {
    each_database(async |app| {
        let ada = app.person("ada").await;
        let acme = app.tenant_of(&ada, "acme").await;
        ada.post_json(&acme.api("/roles"), json!({ "name": "Team", "permissions": [] })).await.expect(201);
        let both = json!({ "roles": ["owner", "team"] });
        ada.call(http::Method::PUT, &acme.api(&format!("/members/{}/roles", ada.id)))
            .json(both)
            .await
            .expect(200);
        let (role, preview) = of(&acme);
        let body = json!({ "denies": ["roles:update"] });
        let told = ada.post_json(&preview, body.clone()).await.expect(200).json();
        assert_eq!(told["loses_own"], json!(["roles:update"]));
        let closed = told["closes"].as_array().unwrap();
        assert!(closed.iter().any(|route| route["method"] == "PATCH"), "{told}");
        ada.patch(&role, body.clone()).await.expect(200);
        ada.post_json(&preview, body).await.problem(403, "forbidden");
    })
    .await;
}

#[tokio::test]
async fn a_preview_is_refused_as_the_change_would_be() {
    each_database(async |app| {
        let (ada, ben, eve) = (app.person("ada").await, app.person("ben").await, app.person("eve").await);
        let acme = app.tenant_of(&ada, "acme").await;
        ben.joins(&acme, "admin").await;
        let (_, preview) = of(&acme);
        ben.post_json(&acme.api("/roles"), json!({ "name": "Team", "permissions": [] })).await.expect(201);
        let before = dump(&app).await;
        for (body, pointer) in [
            (json!({ "permissions": ["projects:*"] }), "/permissions/0"),
            (json!({ "inherits": ["team"] }), "/inherits/0"),
            (json!({ "name": "a\nb" }), "/name"),
        ] {
            let refused = ben.post_json(&preview, body).await.problem(422, "invalid").json();
            assert_eq!(refused["errors"][0]["pointer"], pointer);
        }
        ben.post_json(&preview, json!({ "delete": true })).await.problem(422, "invalid");
        let system = acme.api("/roles/viewer/preview");
        ben.post_json(&system, json!({ "permissions": [] })).await.problem(409, "conflict");
        ben.post_json(&acme.api("/roles/none/preview"), json!({})).await.problem(404, "not-found");
        eve.post_json(&preview, json!({})).await.problem(404, "not-found");
        assert_eq!(before, dump(&app).await, "nothing was written");

        // Whoever asks for more than they may is on record, as with every other denial.
        let more = json!({ "permissions": ["tenant:delete"] });
        let denied = ben.post_json(&preview, more).await.problem(403, "forbidden").json();
        assert_eq!(denied["required"], "tenant:delete");
        assert_eq!(app.db_number("select count(*) from audit_events where outcome = 'denied'").await, 1);
    })
    .await;
}

#[tokio::test]
async fn a_preview_names_nobody_to_who_may_not_see_the_members() {
    each_database(async |app| {
        let ada = app.person("ada").await;
        let acme = app.tenant_of(&ada, "acme").await;
        let editing = ["roles:read", "roles:update", "projects:read"];
        for role in [
            json!({ "name": "Editor", "permissions": editing }),
            json!({ "name": "Team", "permissions": [] }),
        ] {
            ada.post_json(&acme.api("/roles"), role).await.expect(201);
        }
        let (eva, tom) = (app.person("eva").await, app.person("tom").await);
        eva.joins(&acme, "editor").await;
        tom.joins(&acme, "team").await;
        let change = json!({ "permissions": ["projects:read"] });
        for (person, named) in [(&ada, 1), (&eva, 0)] {
            let told =
                person.post_json(&acme.api("/roles/team/preview"), change.clone()).await.expect(200).json();
            assert_eq!(told["affected_members"], 1, "{told}");
            assert_eq!(told["members"].as_array().unwrap().len(), named, "{told}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_preview_is_of_the_role_as_it_was_seen() {
    each_database(async |app| {
        let ada = app.person("ada").await;
        let acme = app.tenant_of(&ada, "acme").await;
        let body = json!({ "name": "Team", "permissions": ["projects:read"] });
        let made = ada.post_json(&acme.api("/roles"), body).await.expect(201);
        let (role, preview) = of(&acme);
        let seen = made.header("etag").unwrap();
        let asks = async |tag: &str| {
            let call = ada.call(http::Method::POST, &preview).header("if-match", tag);
            call.json(json!({ "permissions": [] })).await
        };
        asks(seen).await.expect(200);
        asks("*").await.expect(200);
        ada.patch(&role, json!({ "name": "Crew" })).await.expect(200);
        asks(seen).await.problem(412, "precondition");
        asks("\"x\"").await.problem(412, "precondition");
    })
    .await;
}

#[tokio::test]
async fn a_preview_counts_decisions_that_would_have_come_out_differently() {
    each_database(async |app| {
        let (ada, vic, wes) = (app.person("ada").await, app.person("vic").await, app.person("wes").await);
        let acme = app.tenant_of(&ada, "acme").await;
        let body = json!({ "name": "Team", "permissions": ["members:read"] });
        ada.post_json(&acme.api("/roles"), body).await.expect(201);
        vic.joins(&acme, "team").await;
        wes.joins(&acme, "viewer").await;
        for _ in 0..3 {
            vic.get(&acme.api("/members")).await.expect(200);
            wes.get(&acme.api("/members")).await.expect(200);
        }
        for _ in 0..2 {
            vic.get("/t/acme/audit").await.expect(403);
            wes.get("/t/acme/audit").await.expect(403);
        }
        let (_, preview) = of(&acme);
        let ask = async |permissions: Value| {
            let told =
                ada.post_json(&preview, json!({ "permissions": permissions })).await.expect(200).json();
            let recent = told["recent_decisions"].clone();
            assert!(recent["since"].is_string(), "{told}");
            assert!(told.get("flips").is_none());
            (recent["would_be_denied"].as_i64().unwrap(), recent["would_be_allowed"].as_i64().unwrap())
        };
        assert_eq!(ask(json!(["audit:read"])).await, (3, 2));
        assert_eq!(ask(json!(["members:read", "audit:read"])).await, (0, 2));
        assert_eq!(ask(json!(["members:read", "roles:read"])).await, (0, 0));
        let shown = ada.get("/t/acme/roles/team/delete?reassign_to=viewer").await.expect(200);
        assert!(shown.text().contains("No decision made since"));
        let page = format!("/t/acme/members/{}/remove", vic.id);
        let shown = ada.get(&page).await.expect(200).text();
        assert!(shown.contains("3 decisions would have been denied that came out allowed"), "{shown}");
    })
    .await;
}
