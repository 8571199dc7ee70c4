//! A POST with an `Idempotency-Key` is done once and answered the same, whoever goes away or comes twice meanwhile.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use freehold::audit::verify_chain;
use freehold::clock::Clock;
use freehold::db::{Actor, AuditEvent, Chain, Known, Once, OnceKey, Target};
use freehold::error::Error;
use futures_util::future::join_all;
use http::Method;
use serde_json::{Value, json};

use crate::harness::app::{Answer, Person, Tenant, TestApp, each_database};
use crate::harness::browserless;

async fn post(person: &Person, path: &str, key: &str, body: Value) -> Answer {
    person.call(Method::POST, path).header("idempotency-key", key).json(body).await
}

fn role(name: &str) -> Value {
    json!({ "name": name, "key": name.to_lowercase(), "permissions": ["projects:read"] })
}

/// Checks that `again` is `first`, told again.
#[track_caller]
fn is_told_again(first: &Answer, again: &Answer) {
    assert_eq!((first.status, first.text()), (again.status, again.text()));
    for name in ["content-type", "location", "etag", "x-policy-version"] {
        assert_eq!(first.header(name), again.header(name), "{name}");
    }
    assert_eq!(
        (first.header("idempotency-replayed"), again.header("idempotency-replayed")),
        (None, Some("true"))
    );
    assert_ne!(first.header("x-request-id"), again.header("x-request-id"));
}

async fn acme(app: &TestApp) -> (Person, Tenant) {
    let ada = app.person("ada").await;
    let acme = app.tenant_of(&ada, "acme").await;
    (ada, acme)
}

const MADE: &str = "select count(*) from audit_events where action = 'role.created'";
const KEYS: &str = "select count(*) from idempotency_keys";

#[tokio::test]
async fn a_request_sent_again_with_its_key_is_answered_again_and_not_done_again() {
    each_database(async |app| {
        let (ada, acme) = acme(&app).await;
        let first = post(&ada, &acme.api("/roles"), "one", role("Editor")).await.expect(201);
        for _ in 0..3 {
            is_told_again(&first, &post(&ada, &acme.api("/roles"), "one", role("Editor")).await);
        }
        assert_eq!((app.db_number(MADE).await, app.db_number(KEYS).await), (1, 1));
        // Without a body, and with mail that leaves as ever.
        let invited = json!({ "email": "vic@example.com", "roles": ["viewer"] });
        let made = post(&ada, &acme.api("/invitations"), "mail", invited.clone()).await.expect(201);
        is_told_again(&made, &post(&ada, &acme.api("/invitations"), "mail", invited).await);
        app.mails_to("vic", 1).await;
        let resend = acme.api(&format!("/invitations/{}/resend", made.json()["id"].as_str().unwrap()));
        let sent =
            ada.call(Method::POST, &resend).header("idempotency-key", "again").send().await.expect(200);
        let again = ada.call(Method::POST, &resend).header("idempotency-key", "again").send().await;
        is_told_again(&sent, &again);
        app.mail_is_sent().await;
        assert_eq!(app.mails_to("vic", 2).await.len(), 2);
    })
    .await;
}

#[tokio::test]
async fn a_key_is_for_one_request_of_one_person() {
    each_database(async |app| {
        let (ada, acme) = acme(&app).await;
        let bob = app.person("bob").await;
        bob.joins(&acme, "admin").await;
        let roles = acme.api("/roles");
        post(&ada, &roles, "one", role("Editor")).await.expect(201);
        let other = post(&ada, &roles, "one", role("Writer")).await.problem(422, "invalid").json();
        assert_eq!(other["errors"][0]["code"], "reused");
        assert_eq!(other["errors"][0]["pointer"], "/Idempotency-Key");
        // Another person, another path and another key are other things.
        post(&bob, &roles, "one", role("Writer")).await.expect(201);
        post(&ada, &acme.api("/domains"), "one", json!({ "domain": "acme.example" })).await.expect(201);
        post(&ada, &roles, "two", role("Editor")).await.problem(409, "conflict");
        let umbrella = app.tenant_of(&ada, "umbrella").await;
        post(&ada, &umbrella.api("/roles"), "one", role("Editor")).await.expect(201);
        assert_eq!(app.db_number(MADE).await, 3);
    })
    .await;
}

