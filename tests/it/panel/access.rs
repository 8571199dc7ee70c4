//! The pages about access: who is offered them, what they say, and that they say it without script.

use freehold::http::access::Access;
use freehold::http::routes::RouteInfo;

use super::Reads as _;
use crate::harness::app::{Person, each_database};

const BELOW: [&str; 5] = ["", "/who-can", "/roles", "/routes", "/unused?days=90"];

#[tokio::test]
async fn pages_about_access_are_for_who_may_ask() {
    each_database(async |app| {
        let (ada, adam, vic) = (app.person("ada").await, app.person("adam").await, app.person("vic").await);
        let acme = app.tenant_of(&ada, "acme").await;
        adam.joins(&acme, "admin").await;
        vic.joins(&acme, "viewer").await;
        for below in BELOW {
            let path = format!("/t/acme/access{below}");
            for person in [&ada, &adam] {
                person.get(&path).await.expect(200).has(&["aria-current=\"page\"", "By permission"]);
            }
            vic.get(&path).await.expect(403).has(&["access:read", "Owner", "Admin"]);
        }
        ada.get("/t/acme").await.has(&["/t/acme/access"]);
        vic.get("/t/acme").await.lacks(&["/t/acme/access"]);
        let page = format!("/t/acme/members/{}", vic.id);
        ada.get(&page).await.has(&["What can they do?", &format!("/t/acme/access?user={}", vic.id)]);
        ada.get(&format!("/t/acme/members/{}", ada.id)).await.has(&["What can you do?"]);
        vic.get(&page).await.lacks(&["What can"]);
    })
    .await;
}

/// What is said of a permission.
fn part(page: &str, permission: &str) -> String {
    let (_, rest) = page.split_once(&format!("<li><code>{permission}</code>")).expect(permission);
    rest.split("</li>").next().unwrap().to_owned()
}

#[tokio::test]
async fn a_member_is_found_and_explained_permission_by_permission() {
    each_database(async |app| {
        let (ada, ben, eve) = (app.person("ada").await, app.person("ben").await, app.person("eve").await);
        let acme = app.tenant_of(&ada, "acme").await;
        app.tenant_of(&eve, "umbrella").await;
        ben.joins(&acme, "member").await;
        let chosen = format!("/t/acme/access?user={}", ben.id);
        ada.get("/t/acme/access").await.expect(200).has(&[
            "What can they do?<span class=\"unseen\"> ada</span>",
            "What can they do?<span class=\"unseen\"> ben</span>",
        ]);
        let found = ada.get("/t/acme/access?search=BEN%40").await.expect(200);
        found
            .has(&["What can they do?<span class=\"unseen\"> ben</span>", &chosen])
            .lacks(&["What can they do?<span class=\"unseen\"> ada</span>"]);
        ada.get("/t/acme/access?search=zoe").await.expect(200).has(&["Nobody found", "value=\"zoe\""]);

        let page = ada.get(&chosen).await.expect(200).has(&["ben may do 8 of 29 things"]).text();
        let read = part(&page, "members:read");
        assert!(
            read.contains("Allowed") && read.contains("<b>Member</b> allows it, through Viewer."),
            "{read}"
        );
        let invite = part(&page, "members:invite");
        assert!(invite.contains("Not allowed") && invite.contains("allowed by Owner, Admin."), "{invite}");
        // Whoever types looks for someone else.
        ada.get(&format!("{chosen}&search=ada"))
            .await
            .expect(200)
            .has(&["What can they do?<span class=\"unseen\"> ada</span>"]);
        for nobody in [eve.id.to_string(), "x".to_owned()] {
            ada.get(&format!("/t/acme/access?user={nobody}")).await.expect(404);
        }
    })
    .await;
}

#[tokio::test]
async fn who_can_do_something_is_listed_with_the_reason() {
    each_database(async |app| {
        let (ada, ben) = (app.person("ada").await, app.person("ben").await);
        let acme = app.tenant_of(&ada, "acme").await;
        ben.joins(&acme, "viewer").await;
        let asks = async |permission: &str| {
            ada.get(&format!("/t/acme/access/who-can?permission={permission}")).await.expect(200)
        };
        asks("roles:read").await.has(&["2 people", "<b>Viewer</b> allows it.", "Member, then Viewer."]);
        asks("tenant:delete").await.has(&["1 person", "<b>Owner</b> allows it."]).lacks(&[">ben</a>"]);
        asks("").await.has(&["Choose a permission"]);
        asks("nope:read").await.has(&["There is no such permission."]);
        for number in 0..50 {
            app.person(&format!("member-{number:02}")).await.joins(&acme, "viewer").await;
        }
        let first = asks("roles:read").await.text();
        let next = first.split("rel=\"next\" href=\"").nth(1).unwrap().split('"').next().unwrap();
        let next = next.replace("&#38;", "&");
        let second = ada.get(&next).await.expect(200);
        second.has(&["First page"]).lacks(&["Next page"]);
        assert_eq!(second.text().matches("class=\"title\"").count(), 2);
    })
    .await;
}

#[tokio::test]
async fn tables_say_what_roles_amount_to_and_what_routes_take() {
    each_database(async |app| {
        let ada = app.person("ada").await;
        let acme = app.tenant_of(&ada, "acme").await;
        let barred = serde_json::json!({ "name": "<Barred>", "permissions": [], "denies": ["audit:export"] });
        ada.post_json(&acme.api("/roles"), barred).await.expect(201);
        let page = ada.get("/t/acme/access/roles").await.expect(200).has(&["&#60;Barred&#62;"]).text();
        let row = |permission: &str| {
            let (_, rest) = page.split_once(&format!("<code>{permission}</code>")).expect(permission);
            let row = rest.split("</tr>").next().unwrap();
            row.split("<td")
                .skip(1)
                .map(|cell| cell.split(['>', '<']).nth(1).unwrap().to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(row("members:read"), ["Yes", "Yes", "Yes", "Yes", "–"]);
        assert_eq!(row("audit:export"), ["Yes", "Yes", "–", "–", "Denied"]);

        let routes = ada.get("/t/acme/access/routes").await.expect(200);
        let inside = |route: &&RouteInfo| {
            route.path.contains("{tenant}") && !matches!(route.access, Access::SignedIn | Access::Platform(_))
        };
        for route in freehold::http::table().iter().filter(inside) {
            routes.has(&[&format!("<code>{}</code>", route.path)]);
        }
        let finds = async |person: &Person, search: &str| {
            person.get(&format!("/t/acme/access/routes?search={search}")).await.expect(200)
        };
        finds(&ada, "INVITE")
            .await
            .has(&["<code>members:invite</code>"])
            .lacks(&["<code>tenant:delete</code>"]);
        finds(&ada, "nothing-like-it").await.has(&["Nothing found"]);
    })
    .await;
}
