//! Roles and permissions, as members see them.

use http::Method;
use serde_json::json;

use crate::harness::app::{Backend, Tenant, TestApp, each_database};

#[tokio::test]
async fn a_role_is_found_by_key_and_id() {
    each_database(async |app| {
        let (ada, vic) = (app.person("ada").await, app.person("vic").await);
        let acme = app.tenant_of(&ada, "acme").await;
        vic.joins(&acme, "viewer").await;
        let role = vic.get(&acme.api("/roles/viewer")).await.expect(200).json();
        assert_eq!(role["key"], "viewer");
        assert_eq!(role["system"], true);
        assert_eq!(role["member_count"], 1);
        assert!(role["permissions"].as_array().unwrap().contains(&json!("members:read")));
        let id = role["id"].as_str().unwrap();
        assert_eq!(vic.get(&acme.api(&format!("/roles/{id}"))).await.expect(200).json(), role);
        let umbrella = app.tenant_of(&ada, "umbrella").await;
        ada.get(&umbrella.api(&format!("/roles/{id}"))).await.problem(404, "not-found");
        for none in ["nobody", "%00", "VIEWER", "viewer%20"] {
            vic.get(&acme.api(&format!("/roles/{none}"))).await.problem(404, "not-found");
        }
        assert_eq!(vic.get(&acme.api("/roles/member")).await.json()["inherits"], json!(["viewer"]));
    })
    .await;
}

#[tokio::test]
async fn the_catalogue_says_what_each_permission_is() {
    each_database(async |app| {
        let ada = app.person("ada").await;
        let acme = app.tenant_of(&ada, "acme").await;
        let all = ada.get(&acme.api("/permissions")).await.expect(200).json();
        let items = all["items"].as_array().unwrap();
        let alone: Vec<&str> = items
            .iter()
            .filter(|item| item["session_only"] == true)
            .map(|item| item["name"].as_str().unwrap())
            .collect();
        assert_eq!(alone, ["tenant:delete", "tenant:transfer", "apps:secrets", "tokens:create"]);
        assert!(items.iter().all(|item| !item["description"].as_str().unwrap().is_empty()));
    })
    .await;
}

fn of(tenant: &Tenant, role: &str) -> String {
    tenant.api(&format!("/roles/{role}"))
}

#[tokio::test]
async fn a_role_is_made_changed_and_deleted() {
    each_database(async |app| {
        let (ada, vic) = (app.person("ada").await, app.person("vic").await);
        let acme = app.tenant_of(&ada, "acme").await;
        let body = json!({ "name": " Editor ", "description": "Edits", "permissions": ["projects:update"],
            "denies": ["projects:delete"], "inherits": ["viewer"] });
        let made = ada.post_json(&acme.api("/roles"), body).await.expect(201);
        let role = made.json();
        let place = format!("/api/v1/tenants/{}/roles/{}", acme.id, role["id"].as_str().unwrap());
        assert_eq!(made.header("location"), Some(place.as_str()));
        assert_eq!(
            (&role["key"], &role["name"], &role["system"]),
            (&json!("editor"), &json!("Editor"), &json!(false))
        );
        assert_eq!((&role["denies"], &role["inherits"]), (&json!(["projects:delete"]), &json!(["viewer"])));
        let shown = ada.get(&place).await.expect(200);
        assert_eq!((shown.json(), shown.header("etag")), (role, made.header("etag")));

        vic.joins(&acme, "editor").await;
        vic.get(&acme.api("/invitations")).await.problem(403, "forbidden");
        let change = ada.call(Method::PATCH, &of(&acme, "editor")).header("if-match", made.header("etag").unwrap());
        let changed =
            change.json(json!({ "permissions": ["invitations:read"], "inherits": [] })).await.expect(200);
        assert_eq!(changed.json()["permissions"], json!(["invitations:read"]));
        assert_eq!((&changed.json()["name"], &changed.json()["member_count"]), (&json!("Editor"), &json!(1)));
        assert_ne!(changed.header("etag"), made.header("etag"));
        let version = changed.header("x-policy-version").unwrap().to_owned();
        let call = vic.call(Method::GET, &acme.api("/invitations")).header("x-policy-version", version);
        call.send().await.expect(200);
        vic.get(&acme.api("/members")).await.problem(403, "forbidden");

        for (method, body) in [(Method::PATCH, json!({ "name": "Late" })), (Method::DELETE, json!({}))] {
            let late = ada.call(method, &of(&acme, "editor")).header("if-match", made.header("etag").unwrap());
            late.json(body).await.problem(412, "precondition");
        }
        let same = ada.patch(&of(&acme, "editor"), json!({ "name": "Editor" })).await.expect(200);
        assert_eq!((same.header("x-policy-version"), same.header("etag")), (None, changed.header("etag")));

        let held = ada.delete(&of(&acme, "editor")).await.problem(409, "conflict").json();
        assert!(held["detail"].as_str().unwrap().starts_with("1 member holds this role"), "{held}");
        ada.delete(&of(&acme, "editor?reassign_to=nope")).await.problem(422, "invalid");
        ada.delete(&of(&acme, "editor?reassign=member")).await.problem(422, "invalid");
        let gone = ada.delete(&of(&acme, "editor?reassign_to=member")).await.expect(204);
        assert!(gone.header("x-policy-version").is_some());
        ada.get(&of(&acme, "editor")).await.problem(404, "not-found");
        vic.get(&acme.api("/invitations")).await.problem(403, "forbidden");
        vic.get(&acme.api("/members")).await.expect(200);
        let recorded = "select count(*) from audit_events where action in ('role.created', 'role.updated', 'role.deleted')";
        assert_eq!(app.db_number(recorded).await, 3);
        let before = "select count(*) from audit_events where action = 'role.updated' and \
                      changes like '%projects:update%' and changes like '%invitations:read%'";
        assert_eq!(app.db_number(before).await, 1);
    })
    .await;
}

