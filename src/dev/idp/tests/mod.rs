//! The provider seen from a client: how strict it is, and that its faults happen.

use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Client, Response, StatusCode};
use serde_json::Value;
use tokio::net::TcpListener;
use url::Url;

use super::grants::challenge_of;
use super::people::Provider;
use super::{Clients, Idp, choose_url};
use crate::clock::{Clock, Timestamp};

mod faults;
mod github;
mod google;
mod zone;

const REDIRECT: &str = "http://127.0.0.1:3000/auth/callback";
const VERIFIER: &str = "a-verifier-of-enough-length-0123456789-abcdefghij";

/// A provider and a client of it.
struct Fixture {
    idp: Idp,
    clock: Clock,
    http: Client,
}

impl Fixture {
    async fn new() -> Self {
        let clock = Clock::manual(Timestamp::from_micros(1_800_000_000_000_000));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let clients = Clients {
            google: ("google-client".to_owned(), "google secret+/".to_owned()),
            github: ("github-client".to_owned(), "github-secret".to_owned()),
            redirect_uris: vec![REDIRECT.to_owned()],
        };
        let idp = Idp::start(listener, clock.clone(), clients).unwrap();
        let http = Client::builder()
            .redirect(Policy::none())
            .no_proxy()
            .user_agent("freehold-test")
            .build()
            .unwrap();
        Self { idp, clock, http }
    }

    /// The authorize URL with `changes`: an empty value takes the parameter away.
    fn authorize(&self, provider: Provider, changes: &[(&str, &str)]) -> String {
        let (base, client, scope) = match provider {
            Provider::Google => (self.idp.google_issuer(), "google-client", "openid email profile"),
            Provider::Github => {
                (format!("{}/login/oauth", self.idp.github_url()), "github-client", "read:user user:email")
            }
        };
        let challenge = challenge_of(VERIFIER);
        let mut params = vec![
            ("response_type", "code"),
            ("client_id", client),
            ("redirect_uri", REDIRECT),
            ("scope", scope),
            ("state", "a state&more"),
            ("nonce", "a-nonce"),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ];
        params.retain(|(name, _)| !changes.iter().any(|(changed, _)| changed == name));
        params.extend(changes.iter().filter(|(_, value)| !value.is_empty()));
        Url::parse_with_params(&format!("{base}/authorize"), params).unwrap().to_string()
    }

    async fn get(&self, url: &str) -> Response {
        self.http.get(url).send().await.unwrap()
    }

    /// Where a click on `person` leads.
    async fn choose(&self, provider: Provider, person: &str) -> Url {
        location(&self.get(&choose_url(&self.authorize(provider, &[]), person)).await)
    }

    async fn code(&self, provider: Provider, person: &str) -> String {
        param(&self.choose(provider, person).await, "code").unwrap()
    }

    /// The token request for `code`, with `changes` as in [`Fixture::authorize`].
    async fn exchange(&self, provider: Provider, code: &str, changes: &[(&str, &str)]) -> Response {
        let (url, id, secret) = match provider {
            Provider::Google => {
                (format!("{}/token", self.idp.google_issuer()), "google-client", "google secret+/")
            }
            Provider::Github => (
                format!("{}/login/oauth/access_token", self.idp.github_url()),
                "github-client",
                "github-secret",
            ),
        };
        let mut fields = vec![
            ("grant_type", "authorization_code"),
            ("client_id", id),
            ("client_secret", secret),
            ("code", code),
            ("redirect_uri", REDIRECT),
            ("code_verifier", VERIFIER),
        ];
        fields.retain(|(name, _)| !changes.iter().any(|(changed, _)| changed == name));
        fields.extend(changes.iter().filter(|(_, value)| !value.is_empty()));
        let request = self.http.post(url).header("accept", "application/json").form(&fields);
        request.send().await.unwrap()
    }

    async fn json(&self, provider: Provider, code: &str, changes: &[(&str, &str)]) -> Value {
        self.exchange(provider, code, changes).await.json().await.unwrap()
    }
}

fn location(response: &Response) -> Url {
    assert_eq!(response.status(), StatusCode::SEE_OTHER);
    Url::parse(response.headers()["location"].to_str().unwrap()).unwrap()
}

fn param(url: &Url, name: &str) -> Option<String> {
    url.query_pairs().find(|(known, _)| known == name).map(|(_, value)| value.into_owned())
}

#[tokio::test]
async fn the_page_offers_the_people_of_its_provider_only() {
    let it = Fixture::new().await;
    let page = it.get(&it.authorize(Provider::Google, &[])).await;
    assert_eq!(page.status(), StatusCode::OK);
    let html = page.text().await.unwrap();
    assert!(html.contains("Freehold development identity provider – these people are samples"));
    assert!(html.contains("Ada Sample") && html.contains("person=ada&#38;"), "{html}");
    assert!(!html.contains("Vic Sample"));
}

