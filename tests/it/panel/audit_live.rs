//! The audit log as it happens: every line once and in order, also after a break; and to nobody who may not read it.

use std::time::{Duration, Instant};

use axum::body::Body;
use freehold::authz::platform::PlatformRole;
use http::Method;
use http_body_util::BodyExt as _;
use serde_json::json;

use super::Reads as _;
use crate::harness::app::{Person, Tenant, TestApp, each_database};

const LIVE: &str = "/t/acme/audit/live";

/// What arrives, read as it comes.
struct Tail {
    body: Body,
    text: String,
}

impl Tail {
    async fn of(person: &Person, after: Option<i64>) -> Self {
        let call = person.call(Method::GET, LIVE).header("accept", "text/event-stream");
        let call = match after {
            Some(after) => call.header("last-event-id", after.to_string()),
            None => call,
        };
        let answer = call.begin().await;
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.headers()["content-type"], "text/event-stream");
        assert!(!answer.headers().contains_key("content-encoding"));
        let mut tail = Self { body: answer.into_body(), text: String::new() };
        // What comes first says that it listens.
        assert!(tail.more().await);
        tail
    }

    /// Waits for more; false at the end.
    async fn more(&mut self) -> bool {
        let frame = tokio::time::timeout(Duration::from_secs(20), self.body.frame()).await;
        let Some(frame) = frame.expect("something comes") else { return false };
        self.text += std::str::from_utf8(&frame.unwrap().into_data().unwrap()).unwrap();
        true
    }

    async fn until(&mut self, text: &str) {
        // Signs of life come for ever, so what is waited for has a time of its own.
        let coming = async {
            while !self.text.contains(text) {
                assert!(self.more().await, "it ends without {text:?}: {}", self.text);
            }
        };
        tokio::time::timeout(Duration::from_secs(20), coming).await.expect("it comes");
    }

    fn ids(&self) -> Vec<&str> {
        self.text.lines().filter_map(|line| line.strip_prefix("id: ")).collect()
    }
}

async fn acme(app: &TestApp) -> (Person, Person, Tenant) {
    let ada = app.person("ada").await;
    let acme = app.tenant_of(&ada, "acme").await;
    let ben = app.person("ben").await;
    ben.joins(&acme, "admin").await;
    (ada, ben, acme)
}

#[tokio::test]
async fn new_lines_come_once_and_in_order_also_after_a_break() {
    each_database(async |app| {
        let (ada, _, acme) = acme(&app).await;
        let rename = async |name: &str| ada.patch(&acme.api(""), json!({ "name": name })).await.expect(200);
        let mut tail = Tail::of(&ada, None).await;
        rename("One").await;
        tail.until("called it One").await;
        assert_eq!(tail.ids(), ["4"]);
        assert!(tail.text.contains("data: <li id=\"event-4\">"), "{}", tail.text);
        drop(tail);
        for name in ["Two", "Three"] {
            rename(name).await;
        }
        let mut tail = Tail::of(&ada, Some(4)).await;
        rename("Four").await;
        tail.until("called it Four").await;
        assert_eq!(tail.ids(), ["5", "6", "7"]);
    })
    .await;
}

#[tokio::test]
async fn a_view_ends_when_the_right_to_it_or_the_session_does() {
    each_database(async |app| {
        let (ada, ben, acme) = acme(&app).await;
        let roles = acme.api(&format!("/members/{}/roles", ben.id));
        let mut tail = Tail::of(&ben, None).await;
        let lost = Instant::now();
        ada.put(&roles, json!({ "roles": ["viewer"] })).await.expect(200);
        tail.until("event: over").await;
        assert!(lost.elapsed() < Duration::from_secs(2), "{:?}", lost.elapsed());
        assert!(!tail.more().await, "and nothing comes after");
        assert_eq!(tail.ids(), Vec::<&str>::new(), "not even the line about it");
        let again = ben.call(Method::GET, LIVE).header("accept", "text/event-stream").send().await;
        assert_eq!(again.status, 403);

        ada.put(&roles, json!({ "roles": ["admin"] })).await.expect(200);
        let mut tail = Tail::of(&ben, None).await;
        ben.post_form("/logout", &[]).await.leads_to();
        tail.until("event: over").await;

        let mut tail = Tail::of(&ada, None).await;
        // Looking on is not using: the session ends as if nobody looked.
        app.clock.advance(Duration::from_hours(13));
        tail.until("event: over").await;
    })
    .await;
}

#[tokio::test]
async fn a_person_has_so_many_views_and_gets_them_back() {
    each_database(async |app| {
        let (ada, ben, _) = acme(&app).await;
        let mut views = Vec::new();
        for _ in 0..5 {
            views.push(Tail::of(&ada, None).await);
        }
        let open = async |person: &Person| {
            person.call(Method::GET, LIVE).header("accept", "text/event-stream").begin().await.status()
        };
        assert_eq!(open(&ada).await, 429);
        assert_eq!(open(&ben).await, 200, "others have theirs");
        views.pop();
        assert_eq!(open(&ada).await, 200);
    })
    .await;
}

#[tokio::test]
async fn the_address_by_itself_leads_to_the_page() {
    each_database(async |app| {
        let (ada, _, _) = acme(&app).await;
        assert_eq!(ada.get(LIVE).await.leads_to(), "/t/acme/audit");
        for wrong in ["x", "-", "", "1.5"] {
            let call = ada.call(Method::GET, LIVE).header("accept", "text/event-stream");
            assert_eq!(call.header("last-event-id", wrong).send().await.status, 400, "{wrong:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_view_ends_when_the_tenant_is_suspended() {
    each_database(async |app| {
        let (ada, _, acme) = acme(&app).await;
        let olu = app.person("olu").await;
        olu.operates(PlatformRole::Operator).await;
        let mut tail = Tail::of(&ada, None).await;
        let path = format!("/api/v1/operator/tenants/{}/suspend", acme.id);
        olu.post_json(&path, json!({ "reason": "A payment is overdue." })).await.expect(200);
        tail.until("event: over").await;
        assert_eq!(tail.ids(), Vec::<&str>::new(), "not even the line about it");
    })
    .await;
}
