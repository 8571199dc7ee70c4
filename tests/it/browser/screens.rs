//! Pictures of every page for people to look at. Run by `scripts/screens` alone; judges nothing but that each
//! page came as it should.

use std::path::{Path, PathBuf};

use super::first_day::freehold_dev;
use super::gallery;
use super::looks::{THEMES, WIDTHS};
use super::pages::{PAGES, ada_twice};
use super::visitor::{How, Visitor};
use super::walk;

#[tokio::test]
#[ignore = "writes pictures; scripts/screens runs it"]
async fn every_page_is_pictured() {
    #[allow(clippy::disallowed_methods, reason = "the script tells the folder by environment")]
    let folder = PathBuf::from(std::env::var("FREEHOLD_SCREENS").expect("scripts/screens names a folder"));
    let node = freehold_dev().await;
    let stranger = Visitor::opens(&node, How::Script).await;
    pictures(&stranger, "/login", &folder).await;
    let mut pages = gallery::addresses(&stranger).await;
    pages.extend(PAGES.map(str::to_owned));
    walk::share(&ada_twice(&node).await, &pages, async |ada, page| pictures(ada, page, &folder).await).await;
}

/// Writes a picture of a page in each of its looks. A page of the gallery has its state in its address; one of a
/// person shows what is really there.
async fn pictures(visitor: &Visitor, page: &str, folder: &Path) {
    let name = match page.strip_prefix("/dev/gallery/") {
        Some(sample) => sample.replace('/', "-"),
        None => format!("{}-real", page.trim_matches('/').replace('/', "-")),
    };
    for (theme, wish) in THEMES {
        for width in WIDTHS {
            visitor.sits_before(width).await;
            visitor.browser.prefer(&[wish]).await;
            visitor.visits(page).await;
            let picture = visitor.browser.picture().await;
            std::fs::write(folder.join(format!("{name}-{theme}-{width}.png")), picture).unwrap();
        }
    }
}
