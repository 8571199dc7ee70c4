//! Sessions: ids of our own making, limits kept by the server, and an end that is final.

use std::time::Duration;

use freehold::clock::Clock;
use freehold::login::Provider::{Github, Google};
use freehold::login::SessionStore;
use http::{Method, StatusCode};
use tower_sessions::SessionStore as _;
use tower_sessions::session::{Id, Record};

use crate::harness::browserless::{Answer, Site, Visitor, each_database};

async fn signs_out(visitor: &Visitor<'_>) -> Answer {
    let token = visitor.form_token().await;
    visitor.submits("/logout", &[("form_token", &token)]).await
}

/// The path of the visitor's own session.
async fn own_session(visitor: &Visitor<'_>) -> String {
    let listed = visitor.get("/api/v1/me/sessions").await.json();
    let items = listed["items"].as_array().unwrap();
    let own = items.iter().find(|item| item["current"] == true).unwrap();
    format!("/api/v1/me/sessions/{}", own["id"].as_str().unwrap())
}

#[tokio::test]
async fn every_sign_in_makes_a_new_session_and_ends_the_old() {
    each_database(async |store| {
        let site = Site::start(store).await;
        let visitor = site.visitor();
        visitor.signs_in(Google, "ada").await;
        let first = visitor.session().unwrap();
        visitor.signs_in(Google, "ada").await;
        let second = visitor.session().unwrap();
        assert_ne!(first, second);
        let replay = site.visitor();
        replay.plant("freehold", &first);
        assert_eq!(replay.me().await.status, StatusCode::UNAUTHORIZED, "the old one is of no use any more");
        visitor.signs_in(Github, "vic").await;
        assert_eq!(visitor.me().await.json()["name"], "Vic Sample");
        replay.plant("freehold", &second);
        assert_eq!(replay.me().await.status, StatusCode::UNAUTHORIZED);
    })
    .await;
}

#[tokio::test]
async fn an_id_made_by_a_client_is_never_adopted() {
    each_database(async |store| {
        let site = Site::start(store).await;
        let made_up = Id::default().to_string();
        let visitor = site.visitor();
        visitor.plant("freehold", &made_up);
        assert_eq!(visitor.me().await.status, StatusCode::UNAUTHORIZED);
        visitor.signs_in(Google, "ada").await;
        assert_ne!(visitor.session().unwrap(), made_up);
        let attacker = site.visitor();
        attacker.plant("freehold", &made_up);
        assert_eq!(attacker.me().await.status, StatusCode::UNAUTHORIZED);
    })
    .await;
}

