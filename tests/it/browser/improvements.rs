//! What the script improves, and that it only improves: the same job is done with it, without it, and by keyboard.

use std::time::Duration;

use fantoccini::key::Key;
use fantoccini::wd::Locator;

use super::first_day::freehold_dev;
use super::visitor::{How, Visitor};
use crate::harness::browser::Wish;
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

/// The element that has the focus, as it is known to readers of screens.
async fn focus(visitor: &Visitor) -> String {
    let named = "const one = document.activeElement; return one.ariaLabel ?? one.textContent.trim()";
    visitor.browser.execute(named, vec![]).await.unwrap().as_str().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn leaving_is_asked_in_a_dialog_and_can_be_called_off() {
    let node = freehold_dev().await;
    for how in [How::Script, How::Keyboard] {
        let ada = ada(&node, how).await;
        ada.visits("/tenants").await;
        ada.unfolds("Leave…").await;
        sees(&ada, "Leave Acme?").await;
        assert_eq!(ada.path().await, "/tenants", "the page stays");
        ada.has_no_axe_violations(&[Wish::Light]).await;
        ada.has_no_axe_violations(&[Wish::Dark]).await;
        ada.escapes().await;
        assert!(focus(&ada).await.starts_with("Leave"), "the focus is where it was");
        ada.unfolds("Leave…").await;
        ada.folds("Cancel").await;
        assert_eq!(ada.path().await, "/tenants", "it was called off");
    }
}

#[tokio::test]
async fn leaving_is_asked_on_a_page_without_script() {
    let node = freehold_dev().await;
    let ada = ada(&node, How::NoScript).await;
    ada.visits("/tenants").await;
    ada.presses("Leave…").await;
    ada.reads("Leave Acme?").await;
    ada.presses("Cancel").await;
    ada.reads("Acme").await;
}

#[tokio::test]
async fn the_palette_leads_anywhere_by_keys() {
    let node = freehold_dev().await;
    let ada = ada(&node, How::Keyboard).await;
    ada.browser.types([[Key::Control.into(), 'k']]).await;
    sees(&ada, "Invite someone").await;
    hears(&ada, "results").await;
    ada.has_no_axe_violations(&[Wish::Light]).await;
    ada.has_no_axe_violations(&[Wish::Dark]).await;
    ada.browser.types("settings".chars().map(|letter| [letter])).await;
    hears(&ada, "1 result").await;
    ada.browser.types([[Key::Enter.into()]]).await;
    ada.reads("Settings").await;
    assert_eq!(ada.path().await, "/t/acme/settings");
}

#[tokio::test]
async fn what_the_palette_finds_is_found_without_script() {
    let node = freehold_dev().await;
    let ada = ada(&node, How::NoScript).await;
    ada.presses("Search or go to…").await;
    ada.writes("A page, an action", "ada").await;
    ada.presses("Search").await;
    ada.presses("Ada Sample").await;
    assert!(ada.path().await.starts_with("/t/acme/members/"));
}

#[tokio::test]
async fn a_theme_is_chosen_and_stays() {
    let node = freehold_dev().await;
    for how in [How::Script, How::NoScript, How::Keyboard] {
        let ada = ada(&node, how).await;
        ada.visits("/account").await;
        ada.ticks("Dark").await;
        if how == How::NoScript {
            ada.presses("Save the appearance").await;
        }
        let root =
            async || ada.browser.find(Locator::Css("html")).await.unwrap().attr("data-theme").await.unwrap();
        let dark = until(PATIENCE, async || (root().await.as_deref() == Some("dark")).then_some(()));
        assert!(dark.await.is_some(), "{how:?}");
        // It is kept in the background; the next page is right from its first byte.
        let kept = until(PATIENCE, async || ada.browser.get_named_cookie("freehold-look").await.ok());
        assert_eq!(kept.await.expect("a cookie").value(), "dark");
        ada.visits("/t/acme").await;
        assert_eq!(root().await.as_deref(), Some("dark"), "{how:?}");
    }
}

#[tokio::test]
async fn an_id_is_copied_and_a_tenant_is_deleted_only_by_its_name() {
    let node = freehold_dev().await;
    let ada = ada(&node, How::Script).await;
    ada.visits("/t/acme/settings").await;
    let copy = ada.browser.find(Locator::Css("button[data-copy]")).await.unwrap();
    copy.click().await.unwrap();
    hears(&ada, "opied").await;
    let button = "return document.querySelector('[data-confirm-button]').ariaDisabled";
    assert_eq!(ada.browser.execute(button, vec![]).await.unwrap(), "true");
    ada.writes("Type acme to confirm", "acme").await;
    assert_eq!(ada.browser.execute(button, vec![]).await.unwrap(), "false");
    ada.presses("Delete this tenant").await;
    assert!(ada.reads("Your tenants").await.contains("You are in no tenant yet"));
}
