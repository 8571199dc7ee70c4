//! Tokens: what they open, for how long, and what ends them.

use std::time::Duration;

use http::Method;
use serde_json::json;

use crate::harness::app::{Answer, Backend, Person, Tenant, TestApp, each_database};

async fn acme(app: &TestApp) -> (Tenant, Person) {
    let ada = app.person("ada").await;
    let tenant = app.tenant_of(&ada, "acme").await;
    let bob = app.person("bob").await;
    bob.joins(&tenant, "member").await;
    (tenant, bob)
}

#[tokio::test]
async fn a_token_does_what_its_owner_may_and_its_scopes_say() {
    each_database(async |app| {
        let (tenant, bob) = acme(&app).await;
        let program = bob.mints(&tenant, &["projects:read", "members:read"]).await;
        program.get(&tenant.api("/members")).await.expect(200);
        let me = program.get("/api/v1/me").await.expect(200).json();
        assert_eq!(me["principal"], "user");
        assert_eq!(me["scopes"], json!(["members:read", "projects:read"]));
        assert_eq!(me["tenants"].as_array().unwrap().len(), 1);
        let denied = program.get(&tenant.api("/roles")).await.problem(403, "insufficient-scope");
        assert_eq!(denied.json()["required"], "roles:read");
        assert!(denied.header("www-authenticate").unwrap().contains("insufficient_scope"));
        // Of what the roles do not allow, the scope makes nothing.
        let admin = app.person("admin").await;
        admin.joins(&tenant, "admin").await;
        let program = admin.mints(&tenant, &["audit:read", "members:read"]).await;
        program.get(&tenant.api("/audit-events")).await.expect(200);
        let path = tenant.api(&format!("/members/{}/roles", admin.id));
        tenant.owner.put(&path, json!({ "roles": ["viewer"] })).await.expect(200);
        let denied = program.get(&tenant.api("/audit-events")).await.problem(403, "forbidden");
        assert_eq!(denied.json()["required"], "audit:read");
        program.get(&tenant.api("/members")).await.expect(200);
    })
    .await;
}

#[tokio::test]
async fn a_token_works_in_its_tenant_only() {
    each_database(async |app| {
        let (tenant, bob) = acme(&app).await;
        let other = app.tenant_of(&bob, "other").await;
        let program = bob.mints(&tenant, &["tenant:read"]).await;
        let there = program.get(&other.api("")).await.expect(404);
        let nowhere = program.get("/api/v1/tenants/nowhere").await.expect(404);
        assert_eq!(there.without_request_id(), nowhere.without_request_id());
        assert!(!program.get("/api/v1/me").await.expect(200).text().contains("other"));
    })
    .await;
}

#[tokio::test]
async fn a_token_is_minted_for_no_more_than_its_owner_holds() {
    each_database(async |app| {
        let (tenant, bob) = acme(&app).await;
        let mint = async |body| bob.post_json(&tenant.api("/tokens"), body).await;
        let wider = mint(json!({ "name": "Wide", "scopes": ["projects:read", "audit:read"] })).await;
        assert_eq!(wider.problem(403, "forbidden").json()["required"], "audit:read");
        for (scopes, code) in [
            (json!(["tokens:create"]), "session_only"),
            (json!(["tenant:delete"]), "session_only"),
            (json!(["apps:secrets"]), "session_only"),
            (json!(["tenant:transfer"]), "session_only"),
            (json!(["projects:*"]), "unknown"),
            (json!(["*"]), "unknown"),
            (json!([]), "required"),
        ] {
            let refused = mint(json!({ "name": "Bad", "scopes": scopes })).await.problem(422, "invalid");
            assert_eq!(refused.json()["errors"][0]["code"], code, "{scopes}");
        }
        for days in [0, 366] {
            mint(json!({ "name": "Long", "scopes": ["projects:read"], "expires_in_days": days }))
                .await
                .problem(422, "invalid");
        }
        let minted = mint(json!({ "name": "Good", "scopes": ["projects:read"] })).await.expect(201).json();
        assert!(minted["token"].as_str().unwrap().starts_with(minted["prefix"].as_str().unwrap()));
        let id = minted["id"].as_str().unwrap();
        let shown = bob.get(&tenant.api(&format!("/tokens/{id}"))).await.expect(200);
        assert!(!shown.text().contains(minted["token"].as_str().unwrap()));
        let viewer = app.person("viewer").await;
        viewer.joins(&tenant, "viewer").await;
        let refused = viewer
            .post_json(&tenant.api("/tokens"), json!({ "name": "No", "scopes": ["projects:read"] }))
            .await;
        assert_eq!(refused.problem(403, "forbidden").json()["required"], "tokens:create");
    })
    .await;
}

