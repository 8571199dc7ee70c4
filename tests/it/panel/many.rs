//! Roles of several members at once, from their selection in the list to the saving, in steps that work without script.

use super::Reads as _;
use crate::harness::app::{Answer, each_database};

/// The choice that stands for a role.
fn chosen(page: &Answer, key: &str, choice: &str) -> bool {
    page.text().contains(&format!("name=\"deal-{key}\" value=\"{choice}\" checked"))
}

#[tokio::test]
async fn those_selected_are_given_and_taken_roles_together() {
    each_database(async |app| {
        let (ada, vic, wim) = (app.person("ada").await, app.person("vic").await, app.person("wim").await);
        let acme = app.tenant_of(&ada, "acme").await;
        vic.joins(&acme, "viewer").await;
        wim.joins(&acme, "member").await;
        let (vic_id, wim_id) = (vic.id.to_string(), wim.id.to_string());
        let list = ada.get("/t/acme/members").await.expect(200);
        list.has(&["action=\"/t/acme/members/roles/choose\"", &format!("name=\"user\" value=\"{vic_id}\"")]);
        let both = [("user", vic_id.as_str()), ("user", wim_id.as_str())];
        let choose = "/t/acme/members/roles/choose";
        let page = ada.post_form(choose, &both).await.expect(200);
        page.has(&["2 members", "held by 1 of 2", "held by nobody here", ">vic</a>", ">wim</a>"]);
        assert!(chosen(&page, "admin", ""));

        let end = "2999-01-31T18:05";
        let dealt =
            [("deal-admin", "give"), ("until-admin", end), ("deal-viewer", "take"), ("deal-owner", "")];
        let sent = [both.as_slice(), &dealt].concat();
        let events = async || app.db_number("select count(*) from audit_events where outcome = 'done'").await;
        let before = events().await;
        let preview = "/t/acme/members/roles/preview";
        let asked = ada.post_form(preview, &sent).await.expect(200);
        asked.has(&["Save the roles of 2 members?", "2 members gain something.", "members:update"]);
        asked.has(&[&format!("name=\"until-admin\" value=\"{end}\""), "name=\"deal-viewer\" value=\"take\""]);
        let again = ada.post_form(preview, &[sent.as_slice(), &[("edit", "1")]].concat()).await.expect(200);
        assert!(
            chosen(&again, "admin", "give")
                && chosen(&again, "viewer", "take")
                && chosen(&again, "owner", "")
        );
        again.has(&[&format!("name=\"until-admin\" value=\"{end}\"")]);
        assert_eq!(events().await, before, "nothing is saved");

        let saved = ada.post_form("/t/acme/members/roles", &sent).await;
        assert_eq!(saved.leads_to(), "/t/acme/members?done=roles-changed");
        assert_eq!(events().await, before + 1);
        vic.get("/t/acme/invitations").await.expect(200);
        let member = ada.get(&format!("/t/acme/members/{vic_id}")).await.expect(200);
        member.has(&["value=\"admin\" checked", end]).lacks(&["value=\"viewer\" checked"]);
        // Selected and gone before the choice: left out, and said.
        ada.delete(&acme.api(&format!("/members/{vic_id}"))).await.expect(204);
        let page = ada.post_form(choose, &both).await.expect(200);
        page.has(&["1 member", "Some of those you selected are no members any more."]).lacks(&[">vic</a>"]);
        ada.post_form("/t/acme/members/roles", &sent).await.expect(422).has(&["no such member"]);
    })
    .await;
}

#[tokio::test]
async fn what_cannot_be_of_many_stands_where_it_was_chosen() {
    each_database(async |app| {
        let (ada, ben, vic) = (app.person("ada").await, app.person("ben").await, app.person("vic").await);
        let acme = app.tenant_of(&ada, "acme").await;
        ben.joins(&acme, "admin").await;
        vic.joins(&acme, "viewer").await;
        let (ada_id, vic_id) = (ada.id.to_string(), vic.id.to_string());
        for path in ["/t/acme/members/roles/preview", "/t/acme/members/roles"] {
            let send = async |fields: &[(&str, &str)]| {
                ben.post_form(path, &[&[("user", vic_id.as_str())], fields].concat()).await
            };
            let past = [("deal-member", "give"), ("until-member", "2020-01-31T18:05")];
            let refused = send(&past).await.expect(422);
            refused.has(&["id=\"until-member-error\"", "still to come", "value=\"2020-01-31T18:05\""]);
            assert!(chosen(&refused, "member", "give"));
            let odd = [("deal-member", "give"), ("until-member", "soon")];
            send(&odd).await.expect(422).has(&["id=\"until-member-error\"", "as in 2030-01-31T18:00"]);
            send(&[]).await.expect(422).has(&["Say which roles to give or to take."]);
            send(&[("deal-gone", "give")]).await.expect(412).has(&["It was changed meanwhile.", ">vic</a>"]);
            send(&[("deal-member", "x")]).await.expect(400);
            send(&[("deal-member", ""), ("deal-member", "give")]).await.expect(400);
            send(&[("colour", "red")]).await.expect(422);
            send(&[("deal-owner", "give")]).await.expect(403).has(&["tenant:delete"]);
            send(&[("user", &ada_id), ("deal-member", "give")])
                .await
                .expect(403)
                .has(&["ada: They hold rights"]);
            ben.post_form(path, &[("user", "x"), ("deal-member", "give")]).await.expect(400);
        }
        let own = [("user", ada_id.as_str()), ("deal-owner", "take")];
        ada.post_form("/t/acme/members/roles/preview", &own).await.expect(409).has(&["at least one owner"]);
        let none = ada.post_form("/t/acme/members/roles/choose", &[]).await.expect(200);
        none.has(&["Nobody is selected", "href=\"/t/acme/members\""]);
        let changed =
            "select count(*) from audit_events where action = 'members.roles_changed' and outcome = 'done'";
        assert_eq!(app.db_number(changed).await, 0);
        // Who cannot change roles cannot select.
        vic.get("/t/acme/members").await.expect(200).lacks(&["name=\"user\"", "roles/choose"]);
        vic.post_form("/t/acme/members/roles/choose", &own[..1]).await.expect(403);
    })
    .await;
}
