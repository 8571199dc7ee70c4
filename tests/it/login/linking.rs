//! One more identity for an account: only by a grant that a fresh session of the account was given.

use std::time::Duration;

use freehold::authz::SessionUser;
use freehold::db::Via;
use freehold::dev::idp::choose_url;
use freehold::error::{Error, Result};
use freehold::login::Provider::{self, Github, Google};
use freehold::login::flow;
use http::{Method, StatusCode};

use super::accounts::id;
use super::secrecy::{secrets_of, shows_none};
use crate::harness::browserless::{Answer, Site, Visitor, each_database};

/// The permission to link that this visitor's session gets, as the account page asks for it.
async fn may_link(site: &Site, visitor: &Visitor<'_>, provider: Provider) -> Result<String> {
    let state = &site.app.state;
    let resolved = state.sessions.resolve(&visitor.session().unwrap()).await?.unwrap();
    let user = state.authz.user(resolved.user).await?.unwrap();
    let principal = SessionUser { user, session: resolved.session, via: Via::default() };
    flow::allow_linking(&state.database, &state.providers, &principal, provider).await
}

async fn starts_linking(visitor: &Visitor<'_>, provider: Provider, grant: &str) -> Answer {
    visitor.get(&format!("/auth/{}?link={grant}", provider.as_str())).await
}

async fn links(site: &Site, visitor: &Visitor<'_>, provider: Provider, person: &str) -> Answer {
    let grant = may_link(site, visitor, provider).await.unwrap();
    let start = starts_linking(visitor, provider, &grant).await;
    let callback = visitor.comes_back_from(&choose_url(start.location(), person)).await;
    visitor.get(&callback).await
}

async fn identities(site: &Site) -> i64 {
    site.db_count("select count(*) from identities").await
}

#[tokio::test]
async fn a_linked_identity_opens_the_account_it_was_linked_to() {
    each_database(async |store| {
        let site = Site::start(store).await;
        let ada = site.visitor();
        ada.signs_in(Google, "ada").await;
        let answer = links(&site, &ada, Github, "vic").await;
        assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/account?linked=github"));
        let again = site.visitor();
        again.signs_in(Github, "vic").await;
        assert_eq!(id(&again).await, id(&ada).await);
        assert_eq!(
            again.me().await.json()["email"],
            "ada@example.com",
            "the first identity keeps the profile"
        );
    })
    .await;
}

#[tokio::test]
async fn a_grant_to_link_works_once_for_its_session_and_provider() {
    each_database(async |store| {
        let site = Site::start(store).await;
        let (ada, elsewhere, ben) = (site.visitor(), site.visitor(), site.visitor());
        ada.signs_in(Google, "ada").await;
        elsewhere.signs_in(Google, "ada").await;
        ben.signs_in(Google, "ben").await;

        let grant = may_link(&site, &ada, Github).await.unwrap();
        for (who, visitor) in [("another person", &ben), ("another session", &elsewhere)] {
            let stolen = may_link(&site, &ada, Github).await.unwrap();
            assert_eq!(starts_linking(visitor, Github, &stolen).await.status, StatusCode::FORBIDDEN, "{who}");
        }
        let answer = starts_linking(&site.visitor(), Github, &grant).await;
        assert!(answer.location().starts_with("/login?"), "nobody signed in: {answer:?}");
        assert_eq!(
            starts_linking(&ada, Google, &grant).await.status,
            StatusCode::FORBIDDEN,
            "another provider"
        );

        let grant = may_link(&site, &ada, Github).await.unwrap();
        assert_eq!(starts_linking(&ada, Github, &grant).await.status, StatusCode::SEE_OTHER);
        assert_eq!(starts_linking(&ada, Github, &grant).await.status, StatusCode::FORBIDDEN, "used");

        let grant = may_link(&site, &ada, Github).await.unwrap();
        site.clock.advance(Duration::from_mins(10));
        assert_eq!(starts_linking(&ada, Github, &grant).await.status, StatusCode::FORBIDDEN, "expired");
        assert_eq!(starts_linking(&ada, Github, "made-up").await.status, StatusCode::FORBIDDEN);
        assert_eq!(identities(&site).await, 2);
    })
    .await;
}

