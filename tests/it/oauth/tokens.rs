//! The token endpoint: who gets a token, for what, and how anyone else is told.

use std::time::Duration;

use http::Method;
use serde_json::json;

use super::robot::{Robot, basic, form, refused, tenant};
use crate::harness::app::{Backend, TestApp, each_database};

const GRANT: (&str, &str) = ("grant_type", "client_credentials");

#[tokio::test]
async fn an_app_gets_a_token_by_its_secret_in_the_header_or_in_the_body() {
    each_database(async |app| {
        let tenant = tenant(&app, "acme").await;
        let robot = Robot::of(&app, &tenant, &["viewer"], "opaque").await;
        let body = [GRANT, ("client_id", robot.client_id.as_str()), ("client_secret", robot.secret.as_str())];
        for (way, issued) in [
            ("header", robot.asks(&[]).await),
            ("header, named again in the body", robot.asks(&[("client_id", &robot.client_id)]).await),
            ("body", form(&app, "/oauth/token", None, &body).await),
        ] {
            let issued = issued.expect(200);
            assert_eq!(issued.header("cache-control"), Some("no-store"), "{way}");
            assert_eq!(issued.header("pragma"), Some("no-cache"), "{way}");
            let answer = issued.json();
            let token = answer["access_token"].as_str().unwrap();
            assert!(token.starts_with("fha_"), "{way}");
            assert_eq!((&answer["token_type"], &answer["expires_in"]), (&json!("Bearer"), &json!(3_600)));
            let scopes: Vec<&str> = answer["scope"].as_str().unwrap().split(' ').collect();
            assert!(scopes.contains(&"projects:read") && !scopes.contains(&"projects:create"), "{scopes:?}");
            let me = robot.calls(token, "/api/v1/me").await.expect(200).json();
            assert_eq!(me["client_id"], robot.client_id);
            robot.calls(token, &tenant.api("/members")).await.expect(200);
        }
    })
    .await;
}

#[tokio::test]
async fn whoever_is_not_a_client_is_told_one_thing() {
    each_database(async |app| {
        let tenant = tenant(&app, "acme").await;
        let robot = Robot::of(&app, &tenant, &["viewer"], "opaque").await;
        let other = Robot::of(&app, &tenant, &["viewer"], "opaque").await;
        let asks = async |authorization: &str| {
            let answer = form(&app, "/oauth/token", Some(authorization), &[GRANT]).await;
            refused(answer, 401, "invalid_client").without_request_id()
        };
        let unknown = asks(&basic("fhc_nobody", &robot.secret)).await;
        let altered = format!("{}x", &robot.secret[..robot.secret.len() - 1]);
        let token = robot.token("projects:read").await;
        for (why, bad) in [
            ("a wrong secret", basic(&robot.client_id, "fhs_wrong")),
            ("an altered secret", basic(&robot.client_id, &altered)),
            ("an empty secret", basic(&robot.client_id, "")),
            ("a secret of another app", basic(&robot.client_id, &other.secret)),
            ("a token for a secret", basic(&robot.client_id, &token)),
            ("the app's id for its client id", basic(&robot.id.to_string(), &robot.secret)),
            ("no text", basic("fhc_\u{0}", &robot.secret)),
            ("no text in the secret", basic(&robot.client_id, "fhs_\u{0}")),
            ("no base64", "Basic !!!".to_owned()),
            ("no colon", "Basic YWJj".to_owned()),
            ("another scheme", format!("Bearer {token}")),
            ("no scheme", robot.basic().replace("Basic ", "")),
        ] {
            assert_eq!(asks(&bad).await, unknown, "{why}");
        }
        let nobody = form(&app, "/oauth/token", None, &[GRANT]).await;
        assert_eq!(refused(nobody, 401, "invalid_client").without_request_id(), unknown);
        robot.asks(&[]).await.expect(200);
        robot.is(json!({ "enabled": false })).await;
        assert_eq!(asks(&robot.basic()).await, unknown, "a disabled app");
        robot.is(json!({ "enabled": true })).await;
        robot.asks(&[]).await.expect(200);
        app.clock.advance(Duration::from_hours(24 * 90));
        assert_eq!(asks(&robot.basic()).await, unknown, "a secret that is over");
        let owner = app.person_with(tenant.owner.external.clone()).await;
        owner.delete(&other.path("")).await.expect(204);
        assert_eq!(asks(&other.basic()).await, unknown, "a deleted app");
    })
    .await;
}

