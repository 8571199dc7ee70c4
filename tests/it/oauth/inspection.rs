//! What others may know of a token, and who ends it.

use std::time::Duration;

use serde_json::{Value, json};

use super::robot::{Robot, basic, form, refused, tenant};
use crate::harness::app::{ORIGIN, each_database};

#[tokio::test]
async fn a_client_sees_what_a_token_of_its_tenant_is_good_for_now() {
    each_database(async |app| {
        let tenant = tenant(&app, "acme").await;
        let service = Robot::of(&app, &tenant, &[], "opaque").await;
        let robots = [
            Robot::of(&app, &tenant, &["admin"], "opaque").await,
            Robot::of(&app, &tenant, &["admin"], "jwt").await,
        ];
        for robot in robots {
            let token = robot.token("members:invite members:read").await;
            let seen = async || service.sends("/oauth/introspect", &[("token", &token)]).await.expect(200).json();
            let now = app.clock.now().seconds();
            let mut active = seen().await;
            assert!(active["jti"].is_string(), "{active}");
            active.as_object_mut().unwrap().remove("jti");
            let expected = json!({
                "active": true, "sub": robot.id, "client_id": robot.client_id, "scope": "members:read members:invite",
                "exp": now + 3_600, "iat": now, "aud": ORIGIN, "iss": ORIGIN, "token_type": "Bearer", "tenant": tenant.id,
            });
            assert_eq!(active, expected);
            robot.is(json!({ "roles": ["viewer"] })).await;
            assert_eq!(seen().await["scope"], "members:read", "a lost right is not said to be there");
            robot.is(json!({ "enabled": false })).await;
            assert_eq!(seen().await, json!({ "active": false }));
            robot.is(json!({ "enabled": true })).await;
            assert_eq!(seen().await["active"], true);
            app.clock.advance(Duration::from_hours(1));
            assert_eq!(seen().await, json!({ "active": false }), "it is over");
        }
    })
    .await;
}

