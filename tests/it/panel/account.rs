//! One's account: sessions and identities as the page shows and ends them, and how pages look.

use http::Method;

use super::Reads as _;
use crate::harness::app::{Backend, Person, TestApp, each_database};

/// The paths that end a session, as the page's buttons name them.
async fn ends(person: &Person) -> Vec<String> {
    let page = person.get("/account").await.expect(200).text();
    let after = page.split("action=\"/account/sessions/").skip(1);
    after.map(|rest| format!("/account/sessions/{}", rest.split('"').next().unwrap())).collect()
}

#[tokio::test]
async fn a_session_is_ended_from_another() {
    each_database(async |app| {
        let here = app.person("ada").await;
        assert_eq!(ends(&here).await, Vec::<String>::new(), "the only session is ended by signing out");
        let there = app.person_with(here.external.clone()).await;
        let paths = ends(&here).await;
        assert_eq!(
            paths,
            [
                format!("/account/sessions/{}/end", there.session.handle),
                "/account/sessions/end-others".into()
            ]
        );
        assert_eq!(here.post_form(&paths[0], &[]).await.leads_to(), "/account?done=session-ended");
        here.get("/account?done=session-ended").await.has(&["The session is ended."]);
        assert!(there.get("/account").await.leads_to().starts_with("/login"));
        here.post_form(&paths[0], &[]).await.expect(404);
    })
    .await;
}

#[tokio::test]
async fn all_others_end_at_once_and_this_one_stays() {
    each_database(async |app| {
        let here = app.person("ada").await;
        let others =
            [app.person_with(here.external.clone()).await, app.person_with(here.external.clone()).await];
        let ben = app.person("ben").await;
        let done = here.post_form("/account/sessions/end-others", &[]).await;
        assert_eq!(done.leads_to(), "/account?done=others-ended");
        for other in others {
            assert!(other.get("/account").await.leads_to().starts_with("/login"));
        }
        here.get("/account").await.expect(200);
        ben.get("/account").await.expect(200);
        ben.post_form(&format!("/account/sessions/{}/end", here.session.handle), &[]).await.expect(404);
        here.get("/account").await.expect(200);
    })
    .await;
}

#[tokio::test]
async fn the_last_identity_stays() {
    each_database(async |app| {
        let ada = app.person("ada").await;
        ada.get("/account").await.expect(200).lacks(&["Unlink"]);
        let last = format!("/account/identities/{}/unlink", ada.session.identity);
        ada.post_form(&last, &[]).await.expect(409).has(&["role=\"alert\""]);
        ada.links_github().await;
        ada.get("/account").await.has(&["Unlink…", "In use"]);
        let ben = app.person("ben").await;
        ben.get(&last).await.expect(404);
        ben.post_form(&last, &[]).await.expect(404);
        assert_eq!(ada.post_form(&last, &[]).await.leads_to(), "/account?done=unlinked");
        assert!(ada.get("/account").await.leads_to().starts_with("/login"), "its sessions end with it");
    })
    .await;
}

#[tokio::test]
async fn this_session_comes_first() {
    each_database(async |app| {
        let here = app.person("ada").await;
        for _ in 0..2 {
            app.person_with(here.external.clone()).await.get("/account").await.expect(200);
        }
        let page = here.get("/account").await.expect(200).text();
        let (_, list) = page.split_once("id=\"sessions\"").unwrap();
        let first = list.split("</li>").next().unwrap();
        assert!(first.contains("This one") && !first.contains("/end\""), "{first}");
        assert_eq!(list.matches("This one").count(), 1);
    })
    .await;
}

const ALL_CHOSEN: [(&str, &str); 3] = [("theme", "dark"), ("contrast", "more"), ("keys", "off")];

#[tokio::test]
async fn a_browser_keeps_how_pages_look_and_the_server_keeps_nothing() {
    each_database(async |app| {
        let ada = app.person("ada").await;
        ada.get("/account").await.expect(200);
        let before = app.db_dump(&[]).await;
        let chosen = ada.post_form("/account/appearance", &ALL_CHOSEN).await;
        assert_eq!(chosen.leads_to(), "/account?done=look-saved");
        let cookie = chosen.header("set-cookie").unwrap();
        assert_eq!(
            cookie,
            "freehold-look=dark.more.nokeys; Path=/; HttpOnly; SameSite=Lax; Max-Age=31536000; Secure"
        );
        assert_eq!(app.db_dump(&[]).await, before);
    })
    .await;
}

#[tokio::test]
async fn pages_look_as_the_browser_says() {
    let app = TestApp::start(Backend::Sqlite).await;
    let ada = app.person("ada").await;
    let look = async |path: &str, cookie: &str| {
        ada.call(Method::GET, path).header("cookie", format!("freehold-look={cookie}")).send().await.text()
    };
    for path in ["/account", "/tenants", "/login", "/nowhere"] {
        let page = look(path, "dark.more.nokeys").await;
        let root = "<html lang=\"en\" data-theme=\"dark\" data-contrast=\"more\" data-keys=\"off\">";
        assert!(page.contains(root), "{path}: {page}");
    }
    let outside = app.anonymous().call(Method::GET, "/login").header("cookie", "freehold-look=light");
    outside.send().await.expect(200).has(&["<html lang=\"en\" data-theme=\"light\">"]);
    let chosen = look("/account", "light").await;
    assert!(
        chosen.contains("value=\"light\" checked") && chosen.contains("value=\"system\" checked"),
        "{chosen}"
    );
    for rubbish in ["\"><script>alert(1)</script>", "dark.zebra", "zebra", ""] {
        let page = look("/account", rubbish).await;
        assert!(!page.contains("zebra") && !page.contains("alert("), "{rubbish}: {page}");
        assert!(page.contains("<html lang=\"en\""), "{rubbish}: {page}");
    }
}

#[tokio::test]
async fn only_known_looks_are_kept() {
    let app = TestApp::start(Backend::Sqlite).await;
    let ada = app.person("ada").await;
    for (field, word) in [("theme", "zebra"), ("contrast", "less"), ("keys", "maybe")] {
        let refused = ada.post_form("/account/appearance", &[(field, word)]).await.expect(400);
        assert_eq!(refused.header("set-cookie"), None, "{field}");
        refused.lacks(&[word]);
    }
    ada.post_form("/account/appearance", &[("font", "serif")]).await.expect(422);
    let system = ada.post_form("/account/appearance", &[("theme", "system"), ("keys", "on")]).await;
    assert!(system.header("set-cookie").unwrap().starts_with("freehold-look=; "), "{system:?}");
    app.anonymous().call(Method::POST, "/account/appearance").send().await.leads_to();
}