#[tokio::test]
async fn a_request_that_can_be_read_in_two_ways_is_not_read() {
    each_database(async |app| {
        let tenant = tenant(&app, "acme").await;
        let robot = Robot::of(&app, &tenant, &["viewer"], "opaque").await;
        let (id, secret) = (robot.client_id.as_str(), robot.secret.as_str());
        for (why, fields) in [
            ("two proofs", vec![("client_id", id), ("client_secret", secret)]),
            ("a proof and an assertion", vec![("client_assertion", "a.b.c")]),
            ("two names", vec![("client_id", "fhc_other")]),
            ("two scopes", vec![("scope", "projects:read"), ("scope", "members:read")]),
            ("two of what nobody reads", vec![("x", "1"), ("x", "2")]),
        ] {
            let answer = robot.asks(&fields).await;
            assert_eq!(answer.status, 400, "{why}");
            refused(answer, 400, "invalid_request");
        }
        let both = [("client_id", id), ("client_secret", secret), ("client_assertion", "a.b.c"), GRANT];
        refused(form(&app, "/oauth/token", None, &both).await, 400, "invalid_request");
        refused(robot.sends("/oauth/token", &[]).await, 400, "invalid_request");
        refused(robot.sends("/oauth/token", &[("grant_type", "")]).await, 400, "invalid_request");
        refused(robot.sends("/oauth/token?x=1", &[GRANT]).await, 400, "invalid_request");
        let call =
            || app.anonymous().call(Method::POST, "/oauth/token").header("authorization", robot.basic());
        let typed = call().json(json!({ "grant_type": "client_credentials" })).await;
        refused(typed, 400, "invalid_request");
        let untyped = call().body("grant_type=client_credentials").await;
        refused(untyped, 400, "invalid_request");
        let twice = call().header("authorization", robot.basic());
        let twice = twice.header("content-type", "application/x-www-form-urlencoded");
        refused(twice.body("grant_type=client_credentials").await, 401, "invalid_client");
        // Parameters nobody knows, and those without a value, are none.
        robot.asks(&[("audience", "x"), ("scope", ""), ("client_secret", "")]).await.expect(200);
    })
    .await;
}

#[tokio::test]
async fn errors_before_and_below_the_endpoints_have_the_same_form() {
    each_database(async |app| {
        let tenant = tenant(&app, "acme").await;
        let robot = Robot::of(&app, &tenant, &["viewer"], "opaque").await;
        refused(robot.asks(&[("x", &"x".repeat(300_000))]).await, 413, "invalid_request");
        for path in ["/oauth/token", "/oauth/introspect", "/oauth/revoke"] {
            let get = app.anonymous().get(path).await;
            assert_eq!(get.header("allow"), Some("POST"));
            refused(get, 405, "invalid_request");
        }
        refused(app.anonymous().get("/oauth/nothing").await, 404, "invalid_request");
        let call = app.anonymous().call(Method::POST, "/oauth/token").header("content-encoding", "gzip");
        let call = call.header("content-type", "application/x-www-form-urlencoded");
        refused(call.body("x").await, 415, "invalid_request");
    })
    .await;
}

#[tokio::test]
async fn only_grants_that_exist_are_granted() {
    each_database(async |app| {
        let tenant = tenant(&app, "acme").await;
        let robot = Robot::of(&app, &tenant, &["viewer"], "opaque").await;
        for grant in ["password", "authorization_code", "refresh_token", "Client_Credentials", "implicit"] {
            let answer = robot.sends("/oauth/token", &[("grant_type", grant)]).await;
            refused(answer, 400, "unsupported_grant_type");
        }
    })
    .await;
}

#[tokio::test]
async fn a_token_carries_what_the_roles_allow_now_and_no_more() {
    each_database(async |app| {
        let tenant = tenant(&app, "acme").await;
        let robot = Robot::of(&app, &tenant, &["admin"], "opaque").await;
        let issued = robot.asks(&[("scope", "members:read projects:read")]).await.expect(200).json();
        assert_eq!(issued["scope"], "members:read projects:read");
        let all = robot.asks(&[]).await.expect(200).json()["scope"].as_str().unwrap().to_owned();
        for needs_session in ["apps:secrets", "tokens:create", "tenant:delete", "tenant:transfer"] {
            assert!(!all.split(' ').any(|scope| scope == needs_session), "{all}");
            refused(robot.asks(&[("scope", needs_session)]).await, 400, "invalid_scope");
        }
        for bad in [
            "nothing:known",
            "*",
            "projects:*",
            "projects:read  members:read",
            " projects:read",
            "PROJECTS:READ",
            "projects:read,members:read",
            "openid",
        ] {
            refused(robot.asks(&[("scope", bad)]).await, 400, "invalid_scope");
        }
        let token = robot.token("members:invite projects:read").await;
        robot.is(json!({ "roles": ["viewer"] })).await;
        refused(robot.asks(&[("scope", "members:invite")]).await, 400, "invalid_scope");
        let invited = json!({ "email": "new@example.com", "roles": ["viewer"] });
        let program = tenant.owner.program(&token);
        program.post_json(&tenant.api("/invitations"), invited).await.problem(403, "forbidden");
        robot.calls(&token, &tenant.api("/members")).await.problem(403, "insufficient-scope");
        robot.is(json!({ "roles": [] })).await;
        refused(robot.asks(&[]).await, 400, "invalid_scope");
    })
    .await;
}

