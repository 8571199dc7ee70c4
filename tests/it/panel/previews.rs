//! What a change would do, asked on a page before it is saved: of a role, of a member's roles, of many, of a removal.
//! The page keeps all that was typed, for saving and for going on.

use serde_json::json;

use super::Reads as _;
use crate::harness::app::{Answer, Person, TestApp, each_database};

/// Everything but what moves when anyone is signed in, once no mail is under way.
async fn dump(app: &TestApp) -> Vec<(String, String)> {
    app.mail_is_sent().await;
    app.db_dump(&["sessions", "session_records"]).await
}

/// The hidden fields of the page's last form, without its token.
fn hidden(page: &Answer) -> Vec<(String, String)> {
    let text = page.text();
    let form = text.rsplit("<form ").next().unwrap();
    let field = |rest: &str| {
        let (name, rest) = rest.split_once("\" value=\"")?;
        Some((name.to_owned(), rest.split('"').next()?.replace("&#34;", "\"").replace("&#38;", "&")))
    };
    let fields = form.split("<input type=\"hidden\" name=\"").skip(1).filter_map(field);
    fields.filter(|(name, _)| name != "form_token").collect()
}

/// Sends what the page asks about to this address.
async fn sends(person: &Person, page: &Answer, path: &str, more: &[(&str, &str)]) -> Answer {
    let fields = hidden(page);
    let fields = fields.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    person.post_form(path, &fields.chain(more.iter().copied()).collect::<Vec<_>>()).await
}

/// What stands in the field with this name.
fn value(page: &Answer, name: &str) -> String {
    let page = page.text();
    let (_, rest) = page.split_once(&format!("name=\"{name}\" value=\"")).expect(name);
    rest.split('"').next().unwrap().to_owned()
}

#[tokio::test]
async fn a_role_is_saved_after_it_was_shown_what_that_does() {
    each_database(async |app| {
        let (ada, vic) = (app.person("ada").await, app.person("vic").await);
        let acme = app.tenant_of(&ada, "acme").await;
        let made = json!({ "name": "Team", "permissions": ["projects:read", "audit:read"] });
        ada.post_json(&acme.api("/roles"), made).await.expect(201);
        vic.joins(&acme, "team").await;
        let page = "/t/acme/roles/team";
        let form = ada.get(page).await.expect(200);
        form.has(&["action=\"/t/acme/roles/team/preview\"", "Save the role…"]);
        let seen = value(&form, "revision");
        let typed = [
            ("name", "Tea \"&\" co"),
            ("description", ""),
            ("allow", "projects:read"),
            ("allow", "members:read"),
            ("deny", "roles:read"),
            ("inherits", "viewer"),
            ("revision", seen.as_str()),
        ];
        let before = dump(&app).await;
        let asked = ada.post_form(&format!("{page}/preview"), &typed).await.expect(200);
        asked.has(&[
            "1 member gains or loses something.",
            ">vic</a>",
            "<code class=\"quiet\">audit:read</code>",
        ]);
        asked.has(&["GET /t/{tenant}/audit", "GET /t/{tenant}/members", "Save the role</button>"]);
        asked.lacks(&["yourself"]);
        assert_eq!(before, dump(&app).await, "it is not saved");
        let owned: Vec<(String, String)> =
            typed.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        assert_eq!(hidden(&asked), owned, "all that was typed goes on");

        let again = sends(&ada, &asked, &format!("{page}/preview"), &[("edit", "1")]).await.expect(200);
        again.has(&["aria-label=\"Allow members:read\" checked", "aria-label=\"Deny roles:read\" checked"]);
        again.lacks(&["aria-label=\"Allow audit:read\" checked"]);
        again.has(&["value=\"viewer\" checked", "value=\"Tea &#34;&#38;&#34; co\""]);
        assert_eq!(value(&again, "revision"), seen);
        assert_eq!(before, dump(&app).await, "it is still not saved");

        assert_eq!(sends(&ada, &asked, page, &[]).await.leads_to(), "/t/acme/roles/team?done=role-saved");
        vic.get("/t/acme/members").await.expect(200);
        vic.get("/t/acme/audit").await.expect(403);
        sends(&ada, &asked, page, &[]).await.expect(412).has(&["It was changed meanwhile."]);
        sends(&ada, &asked, &format!("{page}/preview"), &[]).await.expect(412).has(&["changed meanwhile"]);
        let later = sends(&ada, &asked, &format!("{page}/preview"), &[("edit", "1")]).await.expect(200);
        assert_eq!(value(&later, "revision"), seen, "to go on editing does not overwrite what came between");
    })
    .await;
}

