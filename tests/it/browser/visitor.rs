//! A person in front of their own browser: follows links, fills fields, presses buttons, reads. Used by the tests
//! of this folder; must never ask for what a person could not see or reach, nor let a complaint of the browser
//! pass.

use std::time::Duration;

use fantoccini::elements::Element;
use fantoccini::key::Key;
use fantoccini::wd::Locator;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::harness::browser::Browser;
use crate::harness::browser::journal::refused_page;
use crate::harness::process::Node;
use crate::harness::until;

/// How long a page may take to come, to change, or to show something.
const PATIENCE: Duration = Duration::from_secs(20);

/// How a person uses pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum How {
    /// With a mouse, and scripts.
    Script,
    /// With a mouse, and no script.
    NoScript,
    /// With scripts and nothing but the keyboard.
    Keyboard,
}

/// One browser, and where Freehold is.
pub(super) struct Visitor {
    pub(super) browser: Browser,
    pub(super) how: How,
    origin: String,
}

impl Visitor {
    /// Opens a browser nobody has used yet.
    pub(super) async fn opens(node: &Node, how: How) -> Self {
        Self::opens_at(&node.url, how).await
    }

    /// The same, for pages served from elsewhere.
    pub(super) async fn opens_at(origin: &str, how: How) -> Self {
        let browser = match how {
            How::Script | How::Keyboard => Browser::open().await,
            How::NoScript => Browser::without_javascript().await,
        };
        Self { browser, how, origin: origin.to_owned() }
    }

    /// Types an address, and waits until the page is there. Fails if anything is wrong with it.
    pub(super) async fn visits(&self, path: &str) {
        self.goes_to(path).await;
        self.is_content().await;
    }

    /// The same where the page must be refused with this status, and nothing else be wrong.
    pub(super) async fn is_refused(&self, path: &str, status: u64) {
        self.goes_to(path).await;
        self.was_refused(path, status).await;
    }

    /// The same, and tells what is wrong instead of failing.
    pub(super) async fn tries(&self, path: &str) -> Vec<String> {
        self.goes_to(path).await;
        self.complaints().await
    }

    async fn goes_to(&self, path: &str) {
        self.is_content().await;
        self.browser.goto(&format!("{}{path}", self.origin)).await.unwrap();
    }

    /// Follows the link or presses the button that says this, and waits for the page it leads to.
    pub(super) async fn presses(&self, text: &str) {
        let page = self.shows(Locator::Css("html")).await;
        self.pushes(&self.named(text).await).await;
        self.has_left(page).await;
        self.is_content().await;
    }

    /// Presses the button that says this, and waits for the menu or the dialog it opens.
    pub(super) async fn unfolds(&self, text: &str) {
        self.pushes(&self.named(text).await).await;
        self.shows(Locator::Css(UNFOLDED)).await;
        self.is_content().await;
    }

    /// Presses the button that says this, and waits until nothing is unfolded any more.
    pub(super) async fn folds(&self, text: &str) {
        self.pushes(&self.named(text).await).await;
        self.is_folded().await;
    }

    /// Presses Escape, and waits until nothing is unfolded any more.
    pub(super) async fn escapes(&self) {
        self.browser.types([[Key::Escape.into()]]).await;
        self.is_folded().await;
    }

    async fn is_folded(&self) {
        let folded = until(PATIENCE, async || {
            let unfolded = self.browser.find_all(Locator::Css(UNFOLDED)).await.unwrap();
            unfolded.is_empty().then_some(())
        });
        assert!(folded.await.is_some(), "something is still unfolded {}", self.here().await);
        self.is_content().await;
    }

    /// Writes into the field with this label, in place of what stands there; chooses, where the field is a list.
    pub(super) async fn writes(&self, label: &str, text: &str) {
        let field = self.labelled(label, "*").await;
        let is_list = field.tag_name().await.unwrap() == "select";
        if self.how == How::Keyboard {
            self.reaches(&field).await;
            let all = [Key::Control.into(), 'a'];
            self.browser.types((!is_list).then_some(all)).await;
            self.browser.types(text.chars().map(|char| [char])).await;
        } else {
            if !is_list {
                field.clear().await.unwrap();
            }
            field.send_keys(text).await.unwrap();
        }
    }

