//! What the tests stand on: private servers, programs and browsers. Used by every test that needs more than
//! the library; must never use a server that happens to be running, a fixed port, or a sleep for a condition.
#![allow(dead_code, reason = "the kit is whole even where no test uses a part of it yet")]

pub(crate) mod app;
pub(crate) mod browser;
pub(crate) mod browserless;
pub(crate) mod process;
mod server;
pub(crate) mod services;

use std::fs::{self, File};
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

/// Asks `probe` until it has an answer; `None` when `limit` passes first.
///
/// The only place where tests wait by asking again. Everything else waits for an event.
pub(crate) async fn until<T>(limit: Duration, mut probe: impl AsyncFnMut() -> Option<T>) -> Option<T> {
    let asking = async {
        let mut pause = tokio::time::interval(Duration::from_millis(20));
        loop {
            pause.tick().await;
            if let Some(answer) = probe().await {
                return answer;
            }
        }
    };
    tokio::time::timeout(limit, asking).await.ok()
}

/// A port of 127.0.0.1 that nothing listens on and that no other test of this run was given.
pub(crate) fn free_port() -> u16 {
    loop {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
        let port = listener.local_addr().unwrap().port();
        if claim(&format!("port-{port}")) {
            return port;
        }
    }
}

/// True for the first caller in this run that asks for `name`, whichever process it is in.
fn claim(name: &str) -> bool {
    let claims = run_folder().join("claims");
    fs::create_dir_all(&claims).unwrap();
    File::create_new(claims.join(name)).is_ok()
}

/// Sends a signal, such as `TERM`. Through the shell, because unsafe code is forbidden.
fn signal(process: u32, name: &str) {
    let script = format!("kill -{name} {process}");
    let sent = Command::new("sh").args(["-c", &script]).stderr(Stdio::null()).status();
    assert!(sent.is_ok(), "there is a shell to send {name} with");
}

/// A word no other test has, for names of databases and folders.
fn unique() -> String {
    format!("{:016x}", u64::from_le_bytes(freehold::ids::random_bytes()))
}

/// The folder of this run. It, and the servers in it, end with the run.
///
/// nextest gives each test a process of its own: the processes of one run find each other by its run id, and
/// the run lasts as long as nextest does. Under `cargo test` the run is this process.
fn run_folder() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        #[allow(clippy::disallowed_methods, reason = "the test runner speaks to tests by environment")]
        let (run, runner) = match std::env::var("NEXTEST_RUN_ID") {
            Ok(run) => (run, std::os::unix::process::parent_id()),
            Err(_) => (unique(), std::process::id()),
        };
        // Short, because Chromium puts a socket some folders below, whose path may have 107 characters.
        let run: String = run.chars().filter(char::is_ascii_hexdigit).take(12).collect();
        let folder = std::env::temp_dir().join(format!("freehold-{run}"));
        if fs::create_dir(&folder).is_ok() {
            clean_up_after(runner, &folder);
        }
        folder
    })
}

/// Leaves a shell behind that outlives this test, waits for the runner's end, stops the servers whose `pid`
/// lies in the folder, and removes the folder.
#[allow(clippy::zombie_processes, reason = "it is there to outlive this process")]
fn clean_up_after(runner: u32, folder: &Path) {
    const SCRIPT: &str = r#"
        while kill -0 "$1" 2>/dev/null; do sleep 0.5; done
        for pid in "$2"/*/pid; do [ -f "$pid" ] && kill -QUIT "$(cat "$pid")"; done
        sleep 0.5
        rm -rf "$2""#;
    Command::new("sh")
        .args(["-c", SCRIPT, "clean-up"])
        .arg(runner.to_string())
        .arg(folder)
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
        .expect("a shell that cleans up");
}
