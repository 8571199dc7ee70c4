//! Clients that sign who they are, in place of a secret (RFC 7523).

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::robot::{Robot, form, refused, tenant};
use super::signer::Signer;
use crate::harness::app::{Answer, ORIGIN, TestApp, each_database};

const TYPE: (&str, &str) =
    ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
const GRANT: (&str, &str) = ("grant_type", "client_credentials");

/// Registers the key with the app.
async fn register(robot: &Robot<'_>, signer: &Signer, kid: &str) {
    robot.tenant.owner.post_json(&robot.path("/keys"), signer.jwk(kid)).await.expect(201);
}

/// What a good assertion says; each of them another thing.
fn claims(robot: &Robot<'_>) -> Value {
    let now = robot.app.clock.now().seconds();
    let jti = freehold::ids::secret_text();
    json!({ "iss": robot.client_id, "sub": robot.client_id, "aud": ORIGIN, "iat": now, "exp": now + 60, "jti": jti })
}

async fn asks(app: &TestApp, assertion: &str) -> Answer {
    form(app, "/oauth/token", None, &[GRANT, TYPE, ("client_assertion", assertion)]).await
}

#[tokio::test]
async fn an_app_gets_a_token_by_what_it_signed() {
    each_database(async |app| {
        let tenant = tenant(&app, "acme").await;
        for algorithm in ["ES256", "EdDSA", "RS256", "PS256"] {
            let robot = Robot::of(&app, &tenant, &["viewer"], "opaque").await;
            let signer = Signer::of(algorithm);
            register(&robot, &signer, "one").await;
            register(&robot, &Signer::of("ES256"), "another").await;
            asks(&app, &signer.sign(&claims(&robot))).await.expect(200);
            let named =
                signer.sign_as(&json!({ "alg": algorithm, "kid": "one", "typ": "JWT" }), &claims(&robot));
            asks(&app, &named).await.expect(200);
            let assertion = signer.sign(&claims(&robot));
            let fields =
                [GRANT, TYPE, ("client_assertion", assertion.as_str()), ("client_id", &robot.client_id)];
            let issued = form(&app, "/oauth/token", None, &fields).await.expect(200).json();
            let token = issued["access_token"].as_str().unwrap().to_owned();
            for path in ["/oauth/introspect", "/oauth/revoke"] {
                let mut claims = claims(&robot);
                claims["aud"] = json!(format!("{ORIGIN}{path}"));
                let assertion = signer.sign(&claims);
                let fields = [TYPE, ("client_assertion", assertion.as_str()), ("token", &token)];
                form(&app, path, None, &fields).await.expect(200);
            }
        }
    })
    .await;
}

#[tokio::test]
async fn an_assertion_with_one_wrong_claim_proves_nothing() {
    each_database(async |app| {
        let tenant = tenant(&app, "acme").await;
        let robot = Robot::of(&app, &tenant, &["viewer"], "opaque").await;
        let other = Robot::of(&app, &tenant, &["viewer"], "opaque").await;
        let signer = Signer::of("ES256");
        register(&robot, &signer, "one").await;
        register(&other, &Signer::of("ES256"), "one").await;
        let now = app.clock.now().seconds();
        for (name, value) in [
            ("iss", json!(other.client_id)),
            ("iss", json!(robot.id)),
            ("sub", json!(other.client_id)),
            ("sub", json!("fhc_nobody")),
            ("sub", json!("fhc_\u{0}")),
            ("aud", json!("https://evil.example")),
            ("aud", json!(format!("{ORIGIN}/"))),
            ("aud", json!(format!("{ORIGIN}.evil.example"))),
            ("aud", json!(format!("{ORIGIN}/oauth/token/"))),
            ("aud", json!([])),
            ("aud", json!([ORIGIN, "https://evil.example"])),
            ("exp", json!(now)),
            ("exp", json!(now - 1)),
            ("exp", json!(now + 331)),
            ("exp", json!((now + 60).to_string())),
            ("exp", json!(-1)),
            ("exp", json!(1e300)),
            ("iat", json!(now + 31)),
            ("iat", json!(now + 60)),
            ("nbf", json!(now + 31)),
            ("jti", json!("")),
            ("jti", json!("x".repeat(256))),
            ("jti", json!("a b")),
            ("jti", json!("\u{0}")),
            ("jti", json!(7)),
        ] {
            let mut bad = claims(&robot);
            bad[name] = value;
            refused(asks(&app, &signer.sign(&bad)).await, 401, "invalid_client");
        }
        for name in ["iss", "sub", "aud", "exp", "jti"] {
            let mut bad = claims(&robot);
            bad.as_object_mut().unwrap().remove(name);
            refused(asks(&app, &signer.sign(&bad)).await, 401, "invalid_client");
        }
        for (name, value) in [
            ("exp", json!(now + 330)),
            ("aud", json!([ORIGIN])),
            ("aud", json!(format!("{ORIGIN}/oauth/token"))),
            ("nbf", json!(now)),
            ("exp", json!(f64::from(i32::try_from(now).unwrap()) + 30.5)),
        ] {
            let mut good = claims(&robot);
            good[name] = value;
            asks(&app, &signer.sign(&good)).await.expect(200);
        }
    })
    .await;
}

