//! A real Chromium, driven through chromedriver: what people and keyboards meet. Used by the browser tests;
//! must never keep a profile between tests or fetch anything from the network.

mod driver;
pub(crate) mod journal;
mod wish;

use std::ops::Deref;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use fantoccini::actions::{InputSource, KeyAction, KeyActions};
use fantoccini::wd::{Capabilities, WebDriverCompatibleCommand};
use fantoccini::{Client, ClientBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::run_folder;
use driver::Driver;
pub(crate) use wish::Wish;

const ARGUMENTS: [&str; 13] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--window-size=1280,900",
    "--no-proxy-server",
    // As on phones and most desktops; else a page that is painted before it is whole shifts when one appears.
    "--hide-scrollbars",
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
            "goog:loggingPrefs": { "browser": "ALL", "performance": "ALL" },
        }) else {
            unreachable!("it is written as an object")
        };
        let session = ClientBuilder::new(HttpConnector::new())
            .capabilities(Capabilities::from_iter(wishes))
            .connect(&format!("http://127.0.0.1:{port}"))
            .await;
        let browser = Self { client: session.expect("Chromium opens"), _driver: driver, _profile: profile };
        // It begins with a page of its own, whose requests are not ours.
        browser.client.goto("about:blank").await.unwrap();
        browser.complaints().await;
        browser
    }

    /// What the browser complained of since this was last asked: a line for each message on the console, each
    /// violation of a page's policy, and each request that failed or was answered with 400 or more.
    pub(crate) async fn complaints(&self) -> Vec<String> {
        let console = self.post("se/log", json!({ "type": "browser" })).await;
        let network = self.post("se/log", json!({ "type": "performance" })).await;
        journal::complaints(&console, &network)
    }

    /// A picture of the whole page, as PNG, however high it is.
    pub(crate) async fn picture(&self) -> Vec<u8> {
        // What sticks to the window stands where the page begins.
        self.client.execute("scrollTo(0, 0)", vec![]).await.unwrap();
        let page = &self.devtools("Page.getLayoutMetrics", json!({})).await["cssContentSize"];
        let all = json!({ "x": 0, "y": 0, "width": page["width"], "height": page["height"], "scale": 1 });
        let wishes = json!({ "format": "png", "captureBeyondViewport": true, "clip": all });
        let shot = self.devtools("Page.captureScreenshot", wishes).await;
        BASE64.decode(shot["data"].as_str().unwrap()).unwrap()
    }

    /// Makes the page this large, in CSS pixels; a window cannot be narrower than 500.
    pub(crate) async fn resize(&self, width: u32, height: u32) {
        let size = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.devtools("Emulation.setDeviceMetricsOverride", size).await;
    }

    /// Says what the person asks of pages; what is not among `wishes` is as the system has it.
    pub(crate) async fn prefer(&self, wishes: &[Wish]) {
        let features: Vec<Value> = wishes.iter().map(|wish| wish.feature()).collect();
        self.devtools("Emulation.setEmulatedMedia", json!({ "features": features })).await;
    }

    /// Presses these keys one after the other, as a hand on a keyboard does; the last of each chord while its
    /// others are held.
    pub(crate) async fn types(&self, chords: impl IntoIterator<Item: AsRef<[char]>>) {
        let down = |value: &char| KeyAction::Down { value: *value };
        let up = |value: &char| KeyAction::Up { value: *value };
        let strokes = |chord: &[char]| -> Vec<KeyAction> {
            chord.iter().map(down).chain(chord.iter().rev().map(up)).collect()
        };
        let all = chords.into_iter().flat_map(|chord| strokes(chord.as_ref()));
        let keys = all.fold(KeyActions::new("keyboard".to_owned()), KeyActions::then);
        self.client.perform_actions(keys).await.unwrap();
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

#[tokio::test]
async fn chromium_opens_a_page() {
    const PAGE: &str = "data:text/html,<title>still</title><h1>Hello</h1>\
        <script>document.title = 'moved'; console.error('noise')</script>";

    let browser = Browser::open().await;
    browser.goto(PAGE).await.unwrap();
    assert_eq!(browser.title().await.unwrap(), "moved");
    assert!(browser.complaints().await.iter().any(|line| line.contains("noise")));
    browser.resize(360, 640).await;
    browser.prefer(&[Wish::Dark, Wish::MoreContrast, Wish::ForcedColors, Wish::ReducedMotion]).await;
    let seen = "return [innerWidth, ...['prefers-color-scheme: dark', 'prefers-contrast: more',
        'forced-colors: active', 'prefers-reduced-motion: reduce'].map(wish => matchMedia(`(${wish})`).matches)]";
    assert_eq!(browser.execute(seen, vec![]).await.unwrap(), json!([360, true, true, true, true]));

    let quiet = Browser::without_javascript().await;
    quiet.goto(PAGE).await.unwrap();
    assert_eq!(quiet.title().await.unwrap(), "still");
}
