//! What operations take and give, read off their handlers' types; `document` makes the `OpenAPI` 3.1 document of it.
//! Implemented by extractors and answers; must never describe what the types do not enforce.

mod document;
mod naming;
mod operation;
mod parameters;

use schemars::{JsonSchema, Schema, SchemaGenerator};

use crate::http::extract::{Json, Query};

pub use document::document;

/// What one operation takes and gives.
#[derive(Debug, Clone, Default)]
pub struct Operation {
    body: Option<TypeSchema>,
    query: Option<TypeSchema>,
    headers: Vec<(&'static str, &'static str)>,
    answer: Option<(u16, Option<TypeSchema>)>,
    file: &'static [&'static str],
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
    /// Adds a request header.
    pub fn header(&mut self, name: &'static str, description: &'static str) {
        self.headers.push((name, description));
    }

    /// Sets the answer: its status, and its body's type if it has one.
    pub fn answer<T: JsonSchema>(&mut self, status: u16) {
        self.answer = Some((status, Some(SchemaGenerator::subschema_for::<T>)));
    }

    /// Sets the answer: a file, in one of these media types.
    pub fn file_answer(&mut self, kinds: &'static [&'static str]) {
        self.answer = Some((200, None));
        self.file = kinds;
    }

    /// Sets an answer without a described body.
    pub fn empty_answer(&mut self, status: u16) {
        self.answer = Some((status, None));
    }
}

impl<T: JsonSchema> Input for Json<T> {
    fn describe(operation: &mut Operation) {
        operation.body = Some(SchemaGenerator::subschema_for::<T>);
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
        operation.empty_answer(200);
    }
}

impl Output for axum::response::Response {
    fn describe(operation: &mut Operation) {
        operation.empty_answer(200);
    }
}
