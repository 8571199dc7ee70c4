//! The operators' pages: how the installation is, every tenant and everyone who has an account, from outside. For
//! everyone else they are not there.

pub(super) mod home;
pub(super) mod people;
pub(super) mod person;
pub(super) mod reason;
pub(super) mod tenant;
pub(super) mod tenants;

use crate::http::routes::{Area, Routes};

/// Every page of operators.
pub(super) fn routes() -> Routes {
    [home::routes(), tenants::routes(), tenant::routes(), people::routes(), person::routes()]
        .into_iter()
        .fold(Routes::new(Area::Panel), Routes::and)
}

/// The address of a list with what is asked for; what is empty is left out.
fn address(path: &str, asked: [(&str, &str); 3]) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(asked.into_iter().filter(|(_, value)| !value.is_empty()));
    match query.finish() {
        empty if empty.is_empty() => path.to_owned(),
        query => format!("{path}?{query}"),
    }
}
