//! Starts, watches and ends one server process. Called by `services`, which knows what the servers are for;
//! must never run Postgres as root, which Postgres refuses.

use std::fs::{self, File, Permissions};
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use sqlx::Connection;
use sqlx::postgres::PgConnection;

use super::{free_port, run_folder, signal, until};

/// How long a server may take to answer: generous, because a busy machine starts many at once.
const PATIENCE: Duration = Duration::from_mins(1);

/// Redis has this many databases, so that each test has its own. Channels are not divided by database.
pub(super) const REDIS_DATABASES: u64 = 10_000;

/// What a server speaks.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    Postgres,
    Redis,
}

/// A server process of ours, in a folder of its own that goes with it.
pub(super) struct Server {
    kind: Kind,
    pub(super) folder: PathBuf,
    pub(super) port: u16,
    pub(super) password: String,
    /// None when shared: then the run's clean-up ends it, not this value.
    child: Option<Child>,
}

impl Server {
    /// The run's server of this kind; whoever asks first starts it while the others wait at the lock.
    pub(super) async fn shared(kind: Kind) -> Self {
        let folder = run_folder().join(match kind {
            Kind::Postgres => "postgres",
            Kind::Redis => "redis",
        });
        let address = folder.join("address");
        let _lock = locked(folder.with_extension("lock")).await;
        if let Ok(text) = fs::read_to_string(&address) {
            let (port, password) = text.split_once(' ').unwrap();
            return Self {
                kind,
                folder,
                port: port.parse().unwrap(),
                password: password.to_owned(),
                child: None,
            };
        }
        let mut server = Self::create(kind, folder).await;
        server.child = None;
        fs::write(address, format!("{} {}", server.port, server.password)).unwrap();
        server
    }

    /// A server in a new folder, answering.
    pub(super) async fn create(kind: Kind, folder: PathBuf) -> Self {
        fs::create_dir(&folder).expect("a new folder for a server");
        let password = freehold::ids::secret_text();
        if matches!(kind, Kind::Postgres) {
            initdb(&folder, &password);
        }
        let mut server = Self { kind, folder, port: 0, password, child: None };
        for _attempt in 0..5 {
            // Another program may take the port between here and the server's start.
            server.port = free_port();
            if server.start().await {
                return server;
            }
        }
        panic!("no server: {}", server.log());
    }

    /// True when the server answers; false when it ended instead.
    async fn start(&mut self) -> bool {
        let mut command = match self.kind {
            Kind::Postgres => postgres_command(&self.folder, self.port),
            Kind::Redis => redis_server_command(&self.folder, self.port, &self.password),
        };
        let log = File::options().create(true).append(true).open(self.folder.join("log")).unwrap();
        // A group of its own, so that what ends the test that started a shared server does not end the server.
        command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log).process_group(0);
        let mut child = command.spawn().expect("the server's program; scripts/setup installs it");
        fs::write(self.folder.join("pid"), child.id().to_string()).unwrap();
        let answer = until(PATIENCE, async || match child.try_wait().unwrap() {
            Some(_status) => Some(false),
            None => self.answers().await.then_some(true),
        });
        let answer = answer.await;
        self.child = Some(child);
        answer.unwrap_or_else(|| panic!("no answer from a server: {}", self.log()))
    }

    async fn answers(&self) -> bool {
        match self.kind {
            Kind::Postgres => {
                let url = format!("postgres://freehold:{}@127.0.0.1:{}/postgres", self.password, self.port);
                PgConnection::connect(&url).await.is_ok()
            }
            Kind::Redis => redis_command(self.port, &self.password, "PING").is_ok_and(|line| line == "+PONG"),
        }
    }

    /// Starts a stopped server on the port it had.
    pub(super) async fn restart(&mut self) {
        assert!(self.start().await, "the server starts again: {}", self.log());
    }

    /// Sends a signal to the server's first process.
    pub(super) fn signal(&self, name: &str) {
        signal(self.child.as_ref().expect("only a private server may be disturbed").id(), name);
    }

    /// Sends a signal that ends the server and waits until it has ended.
    pub(super) fn end(&mut self, name: &str) {
        self.signal(name);
        if let Some(mut child) = self.child.take() {
            child.wait().unwrap();
            fs::remove_file(self.folder.join("pid")).unwrap();
        }
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if self.child.is_some() {
            self.end(match self.kind {
                Kind::Postgres => "QUIT",
                Kind::Redis => "KILL",
            });
            fs::remove_dir_all(&self.folder).ok();
        }
    }
}

