//! The origins an app registers, as browsers send them. Read when an app is registered or changed; must never let one
//! stand for more than itself.

use url::Url;

use super::MOST_ORIGINS;
use crate::error::{Error, FieldError, Result};

/// Reads origins: scheme, host and port, nothing else, each once. Every bad one is named at once.
pub(super) fn read(wanted: &[String]) -> Result<Vec<String>> {
    if wanted.len() > MOST_ORIGINS {
        return Err(Error::invalid("/allowed_origins", "too_many", "Name at most 20 origins."));
    }
    let (mut origins, mut problems): (Vec<String>, Vec<FieldError>) = (Vec::new(), Vec::new());
    for (place, text) in wanted.iter().enumerate() {
        match origin(text.trim()) {
            Some(origin) if !origins.contains(&origin) => origins.push(origin),
            Some(_) => {}
            None => problems.push(FieldError {
                pointer: format!("/allowed_origins/{place}"),
                code: "invalid",
                detail: "Write it like https://app.example.com: no path, and http only for localhost.".into(),
            }),
        }
    }
    if problems.is_empty() { Ok(origins) } else { Err(Error::Invalid(problems)) }
}

fn origin(text: &str) -> Option<String> {
    let url = Url::parse(text).ok()?;
    let local = matches!(url.host_str()?, "localhost" | "127.0.0.1" | "[::1]");
    // A host may be written with characters that no name has, and `*` would look like many.
    let named = url.host_str()?.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-[]:".contains(&byte));
    let scheme = named && (url.scheme() == "https" || (url.scheme() == "http" && local));
    let origin = url.origin().ascii_serialization();
    // What is more than an origin, or written otherwise than a browser would, is not what was meant.
    let whole = text == origin || text == format!("{origin}/");
    (scheme && whole).then_some(origin)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_scheme_host_and_port() {
        for good in [
            "https://app.example.com",
            "https://app.example.com:8443",
            "http://localhost:5173",
            "http://[::1]:3000",
        ] {
            assert_eq!(origin(good).as_deref(), Some(good));
        }
        assert_eq!(origin("https://app.example.com/").as_deref(), Some("https://app.example.com"));
        for bad in [
            "",
            "*",
            "null",
            "https://*",
            "https://*.example.com",
            "http://app.example.com",
            "https://a.example/x",
            "https://user@a.example",
            "https://a.example?x",
            "https://a.example#x",
            "file:///x",
            "https://",
            "HTTPS://A.example",
            "https://a.example:443",
            "javascript:alert(1)",
            "https://a.example https://b.example",
        ] {
            assert_eq!(origin(bad), None, "{bad}");
        }
    }
}
