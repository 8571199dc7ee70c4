//! The domains of a tenant: proved by a record, kept by it, opened by those who could let people in themselves.

use serde_json::{Value, json};

use crate::harness::app::{Answer, Person, Tenant, each_database};

async fn add(person: &Person, tenant: &Tenant, domain: &str) -> Value {
    person.post_json(&tenant.api("/domains"), json!({ "domain": domain })).await.expect(201).json()
}

async fn verify(person: &Person, tenant: &Tenant, domain: &str) -> Answer {
    person.post_json(&tenant.api(&format!("/domains/{domain}/verify")), json!({})).await
}

#[tokio::test]
async fn a_domain_is_proved_by_its_record() {
    each_database(async |app| {
        let ada = app.person("ada").await;
        let acme = app.tenant_of(&ada, "acme").await;
        let added =
            ada.post_json(&acme.api("/domains"), json!({ "domain": " Acme.Example " })).await.expect(201);
        let domain = added.json();
        assert_eq!(domain["domain"], "acme.example");
        assert_eq!(
            (&domain["status"], &domain["joining"], &domain["role"]),
            (&json!("pending"), &json!("off"), &json!(null))
        );
        assert_eq!(domain["record"]["name"], "_freehold.acme.example");
        let value = domain["record"]["value"].as_str().unwrap();
        assert!(
            value.strip_prefix("freehold-verification=").is_some_and(|token| token.len() >= 22),
            "{value}"
        );
        let location = added.header("location").unwrap().to_owned();
        assert_eq!(ada.get(&location).await.expect(200).json(), domain);

        let none = verify(&ada, &acme, "acme.example").await.problem(409, "conflict").json();
        assert!(
            none["detail"].as_str().unwrap().contains("no TXT record at _freehold.acme.example"),
            "{none}"
        );
        app.dns.set("_freehold.acme.example", &["v=spf1 -all", &format!("{value}x"), &value.to_uppercase()]);
        let other = verify(&ada, &acme, "acme.example").await.problem(409, "conflict").json();
        assert!(other["detail"].as_str().unwrap().contains("“v=spf1 -all”"), "{other}");
        app.dns.refuse(true);
        let silent = verify(&ada, &acme, "acme.example").await.problem(409, "conflict").json();
        assert!(silent["detail"].as_str().unwrap().contains("no answer"), "{silent}");
        app.dns.refuse(false);
        let events = "select count(*) from audit_events where action like 'domain.%'";
        assert_eq!(app.db_number(events).await, 1, "what was refused is no event");

        app.dns.set("_freehold.acme.example", &["v=spf1 -all", value]);
        let proved = verify(&ada, &acme, "acme.example").await.expect(200).json();
        assert_eq!(proved["status"], "verified");
        // Looked for again it is there still, which is nothing new.
        assert_eq!(
            verify(&ada, &acme, "acme.example").await.expect(200).json()["revision"],
            proved["revision"]
        );
        assert_eq!(app.db_number(events).await, 2);
        app.dns.refuse(true);
        verify(&ada, &acme, "acme.example").await.problem(409, "conflict");
        assert_eq!(ada.get(&location).await.json()["status"], "verified", "silence is no answer");
        app.dns.refuse(false);
        app.dns.set("_freehold.acme.example", &[]);
        assert_eq!(verify(&ada, &acme, "acme.example").await.expect(200).json()["status"], "pending");
        assert_eq!(app.db_number(events).await, 3);
        ada.delete(&location).await.expect(204);
        ada.get(&location).await.problem(404, "not-found");
    })
    .await;
}

#[tokio::test]
async fn what_is_no_domain_of_ones_own_is_refused() {
    each_database(async |app| {
        let ada = app.person("ada").await;
        let acme = app.tenant_of(&ada, "acme").await;
        for bad in [
            "",
            "acme",
            "acme.example.",
            "ada@acme.example",
            "*.acme.example",
            "1.2.3.4",
            "bücher.example",
            "gmail.com",
            "Users.NoReply.GitHub.com",
            "co.uk",
        ] {
            let refused = ada.post_json(&acme.api("/domains"), json!({ "domain": bad })).await;
            assert_eq!(refused.problem(422, "invalid").json()["errors"][0]["pointer"], "/domain", "{bad}");
        }
        add(&ada, &acme, "acme.example").await;
        ada.post_json(&acme.api("/domains"), json!({ "domain": "ACME.example" }))
            .await
            .problem(409, "conflict");
        for odd in ["ACME.example", "acme.example.", "acme", "other.example"] {
            ada.get(&acme.api(&format!("/domains/{odd}"))).await.problem(404, "not-found");
        }
        for number in 1..20 {
            add(&ada, &acme, &format!("d{number}.example")).await;
        }
        ada.post_json(&acme.api("/domains"), json!({ "domain": "more.example" }))
            .await
            .problem(409, "conflict");
        assert_eq!(ada.get(&acme.api("/domains")).await.json()["items"].as_array().unwrap().len(), 20);
    })
    .await;
}

