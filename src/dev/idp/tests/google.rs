//! OpenID Connect as Google speaks it.

use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use reqwest::StatusCode;
use serde_json::{Map, Value, json};

use super::super::faults::{Endpoint, Fault};
use super::super::people::Provider::Google;
use super::super::{OldKey, Person, people::Email};
use super::Fixture;

impl Fixture {
    pub(super) async fn jwks(&self) -> Value {
        self.get(&format!("{}/jwks", self.idp.google_issuer())).await.json().await.unwrap()
    }

    pub(super) async fn id_token(&self, person: &str) -> String {
        let code = self.code(Google, person).await;
        let tokens = self.json(Google, &code, &[]).await;
        tokens["id_token"].as_str().unwrap().to_owned()
    }

    /// The claims, checked by a library against the JWKS as it is now.
    pub(super) async fn verify(&self, token: &str) -> Result<Map<String, Value>, String> {
        let kid = decode_header(token).map_err(|error| error.to_string())?.kid.unwrap();
        let jwks = self.jwks().await;
        let key = jwks["keys"].as_array().unwrap().iter().find(|key| key["kid"] == kid.as_str());
        let key = key.ok_or("unknown kid")?;
        let key =
            DecodingKey::from_rsa_components(key["n"].as_str().unwrap(), key["e"].as_str().unwrap()).unwrap();
        let mut rules = Validation::new(Algorithm::RS256);
        rules.set_audience(&["google-client"]);
        rules.set_issuer(&[self.idp.google_issuer()]);
        rules.validate_exp = false; // the clock of these tests stands still
        decode(token, &key, &rules).map(|data| data.claims).map_err(|error| error.to_string())
    }
}

#[tokio::test]
async fn discovery_names_what_is_served() {
    let it = Fixture::new().await;
    let issuer = it.idp.google_issuer();
    let url = format!("{issuer}/.well-known/openid-configuration");
    let document: Value = it.get(&url).await.json().await.unwrap();
    assert_eq!(document["issuer"], issuer);
    assert_eq!(document["authorization_response_iss_parameter_supported"], true);
    assert_eq!(document["code_challenge_methods_supported"], json!(["S256"]));
    assert_eq!(document["id_token_signing_alg_values_supported"], json!(["RS256"]));
    assert_eq!(it.get(document["jwks_uri"].as_str().unwrap()).await.status(), StatusCode::OK);
}

#[tokio::test]
async fn an_id_token_verifies_and_tells_the_person() {
    let it = Fixture::new().await;
    let claims = it.verify(&it.id_token("gail").await).await.unwrap();
    assert_eq!(claims["sub"], "100000000000000000004");
    assert_eq!(claims["email"], "gail@workspace.sample.test");
    assert_eq!(claims["email_verified"], true);
    assert_eq!(claims["hd"], "workspace.sample.test");
    assert_eq!(claims["nonce"], "a-nonce");
    assert_eq!(claims["iat"], 1_800_000_000);
    assert_eq!(claims["exp"], 1_800_003_600);
    let claims = it.verify(&it.id_token("uma").await).await.unwrap();
    assert_eq!(claims["email_verified"], false);
    assert!(!claims.contains_key("hd"));
}

#[tokio::test]
async fn a_code_needs_its_verifier_redirect_uri_and_client() {
    let it = Fixture::new().await;
    let other = "another-verifier-of-enough-length-0123456789-abc";
    for (change, status, error) in [
        (("code_verifier", other), 400, "invalid_grant"),
        (("code_verifier", ""), 400, "invalid_grant"),
        (("redirect_uri", "http://127.0.0.1:3000/other"), 400, "redirect_uri_mismatch"),
        (("client_secret", "wrong"), 401, "invalid_client"),
        (("grant_type", "password"), 400, "unsupported_grant_type"),
    ] {
        let code = it.code(Google, "ada").await;
        let answer = it.exchange(Google, &code, &[change]).await;
        assert_eq!(answer.status(), status, "{change:?}");
        assert_eq!(answer.json::<Value>().await.unwrap()["error"], error, "{change:?}");
    }
}

#[tokio::test]
async fn a_code_works_once_even_when_refused() {
    let it = Fixture::new().await;
    let code = it.code(Google, "ada").await;
    assert!(it.json(Google, &code, &[]).await.get("access_token").is_some());
    assert_eq!(it.json(Google, &code, &[]).await["error"], "invalid_grant");
    let code = it.code(Google, "ada").await;
    it.json(Google, &code, &[("code_verifier", "")]).await;
    assert_eq!(it.json(Google, &code, &[]).await["error"], "invalid_grant");
}

