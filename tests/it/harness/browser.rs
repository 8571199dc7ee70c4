//! A real Chromium, driven through chromedriver: what people and keyboards meet. Used by the browser tests;
//! must never keep a profile between tests or fetch anything from the network.

use std::io::{BufRead, BufReader};
use std::ops::Deref;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use fantoccini::wd::{Capabilities, WebDriverCompatibleCommand};
use fantoccini::{Client, ClientBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::run_folder;

const ARGUMENTS: [&str; 11] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--no-proxy-server",
    // Chromium then ends when its driver does, however that ends.
    "--remote-debugging-pipe",
];

/// One browser with an empty profile. Everything a [`Client`] can do, it can; it ends with this value.
pub(crate) struct Browser {
    client: Client,
    _driver: Driver,
    _profile: TempDir,
}

impl Browser {
    /// Opens a browser as most people have it.
    pub(crate) async fn open() -> Self {
        Self::open_with(json!({})).await
    }

    /// Opens a browser that runs no script of any page.
    pub(crate) async fn without_javascript() -> Self {
        Self::open_with(json!({ "profile.managed_default_content_settings.javascript": 2 })).await
    }

    async fn open_with(preferences: Value) -> Self {
        let profile = tempfile::tempdir_in(run_folder()).unwrap();
        let (driver, port) = Driver::start(profile.path());
        let mut arguments: Vec<String> = ARGUMENTS.map(str::to_owned).into();
        arguments.push(format!("--user-data-dir={}", profile.path().join("profile").display()));
        let Value::Object(wishes) = json!({
            "goog:chromeOptions": { "args": arguments, "prefs": preferences },
            "goog:loggingPrefs": { "browser": "ALL" },
        }) else {
            unreachable!("it is written as an object")
        };
        let session = ClientBuilder::new(HttpConnector::new())
            .capabilities(Capabilities::from_iter(wishes))
            .connect(&format!("http://127.0.0.1:{port}"))
            .await;
        Self { client: session.expect("Chromium opens"), _driver: driver, _profile: profile }
    }

    /// What pages wrote to the console, and what the browser complained of, since this was last asked.
    pub(crate) async fn console(&self) -> Vec<String> {
        let entries = self.post("se/log", json!({ "type": "browser" })).await;
        let line = |entry: &Value| format!("{} {}", entry["level"], entry["message"]);
        entries.as_array().unwrap().iter().map(line).collect()
    }

    /// Writes a picture of what is seen, as PNG.
    pub(crate) async fn screenshot_to(&self, path: &Path) {
        std::fs::write(path, self.client.screenshot().await.unwrap()).unwrap();
    }

    /// Makes the page this large, in CSS pixels; a window cannot be narrower than 500.
    pub(crate) async fn resize(&self, width: u32, height: u32) {
        let size = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.devtools("Emulation.setDeviceMetricsOverride", size).await;
    }

    /// Says that the person likes `light` or `dark` pages.
    pub(crate) async fn prefer(&self, scheme: &str) {
        let media = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        self.devtools("Emulation.setEmulatedMedia", media).await;
    }

    /// Sends a command of the `DevTools` protocol.
    pub(crate) async fn devtools(&self, command: &str, parameters: Value) -> Value {
        self.post("goog/cdp/execute", json!({ "cmd": command, "params": parameters })).await
    }

    async fn post(&self, path: &'static str, body: Value) -> Value {
        self.client.issue_cmd(DriverCommand { path, body }).await.unwrap()
    }
}

impl Deref for Browser {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

/// A command of chromedriver that `WebDriver` does not have.
#[derive(Debug)]
struct DriverCommand {
    path: &'static str,
    body: Value,
}

impl WebDriverCompatibleCommand for DriverCommand {
    fn endpoint(&self, base: &url::Url, session: Option<&str>) -> Result<url::Url, url::ParseError> {
        base.join(&format!("session/{}/{}", session.unwrap_or_default(), self.path))
    }

    fn method_and_body(&self, _url: &url::Url) -> (http::Method, Option<String>) {
        (http::Method::POST, Some(self.body.to_string()))
    }
}

/// The driver's process. Its browser ends with it.
struct Driver(Child);

impl Driver {
    /// Starts chromedriver on a port it chooses itself.
    fn start(home: &Path) -> (Self, u16) {
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
        (driver, port.expect("chromedriver says its port"))
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

#[tokio::test]
async fn chromium_opens_a_page() {
    const PAGE: &str = "data:text/html,<title>still</title><h1>Hello</h1>\
        <script>document.title = 'moved'; console.error('noise')</script>";

    let browser = Browser::open().await;
    browser.goto(PAGE).await.unwrap();
    assert_eq!(browser.title().await.unwrap(), "moved");
    assert!(browser.console().await.iter().any(|line| line.contains("noise")));
    browser.resize(360, 640).await;
    browser.prefer("dark").await;
    let seen = "return [innerWidth, matchMedia('(prefers-color-scheme: dark)').matches]";
    assert_eq!(browser.execute(seen, vec![]).await.unwrap(), json!([360, true]));

    let quiet = Browser::without_javascript().await;
    quiet.goto(PAGE).await.unwrap();
    assert_eq!(quiet.title().await.unwrap(), "still");
}