#[tokio::test]
async fn two_session_cookies_are_refused() {
    each_database(async |store| {
        let site = Site::start(store).await;
        let visitor = site.visitor();
        visitor.signs_in(Google, "ada").await;
        let cookie = visitor.session().unwrap();
        for cookies in [
            vec![format!("freehold={cookie}; freehold={cookie}")],
            vec![format!("freehold={}; freehold={cookie}", Id::default())],
            vec![format!("freehold={cookie}"), format!("freehold={}", Id::default())],
        ] {
            let stranger = site.visitor();
            let request = stranger.request(Method::GET, "/api/v1/me");
            let request = cookies.iter().fold(request, |request, value| request.header("cookie", value));
            assert_eq!(stranger.send(request).await.status, StatusCode::BAD_REQUEST, "{cookies:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_session_ends_when_it_lies_idle() {
    each_database(async |store| {
        let (idle, absolute) = (Duration::from_mins(30), Duration::from_hours(12));
        let site = Site::on(store).sessions(idle, absolute).start().await;
        let visitor = site.visitor();
        visitor.signs_in(Google, "ada").await;
        for _ in 0..3 {
            site.clock.advance(Duration::from_mins(20));
            assert_eq!(visitor.me().await.status, StatusCode::OK, "use moves the limit");
        }
        site.clock.advance(idle);
        assert_eq!(visitor.me().await.status, StatusCode::UNAUTHORIZED);
        assert_eq!(visitor.me().await.status, StatusCode::UNAUTHORIZED, "and asking does not bring it back");
    })
    .await;
}

#[tokio::test]
async fn a_session_ends_at_its_absolute_limit_however_much_it_is_used() {
    each_database(async |store| {
        let (idle, absolute) = (Duration::from_mins(30), Duration::from_hours(1));
        let site = Site::on(store).sessions(idle, absolute).start().await;
        let visitor = site.visitor();
        visitor.signs_in(Google, "ada").await;
        for _ in 0..5 {
            site.clock.advance(Duration::from_mins(10));
            assert_eq!(visitor.me().await.status, StatusCode::OK);
        }
        site.clock.advance(Duration::from_mins(10));
        assert_eq!(visitor.me().await.status, StatusCode::UNAUTHORIZED);
    })
    .await;
}

#[tokio::test]
async fn signing_out_is_a_form_and_final() {
    each_database(async |store| {
        let site = Site::start(store).await;
        let visitor = site.visitor();
        visitor.signs_in(Google, "ada").await;
        let cookie = visitor.session().unwrap();
        let by_get = visitor.get("/logout").await;
        assert_eq!(by_get.status, StatusCode::METHOD_NOT_ALLOWED);
        assert_eq!(visitor.me().await.status, StatusCode::OK);

        let answer = signs_out(&visitor).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{answer:?}");
        assert_eq!(visitor.session(), None, "the cookie is removed");
        visitor.plant("freehold", &cookie);
        assert_eq!(visitor.me().await.status, StatusCode::UNAUTHORIZED);
        let page = visitor.get("/account").await;
        assert!(page.status != StatusCode::OK, "{page:?}");
        let answer = visitor.ask_with(Method::PATCH, "/api/v1/me", &serde_json::json!({ "name": "x" })).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    })
    .await;
}

#[tokio::test]
async fn a_request_under_way_does_not_bring_a_session_back() {
    each_database(async |store| {
        let clock = Clock::default();
        let sessions = match &store.redis_url {
            Some(url) => SessionStore::redis(url).unwrap(),
            None => SessionStore::Sql(store.open(clock.clone())),
        };
        let expiry_date = (clock.now() + Duration::from_mins(10)).to_datetime();
        let mut record = Record { id: Id::default(), data: std::collections::HashMap::new(), expiry_date };
        let created = crate::harness::until(Duration::from_secs(20), async || {
            let mut draft = record.clone();
            sessions.create(&mut draft).await.ok().map(|()| draft)
        });
        record = created.await.expect("the store answers");
        assert!(sessions.load(&record.id).await.unwrap().is_some());
        sessions.save(&record).await.unwrap();
        sessions.delete(&record.id).await.unwrap();
        sessions.save(&record).await.ok();
        assert!(sessions.load(&record.id).await.unwrap().is_none());
    })
    .await;
}

#[tokio::test]
async fn a_revoked_session_stays_ended_when_its_record_comes_back() {
    each_database(async |store| {
        let site = Site::start(store).await;
        let (here, there) = (site.visitor(), site.visitor());
        here.signs_in(Google, "ada").await;
        there.signs_in(Google, "ada").await;
        // Ended in the index only: the record a cookie opens is still in the store, as after a restored dump.
        let path = own_session(&there).await;
        assert_eq!(here.ask(Method::DELETE, &path).await.status, StatusCode::NO_CONTENT);
        assert_eq!(there.me().await.status, StatusCode::UNAUTHORIZED, "before the answer, on this node");
    })
    .await;
}

#[tokio::test]
async fn people_list_and_end_their_sessions_and_nobody_elses() {
    each_database(async |store| {
        let site = Site::start(store).await;
        let (here, there, third, ben) = (site.visitor(), site.visitor(), site.visitor(), site.visitor());
        for visitor in [&here, &there, &third] {
            visitor.signs_in(Google, "ada").await;
        }
        ben.signs_in(Google, "ben").await;
        let path = own_session(&here).await;
        assert_eq!(ben.ask(Method::DELETE, &path).await.status, StatusCode::NOT_FOUND);
        assert_eq!(here.me().await.status, StatusCode::OK);
        let listed = here.get("/api/v1/me/sessions").await.json();
        assert_eq!(listed["items"].as_array().unwrap().len(), 3, "{listed}");
        assert!(!listed.to_string().contains(&here.session().unwrap()), "no list shows what opens a session");

        assert_eq!(here.ask(Method::DELETE, "/api/v1/me/sessions").await.status, StatusCode::NO_CONTENT);
        let statuses = [here.me().await.status, there.me().await.status, third.me().await.status];
        assert_eq!(statuses.map(|status| status.as_u16()), [200, 401, 401]);
        assert_eq!(ben.me().await.status, StatusCode::OK);
    })
    .await;
}

#[tokio::test]
async fn a_handle_opens_nothing() {
    each_database(async |store| {
        let site = Site::start(store).await;
        let visitor = site.visitor();
        visitor.signs_in(Google, "ada").await;
        let handle = own_session(&visitor).await.split('/').next_back().unwrap().to_owned();
        let number = u128::from_str_radix(&handle.replace('-', ""), 16).unwrap();
        let as_id = Id(i128::from_ne_bytes(number.to_ne_bytes())).to_string();
        for guess in [handle.clone(), handle.replace('-', ""), as_id] {
            let attacker = site.visitor();
            attacker.plant("freehold", &guess);
            assert_eq!(attacker.me().await.status, StatusCode::UNAUTHORIZED, "{guess}");
        }
    })
    .await;
}

/// The attributes of each cookie an answer sets, by name and in order.
fn cookies(answer: &Answer) -> Vec<(String, Vec<String>)> {
    let values = answer.headers.get_all("set-cookie").iter().map(|value| value.to_str().unwrap());
    let mut cookies: Vec<_> = values
        .map(|value| {
            let name = value.split('=').next().unwrap().to_owned();
            let mut attributes: Vec<String> = value.split("; ").skip(1).map(str::to_owned).collect();
            attributes.retain(|attribute| !attribute.starts_with("Max-Age"));
            attributes.sort();
            (name, attributes)
        })
        .collect();
    cookies.sort();
    cookies
}

#[tokio::test]
async fn cookies_are_bound_to_the_host_where_the_scheme_allows() {
    each_database(async |store| {
        let site = Site::on(store).public_url("https://id.example.com").start().await;
        let visitor = site.visitor();
        let secure = ["HttpOnly", "Path=/", "SameSite=Lax", "Secure"].map(str::to_owned).to_vec();
        let start = visitor.get("/auth/google").await;
        assert_eq!(cookies(&start), [("__Host-freehold-login".to_owned(), secure.clone())]);
        let answer = visitor.signs_in(Google, "ada").await;
        let both = ["__Host-freehold", "__Host-freehold-login"].map(|name| (name.to_owned(), secure.clone()));
        assert_eq!(cookies(&answer), both);
        assert_eq!(visitor.me().await.status, StatusCode::OK);
        let plain = site.visitor();
        plain.plant("freehold", &visitor.session().unwrap());
        assert_eq!(
            plain.me().await.status,
            StatusCode::UNAUTHORIZED,
            "a cookie anyone could plant is not read"
        );
        assert_eq!(cookies(&signs_out(&visitor).await), [("__Host-freehold".to_owned(), secure)]);
    })
    .await;
}

#[tokio::test]
async fn cookies_on_loopback_are_plain_but_not_weaker_than_need_be() {
    each_database(async |store| {
        let site = Site::start(store).await;
        let plain = ["HttpOnly", "Path=/", "SameSite=Lax"].map(str::to_owned).to_vec();
        let answer = site.visitor().signs_in(Google, "ada").await;
        let both = ["freehold", "freehold-login"].map(|name| (name.to_owned(), plain.clone()));
        assert_eq!(cookies(&answer), both);
    })
    .await;
}
