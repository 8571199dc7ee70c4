//! What binds a sign-in under way: its state, its browser, its provider, its time, and that it works once.

use std::collections::HashMap;
use std::time::Duration;

use freehold::dev::idp::{Endpoint, Fault, cancel_url};
use freehold::login::Provider;
use freehold::login::Provider::{Github, Google};
use futures_util::future::join_all;
use http::{Method, StatusCode};

use crate::harness::browserless::{Answer, Site, Visitor, each_database};

/// How often the site has asked the providers who somebody is.
pub(super) fn asked(site: &Site) -> usize {
    let endpoints = [
        Endpoint::GoogleToken,
        Endpoint::Userinfo,
        Endpoint::GithubToken,
        Endpoint::GithubUser,
        Endpoint::GithubEmails,
    ];
    endpoints.into_iter().map(|endpoint| site.idp.calls(endpoint)).sum()
}

fn query(address: &str) -> HashMap<String, String> {
    let query = address.split_once('?').map_or("", |(_, query)| query);
    url::form_urlencoded::parse(query.as_bytes()).into_owned().collect()
}

fn is_refusal(answer: &Answer) {
    assert!(answer.status.is_client_error(), "{answer:?}");
    assert!(answer.header("content-type").starts_with("text/html"), "a page: {answer:?}");
    assert!(!answer.headers.contains_key("set-cookie"), "{answer:?}");
}

/// Opens `callback`, which must be refused without a word to the provider and without a session.
async fn is_refused_unasked(site: &Site, visitor: &Visitor<'_>, callback: &str) {
    let (asked_before, sessions_before) = (asked(site), site.sessions().await);
    is_refusal(&visitor.get(callback).await);
    assert_eq!(asked(site), asked_before, "{callback}: the provider is not asked");
    assert_eq!(site.sessions().await, sessions_before);
}

#[tokio::test]
async fn every_attempt_has_its_own_state_challenge_and_nonce() {
    each_database(async |store| {
        let site = Site::start(store).await;
        let visitor = site.visitor();
        for (provider, names) in
            [(Google, &["state", "code_challenge", "nonce"][..]), (Github, &["state", "code_challenge"][..])]
        {
            let [one, other] = [visitor.starts(provider).await, visitor.starts(provider).await];
            let [one, other] = [query(&one), query(&other)];
            for name in names {
                assert_ne!(one[*name], other[*name], "{name}");
                assert_eq!(one[*name].len(), 43, "256 bits of {name}");
            }
            assert_eq!(one["code_challenge_method"], "S256");
        }
    })
    .await;
}

