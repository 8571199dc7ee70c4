//! A name server of one's own: answers for TXT records out of a map that a page of the provider, or a test, writes; says
//! of everything else that it is not there. Called by `idp` and by tests; on loopback only; must never ask another server.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::net::UdpSocket;
use tokio::task::AbortHandle;

use crate::error::{Error, Result};

/// The server; it ends when this is dropped.
#[derive(Debug)]
pub struct NameServer {
    address: SocketAddr,
    zone: Arc<Mutex<Zone>>,
    task: AbortHandle,
}

#[derive(Debug, Default)]
struct Zone {
    records: BTreeMap<String, Vec<String>>,
    asked: usize,
    refuses: bool,
}

impl Drop for NameServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl NameServer {
    /// Answers on a free port of loopback in the background. Call it within a tokio runtime.
    ///
    /// # Errors
    /// [`Error::Internal`] when there is no port to be had.
    pub fn start() -> Result<Self> {
        let cannot =
            |error: std::io::Error| Error::internal("the development name server has no port", error);
        let socket = std::net::UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).map_err(cannot)?;
        socket.set_nonblocking(true).map_err(cannot)?;
        let socket = UdpSocket::from_std(socket).map_err(cannot)?;
        let address = socket.local_addr().map_err(cannot)?;
        let zone: Arc<Mutex<Zone>> = Arc::default();
        let task = tokio::spawn(serve(socket, Arc::clone(&zone))).abort_handle();
        Ok(Self { address, zone, task })
    }

    /// Where it is asked.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Makes these the texts at the name, whatever was there; without texts the name is not there.
    pub fn set(&self, name: &str, texts: &[&str]) {
        let (name, texts) = (name.to_ascii_lowercase(), texts.iter().map(ToString::to_string).collect());
        let mut zone = lock(&self.zone);
        zone.records.insert(name, texts);
        zone.records.retain(|_, texts| !texts.is_empty());
    }

    /// Every name with its texts.
    #[must_use]
    pub fn records(&self) -> Vec<(String, Vec<String>)> {
        lock(&self.zone).records.iter().map(|(name, texts)| (name.clone(), texts.clone())).collect()
    }

    /// From now on says that it cannot tell, or again what it knows.
    pub fn refuse(&self, refuses: bool) {
        lock(&self.zone).refuses = refuses;
    }

    /// How often it was asked.
    #[must_use]
    pub fn asked(&self) -> usize {
        lock(&self.zone).asked
    }
}

fn lock(zone: &Mutex<Zone>) -> MutexGuard<'_, Zone> {
    zone.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn serve(socket: UdpSocket, zone: Arc<Mutex<Zone>>) {
    let mut packet = [0; 1500];
    loop {
        let answered = match socket.recv_from(&mut packet).await {
            Ok((length, from)) => {
                match packet.get(..length).and_then(|query| answer(query, &mut lock(&zone))) {
                    Some(answer) => socket.send_to(&answer, from).await.map(|_| ()),
                    None => Ok(()),
                }
            }
            Err(error) => Err(error),
        };
        if let Err(error) = answered {
            tracing::debug!(%error, "the development name server cannot answer");
        }
    }
}

/// The answer to a question (RFC 1035, section 4); none to what is no question.
fn answer(query: &[u8], zone: &mut Zone) -> Option<Vec<u8>> {
    const TXT: [u8; 2] = [0, 16];
    let (mut name, mut at) = (Vec::new(), 12);
    loop {
        let length = usize::from(*query.get(at)?);
        at += 1;
        if length == 0 {
            break;
        }
        name.push(String::from_utf8_lossy(query.get(at..at + length)?).to_ascii_lowercase());
        at += length;
    }
    let (id, question) = (query.get(..2)?, query.get(12..at + 4)?);
    let wants_text = query.get(at..at + 2)? == TXT;
    zone.asked += 1;
    let known = zone.records.get(&name.join("."));
    let texts: &[String] = known.filter(|_| wants_text && !zone.refuses).map_or(&[], Vec::as_slice);
    // It cannot tell (2), it is there (0), it is not there (3).
    let code = if zone.refuses { 2 } else { 3 * u8::from(known.is_none()) };
    let mut reply =
        [id, &[0x81, 0x80 | code, 0, 1], &u16::try_from(texts.len()).ok()?.to_be_bytes(), &[0; 4]].concat();
    reply.extend(question);
    for text in texts {
        let parts =
            text.as_bytes().chunks(255).map(|part| (u8::try_from(part.len()).unwrap_or(u8::MAX), part));
        let data: Vec<u8> =
            parts.flat_map(|(length, part)| std::iter::once(length).chain(part.iter().copied())).collect();
        // A pointer to the question's name, TXT, of the Internet, good for a minute.
        reply.extend([0xc0, 12, 0, 16, 0, 1, 0, 0, 0, 60]);
        reply.extend(u16::try_from(data.len()).ok()?.to_be_bytes());
        reply.extend(data);
    }
    Some(reply)
}
