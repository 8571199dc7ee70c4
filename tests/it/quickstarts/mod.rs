//! The quick starts of `docs/`, run as they are written, and the example of a service that takes Freehold's tokens.

mod developer;
mod document;
mod resource_server;

use std::fs;
use std::path::{Path, PathBuf};

use self::developer::{Developer, example};
use self::document::Document;
use crate::harness::browserless::{Site, each_database};

#[tokio::test(flavor = "multi_thread")]
async fn the_quick_start_with_curl_runs_as_written() {
    each_database(async |store| {
        let site = Site::start(store).await;
        let document = Document::read("quickstart-curl.md");
        let said =
            Developer::of(&site).await.runs("sh", &["-eu"], &document.script("sh", "echo; echo")).await;
        document.says("sh", &said);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_quick_start_in_python_runs_as_written() {
    each_database(async |store| {
        let site = Site::start(store).await;
        let document = Document::read("quickstart-python.md");
        let said = Developer::of(&site)
            .await
            .runs("python3", &[], &document.script("python", "print()\nprint"))
            .await;
        document.says("python", &said);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_quick_start_in_typescript_is_sound_and_runs_as_written() {
    let document = Document::read("quickstart-typescript.md");
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("quickstart.mts");
    fs::write(&source, document.script("ts", "console.log();\nconsole.log")).unwrap();
    let modules = root().join("tests/tools/node_modules");
    let path = |path: PathBuf| path.to_str().unwrap().to_owned();
    let (compiler, types) = (path(modules.join("typescript/bin/tsc")), path(modules.join("@types")));
    let rules = ["--strict", "--target", "es2022", "--module", "nodenext", "--skipLibCheck"];
    let source = path(source);
    let named = [compiler.as_str(), "--typeRoots", &types, "--types", "node", &source];
    let options = [&named[..], &rules].concat();
    developer::run(Path::new("node"), &options, Vec::new()).await;
    let program = fs::read_to_string(folder.path().join("quickstart.mjs")).unwrap();
    each_database(async |store| {
        let site = Site::start(store).await;
        let said = Developer::of(&site).await.runs("node", &["--input-type=module", "-"], &program).await;
        document.says("ts", &said);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_quick_start_in_rust_is_the_example_and_says_what_it_shows() {
    let document = Document::read("quickstart-rust.md");
    assert_eq!(document.only("rust"), fs::read_to_string(root().join("examples/quickstart.rs")).unwrap());
    each_database(async |store| {
        let site = Site::start(store).await;
        let developer = Developer::of(&site).await;
        let said = developer::run(&example("quickstart"), &[], developer.environment()).await;
        document::holds("text", document.only("text"), &said);
    })
    .await;
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}
