//! How pages look to people and to their aids: what axe finds, what moves, what is too wide. Used by the visitor
//! and the walk over all pages; must never fetch a tool from the network.

use std::path::Path;
use std::sync::OnceLock;
use std::time::Duration;

use serde_json::{Value, json};

use super::visitor::{How, Visitor};
use crate::harness::browser::Wish;
use crate::harness::until;

/// The narrowest screen that pages are made for, and a wide one.
pub(super) const WIDTHS: [u32; 2] = [360, 1440];

/// What people who like light and dark pages ask for.
pub(super) const THEMES: [(&str, Wish); 2] = [("light", Wish::Light), ("dark", Wish::Dark)];

const RULES: [&str; 6] = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
/// The rules that judge colours.
const COLOURS: [&str; 2] = ["color-contrast", "link-in-text-block"];

/// Lets transitions end first, or axe would judge colours that nobody sees.
const RUNS_AXE: &str = "
    const [rules, done] = arguments;
    for (const moving of document.getAnimations())
        try { moving.finish(); } catch { moving.cancel(); }
    const told = ({ id, help, nodes }) => id + ': ' + help + nodes.map(({ html, failureSummary }) =>
        '\\n    ' + html.slice(0, 300) + '\\n      ' + failureSummary.replaceAll('\\n', '\\n      ')).join('');
    axe.run(document, { runOnly: rules, resultTypes: ['violations'] })
        .then(({ violations }) => done(violations.map(told)), error => done(['axe: ' + error]));";

/// Two frames later everything that was painted has been measured. Each shift is told once.
const SUMS_SHIFTS: &str = "
    const [done] = arguments;
    const seen = [];
    const observer = new PerformanceObserver(list => seen.push(...list.getEntries()));
    observer.observe({ type: 'layout-shift', buffered: true });
    const named = ({ node }) => node?.outerHTML?.slice(0, 120) ?? 'something';
    const told = ({ value, sources }) => value.toFixed(4) + ' by ' + sources.map(named).join(', ');
    requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => {
        seen.push(...observer.takeRecords());
        observer.disconnect();
        const fresh = seen.filter(({ startTime }) => startTime > (window.shiftsToldUntil ?? 0));
        window.shiftsToldUntil = performance.now();
        done(fresh.filter(shift => !shift.hadRecentInput && shift.value > 0).map(told));
    })));";

const FINDS_OVERFLOW: &str = "
    const page = document.scrollingElement;
    if (page.scrollWidth <= innerWidth) return null;
    const wide = [...document.body.querySelectorAll('*')]
        .filter(element => element.getBoundingClientRect().right > innerWidth + 0.5)
        .map(element => element.outerHTML.slice(0, 120));
    return page.scrollWidth + ' px wide: ' + wide.slice(0, 5).join('\\n    ');";

impl Visitor {
    /// Makes the window this wide, and waits until the page knows: else the next one would begin in the old width.
    pub(super) async fn sits_before(&self, width: u32) {
        self.browser.resize(width, 900).await;
        let wide = until(Duration::from_secs(5), async || {
            let now = self.browser.execute("return innerWidth", vec![]).await.ok()?;
            (now == width).then_some(())
        });
        assert!(wide.await.is_some(), "the window does not become {width} px wide");
    }

    /// Fails if axe finds anything in this page for someone with these wishes.
    pub(super) async fn has_no_axe_violations(&self, wishes: &[Wish]) {
        let found = self.axe_violations(wishes).await;
        assert!(found.is_empty(), "{wishes:?}, {}:\n{}", self.path().await, found.join("\n"));
    }

    /// What axe finds in this page: the rule, what it asks for, and where it is broken.
    pub(super) async fn axe_violations(&self, wishes: &[Wish]) -> Vec<String> {
        self.axe_finds(wishes, json!(RULES)).await
    }

    /// The same, asking only for what a theme can change: colours. All else of a page is the same in every theme, and
    /// judging it takes far longer.
    pub(super) async fn axe_colours(&self, wishes: &[Wish]) -> Vec<String> {
        self.axe_finds(wishes, json!({ "type": "rule", "values": COLOURS })).await
    }

    async fn axe_finds(&self, wishes: &[Wish], rules: Value) -> Vec<String> {
        self.browser.prefer(wishes).await;
        let there = self.browser.execute("return 'axe' in window", vec![]).await.unwrap();
        if there == false {
            self.browser.execute(axe(), vec![]).await.unwrap();
        }
        texts(&self.browser.execute_async(RUNS_AXE, vec![rules]).await.unwrap())
    }

    /// What moved under the person's eyes since the page came. Without scripts it cannot be measured.
    pub(super) async fn layout_shift(&self) -> Vec<String> {
        if self.how == How::NoScript {
            return Vec::new();
        }
        let found = texts(&self.browser.execute_async(SUMS_SHIFTS, vec![]).await.unwrap());
        found.iter().map(|shift| format!("layout shift: {shift}")).collect()
    }

    /// What makes the page wider than the window.
    pub(super) async fn overflow(&self) -> Option<String> {
        let found = self.browser.execute(FINDS_OVERFLOW, vec![]).await.unwrap();
        found.as_str().map(str::to_owned)
    }
}

fn axe() -> &'static str {
    static SOURCE: OnceLock<String> = OnceLock::new();
    SOURCE.get_or_init(|| {
        let file = "tests/tools/node_modules/axe-core/axe.min.js";
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
        std::fs::read_to_string(path).expect("axe; scripts/setup installs it")
    })
}

fn texts(list: &Value) -> Vec<String> {
    serde_json::from_value(list.clone()).expect("a list of texts")
}