#[tokio::test]
async fn minting_asks_for_a_fresh_sign_in() {
    each_database(async |app| {
        let (tenant, bob) = acme(&app).await;
        let new = json!({ "name": "A", "scopes": ["projects:read"] });
        let minted = bob.post_json(&tenant.api("/tokens"), new).await;
        let id = minted.expect(201).json()["id"].as_str().unwrap().to_owned();
        app.clock.advance(Duration::from_mins(11));
        bob.post_json(&tenant.api("/tokens"), json!({ "name": "B", "scopes": ["projects:read"] }))
            .await
            .problem(403, "reauthentication-required");
        bob.post_json(&tenant.api(&format!("/tokens/{id}/rotate")), json!({}))
            .await
            .problem(403, "reauthentication-required");
        let path = tenant.api("/apps");
        let made = tenant.owner.post_json(&path, json!({ "name": "Robot", "roles": ["viewer"] })).await;
        let made = made.expect(201).json()["id"].as_str().unwrap().to_owned();
        tenant
            .owner
            .post_json(&tenant.api(&format!("/apps/{made}/secrets")), json!({}))
            .await
            .problem(403, "reauthentication-required");
    })
    .await;
}

#[tokio::test]
async fn what_ends_a_token_ends_it_at_once() {
    each_database(async |app| {
        let (tenant, bob) = acme(&app).await;
        let works = async |name: &str| {
            let person = app.person(name).await;
            person.joins(&tenant, "member").await;
            let program = person.mints(&tenant, &["projects:read", "tenant:read"]).await;
            program.get(&tenant.api("")).await.expect(200);
            (person, program)
        };
        // Revoked by its owner, and by an admin.
        let (person, program) = works("revoking").await;
        let id =
            person.get(&tenant.api("/tokens")).await.json()["items"][0]["id"].as_str().unwrap().to_owned();
        bob.delete(&tenant.api(&format!("/tokens/{id}"))).await.problem(404, "not-found");
        program.get("/api/v1/me").await.expect(200);
        person.delete(&tenant.api(&format!("/tokens/{id}"))).await.expect(204);
        program.get(&tenant.api("")).await.problem(401, "invalid-token");
        program.get("/api/v1/me").await.problem(401, "invalid-token");
        person.delete(&tenant.api(&format!("/tokens/{id}"))).await.problem(404, "not-found");
        // Its owner removed, and let in again: the token stays dead.
        let (person, program) = works("removed").await;
        tenant.owner.delete(&tenant.api(&format!("/members/{}", person.id))).await.expect(204);
        program.get(&tenant.api("")).await.problem(401, "invalid-token");
        person.joins(&tenant, "member").await;
        program.get(&tenant.api("")).await.problem(401, "invalid-token");
        // Its owner disabled everywhere.
        let (person, program) = works("disabled").await;
        let root = app.person("root").await;
        root.operates(freehold::authz::platform::PlatformRole::Operator).await;
        let path = format!("/api/v1/operator/users/{}/disable", person.id);
        root.post_json(&path, json!({ "reason": "A test." })).await.expect(200);
        program.get("/api/v1/me").await.problem(401, "invalid-token");
        // The tenant suspended: refused, and kept.
        let (_, program) = works("suspended").await;
        let path = format!("/api/v1/operator/tenants/{}", tenant.id);
        root.post_json(&format!("{path}/suspend"), json!({ "reason": "A test." })).await.expect(200);
        program.get(&tenant.api("")).await.problem(403, "forbidden");
        root.post_json(&format!("{path}/resume"), json!({})).await.expect(200);
        program.get(&tenant.api("")).await.expect(200);
        // Expired.
        app.clock.advance(Duration::from_hours(24 * 90));
        program.get(&tenant.api("")).await.problem(401, "invalid-token");
    })
    .await;
}

