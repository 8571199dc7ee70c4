//! What the program says about itself, locked by snapshots: the API's description, the access tables, `--help`.
//! `UPDATE_SNAPSHOTS=1` writes them anew; read the difference before you commit it.

use std::collections::HashSet;
use std::path::Path;

use freehold::http::access::Access;
use freehold::http::routes::Area;
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

/// The document as the command prints it.
async fn openapi() -> String {
    freehold::app::openapi(None).await.unwrap()
}

async fn document() -> Value {
    serde_json::from_str(&openapi().await).unwrap()
}

#[tokio::test]
async fn the_openapi_document_changes_only_on_purpose() {
    matches_snapshot("openapi.json", &openapi().await);
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
        &["keys"],
        &["keys", "list"],
        &["keys", "rotate"],
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
fn the_commented_settings_name_every_one_there_is() {
    let names = |text: &str| -> HashSet<String> {
        let words = text.split(|letter: char| !letter.is_ascii_uppercase() && letter != '_');
        let known =
            |word: &&str| word.starts_with("FREEHOLD_") || ["DATABASE_URL", "REDIS_URL"].contains(word);
        words.filter(known).map(str::to_owned).collect()
    };
    let help = ["dev", "serve"].map(|command| Program::new(&[command, "--help"]).run().stdout).concat();
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(".env.example");
    assert_eq!(names(&help), names(&std::fs::read_to_string(file).unwrap()));
}

#[tokio::test]
async fn the_commands_print_the_same_documents() {
    let printed = |command| Program::new(&[command]).run().stdout;
    assert_eq!(printed("openapi").trim(), openapi().await.trim());
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

/// Every operation of the document: where it is, and what it says.
fn operations(document: &Value) -> impl Iterator<Item = (&str, &str, &Value)> {
    document["paths"].as_object().unwrap().iter().flat_map(|(path, operations)| {
        let operations = operations.as_object().unwrap().iter();
        operations.map(move |(method, operation)| (path.as_str(), method.as_str(), operation))
    })
}

/// What a reference leads to, or the value itself.
fn resolved<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    let reference = value["$ref"].as_str().map(|path| path.trim_start_matches('#'));
    reference.map_or(value, |path| document.pointer(path).unwrap_or_else(|| panic!("{path} leads nowhere")))
}

fn is_told(value: &Value) -> bool {
    value.as_str().is_some_and(|text| !text.trim().is_empty())
}

#[tokio::test]
async fn every_route_for_programs_is_an_operation_and_none_else() {
    let document = document().await;
    let told: HashSet<(String, String)> =
        operations(&document).map(|(path, method, _)| (method.to_uppercase(), path.to_owned())).collect();
    let table = freehold::http::table();
    let routes = table.iter().filter(|route| route.area != Area::Panel);
    let routes: HashSet<(String, String)> =
        routes.map(|route| (route.method.to_string(), route.path.to_owned())).collect();
    assert_eq!(told, routes);
}

#[tokio::test]
async fn every_operation_says_who_may_call_it_as_its_route_does() {
    let document = document().await;
    let schemes = &document["components"]["securitySchemes"];
    for route in freehold::http::table().iter().filter(|route| route.area != Area::Panel) {
        let operation = &document["paths"][route.path][route.method.as_str().to_lowercase()];
        let at = format!("{} {}", route.method, route.path);
        assert_eq!(operation["x-permission"], route.access.as_str(), "{at}");
        let security = operation["security"].as_array().unwrap();
        let public = matches!(route.access, Access::Public(_));
        assert_eq!(security.is_empty(), public, "{at}: {security:?}");
        let permission = match route.access {
            Access::Permission(name) | Access::PermissionOrOwn(name) | Access::PermissionOrMine(name) => {
                Some(name)
            }
            Access::Platform(_) | Access::Member | Access::Caller | Access::SignedIn | Access::Public(_) => {
                None
            }
        };
        let asks = permission.is_some() || matches!(route.access, Access::Platform(_));
        assert_eq!(operation["x-roles"].as_array().is_some_and(|roles| !roles.is_empty()), asks, "{at}");
        let by: Vec<&String> = security.iter().flat_map(|one| one.as_object().unwrap().keys()).collect();
        let takes_tokens = by.iter().any(|scheme| *scheme == "token");
        assert_eq!(operation["x-session-required"], !public && !takes_tokens, "{at}");
        for (scheme, scopes) in security.iter().flat_map(|one| one.as_object().unwrap()) {
            assert!(schemes[scheme].is_object(), "{at}: {scheme}");
            let expected = permission.filter(|_| scheme != "session").into_iter().collect::<Vec<_>>();
            assert_eq!(scopes, &serde_json::json!(expected), "{at}: {scheme}");
            for scope in expected {
                assert!(schemes["oauth"]["flows"]["clientCredentials"]["scopes"][scope].is_string(), "{at}");
            }
        }
    }
    for never in ["tenant:delete", "tenant:transfer", "tokens:create", "apps:secrets"] {
        let scopes = &schemes["oauth"]["flows"]["clientCredentials"]["scopes"];
        assert!(scopes[never].is_null(), "{never} is no scope");
        for (path, method, operation) in operations(&document) {
            let needs = operation["x-permission"] == never;
            assert!(!needs || operation["x-session-required"] == true, "{method} {path}");
        }
    }
}

#[tokio::test]
async fn every_operation_has_a_name_a_group_and_parameters_with_forms() {
    let document = document().await;
    let mut ids = HashSet::new();
    let tags: HashSet<&str> =
        document["tags"].as_array().unwrap().iter().map(|tag| tag["name"].as_str().unwrap()).collect();
    for (path, method, operation) in operations(&document) {
        let at = format!("{method} {path}");
        assert!(ids.insert(operation["operationId"].as_str().unwrap()), "{at}: its id is not its own");
        assert!(is_told(&operation["summary"]) && is_told(&operation["description"]), "{at}");
        for tag in operation["tags"].as_array().unwrap() {
            assert!(tags.contains(tag.as_str().unwrap()), "{at}: say in openapi/tags.rs what {tag} holds");
        }
        let in_path: HashSet<&str> =
            path.split('/').filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}')).collect();
        let parameters = operation["parameters"].as_array().unwrap();
        let named = parameters.iter().filter(|parameter| parameter["in"] == "path");
        assert_eq!(named.map(|one| one["name"].as_str().unwrap()).collect::<HashSet<_>>(), in_path, "{at}");
        for parameter in parameters {
            assert!(is_told(&parameter["description"]), "{at}: {parameter}");
            let schema = &parameter["schema"];
            let form = [&schema["format"], &schema["pattern"], &schema["enum"]];
            let formed = parameter["in"] != "path" || form.iter().any(|form| !form.is_null());
            assert!(formed, "{at}: {parameter} has no form");
        }
        let body = &operation["requestBody"];
        assert!(body.is_object() || !matches!(method, "put" | "patch"), "{at}: its body has no schema");
        for media in body["content"].as_object().into_iter().flat_map(serde_json::Map::values) {
            assert!(media["schema"].is_object() && !media["example"].is_null(), "{at}");
        }
    }
    let mut found = HashSet::new();
    references(&document, &mut found);
    for reference in found {
        assert!(document.pointer(reference.trim_start_matches('#')).is_some(), "{reference} leads nowhere");
    }
}

