//! `freehold dev`: loopback only, SQLite in the data folder, a provider that plays Google and GitHub, mail to a
//! page, sample people. Everything the settings leave out is made up here, and nowhere else.

use std::path::Path;

use secrecy::{ExposeSecret as _, SecretString};
use tokio::net::TcpListener;

use crate::app::{App, build, open_database, run};
use crate::clock::Clock;
use crate::config::{Config, ProviderConfig};
use crate::dev::idp::{Clients, Idp};
use crate::error::{Error, Result};
use crate::ids::secret_text;
use crate::login::Provider;

const GOOGLE_CLIENT: &str = "freehold-dev-google";
const GITHUB_CLIENT: &str = "freehold-dev-github";

/// The file in the data folder that holds the secret.
const SECRET: &str = "secret";

/// Runs development until a signal.
pub(super) async fn run(mut config: Config) -> Result<()> {
    let data = data_folder(&config);
    std::fs::create_dir_all(&data).map_err(|error| cannot("make the folder", &data, &error))?;
    if config.secret.expose_secret().is_empty() {
        config.secret = kept_secret(&config)?;
    }
    let clock = Clock::default();
    let idp = start_provider(&mut config, clock.clone()).await?;
    let database = open_database(&config, true, clock)?;
    database.migrate().await?;
    let app = build(config, database, Some(idp.mails())).await?;
    crate::dev::samples::plant(&app.state.database, &app.state.authz, &app.state.config).await?;
    run::run(app, |app| greet(app, &idp)).await
}

fn data_folder(config: &Config) -> std::path::PathBuf {
    config.data.clone()
}

/// The secret of the data folder, if `dev` has made one.
pub(super) fn known_secret(config: &Config) -> Option<SecretString> {
    let secret = std::fs::read_to_string(data_folder(config).join(SECRET)).ok()?;
    (secret.trim().len() >= 32).then(|| SecretString::from(secret.trim().to_owned()))
}

/// The secret of the data folder, made once.
fn kept_secret(config: &Config) -> Result<SecretString> {
    if let Some(known) = known_secret(config) {
        return Ok(known);
    }
    let (secret, file) = (secret_text(), data_folder(config).join(SECRET));
    write_private(&file, &secret).map_err(|error| cannot("write", &file, &error))?;
    Ok(SecretString::from(secret))
}

fn write_private(file: &Path, text: &str) -> std::io::Result<()> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut file =
        std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(file)?;
    file.write_all(text.as_bytes())
}

fn cannot(what: &str, path: &Path, error: &std::io::Error) -> Error {
    Error::Conflict(
        format!("Cannot {what} {}: {error}. Set FREEHOLD_DATA to a folder you may write.", path.display())
            .into(),
    )
}

/// Starts the provider and points the settings at it, where they name no other.
async fn start_provider(config: &mut Config, clock: Clock) -> Result<Idp> {
    let listener = TcpListener::bind(config.dev_idp_listen).await.map_err(|error| {
        let address = config.dev_idp_listen;
        Error::Conflict(
            format!(
                "FREEHOLD_DEV_IDP_LISTEN: cannot listen on {address}: {error}. Stop what uses it, or set it."
            )
            .into(),
        )
    })?;
    let (google_secret, github_secret) = (secret_text(), secret_text());
    let redirect_uris = Provider::ALL
        .iter()
        .map(|provider| config.link(&format!("/auth/{}/callback", provider.as_str())))
        .collect();
    let clients = Clients {
        google: (GOOGLE_CLIENT.to_owned(), google_secret.clone()),
        github: (GITHUB_CLIENT.to_owned(), github_secret.clone()),
        redirect_uris,
    };
    let idp = Idp::start(listener, clock, clients)?;
    config.google.get_or_insert_with(|| ProviderConfig {
        client_id: GOOGLE_CLIENT.to_owned(),
        client_secret: google_secret.into(),
        url: idp.google_issuer(),
        api_url: idp.google_issuer(),
    });
    config.github.get_or_insert_with(|| ProviderConfig {
        client_id: GITHUB_CLIENT.to_owned(),
        client_secret: github_secret.into(),
        url: idp.github_url(),
        api_url: idp.github_api_url(),
    });
    config.dns.get_or_insert(idp.dns());
    Ok(idp)
}

#[allow(clippy::print_stdout, reason = "this is what `dev` says to the person who started it")]
fn greet(app: &App, idp: &Idp) {
    let url = app.state.config.origin();
    println!("\n  Freehold is running for development.\n");
    println!("  Open      {url}");
    println!(
        "  Sign in   as a sample person: Ada with Google owns the tenant Acme; Vic with GitHub is not in it yet"
    );
    println!("            and Gail with Google operates the installation: {url}/operator");
    println!("  Mail      {url}/dev/mailbox");
    println!("  Gallery   {url}/dev/gallery (every page in every state)");
    println!("  Metrics   http://{}/metrics", app.state.config.ops_listen);
    println!("  Provider  {} plays Google and GitHub", idp.origin());
    println!("  DNS       {}/dns is where domains are proved\n", idp.origin());
    println!("  Everything is kept in {}. Ctrl-C stops it.\n", app.state.config.data.display());
}