#[tokio::test]
async fn a_rotated_token_works_for_a_while_beside_the_new_one() {
    each_database(async |app| {
        let (tenant, bob) = acme(&app).await;
        let new = json!({ "name": "Backup", "scopes": ["projects:read", "projects:delete"], "expires_in_days": 10 });
        let old = bob.post_json(&tenant.api("/tokens"), new).await.expect(201).json();
        let (id, text) = (old["id"].as_str().unwrap(), old["token"].as_str().unwrap());
        bob.program(text).get("/api/v1/me").await.expect(200);
        let path = tenant.api(&format!("/tokens/{id}/rotate"));
        tenant.owner.post_json(&path, json!({})).await.problem(404, "not-found");
        bob.program(text).post_json(&path, json!({})).await.problem(403, "session-required");
        bob.post_json(&path, json!({ "overlap_hours": 169 })).await.problem(422, "invalid");
        let new = bob.post_json(&path, json!({ "overlap_hours": 2 })).await.expect(201).json();
        assert_eq!((&new["name"], &new["scopes"]), (&old["name"], &old["scopes"]));
        assert_ne!(new["token"], old["token"]);
        for text in [text, new["token"].as_str().unwrap()] {
            bob.program(text).get("/api/v1/me").await.expect(200);
        }
        app.clock.advance(Duration::from_hours(2));
        bob.program(text).get("/api/v1/me").await.problem(401, "invalid-token");
        bob.program(new["token"].as_str().unwrap()).get("/api/v1/me").await.expect(200);
    })
    .await;
}

#[tokio::test]
async fn a_member_has_only_so_many_tokens_in_a_tenant() {
    for backend in [Backend::Sqlite, Backend::Postgres] {
        let app = TestApp::start_with(backend, |config| config.limits.tokens_per_member = 2).await;
        let (tenant, bob) = acme(&app).await;
        let new = || json!({ "name": "Script", "scopes": ["projects:read"], "expires_in_days": 1 });
        let mint = async |who: &Person| who.post_json(&tenant.api("/tokens"), new()).await;
        let first = mint(&bob).await.expect(201).json();
        mint(&bob).await.expect(201);
        mint(&bob).await.problem(409, "conflict");
        let path = |below: &str| tenant.api(&format!("/tokens/{}{below}", first["id"].as_str().unwrap()));
        bob.post_json(&path("/rotate"), json!({})).await.problem(409, "conflict");
        mint(&tenant.owner).await.expect(201);
        bob.delete(&path("")).await.expect(204);
        mint(&bob).await.expect(201);
        mint(&bob).await.problem(409, "conflict");
        // What is over does not count.
        app.clock.advance(Duration::from_hours(24));
        let bob = app.person_with(bob.external.clone()).await;
        mint(&bob).await.expect(201);
    }
}

#[tokio::test]
async fn a_rotated_token_carries_no_more_than_its_owner_holds_by_then_and_lasts_no_longer() {
    each_database(async |app| {
        let (tenant, bob) = acme(&app).await;
        let scopes = json!(["projects:read", "members:invite"]);
        let becomes = async |role: &str| {
            let path = tenant.api(&format!("/members/{}/roles", bob.id));
            tenant.owner.put(&path, json!({ "roles": [role] })).await.expect(200);
        };
        becomes("admin").await;
        let new = json!({ "name": "Backup", "scopes": scopes, "expires_in_days": 1 });
        let old = bob.post_json(&tenant.api("/tokens"), new).await.expect(201).json();
        let path = tenant.api(&format!("/tokens/{}/rotate", old["id"].as_str().unwrap()));
        becomes("member").await;
        let new = bob.post_json(&path, json!({ "overlap_hours": 48 })).await.expect(201).json();
        assert_eq!(new["scopes"], json!(["projects:read"]));
        let ends = |token: &serde_json::Value| token["expires_at"].as_str().unwrap().to_owned();
        assert_eq!(ends(&new), (app.clock.now() + Duration::from_hours(24)).to_string());
        // Nor is it given back by gaining the right again.
        becomes("admin").await;
        let program = bob.program(new["token"].as_str().unwrap());
        let body = json!({ "email": "vic@example.com", "roles": ["viewer"] });
        program.post_json(&tenant.api("/invitations"), body).await.problem(403, "insufficient-scope");
        // The overlap prolongs nothing.
        let listed = bob.get(&tenant.api("/tokens")).await.expect(200).json();
        let items = listed["items"].as_array().unwrap();
        assert!(items.iter().any(|item| item["id"] == old["id"] && ends(item) == ends(&old)), "{listed}");
    })
    .await;
}

