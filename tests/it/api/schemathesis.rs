//! Schemathesis, which others wrote, calls every operation with what its description allows and with what it forbids,
//! as everyone who can call: no 5xx, no status, header or body that the description does not know of.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use freehold::authz::platform::PlatformRole;
use serde_json::{Value, json};

use crate::harness::app::{Backend, Browser, Person, Tenant, TestApp};

/// What is wanted of every answer.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,\
                      response_headers_conformance,response_schema_conformance,unsupported_method";

/// A tenant with two of everything that paths name: one to be read and changed, and one to be deleted.
struct Furnished {
    tenant: Tenant,
    parameters: BTreeMap<&'static str, [String; 2]>,
}

impl Furnished {
    async fn new(app: &TestApp, name: &str) -> Self {
        let owner = app.person(name).await;
        let tenant = app.tenant_of(&owner, name).await;
        let doomed = app.tenant_of(&owner, &format!("{name}-doomed")).await;
        let mut parameters = BTreeMap::from([("tenant", [tenant.slug.clone(), doomed.slug])]);
        let member = async |which: &str| {
            let person = app.person(&format!("{name}-{which}")).await;
            person.joins(&tenant, "member").await;
            person.id.to_string()
        };
        parameters.insert("user", [member("kept").await, member("doomed").await]);
        let made = async |below: &str, body: Value, named: &str| {
            let made = owner.post_json(&tenant.api(below), body).await.expect(201).json();
            made[named].as_str().unwrap().to_owned()
        };
        let two = async |below: &str, body: &dyn Fn(&str) -> Value, named: &str| {
            [made(below, body("kept"), named).await, made(below, body("doomed"), named).await]
        };
        let role = |which: &str| json!({ "name": which, "key": which, "permissions": ["projects:read"] });
        parameters.insert("role", two("/roles", &role, "key").await);
        let invitation =
            |which: &str| json!({ "email": format!("{which}@{name}.example"), "roles": ["viewer"] });
        parameters.insert("invitation", two("/invitations", &invitation, "id").await);
        let domain = |which: &str| json!({ "domain": format!("{which}.{name}.example") });
        parameters.insert("domain", two("/domains", &domain, "domain").await);
        let machine = |which: &str| json!({ "name": which, "roles": ["viewer"] });
        let apps = two("/apps", &machine, "id").await;
        let secrets = format!("/apps/{}/secrets", apps[0]);
        parameters.insert("secret", two(&secrets, &|_| json!({}), "id").await);
        parameters.insert("app", apps);
        let token = |which: &str| json!({ "name": which, "scopes": ["members:read"] });
        parameters.insert("token", two("/tokens", &token, "id").await);
        let project = |which: &str| json!({ "name": which });
        parameters.insert("project", two("/projects", &project, "id").await);
        let event = owner.get(&tenant.api("/audit-events?action=role.created")).await.expect(200).json();
        let event = event["items"][0]["id"].as_str().unwrap().to_owned();
        parameters.insert("event", [event.clone(), event]);
        let elsewhere = app.person_with(owner.external.clone()).await.session.handle.to_string();
        parameters.insert("session", [elsewhere.clone(), elsewhere]);
        Self { tenant, parameters }
    }

    /// A program with every scope that `person` may give away.
    async fn token(&self, person: &Person) -> impl std::ops::Deref<Target = Browser> + use<> {
        let held = person.get(&self.tenant.api("/permissions?limit=200")).await.expect(200).json();
        let granted = async |name: &str| {
            let question = json!({ "subject": { "type": "user", "id": person.id }, "permission": name });
            let asked = self.tenant.owner.post_json(&self.tenant.api("/access/explain"), question).await;
            asked.expect(200).json()["decision"] == true
        };
        let mut scopes = Vec::new();
        for permission in held["items"].as_array().unwrap() {
            let name = permission["name"].as_str().unwrap();
            if permission["session_only"] == false && granted(name).await {
                scopes.push(name.to_owned());
            }
        }
        let scopes: Vec<&str> = scopes.iter().map(String::as_str).collect();
        person.mints(&self.tenant, &scopes).await
    }

