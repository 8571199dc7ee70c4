//! Operations as the pages show them, taken out of the document. Called by the pages; must never add to what the
//! document says.

use serde_json::{Map, Value};

use super::curl::curl;
use super::fields::{Field, fields, form};

/// What several operations are about.
#[derive(Debug, Clone)]
pub(in crate::http::panel) struct Group {
    /// Its name, which is also the last word of its address.
    pub(in crate::http::panel) name: String,
    /// What it holds.
    pub(in crate::http::panel) sentence: String,
    /// Whether it is the one shown.
    pub(in crate::http::panel) current: bool,
}

/// An operation in a list.
#[derive(Debug)]
pub(in crate::http::panel) struct Listed {
    pub(in crate::http::panel) id: String,
    pub(in crate::http::panel) method: String,
    pub(in crate::http::panel) path: String,
    pub(in crate::http::panel) summary: String,
    pub(in crate::http::panel) permission: String,
}

/// An operation in full.
#[derive(Debug)]
pub(in crate::http::panel) struct Shown {
    pub(in crate::http::panel) listed: Listed,
    /// Its description, a paragraph each, in pieces of which every other is code.
    pub(in crate::http::panel) told: Vec<Vec<Piece>>,
    pub(in crate::http::panel) roles: Vec<String>,
    pub(in crate::http::panel) session: bool,
    pub(in crate::http::panel) public: bool,
    pub(in crate::http::panel) parameters: Vec<Field>,
    pub(in crate::http::panel) body: Option<Body>,
    pub(in crate::http::panel) answers: Vec<Answer>,
    pub(in crate::http::panel) problems: Vec<Problem>,
    pub(in crate::http::panel) curl: String,
}

/// A part of a text.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::http::panel) struct Piece {
    pub(in crate::http::panel) text: String,
    pub(in crate::http::panel) code: bool,
}

/// What is sent or given.
#[derive(Debug)]
pub(in crate::http::panel) struct Body {
    pub(in crate::http::panel) kind: String,
    pub(in crate::http::panel) fields: Vec<Field>,
    pub(in crate::http::panel) example: String,
}

/// How it ends well.
#[derive(Debug)]
pub(in crate::http::panel) struct Answer {
    pub(in crate::http::panel) status: String,
    pub(in crate::http::panel) told: Vec<Piece>,
    pub(in crate::http::panel) headers: Vec<String>,
    pub(in crate::http::panel) bodies: Vec<Body>,
}

/// A problem it can answer.
#[derive(Debug)]
pub(in crate::http::panel) struct Problem {
    pub(in crate::http::panel) status: String,
    /// The slug of its page; none for a defect.
    pub(in crate::http::panel) slug: Option<String>,
    pub(in crate::http::panel) told: Vec<Piece>,
}

pub(super) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// What a reference leads to, or the value itself.
pub(super) fn resolved<'d>(document: &'d Value, value: &'d Value) -> &'d Value {
    let path = value.get("$ref").and_then(Value::as_str).and_then(|path| path.strip_prefix('#'));
    path.and_then(|path| document.pointer(path)).unwrap_or(value)
}

fn at<'d>(value: &'d Value, name: &str) -> &'d Value {
    value.get(name).unwrap_or(&Value::Null)
}

fn strings(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().map(text).collect()
}

/// A text in pieces, code apart.
pub(super) fn pieces(text: &str) -> Vec<Piece> {
    let parts = text.split('`').zip([false, true].into_iter().cycle());
    parts
        .filter(|(text, _)| !text.is_empty())
        .map(|(text, code)| Piece { text: text.to_owned(), code })
        .collect()
}

/// What there is, `current` marked.
pub(super) fn groups(document: &Value, current: &str) -> Vec<Group> {
    let tags = at(document, "tags").as_array().into_iter().flatten();
    let group = |tag: &Value| {
        let name = text(at(tag, "name"));
        Group { sentence: text(at(tag, "description")), current: name == current, name }
    };
    tags.map(group).collect()
}

/// Every operation about `tag`, with its method and path.
fn about<'d>(document: &'d Value, tag: &str) -> Vec<(Listed, &'d Value)> {
    let paths = at(document, "paths").as_object().into_iter().flatten();
    let each = paths.flat_map(|(path, operations)| {
        operations.as_object().into_iter().flatten().map(move |(method, operation)| (path, method, operation))
    });
    let here =
        each.filter(|(.., operation)| at(operation, "tags").get(0).and_then(Value::as_str) == Some(tag));
    let mut found: Vec<(Listed, &Value)> = here
        .map(|(path, method, operation)| {
            let listed = Listed {
                id: text(at(operation, "operationId")),
                method: method.to_uppercase(),
                path: path.clone(),
                summary: text(at(operation, "summary")),
                permission: text(at(operation, "x-permission")),
            };
            (listed, operation)
        })
        .collect();
    // As one meets them: lists, then making, then each, then what is done to it.
    let order =
        |method: &str| ["GET", "POST", "PUT", "PATCH", "DELETE"].iter().position(|one| *one == method);
    found.sort_by_key(|(listed, _)| (listed.path.clone(), order(&listed.method)));
    found
}