#[tokio::test]
async fn a_token_is_of_no_use_to_the_person_behind_it() {
    each_database(async |app| {
        let (tenant, bob) = acme(&app).await;
        let program = bob.mints(&tenant, &["projects:read"]).await;
        for (method, path) in [
            (Method::PATCH, "/api/v1/me".to_owned()),
            (Method::GET, "/api/v1/me/sessions".to_owned()),
            (Method::DELETE, "/api/v1/me/sessions".to_owned()),
            (Method::GET, "/api/v1/me/identities".to_owned()),
            (Method::GET, "/api/v1/tenants".to_owned()),
            (Method::POST, "/api/v1/tenants".to_owned()),
            (Method::POST, "/api/v1/invitations/accept".to_owned()),
            (Method::POST, tenant.api("/tokens")),
            (Method::DELETE, tenant.api("")),
            (Method::POST, tenant.api("/role-requests")),
        ] {
            let answer = program.call(method.clone(), &path).json(json!({})).await;
            assert_eq!(
                answer.json()["type"],
                "/problems/session-required",
                "{method} {path}: {}",
                answer.text()
            );
        }
        // Nor does it leave the tenant for them.
        let answer = program.delete(&tenant.api(&format!("/members/{}", bob.id))).await;
        assert_eq!(answer.problem(403, "insufficient-scope").json()["required"], "members:delete");
        program.get("/api/v1/operator/tenants").await.problem(404, "not-found");
        for page in ["/tenants", "/account", &format!("/t/{}", tenant.slug)] {
            let answer = program.get(page).await;
            assert!(!answer.status.is_success(), "{page}: pages are for people");
        }
    })
    .await;
}

#[tokio::test]
async fn a_token_gives_others_no_more_than_it_carries() {
    each_database(async |app| {
        let (tenant, bob) = acme(&app).await;
        let owner = &tenant.owner;
        let path = tenant.api(&format!("/members/{}/roles", bob.id));
        let narrow = owner.mints(&tenant, &["members:read", "members:update"]).await;
        let refused = narrow.put(&path, json!({ "roles": ["admin"] })).await.problem(403, "forbidden");
        assert!(refused.json()["required"].is_string());
        narrow.put(&path, json!({ "roles": ["owner"] })).await.problem(403, "forbidden");
        let all: Vec<String> = owner.get(&tenant.api("/permissions?limit=200")).await.json()["items"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|one| one["session_only"] == false)
            .map(|one| one["name"].as_str().unwrap().to_owned())
            .collect();
        let wide = owner.mints(&tenant, &all.iter().map(String::as_str).collect::<Vec<_>>()).await;
        for role in ["owner", "admin"] {
            wide.put(&path, json!({ "roles": [role] })).await.problem(403, "forbidden");
        }
        wide.put(&path, json!({ "roles": ["viewer", "member"] })).await.expect(200);
        let role = json!({ "name": "Escalation", "permissions": ["apps:secrets"] });
        wide.post_json(&tenant.api("/roles"), role).await.problem(403, "forbidden");
        wide.post_json(&tenant.api("/apps"), json!({ "name": "Robot", "roles": ["admin"] }))
            .await
            .problem(403, "forbidden");
    })
    .await;
}

#[tokio::test]
#[allow(clippy::too_many_lines, reason = "a list of what must not work")]
async fn altered_forms_of_a_good_token_open_nothing() {
    each_database(async |app| {
        let (tenant, bob) = acme(&app).await;
        let new = json!({ "name": "A", "scopes": ["projects:read"] });
        let minted = bob.post_json(&tenant.api("/tokens"), new).await.expect(201).json();
        let good = minted["token"].as_str().unwrap();
        app.anonymous()
            .call(Method::GET, "/api/v1/me")
            .header("authorization", format!("Bearer {good}"))
            .send()
            .await
            .expect(200);
        let mut altered: Vec<String> = Vec::new();
        for place in (0..good.len()).step_by(2) {
            let mut bytes = good.as_bytes().to_vec();
            bytes[place] = if bytes[place] == b'x' { b'y' } else { b'x' };
            altered.push(format!("Bearer {}", String::from_utf8(bytes).unwrap()));
        }
        let upper = good.to_uppercase();
        for text in [
            &upper,
            &good[1..],
            &good[..good.len() - 1],
            &good[4..],
            &format!("{good}="),
            &format!("{good}."),
            &format!("fha_{}", &good[4..]),
            &format!("fhs_{}", &good[4..]),
            &format!("{good} {good}"),
            &format!("{good},{good}"),
            &format!("\"{good}\""),
            "",
            "null",
            minted["prefix"].as_str().unwrap(),
            minted["id"].as_str().unwrap(),
        ] {
            altered.push(format!("Bearer {text}"));
        }
        altered.extend([
            good.to_owned(),
            format!("bearer {good}"),
            format!("BEARER {good}"),
            format!("Bearer  {good}"),
            format!("Bearer\t{good}"),
            format!("Bearer{good}"),
            format!("Basic {good}"),
            format!("Token {good}"),
            format!("DPoP {good}"),
            format!(" Bearer: {good}"),
        ]);
        assert!(altered.len() >= 52);
        for text in &altered {
            let call = app.anonymous().call(Method::GET, "/api/v1/me").header("authorization", text);
            let answer = call.send().await;
            assert_eq!(answer.status, 401, "{text}");
            answer.problem(401, "invalid-token");
        }
        let twice = app.anonymous().call(Method::GET, "/api/v1/me");
        let twice = twice
            .header("authorization", format!("Bearer {good}"))
            .header("authorization", format!("Bearer {good}"));
        twice.send().await.problem(401, "invalid-token");
        // It is looked for nowhere else.
        for path in [format!("/api/v1/me?access_token={good}"), format!("/api/v1/me?token={good}")] {
            app.anonymous().get(&path).await.problem(401, "unauthenticated");
        }
        for header in ["x-api-key", "proxy-authorization", "x-access-token"] {
            app.anonymous()
                .call(Method::GET, "/api/v1/me")
                .header(header, good)
                .send()
                .await
                .problem(401, "unauthenticated");
        }
        let cookie = app.anonymous().call(Method::GET, "/api/v1/me");
        cookie.header("cookie", format!("__Host-freehold={good}")).send().await.expect(401);
        for method in [Method::POST, Method::GET] {
            let body = app
                .anonymous()
                .call(method, "/api/v1/me")
                .header("content-type", "application/x-www-form-urlencoded");
            assert!(!body.body(format!("access_token={good}")).await.status.is_success());
        }
    })
    .await;
}

