//! Apps hold roles as people do: they are counted, weighed, told and moved wherever a role's holders are.

use std::collections::BTreeSet;
use std::time::Duration;

use freehold::authz::BUILT_IN;
use freehold::ids::AppId;
use http::Method;
use serde_json::{Value, json};

use crate::harness::app::{Answer, Person, Tenant, TestApp, each_database};

/// Ada owns Acme, where the role Helper is made and the app Robot holds it.
async fn acme(app: &TestApp) -> (Person, Tenant, AppId) {
    let ada = app.person("ada").await;
    let acme = app.tenant_of(&ada, "acme").await;
    makes(&ada, &acme, json!({ "name": "Helper", "permissions": ["projects:read", "projects:update"] }))
        .await;
    let robot = ada.registers(&acme, "Robot", json!(["helper"])).await;
    (ada, acme, robot)
}

async fn makes(person: &Person, tenant: &Tenant, role: Value) {
    person.post_json(&tenant.api("/roles"), role).await.expect(201);
}

async fn shown(person: &Person, tenant: &Tenant, app: AppId) -> Value {
    person.get(&tenant.api(&format!("/apps/{app}"))).await.expect(200).json()
}

async fn gives(person: &Person, tenant: &Tenant, app: AppId, roles: Value) {
    person.patch(&tenant.api(&format!("/apps/{app}")), json!({ "roles": roles })).await.expect(200);
}

async fn last(person: &Person, tenant: &Tenant) -> Value {
    person.get(&tenant.api("/audit-events?limit=1")).await.expect(200).json()["items"][0].clone()
}

async fn undo(person: &Person, tenant: &Tenant, event: &Value) -> Answer {
    let path = tenant.api(&format!("/audit-events/{}/undo", event["id"].as_str().unwrap()));
    person.call(Method::POST, &path).send().await
}

#[tokio::test]
async fn a_role_that_an_app_holds_is_not_deleted_without_an_heir() {
    each_database(async |app| {
        let (ada, acme, robot) = acme(&app).await;
        let role = acme.api("/roles/helper");
        let counts = ada.get(&role).await.expect(200).json();
        assert_eq!((&counts["member_count"], &counts["app_count"]), (&json!(0), &json!(1)));
        let held = ada.delete(&role).await.problem(409, "conflict").json();
        assert!(held["detail"].as_str().unwrap().starts_with("1 app holds this role"), "{held}");
        let ben = app.person("ben").await;
        ben.joins(&acme, "helper").await;
        let held = ada.delete(&role).await.problem(409, "conflict").json();
        assert!(held["detail"].as_str().unwrap().starts_with("1 member and 1 app hold this role"), "{held}");

        let program = ada.program(&app.db_token_of(&acme, robot, "projects:read members:read").await.text);
        program.get(&acme.api("/members")).await.problem(403, "forbidden");
        let seen = ada.get(&acme.api(&format!("/apps/{robot}"))).await;
        let revision = seen.header("etag").unwrap().to_owned();
        ada.delete(&acme.api("/roles/helper?reassign_to=viewer")).await.expect(204);
        assert_eq!(shown(&ada, &acme, robot).await["roles"], json!(["viewer"]));
        program.get(&acme.api("/members")).await.expect(200);
        let stale =
            ada.call(Method::PATCH, &acme.api(&format!("/apps/{robot}"))).header("if-match", revision);
        stale.json(json!({ "name": "Late" })).await.problem(412, "precondition");
        let event = last(&ada, &acme).await;
        assert_eq!(
            (&event["action"], &event["changes"]["after"]["apps"]),
            (&json!("role.deleted"), &json!(1))
        );
        undo(&ada, &acme, &event).await.problem(409, "conflict");
    })
    .await;
}