#[tokio::test]
async fn system_roles_are_not_changed_and_can_be_copied() {
    each_database(async |app| {
        let ada = app.person("ada").await;
        let acme = app.tenant_of(&ada, "acme").await;
        for key in ["owner", "admin", "member", "viewer"] {
            ada.patch(&of(&acme, key), json!({ "name": "Mine" })).await.problem(409, "conflict");
            ada.patch(&of(&acme, key), json!({ "permissions": [] })).await.problem(409, "conflict");
            ada.delete(&of(&acme, &format!("{key}?reassign_to=viewer"))).await.problem(409, "conflict");
            let body = json!({ "name": "Mine", "key": key, "permissions": [] });
            ada.post_json(&acme.api("/roles"), body).await.problem(409, "conflict");
        }
        let body = json!({ "name": "Manager", "copy_of": "admin", "denies": ["apps:secrets"] });
        let copy = ada.post_json(&acme.api("/roles"), body).await.expect(201).json();
        let admin = ada.get(&of(&acme, "admin")).await.json();
        for field in ["permissions", "inherits", "description"] {
            assert_eq!(copy[field], admin[field], "{field}");
        }
        assert_eq!(copy["denies"], json!(["apps:secrets"]));
    })
    .await;
}

#[tokio::test]
async fn a_key_is_made_from_the_name_and_is_taken_once() {
    each_database(async |app| {
        let ada = app.person("ada").await;
        let acme = app.tenant_of(&ada, "acme").await;
        let make = async |name: &str| {
            let body = json!({ "name": name, "permissions": [] });
            let role = ada.post_json(&acme.api("/roles"), body).await.expect(201).json();
            role["key"].as_str().unwrap().to_owned()
        };
        let long = "x".repeat(60);
        for (name, key) in [
            ("Project Lead", "project-lead"),
            ("project lead", "project-lead-2"),
            ("QA", "role-qa"),
            ("日本", "role"),
            ("مدير", "role-2"),
            ("Support", "support"),
            ("Owner", "owner-2"),
            ("New", "new-2"),
            (&long, &"x".repeat(40)),
            (&long, &format!("{}-2", "x".repeat(38))),
        ] {
            assert_eq!(make(name).await, key, "{name}");
        }
        let chosen = async |key: &str| {
            ada.post_json(&acme.api("/roles"), json!({ "name": "X", "key": key, "permissions": [] })).await
        };
        chosen("project-lead").await.problem(409, "conflict");
        chosen("lead-3").await.expect(201);
        let id = freehold::ids::RoleId::new().to_string();
        for bad in ["new", "QA", "ab", "a--b", "a,b", "p, x\n", "*", id.as_str()] {
            let refused = chosen(bad).await.problem(422, "invalid").json();
            assert_eq!(refused["errors"][0]["pointer"], "/key", "{bad}");
        }
    })
    .await;
}