#[tokio::test]
async fn a_preview_on_a_page_says_what_is_wrong_where_the_form_would() {
    each_database(async |app| {
        let (ada, ben) = (app.person("ada").await, app.person("ben").await);
        let acme = app.tenant_of(&ada, "acme").await;
        ben.joins(&acme, "admin").await;
        ada.post_json(&acme.api("/roles"), json!({ "name": "Team", "permissions": [] })).await.expect(201);
        let page = "/t/acme/roles/team";
        let seen = value(&ben.get(page).await.expect(200), "revision");
        let sent = async |fields: &[(&str, &str)]| {
            let fields = [fields, &[("revision", seen.as_str())]].concat();
            ben.post_form(&format!("{page}/preview"), &fields).await
        };
        sent(&[("name", ""), ("description", "Kept")])
            .await
            .expect(422)
            .has(&["id=\"name-error\"", ">Kept</"]);
        sent(&[("name", "Team"), ("allow", "tenant:delete")]).await.expect(403).has(&["tenant:delete"]);
        sent(&[("name", "Team"), ("colour", "red")]).await.expect(422);
        let nobody = sent(&[("name", "Crew"), ("allow", "audit:read")]).await.expect(200);
        nobody.has(&["Nobody gains or loses anything."]).lacks(&["Opens"]);
        let events = "select count(*) from audit_events where action = 'role.updated'";
        assert_eq!(app.db_number(events).await, 0);
    })
    .await;
}

#[tokio::test]
async fn whoever_would_lose_the_page_is_warned() {
    each_database(async |app| {
        let (ada, ben) = (app.person("ada").await, app.person("ben").await);
        let acme = app.tenant_of(&ada, "acme").await;
        ben.joins(&acme, "admin").await;
        let all = ["roles:read", "roles:update", "audit:read", "members:read"];
        ada.post_json(&acme.api("/roles"), json!({ "name": "Editor", "permissions": all })).await.expect(201);
        let roles = acme.api(&format!("/members/{}/roles", ben.id));
        ada.put(&roles, json!({ "roles": ["editor"] })).await.expect(200);
        let page = "/t/acme/roles/editor";
        let asks = async |keep: &[&str]| {
            let seen = value(&ben.get(page).await.expect(200), "revision");
            let kept: Vec<(&str, &str)> = keep.iter().map(|name| ("allow", *name)).collect();
            let fields = [&[("name", "Editor"), ("revision", seen.as_str())], kept.as_slice()].concat();
            ben.post_form(&format!("{page}/preview"), &fields).await.expect(200)
        };
        asks(&all).await.has(&["Nobody gains or loses anything."]);
        asks(&["roles:read", "roles:update", "members:read"])
            .await
            .has(&["You would lose something yourself.", "<code>audit:read</code>"])
            .lacks(&["lose this page"]);
        let asked = asks(&["roles:read", "audit:read"]).await;
        asked.has(&["You would lose this page yourself", "<code>roles:update</code>"]);
    })
    .await;
}

