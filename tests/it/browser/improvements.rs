//! What the script improves, and that it only improves: the same job is done with it, without it, and by keyboard.

use std::time::Duration;

use fantoccini::key::Key;
use fantoccini::wd::Locator;

use super::first_day::freehold_dev;
use super::visitor::{How, Visitor};
use crate::harness::process::Node;
use crate::harness::until;

const PATIENCE: Duration = Duration::from_secs(10);

/// Ada, who owns the sample tenant, signed in.
async fn ada(node: &Node, how: How) -> Visitor {
    let ada = Visitor::opens(node, how).await;
    ada.visits("/login").await;
    ada.presses("Continue with Google").await;
    ada.presses("Ada").await;
    ada.reads("Acme").await;
    ada
}

/// Waits until the page says `text`.
async fn sees(visitor: &Visitor, text: &str) {
    let seen = until(PATIENCE, async || {
        let body = visitor.browser.find(Locator::Css("body")).await.ok()?.text().await.ok()?;
        body.contains(text).then_some(())
    });
    assert!(seen.await.is_some(), "{text:?} does not appear {}", visitor.here().await);
}

/// What readers of screens are told.
async fn hears(visitor: &Visitor, text: &str) {
    let said = "return [...document.querySelectorAll('[role=status]')].map(one => one.textContent).join('|')";
    let heard = until(PATIENCE, async || {
        let said = visitor.browser.execute(said, vec![]).await.ok()?;
        said.as_str()?.contains(text).then_some(())
    });
    assert!(heard.await.is_some(), "{text:?} is not said {}", visitor.here().await);
}

#[tokio::test]
async fn members_are_found_while_one_types() {
    let node = freehold_dev().await;
    let ada = ada(&node, How::Script).await;
    ada.visits("/t/acme/members").await;
    ada.browser.execute("window.same = true", vec![]).await.unwrap();
    ada.writes("Name or address", "nobody").await;
    sees(&ada, "Nobody found").await;
    hears(&ada, "Nobody").await;
    let place = ada.browser.current_url().await.unwrap();
    assert_eq!(place.query(), Some("search=nobody"), "the address can be passed on");
    ada.browser.types([[Key::Control.into(), 'a']]).await;
    ada.browser.types([['a'], ['d'], ['a']]).await;
    sees(&ada, "ada@").await;
    let same = ada.browser.execute("return window.same === true", vec![]).await.unwrap();
    assert_eq!(same, true, "without a new page");
    ada.is_content().await;
}

#[tokio::test]
async fn members_are_found_without_script() {
    let node = freehold_dev().await;
    let ada = ada(&node, How::NoScript).await;
    ada.visits("/t/acme/members").await;
    ada.writes("Name or address", "nobody").await;
    ada.presses("Search").await;
    assert!(ada.reads("Members").await.contains("Nobody found"));
    ada.presses("Show all members").await;
    assert!(ada.reads("Members").await.contains("1 person"));
}

#[tokio::test]
async fn keys_lead_where_the_navigation_does() {
    let node = freehold_dev().await;
    let ada = ada(&node, How::Keyboard).await;
    ada.browser.types([['g'], ['m']]).await;
    ada.reads("Members").await;
    ada.browser.types([['/']]).await;
    let focused = ada.browser.active_element().await.unwrap();
    assert_eq!(focused.attr("id").await.unwrap().as_deref(), Some("search"));
    ada.browser.types([['g'], ['o'], ['?']]).await;
    assert_eq!(focused.prop("value").await.unwrap().as_deref(), Some("go?"), "a field is for writing");
    ada.visits("/t/acme/members").await;
    ada.browser.types([['?']]).await;
    sees(&ada, "Keyboard shortcuts").await;
    ada.escapes().await;
}
