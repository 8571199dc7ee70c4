//! Joining by an address in a tenant's domain: who may, who has to ask, and what nobody else learns.

use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::app::{Backend, Person, TestApp, each_database};

const JOINABLE: &str = "/api/v1/me/joinable-tenants";

/// Someone who has just signed in, with this one verified address.
async fn person_at(app: &TestApp, name: &str, address: &str) -> Person {
    let mut external = app.person(name).await.external;
    external.subject = format!("at-{name}");
    external.email = Some(address.parse().unwrap());
    external.verified_emails = vec![address.parse().unwrap()];
    app.person_with(external).await
}

async fn join(person: &Person, tenant: impl std::fmt::Display) -> crate::harness::app::Answer {
    person.post_json(&format!("{JOINABLE}/{tenant}/join"), json!({})).await
}

async fn offered(person: &Person) -> Value {
    person.get(JOINABLE).await.expect(200).json()["items"].clone()
}

#[tokio::test]
async fn who_has_an_address_in_an_open_domain_joins_with_its_role() {
    each_database(async |app| {
        let ada = app.person("ada").await;
        let acme = app.tenant_of(&ada, "acme").await;
        let vic = person_at(&app, "vic", "vic@acme.example").await;
        assert_eq!(offered(&vic).await, json!([]));
        app.domain_of(&acme, "acme.example", "open", "viewer").await;
        let wanted = json!([{
            "tenant": { "id": acme.id, "name": "acme" }, "domain": "acme.example", "email": "vic@acme.example",
            "joining": "open", "asked_at": null
        }]);
        assert_eq!(offered(&vic).await, wanted);
        let joined = join(&vic, acme.id).await.expect(200);
        assert_eq!(joined.json()["outcome"], "joined");
        assert_eq!(joined.json()["tenant"]["roles"], json!(["viewer"]));
        assert!(joined.header("x-policy-version").is_some());
        vic.get(&acme.api("/members")).await.expect(200);
        vic.post_json(&acme.api("/projects"), json!({})).await;
        join(&vic, acme.id).await.problem(409, "conflict");
        assert_eq!(offered(&vic).await, json!([]));
        let events = "select count(*) from audit_events where action = 'member.joined_by_domain'";
        assert_eq!(app.db_number(events).await, 1);
        app.db_members_sort_by_their_names().await;
    })
    .await;
}

#[tokio::test]
async fn to_others_nothing_is_there() {
    each_database(async |app| {
        let ada = app.person("ada").await;
        let acme = app.tenant_of(&ada, "acme").await;
        app.domain_of(&acme, "acme.example", "open", "viewer").await;
        let nowhere = freehold::ids::TenantId::new();
        let strangers = [
            app.person("eve").await,
            person_at(&app, "sub", "sub@eng.acme.example").await,
            person_at(&app, "sur", "sur@acme.example.org").await,
            person_at(&app, "pre", "pre@notacme.example").await,
        ];
        for eve in &strangers {
            assert_eq!(offered(eve).await, json!([]));
            let refused = join(eve, acme.id).await;
            assert_eq!(refused.without_request_id(), join(eve, nowhere).await.without_request_id());
            refused.problem(404, "not-found");
        }
        // An address that no provider vouches for counts for nothing.
        let mut external = app.person("mal").await.external;
        external.subject = "mal-2".to_owned();
        external.email = Some("mal@acme.example".parse().unwrap());
        external.email_verified = false;
        external.verified_emails = Vec::new();
        let mal = app.person_with(external).await;
        join(&mal, acme.id).await.problem(404, "not-found");
        // Nor does a door that is shut.
        let vic = person_at(&app, "vic", "vic@acme.example").await;
        ada.patch(&acme.api("/domains/acme.example"), json!({ "joining": "off" })).await.expect(200);
        let refused = join(&vic, acme.id).await;
        assert_eq!(refused.without_request_id(), join(&vic, nowhere).await.without_request_id());
        ada.patch(&acme.api("/domains/acme.example"), json!({ "joining": "open" })).await.expect(200);
        app.db_execute("update tenants set deleted_at = 1").await;
        assert_eq!(offered(&vic).await, json!([]));
        join(&vic, acme.id).await.problem(404, "not-found");
        app.db_execute("update tenants set deleted_at = null").await;
        app.db_execute("update tenants set status = 'suspended', policy_version = policy_version + 1").await;
        join(&vic, acme.id).await.problem(404, "not-found");
        assert_eq!(offered(&vic).await, json!([]));
        assert_eq!(app.db_number("select count(*) from members").await, 1);
    })
    .await;
}

