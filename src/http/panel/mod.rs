//! The panel: pages for people. Works without script: forms, POST, 303, GET. Each page's context is a type; nothing
//! here knows SQL or decides. What pages are made of is in `parts`.

mod access;
mod account;
mod appearance;
mod apps;
mod asking;
mod assets;
mod audit;
mod denied;
mod device;
mod docs;
mod domains;
#[cfg(feature = "dev")]
mod gallery;
mod identities;
mod invitations;
mod invited;
mod inviting;
mod join;
mod joining;
#[cfg(feature = "dev")]
mod mailbox;
mod many;
mod member;
mod member_roles;
mod members;
mod operator;
mod overview;
mod parts;
mod problem;
mod project;
mod projects;
mod remove;
mod request;
mod requests;
mod role;
mod role_delete;
mod roles;
#[cfg(feature = "dev")]
mod samples;
mod search;
mod sessions;
mod settings;
pub(super) mod sign_in;
mod start;
mod tenants;
mod tokens;
mod transfer;

use askama::Template;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};

use self::parts::icon::Icon;
pub(super) use self::parts::view::Look;
pub(super) use self::problem::{Asked, bare_problem, problem};
use crate::error::Error;
use crate::http::routes::{Area, Routes};

/// Every page.
pub(super) fn routes() -> Routes {
    let pages = [
        assets::routes(),
        sign_in::routes(),
        start::routes(),
        tenants::routes(),
        overview::routes(),
        search::routes(),
        members::routes(),
        many::routes(),
        member::routes(),
        member_roles::routes(),
        remove::routes(),
        invitations::routes(),
        inviting::routes(),
        join::routes(),
        requests::routes(),
        request::routes(),
        joining::routes(),
        roles::routes(),
        role::routes(),
        role_delete::routes(),
        projects::routes(),
        project::routes(),
        apps::routes(),
        tokens::routes(),
        access::routes(),
        audit::routes(),
        settings::routes(),
        transfer::routes(),
        domains::routes(),
        operator::routes(),
        account::routes(),
        device::routes(),
        sessions::routes(),
        identities::routes(),
        appearance::routes(),
        docs::routes(),
        #[cfg(feature = "dev")]
        mailbox::routes(),
        #[cfg(feature = "dev")]
        gallery::routes(),
    ];
    pages.into_iter().fold(Routes::new(Area::Panel), Routes::and)
}

/// A rendered page.
fn page(template: &impl Template) -> Response {
    rendered(template.render())
}

fn rendered(html: askama::Result<String>) -> Response {
    match html {
        Ok(html) => {
            let mut response = html.into_response();
            let kind = HeaderValue::from_static("text/html; charset=utf-8");
            response.headers_mut().insert(header::CONTENT_TYPE, kind);
            response
        }
        Err(error) => Error::internal("a page cannot be rendered", error).into_response(),
    }
}

/// A rendered page with another status than 200.
fn page_with(status: StatusCode, template: &impl Template) -> Response {
    let mut response = page(template);
    if response.status() == StatusCode::OK {
        *response.status_mut() = status;
    }
    response
}
