//! The public keys of apps: which are taken, from whom, and how many.

use std::time::Duration;

use serde_json::{Value, json};

use super::robot::{Robot, tenant};
use super::signer::Signer;
use crate::harness::app::each_database;

#[tokio::test]
async fn keys_are_registered_listed_and_removed() {
    each_database(async |app| {
        let tenant = tenant(&app, "acme").await;
        let robot = Robot::of(&app, &tenant, &["viewer"], "opaque").await;
        let (keys, owner) = (robot.path("/keys"), &tenant.owner);
        let jwk = Signer::of("ES256").jwk("one");
        let made = owner.post_json(&keys, jwk.clone()).await.expect(201);
        let location = format!("/api/v1/tenants/{}/apps/{}/keys/one", tenant.id, robot.id);
        assert_eq!(made.header("location"), Some(location.as_str()));
        let made = made.json();
        assert_eq!((&made["kid"], &made["algorithm"]), (&json!("one"), &json!("ES256")));
        assert_eq!((&made["jwk"]["x"], &made["jwk"]["use"]), (&jwk["x"], &json!("sig")));
        owner.post_json(&keys, jwk).await.problem(409, "conflict");

        // RFC 7638 section 3.1 and RFC 8037 appendix A.3 give these thumbprints.
        let named_by_itself =
            json!({ "kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" });
        let made = owner.post_json(&keys, named_by_itself).await.expect(201).json();
        assert_eq!(made["kid"], "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
        let rsa = json!({ "kty": "RSA", "e": "AQAB", "n": RFC7638 });
        let made = owner.post_json(&keys, rsa).await.expect(201).json();
        assert_eq!(made["kid"], "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
        assert_eq!(made["algorithm"], "RS256");

        let list = owner.get(&keys).await.expect(200).json();
        assert_eq!(list["items"].as_array().unwrap().len(), 3);
        owner.delete(&robot.path("/keys/one")).await.expect(204);
        owner.delete(&robot.path("/keys/one")).await.problem(404, "not-found");
        for kid in ["two", "three", "four"] {
            owner.post_json(&keys, Signer::of("ES256").jwk(kid)).await.expect(201);
        }
        owner.post_json(&keys, Signer::of("ES256").jwk("five")).await.problem(409, "conflict");
        let actions =
            "select count(*) from audit_events where action in ('app_key.added', 'app_key.removed')";
        assert_eq!(app.db_number(actions).await, 7);
    })
    .await;
}

const RFC7638: &str = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw";

#[tokio::test]
async fn only_sound_public_keys_are_taken() {
    each_database(async |app| {
        let tenant = tenant(&app, "acme").await;
        let robot = Robot::of(&app, &tenant, &["viewer"], "opaque").await;
        let keys = robot.path("/keys");
        let (ec, rsa, ed) =
            (Signer::of("ES256").jwk("k"), Signer::of("RS256").jwk("k"), Signer::of("EdDSA").jwk("k"));
        let with = |jwk: &Value, name: &str, value: Value| {
            let mut jwk = jwk.clone();
            jwk[name] = value;
            jwk
        };
        for (jwk, pointer) in [
            (with(&ec, "d", json!("c2VjcmV0")), "/d"),
            (json!({ "kty": "oct", "k": "c2VjcmV0" }), "/k"),
            (with(&rsa, "p", json!("c2VjcmV0")), "/p"),
            (with(&ec, "x5u", json!("https://evil.example")), "/x5u"),
            (with(&ec, "kty", json!("oct")), "/kty"),
            (with(&ec, "crv", json!("P-384")), "/crv"),
            (with(&ec, "alg", json!("RS256")), "/alg"),
            (with(&ec, "alg", json!("none")), "/alg"),
            (with(&rsa, "alg", json!("HS256")), "/alg"),
            (with(&rsa, "alg", json!("RS512")), "/alg"),
            (with(&ed, "alg", json!("ES256")), "/alg"),
            (with(&ec, "use", json!("enc")), "/use"),
            (with(&ec, "key_ops", json!(["sign"])), "/key_ops"),
            (with(&ec, "x", json!("AAAA")), "/x"),
            (with(&ec, "x", json!("A".repeat(43))), "/x"),
            (with(&ec, "y", Value::Null), "/y"),
            (with(&ec, "y", json!("!")), "/y"),
            (with(&rsa, "n", json!("AQAB")), "/n"),
            (with(&rsa, "n", json!(format!("AAAA{}", rsa["n"].as_str().unwrap()))), "/n"),
            (with(&rsa, "n", json!("_".repeat(700))), "/n"),
            (with(&rsa, "e", json!("Aw")), "/e"),
            (with(&ec, "kid", json!("a/b")), "/kid"),
            (with(&ec, "kid", json!("..")), "/kid"),
            (with(&ec, "kid", json!("")), "/kid"),
            (with(&ec, "kid", json!("x".repeat(65))), "/kid"),
        ] {
            let answer = tenant.owner.post_json(&keys, jwk).await.problem(422, "invalid");
            assert_eq!(answer.json()["errors"][0]["pointer"], pointer, "{}", answer.text());
            assert!(!answer.text().contains("c2VjcmV0"), "a secret that was sent is not sent back");
        }
        assert_eq!(app.db_number("select count(*) from app_keys").await, 0);
    })
    .await;
}

#[tokio::test]
async fn a_key_is_registered_by_who_could_make_a_secret() {
    each_database(async |app| {
        let tenant = tenant(&app, "acme").await;
        let (low, high) = (
            Robot::of(&app, &tenant, &["viewer"], "opaque").await,
            Robot::of(&app, &tenant, &["owner"], "opaque").await,
        );
        let admin = app.person("admin").await;
        admin.joins(&tenant, "admin").await;
        let key = || Signer::of("ES256").jwk("k");
        admin.post_json(&low.path("/keys"), key()).await.expect(201);
        // Whoever has an app's key acts as the app.
        admin.post_json(&high.path("/keys"), key()).await.problem(403, "forbidden");
        tenant.owner.post_json(&high.path("/keys"), key()).await.expect(201);
        admin.delete(&high.path("/keys/k")).await.problem(403, "forbidden");
        let token = app.db_token(&tenant, &tenant.owner, "apps:read").await.text;
        let program = tenant.owner.program(&token);
        program.get(&low.path("/keys")).await.expect(200);
        program.post_json(&low.path("/keys"), key()).await.problem(403, "session-required");
        app.clock.advance(Duration::from_mins(11));
        let late = tenant.owner.post_json(&low.path("/keys"), Signer::of("ES256").jwk("late")).await;
        late.problem(403, "reauthentication-required");
        let elsewhere = super::robot::tenant(&app, "other").await;
        let path = elsewhere.api(&format!("/apps/{}/keys", low.id));
        elsewhere.owner.get(&path).await.problem(404, "not-found");
        elsewhere.owner.post_json(&path, key()).await.problem(404, "not-found");
    })
    .await;
}