#[tokio::test]
async fn an_app_that_holds_the_heir_too_keeps_it_as_it_is() {
    each_database(async |app| {
        let (ada, acme, robot) = acme(&app).await;
        let end = (app.clock.now() + Duration::from_hours(1)).to_string();
        gives(&ada, &acme, robot, json!([{ "key": "viewer", "expires_at": end }, "helper"])).await;
        ada.delete(&acme.api("/roles/helper?reassign_to=viewer")).await.expect(204);
        let now = shown(&ada, &acme, robot).await;
        assert_eq!((&now["roles"], &now["role_ends"]), (&json!(["viewer"]), &json!({ "viewer": end })));
    })
    .await;
}

#[tokio::test]
async fn a_role_that_an_app_held_until_lately_is_deleted_at_once() {
    each_database(async |app| {
        let (ada, acme, robot) = acme(&app).await;
        let end = (app.clock.now() + Duration::from_mins(1)).to_string();
        gives(&ada, &acme, robot, json!([{ "key": "helper", "expires_at": end }])).await;
        app.clock.advance(Duration::from_mins(1));
        assert_eq!(ada.get(&acme.api("/roles/helper")).await.expect(200).json()["app_count"], 0);
        ada.delete(&acme.api("/roles/helper")).await.expect(204);
        assert_eq!(shown(&ada, &acme, robot).await["roles"], json!([]));
    })
    .await;
}

#[tokio::test]
async fn giving_apps_another_role_takes_the_right_to_change_apps() {
    each_database(async |app| {
        let (ada, acme, _) = acme(&app).await;
        let keeper = json!({ "name": "Keeper", "inherits": ["viewer"],
            "permissions": ["roles:delete", "members:update", "projects:update"] });
        makes(&ada, &acme, keeper).await;
        let kim = app.person("kim").await;
        kim.joins(&acme, "keeper").await;
        let path = acme.api("/roles/helper?reassign_to=viewer");
        assert_eq!(kim.delete(&path).await.problem(403, "forbidden").json()["required"], "apps:update");
        let wider = ["roles:delete", "members:update", "projects:update", "apps:update"];
        ada.patch(&acme.api("/roles/keeper"), json!({ "permissions": wider })).await.expect(200);
        kim.delete(&path).await.expect(204);
    })
    .await;
}

#[tokio::test]
async fn nobody_takes_anything_from_an_app_above_them() {
    each_database(async |app| {
        let (ada, acme, robot) = acme(&app).await;
        let editor = json!({ "name": "Editor", "inherits": ["member"],
            "permissions": ["roles:update", "roles:delete", "apps:update", "members:update"] });
        makes(&ada, &acme, editor).await;
        let eve = app.person("eve").await;
        eve.joins(&acme, "editor").await;
        gives(&ada, &acme, robot, json!(["helper", "admin"])).await;
        let role = acme.api("/roles/helper");
        let less = json!({ "permissions": [], "denies": ["audit:read"] });
        let refused = eve.patch(&role, less.clone()).await.problem(403, "forbidden").json();
        assert!(refused["detail"].as_str().unwrap().contains("a member or app that holds"), "{refused}");
        eve.post_json(&acme.api("/roles/helper/preview"), less.clone()).await.problem(403, "forbidden");
        let heir = acme.api("/roles/helper?reassign_to=viewer");
        eve.delete(&heir).await.problem(403, "forbidden");
        // Disabled, it stands where it stood: who turns it on again would find it weaker.
        ada.patch(&acme.api(&format!("/apps/{robot}")), json!({ "enabled": false })).await.expect(200);
        eve.patch(&role, less.clone()).await.problem(403, "forbidden");
        gives(&ada, &acme, robot, json!(["helper"])).await;
        eve.patch(&role, json!({ "permissions": ["projects:read"] })).await.expect(200);
        eve.delete(&heir).await.expect(204);
    })
    .await;
}