#[tokio::test]
async fn a_domain_is_proved_by_one_tenant_at_a_time() {
    each_database(async |app| {
        let (ada, eve) = (app.person("ada").await, app.person("eve").await);
        let (acme, evil) = (app.tenant_of(&ada, "acme").await, app.tenant_of(&eve, "evil").await);
        let first = add(&ada, &acme, "acme.example").await;
        let second = add(&eve, &evil, "acme.example").await;
        assert_ne!(first["record"]["value"], second["record"]["value"]);
        let text = |domain: &Value| domain["record"]["value"].as_str().unwrap().to_owned();
        app.dns.set("_freehold.acme.example", &[&text(&first)]);
        verify(&ada, &acme, "acme.example").await.expect(200);
        // Another's record proves nothing, and nothing tells that there is another.
        let refused = verify(&eve, &evil, "acme.example").await.problem(409, "conflict").json();
        assert!(!refused["detail"].as_str().unwrap().contains("Another tenant"), "{refused}");
        app.dns.set("_freehold.acme.example", &[&text(&first), &text(&second)]);
        verify(&eve, &evil, "acme.example").await.problem(409, "conflict");
        // Who speaks for the domain has decided.
        app.dns.set("_freehold.acme.example", &[&text(&second)]);
        verify(&eve, &evil, "acme.example").await.expect(200);
        assert_eq!(ada.get(&acme.api("/domains/acme.example")).await.json()["status"], "pending");
        let verified = "select count(*) from domains where verified_at is not null";
        assert_eq!(app.db_number(verified).await, 1);
        let lapsed =
            "select count(*) from audit_events where action = 'domain.lapsed' and actor_type = 'system'";
        assert_eq!(app.db_number(lapsed).await, 1);
    })
    .await;
}

#[tokio::test]
async fn joining_is_opened_by_who_could_let_people_in() {
    each_database(async |app| {
        let (ada, ben, cy) = (app.person("ada").await, app.person("ben").await, app.person("cy").await);
        let acme = app.tenant_of(&ada, "acme").await;
        ben.joins(&acme, "admin").await;
        let role = json!({ "name": "Clerk", "permissions": ["tenant:read", "tenant:update"] });
        ada.post_json(&acme.api("/roles"), role).await.expect(201);
        cy.joins(&acme, "clerk").await;
        let added = add(&cy, &acme, "acme.example").await;
        let path = acme.api("/domains/acme.example");
        let open = |role: &str| json!({ "joining": "open", "role": role });
        ben.patch(&path, open("viewer")).await.problem(409, "conflict");
        app.prove(&added);
        verify(&cy, &acme, "acme.example").await.expect(200);
        assert_eq!(
            cy.patch(&path, open("viewer")).await.problem(403, "forbidden").json()["required"],
            "members:invite"
        );
        for (body, pointer) in [
            (json!({ "joining": "ask" }), "/role"),
            (open("nosuch"), "/role"),
            (open("owner"), "/role"),
            (json!({ "joining": "all" }), "/joining"),
        ] {
            let refused = ada.patch(&path, body.clone()).await.problem(422, "invalid").json();
            assert_eq!(refused["errors"][0]["pointer"], pointer, "{body}");
        }
        let above = json!({ "name": "Above", "permissions": ["tenant:delete"] });
        ada.post_json(&acme.api("/roles"), above).await.expect(201);
        assert_eq!(
            ben.patch(&path, open("above")).await.problem(403, "forbidden").json()["required"],
            "tenant:delete"
        );
        let opened = ben.patch(&path, open("admin")).await.expect(200);
        assert_eq!(opened.json()["joining"], "open");
        // Who cannot widen it may still close it.
        cy.patch(&path, json!({ "role": "viewer" })).await.problem(403, "forbidden");
        let stale = cy.call(http::Method::PATCH, &path).header("if-match", "\"1\"");
        stale.json(json!({ "joining": "off" })).await.problem(412, "precondition");
        cy.patch(&path, json!({ "joining": "ask" })).await.expect(200);
        cy.patch(&path, json!({ "joining": "open" })).await.problem(403, "forbidden");
        cy.patch(&path, json!({ "joining": "off" })).await.expect(200);
        cy.patch(&path, json!({ "joining": "ask" })).await.problem(403, "forbidden");
    })
    .await;
}
