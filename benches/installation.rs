//! A running node of the release build, behind a provider that plays Google, with someone signed in. Used by the
//! benchmarks that measure requests.

use std::time::{Duration, Instant};

use freehold::clock::Clock;
use freehold::dev::idp::{Clients, Idp, choose_url};

use crate::harness::process::{Node, Program};
use crate::seed::Failure;

/// A running node with someone signed in, owner of the tenant `bench`.
pub(crate) struct Installation {
    pub(crate) node: Node,
    pub(crate) cookie: String,
    pub(crate) started: Duration,
}

impl Installation {
    pub(crate) async fn start(
        idp: &Idp,
        port: u16,
        database: &str,
        redis: Option<&str>,
    ) -> Result<Self, Failure> {
        let settings = |program: Program| {
            let program = program
                .env("DATABASE_URL", database)
                .env("FREEHOLD_SECRET", "bench bench bench 0123456789 abcdefgh")
                .env("FREEHOLD_LOG", "warn")
                // They are counted, and never reached.
                .env("FREEHOLD_RATE_PEER", "4000000000")
                .env("FREEHOLD_RATE_CREDENTIAL", "4000000000")
                .env("FREEHOLD_RATE_TENANT", "4000000000")
                .env("FREEHOLD_GOOGLE_CLIENT_ID", "bench")
                .env("FREEHOLD_GOOGLE_CLIENT_SECRET", "bench-secret")
                .env("FREEHOLD_GOOGLE_ISSUER_URL", idp.google_issuer());
            match redis {
                Some(redis) => program.env("REDIS_URL", redis),
                None => program,
            }
        };
        let migrated = settings(Program::new(&["migrate"])).run();
        assert!(migrated.status.success(), "{}", migrated.stderr);
        let begun = Instant::now();
        let node =
            Node::start_behind(settings(Program::new(&["serve"])), port, &format!("http://127.0.0.1:{port}"))
                .await;
        let started = begun.elapsed();
        let mut installation = Self { node, cookie: String::new(), started };
        installation.sign_in().await?;
        installation.post("/api/v1/tenants", r#"{"name": "Bench", "slug": "bench"}"#).await?;
        Ok(installation)
    }

    async fn sign_in(&mut self) -> Result<(), Failure> {
        let client = client()?;
        let start = client.get(format!("{}/auth/google", self.node.url)).send().await?;
        let attempt = cookie(&start)?;
        let chosen = client.get(choose_url(&location(&start)?, "ada")).send().await?;
        let back = client.get(location(&chosen)?).header("cookie", attempt).send().await?;
        self.cookie = cookie(&back)?;
        Ok(())
    }

    pub(crate) async fn get(&self, path: &str) -> Result<String, Failure> {
        let answer =
            client()?.get(format!("{}{path}", self.node.url)).header("cookie", &self.cookie).send().await?;
        Ok(answer.error_for_status()?.text().await?)
    }

    /// A personal token that reads the tenant and its members.
    pub(crate) async fn mint(&self) -> Result<String, Failure> {
        let request = client()?.post(format!("{}/api/v1/tenants/bench/tokens", self.node.url));
        let request = request.header("cookie", &self.cookie).header("origin", &self.node.url);
        let body = r#"{"name": "Bench", "scopes": ["tenant:read", "members:read"]}"#;
        let answer = request.header("content-type", "application/json").body(body).send().await?;
        let minted: serde_json::Value = serde_json::from_str(&answer.error_for_status()?.text().await?)?;
        Ok(minted["token"].as_str().ok_or("no token")?.to_owned())
    }

    /// What `path` answers to who bears the token.
    pub(crate) async fn get_by(&self, token: &str, path: &str) -> Result<String, Failure> {
        let request = client()?.get(format!("{}{path}", self.node.url)).bearer_auth(token);
        Ok(request.send().await?.error_for_status()?.text().await?)
    }

    pub(crate) async fn post(&self, path: &str, body: &'static str) -> Result<(), Failure> {
        self.send(client()?.post(format!("{}{path}", self.node.url)), body.to_owned()).await
    }

    pub(crate) async fn patch(&self, path: &str, body: String) -> Result<(), Failure> {
        self.send(client()?.patch(format!("{}{path}", self.node.url)), body).await
    }

    async fn send(&self, request: reqwest::RequestBuilder, body: String) -> Result<(), Failure> {
        let request = request.header("cookie", &self.cookie).header("origin", &self.node.url);
        request.header("content-type", "application/json").body(body).send().await?.error_for_status()?;
        Ok(())
    }
}

pub(crate) fn client() -> Result<reqwest::Client, Failure> {
    Ok(reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build()?)
}

fn cookie(answer: &reqwest::Response) -> Result<String, Failure> {
    let value = answer.headers().get("set-cookie").ok_or("no cookie")?.to_str()?;
    Ok(value.split(';').next().unwrap_or_default().to_owned())
}

fn location(answer: &reqwest::Response) -> Result<String, Failure> {
    Ok(answer.headers().get("location").ok_or("no redirect")?.to_str()?.to_owned())
}

pub(crate) async fn start_provider(ports: [u16; 2]) -> Result<Idp, Failure> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let redirect_uris = ports.map(|port| format!("http://127.0.0.1:{port}/auth/google/callback")).to_vec();
    let client = ("bench".to_owned(), "bench-secret".to_owned());
    Ok(Idp::start(
        listener,
        Clock::default(),
        Clients { google: client.clone(), github: client, redirect_uris },
    )?)
}