#[tokio::test]
async fn an_answer_is_told_again_only_to_whoever_may_have_it_now() {
    each_database(async |app| {
        let (ada, acme) = acme(&app).await;
        let bob = app.person("bob").await;
        bob.joins(&acme, "admin").await;
        post(&bob, &acme.api("/roles"), "one", role("Editor")).await.expect(201);
        // Nor to a token of theirs that does not carry it.
        let narrow = bob.mints(&acme, &["roles:read"]).await;
        let call = narrow.call(Method::POST, &acme.api("/roles")).header("idempotency-key", "one");
        call.json(role("Editor")).await.problem(403, "insufficient-scope");
        let wide = bob.mints(&acme, &["roles:create"]).await;
        let call = wide.call(Method::POST, &acme.api("/roles")).header("idempotency-key", "one");
        assert_eq!(call.json(role("Editor")).await.expect(201).header("idempotency-replayed"), Some("true"));
        let bobs = acme.api(&format!("/members/{}", bob.id));
        ada.put(&format!("{bobs}/roles"), json!({ "roles": ["member"] })).await.expect(200);
        post(&bob, &acme.api("/roles"), "one", role("Editor")).await.problem(403, "forbidden");
        // Nor is one told that the body differs, or the key is none.
        post(&bob, &acme.api("/roles"), "one", role("Writer")).await.problem(403, "forbidden");
        post(&bob, &acme.api("/roles"), "not one", role("Editor")).await.problem(403, "forbidden");
        ada.delete(&bobs).await.expect(204);
        post(&bob, &acme.api("/roles"), "one", role("Editor")).await.problem(404, "not-found");
        let anyone = app.anonymous().call(Method::POST, &acme.api("/roles")).header("idempotency-key", "one");
        anyone.json(role("Editor")).await.problem(401, "unauthenticated");
    })
    .await;
}

#[tokio::test]
async fn a_secret_is_told_again_only_to_a_fresh_sign_in() {
    each_database(async |app| {
        let (ada, acme) = acme(&app).await;
        let (tokens, new) = (acme.api("/tokens"), json!({ "name": "Script", "scopes": ["projects:read"] }));
        let first = post(&ada, &tokens, "one", new.clone()).await.expect(201);
        assert_eq!(post(&ada, &tokens, "one", new.clone()).await.text(), first.text());
        post(&ada, &acme.api("/roles"), "two", role("Editor")).await.expect(201);
        app.clock.advance(Duration::from_mins(11));
        post(&ada, &tokens, "one", new.clone()).await.problem(403, "reauthentication-required");
        // What holds none is told as ever.
        post(&ada, &acme.api("/roles"), "two", role("Editor")).await.expect(201);
        let again = app.person_with(acme.owner.external.clone()).await;
        assert_eq!(post(&again, &tokens, "one", new).await.expect(201).text(), first.text());
    })
    .await;
}

#[tokio::test]
async fn what_wrote_nothing_leaves_no_key() {
    each_database(async |app| {
        let (ada, acme) = acme(&app).await;
        let roles = acme.api("/roles");
        post(&ada, &roles, "one", json!({ "name": "" })).await.problem(422, "invalid");
        post(&ada, &roles, "one", role("Owner")).await.problem(409, "conflict");
        post(&ada, &roles, "one", json!({ "name": "Big", "x": "y".repeat(300_000) }))
            .await
            .problem(413, "too-large");
        let preview = acme.api("/roles/viewer/preview");
        post(&ada, &preview, "one", json!({ "permissions": ["projects:read"] })).await;
        assert_eq!(app.db_number(KEYS).await, 0);
        post(&ada, &roles, "one", role("Editor")).await.expect(201);
        for bad in ["", "two words", "ü", &"x".repeat(256)] {
            post(&ada, &roles, bad, role("Writer")).await.problem(400, "malformed");
        }
        let twice =
            ada.call(Method::POST, &roles).header("idempotency-key", "a").header("idempotency-key", "a");
        twice.json(role("Writer")).await.problem(400, "malformed");
        // Other methods are repeatable as they are, and do not look at it.
        let patch =
            ada.call(Method::PATCH, &acme.api("/roles/editor")).header("idempotency-key", "two words");
        patch.json(json!({ "name": "Writer" })).await.expect(200);
        assert_eq!(app.db_number(KEYS).await, 1);
    })
    .await;
}