#[tokio::test]
async fn a_callback_without_a_good_state_asks_nobody() {
    each_database(async |store| {
        let site = Site::start(store).await;
        let visitor = site.visitor();
        let callback = visitor.agrees(Google, "ada").await;
        let state = query(&callback)["state"].clone();
        let path = "/auth/google/callback";
        let code = &query(&callback)["code"];
        for bad in [
            path.to_owned(),
            format!("{path}?code={code}"),
            format!("{path}?code={code}&state="),
            format!("{path}?code={code}&state={}", freehold::ids::secret_text()),
            format!("{path}?code={code}&state={}x", &state[..42]),
            format!("{callback}&state={state}"),
            format!("{callback}&state={}", freehold::ids::secret_text()),
            format!("{callback}&code={code}"),
            format!("{callback}&error=access_denied&error=access_denied"),
        ] {
            is_refused_unasked(&site, &visitor, &bad).await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_state_belongs_to_the_browser_that_started() {
    each_database(async |store| {
        let site = Site::start(store).await;
        let (victim, attacker) = (site.visitor(), site.visitor());
        let callback = attacker.agrees(Google, "ben").await;
        is_refused_unasked(&site, &victim, &callback).await;
        is_refused_unasked(&site, &attacker, &callback).await;

        let callback = attacker.agrees(Google, "ben").await;
        victim.starts(Google).await;
        is_refused_unasked(&site, &victim, &callback).await;
        let cookie = attacker.cookies()["freehold-login"].clone();
        assert!(!callback.contains(&cookie), "what binds the browser is not in the address");
    })
    .await;
}

#[tokio::test]
async fn a_state_belongs_to_the_provider_it_was_made_for() {
    each_database(async |store| {
        let site = Site::start(store).await;
        let visitor = site.visitor();
        for (provider, other, person) in [(Google, Github, "ada"), (Github, Google, "vic")] {
            let callback = visitor.agrees(provider, person).await;
            let elsewhere = callback.replace(provider.as_str(), other.as_str());
            is_refused_unasked(&site, &visitor, &elsewhere).await;
            is_refused_unasked(&site, &visitor, &callback).await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_state_lives_ten_minutes() {
    each_database(async |store| {
        let site = Site::start(store).await;
        let visitor = site.visitor();
        let late = visitor.agrees(Github, "vic").await;
        site.clock.advance(Duration::from_mins(10));
        is_refused_unasked(&site, &visitor, &late).await;

        let in_time = visitor.agrees(Github, "vic").await;
        site.clock.advance(Duration::from_mins(10) - Duration::from_millis(1));
        assert!(query(&in_time).contains_key("code"));
        let answer = visitor.get(&in_time).await;
        // The provider's own code may have ended by then; ours has not.
        assert_ne!(answer.status, StatusCode::BAD_REQUEST, "{answer:?}");
    })
    .await;
}

#[tokio::test]
async fn a_state_works_once_whatever_became_of_it() {
    each_database(async |store| {
        let site = Site::start(store).await;
        for (provider, person) in [(Google, "ada"), (Github, "vic")] {
            let visitor = site.visitor();
            let callback = visitor.agrees(provider, person).await;
            let browser = visitor.cookies()["freehold-login"].clone();
            assert_eq!(visitor.get(&callback).await.status, StatusCode::SEE_OTHER);
            visitor.plant("freehold-login", &browser);
            is_refused_unasked(&site, &visitor, &callback).await;

            let visitor = site.visitor();
            let token = if provider == Google { Endpoint::GoogleToken } else { Endpoint::GithubToken };
            site.idp.faults().next(token, Fault::Status(500));
            let callback = visitor.agrees(provider, person).await;
            assert_eq!(visitor.get(&callback).await.status, StatusCode::BAD_GATEWAY);
            is_refused_unasked(&site, &visitor, &callback).await;

            let address = visitor.starts(provider).await;
            let refused = visitor.comes_back_from(&cancel_url(&address)).await;
            let answer = visitor.get(&refused).await;
            is_refusal(&answer);
            assert!(answer.body.contains("cancelled") && !answer.body.contains("the person said no"));
            let with_code = refused.replace("error=access_denied", "code=x");
            is_refused_unasked(&site, &visitor, &with_code).await;
        }
    })
    .await;
}

#[tokio::test]
async fn an_error_with_a_code_signs_nobody_in() {
    each_database(async |store| {
        let site = Site::start(store).await;
        let visitor = site.visitor();
        let callback = visitor.agrees(Google, "ada").await;
        is_refused_unasked(&site, &visitor, &format!("{callback}&error=<script>")).await;
    })
    .await;
}

#[tokio::test]
async fn twenty_parallel_callbacks_open_one_session() {
    each_database(async |store| {
        let site = Site::start(store).await;
        for (provider, person) in [(Google, "ada"), (Github, "vic")] {
            let before = site.sessions().await;
            let visitor = site.visitor();
            let callback = visitor.agrees(provider, person).await;
            let requests: Vec<_> = (0..20).map(|_| visitor.request(Method::GET, &callback)).collect();
            let answers = join_all(requests.into_iter().map(|request| visitor.send(request))).await;
            let opened = answers.iter().filter(|answer| answer.status == StatusCode::SEE_OTHER).count();
            assert_eq!(opened, 1, "{answers:?}");
            assert!(answers.iter().all(|answer| !answer.status.is_server_error()), "{answers:?}");
            assert_eq!(site.sessions().await, before + 1);
        }
    })
    .await;
}

#[tokio::test]
async fn an_issuer_in_the_callback_is_the_providers_own() {
    each_database(async |store| {
        let site = Site::start(store).await;
        let wrong = |text: &str| Fault::WrongIss(text.to_owned());
        let google = site.idp.google_issuer();
        for (provider, endpoint, person, faults) in [
            (
                Google,
                Endpoint::GoogleCallback,
                "ada",
                vec![
                    Fault::MissingIss,
                    Fault::RepeatedIss,
                    wrong("https://evil.example"),
                    wrong(&format!("{google}/")),
                ],
            ),
            (
                Github,
                Endpoint::GithubCallback,
                "vic",
                vec![Fault::RepeatedIss, wrong(&google), wrong(&site.idp.github_url())],
            ),
        ] {
            for fault in faults {
                let visitor = site.visitor();
                site.idp.faults().next(endpoint, fault.clone());
                let (asked_before, callback) = (asked(&site), visitor.agrees(provider, person).await);
                let answer = visitor.get(&callback).await;
                assert!(
                    !answer.status.is_success() && !answer.status.is_redirection(),
                    "{fault:?} {answer:?}"
                );
                assert_eq!(asked(&site), asked_before, "{fault:?}: no code goes to anyone");
            }
        }
        assert_eq!(site.sessions().await, 0);
        // GitHub Enterprise servers may not send one yet.
        site.idp.faults().next(Endpoint::GithubCallback, Fault::MissingIss);
        site.visitor().signs_in(Github, "vic").await;
    })
    .await;
}

#[tokio::test]
async fn one_returns_to_a_path_of_ours_only() {
    each_database(async |store| {
        let site = Site::start(store).await;
        let visitor = site.visitor();
        for (asked, expected) in [
            ("/t/acme/members?search=a%20b", "/t/acme/members?search=a%20b"),
            ("https://evil.example/", "/"),
            ("//evil.example/", "/"),
            ("/\\evil.example/", "/"),
            ("/\t/evil.example/", "/"),
            ("/\r\nset-cookie: a=b", "/"),
            ("javascript:alert(1)", "/"),
            ("evil", "/"),
        ] {
            let asked: String = url::form_urlencoded::byte_serialize(asked.as_bytes()).collect();
            let start = visitor.get(&format!("/auth/google?return_to={asked}")).await;
            let address = freehold::dev::idp::choose_url(start.location(), "ada");
            let answer = visitor.get(&visitor.comes_back_from(&address).await).await;
            assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, expected), "{asked}");
        }
    })
    .await;
}

#[tokio::test]
async fn addresses_are_built_from_the_public_url_alone() {
    each_database(async |store| {
        let site = Site::on(store).public_url("https://id.example.com").start().await;
        let visitor = site
            .visitor()
            .sending("x-forwarded-host", "evil.example")
            .sending("x-forwarded-proto", "http")
            .sending("x-forwarded-port", "81")
            .sending("forwarded", "host=evil.example;proto=http");
        for provider in Provider::ALL {
            let address = visitor.starts(provider).await;
            let expected = format!("https://id.example.com/auth/{}/callback", provider.as_str());
            assert_eq!(query(&address)["redirect_uri"], expected);
        }
        let answer = visitor.get("/account").await;
        assert!(!answer.location().contains("evil"), "{answer:?}");
        let page = visitor.get("/login").await;
        assert!(!page.body.contains("evil.example"), "{page:?}");
        let forged = site.visitor().request(Method::GET, "/auth/google").header("host", "evil.example");
        let answer = site.visitor().send(forged).await;
        assert_ne!(answer.status, StatusCode::SEE_OTHER, "{answer:?}");
    })
    .await;
}
