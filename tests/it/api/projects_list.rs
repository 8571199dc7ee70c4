//! The list of projects: searched, filtered, in six orders, in parts.

use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::app::{Person, Tenant, each_database};

const ORDERS: [&str; 6] = ["name", "-name", "created_at", "-created_at", "updated_at", "-updated_at"];

async fn make(person: &Person, tenant: &Tenant, name: &str) -> Value {
    person.post_json(&tenant.api("/projects"), json!({ "name": name })).await.expect(201).json()
}

/// The names in the whole list, read in parts of `limit`.
async fn all(person: &Person, tenant: &Tenant, query: &str, limit: usize) -> Vec<String> {
    let (mut names, mut cursor) = (Vec::new(), String::new());
    loop {
        let path = tenant.api(&format!("/projects?{query}&limit={limit}{cursor}"));
        let page = person.get(&path).await.expect(200).json();
        let items = page["items"].as_array().unwrap();
        assert!(items.len() <= limit);
        names.extend(items.iter().map(|item| item["name"].as_str().unwrap().to_owned()));
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return names,
        }
    }
}

#[tokio::test]
async fn every_project_comes_once_in_every_order() {
    each_database(async |app| {
        let ada = app.person("ada").await;
        let acme = app.tenant_of(&ada, "acme").await;
        let mut made = Vec::new();
        // Two at each moment: their ids decide. No place is lost at the far end of the alphabet.
        for name in ["zoe", "Ada", "\u{10ffff}b", "École", "émile", "ben"] {
            made.push(make(&ada, &acme, name).await);
            if made.len().is_multiple_of(2) {
                app.clock.advance(Duration::from_secs(1));
            }
        }
        for project in [1, 4, 0] {
            let path = acme.api(&format!("/projects/{}", made[project]["id"].as_str().unwrap()));
            made[project] = ada.patch(&path, json!({ "description": "Changed." })).await.expect(200).json();
        }
        for order in ORDERS {
            let column = order.trim_start_matches('-');
            let key = |project: &Value| {
                let text = |field: &str| project[field].as_str().unwrap().to_owned();
                (if column == "name" { text("name").to_lowercase() } else { text(column) }, text("id"))
            };
            let mut expected = made.clone();
            expected.sort_by_key(key);
            if order.starts_with('-') {
                expected.reverse();
            }
            let expected: Vec<&str> = expected.iter().map(|item| item["name"].as_str().unwrap()).collect();
            for limit in [1, 2, 3, 6, 200] {
                assert_eq!(all(&ada, &acme, &format!("sort={order}"), limit).await, expected, "{order}");
            }
        }
        assert_eq!(all(&ada, &acme, "", 2).await, all(&ada, &acme, "sort=name", 2).await);
    })
    .await;
}

#[tokio::test]
async fn what_comes_and_goes_meanwhile_moves_nothing_else() {
    each_database(async |app| {
        let ada = app.person("ada").await;
        let acme = app.tenant_of(&ada, "acme").await;
        let letters: Vec<String> = ('b'..='i').map(|letter| format!("{letter}-stays")).collect();
        for name in &letters {
            make(&ada, &acme, name).await;
            app.clock.advance(Duration::from_secs(1));
        }
        for order in &ORDERS[..4] {
            let (mut names, mut cursor, mut round) = (Vec::new(), String::new(), 0);
            let mut passing: Vec<Value> = Vec::new();
            loop {
                let path = acme.api(&format!("/projects?sort={order}&limit=3{cursor}"));
                let page = ada.get(&path).await.expect(200).json();
                let items = page["items"].as_array().unwrap().clone();
                names.extend(items.iter().map(|item| item["name"].as_str().unwrap().to_owned()));
                // Others appear on both sides of the cursor, and the one it points at may go.
                for name in [format!("a-{round}"), format!("d-{round}"), format!("z-{round}")] {
                    passing.push(make(&ada, &acme, &name).await);
                }
                if let Some(last) =
                    items.last().filter(|item| !item["name"].as_str().unwrap().ends_with("stays"))
                {
                    ada.delete(&acme.api(&format!("/projects/{}", last["id"].as_str().unwrap())))
                        .await
                        .expect(204);
                    passing.retain(|other| other["id"] != last["id"]);
                }
                round += 1;
                match page["next_cursor"].as_str().filter(|_| round < 20) {
                    Some(next) => cursor = format!("&cursor={next}"),
                    None => break,
                }
            }
            let mut expected = letters.clone();
            if order.starts_with('-') {
                expected.reverse();
            }
            names.retain(|name| name.ends_with("stays"));
            assert_eq!(names, expected, "{order}");
            for project in passing {
                ada.delete(&acme.api(&format!("/projects/{}", project["id"].as_str().unwrap())))
                    .await
                    .expect(204);
            }
        }
    })
    .await;
}

