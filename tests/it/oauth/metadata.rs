//! Where programs learn how to get and to check tokens.

use http::Method;
use serde_json::{Value, json};

use crate::harness::app::{ORIGIN, each_database};

#[tokio::test]
async fn metadata_names_everything_by_the_public_url() {
    each_database(async |app| {
        let anyone = app.anonymous();
        let get = async |path: &str| {
            let answer = anyone.get(path).await.expect(200);
            assert_eq!(answer.header("content-type"), Some("application/json"), "{path}");
            assert!(answer.header("cache-control").unwrap().starts_with("public, max-age="), "{path}");
            answer.json()
        };
        let issuer = get("/.well-known/oauth-authorization-server").await;
        assert_eq!(issuer["issuer"], ORIGIN);
        let table = freehold::http::table();
        for (member, path) in [
            ("token_endpoint", "/oauth/token"),
            ("introspection_endpoint", "/oauth/introspect"),
            ("revocation_endpoint", "/oauth/revoke"),
            ("device_authorization_endpoint", "/oauth/device_authorization"),
            ("jwks_uri", "/.well-known/jwks.json"),
        ] {
            assert_eq!(issuer[member], format!("{ORIGIN}{path}"));
            assert!(table.methods(path).is_some(), "{path} is there");
        }
        assert_eq!(
            issuer["grant_types_supported"],
            json!(["client_credentials", "urn:ietf:params:oauth:grant-type:device_code"])
        );
        let resource = get("/.well-known/oauth-protected-resource").await;
        assert_eq!(resource["resource"], ORIGIN);
        assert_eq!(resource["authorization_servers"], json!([ORIGIN]));
        for document in [&issuer, &resource] {
            let scopes: Vec<&str> =
                document["scopes_supported"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
            assert!(scopes.contains(&"projects:read"));
            assert!(!scopes.contains(&"apps:secrets"), "what needs a session is no scope: {scopes:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_challenge_says_where_to_learn_more() {
    each_database(async |app| {
        let anyone = app.anonymous();
        let metadata = format!("resource_metadata=\"{ORIGIN}/.well-known/oauth-protected-resource\"");
        let none = anyone.get("/api/v1/me").await.problem(401, "unauthenticated");
        assert_eq!(none.header("www-authenticate"), Some(&*format!("Bearer realm=\"freehold\", {metadata}")));
        let call = anyone.call(Method::GET, "/api/v1/me").header("authorization", "Bearer nonsense");
        let bad = call.send().await.problem(401, "invalid-token");
        let challenge = format!("Bearer realm=\"freehold\", error=\"invalid_token\", {metadata}");
        assert_eq!(bad.header("www-authenticate"), Some(&*challenge));
    })
    .await;
}