#[tokio::test]
async fn a_proof_that_is_gone_lets_nobody_in() {
    each_database(async |app| {
        let ada = app.person("ada").await;
        let acme = app.tenant_of(&ada, "acme").await;
        app.domain_of(&acme, "acme.example", "open", "viewer").await;
        let (vic, zoe) = (
            person_at(&app, "vic", "vic@acme.example").await,
            person_at(&app, "zoe", "zoe@acme.example").await,
        );
        let asked = app.dns.asked();
        app.clock.advance(Duration::from_hours(23));
        let zoe_again = app.person_with(zoe.external.clone()).await;
        join(&zoe_again, acme.id).await.expect(200);
        assert_eq!(app.dns.asked(), asked, "a day is not over");
        app.clock.advance(Duration::from_hours(2));
        let vic = app.person_with(vic.external.clone()).await;
        app.dns.refuse(true);
        join(&vic, acme.id).await.problem(409, "conflict");
        app.dns.refuse(false);
        app.dns.set("_freehold.acme.example", &["something else"]);
        join(&vic, acme.id).await.problem(409, "conflict");
        join(&vic, acme.id).await.problem(404, "not-found");
        let owner = app.person_with(ada.external.clone()).await;
        assert_eq!(owner.get(&acme.api("/domains/acme.example")).await.json()["status"], "pending");
        assert_eq!(app.db_number("select count(*) from members").await, 2);
    })
    .await;
}

#[tokio::test]
async fn who_asks_is_let_in_by_someone_who_could_invite_them() {
    each_database(async |app| {
        let (ada, ben) = (app.person("ada").await, app.person("ben").await);
        let acme = app.tenant_of(&ada, "acme").await;
        ben.joins(&acme, "admin").await;
        let above = json!({ "name": "Above", "permissions": ["tenant:delete"] });
        ada.post_json(&acme.api("/roles"), above).await.expect(201);
        app.domain_of(&acme, "acme.example", "ask", "above").await;
        let vic = person_at(&app, "vic", "vic@acme.example").await;
        assert_eq!(
            join(&vic, acme.id).await.expect(200).json(),
            json!({ "outcome": "asked", "tenant": null })
        );
        join(&vic, acme.id).await.problem(409, "conflict");
        assert!(offered(&vic).await[0]["asked_at"].is_string());
        vic.get(&acme.api("")).await.problem(404, "not-found");
        let list = ben.get(&acme.api("/join-requests")).await.expect(200).json();
        let request = &list["items"][0];
        assert_eq!((&request["user"]["id"], &request["role"]), (&json!(vic.id), &json!("above")));
        let at = acme.api(&format!("/join-requests/{}", request["id"].as_str().unwrap()));
        let denied =
            ben.post_json(&format!("{at}/approve"), json!({})).await.problem(403, "forbidden").json();
        assert_eq!(denied["required"], "tenant:delete");
        ada.patch(&acme.api("/domains/acme.example"), json!({ "role": "viewer" })).await.expect(200);
        let done = ben.post_json(&format!("{at}/approve"), json!({})).await.expect(204);
        assert!(done.header("x-policy-version").is_some());
        vic.get(&acme.api("")).await.expect(200);
        assert!(
            app.mails_to_address("vic@acme.example", 1).await[0].contains("you are a member now, as Viewer")
        );
        for again in ["approve", "decline"] {
            ben.post_json(&format!("{at}/{again}"), json!({})).await.problem(404, "not-found");
        }
        assert_eq!(ben.get(&acme.api("/join-requests")).await.json()["items"], json!([]));
    })
    .await;
}

#[tokio::test]
async fn who_was_declined_asks_again_after_a_week() {
    each_database(async |app| {
        let ada = app.person("ada").await;
        let acme = app.tenant_of(&ada, "acme").await;
        let other = app.tenant_of(&ada, "other").await;
        app.domain_of(&acme, "acme.example", "ask", "viewer").await;
        let vic = person_at(&app, "vic", "vic@acme.example").await;
        join(&vic, acme.id).await.expect(200);
        let list = ada.get(&acme.api("/join-requests")).await.json();
        let id = list["items"][0]["id"].as_str().unwrap().to_owned();
        assert_eq!(ada.get(&other.api("/join-requests")).await.json()["items"], json!([]));
        let answers = ["approve", "decline"].map(|verb| format!("/join-requests/{id}/{verb}"));
        for answer in &answers {
            ada.post_json(&other.api(answer), json!({})).await.problem(404, "not-found");
        }
        ada.post_json(&acme.api(&answers[1]), json!({})).await.expect(204);
        for answer in &answers {
            ada.post_json(&acme.api(answer), json!({})).await.problem(404, "not-found");
        }
        assert!(app.mails_to_address("vic@acme.example", 1).await[0].contains("has declined"));
        let refused = join(&vic, acme.id).await;
        assert_eq!(refused.header("retry-after"), Some("604800"));
        refused.problem(429, "too-many");
        assert_eq!(
            app.db_number("select count(*) from members where tenant_id <> (select tenant_id from domains)")
                .await,
            1
        );
    })
    .await;
}

