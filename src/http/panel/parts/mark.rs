//! The marks of the providers one signs in with, as their owners want them shown. The sign-in page and the account page
//! call this; a mark must never take another colour or shape than its owner gave it.

use std::fmt;

use crate::login::Provider;

/// A provider's mark, 20 by 20.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mark(pub(crate) Provider);

/// On a grid of 48: a ring from 14.4 to 24 in four colours, open at the upper right, with a bar 9 high.
const GOOGLE: &str = concat!(
    r##"<path fill="#EA4335" d="M40.1 6.2A24 24 0 0 0 2.6 13.2l8 6.2A14.1 14.1 0 0 1 33.2 13.1z"/>"##,
    r##"<path fill="#FBBC05" d="M2.6 13.2a24 24 0 0 0 0 21.6l8-6.2a14.3 14.3 0 0 1 0-9.2z"/>"##,
    r##"<path fill="#34A853" d="M2.6 34.8A24 24 0 0 0 39.9 42.2l-7.7-6A14.4 14.4 0 0 1 10.6 28.6z"/>"##,
    r##"<path fill="#4285F4" d="M24 20v9h12.9A11 11 0 0 1 32.2 36.2l7.7 6A25 25 0 0 0 46.6 20z"/>"##,
);

/// On a grid of 32: a disc, out of which the head, the neck and the tail of a cat are cut.
const GITHUB: &str = concat!(
    r#"<path fill="currentColor" d="M16 0A16 16 0 0 0 10.9 31.2q1.1.2 1.1-.8v-2.9"#,
    r#"c-4.5 1-5.4-1.9-5.4-1.9-.7-1.9-1.8-2.4-1.8-2.4-1.4-1 .1-1 .1-1 1.6.1 2.5 1.7 2.5 1.7 1.4 2.4 3.7 1.7 4.6 1.3"#,
    r#"q.2-1.5 1-2.1c-3.5-.4-7.3-1.8-7.3-7.9q0-2.6 1.7-4.3c-.2-.4-.7-2 .1-4.2 0 0 1.4-.4 4.5 1.6a15.3 15.3 0 0 1 8 0"#,
    r#"c3.1-2 4.4-1.6 4.4-1.6.9 2.2.4 3.8.2 4.2q1.6 1.7 1.6 4.3c0 6.1-3.7 7.5-7.3 7.9q1.1.9 1.1 2.9v4.4q0 1 1.1.8"#,
    r#"A16 16 0 0 0 16 0z"/>"#,
);

impl fmt::Display for Mark {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (grid, shapes) = match self.0 {
            Provider::Google => (48, GOOGLE),
            Provider::Github => (32, GITHUB),
        };
        write!(
            out,
            r#"<svg class="mark" viewBox="0 0 {grid} {grid}" width="20" height="20" aria-hidden="true" "#
        )?;
        write!(out, r#"focusable="false">{shapes}</svg>"#)
    }
}

/// Only the drawings above go into the markup.
impl askama::filters::HtmlSafe for Mark {}

#[cfg(test)]
mod tests {
    use askama::Template;

    use super::*;

    #[derive(Template)]
    #[template(source = "{{ mark }}", ext = "html")]
    struct Page {
        mark: Mark,
    }

    #[test]
    fn a_template_prints_each_mark_as_markup() {
        for (provider, paths) in [(Provider::Google, 4), (Provider::Github, 1)] {
            let page = Page { mark: Mark(provider) }.render().unwrap();
            assert!(page.starts_with("<svg class=\"mark\"") && page.ends_with("</svg>"), "{page}");
            assert_eq!(page.matches("<path fill=\"").count(), paths, "{page}");
        }
    }
}