/// The operations about `tag` that have what is sought, in small letters.
pub(super) fn listed(document: &Value, tag: &str, sought: &str) -> Vec<Listed> {
    let has = |text: &str| text.to_lowercase().contains(sought);
    let fits = |one: &Listed| has(&one.path) || has(&one.summary) || has(&one.permission) || has(&one.method);
    about(document, tag).into_iter().map(|(listed, _)| listed).filter(|one| has(tag) || fits(one)).collect()
}

/// The operations about `tag` in full; `origin` is where they are called.
pub(super) fn operations(document: &Value, origin: &str, tag: &str) -> Vec<Shown> {
    let all = about(document, tag).into_iter();
    all.map(|(listed, operation)| shown(document, origin, listed, operation)).collect()
}

fn shown(document: &Value, origin: &str, listed: Listed, operation: &Value) -> Shown {
    let parameters: Vec<&Value> = at(operation, "parameters").as_array().into_iter().flatten().collect();
    let (mut answers, mut problems) = (Vec::new(), Vec::new());
    for (status, response) in at(operation, "responses").as_object().into_iter().flatten() {
        let response = resolved(document, response);
        let examples = response.pointer("/content/application~1problem+json/examples");
        match examples.and_then(Value::as_object) {
            Some(examples) => problems.extend(told_problems(status, response, examples)),
            None if status.starts_with(['4', '5']) => problems.extend(other_errors(status, response)),
            None => answers.push(answer(document, status, response)),
        }
    }
    let content = operation.pointer("/requestBody/content").and_then(Value::as_object);
    let description = text(at(operation, "description"));
    Shown {
        told: description.split("\n\n").map(pieces).collect(),
        roles: strings(at(operation, "x-roles")),
        session: at(operation, "x-session-required") == true,
        public: listed.permission == "public",
        parameters: parameters.iter().map(|one| Field::of_parameter(document, one)).collect(),
        body: content.and_then(|content| bodies(document, content).into_iter().next()),
        curl: curl(origin, &listed.method, &listed.path, operation),
        answers,
        problems,
        listed,
    }
}

fn answer(document: &Value, status: &str, response: &Value) -> Answer {
    let headers = at(response, "headers").as_object().into_iter().flatten();
    let content = at(response, "content").as_object();
    Answer {
        status: status.to_owned(),
        told: pieces(&text(at(response, "description"))),
        // Those of every answer are on the first page.
        headers: headers
            .map(|(name, _)| name.clone())
            .filter(|name| name != "X-Request-Id" && !name.starts_with("RateLimit-"))
            .collect(),
        bodies: content.map(|content| bodies(document, content)).unwrap_or_default(),
    }
}

fn bodies(document: &Value, content: &Map<String, Value>) -> Vec<Body> {
    let body = |(kind, media): (&String, &Value)| Body {
        kind: kind.clone(),
        fields: fields(document, at(media, "schema")),
        example: media.get("example").map(|example| format!("{example:#}")).unwrap_or_default(),
    };
    content.iter().map(body).collect()
}

/// The description has a paragraph for each kind, in the order of the examples when sorted as they were written.
fn told_problems(status: &str, response: &Value, examples: &Map<String, Value>) -> Vec<Problem> {
    let description = text(at(response, "description"));
    let paragraphs: Vec<&str> = description.split("\n\n").collect();
    let title = |slug: &str| {
        crate::http::problem::KINDS.iter().find(|(known, ..)| *known == slug).map(|(_, title, _)| *title)
    };
    let told = |slug: &String| {
        let title = title(slug);
        let paragraph = paragraphs.iter().find(|one| one.starts_with(title.unwrap_or("Internal error")));
        Problem {
            status: status.to_owned(),
            slug: title.map(|_| slug.clone()),
            told: pieces(paragraph.copied().unwrap_or_default()),
        }
    };
    examples.keys().map(told).collect()
}

/// Errors in another form than that of problems: a paragraph for each.
fn other_errors(status: &str, response: &Value) -> Vec<Problem> {
    let description = text(at(response, "description"));
    let told = |paragraph| Problem { status: status.to_owned(), slug: None, told: pieces(paragraph) };
    description.split("\n\n").map(told).collect()
}

impl Field {
    fn of_parameter(document: &Value, parameter: &Value) -> Self {
        let schema = at(parameter, "schema");
        Self {
            name: text(at(parameter, "name")),
            place: match at(parameter, "in").as_str() {
                Some("path") => "path",
                Some("header") => "header",
                _ => "query",
            },
            form: form(document, schema),
            required: at(parameter, "required") == true,
            told: pieces(&text(at(parameter, "description"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_is_told_from_text() {
        let told = pieces("Needs `a:b`: see it.");
        let texts: Vec<(&str, bool)> = told.iter().map(|piece| (piece.text.as_str(), piece.code)).collect();
        assert_eq!(texts, [("Needs ", false), ("a:b", true), (": see it.", false)]);
        assert_eq!(pieces("`x`").len(), 1);
    }
}