/// The statuses an operation can answer, whatever its handler does.
fn statuses(path: &str, method: &str, operation: &Value) -> Vec<&'static str> {
    let public = operation["x-permission"] == "public";
    let body = operation["requestBody"].is_object();
    let oauth = path.starts_with("/oauth/");
    let all = [
        (true, "400"),
        (true, "429"),
        (true, "500"),
        (true, "503"),
        (!public, "401"),
        (!public && (method != "get" || path.contains("{tenant}")), "403"),
        (path.contains('{'), "404"),
        (body, "413"),
        (body, "415"),
        (body && !oauth, "422"),
    ];
    all.into_iter().filter(|(can, _)| *can).map(|(_, status)| status).collect()
}

#[tokio::test]
async fn every_operation_says_what_it_answers() {
    let document = document().await;
    for (path, method, operation) in operations(&document) {
        let at = format!("{method} {path}");
        let responses = operation["responses"].as_object().unwrap();
        assert!(!responses.contains_key("default"), "{at}: `default` would allow anything");
        for status in statuses(path, method, operation) {
            assert!(responses.contains_key(status), "{at}: it can answer {status}");
        }
        for (status, response) in responses {
            let response = resolved(&document, response);
            assert!(is_told(&response["description"]), "{at}: {status}");
            assert!(response["headers"]["X-Request-Id"].is_object(), "{at}: {status}");
            let content = response["content"].as_object();
            let without = matches!(status.as_str(), "204" | "307");
            assert_eq!(content.is_none(), without, "{at}: {status} has no body");
            for (kind, media) in content.into_iter().flatten() {
                let told = !media["example"].is_null() || !media["examples"].is_null();
                assert!(media["schema"].is_object() && (told || !kind.ends_with("json")), "{at}: {status}");
            }
        }
    }
}

/// Where `wanted` stands in `value`.
fn places(value: &Value, wanted: &str, at: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            fields.iter().for_each(|(name, value)| places(value, wanted, &format!("{at}/{name}"), found));
        }
        Value::Array(items) => items.iter().for_each(|value| places(value, wanted, at, found)),
        Value::String(text) if text == wanted => found.push(at.to_owned()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[tokio::test]
async fn every_example_says_something() {
    let mut empty = Vec::new();
    places(&document().await, "…", "", &mut empty);
    assert!(empty.is_empty(), "say in openapi/words.rs, or by #[schemars(example = …)]: {empty:#?}");
}

#[tokio::test]
async fn every_problem_a_route_tells_of_is_a_kind_of_problem() {
    let document = document().await;
    let kinds: HashSet<&str> = freehold::http::problem::KINDS.iter().map(|(slug, ..)| *slug).collect();
    let examples = document["components"]["examples"].as_object().unwrap();
    for (slug, example) in examples {
        assert!(kinds.contains(slug.as_str()) || slug == "internal", "{slug}");
        assert!(example["value"]["status"].is_number(), "{slug}");
    }
    for slug in kinds.iter().filter(|slug| **slug != "method-not-allowed") {
        assert!(examples.contains_key(*slug), "{slug} has no example");
    }
    for route in freehold::http::table().iter() {
        for (slug, when) in route.operation.told_problems() {
            assert!(kinds.contains(slug), "{} {}: {slug}", route.method, route.path);
            assert!(!when.is_empty() && !when.ends_with('.'), "{} {}: {when}", route.method, route.path);
        }
    }
}

#[tokio::test]
async fn every_write_body_refuses_unknown_fields_and_says_so() {
    let document = document().await;
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
    assert_eq!(served.json(), document().await);
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
