//! The list of members: in parts, and found by what is known of them. One member: their roles, and when each ends.

use std::time::Duration;

use freehold::clock::Timestamp;
use serde_json::json;

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

/// What stands in the field with this name.
fn value(page: &Answer, name: &str) -> String {
    let page = page.text();
    let (_, rest) = page.split_once(&format!("name=\"{name}\" value=\"")).expect(name);
    rest.split('"').next().unwrap().to_owned()
}

#[tokio::test]
async fn a_role_given_until_a_moment_ends_at_it() {
    each_database(async |app| {
        let (ada, vic) = (app.person("ada").await, app.person("vic").await);
        let acme = app.tenant_of(&ada, "acme").await;
        vic.joins(&acme, "viewer").await;
        let page = format!("/t/acme/members/{}", vic.id);
        let save = async |fields: &[(&str, &str)]| {
            let revision = value(&ada.get(&page).await.expect(200), "revision");
            let fields = [fields, &[("revision", revision.as_str())]].concat();
            ada.post_form(&format!("{page}/roles"), &fields).await
        };
        // The form has minutes, so the end is a whole one at least a minute away.
        let minute = 60_000_000;
        let end = Timestamp::from_micros((app.clock.now().micros() / minute + 2) * minute);
        let typed = end.to_string()[..16].to_owned();
        let given = [("role", "viewer"), ("until-viewer", ""), ("role", "admin"), ("until-admin", &typed)];
        assert_eq!(save(&given).await.leads_to(), format!("{page}?done=roles-changed"));
        assert_eq!(value(&ada.get(&page).await, "until-admin"), typed);
        assert_eq!(value(&ada.get(&page).await, "until-viewer"), "");

        app.clock.advance((end - Duration::from_secs(1)).since(app.clock.now()));
        vic.get("/t/acme/invitations").await.expect(200);
        app.clock.advance(Duration::from_secs(1));
        vic.get("/t/acme/invitations").await.expect(403);
        vic.get("/t/acme/members").await.expect(200);
        ada.get(&page).await.has(&["value=\"viewer\" checked"]).lacks(&["value=\"admin\" checked"]);
    })
    .await;
}

#[tokio::test]
async fn an_end_stays_as_it_is_until_it_is_changed() {
    each_database(async |app| {
        let (ada, vic) = (app.person("ada").await, app.person("vic").await);
        let acme = app.tenant_of(&ada, "acme").await;
        vic.joins(&acme, "viewer").await;
        let (page, path) = (format!("/t/acme/members/{}", vic.id), acme.api(&format!("/members/{}", vic.id)));
        let exact = (app.clock.now() + Duration::from_secs(86_425)).to_string();
        let roles = json!({ "roles": ["viewer", { "key": "admin", "expires_at": exact }] });
        ada.put(&format!("{path}/roles"), roles).await.expect(200);
        let ends = async || {
            let member = ada.get(&path).await.expect(200).json();
            let roles = member["roles"].as_array().unwrap().iter();
            roles
                .map(|role| (role["key"].as_str().unwrap().to_owned(), role["expires_at"].clone()))
                .collect::<Vec<_>>()
        };
        let role = |key: &str, end: serde_json::Value| (key.to_owned(), end);
        let save = async |fields: &[(&str, &str)]| {
            let revision = value(&ada.get(&page).await.expect(200), "revision");
            let fields = [fields, &[("revision", revision.as_str())]].concat();
            ada.post_form(&format!("{page}/roles"), &fields).await.expect(303);
        };
        let shown = value(&ada.get(&page).await, "until-admin");
        save(&[("role", "admin"), ("until-admin", &shown), ("role", "member"), ("until-member", "")]).await;
        assert_eq!(
            ends().await,
            [role("admin", json!(exact)), role("member", json!(null))],
            "to the microsecond"
        );
        save(&[("role", "admin"), ("role", "member"), ("role", "viewer")]).await;
        assert_eq!(ends().await[0], role("admin", json!(exact)), "a field that was not sent changes nothing");
        save(&[("role", "admin"), ("until-admin", "2999-01-31T18:05")]).await;
        assert_eq!(ends().await, [role("admin", json!("2999-01-31T18:05:00Z"))]);
        save(&[("role", "admin"), ("until-admin", "")]).await;
        assert_eq!(ends().await, [role("admin", json!(null))], "without end again");
    })
    .await;
}

