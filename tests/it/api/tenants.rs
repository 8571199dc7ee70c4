//! Tenants: made, found by slug and id, renamed, deleted.

use http::Method;
use serde_json::{Value, json};

use crate::harness::app::{Person, each_database};

#[tokio::test]
async fn whoever_makes_a_tenant_owns_it() {
    each_database(async |app| {
        let ada = app.person("ada").await;
        let made = ada.post_json("/api/v1/tenants", json!({ "name": "Acme Inc." })).await.expect(201);
        let tenant = made.json();
        assert_eq!(tenant["slug"], "acme-inc");
        assert_eq!(tenant["name"], "Acme Inc.");
        assert_eq!(tenant["status"], "active");
        let location = format!("/api/v1/tenants/{}", tenant["id"].as_str().unwrap());
        assert_eq!(made.header("location"), Some(location.as_str()));
        let version = made.header("x-policy-version").unwrap();
        assert_eq!(version, tenant["policy_version"].to_string());

        let by_id = ada.get(&location).await.expect(200);
        let by_slug = ada.get("/api/v1/tenants/acme-inc").await.expect(200);
        assert_eq!(by_id.json(), tenant);
        assert_eq!(by_slug.json(), tenant);
        assert_eq!(by_id.header("etag"), made.header("etag"));
        let me = ada.get("/api/v1/me").await.expect(200).json();
        assert_eq!(me["tenants"][0]["roles"], json!(["owner"]));
        assert_eq!(me["tenants"][0]["id"], tenant["id"]);
    })
    .await;
}

#[tokio::test]
async fn a_tenant_is_renamed_and_its_old_slug_leads_outsiders_nowhere() {
    each_database(async |app| {
        let ada = app.person("ada").await;
        let acme = app.tenant_of(&ada, "acme").await;
        let body = json!({ "name": "Umbrella", "slug": "umbrella" });
        let changed = ada.patch(&acme.api(""), body.clone()).await.expect(200);
        assert!(changed.header("x-policy-version").is_some());
        let moved = ada.get("/api/v1/tenants/acme").await.expect(307);
        assert_eq!(moved.header("location"), Some("/api/v1/tenants/umbrella"));
        let eve = app.person("eve").await;
        eve.get("/api/v1/tenants/acme").await.problem(404, "not-found");
        let found = ada.get("/api/v1/tenants/umbrella").await.expect(200);
        assert_eq!(found.json()["name"], "Umbrella");
        assert_eq!(found.header("etag"), changed.header("etag"));

        let again = ada.patch("/api/v1/tenants/umbrella", body).await.expect(200);
        assert_eq!(again.header("etag"), changed.header("etag"), "nothing changed");
        ada.post_json("/api/v1/tenants", json!({ "name": "x", "slug": "acme" }))
            .await
            .problem(409, "conflict");
    })
    .await;
}

#[tokio::test]
async fn a_deleted_tenant_is_as_if_it_never_was() {
    each_database(async |app| {
        let ada = app.person("ada").await;
        let acme = app.tenant_of(&ada, "acme").await;
        let done = ada.delete(&acme.api("")).await.expect(204);
        assert!(done.header("x-policy-version").is_some());
        assert!(done.body.is_empty());
        let gone = ada.get(&acme.api("")).await.problem(404, "not-found");
        let never = ada.get("/api/v1/tenants/acma").await;
        assert_eq!(gone.without_request_id(), never.without_request_id());
        assert_eq!(ada.get("/api/v1/tenants").await.json()["items"], json!([]));
    })
    .await;
}

#[tokio::test]
async fn deleting_a_tenant_needs_a_fresh_sign_in() {
    each_database(async |app| {
        let ada = app.person("ada").await;
        let acme = app.tenant_of(&ada, "acme").await;
        app.clock.advance(std::time::Duration::from_secs(601));
        ada.delete(&acme.api("")).await.problem(403, "reauthentication-required");
        ada.get(&acme.api("")).await.expect(200);
    })
    .await;
}

