//! Reads the logs chromedriver keeps and picks what is wrong in them. Called by [`super::Browser::complaints`];
//! must never drop a line because it is frequent or harmless: pages that are right cause none.

use std::collections::HashMap;

use serde_json::Value;

/// A line for each entry of the console, and for each request that failed or was refused.
pub(super) fn complaints(console: &Value, network: &Value) -> Vec<String> {
    // The network's log tells the same with the kind of what was asked for.
    let told_twice = |line: &String| line.contains("the server responded with a status of");
    let line = |entry: &Value| format!("{}: {}", text(&entry["level"]), text(&entry["message"]));
    let mut found: Vec<String> = entries(console).map(line).filter(|line| !told_twice(line)).collect();

    let mut addresses = HashMap::new();
    for entry in entries(network) {
        let event: Value = serde_json::from_str(text(&entry["message"])).unwrap();
        let (method, params) = (text(&event["message"]["method"]), &event["message"]["params"]);
        let request = text(&params["requestId"]);
        match method {
            "Network.requestWillBeSent" => {
                addresses.insert(request.to_owned(), text(&params["request"]["url"]).to_owned());
            }
            "Network.responseReceived" => found.extend(refused(params)),
            "Network.loadingFailed" => found.extend(failed(params, addresses.get(request))),
            _ => {}
        }
    }
    found
}

/// How a refused page is complained of, for those who expected it.
pub(crate) fn refused_page(status: u64, url: &str) -> String {
    format!("{status}: Document {url}")
}

fn refused(params: &Value) -> Option<String> {
    let (kind, response) = (text(&params["type"]), &params["response"]);
    let (status, url) = (response["status"].as_u64().unwrap_or_default(), text(&response["url"]));
    match kind {
        _ if status < 400 => None,
        "Document" => Some(refused_page(status, url)),
        _ => Some(format!("{status}: {kind} {url}")),
    }
}

/// A request that is given up because the person leaves the page did not fail.
fn failed(params: &Value, address: Option<&String>) -> Option<String> {
    let blocked = text(&params["blockedReason"]);
    if params["canceled"] == true && blocked.is_empty() {
        return None;
    }
    let url = address.map_or("(asked for earlier)", String::as_str);
    Some(format!("failed: {} {url}: {} {blocked}", text(&params["type"]), text(&params["errorText"])))
}

fn entries(log: &Value) -> impl Iterator<Item = &Value> {
    log.as_array().expect("a log is a list").iter()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
