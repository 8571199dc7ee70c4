//! No tenant can stand where a path of ours stands.

use std::collections::BTreeSet;

use freehold::names::Slug;

/// Whether this could be a slug at all, reserved or not.
fn could_be_a_slug(word: &str) -> bool {
    Slug::parse(word).is_some()
}

#[test]
fn every_first_word_of_our_paths_is_reserved() {
    let table = freehold::http::table();
    let words: BTreeSet<&str> = table.iter().filter_map(|route| route.path.split('/').nth(1)).collect();
    let wanted: Vec<&str> = words.into_iter().filter(|word| could_be_a_slug(word)).collect();
    for known in ["account", "api", "assets", "auth", "dev", "healthz", "invitations", "login", "logout"] {
        assert!(wanted.contains(&known), "{known} is a path of ours");
    }
    for word in wanted {
        assert!(Slug::choose(word, "/slug").is_err(), "{word} can be taken: reserve it in names.rs");
    }
}
