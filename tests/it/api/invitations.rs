//! An invitation's life: sent, seen, sent again, withdrawn, accepted.

use http::Method;
use serde_json::{Value, json};

use crate::harness::app::{Answer, Backend, Person, Tenant, TestApp, each_database};

const ACCEPT: &str = "/api/v1/invitations/accept";

async fn invite(person: &Person, tenant: &Tenant, name: &str, role: &str) -> Answer {
    let email = format!("{name}@example.com");
    person.post_json(&tenant.api("/invitations"), json!({ "email": email, "roles": [role] })).await
}

fn one(tenant: &Tenant, invitation: &Value, below: &str) -> String {
    tenant.api(&format!("/invitations/{}{below}", invitation["id"].as_str().unwrap()))
}

#[tokio::test]
async fn the_invited_person_accepts_once() {
    each_database(async |app| {
        let (ada, vic, eve) = (app.person("ada").await, app.person("vic").await, app.person("eve").await);
        let acme = app.tenant_of(&ada, "acme").await;
        let sent = invite(&ada, &acme, "vic", "viewer").await.expect(201);
        let invitation = sent.json();
        assert_eq!(invitation["status"], "pending");
        assert_eq!(invitation["roles"], json!(["viewer"]));
        assert_eq!(invitation["invited_by"], json!({ "type": "user", "id": ada.id, "name": "ada" }));
        let shown = ada.get(sent.header("location").unwrap()).await.expect(200);
        assert_eq!(shown.json(), invitation);
        assert_eq!(shown.header("etag"), sent.header("etag"));
        let secret = app.invitation_secret("vic", 1).await;
        assert!(!sent.text().contains(&secret), "the secret is in the mail only");
        let list = ada.get(&acme.api("/invitations")).await;
        assert!(!list.text().contains(&secret));

        app.anonymous().post_json(ACCEPT, json!({ "token": secret })).await.problem(401, "unauthenticated");
        eve.post_json(ACCEPT, json!({ "token": secret })).await.problem(409, "conflict");
        eve.get(&acme.api("")).await.problem(404, "not-found");
        let accepted = vic.post_json(ACCEPT, json!({ "token": secret })).await.expect(200);
        assert_eq!(accepted.json()["tenant"]["slug"], "acme");
        assert_eq!(accepted.json()["tenant"]["roles"], json!(["viewer"]));
        assert!(accepted.header("x-policy-version").is_some());
        vic.get(&acme.api("")).await.expect(200);
        vic.post_json(ACCEPT, json!({ "token": secret })).await.problem(409, "conflict");
        assert_eq!(ada.get(&one(&acme, &invitation, "")).await.json()["status"], "accepted");
        ada.delete(&one(&acme, &invitation, "")).await.problem(409, "conflict");
    })
    .await;
}

#[tokio::test]
async fn a_withdrawn_invitation_opens_nothing() {
    each_database(async |app| {
        let (ada, vic) = (app.person("ada").await, app.person("vic").await);
        let acme = app.tenant_of(&ada, "acme").await;
        let invitation = invite(&ada, &acme, "vic", "viewer").await.expect(201).json();
        let secret = app.invitation_secret("vic", 1).await;
        ada.delete(&one(&acme, &invitation, "")).await.expect(204);
        vic.post_json(ACCEPT, json!({ "token": secret })).await.problem(409, "conflict");
        vic.get(&acme.api("")).await.problem(404, "not-found");
        ada.delete(&one(&acme, &invitation, "")).await.problem(409, "conflict");
        ada.post_json(&one(&acme, &invitation, "/resend"), json!({})).await.problem(409, "conflict");
        assert_eq!(ada.get(&one(&acme, &invitation, "")).await.json()["status"], "revoked");
    })
    .await;
}

#[tokio::test]
async fn sending_again_kills_the_old_link() {
    each_database(async |app| {
        let (ada, vic) = (app.person("ada").await, app.person("vic").await);
        let acme = app.tenant_of(&ada, "acme").await;
        let sent = invite(&ada, &acme, "vic", "viewer").await.expect(201);
        let invitation = sent.json();
        let old = app.invitation_secret("vic", 1).await;
        app.clock.advance(std::time::Duration::from_hours(1));
        let again = ada.call(Method::POST, &one(&acme, &invitation, "/resend")).send().await.expect(200);
        assert_ne!(again.header("etag"), sent.header("etag"));
        assert_ne!(again.json()["expires_at"], invitation["expires_at"]);
        let new = app.invitation_secret("vic", 2).await;
        vic.post_json(ACCEPT, json!({ "token": old })).await.problem(409, "conflict");
        let stale = sent.header("etag").unwrap();
        for (method, below) in [(Method::POST, "/resend"), (Method::DELETE, "")] {
            let call = ada.call(method, &one(&acme, &invitation, below)).header("if-match", stale);
            call.send().await.problem(412, "precondition");
        }
        vic.post_json(ACCEPT, json!({ "token": new })).await.expect(200);
    })
    .await;
}

