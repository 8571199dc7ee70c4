//! The overview: what needs attention is said to those who can do something about it, the first steps know what is
//! done, and it costs a bounded number of statements.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tracing_subscriber::layer::SubscriberExt as _;

use super::Reads as _;
use crate::harness::app::{Backend, Person, TestApp, each_database};

const DAY: Duration = Duration::from_hours(24);

#[tokio::test]
async fn the_first_steps_know_what_is_done() {
    each_database(async |app: TestApp| {
        let (ada, vic) = (app.person("ada").await, app.person("vic").await);
        let acme = app.tenant_of(&ada, "acme").await;
        let page = ada.get("/t/acme").await.expect(200);
        page.has(&["First steps", "1 of 4 done", "members at once"]).lacks(&["Needs attention"]);
        vic.is_invited(&acme, "viewer").await;
        ada.get("/t/acme").await.has(&["1 of 4 done", "1 invitation is on its way."]);
        vic.joins(&acme, "viewer").await;
        ada.get("/t/acme").await.has(&["3 of 4 done", "Make a second owner"]).lacks(&["only owner"]);
        vic.get("/t/acme").await.lacks(&["First steps", "only owner"]);
        // An admin cannot make owners: for them all is done.
        let adam = app.person("adam").await;
        adam.joins(&acme, "admin").await;
        adam.get("/t/acme").await.has(&["Lately"]).lacks(&["First steps"]);
        // What is still undone later is no first step any more.
        app.clock.advance(31 * DAY);
        let ada = app.person_with(ada.external.clone()).await;
        ada.get("/t/acme").await.has(&["Needs attention", "You are the only owner."]).lacks(&["First steps"]);
        app.person("olga").await.joins(&acme, "owner").await;
        ada.get("/t/acme").await.lacks(&["only owner", "Needs attention"]);
    })
    .await;
}

/// Takes all roles from `person`.
async fn strip(owner: &Person, person: &Person) {
    let path = format!("/api/v1/tenants/acme/members/{}/roles", person.id);
    owner.put(&path, serde_json::json!({ "roles": [] })).await.expect(200);
}

#[tokio::test]
#[allow(clippy::large_futures, reason = "a long story, once")]
async fn who_can_act_is_told_what_needs_attention() {
    each_database(async |app: TestApp| {
        let (ada, adam) = (app.person("ada").await, app.person("adam").await);
        let (vic, mia) = (app.person("vic").await, app.person("mia").await);
        let acme = app.tenant_of(&ada, "acme").await;
        for (person, role) in [(&adam, "admin"), (&vic, "viewer"), (&mia, "viewer")] {
            person.joins(&acme, role).await;
        }
        vic.post_form(&format!("/t/acme/members/{}/roles", ada.id), &[("role", "viewer"), ("revision", "1")])
            .await
            .expect(403);
        strip(&ada, &mia).await;
        let page_of = |person: &Person| format!("href=\"/t/acme/members/{}\"", person.id);
        for person in [&ada, &adam] {
            let page = person.get("/t/acme").await.expect(200);
            page.has(&["Needs attention", "was refused once in the last 24 hours.", &page_of(&vic)]);
            page.has(&["has no role and can do nothing here.", &page_of(&mia)]);
            page.has(&["was not allowed to change the roles of members", "to no role"]);
        }
        vic.get("/t/acme").await.lacks(&["Needs attention", "was refused", "has no role", "was not allowed"]);
        // The invitation ends in seven days.
        app.person("late").await.is_invited(&acme, "viewer").await;
        ada.get("/t/acme").await.lacks(&["late@example.com is unanswered"]);
        app.clock.advance(6 * DAY + DAY / 2);
        let [ada, vic] = [&ada, &vic].map(|person| app.person_with(person.external.clone()));
        let (ada, vic) = (ada.await, vic.await);
        let page = ada.get("/t/acme").await.expect(200);
        page.has(&["The invitation to late@example.com is unanswered and ends"]).lacks(&["was refused"]);
        vic.get("/t/acme").await.lacks(&["late@example.com"]);
        app.clock.advance(DAY / 2);
        let ada = app.person_with(ada.external.clone()).await;
        ada.get("/t/acme").await.has(&["The invitation to late@example.com was never answered; it ended"]);
    })
    .await;
}

#[tokio::test]
async fn a_role_of_ones_own_that_ends_is_said() {
    each_database(async |app: TestApp| {
        let (ada, vic) = (app.person("ada").await, app.person("vic").await);
        let acme = app.tenant_of(&ada, "acme").await;
        vic.joins(&acme, "viewer").await;
        let path = format!("/api/v1/tenants/acme/members/{}/roles", vic.id);
        for (days, said) in [(8, false), (6, true)] {
            let end = app.clock.now() + days * DAY;
            let roles = serde_json::json!({ "roles": [{ "key": "viewer", "expires_at": end }] });
            ada.put(&path, roles).await.expect(200);
            let page = vic.get("/t/acme").await.expect(200).text();
            assert_eq!(page.contains("Your role Viewer ends"), said, "{page}");
            assert_eq!(page.contains("href=\"/t/acme/members?role=owner\""), said, "who can prolong it");
        }
        ada.get("/t/acme").await.lacks(&["Needs attention"]);
    })
    .await;
}

/// Counts the statements of the tenant's tables that sqlx logs.
struct Statements(&'static AtomicUsize);

impl<S: tracing::Subscriber> tracing_subscriber::Layer<S> for Statements {
    fn on_event(&self, event: &tracing::Event<'_>, _: tracing_subscriber::layer::Context<'_, S>) {
        let mut text = String::new();
        event.record(&mut |_: &tracing::field::Field, value: &dyn std::fmt::Debug| {
            write!(text, "{value:?} ").unwrap();
        });
        // The reader of the feed works beside the page.
        let ours = [
            "members",
            "role_assignments",
            "invitations",
            "audit_events",
            "users",
            "tenants",
            "tokens",
            "app_secrets",
        ];
        if event.metadata().target() == "sqlx::query" && ours.iter().any(|table| text.contains(table)) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }
}

#[tokio::test]
async fn an_overview_costs_ten_statements_and_a_viewers_one() {
    static COUNTED: AtomicUsize = AtomicUsize::new(0);
    // On Postgres sqlx logs on the thread that asks, which is this one.
    let app = TestApp::start(Backend::Postgres).await;
    let (ada, vic) = (app.person("ada").await, app.person("vic").await);
    let acme = app.tenant_of(&ada, "acme").await;
    vic.joins(&acme, "viewer").await;
    app.mail_is_sent().await;
    for (person, expected) in [(&ada, 10), (&vic, 1)] {
        person.get("/t/acme").await.expect(200);
        let subscriber = tracing_subscriber::registry().with(Statements(&COUNTED));
        let counting = tracing::subscriber::set_default(subscriber);
        COUNTED.store(0, Ordering::Relaxed);
        person.get("/t/acme").await.expect(200);
        drop(counting);
        assert_eq!(COUNTED.load(Ordering::Relaxed), expected, "{}", person.name);
    }
}
