//! The fields of bodies and parameters in words: what each is, and within which limits. Called by `shown`; must never
//! follow a type into itself.

use serde_json::Value;

use super::shown::{Piece, pieces, resolved, text};

/// A field of a body, or a parameter.
#[derive(Debug)]
pub(in crate::http::panel) struct Field {
    pub(in crate::http::panel) name: String,
    /// Where a parameter stands; empty for the field of a body.
    pub(in crate::http::panel) place: &'static str,
    /// What it is, such as "text, 3 to 40 characters".
    pub(in crate::http::panel) form: String,
    pub(in crate::http::panel) required: bool,
    pub(in crate::http::panel) told: Vec<Piece>,
}

/// The fields of an object.
pub(super) fn fields(document: &Value, schema: &Value) -> Vec<Field> {
    let schema = resolved(document, schema);
    let required: Vec<&Value> =
        schema.get("required").and_then(Value::as_array).into_iter().flatten().collect();
    let properties = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
    let field = |(name, schema): (&String, &Value)| Field {
        name: name.clone(),
        place: "",
        form: form(document, schema),
        required: required.iter().any(|needed| *needed == name),
        told: pieces(&text(schema.get("description").unwrap_or(&Value::Null))),
    };
    properties.map(field).collect()
}

/// What a value is, in a few words.
pub(super) fn form(document: &Value, schema: &Value) -> String {
    let schema = resolved(document, schema);
    if let Some(words) = words(document, schema) {
        return words;
    }
    let kinds: Vec<&str> = match schema.get("type") {
        Some(Value::String(kind)) => vec![kind],
        Some(Value::Array(kinds)) => kinds.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let kind = kinds.iter().find(|kind| **kind != "null").copied().unwrap_or_default();
    let format = schema.get("format").and_then(Value::as_str).unwrap_or_default();
    let mut form = match (kind, format) {
        ("string", "uuid") => "id".to_owned(),
        ("string", "date-time") => "moment".to_owned(),
        ("string", "email") => "e-mail address".to_owned(),
        ("string", "hostname") => "host name".to_owned(),
        ("string", _) => "text".to_owned(),
        ("integer", _) => "whole number".to_owned(),
        ("boolean", _) => "true or false".to_owned(),
        ("array", _) => format!(
            "list of {}",
            schema.get("items").map(|items| form_of_items(document, items)).unwrap_or_default()
        ),
        ("object", _) => "object".to_owned(),
        (other, _) => {
            if other.is_empty() {
                "anything".to_owned()
            } else {
                other.to_owned()
            }
        }
    };
    form.push_str(&limits(schema));
    if kinds.contains(&"null") {
        form.push_str(", or null");
    }
    form
}

fn form_of_items(document: &Value, items: &Value) -> String {
    match form(document, items).as_str() {
        "text" => "texts".to_owned(),
        "object" => "objects".to_owned(),
        "id" => "ids".to_owned(),
        other => other.to_owned(),
    }
}

/// The words it may be, when it is one of a few; each way it may be spelled.
fn words(document: &Value, schema: &Value) -> Option<String> {
    let one = |schema: &Value| match schema.get("const").or_else(|| schema.pointer("/enum/0")) {
        Some(word) if schema.get("enum").and_then(Value::as_array).is_none_or(|all| all.len() == 1) => {
            plain(word)
        }
        _ if schema.get("type").and_then(Value::as_str) == Some("null") => "null".to_owned(),
        _ => form(document, schema),
    };
    let either = schema.get("oneOf").or_else(|| schema.get("anyOf")).and_then(Value::as_array);
    let all: Vec<String> = match (schema.get("enum").and_then(Value::as_array), either) {
        (Some(words), _) => words.iter().map(plain).collect(),
        (None, Some(schemas)) => schemas.iter().map(one).collect(),
        (None, None) => return schema.get("const").map(plain),
    };
    Some(all.join(" or "))
}

fn plain(word: &Value) -> String {
    word.as_str().map_or_else(|| word.to_string(), str::to_owned)
}

fn limits(schema: &Value) -> String {
    let number = |name: &str| schema.get(name).filter(|value| value.is_number()).map(ToString::to_string);
    let span = |least: &str, most: &str, unit: &str| match (number(least), number(most)) {
        (Some(least), Some(most)) => format!(", {least} to {most}{unit}"),
        (Some(least), None) if least != "0" => format!(", {least}{unit} or more"),
        (None, Some(most)) => format!(", at most {most}{unit}"),
        _ => String::new(),
    };
    let default = schema
        .get("default")
        .filter(|value| !value.is_null())
        .map(|value| format!(", {} if absent", plain(value)));
    [
        span("minLength", "maxLength", " characters"),
        span("minimum", "maximum", ""),
        span("minItems", "maxItems", " of them"),
        default.unwrap_or_default(),
    ]
    .concat()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_form_tells_kind_and_limits() {
        let told = |schema: Value| form(&Value::Null, &schema);
        assert_eq!(
            told(json!({ "type": "string", "minLength": 3, "maxLength": 40 })),
            "text, 3 to 40 characters"
        );
        assert_eq!(
            told(json!({ "type": ["integer", "null"], "minimum": 1 })),
            "whole number, 1 or more, or null"
        );
        assert_eq!(told(json!({ "type": "array", "items": { "type": "string" } })), "list of texts");
        assert_eq!(told(json!({ "oneOf": [{ "const": "a" }, { "const": "b" }] })), "a or b");
        assert_eq!(
            told(json!({ "anyOf": [{ "type": "string", "format": "uuid" }, { "type": "null" }] })),
            "id or null"
        );
        assert_eq!(told(json!({ "type": "integer", "default": 50 })), "whole number, 50 if absent");
    }
}
