//! The quick start of docs/quickstart-rust.md: the API by hand, with reqwest.
#![allow(
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::similar_names,
    reason = "rules of Freehold's own house"
)]

use std::env::var;
use std::error::Error;

use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let (http, token) = (Client::new(), var("FREEHOLD_TOKEN")?);
    let api = format!("{}/api/v1", var("FREEHOLD_URL")?);
    let tenant = format!("{api}/tenants/{}", var("FREEHOLD_TENANT")?);
    let call = |method, url: &str| -> RequestBuilder { http.request(method, url).bearer_auth(&token) };

    // Who am I, and who else is there?
    let me: Value = call(Method::GET, &format!("{api}/me")).send().await?.json().await?;
    println!("{} calls with {}", me["name"], me["scopes"]);
    let members: Value = call(Method::GET, &format!("{tenant}/members")).send().await?.json().await?;
    for member in members["items"].as_array().into_iter().flatten() {
        println!("{} is {}", member["user"]["name"], member["roles"][0]["key"]);
    }

    // Made once, however often it is sent with this key.
    let projects = format!("{tenant}/projects");
    let make = |name: &str| call(Method::POST, &projects).json(&json!({ "name": name }));
    let key = format!("launch-website-{}", std::process::id());
    let made: Value = make("Launch website").header("Idempotency-Key", &key).send().await?.json().await?;
    let again: Value = make("Launch website").header("Idempotency-Key", &key).send().await?.json().await?;
    println!("made once: {}", made == again);

    // A long list, part by part.
    for name in ["Launch handbook", "Launch shop"] {
        make(name).send().await?.error_for_status()?;
    }
    let (mut names, mut query) =
        (Vec::new(), vec![("search", "launch".to_owned()), ("limit", "2".to_owned())]);
    loop {
        let part: Value = call(Method::GET, &projects).query(&query).send().await?.json().await?;
        names.extend(part["items"].as_array().into_iter().flatten().map(|item| item["name"].to_string()));
        let Some(cursor) = part["next_cursor"].as_str() else { break };
        query.truncate(2);
        query.push(("cursor", cursor.to_owned()));
    }
    println!("{}", names.join(", "));

    // Changed only if nobody has changed it meanwhile.
    let project = format!("{projects}/{}", made["id"].as_str().unwrap_or_default());
    let read = call(Method::GET, &project).send().await?;
    let etag = read.headers().get("etag").cloned().ok_or("there is no ETag")?;
    for description in ["What customers see.", "Mine is better."] {
        let change = call(Method::PATCH, &project).header("If-Match", &etag);
        let answer = change.json(&json!({ "description": description })).send().await?;
        println!("{}", answer.status());
    }

    // A refusal says what was missing.
    let refused: Value = call(Method::GET, &format!("{tenant}/audit-events")).send().await?.json().await?;
    println!("{} needs {}", refused["type"], refused["required"]);
    Ok(())
}
