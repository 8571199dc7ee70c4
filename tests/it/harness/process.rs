//! Runs the `freehold` program as people do: its own process, settings by environment, signals to end it.
//! Used by the tests of commands, of several nodes, and of the browser; must never use what the tests link.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use tempfile::TempDir;

use super::{free_port, run_folder, signal, until};

/// How long the program may take to start, to say something, or to end.
const PATIENCE: Duration = Duration::from_mins(1);

/// A command line to be run in an empty folder, with nothing in its environment but what is given.
pub(crate) struct Program {
    command: Command,
    folder: TempDir,
}

impl Program {
    /// `freehold` with these arguments.
    pub(crate) fn new(arguments: &[&str]) -> Self {
        let folder = tempfile::tempdir_in(run_folder()).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_freehold"));
        command.args(arguments).current_dir(folder.path()).env_clear();
        command.env("HOME", folder.path()).env("RUST_BACKTRACE", "1");
        Self { command, folder }
    }

    /// With one more setting.
    pub(crate) fn env(mut self, name: &str, value: impl AsRef<str>) -> Self {
        self.command.env(name, value.as_ref());
        self
    }

    /// Starts it.
    pub(crate) fn spawn(mut self) -> Running {
        self.command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = self.command.spawn().expect("the freehold program");
        let lines = Lines::default();
        lines.collect(child.stdout.take().unwrap());
        lines.collect(child.stderr.take().unwrap());
        Running { child, lines, folder: self.folder }
    }

    /// Runs it to its end, however it ends.
    pub(crate) fn run(mut self) -> Finished {
        let output = self.command.stdin(Stdio::null()).output().expect("the freehold program");
        Finished {
            status: output.status,
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

/// What a finished program left.
#[derive(Debug)]
pub(crate) struct Finished {
    pub(crate) status: ExitStatus,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// A running program. It is killed with this value; what it said is shown when the test fails.
pub(crate) struct Running {
    child: Child,
    lines: Lines,
    /// Where it runs.
    pub(crate) folder: TempDir,
}

impl Running {
    /// What it has said so far, on both outputs.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.lines.0.lock().unwrap().clone()
    }

    /// Waits until it says a line that contains `text`.
    pub(crate) async fn line_with(&self, text: &str) -> String {
        let line = until(PATIENCE, async || self.lines().into_iter().find(|line| line.contains(text))).await;
        line.unwrap_or_else(|| panic!("it says {text:?}"))
    }

    /// Asks it to end, as a service manager does.
    pub(crate) fn terminate(&self) {
        signal(self.child.id(), "TERM");
    }

    /// Ends it at once, as a lost machine would.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Its id, for what else tests do to processes.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits for its end.
    pub(crate) async fn exit(&mut self) -> ExitStatus {
        until(PATIENCE, async || self.child.try_wait().unwrap()).await.expect("it ends")
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
        if thread::panicking() {
            eprintln!("--- freehold said:\n{}", self.lines().join("\n"));
        }
    }
}

/// A program that serves: its addresses, once it is ready.
pub(crate) struct Node {
    /// The public listener, without a slash at the end.
    pub(crate) url: String,
    /// The listener for operators.
    pub(crate) ops_url: String,
    pub(crate) program: Running,
    host: String,
}

impl Node {
    /// Starts a program on free ports and waits until `/readyz` says 200. Its public URL is its own address.
    pub(crate) async fn start(program: Program) -> Self {
        let port = free_port();
        Self::start_behind(program, port, &format!("http://127.0.0.1:{port}")).await
    }

    /// The same on a given port, for a node that is reached under another URL than its own address.
    pub(crate) async fn start_behind(program: Program, port: u16, public_url: &str) -> Self {
        let (address, ops) = (format!("127.0.0.1:{port}"), format!("127.0.0.1:{}", free_port()));
        let program = program
            .env("FREEHOLD_LISTEN", &address)
            .env("FREEHOLD_OPS_LISTEN", &ops)
            .env("FREEHOLD_PUBLIC_URL", public_url)
            .spawn();
        let host = public_url.split("://").last().unwrap().trim_end_matches('/').to_owned();
        let mut node =
            Self { url: format!("http://{address}"), ops_url: format!("http://{ops}"), program, host };
        node.ready().await;
        node
    }

    /// Waits until `/readyz` says 200.
    pub(crate) async fn ready(&mut self) {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let url = format!("{}/readyz", self.url);
        let ready = until(PATIENCE, async || {
            if let Some(status) = self.program.child.try_wait().unwrap() {
                return Some(Err(status));
            }
            let answer = client.get(&url).header("host", &self.host).send().await;
            answer.is_ok_and(|answer| answer.status() == 200).then_some(Ok(()))
        });
        let ready = ready.await;
        assert!(matches!(ready, Some(Ok(()))), "freehold becomes ready: {ready:?}");
    }
}

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<String>>>);

impl Lines {
    /// Keeps what the program says; the thread ends with the program.
    fn collect(&self, output: impl Read + Send + 'static) {
        let lines = Arc::clone(&self.0);
        thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                lines.lock().unwrap().push(line);
            }
        });
    }
}

#[tokio::test]
async fn a_program_ends_with_a_status() {
    let mut running = Program::new(&["--help"]).spawn();
    assert!(running.exit().await.success());
}
