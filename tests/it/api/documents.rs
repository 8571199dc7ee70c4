//! What the program says about itself, locked by snapshots: the API's description, the access tables, `--help`.
//! `UPDATE_SNAPSHOTS=1` writes them anew; read the difference before you commit it.

use std::collections::HashSet;
use std::path::Path;

use serde_json::Value;

use crate::harness::app::{Backend, TestApp};
use crate::harness::process::Program;

/// Compares with the file of this name, or writes it.
#[track_caller]
fn matches_snapshot(name: &str, text: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/generated").join(name);
    #[allow(clippy::disallowed_methods, reason = "whoever runs the tests asks for it by environment")]
    if std::env::var("UPDATE_SNAPSHOTS").is_ok() {
        std::fs::write(&file, text).unwrap();
    }
    let known = std::fs::read_to_string(&file).unwrap_or_default();
    let differs = known.lines().zip(text.lines()).position(|(known, now)| known != now);
    let line = differs.unwrap_or_else(|| known.lines().count().min(text.lines().count()));
    assert!(
        known == text,
        "{name} differs from line {}:\n- {}\n+ {}\nIf that is right: UPDATE_SNAPSHOTS=1",
        line + 1,
        known.lines().nth(line).unwrap_or("(nothing)"),
        text.lines().nth(line).unwrap_or("(nothing)"),
    );
}

#[test]
fn the_openapi_document_changes_only_on_purpose() {
    matches_snapshot("openapi.json", &freehold::app::openapi());
}

#[tokio::test]
async fn the_access_tables_change_only_on_purpose() {
    matches_snapshot("access.md", &freehold::app::access_tables(None).await.unwrap());
}

#[test]
fn the_help_changes_only_on_purpose() {
    let commands = [
        &[][..],
        &["dev"],
        &["serve"],
        &["migrate"],
        &["openapi"],
        &["access"],
        &["audit"],
        &["audit", "verify"],
        &["operator"],
        &["operator", "add"],
        &["operator", "remove"],
        &["operator", "list"],
    ];
    let help = commands.map(|command| {
        let arguments: Vec<&str> = command.iter().copied().chain(["--help"]).collect();
        let finished = Program::new(&arguments).run();
        assert!(finished.status.success(), "{finished:?}");
        let shown = ["freehold"].iter().chain(&arguments).copied().collect::<Vec<_>>().join(" ");
        // Blank lines inside an indented text carry its indentation.
        let text: Vec<&str> = finished.stdout.lines().map(str::trim_end).collect();
        format!("$ {shown}\n{}\n", text.join("\n"))
    });
    matches_snapshot("help.txt", &help.join("\n"));
}

#[test]
fn the_commands_print_the_same_documents() {
    let printed = |command| Program::new(&[command]).run().stdout;
    assert_eq!(printed("openapi").trim(), freehold::app::openapi().trim());
    assert!(printed("access").starts_with("# Who may do what"));
}

/// Every `$ref` in the document.
fn references<'a>(value: &'a Value, found: &mut HashSet<&'a str>) {
    match value {
        Value::Object(fields) => {
            found.extend(fields.get("$ref").and_then(Value::as_str));
            fields.values().for_each(|value| references(value, found));
        }
        Value::Array(items) => items.iter().for_each(|value| references(value, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[test]
fn every_operation_says_what_it_takes_gives_and_needs() {
    let document: Value = serde_json::from_str(&freehold::app::openapi()).unwrap();
    let mut ids = HashSet::new();
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            let at = format!("{method} {path}");
            assert!(ids.insert(operation["operationId"].as_str().unwrap()), "{at}: its id is not its own");
            assert!(!operation["summary"].as_str().unwrap().is_empty(), "{at}");
            let public = operation["x-permission"] == "public";
            assert_eq!(operation["security"].as_array().unwrap().is_empty(), public, "{at}");
            let parameters = operation["parameters"].as_array().unwrap();
            let named = |place: &str| -> HashSet<String> {
                let here = parameters.iter().filter(|parameter| parameter["in"] == place);
                here.map(|parameter| parameter["name"].as_str().unwrap().to_owned()).collect()
            };
            let in_path: HashSet<String> = path
                .split('/')
                .filter_map(|segment| Some(segment.strip_prefix('{')?.strip_suffix('}')?.to_owned()))
                .collect();
            assert_eq!(named("path"), in_path, "{at}");
            for parameter in parameters {
                assert!(
                    parameter["description"].as_str().is_some_and(|text| !text.is_empty()),
                    "{at}: {parameter}"
                );
            }
            assert_eq!(operation["responses"]["default"]["$ref"], "#/components/responses/Problem", "{at}");
            let done =
                operation["responses"].as_object().unwrap().iter().find(|(status, _)| *status != "default");
            let (status, done) = done.unwrap();
            assert_eq!(status == "204", done.get("content").is_none(), "{at}: its answer has no schema");
            if matches!(method.as_str(), "put" | "patch") {
                assert!(operation.get("requestBody").is_some(), "{at}: its body has no schema");
            }
        }
    }
    let mut found = HashSet::new();
    references(&document, &mut found);
    for reference in found {
        assert!(document.pointer(reference.trim_start_matches('#')).is_some(), "{reference} leads nowhere");
    }
}

#[test]
fn every_write_body_refuses_unknown_fields_and_says_so() {
    let document: Value = serde_json::from_str(&freehold::app::openapi()).unwrap();
    for (path, operations) in document["paths"].as_object().unwrap() {
        for operation in operations.as_object().unwrap().values() {
            let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
            let Some(reference) = schema["$ref"].as_str() else { continue };
            let schema = document.pointer(reference.trim_start_matches('#')).unwrap();
            assert_eq!(schema["additionalProperties"], false, "{path}: {reference}");
        }
    }
}

#[tokio::test]
async fn documents_are_for_everyone_and_may_be_kept() {
    let app = TestApp::start(Backend::Sqlite).await;
    let anyone = app.anonymous();
    let served = anyone.get("/api/openapi.json").await.expect(200);
    assert_eq!(served.json(), serde_json::from_str::<Value>(&freehold::app::openapi()).unwrap());
    assert_eq!(served.header("content-type"), Some("application/json"));
    for path in ["/api/openapi.json", "/problems/forbidden"] {
        let kept = anyone.get(path).await.expect(200);
        assert_eq!(kept.header("cache-control"), Some("public, max-age=300"), "{path}");
    }
    let page = anyone.get("/problems/forbidden").await.text();
    assert!(page.contains("None of the roles held allows it"), "{page}");
    for none in ["/problems/nothing", "/problems/a%00b"] {
        anyone.get(none).await.expect(404);
    }
}

#[tokio::test]
async fn every_problem_links_to_its_page() {
    let app = TestApp::start(Backend::Sqlite).await;
    let anyone = app.anonymous();
    let problems = [
        anyone.get("/api/v1/me").await,
        anyone.get("/api/v1/nothing").await,
        anyone.call(http::Method::PUT, "/api/v1/me").send().await,
        anyone.call(http::Method::GET, "/api/v1/me").header("authorization", "Bearer x").send().await,
    ];
    for problem in problems {
        let link = problem.json()["type"].as_str().unwrap().to_owned();
        anyone.get(&link).await.expect(200);
    }
}
