//! The two steps of a sign-in against a provider on real sockets, good and bad.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use serde_json::{Value, json};

use super::*;
use crate::clock::Timestamp;
use crate::email::EmailAddress;
use crate::login::CallError;
use crate::login::fake::{Fake, Reply, Seen};
use crate::login::fake_keys::Signer;

const NOW: i64 = 1_800_000_000;
const QUICK: Limits = Limits {
    call: Duration::from_millis(400),
    slot: Duration::from_millis(100),
    step: Duration::from_millis(600),
    ..Limits::PRODUCTION
};

/// Answers that replace the good ones, by path.
type Script = Arc<Mutex<HashMap<&'static str, Reply>>>;

struct World {
    fake: Fake,
    providers: Providers,
    secrets: Secrets,
    script: Script,
    signer: Signer,
}

impl World {
    async fn new() -> Self {
        let (script, secrets) = (Script::default(), Secrets::new());
        let signer = Signer::ec("k");
        let (own, nonce, scripted) = (signer.clone(), secrets.nonce.clone(), Arc::clone(&script));
        let fake = Fake::start(move |seen| {
            let instead = scripted.lock().unwrap().get(seen.path.as_str()).cloned();
            instead.unwrap_or_else(|| good_answer(seen, &own, &nonce))
        })
        .await;
        let google = GoogleSettings {
            client_id: "us".into(),
            client_secret: "s3cret-g".into(),
            issuer_url: fake.base().into(),
        };
        let github = GithubSettings {
            client_id: "us-hub".into(),
            client_secret: "s3cret-h".into(),
            url: format!("{}/", fake.base()),
            api_url: fake.url("/api").into(),
        };
        let clock = Clock::manual(Timestamp::from_micros(NOW * 1_000_000));
        let public = Url::parse("https://app.example/").unwrap();
        let providers = Providers::with_limits(Some(google), Some(github), clock, &public, QUICK).unwrap();
        Self { fake, providers, secrets, script, signer }
    }

    fn instead(&self, path: &'static str, reply: Reply) {
        self.script.lock().unwrap().insert(path, reply);
    }

    async fn identify(
        &self,
        provider: Provider,
        iss: Option<String>,
    ) -> Result<ExternalIdentity, SignInError> {
        let callback = Callback { code: "the-c0de".into(), iss };
        self.providers.identify(provider, &callback, &self.secrets).await
    }

    async fn google(&self) -> Result<ExternalIdentity, SignInError> {
        self.identify(Provider::Google, Some(self.fake.base().to_owned())).await
    }

    async fn github(&self) -> Result<ExternalIdentity, SignInError> {
        self.identify(Provider::Github, None).await
    }
}

fn good_answer(seen: &Seen, signer: &Signer, nonce: &str) -> Reply {
    let base = &seen.base;
    let body = match seen.path.as_str() {
        "/.well-known/openid-configuration" => discovery(base, base),
        "/jwks" => json!({ "keys": [signer.jwk()] }),
        "/token" => {
            json!({ "access_token": "t0ken", "token_type": "Bearer", "scope": "openid email", "expires_in": 3599,
            "id_token": signer.sign(&json!({ "iss": base, "sub": "10769", "aud": "us", "exp": NOW + 3600, "iat": NOW,
            "nonce": nonce, "name": "Ada", "email": "Ada@Example.com", "email_verified": true, "picture": "https://p.example/a" })) })
        }
        "/login/oauth/access_token" => {
            json!({ "access_token": "hub-t0ken", "scope": "read:user,user:email", "token_type": "bearer" })
        }
        "/api/user" => {
            json!({ "id": 583_231, "login": "ada", "name": null, "email": "unverified@evil.example",
            "avatar_url": "http://127.0.0.1/a" })
        }
        "/api/user/emails" => emails_page(seen.query["page"].parse().unwrap()),
        _ => return Reply::bytes(404, "nothing here"),
    };
    Reply::json(200, &body)
}

fn discovery(base: &str, issuer: &str) -> Value {
    json!({ "issuer": issuer, "authorization_endpoint": format!("{base}/authorize?hd=x"), "token_endpoint": format!("{base}/token"),
        "jwks_uri": format!("{base}/jwks"), "authorization_response_iss_parameter_supported": true })
}

/// Thirty addresses without use, then those that matter on the second page.
fn emails_page(page: u32) -> Value {
    let address =
        |email: &str, primary, verified| json!({ "email": email, "primary": primary, "verified": verified });
    match page {
        1 => (0..30).map(|n| address(&format!("old{n}@example.com"), false, false)).collect(),
        2 => json!([
            address("1+ada@users.noreply.github.com", false, true),
            address("Ada@Work.example.com", true, true),
            address("ada@home.example.com", false, true),
            address("\"odd\"@example.com", false, true)
        ]),
        _ => json!([]),
    }
}

