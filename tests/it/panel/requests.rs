//! Requests for roles on their pages: from the denial to the answer, without script.

use super::Reads as _;
use crate::harness::app::{Answer, each_database};

/// The path of the request that a redirect leads to.
fn path(sent: &Answer) -> String {
    sent.leads_to().split('?').next().unwrap().to_owned()
}

/// What is in the hidden field of the page's form.
fn revision(page: &Answer) -> String {
    let text = page.text();
    let (_, rest) = text.split_once(r#"name="revision" value=""#).expect("a form");
    rest.split('"').next().unwrap().to_owned()
}

#[tokio::test]
async fn a_denial_leads_to_a_request_and_the_request_to_the_role() {
    each_database(async |app| {
        let (ada, ben, vic) = (app.person("ada").await, app.person("ben").await, app.person("vic").await);
        let acme = app.tenant_of(&ada, "acme").await;
        ben.joins(&acme, "admin").await;
        vic.joins(&acme, "viewer").await;
        let denied = vic.get("/t/acme/invitations").await.expect(403);
        denied.has(&["Ask for a role", r#"action="/t/acme/requests""#, r#"<option value="admin">Admin"#]);
        let page = denied.text();
        assert!(page.find(r#"value="admin""#) < page.find(r#"value="owner""#), "the least powerful first");
        let form = [("role", "admin"), ("hours", "24"), ("reason", "Ada asked me\nto invite Zoe.")];
        let empty =
            vic.post_form("/t/acme/requests", &[("role", "admin"), ("hours", "24")]).await.expect(422);
        empty.has(&["Say why you need it", r#"<option value="24" selected>"#]);
        let sent = vic.post_form("/t/acme/requests", &form).await;
        assert!(sent.leads_to().ends_with("?done=request-sent"));
        let request = path(&sent);
        let shown = vic.get(sent.leads_to()).await.expect(200);
        shown.has(&[
            "The request is sent.",
            "Who can answer",
            "ada",
            "ben",
            "told by mail",
            "Take the request back",
        ]);
        shown.lacks(&["Your answer"]);
        vic.post_form("/t/acme/requests", &form).await.expect(409).has(&["asked for this role already"]);

        ada.get("/t/acme")
            .await
            .has(&["A request for a role waits for your answer.", "1<span class=\"unseen\"> waiting"]);
        ada.get("/t/acme/requests").await.has(&["Waiting for your answer", "Ada asked me\nto invite Zoe."]);
        vic.get("/t/acme").await.lacks(&["waits for your answer", "class=\"unseen\"> waiting"]);
        let page = ada.get(&request).await.expect(200);
        page.has(&["Your answer", "members:invite", "Give the role", "Decline"]);
        let revision = revision(&page);
        let late = [("until", "2100-01-01T00:00"), ("note", "Go."), ("revision", &revision)];
        let approve = format!("{request}/approve");
        let refused = ada.post_form(&approve, &late).await.expect(422);
        refused.has(&["longer than was asked", "2100-01-01T00:00", "Go."]);
        ada.post_form(&approve, &[("until", "soon"), ("revision", &revision)]).await.expect(422);
        let stale = [("revision", "1-open")];
        ada.post_form(&approve, &stale).await.expect(412).has(&["It was changed meanwhile."]);
        let done = ada.post_form(&approve, &[("until", ""), ("note", "Go."), ("revision", &revision)]).await;
        assert_eq!(done.leads_to(), "/t/acme/requests?done=request-approved");
        vic.get("/t/acme/invitations").await.expect(200);
        vic.get(&request)
            .await
            .has(&["Approved", "by ada", "Go.", "Given until"])
            .lacks(&["Take the request back"]);
        ada.get("/t/acme").await.lacks(&["waits for your answer"]);
        let log = ada.get("/t/acme/audit").await.expect(200);
        log.has(&["asked for the role", "for 1 day", "approved the request of", "for the role Admin until"]);
    })
    .await;
}

#[tokio::test]
async fn only_who_can_give_the_role_is_asked_for_an_answer() {
    each_database(async |app| {
        let (ada, ben, vic) = (app.person("ada").await, app.person("ben").await, app.person("vic").await);
        let eve = app.person("eve").await;
        let acme = app.tenant_of(&ada, "acme").await;
        ben.joins(&acme, "admin").await;
        vic.joins(&acme, "viewer").await;
        let form = [("role", "owner"), ("hours", ""), ("reason", "I bought it.")];
        let request = path(&vic.post_form("/t/acme/requests", &form).await);
        ben.get(&request).await.expect(200).lacks(&["Your answer"]).has(&["Who can answer", "ada"]);
        ben.get("/t/acme/requests").await.lacks(&["Waiting for your answer"]).has(&["vic", "Owner"]);
        let tag = revision(&ada.get(&request).await);
        let decline = format!("{request}/decline");
        ben.post_form(&decline, &[("revision", &tag)]).await.expect(403).has(&["tenant:delete"]);
        vic.post_form(&decline, &[("revision", &tag)]).await.expect(403).has(&["members:update"]);
        eve.get(&request).await.expect(404);
        let mia = app.person("mia").await;
        mia.joins(&acme, "member").await;
        mia.get(&request).await.expect(404);
        mia.get("/t/acme/requests").await.expect(200).has(&["No requests yet"]).lacks(&["I bought it."]);
        let done = ada.post_form(&decline, &[("note", "No."), ("revision", &tag)]).await;
        assert_eq!(done.leads_to(), "/t/acme/requests?done=request-declined");
        vic.get(&request).await.has(&["Declined", "by ada", "No."]);
        let again = path(&vic.post_form("/t/acme/requests", &form).await);
        let done = vic.post_form(&format!("{again}/withdraw"), &[]).await;
        assert_eq!(done.leads_to(), "/t/acme/requests?done=request-withdrawn");
        vic.get("/t/acme/requests?status=withdrawn").await.has(&["Taken back", "Owner"]);
        vic.get("/t/acme/requests?status=expired").await.has(&["None of these"]);
        vic.get("/t/acme/requests?status=lost").await.expect(422);
    })
    .await;
}
