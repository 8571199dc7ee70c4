//! A provider for tests that answers whatever a closure says, over real sockets on a free port.

use std::collections::HashMap;
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use http_body_util::BodyExt;
use hyper::body::{Body, Bytes, Frame, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpListener;
use url::Url;

/// A request as the closure sees it.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub base: String,
    pub path: String,
    pub query: HashMap<String, String>,
    pub headers: http::HeaderMap,
    pub form: HashMap<String, String>,
}

/// What to answer.
#[derive(Debug, Clone)]
pub(crate) enum Reply {
    Whole {
        status: u16,
        headers: Vec<(&'static str, String)>,
        body: Vec<u8>,
    },
    /// Nothing at all.
    Silence,
    /// A head, and then nothing.
    HalfSilence,
    /// A body without a length that does not end.
    Endless,
}

impl Reply {
    pub(crate) fn json(status: u16, body: &Value) -> Self {
        let headers = vec![("content-type", "application/json; charset=utf-8".to_owned())];
        Self::Whole { status, headers, body: body.to_string().into_bytes() }
    }

    pub(crate) fn bytes(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self::Whole { status, headers: Vec::new(), body: body.into() }
    }

    pub(crate) fn redirect(to: &str) -> Self {
        Self::Whole { status: 302, headers: vec![("location", to.to_owned())], body: Vec::new() }
    }

    pub(crate) fn endless() -> Self {
        Self::Endless
    }
}

enum Content {
    Whole(Option<Bytes>),
    Never,
    Endless,
}

impl Body for Content {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        match self.get_mut() {
            Self::Whole(bytes) => Poll::Ready(bytes.take().map(|bytes| Ok(Frame::data(bytes)))),
            Self::Never => Poll::Pending,
            Self::Endless => Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(&[b'x'; 600]))))),
        }
    }
}

/// The provider; it stops with the test's runtime.
pub(crate) struct Fake {
    base: String,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Fake {
    pub(crate) async fn start(answer: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (answer, log, own) = (Arc::new(answer), Arc::clone(&seen), base.clone());
        tokio::spawn(async move {
            while let Ok((socket, _peer)) = listener.accept().await {
                let (answer, log, own) = (Arc::clone(&answer), Arc::clone(&log), own.clone());
                let service = service_fn(move |request| {
                    let (answer, log, own) = (Arc::clone(&answer), Arc::clone(&log), own.clone());
                    async move {
                        let request = read(request, own).await;
                        let reply = answer(&request);
                        log.lock().unwrap().push(request);
                        Ok::<_, Infallible>(write(reply).await)
                    }
                });
                let connection = hyper::server::conn::http1::Builder::new()
                    .serve_connection(TokioIo::new(socket), service);
                tokio::spawn(connection);
            }
        });
        Self { base, seen }
    }

    /// An address on this machine where nobody listens.
    pub(crate) async fn closed_url() -> Url {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Url::parse(&format!("http://{}/", listener.local_addr().unwrap())).unwrap()
    }

    pub(crate) fn base(&self) -> &str {
        &self.base
    }

    pub(crate) fn url(&self, path: &str) -> Url {
        Url::parse(&format!("{}{path}", self.base)).unwrap()
    }

    /// Every request so far to this path.
    pub(crate) fn seen(&self, path: &str) -> Vec<Seen> {
        self.seen.lock().unwrap().iter().filter(|request| request.path == path).cloned().collect()
    }
}

async fn read(request: http::Request<Incoming>, base: String) -> Seen {
    let (head, body) = request.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    let pairs = |bytes: &[u8]| url::form_urlencoded::parse(bytes).into_owned().collect();
    Seen {
        base,
        path: head.uri.path().to_owned(),
        query: pairs(head.uri.query().unwrap_or_default().as_bytes()),
        headers: head.headers,
        form: pairs(&body),
    }
}

async fn write(reply: Reply) -> http::Response<Content> {
    match reply {
        Reply::Whole { status, headers, body } => {
            let mut answer = http::Response::builder().status(status).header("content-length", body.len());
            for (name, value) in headers {
                answer = answer.header(name, value);
            }
            answer.body(Content::Whole(Some(body.into()))).unwrap()
        }
        Reply::Silence => std::future::pending().await,
        Reply::HalfSilence => http::Response::new(Content::Never),
        Reply::Endless => http::Response::new(Content::Endless),
    }
}
