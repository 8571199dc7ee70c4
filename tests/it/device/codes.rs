//! The two codes: not to be found by trying, and nowhere to be read.

use std::time::Duration;

use super::tool::scene;
use crate::harness::app::each_database;

#[tokio::test]
async fn a_code_is_not_found_by_trying() {
    each_database(async |app| {
        let (tenant, bob, tool) = scene(&app, "member").await;
        let waiting = tool.waits_for("projects:read").await;
        for _ in 0..10 {
            bob.post_form("/device", &[("user_code", "BCDF-GHJK")]).await.expect(422);
        }
        let right = [("user_code", waiting.user_code.as_str())];
        let refused = bob.post_form("/device", &right).await.expect(429);
        assert_eq!(refused.header("retry-after"), Some("600"));
        tenant.owner.post_form("/device", &right).await.expect(303);
        app.clock.advance(Duration::from_mins(10));
        let waiting = tool.waits_for("projects:read").await;
        waiting.entered_by(&bob).await;
    })
    .await;
}

#[tokio::test]
async fn a_code_leads_nobody_into_a_tenant_they_are_not_in() {
    each_database(async |app| {
        let (_, _, tool) = scene(&app, "member").await;
        let waiting = tool.waits_for("projects:read").await;
        let stranger = app.person("stranger").await;
        let typed = async |code: &str| {
            let answer = stranger.post_form("/device", &[("user_code", code)]).await.expect(422);
            let (status, _, text) = answer.without_request_id();
            assert!(!text.contains("Deploy tool"), "{text}");
            // The form's token is masked anew on every page.
            let start = text.find("name=\"form_token\"").unwrap();
            let end = start + text[start..].find('>').unwrap();
            (status, format!("{}{}", &text[..start], &text[end..]).replace(code, "…"))
        };
        assert_eq!(typed(&waiting.user_code).await, typed("BCDF-GHJK").await);
    })
    .await;
}

#[tokio::test]
async fn no_code_is_stored_as_it_is() {
    each_database(async |app| {
        let (_, bob, tool) = scene(&app, "member").await;
        let waiting = tool.waits_for("projects:read").await;
        waiting.approved_by(&bob, "projects:read").await.expect(303);
        let token =
            tool.fetches(&waiting).await.expect(200).json()["access_token"].as_str().unwrap().to_owned();
        let letters = waiting.user_code.replace('-', "");
        for (table, rows) in app.db_dump(&[]).await {
            for secret in [&waiting.device_code, &waiting.user_code, &letters, &token] {
                assert!(!rows.contains(secret.as_str()), "{table}");
            }
        }
    })
    .await;
}
