//! A whole installation made of processes: settings, a provider on loopback, a mail server, nodes behind one
//! public URL. Used by the tests of `serve` and of several nodes; must never hand a node anything but settings.

use std::path::Path;

use freehold::clock::Clock;
use freehold::db::Database;
use freehold::dev::idp::{Clients, Idp};
use freehold::ids::secret_text;
use tempfile::TempDir;
use tokio::net::TcpListener;

use crate::harness::free_port;
use crate::harness::process::{Node, Program};
use crate::harness::services::{self, Postgres};

use super::mail::MailServer;

/// What every node of an installation is given.
pub(crate) struct Installation {
    _idp: Idp,
    pub(crate) mail: MailServer,
    /// The one URL people use. Nothing listens there: clients reach each node at its own address.
    pub(crate) public_url: String,
    pub(crate) database_url: String,
    pub(crate) secret: String,
    settings: Vec<(&'static str, String)>,
    folder: TempDir,
}

impl Installation {
    /// Over the database at `database_url`, migrated already or not. Without Redis until [`Self::with`] says so.
    pub(crate) async fn over(database_url: String) -> Self {
        let public_url = format!("http://127.0.0.1:{}", free_port());
        let clients = Clients {
            google: ("google-client".to_owned(), secret_text()),
            github: ("github-client".to_owned(), secret_text()),
            redirect_uris: ["google", "github"]
                .map(|name| format!("{public_url}/auth/{name}/callback"))
                .into(),
        };
        let (google, github) = (clients.google.clone(), clients.github.clone());
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let idp = Idp::start(listener, Clock::default(), clients).unwrap();
        let mail = MailServer::start();
        let secret = secret_text();
        let settings = vec![
            ("DATABASE_URL", database_url.clone()),
            ("FREEHOLD_SECRET", secret.clone()),
            ("FREEHOLD_GOOGLE_CLIENT_ID", google.0),
            ("FREEHOLD_GOOGLE_CLIENT_SECRET", google.1),
            ("FREEHOLD_GOOGLE_ISSUER_URL", idp.google_issuer()),
            ("FREEHOLD_GITHUB_CLIENT_ID", github.0),
            ("FREEHOLD_GITHUB_CLIENT_SECRET", github.1),
            ("FREEHOLD_GITHUB_URL", idp.github_url()),
            ("FREEHOLD_GITHUB_API_URL", idp.github_api_url()),
            ("FREEHOLD_SMTP_URL", mail.url()),
            ("FREEHOLD_MAIL_FROM", "Freehold <freehold@example.com>".to_owned()),
            // Everyone comes from one address, and as fast as they can.
            ("FREEHOLD_RATE_PEER", "100000000".to_owned()),
            ("FREEHOLD_RATE_CREDENTIAL", "100000000".to_owned()),
            ("FREEHOLD_RATE_TENANT", "100000000".to_owned()),
            ("FREEHOLD_RATE_SIGN_IN", "100000000".to_owned()),
            ("FREEHOLD_RATE_FAILURES", "100000000".to_owned()),
        ];
        Self {
            _idp: idp,
            mail,
            public_url,
            database_url,
            secret,
            settings,
            folder: tempfile::tempdir().unwrap(),
        }
    }

    /// Over an empty `SQLite` file of its own, not migrated.
    pub(crate) async fn over_sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut installation = Self::over(sqlite_url(folder.path())).await;
        installation.folder = folder;
        installation
    }

    /// Over a migrated database of the run's shared Postgres.
    pub(crate) async fn over_shared_postgres() -> Self {
        let server = services::postgres().await;
        let name = server.create_from_template("migrated", async |url| migrate(&url).await).await;
        Self::over(server.url(&name)).await
    }

    /// Over a migrated database of a server that the test may stop.
    pub(crate) async fn over_postgres(server: &Postgres) -> Self {
        let installation = Self::over(server.url(&server.create_database().await)).await;
        migrate(&installation.database_url).await;
        installation
    }

    /// With one more setting, for every node started from now on.
    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.settings.retain(|(known, _)| *known != name);
        self.settings.push((name, value.into()));
        self
    }

    /// `freehold` with these arguments and all settings.
    pub(crate) fn program(&self, arguments: &[&str]) -> Program {
        let named = |program: Program, (name, value): &(&'static str, String)| program.env(name, value);
        let program = self.settings.iter().fold(Program::new(arguments), named);
        program.env("FREEHOLD_PUBLIC_URL", &self.public_url)
    }

    /// One more node, ready.
    pub(crate) async fn node(&self) -> Node {
        Node::start_behind(self.program(&["serve"]), free_port(), &self.public_url).await
    }

    /// The database, as a program beside the nodes sees it.
    pub(crate) fn database(&self) -> Database {
        Database::open(&self.database_url, 4, false, Clock::default()).unwrap()
    }
}

fn sqlite_url(folder: &Path) -> String {
    format!("sqlite:{}", folder.join("freehold.db").display())
}

async fn migrate(url: &str) {
    let database = Database::open(url, 2, true, Clock::default()).unwrap();
    database.migrate().await.unwrap();
    database.close().await;
}