fn query(url: &Url) -> HashMap<String, String> {
    url.query_pairs().into_owned().collect()
}

#[tokio::test]
async fn the_browser_is_sent_with_state_pkce_and_nonce() {
    let world = World::new().await;
    let challenge = BASE64.encode(digest(&SHA256, world.secrets.verifier.as_bytes()));
    for provider in Provider::ALL {
        let url = world.providers.authorize_url(provider, &world.secrets, true).await.unwrap();
        let asked = query(&url);
        let back = format!("https://app.example/auth/{}/callback", provider.as_str());
        assert_eq!(asked["redirect_uri"], back);
        assert_eq!((asked["response_type"].as_str(), asked["prompt"].as_str()), ("code", "select_account"));
        assert_eq!((&asked["state"], &asked["code_challenge"]), (&world.secrets.state, &challenge));
        assert_eq!(asked["code_challenge_method"], "S256");
        assert!(!url.as_str().contains(&world.secrets.verifier) && !url.as_str().contains("s3cret"));
    }
    let google = world.providers.authorize_url(Provider::Google, &world.secrets, false).await.unwrap();
    let asked = query(&google);
    assert_eq!((asked["scope"].as_str(), asked["hd"].as_str()), ("openid email profile", "x"));
    assert_eq!(asked["nonce"], world.secrets.nonce);
    assert!(!asked.contains_key("prompt"));
    let github = world.providers.authorize_url(Provider::Github, &world.secrets, false).await.unwrap();
    assert_eq!(query(&github)["scope"], "read:user user:email");
    assert_eq!(github.path(), "/login/oauth/authorize");
}

#[tokio::test]
async fn google_tells_who_someone_is() {
    let world = World::new().await;
    let ada = world.google().await.unwrap();
    assert_eq!(
        (ada.provider, ada.subject.as_str(), ada.name.as_deref()),
        (Provider::Google, "10769", Some("Ada"))
    );
    assert_eq!(ada.issuer, world.fake.base());
    assert_eq!((ada.email.as_deref(), ada.email_verified), (Some("ada@example.com"), true));
    assert_eq!(ada.verified_emails.len(), 1);
    assert_eq!(ada.avatar_url.as_deref(), Some("https://p.example/a"));
    let exchange = &world.fake.seen("/token")[0];
    let sent = |name: &str| exchange.form[name].as_str();
    assert_eq!((sent("client_id"), sent("client_secret")), ("us", "s3cret-g"));
    assert_eq!((sent("code"), sent("code_verifier")), ("the-c0de", world.secrets.verifier.as_str()));
    assert!(!exchange.headers.contains_key("authorization"), "the secret goes in the body");
    world.google().await.unwrap();
    let fetched = |path| world.fake.seen(path).len();
    assert_eq!(
        (fetched("/.well-known/openid-configuration"), fetched("/jwks")),
        (1, 1),
        "documents are kept"
    );
}

#[tokio::test]
async fn an_address_google_has_not_checked_is_not_verified() {
    let world = World::new().await;
    let ada = json!({ "iss": world.fake.base(), "sub": "1", "aud": "us", "exp": NOW + 3600, "iat": NOW,
        "nonce": world.secrets.nonce, "email": "ada@example.com", "email_verified": false });
    let answer = json!({ "access_token": "t", "token_type": "Bearer", "id_token": world.signer.sign(&ada) });
    world.instead("/token", Reply::json(200, &answer));
    let ada = world.google().await.unwrap();
    assert_eq!((ada.email.as_deref(), ada.email_verified), (Some("ada@example.com"), false));
    assert!(ada.verified_emails.is_empty());
}

#[tokio::test]
async fn github_tells_who_someone_is() {
    let world = World::new().await;
    let issuer = format!("{}/login/oauth", world.fake.base());
    let ada = world.identify(Provider::Github, Some(issuer.clone())).await.unwrap();
    assert_eq!((ada.subject.as_str(), ada.username.as_deref(), ada.name), ("583231", Some("ada"), None));
    assert_eq!(ada.issuer, issuer);
    assert_eq!((ada.email.as_deref(), ada.email_verified), (Some("ada@work.example.com"), true));
    let verified: Vec<&str> = ada.verified_emails.iter().map(EmailAddress::as_str).collect();
    assert_eq!(verified, ["ada@work.example.com", "ada@home.example.com"], "no stand-in, nothing odd");
    assert_eq!(ada.avatar_url, None, "https only");
    let exchange = &world.fake.seen("/login/oauth/access_token")[0];
    assert_eq!(
        (exchange.form["client_secret"].as_str(), &exchange.headers["accept"]),
        ("s3cret-h", &"application/json".parse().unwrap())
    );
    let call = &world.fake.seen("/api/user")[0].headers;
    assert_eq!(call["authorization"], "Bearer hub-t0ken");
    assert!(call.contains_key("user-agent") && call.contains_key("x-github-api-version"));
    assert_eq!(world.fake.seen("/api/user/emails").len(), 2);
}

