//! How pages look in this browser: theme, contrast, shortcuts. Nothing is kept on the server, so nothing is audited.

use axum::response::{IntoResponse as _, Response};

use crate::error::{Error, Result};
use crate::http::access::SignedIn;
use crate::http::extract::Form;
use crate::http::panel::parts::notice::Notice;
use crate::http::panel::parts::view::View;
use crate::http::routes::{Area, Routes};

pub(super) fn routes() -> Routes {
    Routes::new(Area::Panel).post("/account/appearance", "Choose how pages look", choose)
}

async fn choose(_: SignedIn, app: View, form: Form) -> Result<Response> {
    form.only(&["theme", "contrast", "keys"])?;
    let chosen = app.look().with(form.text("theme")?, form.text("contrast")?, form.text("keys")?);
    let look = chosen.ok_or(Error::Malformed("there is no such appearance".into()))?;
    let mut response = Notice::LookSaved.at("/account").into_response();
    look.keep(&app, response.headers_mut());
    Ok(response)
}
