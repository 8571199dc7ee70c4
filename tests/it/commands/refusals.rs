//! `serve` does not start on what is unsafe, missing or not its own, and says why.

use std::net::TcpListener;
use std::time::Duration;

use sqlx::sqlite::SqliteConnection;
use sqlx::{Connection, query};

use crate::cluster::Installation;
use crate::harness::process::Program;
use crate::harness::until;

/// Runs it to its end, which must be a failure for these reasons; gives what it said.
async fn refuses(program: Program, because: &[&str]) -> String {
    let mut running = program.spawn();
    assert_eq!(running.exit().await.code(), Some(1));
    let all_said = async || {
        let said = running.lines().join("\n");
        because.iter().all(|text| said.contains(text)).then_some(said)
    };
    // Its last words may still be on their way to us when it has ended.
    let said = until(Duration::from_secs(5), all_said).await;
    said.unwrap_or_else(|| panic!("not all of {because:?} is said"))
}

#[tokio::test]
async fn serve_names_every_missing_setting_at_once() {
    let settings = [
        "FREEHOLD_PUBLIC_URL",
        "FREEHOLD_SECRET",
        "FREEHOLD_GOOGLE_CLIENT_ID / FREEHOLD_GITHUB_CLIENT_ID",
        "Fix: ",
        "3 problems",
    ];
    refuses(Program::new(&["serve"]), &settings).await;
}

#[tokio::test]
async fn serve_names_every_unsafe_setting_at_once() {
    let program = Program::new(&["serve"])
        .env("FREEHOLD_PUBLIC_URL", "http://id.example.com")
        .env("FREEHOLD_SECRET", "tooshort-HUSH")
        .env("FREEHOLD_GOOGLE_CLIENT_ID", "freehold-dev-google")
        .env("FREEHOLD_GOOGLE_CLIENT_SECRET", "HUSH")
        .env("FREEHOLD_GITHUB_CLIENT_ID", "id")
        .env("FREEHOLD_GITHUB_CLIENT_SECRET", "HUSH")
        .env("FREEHOLD_GITHUB_URL", "http://github.example.com")
        .env("FREEHOLD_SMTP_URL", "smtp://mail.example.com")
        .env("DATABASE_URL", "mysql://root:HUSH@db/freehold");
    let settings = [
        "FREEHOLD_PUBLIC_URL",
        "FREEHOLD_SECRET",
        "FREEHOLD_GOOGLE_CLIENT_ID",
        "FREEHOLD_GITHUB_URL",
        "FREEHOLD_SMTP_URL",
        "FREEHOLD_MAIL_FROM",
        "DATABASE_URL",
    ];
    let said = refuses(program, &settings).await;
    assert!(!said.contains("HUSH"), "a secret is shown: {said}");
}

#[tokio::test]
async fn serve_refuses_a_schema_that_is_older_or_not_its_own() {
    let installation = Installation::over_sqlite().await;
    // There is no file yet, and `serve` makes none.
    refuses(installation.program(&["serve"]), &["freehold migrate"]).await;
    assert!(installation.program(&["migrate"]).run().status.success());
    assert!(installation.program(&["migrate"]).run().status.success(), "migrating twice is fine");

    let mut on = SqliteConnection::connect(&installation.database_url).await.unwrap();
    query("update _sqlx_migrations set checksum = x'00'").execute(&mut on).await.unwrap();
    on.close().await.unwrap();
    refuses(installation.program(&["serve"]), &["another release"]).await;
    refuses(installation.program(&["migrate"]), &["Freehold stops"]).await;
}

#[tokio::test]
async fn serve_refuses_an_empty_postgres() {
    let server = crate::harness::services::postgres().await;
    let installation = Installation::over(server.url(&server.create_database().await)).await;
    refuses(installation.program(&["serve"]), &["freehold migrate"]).await;
}

#[tokio::test]
async fn serve_says_which_port_is_taken() {
    let installation = Installation::over_sqlite().await;
    assert!(installation.program(&["migrate"]).run().status.success());
    let taken = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let program = installation.program(&["serve"]).env("FREEHOLD_LISTEN", &address);
    refuses(program, &["FREEHOLD_LISTEN", &address]).await;
}
