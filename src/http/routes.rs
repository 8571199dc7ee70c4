//! The only way to add a route. A handler is accepted only when its first argument declares who may call it
//! ([`crate::http::access`]); the declaration is kept in a table that the guard, the documents and the tests read.
//!
//! A handler that declares nothing does not compile:
//!
//! ```compile_fail
//! use freehold::http::routes::{Area, Routes};
//! async fn open_to_all() -> &'static str { "oops" }
//! let _ = Routes::new(Area::Api).get("/oops", "Oops", open_to_all);
//! ```
//!
//! nor one that reads the request before it:
//!
//! ```compile_fail
//! use freehold::http::{access::SignedIn, extract::Json, routes::{Area, Routes}};
//! async fn late(_: Json<u8>, _: SignedIn) -> &'static str { "oops" }
//! let _ = Routes::new(Area::Api).post("/oops", "Oops", late);
//! ```
//!
//! ```
//! use freehold::http::{access::SignedIn, routes::{Area, Routes}};
//! async fn fine(_: SignedIn) -> &'static str { "hello" }
//! let _ = Routes::new(Area::Api).get("/fine", "Say hello", fine);
//! ```

use std::collections::HashMap;

use axum::Router;
use axum::extract::FromRequestParts;
use axum::handler::Handler;
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodFilter, MethodRouter, on};
use http::Method;
use http::request::Parts;
use schemars::JsonSchema;

use crate::http::access::{Access, Declares};
use crate::http::idempotency::{self, Keyed};
use crate::http::openapi::{Input, Operation, Output};
use crate::http::state::AppState;

/// Which kind of client a route speaks to: decides the form of its errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Area {
    /// Programs: JSON, problems, in the `OpenAPI` document.
    Api,
    /// People: pages, redirects, errors as pages.
    Panel,
    /// Health and documents.
    Service,
}

/// One route: what the guard, the documents and the tests know of it.
#[derive(Debug, Clone)]
pub struct RouteInfo {
    /// The method; HEAD is answered by GET's handler and judged as GET.
    pub method: Method,
    /// The path with its parameters in braces.
    pub path: &'static str,
    /// Who may call it.
    pub access: Access,
    /// Which kind of client it speaks to.
    pub area: Area,
    /// What it does, in a few words.
    pub summary: &'static str,
    /// What it takes and gives, as the handler's types say.
    pub operation: Operation,
}

/// Every route, found by path.
#[derive(Debug, Default)]
pub struct RouteTable {
    routes: Vec<RouteInfo>,
    by_path: HashMap<&'static str, Vec<Method>>,
}

impl RouteTable {
    fn new(routes: Vec<RouteInfo>) -> Self {
        let mut by_path: HashMap<&'static str, Vec<Method>> = HashMap::new();
        for route in &routes {
            by_path.entry(route.path).or_default().push(route.method.clone());
        }
        Self { routes, by_path }
    }

    /// The methods of a path; none when no route has it.
    #[must_use]
    pub fn methods(&self, path: &str) -> Option<&[Method]> {
        self.by_path.get(path).map(Vec::as_slice)
    }

    /// Every route, in the order they were added.
    pub fn iter(&self) -> impl Iterator<Item = &RouteInfo> {
        self.routes.iter()
    }
}

/// Routes under construction.
#[derive(Debug)]
pub struct Routes {
    area: Area,
    router: Router<AppState>,
    table: Vec<RouteInfo>,
}

/// A handler whose first argument declares who may call it.
#[diagnostic::on_unimplemented(
    message = "this handler does not declare who may call it",
    note = "make its first argument `Can<perm::…>`, `CanOrOwn<perm::…>`, `Member`, `Operator<platform::perm::…>`, `SignedIn` or `Public<…>` (src/http/access.rs)",
    note = "all other arguments and the answer must be types of src/http/extract/ and src/http/answer.rs"
)]
pub trait Declared<M>: Handler<M, AppState> {
    /// Who may call it.
    fn access() -> Access;
    /// What it takes and gives.
    fn operation() -> Operation;
    /// Asks whether the caller may call it, and answers as it would when not.
    fn admit(parts: &mut Parts, app: &AppState) -> impl Future<Output = Result<(), Response>> + Send;
}

