//! Every defect an ID token can have, one line each. Uses keys made for the run.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use serde_json::{Value, json};

use super::*;
use crate::login::fake_keys::Signer;

const NOW: i64 = 1_800_000_000;
const ISSUER: &str = "https://id.example";

fn expected() -> Expected<'static> {
    Expected { issuer: ISSUER, client_id: "us", nonce: "n0nce", now: Timestamp::from_micros(NOW * 1_000_000) }
}

fn good() -> Value {
    json!({
        "iss": ISSUER, "sub": "10769150350006150715113082367", "aud": "us", "azp": "us", "exp": NOW + 3_600,
        "iat": NOW, "nonce": "n0nce", "name": "Ada", "email": "ada@example.com", "email_verified": true,
    })
}

fn but(name: &str, value: Value) -> Value {
    let mut claims = good();
    claims[name] = value;
    claims
}

fn without(name: &str) -> Value {
    let mut claims = good();
    claims.as_object_mut().unwrap().remove(name);
    claims
}

/// What the whole check says: which key, then the claims.
fn check(token: &str, signer: &Signer, expected: &Expected<'_>) -> Result<Claims, SignInError> {
    let (id, algorithm) = signing_key(token)?;
    let key = signer.key();
    if (id.as_str(), algorithm) != (key.id.as_str(), key.algorithm) {
        return Err(SignInError::Rejected("unknown key"));
    }
    verify(token, &key, expected)
}

#[test]
fn a_good_token_of_either_algorithm_is_read() {
    for signer in [Signer::rsa("k"), Signer::ec("k")] {
        let claims = check(&signer.sign(&good()), &signer, &expected()).unwrap();
        assert_eq!((claims.name.as_deref(), claims.email_verified), (Some("Ada"), true));
    }
}

#[test]
fn harmless_differences_are_accepted() {
    let signer = Signer::ec("k");
    let fine = [
        but("aud", json!(["us"])),
        but("aud", json!(["us", "them"])),
        without("azp"),
        but("exp", json!(1_800_000_000.5)),
        but("iat", json!(NOW + 60)),
        but("iat", json!(NOW - 600)),
        but("nbf", json!(NOW)),
        but("sub", json!("x".repeat(255))),
        without("email"),
        without("name"),
        but("name", Value::Null),
    ];
    for claims in fine {
        assert!(check(&signer.sign(&claims), &signer, &expected()).is_ok(), "{claims}");
    }
}

#[test]
fn a_token_with_any_defect_is_refused() {
    let signer = Signer::ec("k");
    let mut two_without_azp = without("azp");
    two_without_azp["aud"] = json!(["us", "them"]);
    let defects = [
        but("iss", json!("https://id.example/")),
        but("iss", json!("id.example")),
        but("iss", json!([ISSUER])),
        without("iss"),
        but("aud", json!("them")),
        but("aud", json!(["them"])),
        but("aud", json!([])),
        but("aud", json!("")),
        without("aud"),
        but("azp", json!("them")),
        but("azp", json!("")),
        two_without_azp,
        but("exp", json!(NOW)),
        but("exp", json!(NOW - 1)),
        but("exp", json!("1900000000")),
        but("exp", json!(-1)),
        without("exp"),
        but("iat", json!(NOW + 61)),
        but("iat", json!(NOW - 601)),
        but("iat", Value::Null),
        without("iat"),
        but("nbf", json!(NOW + 61)),
        but("nbf", json!("soon")),
        but("nonce", json!("other")),
        but("nonce", json!("")),
        but("nonce", json!("n0nce ")),
        without("nonce"),
        but("sub", json!("")),
        but("sub", json!("x".repeat(256))),
        but("sub", json!("é")),
        but("sub", json!("a\u{0}")),
        but("sub", json!(7)),
        without("sub"),
        json!([]),
        json!("text"),
    ];
    for claims in defects {
        let outcome = check(&signer.sign(&claims), &signer, &expected());
        assert!(matches!(outcome, Err(SignInError::Rejected(_))), "{claims}");
    }
}

