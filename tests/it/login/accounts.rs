//! Which account an identity opens: its own, by provider and subject, and never one that has the same address.

use std::time::Duration;

use freehold::dev::idp::{Email, Person};
use freehold::ids::UserId;
use freehold::login::Provider::{Github, Google};
use http::{Method, StatusCode};

use crate::harness::browserless::{Site, Visitor, each_database};
use crate::harness::until;

pub(super) async fn id(visitor: &Visitor<'_>) -> UserId {
    visitor.me().await.json()["id"].as_str().unwrap().parse().unwrap()
}

async fn accounts(site: &Site) -> i64 {
    site.db_count("select count(*) from users").await
}

#[tokio::test]
async fn an_address_known_from_another_provider_opens_no_account() {
    each_database(async |store| {
        let site = Site::start(store).await;
        let ada = site.visitor();
        ada.signs_in(Google, "ada").await;
        let sam = site.visitor();
        let answer = sam.tries_to_sign_in(Github, "sam").await;
        assert_eq!(answer.status, StatusCode::CONFLICT);
        assert!(
            answer.body.contains("Google"),
            "the page names the provider to sign in with: {}",
            answer.body
        );
        assert_eq!(sam.session(), None);
        assert_eq!((accounts(&site).await, site.sessions().await), (1, 1), "nothing was made");
    })
    .await;
}

#[tokio::test]
async fn an_address_under_a_new_subject_does_not_open_the_old_account() {
    each_database(async |store| {
        let site = Site::start(store).await;
        site.visitor().signs_in(Google, "ada").await;
        let taker = Person::google("taker", "666", "Ada Sample", Email::verified("ADA@EXAMPLE.COM"));
        site.idp.add_person(taker);
        let visitor = site.visitor();
        assert_eq!(visitor.tries_to_sign_in(Google, "taker").await.status, StatusCode::CONFLICT);
        assert_eq!(visitor.me().await.status, StatusCode::UNAUTHORIZED);
    })
    .await;
}

#[tokio::test]
async fn an_unverified_address_matches_nobody() {
    each_database(async |store| {
        let site = Site::start(store).await;
        let unverified = site.visitor();
        unverified.signs_in(Google, "uma").await;
        let me = unverified.me().await.json();
        assert_eq!(me["email_verified"], false);
        // Who proves the address gets an account of their own, and keeps it.
        let owner = Person::github("owner", 77, "Uma", vec![Email::verified("uma@example.org").primary()]);
        site.idp.add_person(owner);
        let verified = site.visitor();
        verified.signs_in(Github, "owner").await;
        assert_ne!(id(&unverified).await, id(&verified).await);
        unverified.signs_in(Google, "uma").await;
        assert_eq!(id(&unverified).await.to_string(), me["id"].as_str().unwrap());

        let claims = site.visitor();
        let max = vec![Email::unverified("ada@example.com").primary()];
        site.idp.add_person(Person::github("claims", 78, "Not Ada", max));
        site.visitor().signs_in(Google, "ada").await;
        claims.signs_in(Github, "claims").await;
        let me = claims.me().await.json();
        assert_eq!((&me["email"], &me["email_verified"]), (&serde_json::Value::Null, &false.into()));
    })
    .await;
}

#[tokio::test]
async fn a_changed_address_changes_the_profile_and_not_the_account() {
    each_database(async |store| {
        let site = Site::start(store).await;
        let visitor = site.visitor();
        visitor.signs_in(Google, "ada").await;
        let before = id(&visitor).await;
        site.idp.update_person("ada", |ada| ada.emails = vec![Email::verified("lovelace@example.com")]);
        visitor.signs_in(Google, "ada").await;
        assert_eq!(id(&visitor).await, before);
        assert_eq!(visitor.me().await.json()["email"], "lovelace@example.com");

        let elsewhere = site.visitor();
        elsewhere.signs_in(Github, "sam").await;
        assert_ne!(id(&elsewhere).await, before, "the address she gave up is free and opens nothing of hers");
    })
    .await;
}

#[tokio::test]
async fn a_disabled_person_is_out_by_every_door() {
    each_database(async |store| {
        let site = Site::start(store).await;
        let visitor = site.visitor();
        visitor.signs_in(Google, "ada").await;
        let user = id(&visitor).await.uuid();
        let text = "update users set disabled_at = created_at, version = version + 1 where id = $1";
        site.db_execute(text, user).await;
        let text = "insert into changes (kind, subject_id, version, at) \
                    select 'user', id, version, updated_at from users where id = $1";
        site.db_execute(text, user).await;
        let out = async || (visitor.me().await.status == StatusCode::UNAUTHORIZED).then_some(());
        until(Duration::from_secs(2), out).await.expect("the session is of no use within the bound");
        let answer = visitor.ask(Method::DELETE, "/api/v1/me/sessions").await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
        let opened = site.sessions().await;
        let answer = site.visitor().tries_to_sign_in(Google, "ada").await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{answer:?}");
        assert_eq!(site.sessions().await, opened);
    })
    .await;
}

#[tokio::test]
async fn what_a_provider_vouches_for_cannot_be_written() {
    each_database(async |store| {
        let site = Site::start(store).await;
        let visitor = site.visitor();
        visitor.signs_in(Google, "uma").await;
        for field in
            ["email_verified", "email", "provider", "subject", "operator", "disabled", "id", "scopes"]
        {
            let body = serde_json::json!({ "name": "Uma", field: true });
            let answer = visitor.ask_with(Method::PATCH, "/api/v1/me", &body).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{field}: {answer:?}");
        }
        assert_eq!(visitor.me().await.json()["email_verified"], false);
    })
    .await;
}
