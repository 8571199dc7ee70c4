//! Invitations on their pages: with mail, without, and the page that development keeps mail on.

use super::Reads as _;
use crate::harness::app::{Backend, TestApp, each_database};

const VIC: [(&str, &str); 2] = [("email", "vic@example.com"), ("role", "viewer")];

/// The address in the page's link to the invitation.
fn shown_link(page: &str) -> String {
    let (_, rest) = page.split_once("https://id.example.test/invitations/").expect("a link");
    format!("/invitations/{}", rest.split('<').next().unwrap())
}

#[tokio::test]
async fn without_mail_the_link_is_shown_once() {
    for backend in [Backend::Sqlite, Backend::Postgres] {
        let app = TestApp::start_without_mail(backend).await;
        let (ada, vic) = (app.person("ada").await, app.person("vic").await);
        app.tenant_of(&ada, "acme").await;
        ada.get("/t/acme/invitations").await.expect(200).has(&["Mail is not set up here."]);
        let sent = ada.post_form("/t/acme/invitations", &VIC).await.expect(200);
        sent.has(&["Pass on this link", "vic@example.com", "shown this once"]);
        let link = shown_link(&sent.text());
        ada.get("/t/acme/invitations").await.has(&["vic@example.com"]).lacks(&[&link]);

        let page = ada.get("/t/acme/invitations").await.text();
        let (before, _) = page.split_once("/resend\"").unwrap();
        let resend = format!("{}/resend", before.rsplit("action=\"").next().unwrap());
        let again = shown_link(&ada.post_form(&resend, &[]).await.expect(200).text());
        assert_ne!(link, again);
        vic.post_form(&link, &[]).await.lacks(&["Welcome"]);
        vic.get("/t/acme").await.expect(404);
        assert_eq!(vic.post_form(&again, &[]).await.leads_to(), "/t/acme?done=joined");
    }
}

#[tokio::test]
async fn mail_is_on_a_page_only_in_development() {
    each_database(async |app| {
        let ada = app.person("ada").await;
        app.tenant_of(&ada, "acme").await;
        app.anonymous().get("/dev/mailbox").await.expect(200).has(&["No mail yet"]);
        let sent = ada.post_form("/t/acme/invitations", &VIC).await;
        assert_eq!(sent.leads_to(), "/t/acme/invitations?done=invitation-sent");
        let secret = app.invitation_secret("vic", 1).await;
        app.anonymous().get("/dev/mailbox").await.expect(200).has(&["To vic@example.com", &secret]);
        ada.get("/tenants").await.has(&["/dev/mailbox"]);
    })
    .await;
    let app = TestApp::start_without_mail(Backend::Sqlite).await;
    let ada = app.person("ada").await;
    ada.get("/dev/mailbox").await.expect(404);
    app.anonymous().get("/dev/mailbox").await.expect(404);
    ada.get("/tenants").await.lacks(&["/dev/mailbox"]);
}

#[tokio::test]
async fn an_invitation_is_for_the_address_it_was_sent_to() {
    each_database(async |app| {
        let (ada, eve, vic) = (app.person("ada").await, app.person("eve").await, app.person("vic").await);
        app.tenant_of(&ada, "acme").await;
        ada.post_form("/t/acme/invitations", &VIC).await.expect(303);
        let link = format!("/invitations/{}", app.invitation_secret("vic", 1).await);
        let to_anyone = app.anonymous().get(&link).await.expect(200);
        to_anyone.has(&["ada invites you to acme", "Viewer"]).lacks(&["<form", "Accept as"]);
        eve.get(&link)
            .await
            .has(&["You are signed in as <b>eve</b>", "eve@example.com"])
            .lacks(&["Accept as"]);
        eve.post_form(&link, &[]).await.expect(409).has(&["role=\"alert\""]);
        eve.get("/t/acme").await.expect(404);
        vic.get(&link).await.has(&["Accept as vic"]);
        assert_eq!(vic.post_form(&link, &[]).await.leads_to(), "/t/acme?done=joined");
        vic.get(&link).await.has(&["This invitation was used already."]).lacks(&["Accept as"]);
        app.anonymous().get("/invitations/nobodysent").await.expect(404);
    })
    .await;
}

