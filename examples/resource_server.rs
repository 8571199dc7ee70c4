//! A service that takes Freehold's tokens: axum, and the scope that each of its routes asks for.
//!
//! It asks Freehold about every token (RFC 7662), as an app that has a secret and needs no role. So tokens of people
//! and of apps work alike, and a revoked one ends at once, as does a right that its owner lost; each call costs one
//! more. Where that is too much, give the apps signed tokens and check them with `/.well-known/jwks.json`: no call,
//! but a token is then good until it ends. docs/quickstart-rust.md runs this.
#![allow(clippy::disallowed_methods, clippy::indexing_slicing, clippy::print_stdout, reason = "house rules")]

use std::{env::var, error::Error, time::Duration};

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};

/// What a route asks for, and by what to ask Freehold.
#[derive(Clone)]
struct Needs(&'static str, reqwest::Client);

async fn guard(State(Needs(scope, http)): State<Needs>, request: Request, next: Next) -> Response {
    let given = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let bearer = given.and_then(|value| value.strip_prefix("Bearer "));
    let refuse = |status, why| (status, [(header::WWW_AUTHENTICATE, format!("Bearer{why}"))]).into_response();
    let Some(token) = bearer else { return refuse(StatusCode::UNAUTHORIZED, String::new()) };
    match ask(&http, token).await {
        Err(_) => StatusCode::SERVICE_UNAVAILABLE.into_response(), // nobody knows: then no
        Ok(known) if known["active"] != true => {
            refuse(StatusCode::UNAUTHORIZED, " error=\"invalid_token\"".to_owned())
        }
        Ok(known) if known["scope"].as_str().is_some_and(|held| held.split(' ').any(|one| one == scope)) => {
            next.run(request).await
        }
        Ok(_) => refuse(StatusCode::FORBIDDEN, format!(" error=\"insufficient_scope\", scope=\"{scope}\"")),
    }
}

/// What Freehold says of a token: whether it works in the tenant of this app, and what it may do now.
async fn ask(http: &reqwest::Client, token: &str) -> Result<serde_json::Value, Box<dyn Error + Send + Sync>> {
    let request = http.post(format!("{}/oauth/introspect", var("FREEHOLD_URL")?)).form(&[("token", token)]);
    let request = request.basic_auth(var("FREEHOLD_CLIENT_ID")?, Some(var("FREEHOLD_CLIENT_SECRET")?));
    Ok(request.send().await?.error_for_status()?.json().await?)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let http = reqwest::Client::builder().timeout(Duration::from_secs(5)).build()?;
    let needs = |scope| from_fn_with_state(Needs(scope, http.clone()), guard);
    let app = Router::new()
        .route("/notes", get(async || "Water the plants.\n").route_layer(needs("projects:read")))
        .route("/notes", post(async || StatusCode::CREATED).route_layer(needs("projects:update")));
    let address = var("NOTES_LISTEN").unwrap_or_else(|_| "127.0.0.1:4000".to_owned());
    let listener = tokio::net::TcpListener::bind(address).await?;
    println!("Notes are at http://{}/notes", listener.local_addr()?);
    Ok(axum::serve(listener, app).await?)
}
