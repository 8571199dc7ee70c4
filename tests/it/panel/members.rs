//! The list of members: in parts, and found by what is known of them.

use super::Reads as _;
use crate::harness::app::{Answer, each_database};

/// The names in the list, in order.
fn names(page: &Answer) -> Vec<String> {
    let text = page.text();
    let rows = text.split("<a class=\"title\" href=\"/t/acme/members/").skip(1);
    rows.map(|row| row.split(['>', '<']).nth(1).unwrap().to_owned()).collect()
}

/// Where the link with this text leads.
fn link(page: &Answer, text: &str) -> Option<String> {
    let page = page.text();
    let (before, _) = page.split_once(&format!("\">{text}</a>"))?;
    Some(before.rsplit("href=\"").next()?.split('"').next()?.replace("&#38;", "&"))
}

#[tokio::test]
async fn the_second_page_goes_on_where_the_first_ended() {
    each_database(async |app| {
        let owner = app.person("a-owner").await;
        let acme = app.tenant_of(&owner, "acme").await;
        for number in 0..52 {
            app.person(&format!("member-{number:02}")).await.joins(&acme, "viewer").await;
        }
        let first = owner.get("/t/acme/members").await.expect(200);
        first.has(&["53 people"]);
        assert_eq!(link(&first, "First page"), None);
        let second = owner.get(&link(&first, "Next page").unwrap()).await.expect(200);
        assert_eq!(link(&second, "Next page"), None);
        assert_eq!(link(&second, "First page").unwrap(), "/t/acme/members");
        let expected: Vec<String> = std::iter::once("a-owner".to_owned())
            .chain((0..52).map(|number| format!("member-{number:02}")))
            .collect();
        assert_eq!([names(&first), names(&second)].concat(), expected);
        assert_eq!(names(&second).len(), 3);

        let filtered =
            owner.get("/t/acme/members?search=member&role=viewer&sort=joined_at").await.expect(200);
        let next = link(&filtered, "Next page").unwrap();
        assert!(
            next.starts_with("/t/acme/members?search=member&role=viewer&sort=joined_at&cursor="),
            "{next}"
        );
        assert_eq!(names(&owner.get(&next).await.expect(200)), ["member-50", "member-51"]);
        // A cursor is for the list it came from.
        let cursor = next.rsplit("cursor=").next().unwrap();
        for path in ["/t/acme/members?", "/t/acme/invitations?", "/t/acme/members?search=member&"] {
            let answer = owner.get(&format!("{path}cursor={cursor}")).await;
            assert!(answer.status.is_client_error(), "{path}: {}", answer.status);
        }
    })
    .await;
}

#[tokio::test]
async fn members_are_found_by_name_address_and_role() {
    each_database(async |app| {
        let owner = app.person("ada").await;
        let acme = app.tenant_of(&owner, "acme").await;
        app.person("vic").await.joins(&acme, "viewer").await;
        let find =
            async |query: &str| names(&owner.get(&format!("/t/acme/members?{query}")).await.expect(200));
        assert_eq!(find("search=VIC").await, ["vic"]);
        assert_eq!(find("search=vic%40example").await, ["vic"]);
        assert_eq!(find("role=owner").await, ["ada"]);
        assert_eq!(find("search=%25").await, Vec::<String>::new());
        owner.get("/t/acme/members?search=zoe").await.expect(200).has(&["Nobody found", "value=\"zoe\""]);
        owner.get("/t/acme/members?limit=3").await.expect(422);
    })
    .await;
}
