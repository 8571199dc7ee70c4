//! Questions about access: answered as it is enforced, for this tenant only.

use std::time::Duration;

use freehold::authz::BUILT_IN;
use serde_json::{Value, json};

use crate::harness::app::{Answer, Person, Tenant, each_database};

async fn asks(person: &Person, tenant: &Tenant, about: &Person, permission: &str) -> Answer {
    let subject = json!({ "type": "user", "id": about.id });
    let body = json!({ "subject": subject, "permission": permission });
    person.post_json(&tenant.api("/access/explain"), body).await
}

async fn gives(person: &Person, tenant: &Tenant, to: &Person, roles: Value) {
    let path = tenant.api(&format!("/members/{}/roles", to.id));
    person.put(&path, json!({ "roles": roles })).await.expect(200);
}

async fn makes(person: &Person, tenant: &Tenant, role: Value) {
    person.post_json(&tenant.api("/roles"), role).await.expect(201);
}

/// Who may do it, by all parts of the list.
async fn able(person: &Person, tenant: &Tenant, permission: &str, limit: u32) -> Vec<Value> {
    let path = tenant.api(&format!("/access/who-can?permission={permission}&limit={limit}"));
    let mut items = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = person.get(&format!("{path}{cursor}")).await.expect(200).json();
        items.extend(page["items"].as_array().unwrap().clone());
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return items,
        }
    }
}

fn names(items: &[Value]) -> Vec<&str> {
    let mut names: Vec<&str> = items.iter().map(|item| item["subject"]["name"].as_str().unwrap()).collect();
    names.sort_unstable();
    names
}

#[tokio::test]
async fn an_answer_names_the_path_and_the_end() {
    each_database(async |app| {
        let (ada, ben) = (app.person("ada").await, app.person("ben").await);
        let acme = app.tenant_of(&ada, "acme").await;
        ben.joins(&acme, "viewer").await;
        let end = (app.clock.now() + Duration::from_mins(1)).to_string();
        gives(&ada, &acme, &ben, json!([{ "key": "admin", "expires_at": end }])).await;

        let answer = asks(&ada, &acme, &ben, "projects:read").await.expect(200).json();
        assert_eq!(answer["decision"], true);
        assert_eq!(answer["permission"], "projects:read");
        assert_eq!(answer["subject"], json!({ "type": "user", "id": ben.id, "name": "ben" }));
        assert!(answer["policy_version"].as_i64().unwrap() > 1);
        let because = answer["because"].as_array().unwrap();
        assert_eq!(because.len(), 1, "{because:?}");
        assert_eq!((&because[0]["effect"], &because[0]["expires_at"]), (&json!("allow"), &json!(end)));
        assert_eq!(because[0]["role"]["key"], "admin");
        let via: Vec<&Value> =
            because[0]["via"].as_array().unwrap().iter().map(|role| &role["key"]).collect();
        assert_eq!(via, ["member", "viewer"]);

        app.clock.advance(Duration::from_mins(1));
        let answer = asks(&ada, &acme, &ben, "projects:read").await.expect(200).json();
        assert_eq!((&answer["decision"], &answer["because"]), (&json!(false), &json!([])), "to the second");
    })
    .await;
}

#[tokio::test]
async fn a_denial_stands_first_and_beside_what_it_outweighs() {
    each_database(async |app| {
        let (ada, ben) = (app.person("ada").await, app.person("ben").await);
        let acme = app.tenant_of(&ada, "acme").await;
        ben.joins(&acme, "viewer").await;
        let barred =
            json!({ "name": "Barred", "permissions": ["audit:read"], "denies": ["projects:update"] });
        makes(&ada, &acme, barred).await;
        makes(
            &ada,
            &acme,
            json!({ "name": "Guest", "permissions": ["tokens:read"], "inherits": ["barred"] }),
        )
        .await;
        gives(&ada, &acme, &ben, json!(["member", "guest"])).await;
        let answer = asks(&ada, &acme, &ben, "projects:update").await.expect(200).json();
        assert_eq!(answer["decision"], false);
        let said: Vec<(&str, &str)> = answer["because"]
            .as_array()
            .unwrap()
            .iter()
            .map(|because| (because["effect"].as_str().unwrap(), because["role"]["key"].as_str().unwrap()))
            .collect();
        assert_eq!(said, [("deny", "guest"), ("allow", "member")]);
        assert_eq!(answer["because"][0]["via"][0]["key"], "barred");
        assert_eq!(names(&able(&ada, &acme, "projects:update", 50).await), ["ada"]);
        assert_eq!(names(&able(&ada, &acme, "audit:read", 50).await), ["ada", "ben"]);
    })
    .await;
}

#[tokio::test]
async fn answers_are_what_is_enforced_for_everyone_and_everything() {
    each_database(async |app| {
        let ada = app.person("ada").await;
        let acme = app.tenant_of(&ada, "acme").await;
        makes(
            &ada,
            &acme,
            json!({ "name": "Barred", "permissions": [], "denies": ["members:read", "roles:update"] }),
        )
        .await;
        makes(&ada, &acme, json!({ "name": "Lead", "permissions": ["audit:read"], "inherits": ["member"] }))
            .await;
        let end = (app.clock.now() + Duration::from_hours(1)).to_string();
        let held = [
            ("bob", json!(["admin"])),
            ("cleo", json!(["admin", "barred"])),
            ("dan", json!(["lead", { "key": "barred", "expires_at": end }])),
            ("eve", json!([])),
        ];
        let mut people = vec![ada.clone()];
        for (name, roles) in held {
            let person = app.person(name).await;
            person.joins(&acme, "viewer").await;
            gives(&ada, &acme, &person, roles).await;
            people.push(person);
        }
        for hour in 0..2 {
            for permission in BUILT_IN {
                let id = app.state.authz.catalogue().get(permission).unwrap();
                let mut may = Vec::new();
                for person in &people {
                    let standing = app.state.authz.standing(acme.id, person.id).await.unwrap().unwrap();
                    let enforced = standing.effective.contains(id);
                    let answer = asks(&ada, &acme, person, permission).await.expect(200).json();
                    assert_eq!(answer["decision"], enforced, "{} {permission} hour {hour}", person.name);
                    if enforced {
                        may.push(person.name.as_str());
                    }
                }
                assert_eq!(names(&able(&ada, &acme, permission, 2).await), may, "{permission} hour {hour}");
            }
            app.clock.advance(Duration::from_hours(1));
        }
    })
    .await;
}

