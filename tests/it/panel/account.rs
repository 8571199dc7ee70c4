//! One's account: sessions and identities as the page shows and ends them.

use super::Reads as _;
use crate::harness::app::{Person, each_database};

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
