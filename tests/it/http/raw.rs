//! Requests byte by byte, as no proper client sends them. Used by the tests of HTTP.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// How long a server may keep a connection that it ought to close.
const PATIENCE: Duration = Duration::from_secs(20);

/// An answer as it came.
#[derive(Debug)]
pub(super) struct RawAnswer {
    pub(super) status: u16,
    /// Names in lower case.
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: String,
}

impl RawAnswer {
    /// A header's only value; empty without one.
    pub(super) fn header(&self, name: &str) -> &str {
        let mut values =
            self.headers.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_str());
        let value = values.next().unwrap_or_default();
        assert_eq!(values.next(), None, "{name} comes once");
        value
    }

    fn parse(text: &str) -> Option<Self> {
        let (head, body) = text.split_once("\r\n\r\n")?;
        let mut lines = head.lines();
        let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
        let headers = lines
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
            .collect();
        Some(Self { status, headers, body: body.to_owned() })
    }
}

/// Sends `bytes` on a connection of their own and reads until the server closes it.
pub(super) async fn send(to: SocketAddr, bytes: impl AsRef<[u8]>) -> RawAnswer {
    let text = send_and_read(to, bytes.as_ref()).await;
    RawAnswer::parse(&text).unwrap_or_else(|| panic!("an answer: {text:?}"))
}

/// The same, when there need not be an answer.
pub(super) async fn send_and_read(to: SocketAddr, bytes: &[u8]) -> String {
    let (mut reads, mut writes) = TcpStream::connect(to).await.unwrap().into_split();
    let bytes = bytes.to_vec();
    // At the same time: the server may answer, and stop reading, before everything is sent.
    let writing = tokio::spawn(async move {
        writes.write_all(&bytes).await.ok();
        writes
    });
    let text = read_to_end(&mut reads).await;
    writing.abort();
    text
}

/// What comes until the server closes the connection, which it must.
pub(super) async fn read_to_end(from: &mut (impl tokio::io::AsyncRead + Unpin)) -> String {
    let mut bytes = Vec::new();
    let read = tokio::time::timeout(PATIENCE, from.read_to_end(&mut bytes)).await;
    // A reset after the answer is an end too.
    read.expect("the server closes the connection").ok();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// A request without a body; each of `headers` is a line.
pub(super) fn request(method: &str, target: &str, host: SocketAddr, headers: &[String]) -> String {
    let lines = headers.iter().fold(String::new(), |lines, line| lines + line.as_str() + "\r\n");
    format!("{method} {target} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n{lines}\r\n")
}

/// Opens a path without credentials.
pub(super) async fn get(to: SocketAddr, target: &str) -> RawAnswer {
    send(to, request("GET", target, to, &[])).await
}