macro_rules! declared {
    ($($argument:ident),*) => {
        impl<F, Fut, Answer, M, A, $($argument,)*> Declared<(M, A, $($argument,)*)> for F
        where
            F: Fn(A, $($argument),*) -> Fut + Handler<(M, A, $($argument,)*), AppState>,
            Fut: Future<Output = Answer> + Send,
            Answer: IntoResponse + Output,
            A: Declares + FromRequestParts<AppState>,
            $($argument: Input,)*
        {
            fn access() -> Access {
                A::access()
            }

            fn operation() -> Operation {
                #[allow(unused_mut, reason = "a handler may take nothing more")]
                let mut operation = Operation::default();
                $($argument::describe(&mut operation);)*
                Answer::describe(&mut operation);
                operation
            }

            async fn admit(parts: &mut Parts, app: &AppState) -> Result<(), Response> {
                A::from_request_parts(parts, app).await.map(drop).map_err(IntoResponse::into_response)
            }
        }
    };
}

declared!();
declared!(A1);
declared!(A1, A2);
declared!(A1, A2, A3);
declared!(A1, A2, A3, A4);

impl Routes {
    /// No routes yet, for one kind of client.
    #[must_use]
    pub fn new(area: Area) -> Self {
        Self { area, router: Router::new(), table: Vec::new() }
    }

    /// Adds a GET (and with it HEAD) route.
    #[must_use]
    pub fn get<H: Declared<M>, M: 'static>(
        self,
        path: &'static str,
        summary: &'static str,
        handler: H,
    ) -> Self {
        self.add(Method::GET, MethodFilter::GET, path, summary, handler)
    }

    /// Adds a POST route. One of the API does once what comes with an `Idempotency-Key`.
    #[must_use]
    pub fn post<H: Declared<M>, M: 'static>(
        self,
        path: &'static str,
        summary: &'static str,
        handler: H,
    ) -> Self {
        if self.area != Area::Api {
            return self.add(Method::POST, MethodFilter::POST, path, summary, handler);
        }
        let mut operation = H::operation();
        idempotency::describe(&mut operation);
        let info = RouteInfo {
            method: Method::POST,
            path,
            access: H::access(),
            area: self.area,
            summary,
            operation,
        };
        self.insert(on(MethodFilter::POST, Keyed::new(handler)), info)
    }

    /// Adds a PUT route.
    #[must_use]
    pub fn put<H: Declared<M>, M: 'static>(
        self,
        path: &'static str,
        summary: &'static str,
        handler: H,
    ) -> Self {
        self.add(Method::PUT, MethodFilter::PUT, path, summary, handler)
    }

    /// Adds a PATCH route.
    #[must_use]
    pub fn patch<H: Declared<M>, M: 'static>(
        self,
        path: &'static str,
        summary: &'static str,
        handler: H,
    ) -> Self {
        self.add(Method::PATCH, MethodFilter::PATCH, path, summary, handler)
    }

    /// Adds a DELETE route.
    #[must_use]
    pub fn delete<H: Declared<M>, M: 'static>(
        self,
        path: &'static str,
        summary: &'static str,
        handler: H,
    ) -> Self {
        self.add(Method::DELETE, MethodFilter::DELETE, path, summary, handler)
    }

    /// Adds all routes of `other`.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.router = self.router.merge(other.router);
        self.table.extend(other.table);
        self
    }

    /// The router, and the table of everything in it.
    pub fn finish(self) -> (Router<AppState>, RouteTable) {
        (self.router, RouteTable::new(self.table))
    }

    /// Says more of the route added last than its summary does, in whole sentences.
    #[must_use]
    pub fn note(self, text: &'static str) -> Self {
        self.tell(|operation| operation.note(text))
    }

    /// Says that the route added last answers this kind of problem, which no type tells, and when: "the slug is
    /// taken", say.
    #[must_use]
    pub fn problem(self, slug: &'static str, when: &'static str) -> Self {
        self.tell(|operation| operation.problem(slug, when))
    }

    /// Says which form the route added last reads, where its handler reads it field by field.
    #[must_use]
    pub fn form<T: JsonSchema>(self) -> Self {
        self.tell(|operation| operation.body::<T>("application/x-www-form-urlencoded"))
    }

    fn tell(mut self, what: impl FnOnce(&mut Operation)) -> Self {
        if let Some(route) = self.table.last_mut() {
            what(&mut route.operation);
        }
        self
    }

    fn add<H: Declared<M>, M: 'static>(
        self,
        method: Method,
        filter: MethodFilter,
        path: &'static str,
        summary: &'static str,
        handler: H,
    ) -> Self {
        let (access, operation, area) = (H::access(), H::operation(), self.area);
        let info = RouteInfo { method, path, access, area, summary, operation };
        self.insert(on(filter, handler), info)
    }

    #[allow(
        clippy::disallowed_methods,
        reason = "this is the one place that adds routes, with their declaration"
    )]
    fn insert(mut self, to: MethodRouter<AppState>, info: RouteInfo) -> Self {
        self.router = self.router.route(info.path, to);
        self.table.push(info);
        self
    }
}
