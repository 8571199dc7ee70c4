//! The page of the audit log: a sentence for each event, filters, what was before and after, and the chain.

use std::time::Duration;

use serde_json::json;

use super::Reads as _;
use crate::harness::app::{Answer, Person, Tenant, TestApp, each_database};

async fn acme(app: &TestApp) -> (Person, Person, Tenant) {
    let ada = app.person("ada").await;
    let acme = app.tenant_of(&ada, "acme").await;
    let ben = app.person("ben").await;
    ben.joins(&acme, "viewer").await;
    (ada, ben, acme)
}

/// The sentences of the page, newest first.
fn sentences(page: &Answer) -> Vec<String> {
    let text = page.text();
    let lines = text.split("<li id=\"event-").skip(1).map(|line| {
        let sentence = line.split("<p>").nth(1).unwrap().split("</p>").next().unwrap();
        let words = sentence.split('<').map(|part| part.split_once('>').map_or(part, |(_, text)| text));
        words.collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ")
    });
    lines.collect()
}

/// Where the link with this text leads.
fn link(page: &Answer, text: &str) -> String {
    let page = page.text();
    let (before, _) =
        page.split_once(&format!("\">{text}</a>")).unwrap_or_else(|| panic!("no {text}: {page}"));
    before.rsplit("href=\"").next().unwrap().split('"').next().unwrap().replace("&#38;", "&")
}

#[tokio::test]
async fn a_change_of_many_is_a_sentence_with_everyone_in_it() {
    each_database(async |app| {
        let (ada, ben, acme) = acme(&app).await;
        for change in [
            json!({ "users": [ben.id, ada.id], "add": ["admin"] }),
            json!({ "users": [ben.id], "remove": ["admin"] }),
            json!({ "users": [ben.id, ada.id], "add": ["member"], "remove": ["viewer", "admin"] }),
        ] {
            ada.post_json(&acme.api("/members/roles"), change).await.expect(200);
        }
        let page = ada.get("/t/acme/audit").await.expect(200);
        let expected = [
            "ada changed the roles of 2 members giving Member, taking Viewer, Admin",
            "ada took from 1 member the role Admin",
            "ada gave 2 members the role Admin",
        ];
        assert_eq!(sentences(&page)[..3], expected);
        page.has(&["ben: admin, viewer", "ada: member, owner"]);
    })
    .await;
}

#[tokio::test]
async fn every_event_is_a_sentence() {
    each_database(async |app| {
        let (ada, ben, acme) = acme(&app).await;
        let roles = acme.api(&format!("/members/{}/roles", ben.id));
        for keys in [json!(["viewer", "member"]), json!(["member"]), json!(["admin"]), json!([])] {
            ada.put(&roles, json!({ "roles": keys })).await.expect(200);
        }
        ada.post_json(&acme.api("/roles"), json!({ "name": "Editor", "permissions": ["projects:read"] }))
            .await
            .expect(201);
        let end = app.clock.now() + Duration::from_hours(48);
        let held = json!({ "roles": [{ "key": "editor", "expires_at": end.to_string() }] });
        ada.put(&roles, held).await.expect(200);
        ada.patch(
            &acme.api("/roles/editor"),
            json!({ "name": "Writer", "permissions": ["projects:update"] }),
        )
        .await
        .expect(200);
        ada.delete(&acme.api("/roles/editor?reassign_to=viewer")).await.expect(204);
        ben.patch(&acme.api(""), json!({ "name": "Mine" })).await.expect(403);
        let page = ada.get("/t/acme/audit").await.expect(200);
        let until = &end.to_string()[..10];
        let gave = format!("ada gave ben the role editor until {until}");
        let expected = [
            "ben denied was not allowed to change the tenant&#39;s name, slug and settings",
            "ada deleted the role Writer and gave its members the role Viewer",
            "ada changed the role Writer which was called Editor",
            &gave,
            "ada made the role Editor",
            "ada changed the roles of ben to no role",
            "ada changed the roles of ben to Admin",
            "ada took from ben the role Viewer",
            "ada gave ben the role Member",
            "ben joined by the invitation of ben@example.com",
            "ada invited ben@example.com as Viewer",
            "ada made this tenant",
        ];
        assert_eq!(sentences(&page), expected);
        page.has(&["12 events", "Chain intact up to event 12", "<dt>permissions</dt>", "projects:update"]);
        ben.get("/t/acme/audit").await.expect(403);
        ben.get("/t/acme").await.lacks(&["/t/acme/audit"]);
        ada.get("/t/acme").await.has(&["href=\"/t/acme/audit\""]);
    })
    .await;
}

