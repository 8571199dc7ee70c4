//! A client that others wrote, and that knows nothing of us, is let in as a tool.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};

use freehold::http::extract::FORM_TOKEN;
use freehold::login::Provider::Google;
use http::Method;
use serde_json::json;

use crate::harness::browserless::{Site, Visitor, each_database};

/// Sends the form of a page of ours; where it leads.
async fn sends(
    ada: &Visitor<'_>,
    site: &Site,
    page: &str,
    (action, fields): (&str, &[(&str, &str)]),
) -> String {
    let shown = ada.send(ada.request(Method::GET, page)).await;
    let hidden = format!("name=\"{FORM_TOKEN}\" value=\"");
    let start = shown.body.find(&hidden).unwrap_or_else(|| panic!("a form: {shown:?}")) + hidden.len();
    let token = shown.body[start..].split('"').next().unwrap();
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    form.append_pair(FORM_TOKEN, token).extend_pairs(fields);
    let request = ada.request(Method::POST, action).header("origin", &site.origin);
    let request = request.header("content-type", "application/x-www-form-urlencoded").body(form.finish());
    let answer = ada.send(request).await;
    assert_eq!(answer.status, 303, "{answer:?}");
    answer.location().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn oauth4webapi_is_let_in_as_a_tool() {
    each_database(async |store| {
        let site = Site::start(store).await;
        let ada = site.visitor();
        ada.signs_in(Google, "ada").await;
        for (path, body) in [
            ("/api/v1/tenants", json!({ "name": "Acme" })),
            ("/api/v1/tenants/acme/apps", json!({ "name": "Deploy tool", "roles": [] })),
        ] {
            let made = ada.ask_with(Method::POST, path, &body).await;
            assert_eq!(made.status, 201, "{}", made.body);
        }
        let apps = ada.send(ada.request(Method::GET, "/api/v1/tenants/acme/apps")).await.json();
        let client_id = apps["items"][0]["client_id"].as_str().unwrap();

        let mut tool = Command::new("node")
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tools/oauth/device.mjs"))
            .args([&site.origin, client_id])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("scripts/setup installs what this needs");
        let mut said = BufReader::new(tool.stdout.take().unwrap());
        let (mut said, code) = tokio::task::spawn_blocking(move || {
            let mut code = String::new();
            said.read_line(&mut code).unwrap();
            (said, code.trim().to_owned())
        })
        .await
        .unwrap();
        let page = sends(&ada, &site, "/device", ("/device", &[("user_code", &code)])).await;
        let scopes = [("scopes", "members:read projects:read")];
        sends(&ada, &site, &page, (&format!("{page}/approve"), &scopes)).await;
        tool.stdin.take().unwrap().write_all(b"go on\n").unwrap();
        let ended = tokio::task::spawn_blocking(move || {
            let mut last = String::new();
            said.read_line(&mut last).unwrap();
            (last, tool.wait().unwrap())
        });
        let (last, status) = ended.await.unwrap();
        assert!(status.success() && last.trim() == "ok", "{last}");
    })
    .await;
}