#[tokio::test]
async fn of_requests_that_race_with_one_key_one_is_done() {
    each_database(async |app| {
        let (ada, acme) = acme(&app).await;
        let several = acme.api("/invitations/batch");
        for (path, body) in [
            (acme.api("/roles"), role("Editor")),
            ("/api/v1/tenants".to_owned(), json!({ "name": "Umbrella" })),
            (
                several,
                json!({ "emails": ["a@example.com", "b@example.com", "c@example.com"], "roles": ["viewer"] }),
            ),
        ] {
            let racing = (0..12).map(|_| post(&ada, &path, "race", body.clone()));
            let answers = join_all(racing).await;
            let firsts: Vec<&Answer> =
                answers.iter().filter(|answer| answer.header("idempotency-replayed").is_none()).collect();
            let first: Vec<&&Answer> = firsts.iter().filter(|answer| answer.status.is_success()).collect();
            assert_eq!(first.len(), 1, "{path}");
            for answer in &answers {
                match answer.status.as_u16() {
                    409 => assert!(answer.header("retry-after").is_some(), "{}", answer.text()),
                    // Too many waited for one lock.
                    503 => {}
                    _ => assert_eq!(answer.text(), first[0].text(), "{path}"),
                }
            }
            is_told_again(first[0], &post(&ada, &path, "race", body).await);
        }
        assert_eq!(app.db_number(MADE).await, 1);
        assert_eq!(app.db_number("select count(*) from tenants").await, 2);
        assert_eq!(
            app.db_number("select count(*) from audit_events where action = 'invitation.created'").await,
            3
        );
    })
    .await;
}

#[tokio::test]
async fn kept_answers_are_encrypted_and_end_after_a_day() {
    each_database(async |app| {
        let (ada, acme) = acme(&app).await;
        let key = "a-key-of-my-own";
        post(&ada, &acme.api("/roles"), key, role("Cartographer")).await.expect(201);
        for (table, rows) in app.db_dump(&[]).await {
            let rows = rows.to_lowercase();
            for hidden in [key, "cartographer"] {
                let hex: Vec<String> = hidden.bytes().map(|byte| format!("{byte:02x}")).collect();
                let hex = hex.concat();
                let there = rows.contains(&hex) || rows.contains(hidden);
                assert!(table != "idempotency_keys" || !there, "{table} shows {hidden}");
            }
        }
        app.clock.advance(Duration::from_hours(24) - Duration::from_secs(1));
        let ada = app.person_with(ada.external.clone()).await;
        assert_eq!(
            post(&ada, &acme.api("/roles"), key, role("Cartographer"))
                .await
                .expect(201)
                .header("idempotency-replayed"),
            Some("true")
        );
        app.clock.advance(Duration::from_secs(1));
        // Its row is there, and it is as good as none.
        post(&ada, &acme.api("/roles"), key, role("Cartographer")).await.problem(409, "conflict");
        post(&ada, &acme.api("/roles"), key, role("Surveyor")).await.expect(201);
        let removed = async || {
            let mut on = app.state.database.upkeep().await.unwrap();
            freehold::db::expired_rows(&mut on, app.clock.now()).await.unwrap();
            drop(on);
            app.db_number(KEYS).await
        };
        assert_eq!(removed().await, 1);
        app.clock.advance(Duration::from_hours(24) + Duration::from_secs(1));
        assert_eq!(removed().await, 0);
    })
    .await;
}

#[tokio::test]
async fn an_answer_of_another_row_is_not_told() {
    each_database(async |app| {
        let (ada, acme) = acme(&app).await;
        post(&ada, &acme.api("/roles"), "one", role("Editor")).await.expect(201);
        app.clock.advance(Duration::from_secs(1));
        post(&ada, &acme.api("/roles"), "two", role("Writer")).await.expect(201);
        app.db_execute(
            "update idempotency_keys set answer = (select o.answer from idempotency_keys o \
             where o.made_at < idempotency_keys.made_at) \
             where made_at = (select max(made_at) from idempotency_keys)",
        )
        .await;
        post(&ada, &acme.api("/roles"), "one", role("Editor")).await.expect(201);
        post(&ada, &acme.api("/roles"), "two", role("Writer")).await.problem(409, "conflict");
    })
    .await;
}

/// Lets a request go on for `turns` turns, then goes away. Gives its answer if that came first.
async fn leaving_after<T>(turns: usize, request: impl Future<Output = T>) -> Option<T> {
    let mut request = pin!(request);
    let mut left = turns;
    poll_fn(|context| match request.as_mut().poll(context) {
        Poll::Ready(answer) => Poll::Ready(Some(answer)),
        Poll::Pending if left == 0 => Poll::Ready(None),
        Poll::Pending => {
            left -= 1;
            Poll::Pending
        }
    })
    .await
}

