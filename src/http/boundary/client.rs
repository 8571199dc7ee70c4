//! Where a request comes from and what it is called. Called by the boundary; must never believe a header that only a
//! trusted proxy may set.

use std::net::{IpAddr, SocketAddr};

use axum::extract::Request;
use http::HeaderMap;

use super::REQUEST_ID;
use crate::http::state::AppState;

/// The peer's address, put into the request by the server that accepted it.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub SocketAddr);

pub(super) fn request_id(headers: &HeaderMap) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    let given = headers.get(&REQUEST_ID).and_then(|value| value.to_str().ok());
    given
        .filter(|id| (1..=64).contains(&id.len()) && id.bytes().all(plain))
        .map_or_else(|| crate::ids::DecisionId::new().to_string(), str::to_owned)
}

/// The client's address: the peer's, or when the peer is a trusted proxy the last address in `X-Forwarded-For`
/// that is not one. What cannot be read counts for nothing.
pub(super) fn client_ip(app: &AppState, request: &Request) -> IpAddr {
    let peer = request
        .extensions()
        .get::<Peer>()
        .map_or(IpAddr::from([0, 0, 0, 0]), |peer| peer.0.ip().to_canonical());
    let trusted =
        |address: &IpAddr| app.config.trusted_proxies.iter().any(|network| network.contains(address));
    if !trusted(&peer) {
        return peer;
    }
    let forwarded: Vec<&str> = request
        .headers()
        .get_all("x-forwarded-for")
        .iter()
        .flat_map(|value| value.to_str().unwrap_or("?").split(',').map(str::trim))
        .collect();
    for text in forwarded.iter().rev() {
        match text.parse::<IpAddr>() {
            Ok(address) if trusted(&address) => {}
            Ok(address) => return address.to_canonical(),
            Err(_unreadable) => return peer,
        }
    }
    peer
}