#[tokio::test]
async fn the_registered_key_says_how_an_assertion_is_signed() {
    each_database(async |app| {
        let tenant = tenant(&app, "acme").await;
        let robot = Robot::of(&app, &tenant, &["viewer"], "opaque").await;
        let (rsa, pss, ec) = (Signer::of("RS256"), Signer::of("PS256"), Signer::of("ES256"));
        register(&robot, &rsa, "rsa").await;
        register(&robot, &ec, "ec").await;
        let good = || claims(&robot);
        asks(&app, &rsa.sign(&good())).await.expect(200);
        let jwk = ec.jwk("ec");
        for (why, assertion) in [
            ("the same key by another algorithm", pss.sign(&good())),
            ("another key", Signer::of("ES256").sign(&good())),
            (
                "no signature",
                format!("{}.", ec.sign_as(&json!({ "alg": "none" }), &good()).rsplit_once('.').unwrap().0),
            ),
            ("no algorithm", ec.sign_as(&json!({ "alg": "none" }), &good())),
            ("a symmetric one", ec.sign_as(&json!({ "alg": "HS256" }), &good())),
            (
                "a key that it brings itself",
                Signer::of("ES256").sign_as(&json!({ "alg": "ES256", "jwk": jwk }), &good()),
            ),
            ("another key's name", ec.sign_as(&json!({ "alg": "ES256", "kid": "rsa" }), &good())),
            ("an unknown key's name", ec.sign_as(&json!({ "alg": "ES256", "kid": "none" }), &good())),
            ("an access token's kind", ec.sign_as(&json!({ "alg": "ES256", "typ": "at+jwt" }), &good())),
            ("what must be understood", ec.sign_as(&json!({ "alg": "ES256", "crit": ["exp"] }), &good())),
            ("nothing like it", "a.b.c".to_owned()),
            ("nothing", ".".to_owned()),
            ("very much", format!("{}{}", ec.sign(&good()), "A".repeat(9_000))),
        ] {
            let answer = asks(&app, &assertion).await;
            assert_eq!(answer.status, 401, "{why}");
            refused(answer, 401, "invalid_client");
        }
        let good = ec.sign(&claims(&robot));
        let named = [GRANT, TYPE, ("client_assertion", good.as_str()), ("client_id", "fhc_other")];
        refused(form(&app, "/oauth/token", None, &named).await, 401, "invalid_client");
        let typed = [GRANT, ("client_assertion", good.as_str()), ("client_assertion_type", "saml")];
        refused(form(&app, "/oauth/token", None, &typed).await, 400, "invalid_request");
        let untyped = [GRANT, ("client_assertion", good.as_str())];
        refused(form(&app, "/oauth/token", None, &untyped).await, 400, "invalid_request");
        asks(&app, &good).await.expect(200);
    })
    .await;
}

#[tokio::test]
async fn an_assertion_is_taken_once() {
    each_database(async |app| {
        let tenant = tenant(&app, "acme").await;
        let robot = Robot::of(&app, &tenant, &["viewer"], "opaque").await;
        let signer = Signer::of("ES256");
        register(&robot, &signer, "one").await;
        let assertion = signer.sign(&claims(&robot));
        let answers = join_all((0..20).map(|_| asks(&app, &assertion))).await;
        let (taken, others): (Vec<Answer>, Vec<Answer>) =
            answers.into_iter().partition(|answer| answer.status == 200);
        assert_eq!(taken.len(), 1, "{:?}", others.first().map(Answer::text));
        for other in others {
            // Twenty at once may be more than the database has time for; none of them is let in.
            assert!(other.status == 401 || other.status == 503, "{}", other.text());
        }
        assert_eq!(app.db_number("select count(*) from audit_events where action = 'token.issued'").await, 1);
        // The same name in another's mouth is another assertion.
        let other = Robot::of(&app, &tenant, &["viewer"], "opaque").await;
        register(&other, &signer, "one").await;
        let mut same = claims(&other);
        same["jti"] = claims(&robot)["jti"].clone();
        asks(&app, &signer.sign(&same)).await.expect(200);
        app.clock.advance(Duration::from_secs(59));
        refused(asks(&app, &assertion).await, 401, "invalid_client");
        app.clock.advance(Duration::from_mins(1));
        let mut on = app.state.database.upkeep().await.unwrap();
        freehold::db::expired_rows(&mut on, app.clock.now()).await.unwrap();
        drop(on);
        assert_eq!(
            app.db_number("select count(*) from used_assertions").await,
            0,
            "and forgotten when it is over"
        );
        refused(asks(&app, &assertion).await, 401, "invalid_client");
    })
    .await;
}

#[tokio::test]
async fn a_removed_key_and_a_disabled_app_prove_nothing() {
    each_database(async |app| {
        let tenant = tenant(&app, "acme").await;
        let robot = Robot::of(&app, &tenant, &["viewer"], "opaque").await;
        let signer = Signer::of("ES256");
        register(&robot, &signer, "one").await;
        let fresh = || signer.sign(&claims(&robot));
        asks(&app, &fresh()).await.expect(200);
        robot.is(json!({ "enabled": false })).await;
        refused(asks(&app, &fresh()).await, 401, "invalid_client");
        robot.is(json!({ "enabled": true })).await;
        asks(&app, &fresh()).await.expect(200);
        tenant.owner.delete(&robot.path("/keys/one")).await.expect(204);
        refused(asks(&app, &fresh()).await, 401, "invalid_client");
    })
    .await;
}
