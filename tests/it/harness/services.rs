//! Private Postgres and Redis servers: one of each shared by the tests of a run, and more of them for tests
//! that stop or kill theirs. Used by whatever needs a database; must never touch a server not started here.

use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection};

use super::server::{Kind, REDIS_DATABASES, Server, locked, redis_command};
use super::{claim, run_folder, unique};

/// The run's shared Postgres.
pub(crate) async fn postgres() -> Postgres {
    Postgres(Server::shared(Kind::Postgres).await)
}

/// The run's shared Redis.
pub(crate) async fn redis() -> Redis {
    Redis(Server::shared(Kind::Redis).await)
}

/// A Postgres server whose superuser is `freehold`.
pub(crate) struct Postgres(Server);

impl Postgres {
    /// A server for one test alone, which may stop it. It ends with this value.
    pub(crate) async fn private() -> Self {
        Self(Server::create(Kind::Postgres, run_folder().join(format!("postgres-{}", unique()))).await)
    }

    /// Where `database` is found.
    pub(crate) fn url(&self, database: &str) -> String {
        format!("postgres://freehold:{}@127.0.0.1:{}/{database}", self.0.password, self.0.port)
    }

    /// Makes an empty database and gives its name.
    pub(crate) async fn create_database(&self) -> String {
        let name = format!("test_{}", unique());
        self.execute(format!("create database {name}")).await;
        name
    }

    /// Makes a copy of a database that `build` fills once in a run, such as a migrated one; gives its name.
    ///
    /// `build` gets the database's address and must close its connections: Postgres copies no database in use.
    pub(crate) async fn create_from_template(
        &self,
        template: &str,
        build: impl AsyncFnOnce(String),
    ) -> String {
        let lock = locked(self.0.folder.with_extension(format!("{template}.lock"))).await;
        let query = sqlx::query("select 1 from pg_database where datname = $1").bind(template);
        if query.fetch_optional(&mut self.connect().await).await.unwrap().is_none() {
            let draft = format!("{template}_draft");
            self.execute(format!("drop database if exists {draft} with (force)")).await;
            self.execute(format!("create database {draft}")).await;
            build(self.url(&draft)).await;
            self.execute(format!("alter database {draft} rename to {template}")).await;
        }
        drop(lock);
        let name = format!("test_{}", unique());
        self.execute(format!("create database {name} template {template}")).await;
        name
    }

    /// Ends the server at once, as a crash would.
    pub(crate) fn kill(&mut self) {
        // Not SIGKILL: the sessions' processes would live on for a while and refuse the next start.
        self.0.end("QUIT");
    }

    /// Ends the server in order.
    pub(crate) fn stop(&mut self) {
        self.0.end("INT");
    }

    /// Starts the server again on its port, with its data.
    pub(crate) async fn restart(&mut self) {
        self.0.restart().await;
    }

    async fn connect(&self) -> PgConnection {
        PgConnection::connect(&self.url("postgres")).await.expect("Postgres answers")
    }

    async fn execute(&self, statement: String) {
        sqlx::query(AssertSqlSafe(statement)).execute(&mut self.connect().await).await.unwrap();
    }
}

/// A Redis server that keeps nothing on disk.
pub(crate) struct Redis(Server);

impl Redis {
    /// A server for one test alone, which may stop it. It ends with this value.
    pub(crate) async fn private() -> Self {
        Self(Server::create(Kind::Redis, run_folder().join(format!("redis-{}", unique()))).await)
    }

    /// The address of a database of this server. Clients know 256 of them, so the tests of a long run share: what they
    /// keep there is named by random ids, and none looks for what it did not put there.
    pub(crate) fn url(&self) -> String {
        let name = |number| format!("redis-{}-{number}", self.0.port);
        let number =
            (0..REDIS_DATABASES).find(|number| claim(&name(*number))).expect("a free database") % 256;
        format!("redis://default:{}@127.0.0.1:{}/{number}", self.0.password, self.0.port)
    }

    /// Sends one command without spaces in its arguments and gives the first line of the answer.
    pub(crate) fn command(&self, command: &str) -> std::io::Result<String> {
        redis_command(self.0.port, &self.0.password, command)
    }

    /// Ends the server at once, as a crash would.
    pub(crate) fn kill(&mut self) {
        self.0.end("KILL");
    }

    /// Ends the server in order.
    pub(crate) fn stop(&mut self) {
        self.0.end("TERM");
    }

    /// Starts the server again on its port, empty.
    pub(crate) async fn restart(&mut self) {
        self.0.restart().await;
    }

    /// Makes the server hang: connections stand, nothing answers.
    pub(crate) fn pause(&self) {
        self.0.signal("STOP");
    }

    /// Lets a paused server go on.
    pub(crate) fn resume(&self) {
        self.0.signal("CONT");
    }
}

#[tokio::test]
async fn postgres_answers() {
    let server = postgres().await;
    let build = async |url: String| {
        let mut connection = PgConnection::connect(&url).await.unwrap();
        sqlx::query("create table built (id bigint)").execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    };
    server.create_from_template("self_test", build).await;
    let again = async |_url: String| panic!("a template is built once");
    let copy = server.create_from_template("self_test", again).await;
    let mut connection = PgConnection::connect(&server.url(&copy)).await.unwrap();
    let rows: i64 =
        sqlx::query_scalar("select count(*) from built").fetch_one(&mut connection).await.unwrap();
    assert_eq!(rows, 0);
    assert_ne!(server.create_database().await, server.create_database().await);
}

#[tokio::test]
async fn redis_answers() {
    let server = redis().await;
    assert_eq!(server.command("PING").unwrap(), "+PONG");
    assert_ne!(server.url(), server.url());
}

#[tokio::test]
async fn private_servers_come_back_on_their_port() {
    let mut redis = Redis::private().await;
    redis.kill();
    assert!(redis.command("PING").is_err());
    redis.restart().await;
    assert_eq!(redis.command("PING").unwrap(), "+PONG");
    redis.pause();
    assert!(redis.command("PING").is_err());
    redis.resume();
    assert_eq!(redis.command("PING").unwrap(), "+PONG");

    let mut postgres = Postgres::private().await;
    let kept = postgres.url(&postgres.create_database().await);
    postgres.kill();
    assert!(PgConnection::connect(&kept).await.is_err());
    postgres.restart().await;
    assert!(PgConnection::connect(&kept).await.is_ok(), "a crash loses no database");
    postgres.stop();
    assert!(PgConnection::connect(&kept).await.is_err());
}
