//! A provider that is slow or broken: a clear page in time, no session, and nobody else notices.

use std::time::{Duration, Instant};

use freehold::dev::idp::{Endpoint, Fault};
use freehold::login::Provider::{self, Github, Google};
use futures_util::future::join_all;
use http::StatusCode;
use serde_json::json;

use crate::harness::browserless::{Answer, Site, each_database};

/// What the promise allows from the click to the page.
const IN_TIME: Duration = Duration::from_secs(6);

fn is_a_clear_page(answer: &Answer, provider: Provider) {
    assert_eq!(answer.status, StatusCode::BAD_GATEWAY, "{answer:?}");
    assert!(answer.header("content-type").starts_with("text/html"), "{answer:?}");
    assert!(answer.body.contains(&provider.to_string()), "it names the provider: {answer:?}");
    assert!(answer.body.contains("/login"), "it says how to go on: {answer:?}");
    assert!(!answer.headers.contains_key("set-cookie"), "{answer:?}");
}

fn person(provider: Provider) -> &'static str {
    if provider == Google { "ada" } else { "vic" }
}

#[tokio::test]
async fn a_broken_provider_opens_no_session() {
    each_database(async |store| {
        let site = Site::start(store).await;
        let faults = [
            Fault::Status(500),
            Fault::Status(503),
            Fault::Status(401),
            Fault::Malformed,
            Fault::Huge,
            Fault::Redirect(format!("{}/google/userinfo", site.idp.origin())),
            Fault::DropConnection,
            Fault::Answer(json!([])),
            Fault::Answer(json!({})),
            Fault::Answer(json!({ "access_token": "x", "token_type": "mac" })),
            Fault::Answer(json!({ "id": "1", "login": "ada" })),
        ];
        for (provider, endpoint) in [
            (Google, Endpoint::GoogleToken),
            (Github, Endpoint::GithubToken),
            (Github, Endpoint::GithubUser),
            (Github, Endpoint::GithubEmails),
        ] {
            for fault in &faults {
                // An empty list is an answer: there are no addresses.
                if endpoint == Endpoint::GithubEmails && *fault == Fault::Answer(json!([])) {
                    continue;
                }
                site.idp.faults().next(endpoint, fault.clone());
                let answer = site.visitor().tries_to_sign_in(provider, person(provider)).await;
                eprintln!("{endpoint:?} {fault:?}");
                is_a_clear_page(&answer, provider);
                site.idp.faults().clear();
            }
        }
        assert_eq!(site.idp.calls(Endpoint::Userinfo), 0, "redirects are not followed");
        assert_eq!(site.sessions().await, 0);
    })
    .await;
}

#[tokio::test]
async fn a_provider_whose_keys_cannot_be_read_opens_no_session() {
    each_database(async |store| {
        let site = Site::start(store).await;
        for fault in [Fault::Status(500), Fault::Malformed, Fault::Huge, Fault::Answer(json!({ "keys": [] }))]
        {
            site.idp.faults().always(Endpoint::Jwks, fault);
            is_a_clear_page(&site.visitor().tries_to_sign_in(Google, "ada").await, Google);
            site.clock.advance(Duration::from_mins(2));
            site.idp.faults().clear();
        }
        site.visitor().signs_in(Google, "ada").await;
    })
    .await;
}

#[tokio::test]
async fn a_slow_provider_fails_in_six_seconds_and_slows_nobody_else() {
    each_database(async |store| {
        let site = Site::start(store).await;
        site.visitor().signs_in(Google, "ada").await;
        let late = Duration::from_secs(20);
        site.idp.faults().always(Endpoint::GoogleToken, Fault::Delay(late));
        site.idp.faults().next(Endpoint::GithubToken, Fault::Stall);
        site.idp.faults().next(Endpoint::GithubUser, Fault::Stall);
        site.idp.faults().next(Endpoint::GithubEmails, Fault::Delay(late));
        let slow = async |provider| {
            let visitor = site.visitor();
            let callback = visitor.agrees(provider, person(provider)).await;
            let started = Instant::now();
            let answer = visitor.get(&callback).await;
            assert!(started.elapsed() < IN_TIME, "{:?}", started.elapsed());
            is_a_clear_page(&answer, provider);
        };
        let all_slow = async {
            join_all([Google, Google, Github, Github, Github].map(slow)).await;
        };
        let mut all_slow = std::pin::pin!(all_slow);
        let visitor = site.visitor();
        let mut others = 0;
        loop {
            let started = Instant::now();
            tokio::select! {
                () = &mut all_slow => break,
                answer = visitor.get("/login") => {
                    assert_eq!(answer.status, StatusCode::OK);
                    assert!(started.elapsed() < Duration::from_secs(1), "{:?}", started.elapsed());
                    others += 1;
                }
            }
        }
        assert!(others > 10, "others are served meanwhile: {others}");
    })
    .await;
}

#[tokio::test]
async fn a_provider_that_cannot_be_discovered_is_told_in_time() {
    each_database(async |store| {
        let site = Site::start(store).await;
        for fault in
            [Fault::Stall, Fault::Status(500), Fault::Malformed, Fault::Answer(json!({ "issuer": "x" }))]
        {
            site.idp.faults().next(Endpoint::Discovery, fault.clone());
            let started = Instant::now();
            let answer = site.visitor().get("/auth/google").await;
            assert!(started.elapsed() < IN_TIME, "{fault:?}: {:?}", started.elapsed());
            assert!(answer.status.is_server_error() && answer.status != 500, "{fault:?}: {answer:?}");
            assert!(answer.header("content-type").starts_with("text/html"), "{fault:?}: {answer:?}");
            site.visitor().signs_in(Github, "vic").await;
        }
        site.visitor().signs_in(Google, "ada").await;
    })
    .await;
}
