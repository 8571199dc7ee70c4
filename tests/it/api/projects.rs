//! Projects, the example of what a product adds: every rule that a copy of them begins with.

use std::time::Duration;

use http::Method;
use serde_json::{Value, json};

use crate::harness::app::{Backend, Person, Tenant, TestApp, each_database};

async fn make(person: &Person, tenant: &Tenant, name: &str) -> Value {
    person.post_json(&tenant.api("/projects"), json!({ "name": name })).await.expect(201).json()
}

fn place(tenant: &Tenant, project: &Value) -> String {
    tenant.api(&format!("/projects/{}", project["id"].as_str().unwrap()))
}

/// How many events of projects there are.
async fn events(app: &TestApp) -> i64 {
    app.db_number("select count(*) from audit_events where action like 'project.%'").await
}

#[tokio::test]
async fn a_project_is_made_shown_changed_and_deleted() {
    each_database(async |app| {
        let ada = app.person("ada").await;
        let acme = app.tenant_of(&ada, "acme").await;
        let new = json!({ "name": " Apollo ", "description": "To the moon.\r\nAnd back. " });
        let made = ada.post_json(&acme.api("/projects"), new).await.expect(201);
        let project = made.json();
        assert_eq!((&project["name"], &project["archived"]), (&json!("Apollo"), &json!(false)));
        assert_eq!(project["description"], "To the moon.\nAnd back.");
        assert_eq!(project["created_at"], project["updated_at"]);
        let path = format!("/api/v1/tenants/{}/projects/{}", acme.id, project["id"].as_str().unwrap());
        assert_eq!(made.header("location"), Some(path.as_str()));
        let shown = ada.get(&path).await.expect(200);
        assert_eq!((shown.json(), shown.header("etag")), (project.clone(), made.header("etag")));

        app.clock.advance(Duration::from_secs(1));
        let changed = ada.patch(&path, json!({ "name": "Apollo 2", "archived": true })).await.expect(200);
        assert_ne!(changed.header("etag"), made.header("etag"));
        assert!(changed.header("x-policy-version").is_none(), "no decision depends on it");
        let changed = changed.json();
        assert_eq!((&changed["name"], &changed["archived"]), (&json!("Apollo 2"), &json!(true)));
        assert_eq!(changed["description"], project["description"], "what is absent stays");
        assert_ne!(changed["updated_at"], project["updated_at"]);
        assert_eq!(ada.get(&path).await.json(), changed);

        ada.delete(&path).await.expect(204);
        ada.get(&path).await.problem(404, "not-found");
        ada.delete(&path).await.problem(404, "not-found");
        ada.patch(&path, json!({ "name": "Back" })).await.problem(404, "not-found");
    })
    .await;
}

#[tokio::test]
async fn each_change_is_one_event_with_before_and_after() {
    each_database(async |app| {
        let ada = app.person("ada").await;
        let acme = app.tenant_of(&ada, "acme").await;
        let project = make(&ada, &acme, "Apollo").await;
        let path = place(&acme, &project);
        ada.patch(&path, json!({ "archived": true })).await.expect(200);
        let same = json!({ "archived": true, "name": "Apollo" });
        let tag = ada.get(&path).await.header("etag").unwrap().to_owned();
        assert_eq!(ada.patch(&path, same).await.expect(200).header("etag"), Some(tag.as_str()));
        assert_eq!(events(&app).await, 2, "what changes nothing is no event");
        ada.patch(&path, json!({ "name": "" })).await.expect(422);
        ada.delete(&path).await.expect(204);
        let log = ada.get(&acme.api("/audit-events?limit=3")).await.expect(200).json();
        let log = log["items"].as_array().unwrap();
        let state = |archived: bool| json!({ "name": "Apollo", "description": "", "archived": archived });
        for (event, (action, before, after)) in log.iter().zip([
            ("project.deleted", state(true), Value::Null),
            ("project.updated", state(false), state(true)),
            ("project.created", Value::Null, state(false)),
        ]) {
            assert_eq!((&event["action"], &event["outcome"]), (&json!(action), &json!("done")));
            assert_eq!(event["target"], json!({ "type": "project", "id": project["id"], "name": "Apollo" }));
            assert_eq!(event["changes"], json!({ "before": before, "after": after }));
        }
    })
    .await;
}