#[tokio::test]
async fn who_was_removed_does_not_walk_back_in() {
    each_database(async |app| {
        let ada = app.person("ada").await;
        let acme = app.tenant_of(&ada, "acme").await;
        app.domain_of(&acme, "acme.example", "open", "viewer").await;
        let vic = person_at(&app, "vic", "vic@acme.example").await;
        let of_vic = acme.api(&format!("/members/{}", vic.id));
        join(&vic, acme.id).await.expect(200);
        vic.delete(&of_vic).await.expect(204);
        assert_eq!(
            join(&vic, acme.id).await.expect(200).json()["outcome"],
            "joined",
            "who left may come back"
        );
        ada.delete(&of_vic).await.expect(204);
        assert_eq!(offered(&vic).await[0]["joining"], "ask");
        assert_eq!(join(&vic, acme.id).await.expect(200).json()["outcome"], "asked");
        vic.get(&acme.api("")).await.problem(404, "not-found");
        let list = ada.get(&acme.api("/join-requests")).await.json();
        let id = list["items"][0]["id"].as_str().unwrap().to_owned();
        ada.post_json(&acme.api(&format!("/join-requests/{id}/approve")), json!({})).await.expect(204);
        vic.delete(&of_vic).await.expect(204);
        assert_eq!(offered(&vic).await[0]["joining"], "open", "let in again, all is as it was");
    })
    .await;
}

#[tokio::test]
async fn twenty_who_join_at_once_are_one_member_and_a_full_tenant_takes_none() {
    each_database(async |app| {
        let ada = app.person("ada").await;
        let acme = app.tenant_of(&ada, "acme").await;
        app.domain_of(&acme, "acme.example", "open", "viewer").await;
        let vic = person_at(&app, "vic", "vic@acme.example").await;
        let answers = futures_util::future::join_all((0..20).map(|_| join(&vic, acme.id))).await;
        let done = answers.iter().filter(|answer| answer.status == 200).count();
        assert_eq!((done, app.db_number("select count(*) from members").await), (1, 2));
        ada.patch(&acme.api("/domains/acme.example"), json!({ "joining": "ask" })).await.expect(200);
        let zoe = person_at(&app, "zoe", "zoe@acme.example").await;
        let answers = futures_util::future::join_all((0..20).map(|_| join(&zoe, acme.id))).await;
        let done = answers.iter().filter(|answer| answer.status == 200).count();
        assert_eq!((done, app.db_number("select count(*) from join_requests").await), (1, 1));
    })
    .await;
}

#[tokio::test]
async fn who_asked_is_let_in_only_while_they_could_still_ask() {
    each_database(async |app| {
        let ada = app.person("ada").await;
        let acme = app.tenant_of(&ada, "acme").await;
        app.domain_of(&acme, "acme.example", "ask", "viewer").await;
        let vic = person_at(&app, "vic", "vic@acme.example").await;
        join(&vic, acme.id).await.expect(200);
        let list = acme.api("/join-requests");
        let request = ada.get(&list).await.json()["items"][0].clone();
        let approve = acme.api(&format!("/join-requests/{}/approve", request["id"].as_str().unwrap()));
        for (meanwhile, back) in [
            ("update domains set verified_at = null", "update domains set verified_at = 1"),
            ("update domains set joining = 'off'", "update domains set joining = 'ask'"),
            (
                "update users set disabled_at = 1 where name = 'vic'",
                "update users set disabled_at = null where name = 'vic'",
            ),
        ] {
            app.db_execute(meanwhile).await;
            ada.post_json(&approve, json!({})).await.problem(404, "not-found");
            assert_eq!(ada.get(&list).await.json()["items"], json!([]), "{meanwhile}");
            app.db_execute(back).await;
        }
        // The address is somebody else's by now, as far as any provider says.
        app.db_execute(
            "update identity_emails set email = 'old@acme.example' where email = 'vic@acme.example'",
        )
        .await;
        ada.post_json(&approve, json!({})).await.problem(409, "conflict");
        assert_eq!(app.db_number("select count(*) from members").await, 1);
        app.db_execute(
            "update identity_emails set email = 'vic@acme.example' where email = 'old@acme.example'",
        )
        .await;
        ada.post_json(&approve, json!({})).await.expect(204);
    })
    .await;
}

#[tokio::test]
async fn a_full_tenant_takes_nobody_by_any_domain() {
    for backend in [Backend::Sqlite, Backend::Postgres] {
        let app = TestApp::start_with(backend, |config| config.limits.members = 2).await;
        let ada = app.person("ada").await;
        let acme = app.tenant_of(&ada, "acme").await;
        app.domain_of(&acme, "acme.example", "ask", "viewer").await;
        let (vic, zoe, tim) = (
            person_at(&app, "vic", "vic@acme.example").await,
            person_at(&app, "zoe", "zoe@acme.example").await,
            person_at(&app, "tim", "tim@acme.example").await,
        );
        join(&vic, acme.id).await.expect(200);
        let list = ada.get(&acme.api("/join-requests")).await.json();
        let approve =
            acme.api(&format!("/join-requests/{}/approve", list["items"][0]["id"].as_str().unwrap()));
        ada.patch(&acme.api("/domains/acme.example"), json!({ "joining": "open" })).await.expect(200);
        join(&zoe, acme.id).await.expect(200);
        join(&tim, acme.id).await.problem(409, "conflict");
        ada.post_json(&approve, json!({})).await.problem(409, "conflict");
        assert_eq!(app.db_number("select count(*) from members").await, 2);
    }
}