/// Waits for a lock between processes; it is held until the file is dropped.
pub(super) async fn locked(path: PathBuf) -> File {
    let wait = move || {
        let file = File::create(path).unwrap();
        file.lock().unwrap();
        file
    };
    tokio::task::spawn_blocking(wait).await.unwrap()
}

/// Makes a cluster in `folder/data`, owned by whom Postgres will run as.
fn initdb(folder: &Path, password: &str) {
    let secret = folder.join("password");
    fs::write(&secret, password).unwrap();
    fs::set_permissions(&secret, Permissions::from_mode(0o600)).unwrap();
    if let Some((user, group)) = unprivileged() {
        chown(folder, Some(user), Some(group)).unwrap();
        chown(&secret, Some(user), Some(group)).unwrap();
    }
    // `password` and not SCRAM, whose thousands of rounds cost more in a debug build than most tests do.
    let output = postgres_program("initdb", folder)
        .args(["--username=freehold", "--auth=password", "--no-sync", "--encoding=UTF8", "--no-locale"])
        .arg(format!("--pwfile={}", secret.display()))
        .output()
        .expect("initdb; scripts/setup installs it");
    assert!(output.status.success(), "initdb: {}", String::from_utf8_lossy(&output.stderr));
}

fn postgres_command(folder: &Path, port: u16) -> Command {
    let mut command = postgres_program("postgres", folder);
    command.arg("-p").arg(port.to_string());
    for setting in [
        "listen_addresses=127.0.0.1",
        "unix_socket_directories=",
        "max_connections=300",
        "shared_buffers=32MB",
        "fsync=off",
        "synchronous_commit=off",
        "full_page_writes=off",
    ] {
        command.args(["-c", setting]);
    }
    command
}

/// A program of the newest installed Postgres, working on `folder/data`.
fn postgres_program(name: &str, folder: &Path) -> Command {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let newest = versions
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse::<u32>().ok()?, entry.path())))
        .max();
    let program = newest.map_or_else(|| PathBuf::from(name), |(_version, path)| path.join("bin").join(name));
    let mut command = Command::new(program);
    command.arg("-D").arg(folder.join("data")).current_dir(folder).env_clear().env("LC_ALL", "C");
    command.env("PATH", "/usr/local/bin:/usr/bin:/bin");
    if let Some((user, group)) = unprivileged() {
        command.uid(user).gid(group);
    }
    command
}

/// When we are root: the user and group `nobody` has, as whom Postgres is willing to run.
fn unprivileged() -> Option<(u32, u32)> {
    if fs::metadata("/proc/self").unwrap().uid() != 0 {
        return None;
    }
    let users = fs::read_to_string("/etc/passwd").unwrap();
    let nobody = users.lines().find(|line| line.starts_with("nobody:")).expect("a user nobody");
    let ids: Vec<u32> = nobody.split(':').skip(2).take(2).map(|id| id.parse().unwrap()).collect();
    Some((ids[0], ids[1]))
}

fn redis_server_command(folder: &Path, port: u16, password: &str) -> Command {
    let mut command = Command::new("redis-server");
    command.args(["--bind", "127.0.0.1", "--appendonly", "no", "--save", ""]);
    command.arg("--port").arg(port.to_string()).arg("--databases").arg(REDIS_DATABASES.to_string());
    command.args(["--requirepass", password]).arg("--dir").arg(folder);
    command
}

/// Sends one command on a connection of its own and gives the first line of the answer.
pub(super) fn redis_command(port: u16, password: &str, command: &str) -> std::io::Result<String> {
    let limit = Duration::from_secs(2);
    let mut stream = TcpStream::connect_timeout(&(Ipv4Addr::LOCALHOST, port).into(), limit)?;
    stream.set_read_timeout(Some(limit))?;
    write!(stream, "AUTH {password}\r\n{command}\r\nQUIT\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer.lines().nth(1).unwrap_or_default().to_owned())
}