#[tokio::test]
async fn what_is_no_project_is_refused_by_field() {
    each_database(async |app| {
        let ada = app.person("ada").await;
        let acme = app.tenant_of(&ada, "acme").await;
        let path = place(&acme, &make(&ada, &acme, "Apollo").await);
        let (name, text) = ("x".repeat(81), "x".repeat(1_001));
        for (body, pointer) in [
            (json!({ "name": "" }), "/name"),
            (json!({ "name": " \t " }), "/name"),
            (json!({ "name": name }), "/name"),
            (json!({ "name": "a\u{0}b" }), "/name"),
            (json!({ "name": "a\nb" }), "/name"),
            (json!({ "name": "a\u{202e}b" }), "/name"),
            (json!({ "name": 7 }), "/name"),
            (json!({ "name": "Gemini", "description": text }), "/description"),
            (json!({ "name": "Gemini", "description": "a\u{200b}" }), "/description"),
            (json!({ "name": "Gemini", "id": "x" }), "/id"),
            (json!({ "name": "Gemini", "tenant_id": "x" }), "/tenant_id"),
        ] {
            let refused = ada.post_json(&acme.api("/projects"), body.clone()).await.problem(422, "invalid");
            assert_eq!(refused.json()["errors"][0]["pointer"], pointer, "{body}");
            let refused = ada.patch(&path, body.clone()).await.problem(422, "invalid");
            assert_eq!(refused.json()["errors"][0]["pointer"], pointer, "{body}");
        }
        let both = ada.patch(&path, json!({ "name": "", "description": text })).await.expect(422).json();
        assert_eq!(both["errors"].as_array().unwrap().len(), 2, "all that is wrong at once");
        for body in [json!({}), json!({ "name": "Gemini", "archived": true }), json!([]), json!("Gemini")] {
            ada.post_json(&acme.api("/projects"), body).await.problem(422, "invalid");
        }
        ada.patch(&path, json!({ "archived": "yes" })).await.problem(422, "invalid");
        assert_eq!(events(&app).await, 1);
    })
    .await;
}

#[tokio::test]
async fn a_name_is_one_projects_of_the_tenant_whatever_its_case() {
    each_database(async |app| {
        let ada = app.person("ada").await;
        let (acme, umbrella) = (app.tenant_of(&ada, "acme").await, app.tenant_of(&ada, "umbrella").await);
        make(&ada, &acme, "Éclair").await;
        let gemini = make(&ada, &acme, "Gemini").await;
        // In capitals, and with the accent as a character of its own.
        for same in ["Éclair", "éCLAIR", "E\u{301}clair"] {
            let taken = ada.post_json(&acme.api("/projects"), json!({ "name": same })).await;
            let taken = taken.problem(409, "conflict").json();
            assert_eq!(taken["errors"][0]["pointer"], "/name", "{taken}");
            assert_eq!(taken["errors"][0]["code"], "taken", "{taken}");
            let taken = ada.patch(&place(&acme, &gemini), json!({ "name": same })).await;
            assert_eq!(taken.problem(409, "conflict").json()["errors"][0]["pointer"], "/name");
        }
        assert_eq!(ada.get(&place(&acme, &gemini)).await.json(), gemini);
        // Its own in another case it may have; so may another tenant, and who comes after it is gone.
        ada.patch(&place(&acme, &gemini), json!({ "name": "GEMINI" })).await.expect(200);
        make(&ada, &umbrella, "Éclair").await;
        ada.delete(&place(&acme, &gemini)).await.expect(204);
        make(&ada, &acme, "gemini").await;
    })
    .await;
}

#[tokio::test]
async fn a_write_that_names_an_old_version_is_refused() {
    each_database(async |app| {
        let ada = app.person("ada").await;
        let acme = app.tenant_of(&ada, "acme").await;
        let path = place(&acme, &make(&ada, &acme, "Apollo").await);
        let tag = async || ada.get(&path).await.header("etag").unwrap().to_owned();
        let old = tag().await;
        let send = async |tag: &str, body: Value| {
            ada.call(Method::PATCH, &path).header("if-match", tag).json(body).await
        };
        send(&old, json!({ "name": "Apollo 2" })).await.expect(200);
        for stale in [old.as_str(), "\"x\"", "W/\"2\"", "2"] {
            send(stale, json!({ "name": "Apollo 3" })).await.problem(412, "precondition");
            let delete = ada.call(Method::DELETE, &path).header("if-match", stale);
            delete.send().await.problem(412, "precondition");
        }
        assert_eq!(ada.get(&path).await.json()["name"], "Apollo 2");
        let delete = ada.call(Method::DELETE, &path).header("if-match", tag().await);
        delete.send().await.expect(204);
    })
    .await;
}