    /// Ticks the box with this label, or takes the tick away.
    pub(super) async fn ticks(&self, label: &str) {
        self.pushes(&self.labelled(label, "input").await).await;
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

    /// Makes a form of the page post elsewhere, as someone can who knows the address, sends it, and is refused.
    pub(super) async fn is_refused_sending(&self, form: &str, path: &str, status: u64) {
        let document = self.browser.devtools("DOM.getDocument", json!({})).await;
        let root = &document["root"]["nodeId"];
        let found =
            self.browser.devtools("DOM.querySelector", json!({ "nodeId": root, "selector": form })).await;
        let change = json!({ "nodeId": found["nodeId"], "name": "action", "value": path });
        self.browser.devtools("DOM.setAttributeValue", change).await;
        let page = self.shows(Locator::Css("html")).await;
        let button = self.shows(Locator::Css(&format!("form[action='{path}'] button"))).await;
        self.pushes(&button).await;
        self.has_left(page).await;
        self.was_refused(path, status).await;
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

    /// Fails if the browser had anything to complain of since the last step.
    pub(super) async fn is_content(&self) {
        let complaints = self.complaints().await;
        assert!(complaints.is_empty(), "{complaints:#?}, {}", self.here().await);
    }

    async fn was_refused(&self, path: &str, status: u64) {
        let expected = refused_page(status, &format!("{}{path}", self.origin));
        assert_eq!(self.complaints().await, [expected], "{}", self.here().await);
    }

    /// What is wrong since the last step, once the page is there: it has a heading, and nothing moved.
    async fn complaints(&self) -> Vec<String> {
        if self.browser.current_url().await.unwrap().scheme() == "about" {
            // Nothing has been opened yet.
            return Vec::new();
        }
        self.shows(Locator::Css("h1")).await;
        let moved = self.layout_shift().await;
        let mut complaints = self.browser.complaints().await;
        complaints.extend(moved);
        complaints
    }

    /// Waits until `page` is gone: the driver answers a click before the browser has begun to leave, and what is
    /// found until then belongs to the page that goes.
    async fn has_left(&self, page: Element) {
        let left = until(PATIENCE, async || page.tag_name().await.is_err().then_some(()));
        assert!(left.await.is_some(), "still {}", self.here().await);
    }

    /// The link or button in sight that says `text`; one that says nothing else goes first.
    async fn named(&self, text: &str) -> Element {
        const PRESSED: &str = "//*[self::a or self::button or self::summary]";
        let says = |test: &str| format!("{PRESSED}[{test}]");
        let exactly = says(&format!("normalize-space(.)='{text}' or @aria-label='{text}'"));
        self.in_sight(&[&exactly, &says(&format!("contains(normalize-space(.), '{text}')"))]).await
    }

    /// The `element` in sight whose label begins with this.
    async fn labelled(&self, label: &str, element: &str) -> Element {
        let labels = format!("label[starts-with(normalize-space(.), '{label}')]");
        let named = format!("//{element}[@id=//{labels}/@for or @aria-label='{label}']");
        self.in_sight(&[&named, &format!("//{labels}//input"), &format!("//{labels}//select")]).await
    }

    /// The first element in sight that the first of these paths finds, once there is one.
    async fn in_sight(&self, paths: &[&str]) -> Element {
        let seen = until(PATIENCE, async || {
            for path in paths {
                for element in self.browser.find_all(Locator::XPath(path)).await.unwrap() {
                    if element.is_displayed().await.unwrap_or(false) {
                        return Some(element);
                    }
                }
            }
            None
        });
        match seen.await {
            Some(element) => element,
            None => panic!("none of {paths:?} is in sight {}", self.here().await),
        }
    }

    /// Presses with what the person has.
    async fn pushes(&self, element: &Element) {
        if self.how == How::Keyboard {
            self.reaches(element).await;
            let follows = element.tag_name().await.unwrap() == "a";
            self.browser.types([[if follows { Key::Enter.into() } else { ' ' }]]).await;
        } else {
            element.click().await.unwrap();
        }
    }

    async fn shows(&self, what: Locator<'_>) -> Element {
        match self.browser.wait().at_most(PATIENCE).for_element(what).await {
            Ok(element) => element,
            Err(error) => panic!("{what:?}: {error}, {}", self.here().await),
        }
    }

    /// Where the person is and what is there, for those who read why a test failed.
    pub(super) async fn here(&self) -> String {
        let url = self.browser.current_url().await.unwrap();
        format!("{:?} on {url}:\n{}", self.how, self.browser.source().await.unwrap())
    }
}

/// A menu or a dialog that is open.
const UNFOLDED: &str = "details[open], :popover-open, dialog[open]";
