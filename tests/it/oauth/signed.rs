//! Signed access tokens at the API: as good as others, and no better.

use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use serde_json::{Value, json};

use super::robot::{Robot, refused, tenant};
use crate::harness::app::{ORIGIN, each_database};

fn part(token: &str, which: usize) -> Value {
    serde_json::from_slice(&BASE64.decode(token.split('.').nth(which).unwrap()).unwrap()).unwrap()
}

#[tokio::test]
async fn a_signed_token_says_what_rfc_9068_asks() {
    each_database(async |app| {
        let tenant = tenant(&app, "acme").await;
        let robot = Robot::of(&app, &tenant, &["viewer"], "jwt").await;
        let token = robot.token("projects:read members:read").await;
        let keys = app.anonymous().get("/.well-known/jwks.json").await.expect(200).json();
        let kid = &keys["keys"][0]["kid"];
        assert_eq!(part(&token, 0), json!({ "typ": "at+jwt", "alg": "ES256", "kid": kid }));
        let mut claims = part(&token, 1);
        assert!(claims.as_object_mut().unwrap().remove("jti").is_some());
        let now = app.clock.now().seconds();
        let expected = json!({
            "iss": ORIGIN, "sub": robot.id, "aud": ORIGIN, "client_id": robot.client_id, "tenant": tenant.id,
            "scope": "members:read projects:read", "iat": now, "exp": now + 3_600,
        });
        assert_eq!(claims, expected);
        let me = robot.calls(&token, "/api/v1/me").await.expect(200).json();
        assert_eq!(me["client_id"], robot.client_id);
    })
    .await;
}

#[tokio::test]
async fn a_signed_token_works_in_its_tenant_within_its_scope_and_its_apps_roles() {
    each_database(async |app| {
        let (acme, other) = (tenant(&app, "acme").await, tenant(&app, "other").await);
        let robot = Robot::of(&app, &acme, &["admin"], "jwt").await;
        let token = robot.token("members:read members:invite").await;
        let missing = robot.calls(&token, "/api/v1/tenants/nothing/members").await.problem(404, "not-found");
        let foreign = robot.calls(&token, &other.api("/members")).await.problem(404, "not-found");
        assert_eq!(foreign.without_request_id(), missing.without_request_id());
        robot.calls(&token, &acme.api("/members")).await.expect(200);
        robot.calls(&token, &acme.api("/audit-events")).await.problem(403, "insufficient-scope");
        robot.is(json!({ "roles": [] })).await;
        robot.calls(&token, &acme.api("/members")).await.problem(403, "forbidden");
        robot.is(json!({ "roles": ["viewer"], "enabled": false })).await;
        robot.calls(&token, &acme.api("/members")).await.problem(401, "invalid-token");
        robot.is(json!({ "enabled": true })).await;
        robot.calls(&token, &acme.api("/members")).await.expect(200);
        refused(robot.sends("/oauth/revoke", &[("token", &token)]).await, 400, "unsupported_token_type");
        acme.owner.delete(&robot.path("")).await.expect(204);
        robot.calls(&token, &acme.api("/members")).await.problem(401, "invalid-token");
    })
    .await;
}

#[tokio::test]
async fn an_altered_signed_token_is_none() {
    each_database(async |app| {
        let tenant = tenant(&app, "acme").await;
        let robot = Robot::of(&app, &tenant, &["admin"], "jwt").await;
        let token = robot.token("members:read").await;
        let [head, claims, signature] = token.split('.').collect::<Vec<_>>()[..] else {
            panic!("three parts")
        };
        let with = |which: usize, name: &str, value: Value| {
            let mut part = part(&token, which);
            part[name] = value;
            BASE64.encode(part.to_string())
        };
        let now = app.clock.now().seconds();
        let mut altered = vec![
            format!("{head}.{claims}."),
            format!("{head}.{claims}"),
            format!("{head}.{claims}.{signature}="),
            format!("{head}.{claims}.{signature}.x"),
            format!("..{signature}"),
            token.to_uppercase(),
            format!("{token} "),
            format!("{}.{claims}.", with(0, "alg", json!("none"))),
            format!("{}.{claims}.{signature}", with(0, "alg", json!("HS256"))),
            format!("{}.{claims}.{signature}", with(0, "typ", json!("JWT"))),
            format!("{}.{claims}.{signature}", with(0, "kid", json!("other"))),
            format!("{head}.{}.{signature}", with(1, "scope", json!("members:invite"))),
            format!("{head}.{}.{signature}", with(1, "exp", json!(now + 7_200))),
            format!("{head}.{}.{signature}", with(1, "tenant", json!("other"))),
        ];
        for place in (0..token.len()).step_by(token.len() / 48) {
            let other = if token.as_bytes()[place] == b'A' { "B" } else { "A" };
            altered.push(format!("{}{other}{}", &token[..place], &token[place + 1..]));
        }
        assert!(altered.len() >= 60, "{}", altered.len());
        for text in altered {
            robot.calls(&text, "/api/v1/me").await.problem(401, "invalid-token");
        }
        robot.calls(&token, "/api/v1/me").await.expect(200);
    })
    .await;
}

#[tokio::test]
async fn tokens_signed_before_and_after_a_rotation_work() {
    use freehold::db::Sealer;
    use freehold::oauth::keys::{Rotation, rotate};
    each_database(async |app| {
        let tenant = tenant(&app, "acme").await;
        let robot = Robot::of(&app, &tenant, &["viewer"], "jwt").await;
        let before = robot.token("members:read").await;
        let sealer = Sealer::new(b"a secret of these tests that is long enough");
        rotate(&app.state.database, &sealer, Rotation::After(Rotation::SOON)).await.unwrap();
        app.clock.advance(Rotation::SOON);
        let after = crate::harness::until(Duration::from_secs(20), async || {
            let token = robot.token("members:read").await;
            (part(&token, 0)["kid"] != part(&before, 0)["kid"]).then_some(token)
        });
        for token in [&before, &after.await.expect("the new key signs")] {
            robot.calls(token, &tenant.api("/members")).await.expect(200);
        }
    })
    .await;
}