#[tokio::test]
async fn what_a_role_cannot_be_is_named_by_its_place() {
    each_database(async |app| {
        let (ada, eve) = (app.person("ada").await, app.person("eve").await);
        let (acme, other) = (app.tenant_of(&ada, "acme").await, app.tenant_of(&eve, "other").await);
        let foreign = json!({ "name": "Foreign", "permissions": ["projects:read"] });
        let foreign = eve.post_json(&other.api("/roles"), foreign).await.expect(201).json();
        let base = json!({ "name": "Team", "permissions": ["projects:read"] });
        ada.post_json(&acme.api("/roles"), base.clone()).await.expect(201);
        let before = app.db_dump(&["sessions", "session_records"]).await;
        let many: Vec<String> = (0..11).map(|n| format!("role-{n}")).collect();
        for (field, value, pointers) in [
            (
                "permissions",
                json!(["projects:read", "projects:*", "*"]),
                vec!["/permissions/1", "/permissions/2"],
            ),
            ("permissions", json!(["tenant:read", "tenant:read"]), vec!["/permissions/1"]),
            ("permissions", json!(["tenant:read\n"]), vec!["/permissions/0"]),
            ("permissions", json!("tenant:read"), vec!["/permissions"]),
            ("denies", json!(["apps:secrets", "", "p, role, *, allow"]), vec!["/denies/1", "/denies/2"]),
            ("inherits", json!([foreign["key"]]), vec!["/inherits/0"]),
            ("inherits", json!([foreign["id"]]), vec!["/inherits/0"]),
            ("inherits", json!(many), vec!["/inherits"]),
            ("name", json!(""), vec!["/name"]),
            ("name", json!("a\nb"), vec!["/name"]),
            ("name", json!("a\u{202e}b"), vec!["/name"]),
            ("name", json!("a\u{0}b"), vec!["/name"]),
            ("description", json!("x".repeat(501)), vec!["/description"]),
            ("system", json!(true), vec![""]),
        ] {
            let mut body = base.clone();
            body[field] = value.clone();
            for answer in [
                ada.post_json(&acme.api("/roles"), body).await,
                ada.patch(&of(&acme, "team"), json!({ field: value })).await,
            ] {
                let refused = answer.problem(422, "invalid").json();
                let errors = refused["errors"].as_array().unwrap();
                let found: Vec<&str> =
                    errors.iter().map(|error| error["pointer"].as_str().unwrap()).collect();
                assert!(found == pointers || field == "system", "{field}: {value}: {refused}");
            }
        }
        let copy = json!({ "name": "Copy", "copy_of": foreign["key"] });
        let refused = ada.post_json(&acme.api("/roles"), copy).await.problem(422, "invalid").json();
        assert_eq!(refused["errors"][0]["pointer"], "/copy_of");
        let alone = ada.post_json(&acme.api("/roles"), json!({ "name": "Bare" })).await;
        assert_eq!(alone.problem(422, "invalid").json()["errors"][0]["pointer"], "/permissions");
        for path in [foreign["key"].as_str().unwrap(), foreign["id"].as_str().unwrap()] {
            ada.patch(&of(&acme, path), json!({ "name": "Mine" })).await.problem(404, "not-found");
            ada.delete(&of(&acme, path)).await.problem(404, "not-found");
        }
        ada.delete(&of(&acme, "team?reassign_to=foreign")).await.problem(422, "invalid");
        assert_eq!(before, app.db_dump(&["sessions", "session_records"]).await, "nothing was written");
    })
    .await;
}

