//! The keys that sign access tokens: made once, put in another's place without a restart, and without a token lost.

use std::collections::HashSet;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use freehold::db::Sealer;
use freehold::error::Error;
use freehold::ids::{AppId, TenantId, TokenId};
use freehold::oauth::keys::{KeyState, Rotation, list, rotate};
use freehold::oauth::{AccessClaims, Issuer};
use futures_util::future::join_all;
use serde_json::Value;

use crate::harness::app::{ORIGIN, TestApp, each_database};
use crate::harness::until;

const SECRET: &[u8] = b"a secret of these tests that is long enough";
/// For what a node learns by itself.
const SECONDS: Duration = Duration::from_secs(20);

/// Another node over the same database.
fn node(app: &TestApp) -> Issuer {
    Issuer::new(app.state.database.clone(), Sealer::new(SECRET), ORIGIN)
}

fn claims(app: &TestApp) -> AccessClaims {
    let now = app.clock.now().seconds();
    AccessClaims {
        iss: ORIGIN.to_owned(),
        sub: AppId::new(),
        aud: ORIGIN.to_owned(),
        client_id: "fhc_one".to_owned(),
        tenant: TenantId::new(),
        scope: "projects:read".to_owned(),
        iat: now,
        exp: now + 3_600,
        jti: TokenId::new(),
    }
}

fn kid(token: &str) -> String {
    let header = BASE64.decode(token.split('.').next().unwrap()).unwrap();
    let header: Value = serde_json::from_slice(&header).unwrap();
    header["kid"].as_str().unwrap().to_owned()
}

async fn published(node: &Issuer) -> Vec<String> {
    let keys = node.public_keys().await.unwrap();
    let keys = keys["keys"].as_array().unwrap().clone();
    keys.iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn nodes_that_race_make_one_first_key() {
    each_database(async |app| {
        let nodes = [node(&app), node(&app), node(&app)];
        let claims = claims(&app);
        assert_eq!(published(&nodes[0]).await, Vec::<String>::new(), "none before it is needed");
        let tokens = join_all((0..12).map(|at| nodes[at % 3].sign(&claims))).await;
        let tokens: Vec<String> = tokens.into_iter().map(Result::unwrap).collect();
        let kids: HashSet<String> = tokens.iter().map(|token| kid(token)).collect();
        assert_eq!(kids.len(), 1);
        assert_eq!(app.db_number("select count(*) from signing_keys").await, 1);
        let events = "select count(*) from audit_events where action = 'signing_key.made'";
        assert_eq!(app.db_number(events).await, 1);
        for token in &tokens {
            for node in &nodes {
                assert_eq!(node.verify(token).await.unwrap(), claims);
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_new_key_takes_over_and_the_old_one_stays_until_its_tokens_are_over() {
    each_database(async |app| {
        let (one, other) = (node(&app), node(&app));
        let database = &app.state.database;
        let before = one.sign(&claims(&app)).await.unwrap();
        let old = kid(&before);
        let new = rotate(database, &Sealer::new(SECRET), Rotation::After(Rotation::SOON)).await.unwrap();
        let states = async || -> Vec<(String, KeyState)> {
            list(database).await.unwrap().into_iter().map(|line| (line.kid, line.state)).collect()
        };
        let from = app.clock.now() + Rotation::SOON;
        assert_eq!(
            states().await,
            [(new.clone(), KeyState::Waiting(from)), (old.clone(), KeyState::Signing)]
        );

        for node in [&one, &other] {
            let both = until(SECONDS, async || (published(node).await.len() == 2).then_some(()));
            both.await.expect("every node publishes the new key");
            assert_eq!(kid(&node.sign(&claims(&app)).await.unwrap()), old, "which does not sign yet");
        }
        app.clock.advance(Rotation::SOON);
        for (signer, checker) in [(&one, &other), (&other, &one)] {
            let after = signer.sign(&claims(&app)).await.unwrap();
            assert_eq!(kid(&after), new, "it signs, without a restart");
            checker.verify(&after).await.unwrap();
            checker.verify(&before).await.unwrap();
        }
        let last = app.clock.now() + Duration::from_hours(1) + Duration::from_mins(1);
        assert_eq!(
            states().await,
            [(new.clone(), KeyState::Signing), (old.clone(), KeyState::Leaving(last))]
        );

        app.clock.advance(Duration::from_hours(1));
        assert_eq!(published(&one).await, [new.clone(), old.clone()], "its last token may still live");
        app.clock.advance(Duration::from_mins(1));
        assert_eq!(published(&one).await, std::slice::from_ref(&new));
        let mut on = database.upkeep().await.unwrap();
        freehold::db::expired_rows(&mut on, app.clock.now() + Duration::from_secs(1)).await.unwrap();
        drop(on);
        assert_eq!(app.db_number("select count(*) from signing_keys").await, 1, "and is destroyed");
    })
    .await;
}

#[tokio::test]
async fn a_withdrawn_key_ends_its_tokens() {
    each_database(async |app| {
        let (one, other) = (node(&app), node(&app));
        let before = one.sign(&claims(&app)).await.unwrap();
        let new = rotate(&app.state.database, &Sealer::new(SECRET), Rotation::Withdrawing).await.unwrap();
        for node in [&one, &other] {
            let refused = until(SECONDS, async || node.verify(&before).await.err());
            assert!(matches!(refused.await, Some(Error::InvalidToken)));
            assert_eq!(published(node).await, std::slice::from_ref(&new));
        }
        assert_eq!(kid(&one.sign(&claims(&app)).await.unwrap()), new);
        let verdict = freehold::app::verify_audit(&app.state.config).await;
        assert!(verdict.is_ok(), "{verdict:?}");
    })
    .await;
}

#[tokio::test]
async fn keys_are_kept_sealed_and_not_rotated_with_another_secret() {
    each_database(async |app| {
        let one = node(&app);
        one.sign(&claims(&app)).await.unwrap();
        let (_, rows) =
            app.db_dump(&[]).await.into_iter().find(|(table, _)| table == "signing_keys").unwrap();
        assert!(!rows.contains("\"d\""), "{rows}");
        let other = Sealer::new(b"another secret, which nobody else has at all");
        let refused = rotate(&app.state.database, &other, Rotation::After(Rotation::SOON)).await;
        assert!(matches!(refused, Err(Error::Conflict(_))), "{refused:?}");
        assert_eq!(app.db_number("select count(*) from signing_keys").await, 1);
        // Who changed the secret for good withdraws what it sealed.
        let new = rotate(&app.state.database, &other, Rotation::Withdrawing).await.unwrap();
        let changed = Issuer::new(app.state.database.clone(), other, ORIGIN);
        assert_eq!(kid(&changed.sign(&claims(&app)).await.unwrap()), new);
    })
    .await;
}

#[tokio::test]
async fn the_published_keys_are_public() {
    each_database(async |app| {
        app.state.issuer.sign(&claims(&app)).await.unwrap();
        let keys = app.anonymous().get("/.well-known/jwks.json").await.expect(200);
        assert_eq!(keys.header("cache-control"), Some("public, max-age=60"));
        let keys = keys.json()["keys"].as_array().unwrap().clone();
        let members: HashSet<&str> = keys[0].as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(members, HashSet::from(["alg", "crv", "kid", "kty", "use", "x", "y"]));
        assert_eq!((keys[0]["alg"].as_str(), keys[0]["use"].as_str()), (Some("ES256"), Some("sig")));
    })
    .await;
}
