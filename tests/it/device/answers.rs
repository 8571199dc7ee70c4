//! What the person is shown, and who may answer.

use std::time::Duration;

use serde_json::json;

use super::tool::{Tool, scene};
use crate::harness::app::each_database;

#[tokio::test]
async fn the_page_says_who_asks_and_what_it_would_be_able_to_do() {
    each_database(async |app| {
        let (_, bob, tool) = scene(&app, "member").await;
        let waiting = tool.waits_for("projects:update members:invite").await;
        let complete = format!("/device?user_code={}", waiting.user_code);
        let form = bob.get(&complete).await.expect(200).text();
        assert!(form.contains(&format!("value=\"{}\"", waiting.user_code)), "{form}");
        let signing_in = app.anonymous().get(&complete).await.expect(303);
        assert!(signing_in.header("location").unwrap().contains("return_to=%2Fdevice%3Fuser_code"));

        let page = bob.get(&waiting.entered_by(&bob).await).await.expect(200).text();
        let (given, not_given) = page.split_once("and does not get it").expect("two lists");
        let catalogue = app.state.authz.catalogue();
        let sentence =
            |name: &str| catalogue.info(catalogue.get(name).unwrap()).description.replace('\'', "&#39;");
        for said in ["Deploy tool", "acme", "bob", "projects:update", &sentence("projects:update")] {
            assert!(given.contains(said), "{said}: {page}");
        }
        for said in ["members:invite", &sentence("members:invite")] {
            assert!(not_given.contains(said) && !given.contains(said), "{said}: {page}");
        }
    })
    .await;
}

#[tokio::test]
async fn only_who_typed_the_code_answers() {
    each_database(async |app| {
        let (tenant, bob, tool) = scene(&app, "member").await;
        let waiting = tool.waits_for("projects:read").await;
        let page = waiting.entered_by(&bob).await;
        let scopes = [("scopes", "projects:read")];
        tenant.owner.get(&page).await.expect(404);
        tenant.owner.post_form(&format!("{page}/approve"), &scopes).await.expect(404);
        tenant.owner.post_form(&format!("{page}/decline"), &[]).await.expect(409);
        Tool::is_told(&tool.fetches(&waiting).await, "authorization_pending");
        bob.post_form(&format!("{page}/approve"), &scopes).await.expect(303);
        // Once answered it is not answered again, and its code leads nowhere.
        bob.get(&page).await.expect(404);
        bob.post_form(&format!("{page}/decline"), &[]).await.expect(409);
        tenant.owner.post_form("/device", &[("user_code", &waiting.user_code)]).await.expect(422);
        let issued = tool.fetches(&waiting).await.expect(200).json();
        let me = bob.program(issued["access_token"].as_str().unwrap()).get("/api/v1/me").await.expect(200);
        assert_eq!(me.json()["id"], json!(bob.id));
    })
    .await;
}

#[tokio::test]
async fn a_tool_that_was_turned_away_gets_nothing() {
    each_database(async |app| {
        let (_, bob, tool) = scene(&app, "member").await;
        let waiting = tool.waits_for("projects:read").await;
        let page = waiting.entered_by(&bob).await;
        let answered = bob.post_form(&format!("{page}/decline"), &[]).await.expect(303);
        assert_eq!(answered.header("location"), Some("/device?done=tool-turned-away"));
        for _ in 0..2 {
            Tool::is_told(&tool.fetches(&waiting).await, "access_denied");
        }
        let events = "select count(*) from audit_events where action = 'device.declined'";
        assert_eq!(app.db_number(events).await, 1);
        assert_eq!(app.db_number("select count(*) from tokens").await, 0);
    })
    .await;
}

#[tokio::test]
async fn letting_a_tool_in_asks_for_a_fresh_sign_in() {
    each_database(async |app| {
        let (_, bob, tool) = scene(&app, "member").await;
        app.clock.advance(Duration::from_mins(11));
        let waiting = tool.waits_for("projects:read").await;
        let page = waiting.entered_by(&bob).await;
        let asked = bob.get(&page).await.expect(403);
        assert!(asked.text().contains("return_to"), "it leads to the sign-in and back");
        let refused = bob.post_form(&format!("{page}/approve"), &[("scopes", "projects:read")]).await;
        refused.expect(403);
        Tool::is_told(&tool.fetches(&waiting).await, "authorization_pending");
    })
    .await;
}

#[tokio::test]
async fn letting_a_tool_in_takes_what_minting_a_token_takes() {
    each_database(async |app| {
        let (tenant, vic, tool) = scene(&app, "viewer").await;
        let waiting = tool.waits_for("projects:read").await;
        let page = waiting.entered_by(&vic).await;
        assert!(!vic.get(&page).await.expect(200).text().contains("Let it in</button>"));
        let denied = vic.post_form(&format!("{page}/approve"), &[("scopes", "projects:read")]).await;
        assert!(denied.expect(403).text().contains("tokens:create"));
        let denials =
            "select count(*) from audit_events where outcome = 'denied' and action = 'tokens:create'";
        assert_eq!(app.db_number(denials).await, 1);
        Tool::is_told(&tool.fetches(&waiting).await, "authorization_pending");

        // What was shown is what is given.
        let bob = app.person("member").await;
        bob.joins(&tenant, "member").await;
        let waiting = tool.waits_for("projects:read members:invite").await;
        waiting.approved_by(&bob, "projects:read members:invite").await.expect(409);
        let nothing = tool.waits_for("members:invite").await;
        nothing.approved_by(&bob, "").await.expect(409);
        Tool::is_told(&tool.fetches(&waiting).await, "authorization_pending");
    })
    .await;
}
