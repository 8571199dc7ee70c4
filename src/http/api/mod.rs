//! The API: one file per resource; JSON in and out. Each handler declares who may call it, calls the domain, and
//! answers; nothing here knows SQL or decides.

mod me;

use crate::http::routes::Routes;

/// Every API route.
pub(super) fn routes() -> Routes {
    me::routes()
}