#[tokio::test]
async fn an_unverified_primary_address_is_none() {
    let world = World::new().await;
    let list = json!([{ "email": "ada@example.com", "primary": true, "verified": false },
        { "email": "ada@home.example.com", "primary": false, "verified": true }]);
    world.instead("/api/user/emails", Reply::json(200, &list));
    let ada = world.github().await.unwrap();
    assert_eq!((ada.email, ada.email_verified, ada.verified_emails.len()), (None, false, 1));
    world.instead("/api/user/emails", Reply::bytes(404, "{}"));
    assert!(world.github().await.unwrap().verified_emails.is_empty(), "the scope was not granted");
}

#[tokio::test]
async fn endless_pages_of_addresses_come_to_an_end() {
    let world = World::new().await;
    world.instead("/api/user/emails", Reply::json(200, &emails_page(1)));
    assert!(world.github().await.unwrap().email.is_none());
    assert_eq!(world.fake.seen("/api/user/emails").len(), 10);
}

#[tokio::test]
async fn a_callback_of_another_issuer_spends_no_code() {
    let world = World::new().await;
    for provider in Provider::ALL {
        for iss in ["https://evil.example".to_owned(), format!("{}/", world.fake.base()), String::new()] {
            let outcome = world.identify(provider, Some(iss)).await;
            assert!(matches!(outcome, Err(SignInError::Rejected(_))));
        }
    }
    assert!(world.fake.seen("/.well-known/openid-configuration").is_empty(), "refused before any call");
    assert!(
        matches!(world.identify(Provider::Google, None).await, Err(SignInError::Rejected(_))),
        "it is advertised"
    );
    assert!(world.fake.seen("/token").is_empty() && world.fake.seen("/login/oauth/access_token").is_empty());
}

#[tokio::test]
async fn iss_may_be_absent_where_it_is_not_advertised() {
    let world = World::new().await;
    let mut document = discovery(world.fake.base(), world.fake.base());
    document["authorization_response_iss_parameter_supported"] = json!(false);
    world.instead("/.well-known/openid-configuration", Reply::json(200, &document));
    assert!(world.identify(Provider::Google, None).await.is_ok());
}

#[tokio::test]
async fn errors_of_the_token_endpoint_are_understood_under_any_status() {
    let world = World::new().await;
    let cases = [
        ("bad_verification_code", "Rejected"),
        ("invalid_grant", "Rejected"),
        ("access_denied", "Rejected"),
        ("incorrect_client_credentials", "Misconfigured"),
        ("invalid_client", "Misconfigured"),
        ("redirect_uri_mismatch", "Misconfigured"),
        ("server_error", "Unavailable"),
    ];
    for (code, expected) in cases {
        let body = json!({ "error": code, "error_description": "the-c0de s3cret", "error_uri": "https://x.example" });
        for status in [200, 400, 401] {
            world.instead("/login/oauth/access_token", Reply::json(status, &body));
            world.instead("/token", Reply::json(status, &body));
            for error in [world.github().await.unwrap_err(), world.google().await.unwrap_err()] {
                let text = format!("{error:?} {error}");
                assert!(text.starts_with(expected), "{code}: {text}");
                assert!(!text.contains("c0de") && !text.contains("s3cret"), "{text}");
            }
        }
    }
    assert!(world.fake.seen("/api/user").is_empty());
}

