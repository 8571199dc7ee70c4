//! A role from its making to its end, with script, without, and by keyboard alone.

use super::first_day::freehold_dev;
use super::visitor::{How, Visitor};
use crate::harness::process::Node;

/// Ada, who owns the sample tenant, signs in and makes a role.
async fn makes_a_role(node: &Node, how: How) -> Visitor {
    let ada = Visitor::opens(node, how).await;
    ada.visits("/login").await;
    ada.presses("Continue with Google").await;
    ada.presses("Ada").await;
    ada.presses("Roles").await;
    ada.presses("New role").await;
    ada.writes("Name", "On call").await;
    ada.ticks("Viewer").await;
    ada.ticks("Allow audit:read").await;
    ada.ticks("Deny projects:read").await;
    ada.presses("Make the role").await;
    let made = ada.reads("On call").await;
    assert!(made.contains("The role is made."), "{made}");
    ada
}

/// She thinks better of a denial, is shown that it touches nobody, and adds a word.
async fn changes_it(ada: &Visitor) {
    ada.ticks("Deny projects:read").await;
    ada.presses("Save the role…").await;
    let asked = ada.reads("Save the role On call?").await;
    assert!(asked.contains("Nobody gains or loses anything."), "{asked}");
    ada.presses("Go on editing").await;
    ada.reads("On call").await;
    ada.writes("Description", "Answers at night.").await;
    ada.presses("Save the role…").await;
    ada.reads("Save the role On call?").await;
    ada.presses("Save the role").await;
    assert!(ada.reads("On call").await.contains("already in effect"));
}

/// She copies it, and deletes the copy: asked in a dialog, or on a page where there is no script.
async fn copies_and_deletes_it(ada: &Visitor) {
    ada.presses("Copy").await;
    ada.presses("Make the role").await;
    ada.reads("Copy of On call").await;
    if ada.how == How::NoScript {
        ada.presses("Delete…").await;
    } else {
        ada.unfolds("Delete…").await;
    }
    ada.presses("Delete the role").await;
    let roles = ada.reads("Roles").await;
    assert!(roles.contains("The role is deleted.") && !roles.contains("Copy of On call"), "{roles}");
    assert!(roles.contains("On call"), "{roles}");
}

#[tokio::test]
async fn a_role_is_made_changed_copied_and_deleted() {
    for how in [How::Script, How::NoScript, How::Keyboard] {
        let node = freehold_dev().await;
        let ada = makes_a_role(&node, how).await;
        changes_it(&ada).await;
        copies_and_deletes_it(&ada).await;
    }
}
