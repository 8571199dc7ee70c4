//! The two questions of a command-line tool (RFC 8628): to be let in, and whether it was. Forms in, RFC 6749's answers
//! out; who is let in is the business of `device/` and of the panel's page.

use axum::extract::State;

use super::forms::DeviceForm;
use super::request::ClientRequest;
use super::tokens::Fresh;
use crate::device::{self, Started};
use crate::http::access::{Public, reason};
use crate::http::routes::{Area, Routes};
use crate::http::state::AppState;
use crate::oauth::{Answer, Issued};

/// The grant type by which a tool fetches its token.
pub(super) const DEVICE_GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";

pub(super) fn routes() -> Routes {
    Routes::new(Area::Service)
        .post(
            "/oauth/device_authorization",
            "Ask for a person to let a command-line tool in (RFC 8628)",
            start,
        )
        .form::<DeviceForm>()
}

async fn start(
    _: Public<reason::ClientAuthentication>,
    State(app): State<AppState>,
    request: ClientRequest,
) -> Answer<Fresh<Started>> {
    let (client, scope) = (request.tool(&app).await?, request.required("scope")?);
    let (page, via) = (app.config.link("/device"), request.via());
    device::start(app.device(), &client, scope, (page, &via.ip)).await.map(Fresh)
}

/// The token, if a person let the tool in.
pub(super) async fn fetch(app: &AppState, request: &ClientRequest) -> Answer<Issued> {
    let (client, code) = (request.tool(app).await?, request.required("device_code")?);
    device::fetch(app.device(), &client, code, request.via()).await
}