#[tokio::test]
async fn a_broken_provider_yields_an_error_and_no_identity() {
    let half = Reply::json(200, &json!({ "access_token": "t0ken-x", "token_type": "bearer" }));
    let bad = [
        Reply::bytes(500, "oops"),
        Reply::bytes(503, ""),
        Reply::redirect("/elsewhere"),
        Reply::bytes(200, "not json t0ken-x"),
        Reply::bytes(200, ""),
        Reply::json(200, &json!({})),
        Reply::json(200, &json!([1])),
        Reply::bytes(204, ""),
        Reply::bytes(200, vec![b' '; (1 << 20) + 1]),
        Reply::endless(),
        Reply::Silence,
        Reply::HalfSilence,
    ];
    let paths = [
        (Provider::Google, "/.well-known/openid-configuration"),
        (Provider::Google, "/token"),
        (Provider::Google, "/jwks"),
        (Provider::Github, "/login/oauth/access_token"),
        (Provider::Github, "/api/user"),
        (Provider::Github, "/api/user/emails"),
    ];
    let all = paths.iter().flat_map(|case| bad.iter().map(move |reply| (case, reply)));
    futures_util::future::join_all(all.map(|((provider, path), reply)| async move {
        let world = World::new().await;
        world.instead(path, reply.clone());
        let iss = (*provider == Provider::Google).then(|| world.fake.base().to_owned());
        let error = world.identify(*provider, iss).await.unwrap_err();
        let proper = matches!(error, SignInError::Unavailable(_) | SignInError::TimedOut);
        assert!(proper, "{path} {reply:?}: {error:?}");
        assert!(!format!("{error:?}").contains("t0ken"), "{error:?}");
        assert!(world.fake.seen("/elsewhere").is_empty(), "redirects are not followed");
    }))
    .await;
    let world = World::new().await;
    world.instead("/token", half);
    assert!(matches!(world.google().await, Err(SignInError::Rejected("there is no ID token"))));
}

#[tokio::test]
async fn a_step_has_one_time_limit_for_all_its_calls() {
    let world = World::new().await;
    world.instead("/api/user", Reply::Silence);
    let unhurried = Limits { call: Duration::from_mins(1), step: Duration::from_millis(200), ..QUICK };
    let settings = GithubSettings {
        client_id: "us".into(),
        client_secret: "s".into(),
        url: world.fake.base().into(),
        api_url: world.fake.url("/api").into(),
    };
    let public = Url::parse("http://localhost:3000").unwrap();
    let providers =
        Providers::with_limits(None, Some(settings), Clock::default(), &public, unhurried).unwrap();
    let callback = Callback { code: "c".into(), iss: None };
    let outcome = providers.identify(Provider::Github, &callback, &world.secrets).await;
    assert!(matches!(outcome, Err(SignInError::TimedOut)));
}

#[tokio::test]
async fn a_discovery_document_speaks_for_its_issuer_only() {
    let world = World::new().await;
    let base = world.fake.base().to_owned();
    for issuer in ["https://accounts.google.com".to_owned(), format!("{base}/"), String::new()] {
        world.instead("/.well-known/openid-configuration", Reply::json(200, &discovery(&base, &issuer)));
        assert!(matches!(world.google().await, Err(SignInError::Misconfigured(_))), "{issuer}");
    }
    for name in ["authorization_endpoint", "token_endpoint", "jwks_uri"] {
        for address in ["http://idp.example/x", "ftp://127.0.0.1/x", "javascript:alert(1)"] {
            let mut document = discovery(&base, &base);
            document[name] = json!(address);
            world.instead("/.well-known/openid-configuration", Reply::json(200, &document));
            let outcome = world.google().await;
            assert!(matches!(outcome, Err(SignInError::Unavailable(CallError::Address))), "{name} {address}");
        }
    }
    assert!(world.fake.seen("/token").is_empty());
}

#[tokio::test]
async fn damaged_attempts_and_codes_reach_no_provider() {
    let world = World::new().await;
    for code in [String::new(), "x".repeat(5_000)] {
        let callback = Callback { code, iss: None };
        assert!(world.providers.identify(Provider::Github, &callback, &world.secrets).await.is_err());
    }
    let short = Secrets { verifier: "short".into(), ..Secrets::new() };
    let callback = Callback { code: "c".into(), iss: None };
    assert!(world.providers.identify(Provider::Github, &callback, &short).await.is_err());
    assert!(world.providers.authorize_url(Provider::Github, &short, false).await.is_err());
    assert!(world.fake.seen("/login/oauth/access_token").is_empty());
}

#[tokio::test]
async fn what_is_not_configured_is_not_offered() {
    let public = Url::parse("https://app.example").unwrap();
    let none = Providers::new(None, None, Clock::default(), &public).unwrap();
    assert!(none.configured().is_empty());
    let outcome = none.authorize_url(Provider::Google, &Secrets::new(), false).await;
    assert!(matches!(outcome, Err(SignInError::NotConfigured(Provider::Google))));
    assert_eq!(World::new().await.providers.configured(), Provider::ALL);
    let google = |issuer: &str| GoogleSettings {
        client_id: "us".into(),
        client_secret: "s".into(),
        issuer_url: issuer.into(),
    };
    for unsafe_issuer in ["http://id.example", "id.example", "", "file:///etc"] {
        let outcome = Providers::new(Some(google(unsafe_issuer)), None, Clock::default(), &public);
        assert!(matches!(outcome, Err(SignInError::Misconfigured(_))), "{unsafe_issuer}");
    }
    assert!(!format!("{:?}", World::new().await.providers).contains("s3cret"));
}
