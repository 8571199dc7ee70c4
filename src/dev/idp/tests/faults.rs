//! What is scripted happens, and nothing else.

use std::time::Duration;

use reqwest::StatusCode;
use serde_json::{Value, json};

use super::super::faults::{Endpoint, Fault};
use super::super::people::Provider::{Github, Google};
use super::{Fixture, param};

#[tokio::test]
async fn queued_faults_happen_once_in_order_and_lasting_ones_until_cleared() {
    let it = Fixture::new().await;
    let url = format!("{}/jwks", it.idp.google_issuer());
    let faults = it.idp.faults();
    faults.always(Endpoint::Jwks, Fault::Status(503));
    faults.next(Endpoint::Jwks, Fault::Status(500));
    faults.next(Endpoint::Jwks, Fault::Redirect("http://127.0.0.1:1/".to_owned()));
    for status in [500, 307, 503, 503] {
        assert_eq!(it.get(&url).await.status(), status);
    }
    faults.clear();
    assert_eq!(it.get(&url).await.status(), StatusCode::OK);
    assert_eq!(it.idp.calls(Endpoint::Jwks), 5);
    assert_eq!(it.idp.calls(Endpoint::Discovery), 0);
}

#[tokio::test]
async fn broken_answers_are_broken() {
    let it = Fixture::new().await;
    let url = format!("{}/jwks", it.idp.google_issuer());
    let faults = it.idp.faults();
    faults.next(Endpoint::Jwks, Fault::DropConnection);
    assert!(it.http.get(&url).send().await.is_err());
    faults.next(Endpoint::Jwks, Fault::Malformed);
    assert!(it.get(&url).await.json::<Value>().await.is_err());
    faults.next(Endpoint::Jwks, Fault::Huge);
    assert!(it.get(&url).await.bytes().await.unwrap().len() > 8 * 1024 * 1024);
    faults.next(Endpoint::Jwks, Fault::Answer(json!([1])));
    assert_eq!(it.get(&url).await.json::<Value>().await.unwrap(), json!([1]));
    let short = Duration::from_millis(50);
    faults.next(Endpoint::Jwks, Fault::Stall);
    let stalled = it.http.get(&url).timeout(short).send().await.unwrap();
    assert!(stalled.bytes().await.unwrap_err().is_timeout());
    faults.next(Endpoint::Jwks, Fault::Delay(Duration::from_mins(1)));
    assert!(it.http.get(&url).timeout(short).send().await.unwrap_err().is_timeout());
}

#[tokio::test]
async fn the_callbacks_issuer_goes_wrong_as_scripted() {
    let it = Fixture::new().await;
    let issuers = async |fault| {
        it.idp.faults().next(Endpoint::GoogleCallback, fault);
        let back = it.choose(Google, "ada").await;
        back.query_pairs()
            .filter(|(name, _)| name == "iss")
            .map(|(_, iss)| iss.into_owned())
            .collect::<Vec<_>>()
    };
    assert!(issuers(Fault::MissingIss).await.is_empty());
    assert_eq!(issuers(Fault::WrongIss("https://other.example".to_owned())).await, ["https://other.example"]);
    assert_eq!(issuers(Fault::RepeatedIss).await.len(), 2);
}

#[tokio::test]
async fn oauth_errors_are_told_each_providers_way() {
    let it = Fixture::new().await;
    let fault = || Fault::Error("temporarily_unavailable".to_owned());
    it.idp.faults().next(Endpoint::GithubCallback, fault());
    let back = it.choose(Github, "vic").await;
    assert_eq!(param(&back, "error").as_deref(), Some("temporarily_unavailable"));
    it.idp.faults().next(Endpoint::GithubToken, fault());
    it.idp.faults().next(Endpoint::GoogleToken, fault());
    assert_eq!(it.exchange(Github, "any", &[]).await.status(), StatusCode::OK);
    assert_eq!(it.exchange(Google, "any", &[]).await.status(), StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn another_process_scripts_faults_over_http() {
    let it = Fixture::new().await;
    let url = format!("{}/_control", it.idp.origin());
    let script = json!({
        "next": [
            {"endpoint": "jwks", "fault": {"status": 500}},
            {"endpoint": "jwks", "fault": "malformed"},
            {"endpoint": "google_token", "fault": {"claims": {"nonce": null}}},
        ],
        "always": [{"endpoint": "discovery", "fault": {"delay_ms": 1}}],
        "rotate_key": "drop",
        "people": [{"key": "eve", "provider": "google", "subject": "7", "name": "Eve Sample",
                    "emails": [{"address": "eve@example.com", "verified": true}]}],
    });
    let answer = it.http.post(&url).json(&script).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK, "{:?}", answer.text().await);
    let jwks = format!("{}/jwks", it.idp.google_issuer());
    assert_eq!(it.get(&jwks).await.status(), StatusCode::INTERNAL_SERVER_ERROR);
    assert!(it.get(&jwks).await.json::<Value>().await.is_err());
    assert!(!it.verify(&it.id_token("eve").await).await.unwrap().contains_key("nonce"));

    let read = it.http.post(&url).json(&json!({})).send().await.unwrap().json::<Value>().await.unwrap();
    assert_eq!((&read["calls"]["jwks"], &read["calls"]["github_user"]), (&json!(3), &json!(0)));
    let reset = it.http.post(&url).json(&json!({"reset_calls": true})).send().await.unwrap();
    assert_eq!(reset.json::<Value>().await.unwrap()["calls"]["jwks"], 0);
}

#[tokio::test]
async fn a_page_in_a_browser_cannot_script_faults() {
    let it = Fixture::new().await;
    let url = format!("{}/_control", it.idp.origin());
    let form = it.http.post(&url).header("content-type", "text/plain").body("{}").send().await.unwrap();
    assert_eq!(form.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE);
    let unknown = it.http.post(&url).json(&json!({"nxt": []})).send().await.unwrap();
    assert_eq!(unknown.status(), StatusCode::BAD_REQUEST);
}