#[tokio::test]
async fn a_roles_name_is_a_label_and_nothing_more() {
    each_database(async |app| {
        let (ada, vic) = (app.person("ada").await, app.person("vic").await);
        let acme = app.tenant_of(&ada, "acme").await;
        let labels = ["a, b", "p, viewer, tenant:delete, allow", "\"quoted\"", "# comment", "'; drop table roles", "owner", "عربي"];
        for (place, label) in labels.into_iter().enumerate() {
            let body = json!({ "name": label, "key": format!("key-{place}"), "description": label,
                "permissions": ["projects:read"], "inherits": if place == 0 { json!([]) } else { json!([format!("key-{}", place - 1)]) } });
            let made = ada.post_json(&acme.api("/roles"), body).await.expect(201).json();
            assert_eq!((&made["name"], &made["description"]), (&json!(label), &json!(label)));
        }
        vic.joins(&acme, "key-6").await;
        let standing = app.state.authz.standing(acme.id, vic.id).await.unwrap().unwrap();
        assert_eq!(standing.effective.len(), 1);
        vic.get(&acme.api("/roles")).await.problem(403, "forbidden");
    })
    .await;
}

#[tokio::test]
async fn a_tenant_has_only_so_many_roles() {
    for backend in [Backend::Sqlite, Backend::Postgres] {
        let app = TestApp::start_with(backend, |config| config.limits.roles = 2).await;
        let ada = app.person("ada").await;
        let acme = app.tenant_of(&ada, "acme").await;
        let body = json!({ "name": "Team", "permissions": [] });
        for _ in 0..2 {
            ada.post_json(&acme.api("/roles"), body.clone()).await.expect(201);
        }
        let full = ada.post_json(&acme.api("/roles"), body.clone()).await.problem(409, "conflict").json();
        assert!(full["detail"].as_str().unwrap().contains("2 roles"), "{full}");
        ada.delete(&of(&acme, "team")).await.expect(204);
        ada.post_json(&acme.api("/roles"), body).await.expect(201);
    }
}

#[tokio::test]
async fn an_invitation_to_a_deleted_role_is_withdrawn() {
    each_database(async |app| {
        let (ada, vic, wim) = (app.person("ada").await, app.person("vic").await, app.person("wim").await);
        let acme = app.tenant_of(&ada, "acme").await;
        let body = json!({ "name": "Team", "permissions": ["projects:read"] });
        ada.post_json(&acme.api("/roles"), body).await.expect(201);
        let secret = vic.is_invited(&acme, "team").await;
        let both = json!({ "email": "both@example.com", "roles": ["team", "viewer"] });
        let both = ada.post_json(&acme.api("/invitations"), both).await.expect(201).json();
        let kept = wim.is_invited(&acme, "viewer").await;
        ada.delete(&of(&acme, "team?reassign_to=admin")).await.expect(204);
        let accept = "/api/v1/invitations/accept";
        vic.post_json(accept, json!({ "token": secret })).await.problem(409, "conflict");
        vic.get(&acme.api("")).await.problem(404, "not-found");
        let path = acme.api(&format!("/invitations/{}", both["id"].as_str().unwrap()));
        assert_eq!(ada.get(&path).await.expect(200).json()["status"], "revoked");
        ada.post_json(&format!("{path}/resend"), json!({})).await.problem(409, "conflict");
        wim.post_json(accept, json!({ "token": kept })).await.expect(200);
    })
    .await;
}

#[tokio::test]
async fn an_admin_is_told_why_a_role_is_not_theirs_to_write() {
    each_database(async |app| {
        let (ada, ben) = (app.person("ada").await, app.person("ben").await);
        let acme = app.tenant_of(&ada, "acme").await;
        ben.joins(&acme, "admin").await;
        let body = json!({ "name": "Closer", "permissions": ["tenant:delete"] });
        let denied = ben.post_json(&acme.api("/roles"), body.clone()).await.problem(403, "forbidden").json();
        assert_eq!(denied["required"], "tenant:delete");
        assert_eq!((&denied["held_roles"], &denied["granted_by"]), (&json!(["admin"]), &json!(["owner"])));
        assert!(denied["detail"].as_str().unwrap().contains("Closer"), "{denied}");
        let line = "select count(*) from audit_events where outcome = 'denied'";
        assert_eq!(app.db_number(line).await, 1);
        ada.post_json(&acme.api("/roles"), body).await.expect(201);
        ben.patch(&of(&acme, "closer"), json!({ "name": "Open" })).await.problem(403, "forbidden");
        ben.delete(&of(&acme, "closer")).await.problem(403, "forbidden");
    })
    .await;
}