#[tokio::test]
async fn a_choice_comes_back_with_code_state_and_issuer() {
    let it = Fixture::new().await;
    for (provider, person, issuer) in [
        (Provider::Google, "ada", it.idp.google_issuer()),
        (Provider::Github, "vic", format!("{}/login/oauth", it.idp.github_url())),
    ] {
        let back = it.choose(provider, person).await;
        assert!(back.as_str().starts_with(REDIRECT));
        assert_eq!(param(&back, "state").as_deref(), Some("a state&more"));
        assert_eq!(param(&back, "iss"), Some(issuer));
        assert!(param(&back, "code").is_some());
    }
}

#[tokio::test]
async fn cancel_comes_back_with_access_denied() {
    let it = Fixture::new().await;
    let back = location(&it.get(&super::cancel_url(&it.authorize(Provider::Github, &[]))).await);
    assert_eq!(param(&back, "error").as_deref(), Some("access_denied"));
    assert_eq!(param(&back, "state").as_deref(), Some("a state&more"));
    assert_eq!(param(&back, "code"), None);
}

#[tokio::test]
async fn nothing_redirects_to_an_unregistered_uri() {
    let it = Fixture::new().await;
    for provider in [Provider::Google, Provider::Github] {
        for change in [
            ("redirect_uri", "http://127.0.0.1:3000/auth/callback/"),
            ("redirect_uri", ""),
            ("client_id", "someone-else"),
            ("person", "ada"),
        ] {
            let url = it.authorize(provider, &[change]);
            for url in [choose_url(&url, "ada"), super::cancel_url(&url), url] {
                if change.0 == "person" && !url.contains("/choose") {
                    continue; // repeated only where the link itself names the person
                }
                let answer = it.get(&url).await;
                assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{url}");
                assert!(answer.headers().get("location").is_none());
            }
        }
    }
}

#[tokio::test]
async fn no_code_without_pkce_or_nonce() {
    let it = Fixture::new().await;
    for (provider, name, value) in [
        (Provider::Google, "nonce", ""),
        (Provider::Google, "response_type", "token"),
        (Provider::Google, "scope", "email"),
        (Provider::Google, "code_challenge", ""),
        (Provider::Google, "code_challenge_method", "plain"),
        (Provider::Github, "code_challenge", "short"),
        (Provider::Github, "code_challenge_method", ""),
    ] {
        let url = it.authorize(provider, &[(name, value)]);
        let person = if provider == Provider::Google { "ada" } else { "vic" };
        for url in [choose_url(&url, person), url] {
            let back = location(&it.get(&url).await);
            assert!(param(&back, "error").is_some(), "{name}={value}");
            assert_eq!(param(&back, "code"), None);
        }
    }
}

#[tokio::test]
async fn people_stay_at_their_provider() {
    let it = Fixture::new().await;
    let answer = it.get(&choose_url(&it.authorize(Provider::Google, &[]), "vic")).await;
    assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
    let code = it.code(Provider::Google, "ada").await;
    let answer = it.json(Provider::Github, &code, &[]).await;
    assert_eq!(answer["error"], "bad_verification_code");
}

#[tokio::test]
async fn codes_expire_after_a_minute() {
    let it = Fixture::new().await;
    let early = it.code(Provider::Google, "ada").await;
    it.clock.advance(Duration::from_mins(1));
    assert!(it.json(Provider::Google, &early, &[]).await.get("id_token").is_some());
    let late = it.code(Provider::Google, "ada").await;
    it.clock.advance(Duration::from_secs(61));
    assert_eq!(it.json(Provider::Google, &late, &[]).await["error"], "invalid_grant");
}

#[tokio::test]
async fn another_host_name_is_refused() {
    let it = Fixture::new().await;
    let answer = it.http.get(it.idp.origin()).header("host", "evil.example").send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::MISDIRECTED_REQUEST);
}

#[tokio::test]
async fn listening_beyond_loopback_is_refused() {
    let listener = TcpListener::bind("0.0.0.0:0").await.unwrap();
    let nobody = || (String::new(), String::new());
    let clients = Clients { google: nobody(), github: nobody(), redirect_uris: vec![] };
    assert!(Idp::start(listener, Clock::default(), clients).is_err());
}

#[tokio::test]
async fn shutdown_frees_the_port() {
    let it = Fixture::new().await;
    let origin = it.idp.origin();
    it.get(&origin).await;
    it.idp.shutdown().await;
    assert!(it.http.get(origin).send().await.is_err());
}