#[tokio::test]
async fn events_are_found_by_who_what_and_when() {
    each_database(async |app| {
        let (ada, ben, acme) = acme(&app).await;
        ben.patch(&acme.api(""), json!({ "name": "Mine" })).await.expect(403);
        let find = async |query: &str| ada.get(&format!("/t/acme/audit?{query}")).await.expect(200);
        assert_eq!(sentences(&find("who=ben&outcome=").await).len(), 2);
        assert_eq!(sentences(&find("who=ben&outcome=denied").await).len(), 1);
        assert_eq!(
            sentences(&find("action=invitation.created").await),
            ["ada invited ben@example.com as Viewer"]
        );
        find("who=nobody").await.has(&["No events found", "Show all events", "value=\"nobody\""]);
        let several = find("who=example.com").await;
        several.has(&["Several members may be meant"]);
        assert_eq!(sentences(&several), Vec::<String>::new());
        let bens = ada.get(&link(&several, "ben")).await.expect(200);
        assert_eq!(sentences(&bens).len(), 2);
        bens.has(&["2 events found</span> by ben"]);
        let about = ada.get(&link(&find("action=tenant.created").await, "All about it")).await.expect(200);
        assert_eq!(sentences(&about), ["ada made this tenant"]);
        about.has(&["about acme"]);
        let today = &app.clock.now().to_string()[..10];
        assert_eq!(sentences(&find(&format!("from={today}&to={today}")).await).len(), 4);
        assert_eq!(sentences(&find("to=2020-01-01").await).len(), 0);
        for wrong in ["from=yesterday", "outcome=maybe", "actor=ada", "target=%00", "colour=red"] {
            ada.get(&format!("/t/acme/audit?{wrong}")).await.expect(422);
        }
        // The files are of what is listed.
        let csv = link(&find("outcome=denied").await, "Export CSV");
        assert!(csv.ends_with("/export?format=csv&outcome=denied"), "{csv}");
    })
    .await;
}

#[tokio::test]
async fn a_long_log_has_pages_and_only_the_first_is_live() {
    each_database(async |app| {
        let (ada, _, acme) = acme(&app).await;
        for number in 0..30 {
            ada.patch(&acme.api(""), json!({ "name": format!("Acme {number}") })).await.expect(200);
        }
        let first = ada.get("/t/acme/audit").await.expect(200);
        first.has(&["33 events", "data-tail=\"/t/acme/audit/live?after=33\""]);
        let second = ada.get(&link(&first, "Next page")).await.expect(200);
        second.lacks(&["data-tail", "Next page"]);
        assert_eq!((sentences(&first).len(), sentences(&second).len()), (30, 3));
        ada.get("/t/acme/audit?outcome=done").await.expect(200).lacks(&["data-tail"]);
        let cursor = link(&first, "Next page").split_once('?').unwrap().1.to_owned();
        ada.get(&format!("/t/acme/audit?outcome=done&{cursor}")).await.expect(422);
    })
    .await;
}

#[tokio::test]
async fn a_log_that_was_altered_says_so() {
    each_database(async |app| {
        let (ada, _, _) = acme(&app).await;
        ada.get("/t/acme/audit/chain").await.expect(200).has(&["Intact up to event 3"]);
        let altered =
            "update audit_events set actor_name = 'eve' where sequence = 2 and action = 'invitation.created'";
        assert_eq!(app.db_execute(altered).await, 1);
        ada.get("/t/acme/audit").await.expect(200).has(&["not as it was written"]).lacks(&["Chain intact"]);
        ada.get("/t/acme/audit/chain").await.expect(200).has(&["Broken at event 2", "up to event 1 of 3"]);
        ada.get("/t/acme/audit/chain?cursor=x").await.expect(422);
    })
    .await;
}