#[tokio::test]
async fn who_may_sees_everyones_tokens_and_others_their_own() {
    each_database(async |app| {
        let (tenant, bob) = acme(&app).await;
        bob.mints(&tenant, &["projects:read"]).await;
        tenant.owner.mints(&tenant, &["projects:read"]).await;
        let names = |answer: Answer| -> Vec<String> {
            let json = answer.expect(200).json();
            json["items"].as_array().unwrap().iter().map(|token| token["owner"]["name"].as_str().unwrap().to_owned()).collect()
        };
        assert_eq!(names(bob.get(&tenant.api("/tokens")).await), ["bob"]);
        assert_eq!(names(tenant.owner.get(&tenant.api("/tokens")).await), ["ada", "bob"]);
        let only = tenant.owner.get(&tenant.api(&format!("/tokens?owner={}", bob.id))).await;
        assert_eq!(names(only), ["bob"]);
        assert_eq!(names(bob.get(&tenant.api(&format!("/tokens?owner={}", tenant.owner.id))).await), ["bob"]);
        let page = tenant.owner.get(&tenant.api("/tokens?limit=1")).await.expect(200).json();
        let cursor = page["next_cursor"].as_str().unwrap();
        assert_eq!(names(tenant.owner.get(&tenant.api(&format!("/tokens?limit=1&cursor={cursor}"))).await), ["bob"]);
        bob.get(&tenant.api(&format!("/tokens?limit=1&cursor={cursor}"))).await.problem(422, "invalid");
        // An admin revokes a member's token and not an owner's.
        let admin = app.person("admin").await;
        admin.joins(&tenant, "admin").await;
        let all = admin.get(&tenant.api("/tokens")).await.json();
        let of = |name: &str| all["items"].as_array().unwrap().iter().find(|token| token["owner"]["name"] == name).unwrap()["id"].as_str().unwrap().to_owned();
        admin.delete(&tenant.api(&format!("/tokens/{}", of("ada")))).await.problem(403, "forbidden");
        admin.delete(&tenant.api(&format!("/tokens/{}", of("bob")))).await.expect(204);
    })
    .await;
}

#[tokio::test]
async fn one_sees_when_and_from_where_a_token_was_used() {
    each_database(async |app| {
        let (tenant, bob) = acme(&app).await;
        let program = bob.mints(&tenant, &["projects:read"]).await;
        let token = async || bob.get(&tenant.api("/tokens")).await.expect(200).json()["items"][0].clone();
        assert_eq!(token().await["last_used_at"], json!(null));
        assert_eq!(token().await["unused"], false);
        app.clock.advance(Duration::from_hours(24 * 31));
        let bob = app.person_with(bob.external.clone()).await;
        let token = async || bob.get(&tenant.api("/tokens")).await.expect(200).json()["items"][0].clone();
        assert_eq!(token().await["unused"], true);
        let unused = bob.get(&tenant.api("/tokens?unused=true")).await.json();
        assert_eq!(unused["items"].as_array().unwrap().len(), 1);
        program.get("/api/v1/me").await.expect(200);
        let used = token().await;
        assert!(used["last_used_at"].is_string() && used["last_used_from"].is_string(), "{used}");
        assert_eq!(used["unused"], false);
    })
    .await;
}
