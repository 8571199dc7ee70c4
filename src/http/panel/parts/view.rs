//! What a page's handler is given: the application, and the look its reader chose in this browser. The look is kept
//! in a cookie, so that a page is right when it arrives, without script; it decides nothing else.

use std::fmt;
use std::ops::Deref;

use axum::extract::FromRequestParts;
use http::request::Parts;
use http::{HeaderMap, HeaderValue, header};

use crate::http::openapi::{Input, Operation};
use crate::http::principal::{cookie, set_cookie};
use crate::http::state::AppState;

/// The cookie that keeps the look: words joined by dots.
const COOKIE: &str = "freehold-look";

/// The application, as a handler of pages sees it. The second argument of each.
#[derive(Debug, Clone)]
pub(in crate::http) struct View {
    app: AppState,
    look: Look,
}

impl Deref for View {
    type Target = AppState;

    fn deref(&self) -> &AppState {
        &self.app
    }
}

impl FromRequestParts<AppState> for View {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self, Self::Rejection> {
        Ok(Self { app: app.clone(), look: Look::of(&parts.headers) })
    }
}

impl Input for View {
    fn describe(_: &mut Operation) {}
}

impl View {
    /// How its reader wants pages to look.
    pub(in crate::http) fn look(&self) -> Look {
        self.look
    }
}

/// How someone wants pages to look and to be handled. What is not chosen follows the system.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::http) struct Look {
    /// Light or dark.
    pub(in crate::http::panel) theme: Option<Theme>,
    /// Whether contrast is raised whatever the system says.
    pub(in crate::http::panel) more_contrast: bool,
    /// Whether shortcuts of one key are off (WCAG 2.1.4).
    pub(in crate::http::panel) keys_off: bool,
}

/// Light or dark, whatever the system says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::http::panel) enum Theme {
    /// Light.
    Light,
    /// Dark.
    Dark,
}

impl Look {
    /// The look the request's cookie asks for. Words that are not ours mean nothing.
    pub(in crate::http) fn of(headers: &HeaderMap) -> Self {
        let Ok(Some(words)) = cookie(headers, COOKIE) else { return Self::default() };
        words.split('.').fold(Self::default(), |look, word| match word {
            "light" => Self { theme: Some(Theme::Light), ..look },
            "dark" => Self { theme: Some(Theme::Dark), ..look },
            "more" => Self { more_contrast: true, ..look },
            "nokeys" => Self { keys_off: true, ..look },
            _ => look,
        })
    }

    /// This look but for what `words` choose; nothing when a word is none of ours.
    pub(in crate::http::panel) fn with(self, theme: &str, contrast: &str, keys: &str) -> Option<Self> {
        let theme = match theme {
            "" => self.theme,
            "system" => None,
            "light" => Some(Theme::Light),
            "dark" => Some(Theme::Dark),
            _ => return None,
        };
        let either = |word: &str, (no, yes): (&str, &str), before: bool| match word {
            "" => Some(before),
            word if word == yes => Some(true),
            word if word == no => Some(false),
            _ => None,
        };
        Some(Self {
            theme,
            more_contrast: either(contrast, ("system", "more"), self.more_contrast)?,
            keys_off: either(keys, ("on", "off"), self.keys_off)?,
        })
    }

    /// Keeps it in the browser for a year.
    pub(in crate::http::panel) fn keep(self, app: &AppState, headers: &mut HeaderMap) {
        const YEAR: std::time::Duration = std::time::Duration::from_hours(24 * 365);
        let theme = self.theme.map(|theme| if theme == Theme::Dark { "dark" } else { "light" });
        let words: Vec<&str> =
            [theme, self.more_contrast.then_some("more"), self.keys_off.then_some("nokeys")]
                .into_iter()
                .flatten()
                .collect();
        let age = (!words.is_empty()).then_some(YEAR);
        if let Ok(value) = HeaderValue::from_str(&set_cookie(app, COOKIE, &words.join("."), age)) {
            headers.append(header::SET_COOKIE, value);
        }
    }

    /// Whether the theme is this word.
    pub(in crate::http::panel) fn is(self, word: &str) -> bool {
        word == match self.theme {
            None => "system",
            Some(Theme::Light) => "light",
            Some(Theme::Dark) => "dark",
        }
    }
}

/// As attributes of the root element.
impl fmt::Display for Look {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.theme {
            None => {}
            Some(Theme::Light) => out.write_str(" data-theme=\"light\"")?,
            Some(Theme::Dark) => out.write_str(" data-theme=\"dark\"")?,
        }
        if self.more_contrast {
            out.write_str(" data-contrast=\"more\"")?;
        }
        if self.keys_off {
            out.write_str(" data-keys=\"off\"")?;
        }
        Ok(())
    }
}

impl askama::filters::HtmlSafe for Look {}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(cookie: &str) -> String {
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, HeaderValue::from_str(cookie).unwrap());
        Look::of(&headers).to_string()
    }

    #[test]
    fn a_look_is_read_from_its_cookie() {
        assert_eq!(look("freehold-look=dark.more"), " data-theme=\"dark\" data-contrast=\"more\"");
        assert_eq!(look("a=b; freehold-look=nokeys"), " data-keys=\"off\"");
        assert_eq!(look("a=b"), "");
    }

    #[test]
    fn a_made_up_look_shows_nothing_of_itself() {
        assert_eq!(look("freehold-look=\"><script>.dark"), " data-theme=\"dark\"");
        assert_eq!(look("freehold-look=dark; freehold-look=light"), "", "two of them mean nothing");
    }
}
