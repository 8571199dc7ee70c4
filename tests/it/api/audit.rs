//! The audit log over the API: found by every filter, and taken away as a file.

use std::time::Duration;

use http::Method;
use http_body_util::BodyExt as _;
use serde_json::{Value, json};

use crate::harness::app::{Person, Tenant, TestApp, each_database};

/// Acme, where Ada made Ben a viewer, renamed the tenant, and Ben was refused.
async fn acme(app: &TestApp) -> (Person, Person, Tenant) {
    let ada = app.person("ada").await;
    let acme = app.tenant_of(&ada, "acme").await;
    let ben = app.person("=ben").await;
    app.clock.advance(Duration::from_hours(1));
    ben.joins(&acme, "viewer").await;
    ada.patch(&acme.api(""), json!({ "name": "Acme \"2\", Ltd" })).await.expect(200);
    ben.patch(&acme.api(""), json!({ "name": "Mine" })).await.expect(403);
    (ada, ben, acme)
}

fn actions(page: &Value) -> Vec<&str> {
    page["items"].as_array().unwrap().iter().map(|item| item["action"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn events_come_newest_first_with_all_that_is_known() {
    each_database(async |app| {
        let (ada, ben, acme) = acme(&app).await;
        let page = ada.get(&acme.api("/audit-events")).await.expect(200).json();
        let all = [
            "tenant:update",
            "tenant.updated",
            "invitation.accepted",
            "invitation.created",
            "tenant.created",
        ];
        assert_eq!(actions(&page), all);
        let (denied, renamed) = (&page["items"][0], &page["items"][1]);
        assert_eq!((&denied["outcome"], &denied["actor"]["id"]), (&json!("denied"), &json!(ben.id)));
        assert_eq!((&renamed["sequence"], &renamed["outcome"]), (&json!(4), &json!("done")));
        assert_eq!(renamed["changes"]["after"]["name"], "Acme \"2\", Ltd");
        assert_eq!(renamed["target"]["type"], "tenant");
        assert_eq!(renamed["hash"].as_str().unwrap().len(), 64);
        for field in ["id", "at", "ip", "request_id"] {
            assert!(renamed[field].is_string(), "{field}");
        }
        ben.get(&acme.api("/audit-events")).await.problem(403, "forbidden");
        ben.get(&acme.api("/audit-events/export?format=csv")).await.problem(403, "forbidden");
    })
    .await;
}

#[tokio::test]
async fn each_filter_narrows_and_all_of_them_hold() {
    each_database(async |app| {
        let (ada, ben, acme) = acme(&app).await;
        let find = async |query: &str| {
            let page = ada.get(&acme.api(&format!("/audit-events?{query}"))).await.expect(200).json();
            actions(&page).join(" ")
        };
        assert_eq!(find(&format!("actor={}", ben.id)).await, "tenant:update invitation.accepted");
        assert_eq!(find("action=tenant.updated").await, "tenant.updated");
        assert_eq!(find(&format!("target={}", acme.id)).await, "tenant.updated tenant.created");
        assert_eq!(find("outcome=denied").await, "tenant:update");
        assert_eq!(find("outcome=failed").await, "");
        assert_eq!(find(&format!("outcome=done&actor={}", ben.id)).await, "invitation.accepted");
        let (now, before) = (app.clock.now(), app.clock.now() - Duration::from_mins(30));
        assert_eq!(find(&format!("to={before}")).await, "tenant.created");
        assert_eq!(find(&format!("from={before}&target={}", acme.id)).await, "tenant.updated");
        assert_eq!(find(&format!("from={}", now + Duration::from_secs(1))).await, "");
        for query in [
            "actor=ada",
            "outcome=maybe",
            "from=today",
            "to=",
            "limit=0",
            "limit=201",
            "colour=red",
            "action=%00",
            "target=%0a",
        ] {
            ada.get(&acme.api(&format!("/audit-events?{query}"))).await.problem(422, "invalid");
            ada.get(&acme.api(&format!("/audit-events/export?format=csv&{query}")))
                .await
                .problem(422, "invalid");
        }
        ada.get(&acme.api("/audit-events/export")).await.problem(422, "invalid");
        ada.get(&acme.api("/audit-events/export?format=xml")).await.problem(422, "invalid");
    })
    .await;
}

#[tokio::test]
async fn a_cursor_leads_on_in_its_list_only() {
    each_database(async |app| {
        let (ada, _, acme) = acme(&app).await;
        let blue = app.tenant_of(&ada, "blue").await;
        let mut seen = Vec::new();
        let mut cursor = String::new();
        loop {
            let page = ada.get(&acme.api(&format!("/audit-events?limit=2{cursor}"))).await.expect(200).json();
            seen.extend(
                page["items"].as_array().unwrap().iter().map(|item| item["sequence"].as_i64().unwrap()),
            );
            let Some(next) = page["next_cursor"].as_str() else { break };
            cursor = format!("&cursor={next}");
        }
        assert_eq!(seen, [5, 4, 3, 2, 1]);
        for elsewhere in [
            blue.api(&format!("/audit-events?{cursor}")),
            acme.api(&format!("/audit-events?outcome=done{cursor}")),
            acme.api(&format!("/members?{cursor}")),
            acme.api(&format!("/audit-events?{cursor}x")),
        ] {
            ada.get(&elsewhere.replace("?&", "?")).await.problem(422, "invalid");
        }
    })
    .await;
}

#[tokio::test]
async fn the_whole_log_is_taken_away_as_a_file() {
    each_database(async |app| {
        let (ada, _, acme) = acme(&app).await;
        // More than one chunk has.
        for number in 0..600 {
            ada.patch(&acme.api(""), json!({ "name": format!("Acme {number}") })).await.expect(200);
        }
        let answer = ada.get(&acme.api("/audit-events/export?format=jsonl")).await.expect(200);
        assert_eq!(answer.header("content-type"), Some("application/jsonl"));
        let lines: Vec<Value> =
            answer.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let places: Vec<i64> = lines.iter().map(|line| line["sequence"].as_i64().unwrap()).collect();
        assert_eq!(places, (1..=605).rev().collect::<Vec<i64>>());
        let first = ada.get(&acme.api("/audit-events?limit=1")).await.json()["items"][0].clone();
        assert_eq!(lines[0], first, "a line is what the list has");

        let answer = ada.get(&acme.api("/audit-events/export?format=csv")).await.expect(200);
        assert_eq!(answer.header("content-disposition"), Some("attachment; filename=\"acme-audit.csv\""));
        let text = answer.text();
        assert_eq!(text.matches("\r\n").count(), 606, "a head and a line each");
        assert!(text.starts_with("sequence,id,at,outcome,action,"), "{text}");
        assert!(text.contains("\"'=ben\""), "a name is not a formula");
        assert!(!text.contains("\"=ben\""));
        assert!(text.contains(r#"""name"":""Acme \""2\"", Ltd"""#), "quotes are doubled");
        let denied = ada.get(&acme.api("/audit-events/export?format=csv&outcome=denied")).await.expect(200);
        assert_eq!(denied.text().lines().count(), 2);
    })
    .await;
}

#[tokio::test]
async fn an_export_breaks_off_when_the_right_to_it_is_lost() {
    each_database(async |app| {
        let (ada, ben, acme) = acme(&app).await;
        for number in 0..600 {
            ada.patch(&acme.api(""), json!({ "name": format!("Acme {number}") })).await.expect(200);
        }
        let roles = acme.api(&format!("/members/{}/roles", ben.id));
        ada.put(&roles, json!({ "roles": ["admin"] })).await.expect(200);
        let path = acme.api("/audit-events/export?format=jsonl");
        let mut body = ben.call(Method::GET, &path).begin().await.into_body();
        let chunk = body.frame().await.unwrap().unwrap().into_data().unwrap();
        assert_eq!(chunk.split(|byte| *byte == b'\n').count(), 501);
        ada.put(&roles, json!({ "roles": ["viewer"] })).await.expect(200);
        assert!(body.frame().await.unwrap().is_err(), "it does not end as if it were whole");
        drop(body);
        // So does one that was begun with a token, and not that of another token of theirs.
        ada.put(&roles, json!({ "roles": ["admin"] })).await.expect(200);
        let ben = app.person_with(ben.external.clone()).await;
        let (token, other) =
            (ben.mints(&acme, &["audit:export"]).await, ben.mints(&acme, &["audit:export"]).await);
        let mut bodies = Vec::new();
        for program in [&token, &other] {
            let mut body = program.call(Method::GET, &path).begin().await.into_body();
            body.frame().await.unwrap().unwrap();
            bodies.push(body);
        }
        let listed = ben.get(&acme.api("/tokens")).await.expect(200).json();
        let newest_last = listed["items"][1]["id"].as_str().unwrap();
        ben.delete(&acme.api(&format!("/tokens/{newest_last}"))).await.expect(204);
        assert!(bodies[0].frame().await.unwrap().is_err(), "the token was revoked");
        assert!(bodies[1].frame().await.unwrap().is_ok(), "this one was not");
        drop(bodies);
        // Two at a time, and not one more.
        let [one, two] =
            [ada.call(Method::GET, &path).begin().await, ada.call(Method::GET, &path).begin().await];
        let refused = ada.get(&path).await.expect(429);
        assert_eq!(refused.header("retry-after"), Some("10"));
        drop((one, two));
        ada.get(&path).await.expect(200);
    })
    .await;
}
