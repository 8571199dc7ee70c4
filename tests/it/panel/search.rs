//! The search offers what one may reach, and never what belongs to others.

use super::Reads as _;
use crate::harness::app::{Answer, Person, TestApp, each_database};

/// The addresses of all results, in order.
fn results(page: &Answer) -> Vec<String> {
    let text = page.text();
    let (_, found) = text.split_once("data-results").expect("results");
    let links = found.split("<a href=\"").skip(1).filter(|link| link.contains("data-result"));
    links.map(|link| link.split('"').next().unwrap().to_owned()).collect()
}

async fn found(person: &Person, path: &str) -> Vec<String> {
    results(&person.get(path).await.expect(200))
}

#[tokio::test]
async fn everyone_is_offered_what_they_may_reach_and_nothing_else() {
    each_database(async |app: TestApp| {
        let (owner, viewer) = (app.person("olga").await, app.person("vic").await);
        let acme = app.tenant_of(&owner, "acme").await;
        viewer.joins(&acme, "viewer").await;
        let leave = |person: &Person| format!("/t/acme/members/{}/remove", person.id);
        let all = found(&owner, "/t/acme/search").await;
        for path in [
            "/account",
            "/t/acme/settings",
            "/t/acme/invitations#invite",
            "/t/acme/settings#delete",
            &leave(&owner),
        ] {
            assert!(all.contains(&path.to_owned()), "{path}: {all:?}");
        }
        let offered = found(&viewer, "/t/acme/search").await;
        let reachable: Vec<&String> = offered.iter().filter(|path| !path.starts_with("/dev/")).collect();
        let expected = [
            "/t/acme",
            "/t/acme/projects",
            "/t/acme/members",
            "/t/acme/roles",
            "/t/acme/requests",
            "/tenants",
            "/account",
            &leave(&viewer),
            "/tenants#create",
            "/account#appearance",
            "/t/acme",
        ];
        assert_eq!(reachable, expected);
        // Every result leads somewhere, for each of them; what only development has is not served here.
        for (person, paths) in [(&owner, &all), (&viewer, &offered)] {
            for path in paths.iter().filter(|path| !path.starts_with("/dev/")) {
                person.get(path.split('#').next().unwrap()).await.expect(200);
            }
        }
    })
    .await;
}

#[tokio::test]
async fn people_are_found_in_their_own_tenant_only() {
    each_database(async |app: TestApp| {
        let (ada, zoe) = (app.person("ada").await, app.person("zoe").await);
        let acme = app.tenant_of(&ada, "acme").await;
        app.tenant_of(&zoe, "zoetropes").await;
        let vic = app.person("vic").await;
        vic.joins(&acme, "viewer").await;
        let page = |id| format!("/t/acme/members/{id}");
        assert_eq!(found(&vic, "/t/acme/search?q=ADA").await, [page(ada.id)]);
        assert_eq!(found(&ada, "/t/acme/search?q=vic%40example").await, [page(vic.id)]);
        for nobody in ["zoe", "zoe%40example.com", "%25", "zoetropes"] {
            for person in [&ada, &vic] {
                let page = person.get(&format!("/t/acme/search?q={nobody}")).await.expect(200);
                page.has(&["Nothing found", "Nothing you may reach"]);
                assert_eq!(results(&page), Vec::<String>::new(), "{nobody}");
                assert_eq!(found(person, &format!("/search?q={nobody}")).await, Vec::<String>::new());
            }
        }
        zoe.get("/t/acme/search?q=ada").await.expect(404);
        assert_eq!(found(&zoe, "/search?q=zoe").await, ["/t/zoetropes"]);
        // Outside a tenant nobody is looked for.
        assert_eq!(found(&ada, "/search?q=vic").await, Vec::<String>::new());
    })
    .await;
}

#[tokio::test]
async fn words_find_pages_actions_roles_and_tenants() {
    each_database(async |app: TestApp| {
        let ada = app.person("ada").await;
        app.tenant_of(&ada, "acme").await;
        app.tenant_of(&ada, "blue").await;
        assert_eq!(found(&ada, "/t/acme/search?q=invite").await, ["/t/acme/invitations#invite"]);
        assert_eq!(found(&ada, "/t/acme/search?q=viewer").await, ["/t/acme/roles#role-viewer"]);
        assert_eq!(found(&ada, "/t/acme/search?q=BLUE").await, ["/t/blue"]);
        assert_eq!(found(&ada, "/search?q=tenant+make").await, ["/tenants#create"]);
        ada.get("/search?q=account").await.has(&["data-says>1 result<", "value=\"account\""]);
        ada.get("/search?q=nosuchthing").await.has(&["Nothing found", "<b>nosuchthing</b>"]);
        let long = format!("/t/acme/search?q={}", "x".repeat(3_000));
        let page = ada.get(&long).await.expect(200);
        page.has(&[&format!("value=\"{}\"", "x".repeat(100))]).lacks(&[&"x".repeat(101)]);
        ada.get("/t/acme/search?q=%3Cscript%3Ealert(1)")
            .await
            .has(&["&#60;script&#62;"])
            .lacks(&["<script>"]);
        ada.get("/search?q=a&q=b").await.expect(422);
    })
    .await;
}