#[test]
fn a_token_of_another_algorithm_or_kind_is_refused() {
    let signer = Signer::rsa("k");
    let headers = [
        json!({ "alg": "none", "kid": "k" }),
        json!({ "alg": "None", "kid": "k" }),
        json!({ "kid": "k" }),
        json!({ "alg": "RS512", "kid": "k" }),
        json!({ "alg": "PS256", "kid": "k" }),
        json!({ "alg": "ES256", "kid": "k" }),
        json!({ "alg": "RS256" }),
        json!({ "alg": "RS256", "kid": "other" }),
        json!({ "alg": "RS256", "kid": "k", "typ": "at+jwt" }),
        json!({ "alg": "RS256", "kid": "k", "crit": ["exp"] }),
    ];
    for header in headers {
        let outcome = check(&signer.sign_as(&header, &good()), &signer, &expected());
        assert!(matches!(outcome, Err(SignInError::Rejected(_))), "{header}");
    }
    let unsigned = signer.sign_as(&json!({ "alg": "none", "kid": "k" }), &good());
    let unsigned = format!("{}.", unsigned.rsplit_once('.').unwrap().0);
    assert!(check(&unsigned, &signer, &expected()).is_err());
}

#[test]
fn no_key_is_sought_for_an_algorithm_that_is_not_accepted() {
    let signer = Signer::rsa("k");
    for alg in ["none", "HS256", "HS512", "RS384", "RS512", "PS256", "ES384", "EdDSA"] {
        let token = signer.sign_as(&json!({ "alg": alg, "kid": "k" }), &good());
        assert!(matches!(signing_key(&token), Err(SignInError::Rejected(_))), "{alg}");
    }
}

#[test]
fn the_public_key_is_not_a_shared_secret() {
    let signer = Signer::rsa("k");
    let public = signer.jwk()["n"].as_str().unwrap().to_owned();
    let token = Signer::hmac_token(public.as_bytes(), &json!({ "alg": "HS256", "kid": "k" }), &good());
    assert!(matches!(check(&token, &signer, &expected()), Err(SignInError::Rejected(_))));
    assert!(verify(&token, &signer.key(), &expected()).is_err(), "also without the look at the header");
}

#[test]
fn a_changed_or_foreign_signature_is_refused() {
    for (signer, stranger) in [(Signer::rsa("k"), Signer::ec("k")), (Signer::ec("k"), Signer::ec("k"))] {
        assert!(check(&stranger.sign(&good()), &signer, &expected()).is_err());
        let token = signer.sign(&good());
        let (signed, signature) = token.rsplit_once('.').unwrap();
        let (header, _claims) = signed.split_once('.').unwrap();
        let other = BASE64.encode(but("sub", json!("mallory")).to_string());
        let broken = [
            format!("{header}.{other}.{signature}"),
            format!("{signed}."),
            signed.to_owned(),
            format!("{token}."),
            format!("{token}A"),
            String::new(),
            "..".to_owned(),
        ];
        for token in broken {
            assert!(matches!(check(&token, &signer, &expected()), Err(SignInError::Rejected(_))), "{token}");
        }
    }
}

#[test]
fn only_google_may_leave_out_the_scheme_of_its_issuer() {
    let signer = Signer::ec("k");
    let token = signer.sign(&but("iss", json!("accounts.google.com")));
    assert!(check(&token, &signer, &expected()).is_err());
    let google = Expected { issuer: "https://accounts.google.com", ..expected() };
    assert!(check(&token, &signer, &google).is_ok());
}

#[test]
fn a_verified_address_is_one_that_is_said_to_be() {
    let signer = Signer::ec("k");
    for unsure in
        [but("email_verified", json!("true")), but("email_verified", json!(1)), without("email_verified")]
    {
        assert!(!check(&signer.sign(&unsure), &signer, &expected()).unwrap().email_verified, "{unsure}");
    }
}

#[test]
fn an_empty_nonce_of_ours_proves_nothing() {
    let signer = Signer::ec("k");
    let token = signer.sign(&but("nonce", json!("")));
    assert!(check(&token, &signer, &Expected { nonce: "", ..expected() }).is_err());
}
