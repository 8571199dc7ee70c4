//! What pages fetch besides themselves: one stylesheet, one script and one icon, embedded in the program. Their names hold a
//! hash of what is in them, so browsers may keep them for good.

use std::sync::LazyLock;

use aws_lc_rs::digest::{SHA256, digest};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as URL_SAFE;
use http::{HeaderValue, header};

use crate::error::{Error, Result};
use crate::http::access::{Public, reason};
use crate::http::extract::{FileWord, Path};
use crate::http::routes::{Area, Routes};

struct Asset {
    path: String,
    kind: &'static str,
    body: &'static str,
}

static STYLE: LazyLock<Asset> = LazyLock::new(|| {
    Asset::new("freehold", "css", "text/css; charset=utf-8", include_str!("../../../assets/freehold.css"))
});
static ICON: LazyLock<Asset> = LazyLock::new(|| Asset::new("icon", "svg", "image/svg+xml", BRAND));

static SCRIPT: LazyLock<Asset> = LazyLock::new(|| {
    Asset::new(
        "freehold",
        "js",
        "text/javascript; charset=utf-8",
        include_str!("../../../assets/freehold.js"),
    )
});
/// The product's mark, which pages hold themselves.
pub(super) const BRAND: &str = include_str!("../../../assets/icon.svg");

impl Asset {
    fn new(name: &str, ending: &str, kind: &'static str, body: &'static str) -> Self {
        let hash = digest(&SHA256, body.as_bytes());
        let hash: String =
            URL_SAFE.encode(hash).chars().filter(char::is_ascii_alphanumeric).take(12).collect();
        Self { path: format!("/assets/{name}-{hash}.{ending}"), kind, body }
    }
}

/// The path of the stylesheet.
pub(super) fn style() -> &'static str {
    &STYLE.path
}

/// The path of the script.
pub(super) fn script() -> &'static str {
    &SCRIPT.path
}

/// The path of the icon.
pub(super) fn icon() -> &'static str {
    &ICON.path
}

pub(super) fn routes() -> Routes {
    Routes::new(Area::Panel).get("/assets/{file}", "Style, script and icon", show)
}

async fn show(_: Public<reason::Document>, Path(file): Path<FileWord>) -> Result<Response> {
    let named = |asset: &&Asset| asset.path.strip_prefix("/assets/") == Some(file.0.as_str());
    let asset = [&*STYLE, &*SCRIPT, &*ICON].into_iter().find(named).ok_or(Error::NotFound)?;
    let mut response = asset.body.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(asset.kind));
    let forever = HeaderValue::from_static("public, max-age=31536000, immutable");
    headers.insert(header::CACHE_CONTROL, forever);
    Ok(response)
}
