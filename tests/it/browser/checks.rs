//! The checks of this folder, each shown a page with the fault it is there for. Must never pass a check that
//! cannot fail.

use fantoccini::wd::Locator;

use super::visitor::{How, Visitor};
use super::{mirror, walk};
use crate::harness::browser::Wish;
use crate::harness::browser::journal::refused_page;

/// The one complaint contains each of these.
#[track_caller]
fn tells(complaints: &[String], parts: &[&str]) {
    assert_eq!(complaints.len(), 1, "{complaints:#?}");
    assert!(parts.iter().all(|part| complaints[0].contains(part)), "{parts:?} in {complaints:#?}");
}

#[tokio::test]
async fn complaints_of_the_browser_are_heard() {
    let origin = mirror::serve().await;
    let ann = Visitor::opens_at(&origin, How::Script).await;
    ann.visits("/right").await;
    tells(&ann.tries("/console").await, &["said"]);
    tells(&ann.tries("/policy").await, &["Content Security Policy", "inline script"]);
    tells(&ann.tries("/missing").await, &["404", "Image", "/missing.png"]);
    let cut = ann.tries("/cut").await;
    assert!(cut.iter().any(|line| line.starts_with("failed: Image http://127.0.0.1:1/")), "{cut:#?}");
    tells(&ann.tries("/shift").await, &["layout shift", "pushed down"]);
    tells(&ann.tries("/secret").await, &[&refused_page(403, &format!("{origin}/secret"))]);
    ann.is_refused("/secret", 403).await;
    ann.visits("/right").await;
}

#[tokio::test]
async fn complaints_are_heard_without_javascript() {
    let origin = mirror::serve().await;
    let ann = Visitor::opens_at(&origin, How::NoScript).await;
    ann.visits("/right").await;
    ann.visits("/console").await;
    tells(&ann.tries("/missing").await, &["404", "Image", "/missing.png"]);
    ann.is_refused("/secret", 403).await;
}

#[tokio::test]
async fn faults_of_the_looks_are_seen() {
    let ann = Visitor::opens_at(&mirror::serve().await, How::Script).await;
    walk::none(&walk::faults(&ann, "/right").await);
    let unlabelled = walk::faults(&ann, "/unlabelled").await;
    assert_eq!(unlabelled.len(), 2, "once in both widths: {unlabelled:#?}");
    assert!(unlabelled.iter().all(|fault| fault.contains("label: Form elements must have labels")));
    let pale = walk::faults(&ann, "/pale").await;
    assert!(pale.len() == 2 && pale.iter().all(|fault| fault.contains("dark") && fault.contains("contrast")));
    tells(&walk::faults(&ann, "/wide").await[..1], &["light, 360 px", "708 px wide"]);
    ann.visits("/right").await;
    for wishes in [[Wish::ForcedColors, Wish::Light], [Wish::MoreContrast, Wish::ReducedMotion]] {
        ann.has_no_axe_violations(&wishes).await;
    }
}

#[tokio::test]
async fn a_keyboard_sees_where_it_cannot_go() {
    let zoe = Visitor::opens_at(&mirror::serve().await, How::Keyboard).await;
    let faults = [
        ("/unseen", "no sign of the focus"),
        ("/lit", "no sign of the focus"),
        ("/far", "outside the window"),
        ("/covered", "under something else"),
        ("/skipped", "not reached"),
    ];
    for (page, fault) in faults {
        zoe.visits(page).await;
        let link = zoe.browser.find(Locator::Css("a")).await.unwrap();
        let told = zoe.tries_to_reach(&link).await.expect_err(page);
        assert!(told.contains(fault), "{page}: {told}");
    }
}

/// Fills fields, opens menus and dialogs, leaves them, and follows what they offer.
async fn uses_everything(how: How) {
    let zoe = Visitor::opens_at(&mirror::serve().await, how).await;
    fills_fields(&zoe).await;
    for (button, link) in [("Menu", "Right"), ("Remove", "Do remove")] {
        zoe.visits("/menus").await;
        zoe.unfolds(button).await;
        zoe.escapes().await;
        zoe.unfolds(button).await;
        zoe.presses(link).await;
        assert_eq!(zoe.path().await, "/right");
    }
    zoe.visits("/menus").await;
    zoe.unfolds("More").await;
    zoe.presses("More right").await;
}

async fn fills_fields(zoe: &Visitor) {
    zoe.visits("/fields").await;
    zoe.ticks("Often").await;
    zoe.ticks("Blue").await;
    zoe.writes("Size", "Large").await;
    zoe.writes("Name", "New").await;
    for (field, property, value) in [
        ("#often", "checked", "true"),
        ("#blue", "checked", "true"),
        ("#size", "value", "Large"),
        ("#name", "value", "New"),
    ] {
        let field = zoe.browser.find(Locator::Css(field)).await.unwrap();
        assert_eq!(field.prop(property).await.unwrap().as_deref(), Some(value));
    }
}

#[tokio::test]
async fn fields_menus_and_dialogs_are_used_with_a_mouse() {
    uses_everything(How::Script).await;
}

#[tokio::test]
async fn fields_menus_and_dialogs_are_used_without_javascript() {
    uses_everything(How::NoScript).await;
}

#[tokio::test]
async fn fields_menus_and_dialogs_are_used_by_keyboard() {
    uses_everything(How::Keyboard).await;
}