#[tokio::test]
async fn a_personal_token_is_its_persons() {
    each_database(async |app| {
        let tenant = tenant(&app, "acme").await;
        let service = Robot::of(&app, &tenant, &[], "opaque").await;
        let person = app.person("pat").await;
        person.joins(&tenant, "viewer").await;
        let token = app.db_token(&tenant, &person, "projects:read members:invite").await;
        let seen = service.sends("/oauth/introspect", &[("token", &token.text)]).await.expect(200).json();
        assert_eq!((&seen["sub"], &seen["username"]), (&json!(person.id), &json!("pat")));
        assert_eq!(seen["client_id"], Value::Null);
        assert_eq!((&seen["scope"], &seen["jti"]), (&json!("projects:read"), &json!(token.id)));
        tenant.owner.delete(&tenant.api(&format!("/members/{}", person.id))).await.expect(204);
        let seen = service.sends("/oauth/introspect", &[("token", &token.text)]).await.expect(200);
        assert_eq!(seen.text(), r#"{"active":false}"#);
    })
    .await;
}

#[tokio::test]
async fn of_what_is_not_a_token_of_the_callers_tenant_nothing_is_said() {
    each_database(async |app| {
        let (acme, other) = (tenant(&app, "acme").await, tenant(&app, "other").await);
        let service = Robot::of(&app, &acme, &["admin"], "opaque").await;
        let stranger = Robot::of(&app, &other, &["admin"], "opaque").await;
        let signing = Robot::of(&app, &other, &["admin"], "jwt").await;
        let mut texts = vec![
            stranger.token("projects:read").await,
            signing.token("projects:read").await,
            app.db_token(&other, &other.owner, "projects:read").await.text,
            service.secret.clone(),
            stranger.secret.clone(),
        ];
        texts.extend(["x", "fha_", "a.b.c", "é", "\u{0}"].map(str::to_owned));
        for text in texts {
            let answer = service.sends("/oauth/introspect", &[("token", &text)]).await.expect(200);
            assert_eq!(answer.text(), r#"{"active":false}"#, "{text}");
            assert_eq!(answer.header("cache-control"), Some("no-store"));
        }
        refused(service.sends("/oauth/introspect", &[]).await, 400, "invalid_request");
        let token = [("token", "x")];
        refused(form(&app, "/oauth/introspect", None, &token).await, 401, "invalid_client");
        refused(form(&app, "/oauth/introspect", Some("Basic YTpi"), &token).await, 401, "invalid_client");
    })
    .await;
}

#[tokio::test]
async fn an_app_that_does_not_work_neither_looks_into_tokens_nor_ends_them() {
    each_database(async |app| {
        let tenant = tenant(&app, "acme").await;
        let robot = Robot::of(&app, &tenant, &["viewer"], "opaque").await;
        let other = Robot::of(&app, &tenant, &["viewer"], "opaque").await;
        let token = robot.token("projects:read").await;
        let tries = async |authorization: &str| {
            for path in ["/oauth/introspect", "/oauth/revoke"] {
                let answer = form(&app, path, Some(authorization), &[("token", &token)]).await;
                refused(answer, 401, "invalid_client");
            }
        };
        tries(&basic(&robot.client_id, &other.secret)).await;
        robot.is(json!({ "enabled": false })).await;
        tries(&robot.basic()).await;
        robot.is(json!({ "enabled": true })).await;
        robot.calls(&token, "/api/v1/me").await.expect(200);
        app.clock.advance(Duration::from_hours(24 * 90));
        tries(&robot.basic()).await;
    })
    .await;
}

#[tokio::test]
async fn a_bearer_needs_tokens_read_to_look_into_tokens() {
    each_database(async |app| {
        let tenant = tenant(&app, "acme").await;
        let robot = Robot::of(&app, &tenant, &["viewer"], "opaque").await;
        let token = robot.token("projects:read").await;
        let asks = async |bearer: &str| {
            form(&app, "/oauth/introspect", Some(&format!("Bearer {bearer}")), &[("token", &token)]).await
        };
        let reader = app.db_token(&tenant, &tenant.owner, "tokens:read").await.text;
        assert_eq!(asks(&reader).await.expect(200).json()["active"], true);
        let narrow = app.db_token(&tenant, &tenant.owner, "projects:read").await.text;
        let answer = refused(asks(&narrow).await, 403, "insufficient_scope");
        assert!(answer.header("www-authenticate").unwrap().contains("scope=\"tokens:read\""));
        let answer = refused(asks("fhp_nonsense").await, 401, "invalid_token");
        assert!(answer.header("www-authenticate").unwrap().starts_with("Bearer "));
        let fields = [("token", token.as_str()), ("client_secret", "x")];
        let both = form(&app, "/oauth/introspect", Some(&format!("Bearer {reader}")), &fields).await;
        refused(both, 400, "invalid_request");
    })
    .await;
}

#[tokio::test]
async fn an_app_ends_its_own_tokens_and_nobody_elses() {
    each_database(async |app| {
        let tenant = tenant(&app, "acme").await;
        let robot = Robot::of(&app, &tenant, &["viewer"], "opaque").await;
        let other = Robot::of(&app, &tenant, &["admin"], "opaque").await;
        let (own, kept) = (robot.token("projects:read").await, robot.token("projects:read").await);
        let others = other.token("projects:read").await;
        let personal = app.db_token(&tenant, &tenant.owner, "projects:read").await.text;
        let before = app.db_number("select count(*) from audit_events where action = 'token.revoked'").await;
        for text in [others.as_str(), &personal, "nonsense", &robot.secret] {
            robot.sends("/oauth/revoke", &[("token", text)]).await.expect(200);
        }
        for token in [&others, &personal] {
            other.calls(token, "/api/v1/me").await.expect(200);
        }
        let hinted = [("token", own.as_str()), ("token_type_hint", "refresh_token")];
        let answer = robot.sends("/oauth/revoke", &hinted).await.expect(200);
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        robot.calls(&own, "/api/v1/me").await.problem(401, "invalid-token");
        robot.calls(&kept, "/api/v1/me").await.expect(200);
        robot.sends("/oauth/revoke", &hinted).await.expect(200);
        let after = app.db_number("select count(*) from audit_events where action = 'token.revoked'").await;
        assert_eq!(after - before, 1, "one line for the one that ended");
        refused(robot.sends("/oauth/revoke", &[]).await, 400, "invalid_request");
        refused(form(&app, "/oauth/revoke", None, &[("token", &kept)]).await, 401, "invalid_client");
    })
    .await;
}
