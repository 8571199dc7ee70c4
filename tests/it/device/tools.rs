//! What a tool is told while it waits, and what it gets.

use std::time::Duration;

use freehold::authz::platform::PlatformRole;
use futures_util::future::join_all;
use serde_json::json;

use super::tool::{GRANT, Tool, scene};
use crate::harness::app::{Backend, ORIGIN, TestApp, each_database};

#[tokio::test]
async fn a_tool_that_was_let_in_acts_for_the_person() {
    each_database(async |app| {
        let (tenant, bob, tool) = scene(&app, "member").await;
        let waiting = tool.waits_for("projects:read members:invite projects:update").await;
        let started = &waiting.started;
        assert_eq!((&started["expires_in"], &started["interval"]), (&json!(600), &json!(5)));
        assert_eq!(started["verification_uri"], format!("{ORIGIN}/device"));
        let complete = format!("{ORIGIN}/device?user_code={}", waiting.user_code);
        assert_eq!(started["verification_uri_complete"], complete);
        Tool::is_told(&tool.fetches(&waiting).await, "authorization_pending");

        let answered = waiting.approved_by(&bob, "projects:read projects:update").await.expect(303);
        assert_eq!(answered.header("location"), Some("/device?done=tool-let-in"));
        let issued = tool.fetches(&waiting).await.expect(200);
        assert_eq!(issued.header("cache-control"), Some("no-store"));
        let issued = issued.json();
        assert_eq!(
            (&issued["token_type"], &issued["expires_in"]),
            (&json!("Bearer"), &json!(90 * 24 * 3600))
        );
        assert_eq!(issued["scope"], "projects:read projects:update");
        let token = issued["access_token"].as_str().unwrap();
        assert!(token.starts_with("fhp_"), "{token}");
        let program = bob.program(token);
        let me = program.get("/api/v1/me").await.expect(200).json();
        assert_eq!((&me["id"], &me["principal"]), (&json!(bob.id), &json!("user")));
        program.get(&tenant.api("/projects")).await.expect(200);
        program.get(&tenant.api("/members")).await.problem(403, "insufficient-scope");
        let listed = bob.get(&tenant.api("/tokens")).await.expect(200).json();
        assert_eq!(listed["items"][0]["name"], "Deploy tool");
        assert_eq!(listed["items"][0]["scopes"], json!(["projects:read", "projects:update"]));

        Tool::is_told(&tool.fetches(&waiting).await, "invalid_grant");
        for action in ["device.approved", "token.created"] {
            let sql = format!("select count(*) from audit_events where action = '{action}'");
            assert_eq!(app.db_number(&sql).await, 1, "{action}");
        }
    })
    .await;
}

#[tokio::test]
async fn of_twenty_who_fetch_at_once_one_gets_the_token() {
    each_database(async |app| {
        let (_, bob, tool) = scene(&app, "member").await;
        let waiting = tool.waits_for("projects:read").await;
        waiting.approved_by(&bob, "projects:read").await.expect(303);
        let answers = join_all((0..20).map(|_| tool.fetches(&waiting))).await;
        let (got, others): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 200);
        assert_eq!(got.len(), 1);
        for other in others {
            Tool::is_told(other, "invalid_grant");
        }
        assert_eq!(app.db_number("select count(*) from tokens").await, 1);
        let events = "select count(*) from audit_events where action = 'token.created'";
        assert_eq!(app.db_number(events).await, 1);
    })
    .await;
}

#[tokio::test]
async fn a_tool_that_asks_too_often_is_slowed_down() {
    each_database(async |app| {
        let (_, _, tool) = scene(&app, "member").await;
        let waiting = tool.waits_for("projects:read").await;
        let after = async |seconds: u64, code: &str| {
            app.clock.advance(Duration::from_secs(seconds));
            Tool::is_told(&tool.fetches(&waiting).await, code);
        };
        after(0, "authorization_pending").await;
        after(5, "authorization_pending").await;
        after(4, "slow_down").await;
        after(9, "slow_down").await;
        after(14, "slow_down").await;
        after(20, "authorization_pending").await;
        after(20, "authorization_pending").await;
        for _ in 0..20 {
            after(0, "slow_down").await;
        }
        after(60, "authorization_pending").await;
    })
    .await;
}

#[tokio::test]
async fn a_tool_waits_ten_minutes() {
    each_database(async |app| {
        let (_, bob, tool) = scene(&app, "member").await;
        let waiting = tool.waits_for("projects:read").await;
        let approved = tool.waits_for("projects:read").await;
        approved.approved_by(&bob, "projects:read").await.expect(303);
        app.clock.advance(Duration::from_mins(10));
        Tool::is_told(&tool.fetches(&waiting).await, "expired_token");
        Tool::is_told(&tool.fetches(&approved).await, "expired_token");
        bob.post_form("/device", &[("user_code", &waiting.user_code)]).await.expect(422);
        assert_eq!(app.db_number("select count(*) from tokens").await, 0);
        let mut on = app.state.database.upkeep().await.unwrap();
        let now = app.clock.now() + Duration::from_secs(1);
        freehold::db::expired_rows(&mut on, now).await.unwrap();
        drop(on);
        assert_eq!(app.db_number("select count(*) from device_requests").await, 0, "and is forgotten");
    })
    .await;
}