#[tokio::test]
async fn linking_asks_for_a_fresh_sign_in() {
    each_database(async |store| {
        let site = Site::start(store).await;
        let ada = site.visitor();
        ada.signs_in(Google, "ada").await;
        site.clock.advance(Duration::from_mins(11));
        let refused = may_link(&site, &ada, Github).await;
        assert!(matches!(refused, Err(Error::ReauthenticationRequired)), "{refused:?}");
        ada.signs_in(Google, "ada").await;
        assert!(may_link(&site, &ada, Github).await.is_ok());
    })
    .await;
}

#[tokio::test]
async fn an_identity_of_another_account_stays_where_it_is() {
    each_database(async |store| {
        let site = Site::start(store).await;
        let (ada, vic) = (site.visitor(), site.visitor());
        ada.signs_in(Google, "ada").await;
        vic.signs_in(Github, "vic").await;
        let before = id(&vic).await;
        assert_eq!(links(&site, &ada, Github, "vic").await.status, StatusCode::CONFLICT);
        vic.signs_in(Github, "vic").await;
        assert_eq!(id(&vic).await, before);
        assert_eq!(identities(&site).await, 2);
    })
    .await;
}

#[tokio::test]
async fn a_session_that_ended_meanwhile_links_nothing() {
    each_database(async |store| {
        let site = Site::start(store).await;
        let ada = site.visitor();
        ada.signs_in(Google, "ada").await;
        let grant = may_link(&site, &ada, Github).await.unwrap();
        let start = starts_linking(&ada, Github, &grant).await;
        let callback = ada.comes_back_from(&choose_url(start.location(), "vic")).await;
        // Another session of hers, in the same browser, is not the one that was asked.
        let browser = ada.cookies()["freehold-login"].clone();
        ada.signs_in(Google, "ada").await;
        ada.plant("freehold-login", &browser);
        let answer = ada.get(&callback).await;
        assert!(answer.status.is_client_error(), "{answer:?}");

        let grant = may_link(&site, &ada, Github).await.unwrap();
        let start = starts_linking(&ada, Github, &grant).await;
        let callback = ada.comes_back_from(&choose_url(start.location(), "vic")).await;
        ada.cookies().remove("freehold");
        let answer = ada.get(&callback).await;
        assert!(answer.status.is_client_error(), "{answer:?}");
        shows_none(&secrets_of(&callback), &answer);
        assert_eq!(identities(&site).await, 1);
    })
    .await;
}

#[tokio::test]
async fn unlinking_ends_the_sessions_of_the_identity_and_leaves_one() {
    each_database(async |store| {
        let site = Site::start(store).await;
        let (ada, by_github) = (site.visitor(), site.visitor());
        ada.signs_in(Google, "ada").await;
        links(&site, &ada, Github, "vic").await;
        by_github.signs_in(Github, "vic").await;
        let listed = ada.get("/api/v1/me/identities").await.json();
        let of = |provider: &str| {
            let items = listed["items"].as_array().unwrap();
            let found = items.iter().find(|item| item["provider"] == provider).unwrap();
            format!("/api/v1/me/identities/{}", found["id"].as_str().unwrap())
        };
        assert_eq!(ada.ask(Method::DELETE, &of("github")).await.status, StatusCode::NO_CONTENT);
        assert_eq!(by_github.me().await.status, StatusCode::UNAUTHORIZED);
        assert_eq!(ada.me().await.status, StatusCode::OK, "sessions of the other identity go on");
        let answer = ada.ask(Method::DELETE, &of("google")).await;
        assert_eq!(answer.status, StatusCode::CONFLICT, "the last identity stays");

        let stranger = site.visitor();
        stranger.signs_in(Google, "ben").await;
        assert_eq!(stranger.ask(Method::DELETE, &of("google")).await.status, StatusCode::NOT_FOUND);
        let fresh = site.visitor();
        fresh.signs_in(Github, "vic").await;
        assert_ne!(id(&fresh).await, id(&ada).await, "what was unlinked opens an account of its own");
    })
    .await;
}
