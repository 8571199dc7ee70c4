//! Rate limits: who has sent too many requests in a minute is told when to come back, and nobody else notices.

use std::time::Duration;

use freehold::config::RateLimits;
use http::Method;

use crate::harness::app::{Answer, Backend, Person, TestApp};

const OFF: RateLimits = RateLimits { peer: 0, credential: 0, tenant: 0, sign_in: 0, failures: 0 };

/// Holds the rule on both databases, under these limits, at the beginning of a minute.
async fn under(limits: RateLimits, rule: impl AsyncFn(TestApp)) {
    for backend in [Backend::Sqlite, Backend::Postgres] {
        eprintln!("on {backend:?}");
        let app = TestApp::start_with(backend, |config| config.limits.rate = limits).await;
        let seconds = app.clock.now().micros().unsigned_abs() / 1_000_000;
        app.clock.advance(Duration::from_secs(60 - seconds % 60));
        rule(app).await;
    }
}

fn left(answer: &Answer) -> [Option<u32>; 3] {
    ["ratelimit-limit", "ratelimit-remaining", "ratelimit-reset"]
        .map(|name| answer.header(name).map(|value| value.parse().unwrap()))
}

#[track_caller]
fn is_too_many(answer: Answer) {
    let answer = answer.problem(429, "too-many");
    let [_, remaining, reset] = left(&answer);
    assert_eq!(remaining, Some(0));
    assert_eq!(answer.header("retry-after").map(|value| value.parse().unwrap()), reset);
}

async fn anyone(app: &TestApp, address: &str, path: &str) -> Answer {
    app.anonymous().call(Method::GET, path).from(address).send().await
}

#[tokio::test]
async fn an_address_that_sends_too_many_waits_for_the_next_minute_and_others_do_not() {
    under(RateLimits { peer: 5, ..OFF }, async |app| {
        for used in 1..=5 {
            let answer = anyone(&app, "192.0.2.1", "/api/v1/me").await.problem(401, "unauthenticated");
            assert_eq!(left(&answer), [Some(5), Some(5 - used), Some(60)]);
        }
        is_too_many(anyone(&app, "192.0.2.1", "/api/v1/me").await);
        is_too_many(anyone(&app, "::ffff:192.0.2.1", "/api/openapi.json").await);
        anyone(&app, "192.0.2.2", "/api/v1/me").await.expect(401);
        // Health and what pages are made of cost nothing.
        for path in ["/healthz", "/readyz"] {
            assert_eq!(left(&anyone(&app, "192.0.2.1", path).await.expect(200)), [None; 3], "{path}");
        }
        anyone(&app, "192.0.2.1", "/assets/none.css").await.expect(404);
        // A page says it to people.
        let page = anyone(&app, "192.0.2.1", "/login").await.expect(429);
        assert!(page.header("content-type").unwrap().starts_with("text/html"), "{page:?}");
        assert!(page.text().contains("Too many requests"), "{}", page.text());
        assert_eq!((page.header("retry-after"), left(&page)), (Some("60"), [None; 3]));

        app.clock.advance(Duration::from_secs(59));
        is_too_many(anyone(&app, "192.0.2.1", "/api/v1/me").await);
        app.clock.advance(Duration::from_secs(1));
        assert_eq!(
            left(&anyone(&app, "192.0.2.1", "/api/v1/me").await.expect(401)),
            [Some(5), Some(4), Some(60)]
        );
    })
    .await;
}

#[tokio::test]
async fn addresses_of_one_network_of_ipv6_are_one() {
    under(RateLimits { peer: 4, ..OFF }, async |app| {
        for end in 1..=4 {
            anyone(&app, &format!("2001:db8:0:7:{end}::{end}"), "/api/v1/me").await.expect(401);
        }
        is_too_many(anyone(&app, "2001:db8:0:7:ffff::1", "/api/v1/me").await);
        anyone(&app, "2001:db8:0:8::1", "/api/v1/me").await.expect(401);
    })
    .await;
}

#[tokio::test]
async fn a_forwarded_address_counts_only_from_a_trusted_proxy() {
    for backend in [Backend::Sqlite, Backend::Postgres] {
        let app = TestApp::start_with(backend, |config| {
            config.limits.rate = RateLimits { peer: 3, ..OFF };
            config.trusted_proxies = vec!["10.0.0.0/8".parse().unwrap()];
        })
        .await;
        let asked = async |peer: &str, client: usize| {
            let client = format!("203.0.113.{client}");
            let call = app.anonymous().call(Method::GET, "/api/v1/me").from(peer);
            call.header("x-forwarded-for", client).send().await
        };
        for client in 1..=10 {
            asked("10.0.0.1", client).await.expect(401);
        }
        for client in 1..=3 {
            asked("192.0.2.9", client).await.expect(401);
        }
        is_too_many(asked("192.0.2.9", 4).await);
    }
}

