//! What operations take and give, read off their handlers' types; `document` makes the `OpenAPI` 3.1 document of it.
//! Implemented by extractors and answers; must never describe what the types do not enforce.

mod document;
mod example;
mod naming;
mod oauth;
mod operation;
mod parameters;
mod problems;
mod responses;
mod rights;
mod tags;
mod words;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::Value;

use crate::http::extract::{Json, Query};

pub use document::{Kept, document};
pub(in crate::http) use parameters::slug as slug_schema;
pub use rights::Rights;

/// What one operation takes and gives.
#[derive(Debug, Clone, Default)]
pub struct Operation {
    body: Option<(&'static str, TypeSchema)>,
    query: Option<TypeSchema>,
    path: Vec<(&'static str, &'static str, Value)>,
    headers: Vec<(&'static str, &'static str)>,
    answers: Vec<Answer>,
    told: Told,
    /// Whether its errors have the form of RFC 6749 instead of that of problems.
    oauth: bool,
}

/// What no type says, said where the route is added.
#[derive(Debug, Clone, Default)]
struct Told {
    note: Option<&'static str>,
    /// Kinds of problems, and when it answers them.
    problems: Vec<(&'static str, &'static str)>,
}

/// One way an operation ends well.
#[derive(Debug, Clone)]
struct Answer {
    status: u16,
    /// Its body as JSON; none when it has none, or is a file.
    schema: Option<TypeSchema>,
    /// The media types of a file.
    files: &'static [&'static str],
}

/// Makes a type's schema when the document is written.
type TypeSchema = fn(&mut SchemaGenerator) -> Schema;

/// An argument of a handler that says what it reads.
pub trait Input {
    /// Adds what it reads to the operation.
    fn describe(operation: &mut Operation);
}

/// A handler's answer that says what it is.
pub trait Output {
    /// Adds what it is to the operation.
    fn describe(operation: &mut Operation);
}

impl Operation {
    /// Sets the body it reads, of this media type.
    pub fn body<T: JsonSchema>(&mut self, media_type: &'static str) {
        self.body = Some((media_type, SchemaGenerator::subschema_for::<T>));
    }

    /// Adds a parameter of its path.
    pub fn path(&mut self, name: &'static str, description: &'static str, schema: Value) {
        self.path.push((name, description, schema));
    }

    /// Adds a request header.
    pub fn header(&mut self, name: &'static str, description: &'static str) {
        self.headers.push((name, description));
    }

    /// Adds an answer: its status, and its body's type if it has one.
    pub fn answer<T: JsonSchema>(&mut self, status: u16) {
        self.answers.push(Answer { status, schema: Some(SchemaGenerator::subschema_for::<T>), files: &[] });
    }

    /// Adds an answer: a file, in one of these media types.
    pub fn file_answer(&mut self, status: u16, files: &'static [&'static str]) {
        self.answers.push(Answer { status, schema: None, files });
    }

    /// Adds an answer without a described body.
    pub fn empty_answer(&mut self, status: u16) {
        self.answers.push(Answer { status, schema: None, files: &[] });
    }

    /// Says that its errors have the form of RFC 6749.
    pub fn oauth(&mut self) {
        self.oauth = true;
    }

    /// Says more of it than its summary does.
    pub fn note(&mut self, text: &'static str) {
        self.told.note = Some(text);
    }

    /// Says that it answers this kind of problem, and when, as a clause.
    pub fn problem(&mut self, slug: &'static str, when: &'static str) {
        self.told.problems.push((slug, when));
    }

    /// The kinds of problems that the route was given to tell of, and when it answers them.
    #[must_use]
    pub fn told_problems(&self) -> &[(&'static str, &'static str)] {
        &self.told.problems
    }
}

impl<T: JsonSchema> Input for Json<T> {
    fn describe(operation: &mut Operation) {
        operation.body::<T>("application/json");
    }
}

impl<T: JsonSchema> Input for Query<T> {
    fn describe(operation: &mut Operation) {
        operation.query = Some(T::json_schema);
    }
}

impl<T: Output, E> Output for Result<T, E> {
    fn describe(operation: &mut Operation) {
        T::describe(operation);
    }
}

impl Output for &'static str {
    fn describe(operation: &mut Operation) {
        operation.file_answer(200, &["text/plain"]);
    }
}

impl Output for axum::response::Response {
    fn describe(operation: &mut Operation) {
        operation.empty_answer(200);
    }
}
