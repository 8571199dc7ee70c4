//! What signing in must not show: codes, states, tokens and secrets in addresses, pages, cookies or logs.

use std::io::Write;
use std::sync::{Arc, Mutex};

use freehold::dev::idp::{Endpoint, Fault, cancel_url, choose_url};
use freehold::login::Provider::{Github, Google};
use serde_json::json;
use tracing_subscriber::fmt::MakeWriter;

use crate::harness::browserless::{
    Answer, GITHUB_SECRET, GOOGLE_SECRET, SECRET, Site, Visitor, each_database,
};

/// Everything that is logged on this thread while it lives.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// Listens from now on, to everything `filter` names, as long as the guard lives.
    pub(crate) fn listen(filter: &str) -> (Self, tracing::subscriber::DefaultGuard) {
        let log = Self::default();
        let subscriber = tracing_subscriber::fmt()
            .with_env_filter(tracing_subscriber::EnvFilter::new(filter))
            .with_ansi(false)
            .with_span_events(tracing_subscriber::fmt::format::FmtSpan::NEW)
            .with_writer(log.clone())
            .finish();
        (log, tracing::subscriber::set_default(subscriber))
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'w> MakeWriter<'w> for Log {
    type Writer = Self;

    fn make_writer(&'w self) -> Self {
        self.clone()
    }
}

/// The values in a callback that nobody else may see.
pub(super) fn secrets_of(callback: &str) -> Vec<String> {
    let query = callback.split_once('?').unwrap().1;
    let pairs = url::form_urlencoded::parse(query.as_bytes());
    pairs.filter(|(name, _)| name == "code" || name == "state").map(|(_, value)| value.into_owned()).collect()
}

pub(super) fn shows_none(secrets: &[String], answer: &Answer) {
    for secret in secrets {
        assert!(!answer.body.contains(secret), "a page shows {secret}");
        for (name, value) in &answer.headers {
            assert!(!String::from_utf8_lossy(value.as_bytes()).contains(secret), "{name} shows {secret}");
        }
    }
}

#[tokio::test]
async fn answers_show_no_code_and_no_state() {
    each_database(async |store| {
        let site = Site::start(store).await;
        for (provider, person, token) in
            [(Google, "ada", Endpoint::GoogleToken), (Github, "vic", Endpoint::GithubToken)]
        {
            let visitor = site.visitor();
            let callback = visitor.agrees(provider, person).await;
            let answer = visitor.get(&callback).await;
            assert_eq!((answer.status.as_u16(), answer.location()), (303, "/"), "to a clean address");
            shows_none(&secrets_of(&callback), &answer);
            shows_none(&secrets_of(&callback), &visitor.get(&callback).await);
            site.idp.faults().next(token, Fault::Status(500));
            let callback = visitor.agrees(provider, person).await;
            let answer = visitor.get(&callback).await;
            shows_none(&secrets_of(&callback), &answer);
            assert_eq!(
                answer.header("referrer-policy"),
                "no-referrer",
                "the page stands at an address with a code, which it must not pass on"
            );
        }
    })
    .await;
}

#[tokio::test]
async fn what_a_provider_says_is_not_repeated() {
    each_database(async |store| {
        let site = Site::start(store).await;
        let visitor = site.visitor();
        let address = visitor.starts(Google).await;
        let callback = visitor.comes_back_from(&cancel_url(&address)).await;
        let marked =
            format!("{}&error_uri=https%3A%2F%2Fevil.example", callback.replace("access_denied", "%3Cb%3E"));
        let answer = visitor.get(&marked).await;
        for text in ["<b>", "&lt;b&gt;", "evil.example", "the person said no"] {
            assert!(!answer.body.contains(text), "{text}: {}", answer.body);
        }
    })
    .await;
}

/// Signs in, fails in several ways, and signs out; gives every secret that went by.
async fn goes_through_everything(site: &Site) -> Vec<String> {
    let mut secrets = Vec::new();
    let remember = |visitor: &Visitor<'_>, secrets: &mut Vec<String>| {
        secrets.extend(visitor.cookies().values().cloned());
    };
    for (provider, person, endpoint) in [
        (Google, "ada", Endpoint::GoogleToken),
        (Google, "ada", Endpoint::Jwks),
        (Github, "vic", Endpoint::GithubToken),
        (Github, "vic", Endpoint::GithubUser),
        (Github, "vic", Endpoint::GithubEmails),
    ] {
        let leaky =
            json!({ "access_token": "leaked-token", "id_token": "leaked.id.token", "error": "leaked-error" });
        for fault in [Fault::Answer(leaky), Fault::Status(500), Fault::Malformed] {
            site.idp.faults().next(endpoint, fault);
            let visitor = site.visitor();
            let callback = visitor.agrees(provider, person).await;
            secrets.extend(secrets_of(&callback));
            remember(&visitor, &mut secrets);
            visitor.get(&callback).await;
            site.idp.faults().clear();
        }
        let visitor = site.visitor();
        let callback = visitor.agrees(provider, person).await;
        secrets.extend(secrets_of(&callback));
        visitor.get(&callback).await;
        visitor.get(&callback).await;
        remember(&visitor, &mut secrets);
        let token = visitor.form_token().await;
        visitor.submits("/logout", &[("form_token", &token)]).await;
        secrets.push(token);
    }
    secrets
}

#[tokio::test]
async fn logs_show_no_secret_at_any_level() {
    each_database(async |store| {
        let password = store
            .database_url
            .split("://")
            .nth(1)
            .and_then(|rest| rest.split('@').next()?.split(':').nth(1).map(str::to_owned));
        let (log, _guard) = Log::listen("trace");
        let site = Site::start(store).await;
        let mut secrets = goes_through_everything(&site).await;
        secrets
            .extend(["leaked", "gho_sample", "eyJ", SECRET, GOOGLE_SECRET, GITHUB_SECRET].map(str::to_owned));
        secrets.extend(password);
        let bearer = "a-bearer-token-of-somebody";
        let visitor = site.visitor().sending("authorization", "Bearer a-bearer-token-of-somebody");
        assert_eq!(visitor.me().await.status.as_u16(), 401);
        secrets.push(bearer.to_owned());
        let invitation = freehold::ids::secret_text();
        site.visitor().get(&format!("/invitations/{invitation}")).await;
        secrets.push(invitation);

        let text = log.text();
        assert!(text.contains("a sign-in failed at the provider"), "the log is heard");
        for secret in secrets {
            let shown = text.lines().find(|line| line.contains(&secret));
            assert_eq!(shown, None, "{secret}");
        }
    })
    .await;
}

#[tokio::test]
async fn the_way_back_is_not_readable_in_the_database() {
    each_database(async |store| {
        let readable = if store.redis_url.is_some() {
            "select count(*) from login_attempts where position('SecretOfALink'::bytea in return_to) > 0"
        } else {
            "select count(*) from login_attempts where instr(return_to, cast('SecretOfALink' as blob)) > 0"
        };
        let site = Site::start(store).await;
        let visitor = site.visitor();
        let start = visitor.get("/auth/google?return_to=/invitations/SecretOfALink").await;
        assert_eq!(site.db_count("select count(*) from login_attempts").await, 1);
        assert_eq!(site.db_count(readable).await, 0, "a link's secret is stored as a hash everywhere else");
        let callback = visitor.comes_back_from(&choose_url(start.location(), "ada")).await;
        assert_eq!(visitor.get(&callback).await.location(), "/invitations/SecretOfALink");
    })
    .await;
}
