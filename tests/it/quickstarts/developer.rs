//! A developer: signed in as Ada, with a token, an app and its secret, and the programs they start. Used by the tests of
//! this folder; must give programs nothing but what the documents say.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use freehold::login::Provider::Google;
use http::Method;
use serde_json::{Value, json};

use crate::harness::browserless::{Site, Visitor};

pub(super) struct Developer<'s> {
    pub(super) url: String,
    pub(super) ada: Visitor<'s>,
    pub(super) token: String,
    pub(super) client: (String, String),
}

impl<'s> Developer<'s> {
    /// As after what a quick start says first.
    pub(super) async fn of(site: &'s Site) -> Self {
        let ada = site.visitor();
        ada.signs_in(Google, "ada").await;
        let mut developer = Self {
            url: site.origin.clone(),
            ada,
            token: String::new(),
            client: (String::new(), String::new()),
        };
        developer.makes("/api/v1/tenants", json!({ "name": "Acme" })).await;
        let scopes = ["members:read", "projects:read", "projects:create", "projects:update"];
        developer.token = developer.mints(&scopes).await.1;
        developer.client = developer.registers(&["viewer"]).await;
        developer
    }

    /// Makes something by the API.
    pub(super) async fn makes(&self, path: &str, body: Value) -> Value {
        let answer = self.ada.ask_with(Method::POST, path, &body).await;
        assert_eq!(answer.status, 201, "{path}: {}", answer.body);
        answer.json()
    }

    /// A personal token: its id, and the token.
    pub(super) async fn mints(&self, scopes: &[&str]) -> (String, String) {
        let new = json!({ "name": "Quick start", "scopes": scopes });
        let minted = self.makes("/api/v1/tenants/acme/tokens", new).await;
        (text(&minted["id"]), text(&minted["token"]))
    }

    /// An app with these roles: its client id and a secret.
    pub(super) async fn registers(&self, roles: &[&str]) -> (String, String) {
        let apps = "/api/v1/tenants/acme/apps";
        let app = self.makes(apps, json!({ "name": "Robot", "roles": roles })).await;
        let secret = self.makes(&format!("{apps}/{}/secrets", text(&app["id"])), json!({})).await;
        (text(&secret["client_id"]), text(&secret["secret"]))
    }

    /// What the documents tell the shell.
    pub(super) fn environment(&self) -> Vec<(String, String)> {
        let known = [
            ("FREEHOLD_URL", &self.url),
            ("FREEHOLD_TENANT", &"acme".to_owned()),
            ("FREEHOLD_TOKEN", &self.token),
            ("FREEHOLD_CLIENT_ID", &self.client.0),
            ("FREEHOLD_CLIENT_SECRET", &self.client.1),
        ];
        known.map(|(name, value)| (name.to_owned(), value.clone())).into()
    }

    /// Runs a program in this language to its end; what it said.
    pub(super) async fn runs(&self, language: &str, options: &[&str], source: &str) -> String {
        let mut command = command(Path::new(language), options, self.environment());
        let source = source.to_owned();
        ended(move || {
            let mut child =
                command.stdin(Stdio::piped()).spawn().expect("scripts/setup installs what this needs");
            child.stdin.take().unwrap().write_all(source.as_bytes()).unwrap();
            child.wait_with_output().unwrap()
        })
        .await
    }
}

/// Runs a program to its end; what it said.
pub(super) async fn run(program: &Path, options: &[&str], environment: Vec<(String, String)>) -> String {
    let mut command = command(program, options, environment);
    ended(move || command.output().expect("the program is there")).await
}

async fn ended(program: impl FnOnce() -> std::process::Output + Send + 'static) -> String {
    let output = tokio::task::spawn_blocking(program).await.unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    said
}

/// A program with nothing in its environment but this, and where to find others.
pub(super) fn command(program: &Path, options: &[&str], environment: Vec<(String, String)>) -> Command {
    #[allow(clippy::disallowed_methods, reason = "programs find others by it")]
    let path = std::env::var("PATH").unwrap();
    let mut command = Command::new(program);
    command.args(options).env_clear().env("PATH", path).envs(environment);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// The program of an example, which cargo builds with the tests.
pub(super) fn example(name: &str) -> PathBuf {
    let tests = std::env::current_exe().unwrap();
    let found = tests.parent().unwrap().parent().unwrap().join("examples").join(name);
    assert!(found.exists(), "build it first: cargo build --examples");
    found
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}
