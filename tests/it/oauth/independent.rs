//! Clients that others wrote, and that know nothing of us, do all that an app does.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use freehold::login::Provider::Google;
use http::Method;
use serde_json::{Map, Value, json};

use super::signer::Signer;
use crate::harness::browserless::{Site, each_database};

/// A tenant on the site, with an app for each kind of token: what its maker gives a client by hand.
async fn given(site: &Site) -> Value {
    let owner = site.visitor();
    owner.signs_in(Google, "ada").await;
    let post = async |path: &str, body: Value| {
        let answer = owner.ask_with(Method::POST, path, &body).await;
        assert_eq!(answer.status, 201, "{path}: {}", answer.body);
        answer.json()
    };
    let tenant = post("/api/v1/tenants", json!({ "name": "Acme" })).await;
    let apps = format!("/api/v1/tenants/{}/apps", tenant["slug"].as_str().unwrap());
    let mut all = Map::new();
    for format in ["opaque", "jwt"] {
        let new = json!({ "name": "Robot", "roles": ["viewer"], "token_format": format });
        let app = post(&apps, new).await;
        let below = format!("{apps}/{}", app["id"].as_str().unwrap());
        let secret = post(&format!("{below}/secrets"), json!({})).await;
        let signer = Signer::of("ES256");
        post(&format!("{below}/keys"), signer.jwk("one")).await;
        let known = json!({
            "client_id": app["client_id"], "client_secret": secret["secret"], "kid": "one",
            "key": BASE64_STANDARD.encode(signer.pkcs8()),
        });
        all.insert(format.to_owned(), known);
    }
    json!({ "issuer": site.origin, "apps": all })
}

/// Runs a program of `tests/tools`, which is told this.
async fn run(program: PathBuf, script: &'static str, told: Value) -> String {
    assert!(program.is_absolute() || program.components().count() == 1, "{}", program.display());
    let running = tokio::task::spawn_blocking(move || {
        let mut child = Command::new(program)
            .arg(tools().join("oauth").join(script))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("scripts/setup installs what this needs");
        child.stdin.take().unwrap().write_all(told.to_string().as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    });
    let ended = running.await.unwrap();
    let said = String::from_utf8_lossy(&ended.stdout).into_owned();
    assert!(ended.status.success(), "{said}\n{}", String::from_utf8_lossy(&ended.stderr));
    said
}

fn tools() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tools")
}

#[tokio::test(flavor = "multi_thread")]
async fn openid_client_gets_checks_and_ends_tokens() {
    each_database(async |store| {
        let site = Site::start(store).await;
        let said = run("node".into(), "client.mjs", given(&site).await).await;
        assert_eq!(said.matches(": ok").count(), 6, "{said}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn authlib_gets_checks_and_ends_tokens() {
    each_database(async |store| {
        let site = Site::start(store).await;
        let said = run(tools().join("venv/bin/python"), "client.py", given(&site).await).await;
        assert_eq!(said.matches(": ok").count(), 6, "{said}");
    })
    .await;
}