#[tokio::test]
async fn invitations_are_listed_by_what_became_of_them() {
    each_database(async |app| {
        let (ada, vic) = (app.person("ada").await, app.person("vic").await);
        app.tenant_of(&ada, "acme").await;
        ada.get("/t/acme/invitations").await.has(&["No invitations yet"]).lacks(&["?status="]);
        ada.post_form("/t/acme/invitations", &VIC).await.expect(303);
        ada.post_form("/t/acme/invitations", &[("email", "zoe@example.com"), ("role", "viewer")])
            .await
            .expect(303);
        let link = format!("/invitations/{}", app.invitation_secret("vic", 1).await);
        vic.post_form(&link, &[]).await.expect(303);
        let list = async |query: &str| ada.get(&format!("/t/acme/invitations{query}")).await.expect(200);
        list("").await.has(&["vic@example.com", "zoe@example.com"]);
        list("?status=pending").await.has(&["zoe@example.com"]).lacks(&["vic@example.com"]);
        list("?status=accepted").await.has(&["vic@example.com"]).lacks(&["zoe@example.com", "Withdraw the"]);
        list("?status=expired").await.has(&["None of these"]).lacks(&["zoe@example.com"]);
        ada.get("/t/acme/invitations?status=lost").await.expect(422);
    })
    .await;
}

#[tokio::test]
async fn a_withdrawn_invitation_says_so() {
    each_database(async |app| {
        let (ada, vic) = (app.person("ada").await, app.person("vic").await);
        app.tenant_of(&ada, "acme").await;
        ada.post_form("/t/acme/invitations", &VIC).await.expect(303);
        let link = format!("/invitations/{}", app.invitation_secret("vic", 1).await);
        let page = ada.get("/t/acme/invitations").await.text();
        let (before, _) = page.split_once("/revoke\"").unwrap();
        let revoke = format!("{}/revoke", before.rsplit("action=\"").next().unwrap());
        let done = ada.post_form(&revoke, &[]).await;
        assert_eq!(done.leads_to(), "/t/acme/invitations?done=invitation-revoked");
        vic.get(&link).await.expect(200).has(&["This invitation was withdrawn"]).lacks(&["Accept as"]);
        vic.post_form(&link, &[]).await.expect(409);
        ada.get("/t/acme/invitations").await.has(&["Withdrawn"]).lacks(&["/resend", "/revoke"]);
    })
    .await;
}

#[tokio::test]
async fn what_became_of_each_of_several_is_said_and_the_rest_given_back() {
    each_database(async |app| {
        let ada = app.person("ada").await;
        app.tenant_of(&ada, "acme").await;
        let end = ("until-viewer", "2099-01-31T18:00");
        let all = [("email", "vic@example.com; Zoe <zoe@example.com>"), ("role", "viewer"), end];
        let sent = ada.post_form("/t/acme/invitations", &all).await;
        assert_eq!(sent.leads_to(), "/t/acme/invitations?done=invitations-sent");
        ada.get("/t/acme/invitations").await.has(&["vic@example.com", "zoe@example.com", "2099-01-31"]);
        let some = [("email", "new@example.com\nzoe@example.com\nnobody at all"), ("role", "viewer"), end];
        let told = ada.post_form("/t/acme/invitations", &some).await.expect(200);
        told.has(&[
            "1 was invited, 2 were not.",
            "Invited before",
            "No address",
            ">nobody at all</textarea>",
        ])
        .has(&["value=\"2099-01-31T18:00\"", "value=\"viewer\" checked"])
        .lacks(&["/invitations/new", "zoe@example.com</textarea>"]);
        let wrong = [("email", "b@example.com\nc@example.com"), ("role", "viewer"), ("until-viewer", "soon")];
        let wrong = ada.post_form("/t/acme/invitations", &wrong).await.expect(422);
        wrong.has(&["Write the date and time as in", "c@example.com</textarea>"]);
        let past = [("email", "b@example.com"), ("role", "viewer"), ("until-viewer", "2001-01-31T18:00")];
        let past = ada.post_form("/t/acme/invitations", &past).await.expect(422);
        past.has(&["Choose a time that is still to come.", "until-viewer-error"]);
        ada.post_form("/t/acme/invitations", &[("email", "")])
            .await
            .expect(422)
            .has(&["email-error", "roles-error"]);
    })
    .await;
}