#[tokio::test]
async fn who_can_comes_in_parts_that_hold_for_their_list_only() {
    each_database(async |app| {
        let ada = app.person("ada").await;
        let (acme, blue) = (app.tenant_of(&ada, "acme").await, app.tenant_of(&ada, "blue").await);
        for name in ["ben", "cleo", "dan"] {
            app.person(name).await.joins(&acme, "viewer").await;
        }
        for limit in [1, 2, 3, 4, 200] {
            let items = able(&ada, &acme, "members:read", limit).await;
            assert_eq!(names(&items), ["ada", "ben", "cleo", "dan"], "by {limit}");
        }
        assert_eq!(names(&able(&ada, &blue, "members:read", 50).await), ["ada"], "of this tenant alone");
        let page = ada.get(&acme.api("/access/who-can?permission=members:read&limit=1")).await.expect(200);
        let cursor = page.json()["next_cursor"].as_str().unwrap().to_owned();
        for elsewhere in [
            blue.api(&format!("/access/who-can?permission=members:read&cursor={cursor}")),
            acme.api(&format!("/access/who-can?permission=roles:read&cursor={cursor}")),
            acme.api(&format!("/members?cursor={cursor}")),
        ] {
            let refused = ada.get(&elsewhere).await.problem(422, "invalid").json();
            assert_eq!(refused["errors"][0]["pointer"], "/cursor", "{elsewhere}");
        }
    })
    .await;
}

#[tokio::test]
async fn questions_that_cannot_be_are_refused() {
    each_database(async |app| {
        let (ada, eve) = (app.person("ada").await, app.person("eve").await);
        let acme = app.tenant_of(&ada, "acme").await;
        app.tenant_of(&eve, "umbrella").await;
        for name in ["nope:read", "*", "members:*", "", "MEMBERS:READ", "members:read\n"] {
            let refused = asks(&ada, &acme, &ada, name).await.problem(422, "invalid").json();
            assert_eq!(refused["errors"][0]["pointer"], "/permission", "{name:?}");
        }
        let refused = ada.get(&acme.api("/access/who-can?permission=nope:read")).await;
        assert_eq!(refused.problem(422, "invalid").json()["errors"][0]["pointer"], "/permission");
        ada.get(&acme.api("/access/who-can")).await.problem(422, "invalid");

        let there = asks(&ada, &acme, &eve, "members:read").await.problem(404, "not-found");
        let question = |kind: &str, id: String| {
            json!({ "subject": { "type": kind, "id": id }, "permission": "members:read" })
        };
        let path = acme.api("/access/explain");
        for kind in ["user", "app"] {
            let none = question(kind, freehold::ids::UserId::new().to_string());
            let none = ada.post_json(&path, none).await.problem(404, "not-found");
            assert_eq!(there.without_request_id(), none.without_request_id());
        }
        let odd = [
            question("role", ada.id.to_string()),
            question("user", "user:x".to_owned()),
            json!({ "permission": "members:read" }),
            json!({ "subject": { "type": "user", "id": ada.id, "x": 1 }, "permission": "members:read" }),
            json!({ "subject": { "type": "user", "id": ada.id }, "permission": "members:read", "x": 1 }),
        ];
        for body in odd {
            ada.post_json(&path, body).await.problem(422, "invalid");
        }
        let vic = app.person("vic").await;
        vic.joins(&acme, "member").await;
        let denied = asks(&vic, &acme, &vic, "members:read").await.problem(403, "forbidden").json();
        assert_eq!(denied["required"], "access:read");
    })
    .await;
}

#[tokio::test]
async fn what_of_a_role_nobody_uses_is_told_after_the_first_request() {
    each_database(async |app| {
        let (ada, vic) = (app.person("ada").await, app.person("vic").await);
        let acme = app.tenant_of(&ada, "acme").await;
        vic.joins(&acme, "viewer").await;
        let unused = async |query: &str| {
            let page = ada.get(&acme.api(&format!("/access/unused{query}"))).await.expect(200).json();
            let viewer =
                page["items"].as_array().unwrap().iter().find(|role| role["key"] == "viewer").cloned();
            let viewer = viewer.unwrap();
            let names = viewer["permissions"].as_array().unwrap().iter();
            (names.map(|one| one["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>(), viewer)
        };
        let (names, viewer) = unused("").await;
        assert_eq!(viewer["member_count"], 1);
        assert_eq!(names, ["tenant:read", "members:read", "roles:read", "projects:read"]);
        assert_eq!(viewer["permission_count"], 4);
        vic.get(&acme.api("/members")).await.expect(200);
        vic.get("/t/acme").await.expect(200);
        vic.get(&acme.api("/audit-events")).await.expect(403);
        assert_eq!(unused("?days=90").await.0, ["roles:read", "projects:read"]);
        ada.get(&acme.api("/access/unused?days=0")).await.problem(422, "invalid");
        ada.get(&acme.api("/access/unused?days=91")).await.problem(422, "invalid");
        vic.get(&acme.api("/access/unused")).await.problem(403, "forbidden");
    })
    .await;
}