#[tokio::test]
async fn a_tool_gets_no_token_where_there_is_room_for_none() {
    for backend in [Backend::Sqlite, Backend::Postgres] {
        let app = TestApp::start_with(backend, |config| config.limits.tokens_per_member = 1).await;
        let (tenant, bob, tool) = scene(&app, "member").await;
        let waiting = tool.waits_for("projects:read").await;
        waiting.approved_by(&bob, "projects:read").await.expect(303);
        let token = bob.mints(&tenant, &["projects:read"]).await;
        Tool::is_told(&tool.fetches(&waiting).await, "access_denied");
        assert_eq!(app.db_number("select count(*) from tokens").await, 1);
        token.get("/api/v1/me").await.expect(200);
        let refused = tool.waits_for("projects:read").await.approved_by(&bob, "projects:read").await;
        assert_eq!(refused.status, 409, "{}", refused.text());
    }
}

#[tokio::test]
async fn a_tool_gets_no_more_than_the_person_may_when_it_fetches() {
    each_database(async |app| {
        let (tenant, bob, tool) = scene(&app, "admin").await;
        let becomes = async |role: &str| {
            let path = tenant.api(&format!("/members/{}/roles", bob.id));
            tenant.owner.put(&path, json!({ "roles": [role] })).await.expect(200);
        };
        let both = "members:invite projects:read";
        // Lost since, and gained since.
        let waiting = tool.waits_for("projects:read members:invite").await;
        waiting.approved_by(&bob, both).await.expect(303);
        becomes("member").await;
        let second = tool.waits_for("projects:read members:invite").await;
        second.approved_by(&bob, "projects:read").await.expect(303);
        assert_eq!(tool.fetches(&waiting).await.expect(200).json()["scope"], "projects:read");
        becomes("admin").await;
        assert_eq!(tool.fetches(&second).await.expect(200).json()["scope"], "projects:read");
        // Nobody makes tokens who may not any more, or is none of the tenant's.
        let waiting = tool.waits_for("projects:read").await;
        waiting.approved_by(&bob, "projects:read").await.expect(303);
        becomes("viewer").await;
        Tool::is_told(&tool.fetches(&waiting).await, "access_denied");
        becomes("admin").await;
        let olu = app.person("olu").await;
        olu.operates(PlatformRole::Operator).await;
        let person = |verb: &str| format!("/api/v1/operator/users/{}/{verb}", bob.id);
        olu.post_json(&person("disable"), json!({ "reason": "A trial." })).await.expect(200);
        Tool::is_told(&tool.fetches(&waiting).await, "access_denied");
        olu.post_json(&person("enable"), json!({})).await.expect(200);
        assert_eq!(app.db_number("select count(*) from tokens").await, 2);
        tenant.owner.delete(&tenant.api(&format!("/members/{}", bob.id))).await.expect(204);
        Tool::is_told(&tool.fetches(&waiting).await, "access_denied");
        assert_eq!(app.db_number("select count(*) from tokens").await, 0, "and theirs are gone");
    })
    .await;
}

#[tokio::test]
async fn a_tool_says_who_it_is_and_what_it_wants() {
    each_database(async |app| {
        let (tenant, bob, tool) = scene(&app, "member").await;
        for scope in ["*", "projects:*", "tokens:create", "apps:secrets", "projects:read  members:read"] {
            Tool::is_told(&tool.asks_for(scope).await, "invalid_scope");
        }
        Tool::is_told(&tool.asks_for("").await, "invalid_request");
        let stranger = Tool { client_id: "fhc_nobody".to_owned(), path: String::new(), app: &app };
        assert_eq!(stranger.asks_for("projects:read").await.expect(401).json()["error"], "invalid_client");
        // Whoever proves who they are is held to it.
        let secret = [("scope", "projects:read"), ("client_secret", "fhs_wrong")];
        let proved = tool.sends("/oauth/device_authorization", &secret).await;
        assert_eq!(proved.expect(401).json()["error"], "invalid_client");

        let waiting = tool.waits_for("projects:read").await;
        waiting.approved_by(&bob, "projects:read").await.expect(303);
        let other = Tool::of(&app, &tenant).await;
        Tool::is_told(&other.fetches(&waiting).await, "invalid_grant");
        let nonsense = [("grant_type", GRANT), ("device_code", waiting.user_code.as_str())];
        Tool::is_told(&tool.sends("/oauth/token", &nonsense).await, "invalid_grant");
        Tool::is_told(&tool.sends("/oauth/token", &[("grant_type", GRANT)]).await, "invalid_request");

        tenant.owner.patch(&tool.path, json!({ "enabled": false })).await.expect(200);
        for answer in [tool.fetches(&waiting).await, tool.asks_for("projects:read").await] {
            assert_eq!(answer.expect(401).json()["error"], "invalid_client");
        }
        tenant.owner.patch(&tool.path, json!({ "enabled": true })).await.expect(200);
        tool.fetches(&waiting).await.expect(200);
    })
    .await;
}