#[tokio::test]
async fn projects_are_found_by_name_and_by_what_became_of_them() {
    each_database(async |app| {
        let (ada, eve) = (app.person("ada").await, app.person("eve").await);
        let (acme, evil) = (app.tenant_of(&ada, "acme").await, app.tenant_of(&eve, "evil").await);
        make(&eve, &evil, "Apollo of others").await;
        for name in ["Apollo", "Éclair", "a_b%c\\d"] {
            make(&ada, &acme, name).await;
        }
        let old = make(&ada, &acme, "Old Apollo").await;
        let old = acme.api(&format!("/projects/{}", old["id"].as_str().unwrap()));
        ada.patch(&old, json!({ "archived": true })).await.expect(200);
        let find = async |query: &str| all(&ada, &acme, query, 2).await;
        assert_eq!(find("search=APOLLO").await, ["Apollo", "Old Apollo"]);
        assert_eq!(find("search=%C3%89CL").await, ["Éclair"]);
        assert_eq!(find("search=e%CC%81cl").await, ["Éclair"], "the accent as a character of its own");
        assert_eq!(find("search=+apollo+&archived=false").await, ["Apollo"]);
        assert_eq!(find("archived=true").await, ["Old Apollo"]);
        assert_eq!(find("archived=false&sort=-name").await, ["Éclair", "Apollo", "a_b%c\\d"]);
        assert_eq!(find("search=gemini").await, Vec::<String>::new());
        for (no_pattern, found) in [("_", 1), ("%25", 1), ("%5C", 1), ("b%25c", 1), ("a%25c", 0), ("a__b", 0)]
        {
            assert_eq!(find(&format!("search={no_pattern}")).await.len(), found, "{no_pattern}");
        }
        assert_eq!(find("search=").await.len(), 4);
    })
    .await;
}

#[tokio::test]
async fn a_cursor_of_projects_holds_for_its_tenant_and_query_only() {
    each_database(async |app| {
        let ada = app.person("ada").await;
        let (acme, umbrella) = (app.tenant_of(&ada, "acme").await, app.tenant_of(&ada, "umbrella").await);
        for tenant in [&acme, &umbrella] {
            for name in ["Apollo", "Gemini"] {
                make(&ada, tenant, name).await;
            }
        }
        let page = ada.get(&acme.api("/projects?limit=1")).await.expect(200).json();
        let cursor = page["next_cursor"].as_str().unwrap();
        ada.get(&acme.api(&format!("/projects?limit=5&cursor={cursor}"))).await.expect(200);
        for elsewhere in [
            umbrella.api(&format!("/projects?cursor={cursor}")),
            acme.api(&format!("/projects?archived=false&cursor={cursor}")),
            acme.api(&format!("/projects?search=a&cursor={cursor}")),
            acme.api(&format!("/projects?sort=-name&cursor={cursor}")),
            acme.api(&format!("/projects?sort=created_at&cursor={cursor}")),
            acme.api(&format!("/members?cursor={cursor}")),
            acme.api(&format!("/projects?cursor={cursor}x")),
            acme.api("/projects?cursor="),
        ] {
            let refused = ada.get(&elsewhere).await.problem(422, "invalid").json();
            assert_eq!(refused["errors"][0]["pointer"], "/cursor", "{elsewhere}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_query_names_only_what_there_is() {
    each_database(async |app| {
        let ada = app.person("ada").await;
        let acme = app.tenant_of(&ada, "acme").await;
        for (query, pointer) in [
            ("limit=0", "/limit"),
            ("limit=201", "/limit"),
            ("limit=x", "/limit"),
            ("sort=id", "/sort"),
            ("sort=", "/sort"),
            ("sort=sort_name", "/sort"),
            ("sort=name,id", "/sort"),
            ("sort=--name", "/sort"),
            ("sort=name&sort=-name", "/sort"),
            ("archived=", "/archived"),
            ("archived=yes", "/archived"),
            ("search=%00", "/search"),
            ("search=a%0ab", "/search"),
            ("q=a", "/q"),
            ("tenant=umbrella", "/tenant"),
        ] {
            let refused = ada.get(&acme.api(&format!("/projects?{query}"))).await.problem(422, "invalid");
            assert_eq!(refused.json()["errors"][0]["pointer"], pointer, "{query}: {}", refused.text());
        }
        ada.get(&acme.api(&format!("/projects?search={}", "x".repeat(101)))).await.problem(422, "invalid");
    })
    .await;
}