#[tokio::test]
async fn a_write_on_an_old_version_is_refused() {
    each_database(async |app| {
        let ada = app.person("ada").await;
        let acme = app.tenant_of(&ada, "acme").await;
        let old = ada.get(&acme.api("")).await.header("etag").unwrap().to_owned();
        ada.patch(&acme.api(""), json!({ "name": "Two" })).await.expect(200);
        for wrong in [old.as_str(), "\"?\"", "W/\"1\"", "1"] {
            let call = ada.call(http::Method::PATCH, &acme.api("")).header("if-match", wrong);
            call.json(json!({ "name": "Three" })).await.problem(412, "precondition");
            let call = ada.call(http::Method::DELETE, &acme.api("")).header("if-match", wrong);
            call.send().await.problem(412, "precondition");
        }
        let now = ada.get(&acme.api("")).await;
        assert_eq!(now.json()["name"], "Two");
        let call =
            ada.call(http::Method::PATCH, &acme.api("")).header("if-match", now.header("etag").unwrap());
        call.json(json!({ "name": "Three" })).await.expect(200);
        let call = ada.call(http::Method::DELETE, &acme.api("")).header("if-match", "*");
        call.send().await.expect(204);
    })
    .await;
}

#[tokio::test]
async fn unknown_and_repeated_fields_are_refused_with_their_place() {
    each_database(async |app| {
        let ada = app.person("ada").await;
        let acme = app.tenant_of(&ada, "acme").await;
        let refused = ada
            .post_json("/api/v1/tenants", json!({ "name": "x", "status": "active" }))
            .await
            .problem(422, "invalid");
        assert_eq!(refused.json()["errors"][0]["code"], "unknown");
        assert_eq!(refused.json()["errors"][0]["pointer"], "/status");
        ada.patch(&acme.api(""), json!({ "policy_version": 9 })).await.problem(422, "invalid");
        ada.post_json("/api/v1/tenants", json!({})).await.problem(422, "invalid");
        ada.post_json("/api/v1/tenants", json!({ "name": 7 })).await.problem(422, "invalid");
        let post = |body: &'static str| {
            let call = ada.call(http::Method::POST, "/api/v1/tenants");
            call.header("content-type", "application/json").body(body)
        };
        post(r#"{"name":"a","name":"b"}"#).await.problem(422, "invalid");
        post(r#"{"name":"a"} x"#).await.problem(400, "malformed");
        post(r#"{"name":"#).await.problem(400, "malformed");
        post("").await.problem(400, "malformed");
        let call = ada.call(http::Method::POST, "/api/v1/tenants").header("content-type", "text/plain");
        call.body(r#"{"name":"a"}"#).await.problem(415, "media-type");
        assert_eq!(ada.get("/api/v1/tenants").await.json()["items"].as_array().unwrap().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn names_and_slugs_that_mislead_are_refused() {
    each_database(async |app| {
        let ada = app.person("ada").await;
        for name in ["", "  ", "a\u{0}b", "a\nb", "a\u{202e}b", "a\u{200b}b", &"x".repeat(81)] {
            let refused = ada.post_json("/api/v1/tenants", json!({ "name": name, "slug": "fine" })).await;
            let refused = refused.problem(422, "invalid").json();
            assert_eq!(refused["errors"][0]["pointer"], "/name", "{name:?}");
        }
        let slugs =
            ["ab", "-abc", "abc-", "a--b", "Abc", "äbc", "a b", "a/b", "a\u{0}b", "api", "login", "admin"];
        for slug in
            slugs.map(str::to_owned).into_iter().chain(["x".repeat(41), uuid::Uuid::nil().to_string()])
        {
            let refused = ada.post_json("/api/v1/tenants", json!({ "name": "x", "slug": slug })).await;
            let refused = refused.problem(422, "invalid").json();
            assert_eq!(refused["errors"][0]["pointer"], "/slug", "{slug:?}");
        }
        let both = ada.post_json("/api/v1/tenants", json!({ "name": "", "slug": "-" })).await.json();
        assert_eq!(both["errors"].as_array().unwrap().len(), 2, "every problem at once");
        // Nothing of a name is markup or a rule: it is a label, kept as it is.
        let odd = "p, \"x\" <b>#</b>, *; 'drop'";
        let made = ada.post_json("/api/v1/tenants", json!({ "name": odd })).await.expect(201).json();
        assert_eq!(made["name"], odd);
    })
    .await;
}

#[tokio::test]
async fn an_outsider_cannot_tell_a_tenant_from_none() {
    each_database(async |app| {
        let (ada, eve) = (app.person("ada").await, app.person("eve").await);
        let acme = app.tenant_of(&ada, "acme").await;
        let none = eve.get("/api/v1/tenants/acma").await.problem(404, "not-found");
        let there = eve.get("/api/v1/tenants/acme").await;
        assert_eq!(there.without_request_id(), none.without_request_id());
        let by_id = eve.get(&format!("/api/v1/tenants/{}", acme.id)).await;
        assert_eq!(by_id.without_request_id(), none.without_request_id());
        for odd in ["%00", "a%2Fb", "..%2f", "ACME", "acme%20", "acme;x", "%e2%80%ae"] {
            let status = eve.get(&format!("/api/v1/tenants/{odd}")).await.status.as_u16();
            assert!(matches!(status, 400 | 404), "{odd}: {status}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_tenant_says_how_long_its_audit_log_is_kept() {
    each_database(async |app| {
        let (ada, ben) = (app.person("ada").await, app.person("ben").await);
        let acme = app.tenant_of(&ada, "acme").await;
        ben.joins(&acme, "admin").await;
        let patch =
            async |person: &Person, body: Value| person.call(Method::PATCH, &acme.api("")).json(body).await;
        assert_eq!(ada.get(&acme.api("")).await.expect(200).json()["audit_retention_days"], Value::Null);
        let denied =
            patch(&ben, json!({ "audit_retention_days": 30 })).await.problem(403, "forbidden").json();
        assert_eq!(denied["required"], "tenant:delete");
        let kept = patch(&ada, json!({ "audit_retention_days": 90 })).await.expect(200).json();
        assert_eq!(kept["audit_retention_days"], 90);
        let renamed = patch(&ben, json!({ "name": "Acme Ltd" })).await.expect(200).json();
        assert_eq!(renamed["audit_retention_days"], 90, "what is absent stays");
        for days in [json!(29), json!(3_651), json!("90"), json!(90.5)] {
            patch(&ada, json!({ "audit_retention_days": days })).await.problem(422, "invalid");
        }
        let kept = patch(&ada, json!({ "audit_retention_days": null })).await.expect(200).json();
        assert_eq!(kept["audit_retention_days"], Value::Null, "null is for ever");

        let page = ada.get("/t/acme/settings").await.expect(200).text();
        let (_, rest) = page.split_once(r#"name="revision" value=""#).unwrap();
        let revision = rest.split('"').next().unwrap().to_owned();
        let form = |days: &str| [("audit_retention_days", days.to_owned()), ("revision", revision.clone())];
        let send = async |person: &Person, days: &str| {
            let fields = form(days);
            let fields: Vec<(&str, &str)> =
                fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
            person.post_form("/t/acme/settings/retention", &fields).await
        };
        let refused = send(&ada, "7").await.expect(422).text();
        assert!(refused.contains("30 to 3650 days") && refused.contains("value=\"7\""), "{refused}");
        send(&ada, "soon").await.expect(422);
        send(&ben, "60").await.expect(403);
        send(&ada, "60").await.expect(303);
        assert!(ada.get("/t/acme/settings").await.text().contains("Events are kept for 60 days"));
        assert!(ben.get("/t/acme/settings").await.text().contains("<code>tenant:delete</code>"));
    })
    .await;
}
