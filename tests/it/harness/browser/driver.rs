//! The process of chromedriver, which starts Chromium and ends with its test. Started by [`super::Browser`]; must
//! never listen on a fixed port or outlive its value.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// The driver's process. Its browser ends with it.
pub(super) struct Driver(Child);

impl Driver {
    /// Starts chromedriver on a port it chooses itself. It chooses one of IPv6 and then wants the same of IPv4, which
    /// another process may have: then it ends at once, and another is started.
    pub(super) fn start(home: &Path) -> (Self, u16) {
        (0..5).find_map(|_| Self::try_start(home)).expect("chromedriver finds a port")
    }

    /// The driver and its port, or nothing when it ended without one.
    fn try_start(home: &Path) -> Option<(Self, u16)> {
        let mut child = Command::new("chromedriver")
            .arg("--port=0")
            .env("HOME", home)
            .env("TMPDIR", home)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver; scripts/setup installs it");
        let output = child.stdout.take().unwrap();
        let driver = Self(child);
        let mut lines = BufReader::new(output).lines().map_while(Result::ok);
        let port = lines
            .find_map(|line| line.split_once("successfully on port ")?.1.trim_end_matches('.').parse().ok());
        // Somebody must go on reading, or the driver would stop when the pipe is full.
        std::thread::spawn(move || lines.for_each(drop));
        Some((driver, port?))
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}
