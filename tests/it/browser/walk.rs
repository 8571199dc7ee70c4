//! A walk over many pages with two browsers at once, one for each core of a small machine. Used by the tests that
//! look at every page; must never know which pages there are.

use std::sync::Mutex;
use std::time::Instant;

use super::looks::{THEMES, WIDTHS};
use super::visitor::Visitor;
use crate::harness::browser::Wish;

/// Lets whoever is free take the next page, until none is left.
pub(super) async fn share(visitors: &[Visitor; 2], pages: &[String], work: impl AsyncFn(&Visitor, &str)) {
    let left = Mutex::new(pages.iter());
    let next = || left.lock().unwrap().next();
    let walk = async |visitor| {
        while let Some(page) = next() {
            work(visitor, page).await;
        }
    };
    tokio::join!(walk(&visitors[0]), walk(&visitors[1]));
}

/// What is wrong with each page in any of its looks. Says how long it took.
pub(super) async fn faults_of(visitors: &[Visitor; 2], pages: &[String]) -> Vec<String> {
    let began = Instant::now();
    let all = Mutex::new(Vec::new());
    share(visitors, pages, async |visitor, page| {
        let found = faults(visitor, page).await;
        all.lock().unwrap().extend(found);
    })
    .await;
    println!("{} pages in {:.1} s", pages.len(), began.elapsed().as_secs_f32());
    all.into_inner().unwrap()
}

/// Fails with all that is wrong.
#[track_caller]
pub(super) fn none(faults: &[String]) {
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}

/// What is wrong with a page on a narrow and a wide screen, in both themes. What a theme cannot change is judged in the
/// light one; then it gets dark before the eyes of the person, and its colours are judged.
pub(super) async fn faults(visitor: &Visitor, page: &str) -> Vec<String> {
    let mut faults = Vec::new();
    for width in WIDTHS {
        visitor.sits_before(width).await;
        for (theme, wish) in THEMES {
            visitor.browser.prefer(&[wish]).await;
            let found = if wish == Wish::Light {
                let mut found = visitor.tries(page).await;
                found.extend(visitor.overflow().await);
                found.extend(visitor.axe_violations(&[wish]).await);
                found
            } else {
                visitor.axe_colours(&[wish]).await
            };
            faults.extend(found.iter().map(|fault| format!("{page}, {theme}, {width} px: {fault}")));
        }
    }
    faults
}