#[tokio::test]
async fn a_session_and_a_token_have_each_their_own_limit() {
    under(RateLimits { peer: 1_000, credential: 4, ..OFF }, async |app| {
        let (ada, bob) = (app.person("ada").await, app.person("bob").await);
        for used in 1..=4 {
            let answer = ada.get("/api/v1/me").await.expect(200);
            assert_eq!(left(&answer), [Some(4), Some(4 - used), Some(60)], "the one of which less is left");
        }
        is_too_many(ada.get("/api/v1/me").await);
        // A page of theirs too, and their other session not.
        ada.get("/account").await.expect(429);
        let elsewhere = app.person_with(ada.external.clone()).await;
        elsewhere.get("/api/v1/me").await.expect(200);
        let acme = app.tenant_of(&bob, "acme").await;
        let program = bob.mints(&acme, &["members:read"]).await;
        for _ in 0..4 {
            program.get("/api/v1/me").await.expect(200);
        }
        is_too_many(program.get("/api/v1/me").await);
        bob.get("/api/v1/me").await.expect(200);
        app.clock.advance(Duration::from_mins(1));
        ada.get("/api/v1/me").await.expect(200);
        program.get("/api/v1/me").await.expect(200);
    })
    .await;
}

#[tokio::test]
async fn a_tenant_at_its_limit_refuses_its_members_and_slows_no_other() {
    under(RateLimits { tenant: 6, ..OFF }, async |app| {
        let (ada, bob, eve) = (app.person("ada").await, app.person("bob").await, app.person("eve").await);
        let (acme, umbrella) = (app.tenant_of(&ada, "acme").await, app.tenant_of(&ada, "umbrella").await);
        bob.joins(&acme, "viewer").await;
        // Who is no member uses nothing up, and is told nothing of it.
        for _ in 0..10 {
            let stranger = eve.get(&acme.api("")).await.problem(404, "not-found");
            assert_eq!(left(&stranger), [None; 3]);
        }
        let both: [&Person; 6] = [&ada, &bob, &ada, &bob, &ada, &bob];
        for (used, person) in (1..).zip(both) {
            let path = if used % 2 == 0 { acme.api("") } else { format!("/api/v1/tenants/{}", acme.id) };
            assert_eq!(left(&person.get(&path).await.expect(200)), [Some(6), Some(6 - used), Some(60)]);
        }
        for person in [&ada, &bob] {
            is_too_many(person.get(&acme.api("")).await);
            person.get("/t/acme").await.expect(429);
        }
        eve.get(&acme.api("")).await.problem(404, "not-found");
        ada.get(&umbrella.api("")).await.expect(200);
        ada.get("/api/v1/me").await.expect(200);
    })
    .await;
}

#[tokio::test]
async fn failed_credentials_have_a_tighter_limit_that_a_good_one_does_not_meet() {
    under(RateLimits { peer: 1_000, failures: 6, ..OFF }, async |app| {
        let ada = app.person("ada").await;
        let address = "192.0.2.1";
        let guess = async |number: usize| {
            let call = app.anonymous().call(Method::GET, "/api/v1/me").from(address);
            call.header("authorization", format!("Bearer fhp_{number:049}")).send().await
        };
        for number in 1..=6 {
            guess(number).await.problem(401, "invalid-token");
        }
        is_too_many(guess(7).await);
        is_too_many(anyone(&app, address, "/api/v1/me").await);
        ada.call(Method::GET, "/api/v1/me").from(address).send().await.expect(200);
        anyone(&app, address, "/login").await.expect(200);
        anyone(&app, "192.0.2.2", "/api/v1/me").await.problem(401, "unauthenticated");
    })
    .await;
}

#[tokio::test]
async fn sign_ins_have_a_tighter_limit() {
    under(RateLimits { peer: 1_000, sign_in: 3, ..OFF }, async |app| {
        for _ in 0..3 {
            anyone(&app, "192.0.2.1", "/auth/github").await.expect(303);
        }
        let attempts = "select count(*) from login_attempts";
        let before = app.db_number(attempts).await;
        anyone(&app, "192.0.2.1", "/auth/github").await.expect(429);
        anyone(&app, "192.0.2.1", "/auth/github/callback?code=x&state=y").await.expect(429);
        assert_eq!(app.db_number(attempts).await, before);
        anyone(&app, "192.0.2.1", "/login").await.expect(200);
        anyone(&app, "192.0.2.2", "/auth/github").await.expect(303);
    })
    .await;
}

#[tokio::test]
async fn no_limit_is_no_limit() {
    under(OFF, async |app| {
        let ada = app.person("ada").await;
        for _ in 0..50 {
            assert_eq!(left(&ada.get("/api/v1/me").await.expect(200)), [None; 3]);
        }
    })
    .await;
}
