//! The panel through its router: what pages show to whom, and what their forms do.

mod access;
mod account;
mod app_roles;
mod apps;
mod audit;
mod audit_live;
mod domains;
mod escaping;
mod forms;
mod invitations;
mod many;
mod members;
mod overview;
mod people;
mod previews;
mod projects;
mod requests;
mod roles;
mod search;
mod signing_in;
mod tenant_life;
mod tokens;
mod undo;

use crate::harness::app::Answer;

/// What stands in the first hidden field of this name.
fn hidden(page: &Answer, name: &str) -> String {
    let page = page.text();
    let (_, rest) = page.split_once(&format!("name=\"{name}\" value=\"")).expect("a hidden field");
    rest.split('"').next().unwrap().to_owned()
}

/// What a page shows this once.
fn shown_once(page: &Answer) -> String {
    let page = page.text();
    let (_, rest) = page.split_once("<code id=\"made\">").expect("something to copy");
    rest.split('<').next().unwrap().to_owned()
}

/// What a page or the header of a redirect says, for texts that are in it or not.
trait Reads {
    /// The path a redirect leads to.
    fn leads_to(&self) -> &str;
    /// Asserts that the page has these texts.
    fn has(&self, texts: &[&str]) -> &Self;
    /// Asserts that the page has none of these texts.
    fn lacks(&self, texts: &[&str]) -> &Self;
}

impl Reads for Answer {
    #[track_caller]
    fn leads_to(&self) -> &str {
        assert_eq!(self.status, 303, "{}", self.text());
        self.header("location").unwrap()
    }

    #[track_caller]
    fn has(&self, texts: &[&str]) -> &Self {
        let page = self.text();
        for text in texts {
            assert!(page.contains(text), "it lacks {text:?}: {page}");
        }
        self
    }

    #[track_caller]
    fn lacks(&self, texts: &[&str]) -> &Self {
        let page = self.text();
        for text in texts {
            assert!(!page.contains(text), "it has {text:?}: {page}");
        }
        self
    }
}