#[tokio::test]
async fn an_end_that_cannot_be_stands_beside_its_field() {
    each_database(async |app| {
        let (ada, vic) = (app.person("ada").await, app.person("vic").await);
        let acme = app.tenant_of(&ada, "acme").await;
        vic.joins(&acme, "viewer").await;
        let page = format!("/t/acme/members/{}", vic.id);
        let revision = value(&ada.get(&page).await.expect(200), "revision");
        let save = async |fields: &[(&str, &str)]| {
            let fields = [fields, &[("revision", revision.as_str())]].concat();
            ada.post_form(&format!("{page}/roles"), &fields).await
        };
        for (typed, says) in [
            ("2020-01-31T18:00", "Choose a time that is still to come."),
            ("tomorrow", "Write the date and time as in 2030-01-31T18:00."),
            ("2026-02-30T18:00", "Write the date and time as in 2030-01-31T18:00."),
        ] {
            let fields =
                [("role", "viewer"), ("role", "admin"), ("until-viewer", ""), ("until-admin", typed)];
            let refused = save(&fields).await.expect(422);
            refused.has(&["id=\"until-admin-error\"", says, "value=\"admin\" checked"]);
            refused.lacks(&["id=\"until-viewer-error\"", "id=\"roles-error\"", "class=\"alert\""]);
            assert_eq!(value(&refused, "until-admin"), typed);
        }
        save(&[("role", "viewer"), ("until-none", "")]).await.expect(412).has(&["It was changed meanwhile."]);
        save(&[("role", "viewer"), ("colour", "red")]).await.expect(422);
        save(&[("role", "viewer"), ("until-viewer", ""), ("until-viewer", "")]).await.expect(400);
        // The last owner cannot become one for a while.
        let own = format!("/t/acme/members/{}", ada.id);
        let revision = value(&ada.get(&own).await.expect(200), "revision");
        let fields =
            [("role", "owner"), ("until-owner", "2999-01-31T18:05"), ("revision", revision.as_str())];
        ada.post_form(&format!("{own}/roles"), &fields).await.expect(409).has(&["whose role has no end"]);
    })
    .await;
}

#[tokio::test]
async fn who_holds_a_role_for_a_while_gives_it_for_no_longer() {
    each_database(async |app| {
        let (ada, ben, vic) = (app.person("ada").await, app.person("ben").await, app.person("vic").await);
        let acme = app.tenant_of(&ada, "acme").await;
        for person in [&ben, &vic] {
            person.joins(&acme, "viewer").await;
        }
        let end = app.clock.now() + Duration::from_hours(2);
        let roles = json!({ "roles": ["viewer", { "key": "admin", "expires_at": end }] });
        ada.put(&acme.api(&format!("/members/{}/roles", ben.id)), roles).await.expect(200);
        let page = format!("/t/acme/members/{}", vic.id);
        let seen = ben.get(&page).await.expect(200);
        seen.has(&["no later than your own rights", "value=\"owner\" disabled"]);
        seen.lacks(&["value=\"admin\" disabled", "id=\"until-owner\""]);
        let revision = value(&seen, "revision");
        let gives = async |until: Timestamp| {
            let until = until.to_string()[..16].to_owned();
            let fields = [("role", "admin"), ("until-admin", &until), ("revision", &revision)];
            ben.post_form(&format!("{page}/roles"), &fields).await
        };
        gives(end + Duration::from_hours(1)).await.expect(403);
        gives(end - Duration::from_hours(1)).await.expect(303);
    })
    .await;
}
