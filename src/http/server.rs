//! Accepts connections and serves them with the limits axum's own server does not set: header size and time,
//! idle time, how many at once. Drains on shutdown. Called by `app.rs`.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tower::ServiceExt as _;

use crate::http::boundary::Peer;

/// Limits of connections.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// At once; more wait to be accepted.
    pub connections: usize,
    /// For the head of a request to arrive, and for a connection to lie idle.
    pub header_timeout: Duration,
    /// For requests under way to end after shutdown began.
    pub drain: Duration,
}

/// Buffers of a connection hold a head of this size at most; `http/boundary/` refuses smaller ones with a reason.
const MAX_HEAD: usize = 32 * 1024;

/// Serves `router` on `listener` until `stop` is done, then lets requests under way finish.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    limits: Limits,
    stop: impl Future<Output = ()> + Send,
) {
    let mut http = hyper::server::conn::http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(limits.header_timeout)
        .max_buf_size(MAX_HEAD)
        .half_close(false);
    let graceful = GracefulShutdown::new();
    let places = Arc::new(Semaphore::new(limits.connections));
    let mut stop = std::pin::pin!(stop);
    loop {
        let accepted = tokio::select! {
            accepted = accept(&listener, &places) => accepted,
            () = &mut stop => break,
        };
        let Some((stream, peer, place)) = accepted else { continue };
        let service = router.clone().map_request(move |mut request: http::Request<hyper::body::Incoming>| {
            request.extensions_mut().insert(Peer(peer));
            request.map(axum::body::Body::new)
        });
        let connection = http.serve_connection(TokioIo::new(stream), TowerToHyperService::new(service));
        let connection = graceful.watch(connection);
        tokio::spawn(async move {
            // Broken and slow clients are everyday life, not events.
            if let Err(error) = connection.await {
                tracing::trace!(%error, "connection");
            }
            drop(place);
        });
    }
    drop(listener);
    tokio::select! {
        () = graceful.shutdown() => {}
        () = tokio::time::sleep(limits.drain) => tracing::warn!("some requests did not finish in time"),
    }
}

type Accepted = (tokio::net::TcpStream, std::net::SocketAddr, tokio::sync::OwnedSemaphorePermit);

async fn accept(listener: &TcpListener, places: &Arc<Semaphore>) -> Option<Accepted> {
    let place = Arc::clone(places).acquire_owned().await.ok()?;
    // Answers are written whole; waiting to fill packets only delays them.
    let accepted =
        listener.accept().await.and_then(|(stream, peer)| stream.set_nodelay(true).map(|()| (stream, peer)));
    match accepted {
        Ok((stream, peer)) => Some((stream, peer, place)),
        Err(error) => {
            // Out of file descriptors, mostly: trying again at once would spin.
            tracing::warn!(%error, "cannot accept");
            tokio::time::sleep(Duration::from_millis(50)).await;
            None
        }
    }
}