#[tokio::test]
async fn a_members_roles_are_saved_after_it_was_shown_what_that_does() {
    each_database(async |app| {
        let (ada, vic) = (app.person("ada").await, app.person("vic").await);
        let acme = app.tenant_of(&ada, "acme").await;
        vic.joins(&acme, "viewer").await;
        let page = format!("/t/acme/members/{}", vic.id);
        let form = ada.get(&page).await.expect(200);
        form.has(&[&format!("action=\"{page}/roles/preview\"")]);
        let seen = value(&form, "revision");
        let end = "2999-01-31T18:05";
        let typed = [("role", "member"), ("until-member", end), ("until-viewer", ""), ("revision", &seen)];
        let before = dump(&app).await;
        let (preview, roles) = (format!("{page}/roles/preview"), format!("{page}/roles"));
        let asked = ada.post_form(&preview, &typed).await.expect(200);
        asked.has(&["Save the roles of vic?", "1 member gains something.", "projects:create"]);
        let again = sends(&ada, &asked, &preview, &[("edit", "1")]).await.expect(200);
        again.has(&["value=\"member\" checked"]).lacks(&["value=\"viewer\" checked"]);
        assert_eq!(
            (value(&again, "until-member"), value(&again, "revision")),
            (end.to_owned(), seen.clone())
        );
        assert_eq!(before, dump(&app).await, "it is not saved");
        let wrong = [("role", "member"), ("until-member", "2020-01-31T18:05"), ("revision", &seen)];
        ada.post_form(&preview, &wrong).await.expect(422).has(&["id=\"until-member-error\""]);
        assert_eq!(sends(&ada, &asked, &roles, &[]).await.leads_to(), format!("{page}?done=roles-changed"));
        assert_eq!(value(&ada.get(&page).await, "until-member"), end);
        sends(&ada, &asked, &preview, &[]).await.expect(412).has(&["It was changed meanwhile."]);
        sends(&ada, &asked, &roles, &[]).await.expect(412).has(&["It was changed meanwhile."]);

        let own = format!("/t/acme/members/{}", ada.id);
        let seen = value(&ada.get(&own).await.expect(200), "revision");
        let last = [("role", "viewer"), ("revision", seen.as_str())];
        ada.post_form(&format!("{own}/roles/preview"), &last).await.expect(409).has(&["at least one owner"]);
    })
    .await;
}

#[tokio::test]
async fn a_removal_is_asked_with_what_it_does() {
    each_database(async |app| {
        let (ada, ben, vic) = (app.person("ada").await, app.person("ben").await, app.person("vic").await);
        let acme = app.tenant_of(&ada, "acme").await;
        ben.joins(&acme, "admin").await;
        vic.joins(&acme, "viewer").await;
        let page = format!("/t/acme/members/{}/remove", vic.id);
        let before = dump(&app).await;
        let asked = ben.get(&page).await.expect(200);
        asked.has(&[
            "Remove vic from acme?",
            "1 member loses something.",
            "projects:read",
            "data-dialog-body",
        ]);
        let above = ben.get(&format!("/t/acme/members/{}/remove", ada.id)).await.expect(403);
        above.has(&["tenant:delete"]);
        ada.get(&format!("/t/acme/members/{}/remove", ada.id)).await.expect(200).has(&["Leave acme?"]);
        assert_eq!(before, dump(&app).await, "asking leaves nothing");
        // What one is asked about is what is removed.
        let roles = acme.api(&format!("/members/{}/roles", vic.id));
        ada.put(&roles, json!({ "roles": ["member"] })).await.expect(200);
        let stale = sends(&ben, &asked, &page, &[]).await.expect(412);
        stale.has(&["It was changed meanwhile.", "projects:create"]);
        assert_eq!(sends(&ben, &stale, &page, &[]).await.leads_to(), "/t/acme/members?done=member-removed");
        ben.get(&page).await.expect(404);
    })
    .await;
}

#[tokio::test]
async fn a_roles_deletion_is_asked_with_what_its_holders_get() {
    each_database(async |app| {
        let (ada, vic) = (app.person("ada").await, app.person("vic").await);
        let acme = app.tenant_of(&ada, "acme").await;
        ada.post_json(&acme.api("/roles"), json!({ "name": "Team", "permissions": ["audit:read"] }))
            .await
            .expect(201);
        let page = "/t/acme/roles/team/delete";
        ada.get(page).await.expect(200).has(&[
            "Nobody holds it.",
            "Nobody gains",
            "Delete the role</button>",
        ]);
        vic.joins(&acme, "team").await;
        let before = dump(&app).await;
        ada.get(page).await.expect(200).lacks(&["Delete the role</button>"]);
        let asked = ada.get(&format!("{page}?reassign_to=viewer")).await.expect(200);
        asked.has(&[
            "value=\"viewer\" selected",
            ">vic</a>",
            "audit:read",
            "members:read",
            "Delete the role</button>",
        ]);
        ada.get(&format!("{page}?reassign_to=none")).await.expect(422).has(&["id=\"reassign_to-error\""]);
        assert_eq!(before, dump(&app).await, "asking leaves nothing");
        assert_eq!(sends(&ada, &asked, page, &[]).await.leads_to(), "/t/acme/roles?done=role-deleted");
        vic.get("/t/acme/members").await.expect(200);
    })
    .await;
}
