//! The application on a listener, for programs that call it as any client does. Used by the tests that run one; must
//! never be what a test of ours speaks to, for the router is nearer.

use std::future::pending;
use std::net::SocketAddr;
use std::time::Duration;

use freehold::http::{Limits, serve};
use tokio::net::TcpListener;

use super::{Browser, HOST, ORIGIN, TestApp};

impl TestApp {
    /// Serves it on a free port until the test ends. Who calls it says that they mean its public URL.
    pub(crate) async fn served(&self) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let limits = Limits {
            connections: 100,
            header_timeout: Duration::from_secs(10),
            drain: Duration::from_secs(1),
        };
        tokio::spawn(serve(listener, self.router.clone(), limits, pending()));
        address
    }
}

impl Browser {
    /// The headers by which another client calls as this one does.
    pub(crate) fn headers(&self) -> Vec<String> {
        let mut headers = vec![format!("Host: {HOST}")];
        if let Some(token) = &self.bearer {
            headers.push(format!("Authorization: Bearer {token}"));
        } else if let Some((cookie, _)) = &self.session {
            headers.push(format!("Cookie: __Host-freehold={cookie}"));
            headers.push(format!("Origin: {ORIGIN}"));
        }
        headers
    }
}
