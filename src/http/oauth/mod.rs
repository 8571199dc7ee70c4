//! OAuth: tokens for apps, what becomes of them, and where programs learn all this. Forms in, and out what the RFCs
//! say, errors too. Thin: what a client may have is the business of `oauth/`.

mod device;
mod documents;
mod fault;
mod forms;
mod proof;
mod request;
mod tokens;

use crate::http::routes::Routes;

pub(in crate::http) use self::fault::{is_at, told};

pub(super) fn routes() -> Routes {
    documents::routes().and(tokens::routes()).and(device::routes())
}
