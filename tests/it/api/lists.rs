//! Lists: in parts, by cursors that hold for one list only.

use serde_json::{Value, json};

use crate::harness::app::{Person, each_database};

async fn all(person: &Person, path: &str) -> Vec<Value> {
    let mut items = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = person.get(&format!("{path}{cursor}")).await.expect(200).json();
        items.extend(page["items"].as_array().unwrap().clone());
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return items,
        }
    }
}

fn names(items: &[Value]) -> Vec<&str> {
    items.iter().map(|item| item["user"]["name"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn every_item_comes_once_in_order() {
    each_database(async |app| {
        let ada = app.person("ada").await;
        let acme = app.tenant_of(&ada, "acme").await;
        for name in ["zoe", "ben", "mia"] {
            app.clock.advance(std::time::Duration::from_secs(1));
            app.person(name).await.joins(&acme, "viewer").await;
        }
        for limit in [1, 2, 3, 4, 200] {
            let path = acme.api(&format!("/members?limit={limit}"));
            assert_eq!(names(&all(&ada, &path).await), ["ada", "ben", "mia", "zoe"]);
            let path = acme.api(&format!("/members?sort=joined_at&limit={limit}"));
            assert_eq!(names(&all(&ada, &path).await), ["ada", "zoe", "ben", "mia"]);
            let path = acme.api(&format!("/roles?limit={limit}"));
            let roles = all(&ada, &path).await;
            let keys: Vec<&str> = roles.iter().map(|role| role["key"].as_str().unwrap()).collect();
            assert_eq!(keys, ["owner", "admin", "member", "viewer"]);
        }
        assert_eq!(
            all(&ada, &acme.api("/permissions?limit=10")).await.len(),
            freehold::authz::BUILT_IN.len()
        );
        assert_eq!(all(&ada, &acme.api("/invitations?status=accepted&limit=2")).await.len(), 3);
        let yan = app.person("yan").await;
        yan.joins(&acme, "viewer").await;
        yan.patch("/api/v1/me", json!({ "name": "Aaron" })).await.expect(200);
        let members = all(&ada, &acme.api("/members")).await;
        assert_eq!(names(&members)[0], "Aaron", "a new name has its place at once");
        app.db_members_sort_by_their_names().await;
    })
    .await;
}

#[tokio::test]
async fn filters_find_whom_they_name() {
    each_database(async |app| {
        let ada = app.person("ada").await;
        let acme = app.tenant_of(&ada, "acme").await;
        for (name, role) in [("zoe", "viewer"), ("ben", "admin"), ("a_b%c", "viewer")] {
            app.person(name).await.joins(&acme, role).await;
        }
        let find = async |query: &str| {
            let items = all(&ada, &acme.api(&format!("/members?{query}"))).await;
            items.iter().map(|item| item["user"]["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(find("search=ZO").await, ["zoe"]);
        assert_eq!(find("search=ben@example").await, ["ben"]);
        assert_eq!(find("search=_").await, ["a_b%c"], "no pattern");
        assert_eq!(find("search=%25").await, ["a_b%c"], "no pattern");
        assert_eq!(find("role=viewer").await, ["a_b%c", "zoe"]);
        assert_eq!(find("role=viewer&search=zoe").await, ["zoe"]);
        assert_eq!(find("role=nobody").await, Vec::<String>::new());
    })
    .await;
}

#[tokio::test]
async fn a_cursor_holds_for_its_tenant_and_query_only() {
    each_database(async |app| {
        let ada = app.person("ada").await;
        let (acme, umbrella) = (app.tenant_of(&ada, "acme").await, app.tenant_of(&ada, "umbrella").await);
        for tenant in [&acme, &umbrella] {
            app.person(&format!("ben-{}", tenant.slug)).await.joins(tenant, "viewer").await;
        }
        let page = ada.get(&acme.api("/members?limit=1")).await.expect(200).json();
        let cursor = page["next_cursor"].as_str().unwrap();
        ada.get(&acme.api(&format!("/members?limit=5&cursor={cursor}"))).await.expect(200);
        for elsewhere in [
            umbrella.api(&format!("/members?cursor={cursor}")),
            acme.api(&format!("/members?role=viewer&cursor={cursor}")),
            acme.api(&format!("/members?search=a&cursor={cursor}")),
            acme.api(&format!("/members?sort=joined_at&cursor={cursor}")),
            acme.api(&format!("/roles?cursor={cursor}")),
            acme.api(&format!("/invitations?cursor={cursor}")),
            format!("/api/v1/tenants?cursor={cursor}"),
            acme.api(&format!("/members?cursor={cursor}x")),
            acme.api(&format!("/members?cursor=x{cursor}")),
            acme.api("/members?cursor="),
            acme.api("/members?cursor=%00"),
        ] {
            let refused = ada.get(&elsewhere).await.problem(422, "invalid").json();
            assert_eq!(refused["errors"][0]["pointer"], "/cursor", "{elsewhere}");
        }
    })
    .await;
}

#[tokio::test]
async fn ones_tenants_come_in_parts_and_nobody_elses() {
    each_database(async |app| {
        let (ada, eve) = (app.person("ada").await, app.person("eve").await);
        for slug in ["ccc", "aaa", "bbb"] {
            app.tenant_of(&ada, slug).await;
        }
        app.tenant_of(&eve, "evil").await;
        let tenants = all(&ada, "/api/v1/tenants?limit=2").await;
        let slugs: Vec<&str> = tenants.iter().map(|tenant| tenant["slug"].as_str().unwrap()).collect();
        assert_eq!(slugs, ["aaa", "bbb", "ccc"]);
        let page = ada.get("/api/v1/tenants?limit=1").await.json();
        let theirs = format!("/api/v1/tenants?limit=1&cursor={}", page["next_cursor"].as_str().unwrap());
        eve.get(&theirs).await.problem(422, "invalid");
    })
    .await;
}

#[tokio::test]
async fn queries_that_cannot_be_are_refused() {
    each_database(async |app| {
        let ada = app.person("ada").await;
        let acme = app.tenant_of(&ada, "acme").await;
        for query in [
            "limit=0",
            "limit=201",
            "limit=-1",
            "limit=x",
            "limit=",
            "limit=1&limit=2",
            "sort=id",
            "sort=",
            "colour=red",
            "search=%00",
            "search=a%0ab",
            "role=%00",
            "role=A",
            "search=%ff%00",
        ] {
            ada.get(&acme.api(&format!("/members?{query}"))).await.problem(422, "invalid");
        }
        ada.get(&acme.api(&format!("/members?search={}", "x".repeat(101)))).await.problem(422, "invalid");
        ada.get(&acme.api("/invitations?status=lost")).await.problem(422, "invalid");
        ada.get("/api/v1/tenants?x=1").await.problem(422, "invalid");
        let odd = ada.get(&acme.api("/members?search=%ff")).await.status.as_u16();
        assert!(odd < 500, "{odd}");
        assert_eq!(ada.get(&acme.api("/members?search=")).await.json()["items"].as_array().unwrap().len(), 1);
        assert_eq!(ada.get(&acme.api("/members")).await.json()["next_cursor"], json!(null));
    })
    .await;
}