#[tokio::test]
async fn an_invitation_ends_to_the_second() {
    each_database(async |app| {
        let (ada, vic) = (app.person("ada").await, app.person("vic").await);
        let acme = app.tenant_of(&ada, "acme").await;
        let body = json!({ "email": "vic@example.com", "roles": ["viewer"], "expires_in_hours": 1 });
        let invitation = ada.post_json(&acme.api("/invitations"), body).await.expect(201).json();
        let secret = app.invitation_secret("vic", 1).await;
        app.clock.advance(std::time::Duration::from_hours(1));
        vic.post_json(ACCEPT, json!({ "token": secret })).await.problem(409, "conflict");
        assert_eq!(ada.get(&one(&acme, &invitation, "")).await.json()["status"], "expired");
    })
    .await;
}

#[tokio::test]
async fn nobody_invites_above_themselves() {
    each_database(async |app| {
        let (ada, ben) = (app.person("ada").await, app.person("ben").await);
        let acme = app.tenant_of(&ada, "acme").await;
        ben.joins(&acme, "admin").await;
        let denied = invite(&ben, &acme, "vic", "owner").await.problem(403, "forbidden").json();
        assert_eq!(denied["required"], "tenant:delete");
        invite(&ben, &acme, "vic", "admin").await.expect(201);
    })
    .await;
}

#[tokio::test]
async fn an_invitation_lapses_with_its_senders_right() {
    each_database(async |app| {
        let (ada, ben, vic) = (app.person("ada").await, app.person("ben").await, app.person("vic").await);
        let acme = app.tenant_of(&ada, "acme").await;
        ben.joins(&acme, "admin").await;
        invite(&ben, &acme, "vic", "viewer").await.expect(201);
        let secret = app.invitation_secret("vic", 1).await;
        let path = acme.api(&format!("/members/{}/roles", ben.id));
        ada.put(&path, json!({ "roles": ["member"] })).await.expect(200);
        vic.post_json(ACCEPT, json!({ "token": secret })).await.problem(409, "conflict");
    })
    .await;
}

#[tokio::test]
async fn invitations_that_cannot_be_are_refused_with_their_place() {
    each_database(async |app| {
        let ada = app.person("ada").await;
        let acme = app.tenant_of(&ada, "acme").await;
        let vic = "vic@example.com";
        for (body, pointer) in [
            (json!({ "email": "vic", "roles": ["viewer"] }), "/email"),
            (json!({ "email": "vic@example.com\u{0}", "roles": ["viewer"] }), "/email"),
            (json!({ "email": "vic@exämple.com", "roles": ["viewer"] }), "/email"),
            (json!({ "email": vic, "roles": [] }), "/roles"),
            (json!({ "email": vic, "roles": ["nobody"] }), "/roles/0"),
            (json!({ "email": vic, "roles": ["viewer"], "expires_in_hours": 0 }), "/expires_in_hours"),
            (json!({ "email": vic, "roles": ["viewer"], "expires_in_hours": 721 }), "/expires_in_hours"),
            (json!({ "email": vic, "roles": ["viewer"], "tenant": "umbrella" }), "/tenant"),
        ] {
            let refused =
                ada.post_json(&acme.api("/invitations"), body.clone()).await.problem(422, "invalid");
            assert_eq!(refused.json()["errors"][0]["pointer"], pointer, "{body}");
        }
        invite(&ada, &acme, "ada", "viewer").await.problem(409, "conflict");
        ada.post_json(ACCEPT, json!({ "token": "x", "tenant": "acme" })).await.problem(422, "invalid");
        for token in ["", "x", "\u{0}", &"x".repeat(10_000)] {
            ada.post_json(ACCEPT, json!({ "token": token })).await.problem(404, "not-found");
        }
    })
    .await;
}

#[tokio::test]
async fn another_tenants_invitation_is_not_found_here() {
    each_database(async |app| {
        let (ada, eve) = (app.person("ada").await, app.person("eve").await);
        let (acme, evil) = (app.tenant_of(&ada, "acme").await, app.tenant_of(&eve, "evil").await);
        let invitation = invite(&ada, &acme, "vic", "viewer").await.expect(201).json();
        eve.get(&one(&evil, &invitation, "")).await.problem(404, "not-found");
        eve.delete(&one(&evil, &invitation, "")).await.problem(404, "not-found");
        eve.post_json(&one(&evil, &invitation, "/resend"), json!({})).await.problem(404, "not-found");
        assert_eq!(ada.get(&one(&acme, &invitation, "")).await.json()["status"], "pending");
    })
    .await;
}