#[tokio::test]
async fn a_preview_names_the_apps_it_concerns_to_who_may_see_them() {
    each_database(async |app| {
        let (ada, acme, robot) = acme(&app).await;
        let path = acme.api("/roles/helper/preview");
        let change = json!({ "permissions": ["projects:read", "members:read"] });
        let told = ada.post_json(&path, change.clone()).await.expect(200).json();
        let expected = json!([{ "app": { "id": robot, "name": "Robot" },
            "gains": ["members:read"], "loses": ["projects:update"] }]);
        assert_eq!(told["apps"], expected);
        assert_eq!((&told["affected_apps"], &told["affected_members"]), (&json!(1), &json!(0)));
        assert_eq!((&told["gained"], &told["lost"]), (&json!(["members:read"]), &json!(["projects:update"])));

        let editor = json!({ "name": "Editor", "inherits": ["member"], "permissions": ["roles:update"] });
        makes(&ada, &acme, editor).await;
        let eve = app.person("eve").await;
        eve.joins(&acme, "editor").await;
        let told = eve.post_json(&path, change.clone()).await.expect(200).json();
        assert_eq!((&told["apps"], &told["affected_apps"]), (&json!([]), &json!(1)), "counted, not named");
        assert_eq!(told["lost"], json!(["projects:update"]));
        // Those who share it stand beside them, each in their own list.
        app.person("hal").await.joins(&acme, "helper").await;
        let told = ada.post_json(&path, json!({ "denies": ["projects:read"] })).await.expect(200).json();
        assert_eq!((&told["affected_apps"], &told["affected_members"]), (&json!(1), &json!(1)));
    })
    .await;
}

async fn asks(person: &Person, tenant: &Tenant, (kind, id): (&str, &Value), permission: &str) -> Answer {
    let body = json!({ "subject": { "type": kind, "id": id }, "permission": permission });
    person.post_json(&tenant.api("/access/explain"), body).await
}

#[tokio::test]
async fn an_app_is_explained_as_it_is_decided() {
    each_database(async |app| {
        let (ada, acme, robot) = acme(&app).await;
        makes(&ada, &acme, json!({ "name": "Barred", "permissions": [], "denies": ["projects:update"] }))
            .await;
        gives(&ada, &acme, robot, json!(["member", "barred"])).await;
        let id = json!(robot);
        let answer = asks(&ada, &acme, ("app", &id), "projects:update").await.expect(200).json();
        assert_eq!(answer["subject"], json!({ "type": "app", "id": robot, "name": "Robot" }));
        assert_eq!((&answer["decision"], &answer["disabled"]), (&json!(false), &json!(false)));
        let said: Vec<&Value> =
            answer["because"].as_array().unwrap().iter().map(|because| &because["role"]["key"]).collect();
        assert_eq!(said, ["barred", "member"]);
        for permission in BUILT_IN {
            let standing = app.state.authz.standing(acme.id, robot).await.unwrap().unwrap();
            let enforced = standing.effective.contains(app.state.authz.catalogue().get(permission).unwrap());
            let answer = asks(&ada, &acme, ("app", &id), permission).await.expect(200).json();
            assert_eq!(answer["decision"], enforced, "{permission}");
        }
        let path = acme.api(&format!("/apps/{robot}"));
        ada.patch(&path, json!({ "enabled": false })).await.expect(200);
        let answer = asks(&ada, &acme, ("app", &id), "projects:read").await.expect(200).json();
        assert_eq!((&answer["decision"], &answer["disabled"]), (&json!(false), &json!(true)));
        assert_eq!(answer["because"][0]["role"]["key"], "member", "what its roles say is still told");

        // An id is of one kind and of one tenant.
        asks(&ada, &acme, ("user", &id), "projects:read").await.problem(404, "not-found");
        asks(&ada, &acme, ("app", &json!(ada.id)), "projects:read").await.problem(404, "not-found");
        let blue = app.tenant_of(&ada, "blue").await;
        asks(&ada, &blue, ("app", &id), "projects:read").await.problem(404, "not-found");
        asks(&ada, &acme, ("role", &id), "projects:read").await.problem(422, "invalid");
    })
    .await;
}

/// Who may do it, by all parts of the list: kind and name.
async fn able(person: &Person, tenant: &Tenant, permission: &str, limit: u32) -> Vec<(String, String)> {
    let path = tenant.api(&format!("/access/who-can?permission={permission}&limit={limit}"));
    let (mut items, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = person.get(&format!("{path}{cursor}")).await.expect(200).json();
        let part = page["items"].as_array().unwrap();
        assert!(part.len() <= limit as usize);
        for item in part {
            assert!(!item["because"].as_array().unwrap().is_empty(), "{item}");
            let text = |name: &str| item["subject"][name].as_str().unwrap().to_owned();
            items.push((text("type"), text("name")));
        }
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return items,
        }
    }
}

