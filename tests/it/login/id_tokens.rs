//! ID tokens with a defect open nothing; keys may change.

use std::time::Duration;

use freehold::dev::idp::{Endpoint, Fault, OldKey};
use freehold::login::Provider::Google;
use serde_json::{Value, json};

use crate::harness::browserless::{Site, each_database};

fn claims(changes: Value) -> Fault {
    let Value::Object(changes) = changes else { panic!("claims are an object") };
    Fault::Claims(changes)
}

#[tokio::test]
async fn an_id_token_with_a_defect_opens_no_session() {
    each_database(async |store| {
        let site = Site::start(store).await;
        let now = site.clock.now().seconds();
        let other = "another-client";
        let faults = [
            Fault::WrongKey,
            Fault::UnknownKid,
            Fault::AlgNone,
            Fault::HsPublicKey,
            claims(json!({ "iss": "https://evil.example" })),
            claims(json!({ "iss": format!("{}/", site.idp.google_issuer()) })),
            claims(json!({ "iss": null })),
            claims(json!({ "aud": other })),
            claims(json!({ "aud": [] })),
            claims(json!({ "aud": null })),
            claims(json!({ "aud": ["freehold", other], "azp": null })),
            claims(json!({ "aud": ["freehold", other], "azp": other })),
            claims(json!({ "azp": other })),
            claims(json!({ "exp": now })),
            claims(json!({ "exp": null })),
            claims(json!({ "exp": "9999999999" })),
            claims(json!({ "iat": now + 3_600 })),
            claims(json!({ "iat": now - 3_600 })),
            claims(json!({ "iat": null })),
            claims(json!({ "nbf": now + 3_600 })),
            claims(json!({ "nonce": null })),
            claims(json!({ "nonce": "" })),
            claims(json!({ "nonce": "x".repeat(43) })),
            claims(json!({ "sub": null })),
            claims(json!({ "sub": "" })),
            claims(json!({ "sub": 7 })),
            claims(json!({ "sub": "x".repeat(256) })),
        ];
        for fault in faults {
            site.idp.faults().next(Endpoint::GoogleToken, fault.clone());
            let visitor = site.visitor();
            let answer = visitor.tries_to_sign_in(Google, "ada").await;
            assert!(answer.status.is_client_error() || answer.status.is_server_error(), "{fault:?}");
            assert_ne!(answer.status, 500, "{fault:?}");
            assert_eq!(visitor.session(), None, "{fault:?}");
        }
        assert_eq!(site.sessions().await, 0);
        site.visitor().signs_in(Google, "ada").await;
        assert_eq!(site.sessions().await, 1, "without a fault the same sign-in works");
    })
    .await;
}

#[tokio::test]
async fn a_new_signing_key_is_found() {
    each_database(async |store| {
        let site = Site::start(store).await;
        site.visitor().signs_in(Google, "ada").await;
        for old in [OldKey::Keep, OldKey::Drop] {
            site.idp.rotate_key(old).unwrap();
            site.visitor().signs_in(Google, "ada").await;
            site.clock.advance(Duration::from_mins(2));
        }
    })
    .await;
}

#[tokio::test]
async fn unknown_keys_make_the_key_set_fetched_once_a_minute_at_most() {
    each_database(async |store| {
        let site = Site::start(store).await;
        site.visitor().signs_in(Google, "ada").await;
        let before = site.idp.calls(Endpoint::Jwks);
        site.idp.faults().always(Endpoint::GoogleToken, Fault::UnknownKid);
        for _ in 0..5 {
            site.visitor().tries_to_sign_in(Google, "ada").await;
        }
        assert_eq!(site.idp.calls(Endpoint::Jwks), before + 1);
        site.clock.advance(Duration::from_secs(61));
        site.visitor().tries_to_sign_in(Google, "ada").await;
        assert_eq!(site.idp.calls(Endpoint::Jwks), before + 2);
    })
    .await;
}
