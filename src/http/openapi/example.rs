//! Examples of bodies, made of their schemas: what a type says of itself first, then formats and `words`. Called once
//! the document is whole; must never make one that its schema refuses, which the linter checks.

use serde_json::{Map, Value, json};

use super::words::{self, word};

/// Stands where nothing is known; a test finds it.
const UNKNOWN: &str = "…";
/// Deeper than any type of ours.
const DEEPEST: usize = 12;

/// Gives every JSON body of the document an example.
pub(super) fn complete(paths: &mut Map<String, Value>, schemas: &Map<String, Value>) {
    let operations = paths.values_mut().filter_map(Value::as_object_mut).flat_map(Map::values_mut);
    for operation in operations {
        if let Some(content) = operation.pointer_mut("/requestBody/content") {
            illustrate(content, &Maker { schemas, sent: true });
        }
        let responses = operation.get_mut("responses").and_then(Value::as_object_mut);
        for response in responses.into_iter().flat_map(Map::values_mut) {
            if let Some(content) = response.get_mut("content") {
                illustrate(content, &Maker { schemas, sent: false });
            }
        }
    }
}

fn illustrate(content: &mut Value, maker: &Maker<'_>) {
    for (kind, media) in content.as_object_mut().into_iter().flatten() {
        let told = media.get("example").is_some() || media.get("examples").is_some();
        let structured = kind.ends_with("json") || kind.ends_with("urlencoded");
        let Some(schema) = media.get("schema").filter(|_| structured && !told) else { continue };
        let example = maker.make(schema, "", "", 0);
        if let Some(media) = media.as_object_mut() {
            media.insert("example".to_owned(), example);
        }
    }
}

struct Maker<'a> {
    schemas: &'a Map<String, Value>,
    /// Whether it is of what clients send: what need not be there is left out.
    sent: bool,
}

impl Maker<'_> {
    /// An example of `schema`, which is the field `name` of the type `owner`.
    fn make(&self, schema: &Value, owner: &str, name: &str, depth: usize) -> Value {
        let told = schema.get("example").or_else(|| schema.pointer("/examples/0"));
        if let Some(told) = told.or_else(|| schema.get("const")).or_else(|| schema.pointer("/enum/0")) {
            return told.clone();
        }
        if let Some(named) =
            schema.get("$ref").and_then(Value::as_str).and_then(|path| path.rsplit('/').next())
        {
            let found = self.schemas.get(named).filter(|_| depth < DEEPEST);
            return found.map_or(Value::Null, |found| self.make_named(found, named, name, depth + 1));
        }
        let either = ["oneOf", "anyOf"].iter().find_map(|word| schema.get(*word)?.as_array());
        if let Some(first) = either.and_then(|all| all.first()) {
            return self.make(first, owner, name, depth + 1);
        }
        match kind(schema) {
            "object" => self.object(schema, owner, name, depth),
            "array" => {
                let items = schema.get("items").cloned().unwrap_or_else(|| json!({}));
                Value::Array(vec![self.make(&items, owner, name, depth + 1)])
            }
            "integer" | "number" => {
                schema.get("minimum").filter(|least| **least != 0).cloned().unwrap_or(json!(3))
            }
            "boolean" => json!(!words::UNUSUAL.contains(&name)),
            "null" => Value::Null,
            _ => text(schema, owner, name),
        }
    }

    fn make_named(&self, schema: &Value, owner: &str, name: &str, depth: usize) -> Value {
        // A type that is a text, such as a slug, is called by the field it stands in.
        if kind(schema) == "object" {
            self.make(schema, owner, "", depth)
        } else {
            self.make(schema, owner, name, depth)
        }
    }

    fn object(&self, schema: &Value, owner: &str, name: &str, depth: usize) -> Value {
        let owner = if name.is_empty() { owner.to_owned() } else { format!("{owner}.{name}") };
        let required = schema.get("required").and_then(Value::as_array).cloned().unwrap_or_default();
        let fields = schema.get("properties").and_then(Value::as_object);
        let illustrated = |field: &Value| field.get("examples").is_some();
        // A change of nothing would teach nothing.
        let all = !self.sent || required.is_empty();
        let told = fields.into_iter().flatten().filter(|(name, field)| {
            all || illustrated(field) || required.iter().any(|needed| needed == *name)
        });
        told.map(|(name, field)| (name.clone(), self.make(field, &owner, name, depth + 1)))
            .collect::<Map<String, Value>>()
            .into()
    }
}

/// The type, null aside.
fn kind(schema: &Value) -> &str {
    let kind = schema.get("type");
    let several = kind.and_then(Value::as_array).into_iter().flatten();
    kind.and_then(Value::as_str)
        .or_else(|| several.filter_map(Value::as_str).find(|kind| *kind != "null"))
        .unwrap_or(if schema.get("properties").is_some() { "object" } else { "" })
}

fn text(schema: &Value, owner: &str, name: &str) -> Value {
    match schema.get("format").and_then(Value::as_str) {
        Some("uuid") => words::ID.into(),
        Some("date-time") => words::MOMENT.into(),
        Some("email") => "ada@example.com".into(),
        Some("hostname") => "acme.example".into(),
        _ => word(owner, name).unwrap_or(UNKNOWN.into()),
    }
}