#[tokio::test]
async fn a_client_that_goes_away_at_any_point_and_comes_again_is_served_once() {
    each_database(async |app| {
        let (ada, _) = acme(&app).await;
        let before = app.db_number("select count(*) from tenants").await;
        let mut made = 0;
        for turns in 0.. {
            let (key, body) = (format!("leaving-{turns}"), json!({ "name": format!("Tenant {turns}") }));
            let first = leaving_after(turns, post(&ada, "/api/v1/tenants", &key, body.clone())).await;
            let again = post(&ada, "/api/v1/tenants", &key, body.clone()).await.expect(201);
            is_told_again(
                &Answer { headers: strip(&again), ..again.clone() },
                &post(&ada, "/api/v1/tenants", &key, body).await,
            );
            made += 1;
            assert_eq!(
                app.db_number("select count(*) from tenants").await,
                before + made,
                "after {turns} turns"
            );
            if let Some(first) = first {
                assert_eq!(first.text(), again.text());
                break;
            }
        }
        println!("a request of {made} turns was left at each of them");
    })
    .await;
}

/// The headers of an answer as those of a first one.
fn strip(answer: &Answer) -> http::HeaderMap {
    let mut headers = answer.headers.clone();
    headers.remove("idempotency-replayed");
    headers
}

#[tokio::test]
async fn what_broke_off_between_two_writes_is_not_begun_again() {
    each_database(async |app| {
        let (ada, acme) = acme(&app).await;
        let path = acme.api("/invitations/batch");
        let sent = "select count(*) from audit_events where action = 'invitation.created'";
        let mut broken_off = 0;
        for turns in 0.. {
            let key = format!("leaving-{turns}");
            let emails = ["a", "b", "c"].map(|name| format!("{name}-{turns}@example.com"));
            let body = json!({ "emails": emails, "roles": ["viewer"] });
            let before = app.db_number(sent).await;
            let done = leaving_after(turns, post(&ada, &path, &key, body.clone())).await;
            let again = post(&ada, &path, &key, body.clone()).await;
            let written = app.db_number(sent).await - before;
            if again.status == 409 {
                assert!(done.is_none() && (1..=3).contains(&written), "{written} after {turns} turns");
                assert!(again.header("retry-after").is_some(), "it may still be under way");
                app.clock.advance(Duration::from_secs(61));
                let later = post(&ada, &path, &key, body.clone()).await;
                let written = app.db_number(sent).await - before;
                if later.status == 200 {
                    // Its last word was under way to the database when the client left.
                    assert_eq!(written, 3, "after {turns} turns");
                    continue;
                }
                let lost = later.problem(409, "conflict");
                assert_eq!(lost.header("retry-after"), None);
                assert!(lost.json()["detail"].as_str().unwrap().contains("was lost"));
                post(&ada, &path, &key, body).await.problem(409, "conflict");
                assert_eq!(app.db_number(sent).await - before, written, "after {turns} turns");
                broken_off += 1;
            } else {
                again.expect(200);
                assert_eq!(written, 3, "after {turns} turns");
            }
            if done.is_some() {
                break;
            }
        }
        assert!(broken_off > 0, "none of them broke off between two writes");
    })
    .await;
}

#[tokio::test]
async fn what_is_not_answered_is_undone_but_for_what_others_have_seen() {
    browserless::each_database(async |store| {
        let database = store.open(Clock::default());
        let key = OnceKey { id: vec![1; 32], request: vec![2; 32] };
        let write = async || {
            let tx = database.write(Chain::Platform).await.unwrap();
            let event = AuditEvent::done(Actor::system("test"), "thing.made", Target::new("thing", 1, ""));
            tx.commit(event).await
        };
        let events = async || {
            let mut on = database.read().await.unwrap();
            verify_chain(&mut on, Chain::Platform).await.unwrap().events
        };
        let (written, once) = Once::run(key.clone(), write()).await;
        assert!(written.is_ok() && once.wrote().await);
        once.undo().await;
        assert_eq!(events().await, 0);
        assert!(database.known(&key).await.unwrap().is_none());

        let twice = async { (write().await.is_ok(), write().await.is_ok()) };
        let (written, once) = Once::run(key.clone(), twice).await;
        assert_eq!(written, (true, true));
        once.undo().await;
        assert_eq!(events().await, 1, "the first was seen by the second");
        assert!(matches!(database.known(&key).await.unwrap(), Some(Known::Unanswered(_))));

        let (_, once) = Once::run(key.clone(), write()).await;
        assert!(matches!(once.answered(&database, None).await, Err(Error::InProgress)));
        assert_eq!(events().await, 1, "the key is taken");
        database.close().await;
    })
    .await;
}
