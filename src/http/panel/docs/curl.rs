//! A line for a terminal that calls an operation. Made for each operation shown; must never hold a credential, only
//! the name of a variable that does.

use serde_json::Value;

/// The line, on several; what differs for each caller are shell variables.
pub(super) fn curl(origin: &str, method: &str, path: &str, operation: &Value) -> String {
    let parameters: Vec<&Value> =
        operation.get("parameters").and_then(Value::as_array).into_iter().flatten().collect();
    let schemes: Vec<&str> = operation
        .get("security")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|one| one.as_object()?.keys().next().map(String::as_str))
        .collect();
    let verb = if method == "GET" { String::new() } else { format!(" -X {method}") };
    let address = format!("{origin}{}{}", filled(path, &parameters), query(&parameters));
    let mut lines = vec![format!("curl{verb} '{address}'")];
    if schemes.contains(&"token") {
        lines.push("-H \"Authorization: Bearer $TOKEN\"".to_owned());
    } else if schemes.contains(&"session") {
        lines.push("-H \"Cookie: $COOKIE\"".to_owned());
        if method != "GET" {
            lines.push(format!("-H 'Origin: {origin}'"));
        }
    }
    if path.starts_with("/oauth/") {
        lines.push("-u \"$CLIENT_ID:$CLIENT_SECRET\"".to_owned());
    }
    let content = operation.pointer("/requestBody/content").and_then(Value::as_object);
    if let Some((kind, media)) = content.and_then(|content| content.iter().next()) {
        let example = media.get("example").cloned().unwrap_or_default();
        if kind == "application/json" {
            lines.push(format!("-H 'Content-Type: {kind}' -d {}", quoted(&example.to_string())));
        } else {
            for (name, value) in example.as_object().into_iter().flatten() {
                let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                lines.push(format!("--data-urlencode {}", quoted(&format!("{name}={value}"))));
            }
        }
    }
    lines.join(" \\\n  ")
}

/// The path with an example in the place of each parameter.
fn filled(path: &str, parameters: &[&Value]) -> String {
    let fill = |segment: &str| {
        let name = segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
        name.map_or_else(|| segment.to_owned(), |name| example(parameters, "path", name).unwrap_or_default())
    };
    path.split('/').map(fill).collect::<Vec<_>>().join("/")
}

fn query(parameters: &[&Value]) -> String {
    let needed = parameters.iter().filter(|one| {
        one.get("in").and_then(Value::as_str) == Some("query")
            && one.get("required") == Some(&Value::Bool(true))
    });
    let mut pairs = url::form_urlencoded::Serializer::new(String::new());
    for name in needed.filter_map(|one| one.get("name")?.as_str()) {
        pairs.append_pair(name, &example(parameters, "query", name).unwrap_or_default());
    }
    let pairs = pairs.finish();
    if pairs.is_empty() { pairs } else { format!("?{pairs}") }
}

fn example(parameters: &[&Value], place: &str, name: &str) -> Option<String> {
    let of = |one: &&&Value, word: &str, wanted: &str| one.get(word).and_then(Value::as_str) == Some(wanted);
    let found = parameters.iter().find(|one| of(one, "in", place) && of(one, "name", name))?;
    found.get("example")?.as_str().map(str::to_owned)
}

/// As one word of a shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_line_is_one_that_a_shell_reads() {
        let operation = json!({
            "security": [{ "session": [] }, { "token": ["a:b"] }],
            "parameters": [
                { "in": "path", "name": "tenant", "required": true, "example": "acme" },
                { "in": "query", "name": "permission", "required": true, "example": "a:b" },
                { "in": "query", "name": "limit", "required": false },
            ],
            "requestBody": { "content": { "application/json": { "example": { "name": "Ada's" } } } },
        });
        let line = curl("https://id.example.com", "POST", "/api/v1/tenants/{tenant}/x", &operation);
        let told = "curl -X POST 'https://id.example.com/api/v1/tenants/acme/x?permission=a%3Ab' \\\n  \
                    -H \"Authorization: Bearer $TOKEN\" \\\n  \
                    -H 'Content-Type: application/json' -d '{\"name\":\"Ada'\\''s\"}'";
        assert_eq!(line, told);
    }
}