#[tokio::test]
async fn basic_authentication_is_accepted_in_place_of_the_body() {
    let it = Fixture::new().await;
    for (password, status) in [("google+secret%2B%2F", 200), ("wrong", 401)] {
        let code = it.code(Google, "ada").await;
        let fields = [
            ("grant_type", "authorization_code"),
            ("code", &code),
            ("redirect_uri", super::REDIRECT),
            ("code_verifier", super::VERIFIER),
        ];
        let request = it.http.post(format!("{}/token", it.idp.google_issuer())).form(&fields);
        let answer = request.basic_auth("google-client", Some(password)).send().await.unwrap();
        assert_eq!(answer.status(), status);
    }
}

#[tokio::test]
async fn userinfo_needs_its_token() {
    let it = Fixture::new().await;
    let code = it.code(Google, "ben").await;
    let tokens = it.json(Google, &code, &[]).await;
    let url = format!("{}/userinfo", it.idp.google_issuer());
    let request = it.http.get(&url).bearer_auth(tokens["access_token"].as_str().unwrap());
    let told: Value = request.send().await.unwrap().json().await.unwrap();
    assert_eq!(told["email"], "ben@example.com");
    assert_eq!(it.get(&url).await.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn people_come_and_change_at_run_time() {
    let it = Fixture::new().await;
    it.idp.add_person(Person::google("eve", "42", "Eve Sample", Email::verified("eve@example.com")));
    assert_eq!(it.verify(&it.id_token("eve").await).await.unwrap()["sub"], "42");
    assert!(it.idp.update_person("eve", |eve| eve.subject = "43".to_owned()));
    assert_eq!(it.verify(&it.id_token("eve").await).await.unwrap()["sub"], "43");
    assert!(!it.idp.update_person("nobody", |_| ()));
}

#[tokio::test]
async fn forged_id_tokens_do_not_verify() {
    let it = Fixture::new().await;
    for fault in [Fault::WrongKey, Fault::UnknownKid, Fault::AlgNone, Fault::HsPublicKey] {
        it.idp.faults().next(Endpoint::GoogleToken, fault.clone());
        let forged = it.id_token("ada").await;
        assert!(it.verify(&forged).await.is_err(), "{fault:?}");
        assert!(it.verify(&it.id_token("ada").await).await.is_ok(), "once only");
    }
}

#[tokio::test]
async fn an_hs256_forgery_is_signed_with_the_public_key() {
    let it = Fixture::new().await;
    it.idp.faults().next(Endpoint::GoogleToken, Fault::HsPublicKey);
    let forged = it.id_token("ada").await;
    let pem = it.idp.shared.keys().current().public_pem().unwrap();
    let mut rules = Validation::new(Algorithm::HS256);
    rules.set_audience(&["google-client"]);
    rules.validate_exp = false;
    assert!(decode::<Value>(&forged, &DecodingKey::from_secret(pem.as_bytes()), &rules).is_ok());
}

#[tokio::test]
async fn claims_are_changed_and_taken_away_as_scripted() {
    let it = Fixture::new().await;
    let changes = json!({ "email": "mallory@example.com", "nonce": null });
    it.idp.faults().next(Endpoint::GoogleToken, Fault::Claims(changes.as_object().unwrap().clone()));
    let claims = it.verify(&it.id_token("ada").await).await.unwrap();
    assert_eq!(claims["email"], "mallory@example.com");
    assert!(!claims.contains_key("nonce"));
}

#[tokio::test]
async fn a_rotated_key_stays_or_goes() {
    let it = Fixture::new().await;
    let first = it.id_token("ada").await;
    it.idp.rotate_key(OldKey::Keep).unwrap();
    let second = it.id_token("ada").await;
    assert!(it.verify(&first).await.is_ok() && it.verify(&second).await.is_ok());
    assert_ne!(decode_header(&first).unwrap().kid, decode_header(&second).unwrap().kid);
    it.idp.rotate_key(OldKey::Drop).unwrap();
    assert!(it.verify(&first).await.is_err() && it.verify(&second).await.is_err());
    assert!(it.verify(&it.id_token("ada").await).await.is_ok());
}
