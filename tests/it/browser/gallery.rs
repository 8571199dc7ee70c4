//! Every page and state of the gallery, each looked at in every way. Must never pass because the gallery is empty.

use fantoccini::wd::Locator;

use super::first_day::freehold_dev;
use super::visitor::{How, Visitor};
use super::walk;

/// Fewer pages than this are not the gallery.
const FEWEST: usize = 10;

/// The addresses of all pages and states, as the gallery's first page lists them.
pub(super) async fn addresses(visitor: &Visitor) -> Vec<String> {
    visitor.visits("/dev/gallery").await;
    let links = visitor.browser.find_all(Locator::Css("main a[href^='/dev/gallery/']")).await.unwrap();
    let mut addresses = Vec::new();
    for link in links {
        addresses.push(link.attr("href").await.unwrap().expect("it was found by its address"));
    }
    assert!(addresses.len() >= FEWEST, "the gallery has more than {addresses:?}");
    addresses
}

#[tokio::test]
async fn every_page_of_the_gallery_is_right_in_both_themes_and_widths() {
    look_at(|place| place % 2 == 0).await;
}

#[tokio::test]
async fn every_other_page_of_the_gallery_is_right_in_both_themes_and_widths() {
    look_at(|place| place % 2 == 1).await;
}

/// Looks at the pages at these places of the gallery.
async fn look_at(chosen: impl Fn(usize) -> bool) {
    let node = freehold_dev().await;
    let visitors: [Visitor; 2] =
        tokio::join!(Visitor::opens(&node, How::Script), Visitor::opens(&node, How::Script)).into();
    let all = addresses(&visitors[0]).await.into_iter().enumerate();
    let pages: Vec<String> = all.filter(|(place, _)| chosen(*place)).map(|(_, page)| page).collect();
    walk::none(&walk::faults_of(&visitors, &pages).await);
}
