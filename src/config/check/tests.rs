//! Settings that go together, and problems that are named with their fix.

use clap::Parser;

use super::*;

#[derive(clap::Parser)]
struct Args {
    #[command(flatten)]
    settings: Settings,
}

fn check(mode: Mode, flags: &[&str]) -> Result<Config, Vec<&'static str>> {
    let args = Args::try_parse_from([&["freehold"], flags].concat()).unwrap();
    args.settings.check(mode).map_err(|problems| problems.0.iter().map(|problem| problem.setting).collect())
}

const SAFE: &[&str] = &[
    "--public-url=https://id.example.com",
    "--secret=abcdefghijklmnopqrstuvwxyz0123456789",
    "--google-client-id=id",
    "--google-client-secret=secret",
];

fn with(extra: &[&str]) -> Result<Config, Vec<&'static str>> {
    let kept = SAFE.iter().filter(|flag| {
        let name = flag.split('=').next().unwrap();
        !extra.iter().any(|other| other.starts_with(name))
    });
    check(Mode::Serve, &[&kept.copied().collect::<Vec<_>>(), extra].concat())
}

#[test]
fn serve_names_every_problem_at_once() {
    let found = check(Mode::Serve, &["--github-client-id=x"]).unwrap_err();
    assert_eq!(found, ["FREEHOLD_PUBLIC_URL", "FREEHOLD_GITHUB_CLIENT_SECRET", "FREEHOLD_SECRET"]);
}

#[test]
fn serve_refuses_unsafe_settings() {
    assert!(with(&[]).is_ok());
    assert!(with(&["--public-url=http://localhost:3000"]).is_ok());
    assert_eq!(with(&["--public-url=http://id.example.com"]).unwrap_err(), ["FREEHOLD_PUBLIC_URL"]);
    assert_eq!(with(&["--public-url=https://id.example.com/path"]).unwrap_err(), ["FREEHOLD_PUBLIC_URL"]);
    assert_eq!(with(&["--secret=short"]).unwrap_err(), ["FREEHOLD_SECRET"]);
    assert_eq!(
        with(&["--secret=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"]).unwrap_err(),
        ["FREEHOLD_SECRET"]
    );
    assert_eq!(
        with(&["--google-client-id=freehold-dev-google"]).unwrap_err()[0],
        "FREEHOLD_GOOGLE_CLIENT_ID"
    );
    assert_eq!(
        with(&["--google-issuer-url=http://idp.example.com"]).unwrap_err()[0],
        "FREEHOLD_GOOGLE_ISSUER_URL"
    );
    assert_eq!(with(&["--session-idle=8d"]).unwrap_err(), ["FREEHOLD_SESSION_IDLE"]);
    assert_eq!(
        with(&["--smtp-url=smtp://mail.example.com", "--mail-from=a@example.com"]).unwrap_err(),
        ["FREEHOLD_SMTP_URL"]
    );
    assert!(with(&["--smtp-url=smtp://127.0.0.1:2525", "--mail-from=a@example.com"]).is_ok());
}

#[test]
fn dev_needs_nothing_and_stays_on_loopback() {
    assert!(check(Mode::Dev, &[]).is_ok());
    assert_eq!(
        check(Mode::Dev, &["--listen=0.0.0.0:3000"]).unwrap_err(),
        ["FREEHOLD_PUBLIC_URL", "FREEHOLD_LISTEN"]
    );
}

#[test]
fn secrets_do_not_print() {
    let shown = format!("{:?}", with(&["--secret=HUSHHUSHabcdefghijklmnopqrstuvwxyz"]).unwrap());
    assert!(!shown.contains("HUSH"), "{shown}");
}