#[tokio::test]
async fn a_challenge_names_the_scope_that_is_missing() {
    each_database(async |app| {
        let tenant = tenant(&app, "acme").await;
        let robot = Robot::of(&app, &tenant, &["viewer"], "opaque").await;
        let answer = robot.calls(&robot.token("projects:read").await, &tenant.api("/members")).await;
        let challenge = answer.header("www-authenticate").unwrap().to_owned();
        assert!(challenge.contains("error=\"insufficient_scope\", scope=\"members:read\""), "{challenge}");
        assert!(challenge.contains("resource_metadata=\"https://"), "{challenge}");
        answer.problem(403, "insufficient-scope");
    })
    .await;
}

#[tokio::test]
async fn a_token_ends_within_the_hour_or_when_the_setting_says() {
    for backend in [Backend::Sqlite, Backend::Postgres] {
        let app = TestApp::start_with(backend, |config| {
            config.access_token_lifetime = Duration::from_secs(90);
        })
        .await;
        let tenant = tenant(&app, "acme").await;
        for format in ["opaque", "jwt"] {
            let robot = Robot::of(&app, &tenant, &["viewer"], format).await;
            let issued = robot.asks(&[]).await.expect(200).json();
            assert_eq!(issued["expires_in"], 90);
            let token = issued["access_token"].as_str().unwrap();
            app.clock.advance(Duration::from_secs(88));
            robot.calls(token, "/api/v1/me").await.expect(200);
            app.clock.advance(Duration::from_secs(2));
            robot.calls(token, "/api/v1/me").await.problem(401, "invalid-token");
        }
    }
}

#[tokio::test]
async fn a_suspended_tenant_gets_no_tokens() {
    each_database(async |app| {
        let tenant = tenant(&app, "acme").await;
        let robot = Robot::of(&app, &tenant, &["viewer"], "opaque").await;
        let token = robot.token("projects:read").await;
        let operator = app.person("operator").await;
        operator.operates(freehold::authz::platform::PlatformRole::Operator).await;
        let because = json!({ "reason": "A test of it." });
        operator
            .post_json(&format!("/api/v1/operator/tenants/{}/suspend", tenant.id), because)
            .await
            .expect(200);
        for path in ["/oauth/token", "/oauth/introspect", "/oauth/revoke"] {
            refused(robot.sends(path, &[GRANT, ("token", &token)]).await, 400, "unauthorized_client");
        }
    })
    .await;
}

#[tokio::test]
async fn each_token_leaves_one_line_and_nothing_that_opens_anything() {
    each_database(async |app| {
        let tenant = tenant(&app, "acme").await;
        for format in ["opaque", "jwt"] {
            let robot = Robot::of(&app, &tenant, &["viewer"], format).await;
            let token = robot.token("projects:read").await;
            let events = tenant.api("/audit-events?action=token.issued&limit=1");
            let event = tenant.owner.get(&events).await.expect(200).json()["items"][0].clone();
            assert_eq!(event["actor"]["id"], robot.id.to_string());
            assert_eq!(event["actor"]["type"], "app");
            assert_eq!(event["target"]["id"], robot.id.to_string());
            assert_eq!(event["changes"]["after"]["scopes"], json!(["projects:read"]));
            assert_eq!(event["changes"]["after"]["format"], format);
            let last = token.rsplit('.').next().unwrap();
            for (table, rows) in app.db_dump(&[]).await {
                assert!(!rows.contains(last) && !rows.contains(&robot.secret), "{table} holds a secret");
            }
            refused(robot.asks(&[("scope", "members:invite")]).await, 400, "invalid_scope");
        }
        let issued = "select count(*) from audit_events where action = 'token.issued'";
        assert_eq!(app.db_number(issued).await, 2);
    })
    .await;
}

#[tokio::test]
async fn an_app_has_only_so_many_tokens_at_a_time() {
    for backend in [Backend::Sqlite, Backend::Postgres] {
        let app = TestApp::start_with(backend, |config| config.limits.tokens_per_app = 2).await;
        let tenant = tenant(&app, "acme").await;
        let robot = Robot::of(&app, &tenant, &["viewer"], "opaque").await;
        let other = Robot::of(&app, &tenant, &["viewer"], "opaque").await;
        let signing = Robot::of(&app, &tenant, &["viewer"], "jwt").await;
        let first = robot.token("projects:read").await;
        app.clock.advance(Duration::from_mins(10));
        robot.token("projects:read").await;
        let full = refused(robot.asks(&[]).await, 429, "temporarily_unavailable");
        // Until the first of them ends.
        assert_eq!(full.header("retry-after"), Some("3000"));
        other.token("projects:read").await;
        for _ in 0..3 {
            signing.token("projects:read").await;
        }
        robot.sends("/oauth/revoke", &[("token", &first)]).await.expect(200);
        robot.token("projects:read").await;
        refused(robot.asks(&[]).await, 429, "temporarily_unavailable");
        app.clock.advance(Duration::from_hours(1));
        robot.token("projects:read").await;
    }
}
