//! The pages a signed-in person has, each looked at in every way. Must never pass because a page was not reached.

use super::first_day::freehold_dev;
use super::visitor::{How, Visitor};
use super::walk;
use crate::harness::process::Node;

/// What Ada, who owns the sample tenant, can open without an identifier.
pub(super) const PAGES: [&str; 10] = [
    "/tenants",
    "/account",
    "/t/acme",
    "/t/acme/members",
    "/t/acme/invitations",
    "/t/acme/roles",
    "/t/acme/settings",
    "/t/acme/audit",
    "/t/acme/audit/chain",
    "/dev/mailbox",
];

/// Ada at two browsers.
pub(super) async fn ada_twice(node: &Node) -> [Visitor; 2] {
    let signs_in = async || {
        let ada = Visitor::opens(node, How::Script).await;
        ada.visits("/login").await;
        ada.presses("Continue with Google").await;
        ada.presses("Ada").await;
        ada.reads("Acme").await;
        ada
    };
    tokio::join!(signs_in(), signs_in()).into()
}

#[tokio::test]
async fn every_page_of_a_person_is_right_in_both_themes_and_widths() {
    let node = freehold_dev().await;
    let stranger = Visitor::opens(&node, How::Script).await;
    let (visitors, mut faults) = tokio::join!(ada_twice(&node), walk::faults(&stranger, "/login"));
    faults.extend(walk::faults_of(&visitors, &PAGES.map(str::to_owned)).await);
    walk::none(&faults);
}