#[tokio::test]
async fn a_tenant_has_only_so_many_projects() {
    for backend in [Backend::Sqlite, Backend::Postgres] {
        let app = TestApp::start_with(backend, |config| config.limits.projects = 2).await;
        let ada = app.person("ada").await;
        let (acme, umbrella) = (app.tenant_of(&ada, "acme").await, app.tenant_of(&ada, "umbrella").await);
        let first = place(&acme, &make(&ada, &acme, "One").await);
        make(&ada, &acme, "Two").await;
        ada.patch(&first, json!({ "archived": true })).await.expect(200);
        let three = json!({ "name": "Three" });
        let full = ada.post_json(&acme.api("/projects"), three.clone()).await.problem(409, "conflict");
        assert!(full.json()["detail"].as_str().unwrap().contains("2 projects"), "{}", full.text());
        make(&ada, &umbrella, "Three").await;
        ada.delete(&first).await.expect(204);
        ada.post_json(&acme.api("/projects"), three).await.expect(201);
    }
}

#[tokio::test]
async fn another_tenants_project_is_not_there() {
    each_database(async |app| {
        let (ada, eve) = (app.person("ada").await, app.person("eve").await);
        let (acme, evil) = (app.tenant_of(&ada, "acme").await, app.tenant_of(&eve, "evil").await);
        let project = make(&ada, &acme, "Apollo").await;
        let before = app.db_dump(&[]).await;
        let none = evil.api("/projects/01890000-0000-7000-8000-000000000000");
        let through = place(&evil, &project);
        for (method, body) in
            [(Method::GET, None), (Method::PATCH, Some(json!({ "name": "Mine" }))), (Method::DELETE, None)]
        {
            let ask = async |path: &str| match &body {
                Some(body) => eve.call(method.clone(), path).json(body.clone()).await,
                None => eve.call(method.clone(), path).send().await,
            };
            let (theirs, nobodys) = (ask(&through).await.problem(404, "not-found"), ask(&none).await);
            assert_eq!(theirs.without_request_id(), nobodys.without_request_id());
            ask(&place(&acme, &project)).await.problem(404, "not-found");
        }
        assert_eq!(app.db_dump(&[]).await, before);
        assert_eq!(eve.get(&evil.api("/projects")).await.json()["items"], json!([]));
        // Nor do words for another name say which it is.
        for odd in ["Apollo", "x", "%00", &project["id"].as_str().unwrap().to_uppercase()] {
            ada.get(&acme.api(&format!("/projects/{odd}"))).await.expect(404);
        }
    })
    .await;
}

#[tokio::test]
async fn a_viewer_looks_and_changes_nothing() {
    each_database(async |app| {
        let (ada, vic, mel) = (app.person("ada").await, app.person("vic").await, app.person("mel").await);
        let acme = app.tenant_of(&ada, "acme").await;
        vic.joins(&acme, "viewer").await;
        mel.joins(&acme, "member").await;
        let project = make(&ada, &acme, "Apollo").await;
        let path = place(&acme, &project);
        assert_eq!(vic.get(&path).await.expect(200).json(), project);
        assert_eq!(vic.get(&acme.api("/projects")).await.json()["items"], json!([project]));
        let new = vic.post_json(&acme.api("/projects"), json!({ "name": "Mine" })).await;
        assert_eq!(new.problem(403, "forbidden").json()["required"], "projects:create");
        let change = vic.patch(&path, json!({ "archived": true })).await;
        assert_eq!(change.problem(403, "forbidden").json()["required"], "projects:update");
        assert_eq!(vic.delete(&path).await.problem(403, "forbidden").json()["required"], "projects:delete");
        assert_eq!(ada.get(&path).await.json(), project);
        mel.patch(&path, json!({ "archived": true })).await.expect(200);
        mel.delete(&path).await.expect(204);
    })
    .await;
}

#[tokio::test]
async fn a_tenant_that_goes_takes_its_projects_along() {
    each_database(async |app| {
        let ada = app.person("ada").await;
        let acme = app.tenant_of(&ada, "acme").await;
        make(&ada, &acme, "Apollo").await;
        app.db_execute("delete from members").await;
        app.db_execute("delete from role_assignments").await;
        app.db_execute("delete from tenants").await;
        assert_eq!(app.db_number("select count(*) from projects").await, 0);
    })
    .await;
}
