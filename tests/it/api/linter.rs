//! The description of the API, judged by a linter that others use, as a running node serves it. tests/tools/
//! spectral.yaml says which of its rules do not fit, and why.

use std::process::Command;

use crate::harness::app::{Backend, TestApp};

#[tokio::test]
async fn a_public_linter_finds_nothing_in_the_description() {
    let app = TestApp::start(Backend::Sqlite).await;
    let served = app.anonymous().get("/api/openapi.json").await.expect(200);
    let folder = tempfile::tempdir().unwrap();
    let document = folder.path().join("openapi.json");
    std::fs::write(&document, &served.body).unwrap();
    let tools = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tools");
    let linted = Command::new(tools.join("node_modules/.bin/spectral"))
        .args(["lint", "--fail-severity", "hint", "--ruleset"])
        .arg(tools.join("spectral.yaml"))
        .arg(&document)
        .output()
        .expect("the linter; scripts/setup installs it");
    assert!(linted.status.success(), "{}", String::from_utf8_lossy(&linted.stdout));
}
