//! Hands that know no mouse: reach what is wanted by Tab alone, and look where the focus is at each step. Used by
//! the visitor; must never set the focus by script.

use std::time::Duration;

use fantoccini::elements::Element;
use fantoccini::key::Key;
use serde_json::{Value, json};

use super::visitor::Visitor;
use crate::harness::until;

/// So many steps nobody takes.
const FARTHEST: usize = 150;

/// How long a page may take to scroll to the focus and to draw it.
const DRAWN_WITHIN: Duration = Duration::from_secs(2);

/// Remembers which shadow everything has without the focus, and says whether the wanted element lies behind it.
const LOOKS_AROUND: &str = "
    const [wanted] = arguments;
    const shadows = window.shadowsAtRest ??= new WeakMap();
    for (const element of document.querySelectorAll('a, button, input, select, textarea, summary, [tabindex]'))
        if (element !== document.activeElement) shadows.set(element, getComputedStyle(element).boxShadow);
    const follows = wanted.compareDocumentPosition(document.activeElement) & Node.DOCUMENT_POSITION_FOLLOWING;
    return Boolean(follows);";

/// Says whether the wanted element has the focus, whether another choice of the same group has it, and what is
/// wrong with where the focus is.
const LOOKS: &str = "
    const [wanted] = arguments;
    const focused = document.activeElement;
    if (!focused || focused === document.body || focused === document.documentElement) return [false, false, null];
    const style = getComputedStyle(focused);
    const outlined = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0;
    const lit = style.boxShadow !== 'none' && style.boxShadow !== window.shadowsAtRest.get(focused);
    const box = focused.getClientRects()[0] ?? new DOMRect();
    const [left, right, top, bottom] = [box.left + 2, box.right - 2, box.top + 2, box.bottom - 2];
    const middle = [(left + right) / 2, (top + bottom) / 2];
    const inView = ([x, y]) => x >= 0 && y >= 0 && x < innerWidth && y < innerHeight;
    const points = [middle, [left, top], [right, top], [left, bottom], [right, bottom]].filter(inView);
    const uncovered = ([x, y]) => {
        const hit = document.elementFromPoint(x, y);
        return hit && (focused.contains(hit) || hit.closest('label')?.control === focused);
    };
    const wrong = !outlined && !lit ? 'shows no sign of the focus'
        : points.length === 0 ? 'has the focus outside the window'
        : !points.some(uncovered) ? 'has the focus under something else' : null;
    const beside = focused !== wanted && [focused, wanted].every(one => one.type === 'radio')
        && focused.name === wanted.name;
    return [focused === wanted, beside, wrong && focused.outerHTML.slice(0, 200) + ' ' + wrong];";

/// Where the focus is, seen from what is wanted.
enum Focus {
    There,
    /// On another choice of its group, where arrows go on and Tab leaves.
    Beside,
    Elsewhere,
}

impl Visitor {
    /// Presses Tab until this has the focus.
    pub(super) async fn reaches(&self, wanted: &Element) {
        if let Err(why) = self.tries_to_reach(wanted).await {
            panic!("{why}\n{}", self.here().await);
        }
    }

    /// The same, and tells why it cannot be reached instead of failing.
    pub(super) async fn tries_to_reach(&self, wanted: &Element) -> Result<(), String> {
        let backwards = self.asks_page(LOOKS_AROUND, wanted).await == true;
        let tab = Key::Tab.into();
        let step = if backwards { vec![Key::Shift.into(), tab] } else { vec![tab] };
        let next_choice = vec![Key::Down.into()];
        for _step in 0..FARTHEST {
            match self.focus(wanted).await? {
                Focus::There => return Ok(()),
                Focus::Beside => self.browser.types([&next_choice]).await,
                Focus::Elsewhere => self.browser.types([&step]).await,
            }
        }
        let html = wanted.html(false).await.unwrap();
        Err(format!("{html} is not reached by {FARTHEST} steps of Tab"))
    }

    /// Where the focus is; an error if nobody could see it.
    async fn focus(&self, wanted: &Element) -> Result<Focus, String> {
        let mut last = Err(String::new());
        let seen = until(DRAWN_WITHIN, async || {
            let found = self.asks_page(LOOKS, wanted).await;
            last = match (found[2].as_str(), &found[0], &found[1]) {
                (Some(why), ..) => Err(why.to_owned()),
                (None, Value::Bool(true), _) => Ok(Focus::There),
                (None, _, Value::Bool(true)) => Ok(Focus::Beside),
                (None, ..) => Ok(Focus::Elsewhere),
            };
            last.is_ok().then_some(())
        });
        seen.await;
        last
    }

    async fn asks_page(&self, script: &str, about: &Element) -> Value {
        self.browser.execute(script, vec![json!(about)]).await.unwrap()
    }
}