#[tokio::test]
async fn who_can_lists_apps_among_people_in_parts_of_every_size() {
    each_database(async |app| {
        let (ada, acme, robot) = acme(&app).await;
        for number in 0..4 {
            ada.registers(&acme, &format!("app-{number}"), json!(["viewer", "helper"])).await;
            app.person(&format!("person-{number}")).await.joins(&acme, "viewer").await;
        }
        let names = |kind: &str, some: &[&str]| {
            some.iter().map(|name| (kind.to_owned(), (*name).to_owned())).collect::<Vec<_>>()
        };
        let mut expected = names("user", &["ada", "person-0", "person-1", "person-2", "person-3"]);
        expected.extend(names("app", &["Robot", "app-0", "app-1", "app-2", "app-3"]));
        let expected: BTreeSet<_> = expected.into_iter().collect();
        for limit in [1, 2, 3, 7, 10, 200] {
            let found = able(&ada, &acme, "projects:read", limit).await;
            assert_eq!(found.len(), expected.len(), "each once, by {limit}: {found:?}");
            assert_eq!(found.into_iter().collect::<BTreeSet<_>>(), expected, "by {limit}");
        }
        // Who is disabled, barred, or whose role has ended, is left out.
        let gone = async |roles: Value| gives(&ada, &acme, robot, roles).await;
        makes(&ada, &acme, json!({ "name": "Barred", "permissions": [], "denies": ["projects:update"] }))
            .await;
        let updating =
            async || able(&ada, &acme, "projects:update", 200).await.contains(&names("app", &["Robot"])[0]);
        assert!(updating().await);
        gone(json!(["helper", "barred"])).await;
        assert!(!updating().await);
        let end = (app.clock.now() + Duration::from_mins(1)).to_string();
        gone(json!([{ "key": "helper", "expires_at": end }])).await;
        assert!(updating().await);
        app.clock.advance(Duration::from_mins(1));
        assert!(!updating().await);
        gone(json!(["helper"])).await;
        assert!(updating().await);
        ada.patch(&acme.api(&format!("/apps/{robot}")), json!({ "enabled": false })).await.expect(200);
        assert!(!updating().await);
        let blue = app.tenant_of(&ada, "blue").await;
        assert_eq!(able(&ada, &blue, "projects:read", 50).await, names("user", &["ada"]));
    })
    .await;
}

#[tokio::test]
async fn an_edit_is_undone_though_apps_hold_the_role_and_a_creation_is_not() {
    each_database(async |app| {
        let (ada, acme, robot) = acme(&app).await;
        let program = ada.program(&app.db_token_of(&acme, robot, "members:read").await.text);
        let made = ada.get(&acme.api("/audit-events?action=role.created")).await.expect(200).json()["items"]
            [0]
        .clone();
        undo(&ada, &acme, &made).await.problem(409, "conflict");
        program.get(&acme.api("/members")).await.problem(403, "forbidden");
        ada.patch(&acme.api("/roles/helper"), json!({ "permissions": ["members:read"] })).await.expect(200);
        program.get(&acme.api("/members")).await.expect(200);
        let event = last(&ada, &acme).await;
        undo(&ada, &acme, &event).await.expect(200);
        program.get(&acme.api("/members")).await.problem(403, "forbidden");
        assert_eq!(shown(&ada, &acme, robot).await["roles"], json!(["helper"]));
        gives(&ada, &acme, robot, json!([])).await;
        undo(&ada, &acme, &made).await.expect(200);
        let deleted = last(&ada, &acme).await;
        assert_eq!(deleted["action"], "role.deleted");
        undo(&ada, &acme, &deleted).await.expect(200);
        ada.get(&acme.api("/roles/helper")).await.expect(200);
    })
    .await;
}
