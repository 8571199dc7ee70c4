//! `/dev/gallery`: every page in every state, and every part pages are made of. In development only.

use askama::Template;
use axum::response::Response;

use crate::config::Mode;
use crate::error::{Error, Result};
use crate::http::access::{Public, Reason};
use crate::http::extract::{Path, SampleWord};
use crate::http::panel::parts::view::{Look, View};
use crate::http::panel::samples::{self, Sample};
use crate::http::panel::{page, rendered};
use crate::http::routes::{Area, Routes};

/// Development is on loopback, and the samples are made up.
#[derive(Debug)]
enum Samples {}

impl Reason for Samples {
    const WHY: &'static str = "only in development, with made-up contents";
}

pub(super) fn routes() -> Routes {
    Routes::new(Area::Panel).get("/dev/gallery", "Every page in every state", index).get(
        "/dev/gallery/{sample}",
        "One page in one state",
        show,
    )
}

/// The table of contents.
#[derive(Debug, Template)]
#[template(path = "dev/gallery.html")]
struct Gallery {
    look: Look,
    pages: Vec<(&'static str, Vec<&'static str>)>,
}

async fn index(_: Public<Samples>, app: View) -> Result<Response> {
    only_in_development(&app)?;
    let mut pages: Vec<(&'static str, Vec<&'static str>)> = Vec::new();
    for Sample { page, state, .. } in samples::all(app.look()) {
        match pages.last_mut() {
            Some((last, states)) if *last == page => states.push(state),
            _ => pages.push((page, vec![state])),
        }
    }
    Ok(page(&Gallery { look: app.look(), pages }))
}

async fn show(_: Public<Samples>, app: View, Path(sample): Path<SampleWord>) -> Result<Response> {
    only_in_development(&app)?;
    let wanted = |known: &Sample| format!("{}-{}", known.page, known.state) == sample.0;
    let found = samples::all(app.look()).into_iter().find(wanted).ok_or(Error::NotFound)?;
    Ok(rendered(found.html))
}

fn only_in_development(app: &View) -> Result<()> {
    if app.config.mode == Mode::Dev { Ok(()) } else { Err(Error::NotFound) }
}