    /// The settings of a run: what stands in paths. What ends something is sent where it may.
    fn settings(&self) -> String {
        let choice = |which: usize| -> String {
            let pairs =
                self.parameters.iter().map(|(name, values)| format!("\"path.{name}\" = {:?}", values[which]));
            pairs.collect::<Vec<_>>().join(", ")
        };
        let operation = |choosing: &str, parameters: &str| {
            format!("[[operations]]\n{choosing}\nparameters = {{ {parameters} }}\n")
        };
        [
            format!("[parameters]\n{}\n", choice(0).replace(", ", "\n")),
            operation("include-operation-id-regex = \"^delete_tenant_\"", &{
                let [kept, _] = &self.parameters["tenant"];
                choice(1).replace(&format!("{:?}", self.parameters["tenant"][1]), &format!("{kept:?}"))
            }),
            operation("include-operation-id-regex = \"^(delete_tenant|post_tenant_transfer)$\"", &choice(1)),
            operation("include-operation-id-regex = \"_operator_\"", &choice(1)),
        ]
        .concat()
    }
}

/// Calls every operation that `only` chooses as `caller` does, and fails with all that was found.
async fn every_operation_keeps_its_word(
    at: SocketAddr,
    caller: &Browser,
    scene: &Furnished,
    only: Option<&str>,
) {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let file = folder.path().join(name);
        std::fs::write(&file, text).unwrap();
        file
    };
    let settings = write("schemathesis.toml", &scene.settings());
    let document = write("openapi.json", &caller.get("/api/openapi.json").await.expect(200).text());
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tools/venv/bin/st");
    let mut command = Command::new(program);
    command.arg("--config-file").arg(settings).arg("run").arg(document);
    command.args(["--url", &format!("http://{at}"), "--checks", CHECKS, "--no-color"]);
    command.args(["--phases", "examples,coverage,fuzzing", "--max-examples", "4", "--seed", "1"]);
    command.args(["--generation-deterministic", "--continue-on-failure"]);
    command.args(["--warnings", "off", "--suppress-health-check", "all"]);
    command.args(caller.headers().iter().flat_map(|header| ["--header", header]));
    command.args(only.iter().flat_map(|only| ["--include-by", only]));
    command.current_dir(folder.path());
    let ran = tokio::task::spawn_blocking(move || command.output()).await.unwrap();
    let ran = ran.expect("Schemathesis; scripts/setup installs it");
    let said = String::from_utf8_lossy(&ran.stdout);
    assert!(ran.status.success(), "{said}\n{}", String::from_utf8_lossy(&ran.stderr));
    println!("{}", said.lines().rev().take(8).collect::<Vec<_>>().join("\n"));
}

#[tokio::test]
async fn an_owners_token_finds_every_operation_as_described() {
    let app = TestApp::start(Backend::Postgres).await;
    let scene = Furnished::new(&app, "owner").await;
    let token = scene.token(&scene.tenant.owner).await;
    every_operation_keeps_its_word(app.served().await, &token, &scene, None).await;
}

#[tokio::test]
async fn a_viewers_token_finds_every_operation_as_described() {
    let app = TestApp::start(Backend::Sqlite).await;
    let scene = Furnished::new(&app, "viewed").await;
    let viewer = app.person("viewer").await;
    viewer.joins(&scene.tenant, "viewer").await;
    let token =
        app.db_token(&scene.tenant, &viewer, "tenant:read members:read roles:read projects:read").await;
    let program = viewer.program(&token.text);
    every_operation_keeps_its_word(app.served().await, &program, &scene, None).await;
}

#[tokio::test]
async fn who_sends_no_credential_finds_every_operation_as_described() {
    let app = TestApp::start(Backend::Sqlite).await;
    let scene = Furnished::new(&app, "unseen").await;
    every_operation_keeps_its_word(app.served().await, &app.anonymous(), &scene, None).await;
}

/// What no token does, done by an owner at a browser who also operates the installation.
#[tokio::test]
async fn a_session_finds_what_no_token_does_as_described() {
    let app = TestApp::start(Backend::Postgres).await;
    let scene = Furnished::new(&app, "signed-in").await;
    let owner = &scene.tenant.owner;
    owner.operates(PlatformRole::Operator).await;
    let only = Some("/x-session-required == true");
    every_operation_keeps_its_word(app.served().await, owner, &scene, only).await;
}
