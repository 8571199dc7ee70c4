//! Domains on their page, and joining by one: from the page of one's tenants, answered on the page of invitations.

use super::Reads as _;
use crate::harness::app::{Person, TestApp, each_database};

const PAGE: &str = "/t/acme/settings/domains";

async fn at_acme(app: &TestApp, name: &str) -> Person {
    let mut external = app.person(name).await.external;
    external.subject = format!("at-{name}");
    let address: freehold::email::EmailAddress = format!("{name}@acme.example").parse().unwrap();
    external.email = Some(address.clone());
    external.verified_emails = vec![address];
    app.person_with(external).await
}

#[tokio::test]
async fn a_domain_is_proved_and_opened_on_its_page() {
    each_database(async |app| {
        let (ada, vic) = (app.person("ada").await, at_acme(&app, "vic").await);
        let acme = app.tenant_of(&ada, "acme").await;
        ada.get("/t/acme/settings").await.has(&["href=\"/t/acme/settings/domains\""]);
        ada.get(PAGE).await.expect(200).has(&["No domains yet"]);
        let wrong = ada.post_form(PAGE, &[("domain", "gmail.com")]).await.expect(422);
        wrong.has(&["Everybody may have an address there.", "value=\"gmail.com\"", "domain-error"]);
        let added = ada.post_form(PAGE, &[("domain", "acme.example")]).await;
        assert_eq!(added.leads_to(), "/t/acme/settings/domains?done=domain-added");
        let shown = ada.get(PAGE).await.expect(200);
        shown
            .has(&["Not proved yet", "_freehold.acme.example", "freehold-verification="])
            .lacks(&["Who may join"]);
        let one = format!("{PAGE}/acme.example");
        let missing = ada.post_form(&format!("{one}/verify"), &[]).await.expect(409);
        missing.has(&["role=\"alert\"", "There is no TXT record at _freehold.acme.example yet."]);
        app.prove(&ada.get(&acme.api("/domains/acme.example")).await.json());
        let proved = ada.post_form(&format!("{one}/verify"), &[]).await;
        assert_eq!(proved.leads_to(), "/t/acme/settings/domains?done=domain-verified");
        ada.get(PAGE)
            .await
            .has(&["Proved", "Who may join with an address at acme.example"])
            .lacks(&["value=\"owner\""]);
        let roleless = [("joining", "open"), ("role", ""), ("revision", "2")];
        ada.post_form(&one, &roleless).await.expect(422).has(&["Choose the role that joining gives."]);
        let open = [("joining", "open"), ("role", "viewer"), ("revision", "2")];
        assert_eq!(ada.post_form(&one, &open).await.leads_to(), "/t/acme/settings/domains?done=domain-saved");
        ada.post_form(&one, &open).await.expect(412);

        vic.get("/tenants").await.expect(200).has(&[
            "You can join",
            "with vic@acme.example",
            "aria-label=\"Join acme\"",
        ]);
        ada.get("/tenants").await.lacks(&["You can join"]);
        let joined = vic.post_form(&format!("/tenants/{}/join", acme.id), &[]).await;
        assert_eq!(joined.leads_to(), "/t/acme?done=joined");
        vic.get("/t/acme").await.expect(200);
        ada.get("/t/acme/audit")
            .await
            .has(&["joined by their address in a domain", "changed who may join by the domain"]);
        ada.get(&format!("{one}/remove")).await.expect(200).has(&["Remove acme.example?"]);
        let removed = ada.post_form(&format!("{one}/remove"), &[]).await;
        assert_eq!(removed.leads_to(), "/t/acme/settings/domains?done=domain-removed");
        vic.get("/t/acme").await.expect(200);
    })
    .await;
}

#[tokio::test]
async fn who_asks_to_join_is_answered_on_the_page_of_invitations() {
    each_database(async |app| {
        let (ada, vic, zoe) =
            (app.person("ada").await, at_acme(&app, "vic").await, at_acme(&app, "zoe").await);
        let acme = app.tenant_of(&ada, "acme").await;
        app.domain_of(&acme, "acme.example", "ask", "viewer").await;
        ada.get("/t/acme/invitations").await.lacks(&["Asking to join"]);
        let join = format!("/tenants/{}/join", acme.id);
        for person in [&vic, &zoe] {
            person.get("/tenants").await.has(&["aria-label=\"Ask to join acme\""]);
            assert_eq!(person.post_form(&join, &[]).await.leads_to(), "/tenants?done=asked-to-join");
            person.get("/tenants").await.has(&["You asked"]).lacks(&["aria-label=\"Ask to join acme\""]);
            person.post_form(&join, &[]).await.expect(409).has(&["You have asked already."]);
        }
        ada.get("/t/acme").await.has(&["2 people ask to join."]);
        let list = ada.get("/t/acme/invitations").await.expect(200);
        list.has(&["Asking to join", "vic@acme.example", "zoe@acme.example", "Let in vic as Viewer"]);
        let page = list.text();
        let actions: Vec<&str> = page
            .split("action=\"/t/acme/join-requests/")
            .skip(1)
            .map(|rest| rest.split('"').next().unwrap())
            .collect();
        let answer =
            async |action: &str| ada.post_form(&format!("/t/acme/join-requests/{action}"), &[]).await;
        assert_eq!(answer(actions[0]).await.leads_to(), "/t/acme/invitations?done=let-in");
        assert_eq!(answer(actions[3]).await.leads_to(), "/t/acme/invitations?done=not-let-in");
        vic.get("/t/acme").await.expect(200);
        zoe.get("/t/acme").await.expect(404);
        zoe.post_form(&join, &[]).await.expect(429).has(&["You were declined lately."]);
        ada.get("/t/acme/invitations").await.lacks(&["Asking to join"]);
        ada.get("/t/acme").await.lacks(&["to join."]);
    })
    .await;
}
