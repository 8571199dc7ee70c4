//! A person in front of their own browser: follows links, fills fields, presses buttons, reads. Used by the tests
//! of this folder; must never ask for what a person could not see or reach.

use std::time::Duration;

use fantoccini::elements::Element;
use fantoccini::wd::Locator;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::harness::browser::Browser;
use crate::harness::until;

/// Whether pages may run scripts.
#[derive(Debug, Clone, Copy)]
pub(super) enum Script {
    On,
    Off,
}

/// One browser, and where Freehold is.
pub(super) struct Visit {
    pub(super) browser: Browser,
    origin: String,
}

impl Visit {
    /// A browser nobody has used yet.
    pub(super) async fn new(origin: &str, script: Script) -> Self {
        let browser = match script {
            Script::On => Browser::open().await,
            Script::Off => Browser::without_javascript().await,
        };
        Self { browser, origin: origin.to_owned() }
    }

    /// Types an address.
    pub(super) async fn goes_to(&self, path: &str) {
        self.browser.goto(&format!("{}{path}", self.origin)).await.unwrap();
    }

    /// Follows the link or presses the button that says this, and waits for the page it leads to.
    pub(super) async fn presses(&self, text: &str) {
        let named = format!(
            "//*[self::a or self::button or self::summary][contains(normalize-space(.), '{text}') or @aria-label='{text}']"
        );
        let page = self.shows(Locator::Css("html")).await;
        let pressed = self.shows(Locator::XPath(&named)).await;
        let opens_a_menu = pressed.tag_name().await.unwrap() == "summary";
        pressed.click().await.unwrap();
        if !opens_a_menu {
            self.has_left(page).await;
        }
    }

    /// Writes into the field with this label.
    pub(super) async fn writes(&self, label: &str, text: &str) {
        self.field(label).await.send_keys(text).await.unwrap();
    }

    /// Ticks the box with this label.
    pub(super) async fn ticks(&self, label: &str) {
        let boxed = format!("//label[.//b='{label}']//input");
        self.shows(Locator::XPath(&boxed)).await.click().await.unwrap();
    }

    /// Reads the page, once it has this heading.
    pub(super) async fn reads(&self, heading: &str) -> String {
        let headed = format!("//h1[contains(normalize-space(.), '{heading}')]");
        self.shows(Locator::XPath(&headed)).await;
        self.shows(Locator::Css("main")).await.text().await.unwrap()
    }

    /// The path of the page.
    pub(super) async fn path(&self) -> String {
        self.browser.current_url().await.unwrap().path().to_owned()
    }

    /// Makes a form of the page post elsewhere, as someone can who knows the address, and sends it.
    pub(super) async fn sends_form_to(&self, form: &str, path: &str) {
        let document = self.browser.devtools("DOM.getDocument", json!({})).await;
        let root = &document["root"]["nodeId"];
        let found =
            self.browser.devtools("DOM.querySelector", json!({ "nodeId": root, "selector": form })).await;
        let change = json!({ "nodeId": found["nodeId"], "name": "action", "value": path });
        self.browser.devtools("DOM.setAttributeValue", change).await;
        let page = self.shows(Locator::Css("html")).await;
        self.shows(Locator::Css(&format!("form[action='{path}'] button"))).await.click().await.unwrap();
        self.has_left(page).await;
    }

    /// Waits until `page` is gone: the driver answers a click before the browser has begun to leave, and what is
    /// found until then belongs to the page that goes.
    async fn has_left(&self, page: Element) {
        let left = until(Duration::from_secs(20), async || page.tag_name().await.is_err().then_some(()));
        assert!(left.await.is_some(), "still on {}", self.browser.current_url().await.unwrap());
    }

    /// Asks the API with this browser's cookie, as a program of the person would.
    pub(super) async fn asks(&self, method: Method, path: &str, body: &Value) -> (StatusCode, Value) {
        let cookie = self.browser.get_named_cookie("freehold").await.unwrap();
        assert_eq!(cookie.http_only(), Some(true));
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let request = client
            .request(method.clone(), format!("{}{path}", self.origin))
            .header("cookie", format!("freehold={}", cookie.value()))
            .header("origin", &self.origin);
        let request = if method.is_safe() { request } else { request.json(body) };
        let answer = request.send().await.unwrap();
        (answer.status(), answer.json().await.unwrap())
    }

    /// Fails if the browser had anything to complain of.
    pub(super) async fn is_content(&self) {
        assert_eq!(self.browser.console().await, Vec::<String>::new());
    }

    /// Fails if the browser had anything to complain of but that a page was denied.
    pub(super) async fn complains_of_denials_only(&self) {
        for line in self.browser.console().await {
            assert!(line.contains("the server responded with a status of 403"), "{line}");
        }
    }

    async fn field(&self, label: &str) -> Element {
        let named = format!("//*[@id=//label[starts-with(normalize-space(.), '{label}')]/@for]");
        self.shows(Locator::XPath(&named)).await
    }

    async fn shows(&self, what: Locator<'_>) -> Element {
        match self.browser.wait().for_element(what).await {
            Ok(element) => element,
            Err(error) => panic!(
                "{what:?}: {error}, on {}:\n{}",
                self.browser.current_url().await.unwrap(),
                self.browser.source().await.unwrap()
            ),
        }
    }
}
