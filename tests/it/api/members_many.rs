//! Roles of several members given and taken by one call, and what that would do, asked before it is done.

use serde_json::json;

use crate::harness::app::{Person, Tenant, TestApp, each_database};

/// Everything but what moves when anyone is signed in, once no mail is under way.
async fn dump(app: &TestApp) -> Vec<(String, String)> {
    app.mail_is_sent().await;
    app.db_dump(&["sessions", "session_records"]).await
}

fn of(tenant: &Tenant) -> (String, String) {
    (tenant.api("/members/roles"), tenant.api("/members/roles/preview"))
}

/// The keys of the roles someone holds.
async fn keys(ada: &Person, acme: &Tenant, of: &Person) -> Vec<String> {
    let member = ada.get(&acme.api(&format!("/members/{}", of.id))).await.expect(200).json();
    let roles = member["roles"].as_array().unwrap().iter();
    roles.map(|role| role["key"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn one_call_changes_many_and_says_what_became_of_each() {
    each_database(async |app| {
        let (ada, vic, wim) = (app.person("ada").await, app.person("vic").await, app.person("wim").await);
        let acme = app.tenant_of(&ada, "acme").await;
        vic.joins(&acme, "viewer").await;
        wim.joins(&acme, "member").await;
        let end = "2999-01-31T18:00:00Z";
        let body = json!({ "users": [vic.id, wim.id], "remove": ["viewer"],
            "add": ["member", { "key": "admin", "expires_at": end }] });
        let (path, preview) = of(&acme);
        let before = dump(&app).await;
        let told = ada.post_json(&preview, body.clone()).await.expect(200);
        assert_eq!(before, dump(&app).await, "asking changes nothing");
        assert_eq!((told.header("x-policy-version"), told.header("etag")), (None, None));
        let told = told.json();
        assert_eq!(told["affected_members"], 2);
        let names: Vec<&str> = told["members"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["user"]["name"].as_str().unwrap())
            .collect();
        assert_eq!(names, ["vic", "wim"]);
        let opens = told["opens"].as_array().unwrap();
        let opened = |path: &str| opens.iter().any(|route| route["path"] == path);
        assert!(opened("/api/v1/tenants/{tenant}/members/roles"), "{told}");
        assert_eq!((&told["closes"], &told["loses_own"]), (&json!([]), &json!([])));

        let answer = ada.post_json(&path, body.clone()).await.expect(200);
        assert!(answer.header("x-policy-version").is_some());
        let changed = answer.json();
        let given = |one: usize| {
            let given = changed["changed"][one]["given"].as_array().unwrap().iter();
            given.map(|role| (role["key"].clone(), role["expires_at"].clone())).collect::<Vec<_>>()
        };
        assert_eq!(given(0), [(json!("admin"), json!(end)), (json!("member"), json!(null))]);
        assert_eq!(given(1), [(json!("admin"), json!(end))]);
        assert_eq!(changed["changed"][0]["taken"][0]["key"], "viewer");
        assert_eq!(changed["changed"][1]["user"]["name"], "wim");
        assert_eq!(changed["unchanged"], 0);
        assert_eq!(keys(&ada, &acme, &vic).await, ["admin", "member"]);
        vic.get(&acme.api("/invitations")).await.expect(200);

        let again = ada.post_json(&path, body).await.expect(200);
        assert_eq!((again.header("x-policy-version"), again.json()["unchanged"].clone()), (None, json!(2)));
        let events = "select count(*) from audit_events where action = 'members.roles_changed'";
        assert_eq!(app.db_number(events).await, 1);
    })
    .await;
}

#[tokio::test]
async fn many_are_refused_as_one_would_be_and_so_is_the_preview() {
    each_database(async |app| {
        let (ada, ben, vic) = (app.person("ada").await, app.person("ben").await, app.person("vic").await);
        let acme = app.tenant_of(&ada, "acme").await;
        ben.joins(&acme, "admin").await;
        vic.joins(&acme, "viewer").await;
        let eve = app.person("eve").await;
        app.tenant_of(&eve, "elsewhere").await;
        let (path, preview) = of(&acme);
        let before = dump(&app).await;
        for path in [&path, &preview] {
            for (body, pointer) in [
                (json!({ "users": [vic.id, eve.id], "add": ["member"] }), "/users/1"),
                (json!({ "users": [vic.id], "add": ["none"] }), "/add/0"),
                (json!({ "users": [vic.id] }), "/add"),
                (json!({ "users": [vic.id, "x"], "add": ["member"] }), "/users/1"),
                (json!({ "users": [vic.id], "add": ["member"], "tenant": "elsewhere" }), "/tenant"),
            ] {
                let refused = ben.post_json(path, body.clone()).await.problem(422, "invalid").json();
                assert_eq!(refused["errors"][0]["pointer"], pointer, "{path} {body}");
            }
            let body = json!({ "users": [ada.id], "remove": ["owner"] });
            ada.post_json(path, body.clone()).await.problem(409, "conflict");
            eve.post_json(path, body).await.problem(404, "not-found");
        }
        assert_eq!(before, dump(&app).await, "nothing was written");
        let denials =
            async || app.db_number("select count(*) from audit_events where outcome = 'denied'").await;
        for (path, expected) in [(&path, 1), (&preview, 2)] {
            let body = json!({ "users": [vic.id, ada.id], "add": ["member"] });
            let denied = ben.post_json(path, body).await.problem(403, "forbidden").json();
            assert_eq!(denied["required"], "tenant:delete");
            assert_eq!(denials().await, expected, "whoever asks for more than they may is on record");
        }
        assert_eq!(keys(&ada, &acme, &vic).await, ["viewer"]);
    })
    .await;
}

#[tokio::test]
async fn a_preview_of_many_names_nobody_to_who_may_not_see_the_members() {
    each_database(async |app| {
        let (ada, eva, tom) = (app.person("ada").await, app.person("eva").await, app.person("tom").await);
        let acme = app.tenant_of(&ada, "acme").await;
        let blind = json!({ "name": "Blind", "permissions": ["members:update", "projects:read"] });
        ada.post_json(&acme.api("/roles"), blind).await.expect(201);
        let team = json!({ "name": "Team", "permissions": ["projects:read"] });
        ada.post_json(&acme.api("/roles"), team).await.expect(201);
        eva.joins(&acme, "blind").await;
        tom.joins(&acme, "team").await;
        let body = json!({ "users": [tom.id], "remove": ["team"] });
        for (person, named) in [(&ada, 1), (&eva, 0)] {
            let told = person.post_json(&of(&acme).1, body.clone()).await.expect(200).json();
            assert_eq!((&told["affected_members"], &told["lost"]), (&json!(1), &json!(["projects:read"])));
            assert_eq!(told["members"].as_array().unwrap().len(), named, "{told}");
        }
    })
    .await;
}
