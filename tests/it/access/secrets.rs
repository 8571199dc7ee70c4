//! What opens something is shown once, to whoever made it, and is nowhere else: not in the database, not in logs, not
//! on pages or in lists; its hash is in the one column it is looked up by.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use freehold::ids::secret_hash;
use http::Method;
use serde_json::json;

use crate::harness::app::{Person, Tenant, TestApp, each_database};
use crate::login::secrecy::Log;

/// One secret text, and the forms its hash could be written in.
struct Secret {
    text: String,
    hash: Vec<u8>,
}

impl Secret {
    fn new(text: &str) -> Self {
        Self { text: text.to_owned(), hash: secret_hash(text) }
    }

    /// What nobody may show: the text, with what is behind its prefix; the hash as hexadecimal and as base64.
    fn forms(&self) -> Vec<String> {
        let [plain, unpadded, url, url_unpadded] = [
            STANDARD.encode(&self.hash),
            STANDARD_NO_PAD.encode(&self.hash),
            URL_SAFE.encode(&self.hash),
            URL_SAFE_NO_PAD.encode(&self.hash),
        ];
        vec![self.text[8..].to_lowercase(), self.hex(), plain, unpadded, url, url_unpadded]
            .into_iter()
            .map(|form| form.to_lowercase())
            .collect()
    }

    fn hex(&self) -> String {
        hex(&self.hash)
    }
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

#[track_caller]
fn shows_none(secrets: &[Secret], text: &str, at: &str) {
    let text = text.to_lowercase();
    for form in secrets.iter().flat_map(Secret::forms) {
        let line = text.lines().find(|line| line.contains(&form));
        assert_eq!(line, None, "{at} shows {form}");
    }
}

/// Mints, rotates, makes and uses every kind there is; gives every secret that went by.
async fn goes_through_everything(app: &TestApp, ada: &Person, acme: &Tenant) -> Vec<Secret> {
    let mut secrets = Vec::new();
    let new = json!({ "name": "Backup", "scopes": ["projects:read", "tenant:read"] });
    // The answer to a key is kept, to be given once more.
    let keyed = async || {
        let call = ada.call(Method::POST, &acme.api("/tokens")).header("idempotency-key", "a-key");
        call.json(new.clone()).await.expect(201).json()
    };
    let minted = keyed().await;
    assert_eq!(keyed().await, minted, "given again to who asked");
    secrets.push(Secret::new(minted["token"].as_str().unwrap()));
    let path = acme.api(&format!("/tokens/{}/rotate", minted["id"].as_str().unwrap()));
    let rotated = ada.post_json(&path, json!({})).await.expect(201).json();
    secrets.push(Secret::new(rotated["token"].as_str().unwrap()));
    let robot = ada.registers(acme, "Robot", json!(["viewer"])).await;
    for _ in 0..2 {
        let path = acme.api(&format!("/apps/{robot}/secrets"));
        let made = ada.post_json(&path, json!({})).await.expect(201).json();
        secrets.push(Secret::new(made["secret"].as_str().unwrap()));
    }
    secrets.push(Secret::new(&app.db_token_of(acme, robot, "tenant:read members:read").await.text));
    for secret in &secrets {
        let program = ada.program(&secret.text);
        for path in ["/api/v1/me".to_owned(), acme.api(""), acme.api("/audit-events"), "/account".to_owned()]
        {
            program.get(&path).await;
        }
        program.call(Method::POST, &acme.api("/roles")).json(json!({ "name": "No" })).await;
        // Where it does not belong.
        let anyone = app.anonymous();
        for header in ["authorization", "x-api-key"] {
            anyone.call(Method::GET, "/api/v1/me").header(header, &secret.text).send().await;
        }
        anyone.get(&format!("/api/v1/me?access_token={}", secret.text)).await;
    }
    let first = acme.api(&format!("/tokens/{}", rotated["id"].as_str().unwrap()));
    ada.delete(&first).await.expect(204);
    ada.program(&secrets[1].text).get("/api/v1/me").await.problem(401, "invalid-token");
    secrets
}

/// Every row of every table: of each secret the hash alone, where it is looked up by.
async fn database_keeps_hashes_alone(app: &TestApp, secrets: &[Secret]) {
    let mut kept = 0;
    for (table, rows) in app.db_dump(&[]).await {
        let rows = rows.to_lowercase();
        for secret in secrets {
            let mut rest = secret.forms();
            let hash = secret.hex();
            rest.retain(|form| *form != hash);
            // Bytes are dumped as hexadecimal.
            rest.push(hex(&secret.text.as_bytes()[8..]));
            for form in rest {
                assert!(!rows.contains(&form), "{table} keeps {form}");
            }
            if rows.contains(&hash) {
                assert!(["tokens", "app_secrets"].contains(&table.as_str()), "{table} keeps a hash");
                kept += 1;
            }
        }
    }
    assert_eq!(kept, secrets.len(), "each is looked up by its hash: the dump is read right");
}

#[tokio::test]
async fn what_opens_something_is_shown_once_and_kept_nowhere() {
    each_database(async |app| {
        let (log, _guard) = Log::listen("trace");
        let ada = app.person("ada").await;
        let acme = app.tenant_of(&ada, "acme").await;
        let secrets = goes_through_everything(&app, &ada, &acme).await;

        let mut shown = 0;
        for route in freehold::http::table().iter().filter(|route| route.method == Method::GET) {
            if route.path.matches('{').count() > usize::from(route.path.contains("{tenant}")) {
                continue;
            }
            let answer = ada.get(&route.path.replace("{tenant}", "acme")).await;
            shows_none(&secrets, &answer.text(), route.path);
            for (name, value) in &answer.headers {
                shows_none(&secrets, &String::from_utf8_lossy(value.as_bytes()), name.as_str());
            }
            shown += i32::from(answer.status.is_success());
        }
        assert!(shown > 20, "pages and lists were seen: {shown}");
        let mut single = Vec::new();
        for list in ["/tokens", "/apps"] {
            let listed = ada.get(&acme.api(&format!("{list}?limit=200"))).await.expect(200).json();
            for item in listed["items"].as_array().unwrap() {
                single.push(format!("{list}/{}", item["id"].as_str().unwrap()));
            }
        }
        for below in single {
            let answer = ada.get(&acme.api(&below)).await.expect(200);
            shows_none(&secrets, &answer.text(), &below);
            if below.starts_with("/apps/") {
                let answer = ada.get(&acme.api(&format!("{below}/secrets"))).await.expect(200);
                assert_eq!(answer.json()["items"].as_array().unwrap().len(), 2);
                shows_none(&secrets, &answer.text(), "secrets");
            }
        }

        database_keeps_hashes_alone(&app, &secrets).await;
        let text = log.text();
        assert!(text.contains("/api/v1/me"), "the log is heard");
        shows_none(&secrets, &text, "the log");
    })
    .await;
}