#[tokio::test]
async fn several_are_invited_at_once_each_with_its_own_answer() {
    each_database(async |app| {
        let (ada, vic) = (app.person("ada").await, app.person("vic").await);
        let acme = app.tenant_of(&ada, "acme").await;
        let end = (app.clock.now() + std::time::Duration::from_hours(48)).to_string();
        let roles = json!(["viewer", { "key": "admin", "expires_at": end }]);
        let text =
            "name,email\nVic,vic@example.com\nAda,ada@example.com\nZoe,zoe at example\nVic,vic@example.com\n";
        let report =
            ada.post_json(&acme.api("/invitations/batch"), json!({ "text": text, "roles": roles })).await;
        let report = report.expect(200).json();
        let told: Vec<_> = report["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|line| (line["line"].as_u64().unwrap(), line["status"].as_str().unwrap().to_owned()))
            .collect();
        let wanted = [(2, "invited"), (3, "already_member"), (4, "invalid"), (5, "repeated")];
        assert_eq!(told, wanted.map(|(line, status)| (line, status.to_owned())));
        assert_eq!((&report["invited"], &report["items"][2]["email"]), (&json!(1), &json!("zoe at example")));
        let invitation =
            ada.get(&one(&acme, &json!({ "id": report["items"][0]["invitation"] }), "")).await.json();
        assert_eq!(invitation["role_ends"], json!({ "admin": end }));
        assert_eq!(invitation["expires_at"], json!(end));
        let secret = app.invitation_secret("vic", 1).await;
        assert!(!report.to_string().contains(&secret), "the secret is in the mail only");
        assert!(app.mails_to("vic", 1).await[0].contains("Admin until "));
        vic.post_json(ACCEPT, json!({ "token": secret })).await.expect(200);
        let held = ada.get(&acme.api(&format!("/members/{}", vic.id))).await.json();
        let ends: Vec<_> =
            held["roles"].as_array().unwrap().iter().map(|role| role["expires_at"].clone()).collect();
        assert_eq!(ends, [json!(end), json!(null)]);
    })
    .await;
}

#[tokio::test]
async fn twenty_who_accept_at_once_are_one_member() {
    each_database(async |app| {
        let (ada, vic) = (app.person("ada").await, app.person("vic").await);
        let acme = app.tenant_of(&ada, "acme").await;
        let secret = vic.is_invited(&acme, "viewer").await;
        let attempts = (0..20).map(|_| vic.post_json(ACCEPT, json!({ "token": secret })));
        let answers = futures_util::future::join_all(attempts).await;
        let statuses: Vec<u16> = answers.iter().map(|answer| answer.status.as_u16()).collect();
        assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
        assert!(statuses.iter().all(|status| [200, 409].contains(status)), "{statuses:?}");
        let members = "select count(*) from members where user_id = (select accepted_by from invitations)";
        assert_eq!(app.db_number(members).await, 1);
        let events = "select count(*) from audit_events where action = 'invitation.accepted'";
        assert_eq!(app.db_number(events).await, 1);
    })
    .await;
}

#[tokio::test]
async fn several_are_invited_no_further_than_one_would_be() {
    for backend in [Backend::Sqlite, Backend::Postgres] {
        let app = TestApp::start_with(backend, |config| {
            config.limits.open_invitations = 3;
            config.limits.invitations_per_address = 1;
        })
        .await;
        let (ada, ben) = (app.person("ada").await, app.person("ben").await);
        let (acme, other) = (app.tenant_of(&ada, "acme").await, app.tenant_of(&ada, "other").await);
        ben.joins(&acme, "admin").await;
        let batch = async |person: &Person, tenant: &Tenant, names: &[&str], role: &str| {
            let emails: Vec<String> = names.iter().map(|name| format!("{name}@example.com")).collect();
            person
                .post_json(&tenant.api("/invitations/batch"), json!({ "emails": emails, "roles": [role] }))
                .await
        };
        let denied = batch(&ben, &acme, &["a", "b"], "owner").await.problem(403, "forbidden").json();
        assert_eq!(denied["required"], "tenant:delete");
        let eve = app.person("eve").await;
        batch(&eve, &acme, &["a"], "viewer").await.problem(404, "not-found");
        let sent = "select count(*) from invitations where email <> 'ben@example.com'";
        assert_eq!(app.db_number(sent).await, 0, "nothing is sent to anyone");
        let statuses = |report: Answer| -> Vec<Value> {
            let report = report.expect(200).json();
            report["items"].as_array().unwrap().iter().map(|line| line["status"].clone()).collect()
        };
        assert_eq!(statuses(batch(&ada, &other, &["a"], "viewer").await), ["invited"]);
        let told = statuses(batch(&ben, &acme, &["a", "b", "c", "d", "e"], "viewer").await);
        assert_eq!(told, ["over_limit", "invited", "invited", "invited", "over_limit"]);
        let crowd: Vec<String> = (0..201).map(|number| format!("p{number}")).collect();
        let crowd: Vec<&str> = crowd.iter().map(String::as_str).collect();
        let refused = batch(&ada, &other, &crowd, "viewer").await.problem(422, "invalid").json();
        assert_eq!(refused["errors"][0]["pointer"], "/emails");
        assert_eq!(app.db_number(sent).await, 4);
    }
}
