//! Asking the name servers for the record that proves a domain. Called by `verify.rs` and `joining.rs`, never while a
//! transaction is open; must never take silence for an answer.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hickory_resolver::TokioResolver;
use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolverConfig};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::net::{DnsError, NetError};
use hickory_resolver::proto::op::ResponseCode;
use hickory_resolver::proto::rr::RData;

use crate::email::DomainName;
use crate::error::{Error, Result};

/// How long one question may take, with all its repetitions.
const WHOLE: Duration = Duration::from_secs(5);
/// How long one server has for one try.
const TRY: Duration = Duration::from_secs(2);
/// Records that are looked at, and how much of each.
const MOST_RECORDS: usize = 50;
const LONGEST_RECORD: usize = 300;

/// What the name servers said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Answer {
    /// The texts at the name; none when there are none.
    Records(Vec<String>),
    /// No answer one could rely on.
    Silence,
}

impl Answer {
    /// Whether this text is among the records.
    pub(super) fn holds(&self, wanted: &str) -> bool {
        matches!(self, Self::Records(records) if records.iter().any(|record| record == wanted))
    }
}

/// The name of the record that proves the domain.
pub(super) fn record_name(domain: &DomainName) -> String {
    format!("_freehold.{domain}")
}

/// The way to the name servers. Clones share it.
#[derive(Clone)]
pub struct Dns(Arc<TokioResolver>);

impl fmt::Debug for Dns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Dns(..)")
    }
}

impl Dns {
    /// Asks `server`, or whom the system asks. Nothing is asked yet.
    ///
    /// # Errors
    /// [`Error::Internal`] when the resolver cannot be made.
    pub fn new(server: Option<SocketAddr>) -> Result<Self> {
        let provider = TokioRuntimeProvider::default();
        let mut builder = match server {
            Some(address) => TokioResolver::builder_with_config(only(address), provider),
            None => TokioResolver::builder(provider).unwrap_or_else(|error| {
                // A machine without a resolver can do all but this.
                tracing::warn!(%error, "the system names no DNS server: domains cannot be verified");
                TokioResolver::builder_with_config(ResolverConfig::default(), TokioRuntimeProvider::default())
            }),
        };
        let options = builder.options_mut();
        options.timeout = TRY;
        options.attempts = 2;
        // Who has just made a record wants it seen.
        options.cache_size = 0;
        let resolver = builder.build().map_err(|error| Error::internal("DNS cannot be asked", error))?;
        Ok(Self(Arc::new(resolver)))
    }

    /// The texts of the record that proves the domain.
    pub(super) async fn records(&self, domain: &DomainName) -> Answer {
        // With a dot at its end it is the whole name: nothing of this machine's is appended.
        let asked = self.0.txt_lookup(format!("{}.", record_name(domain)));
        match tokio::time::timeout(WHOLE, asked).await {
            Ok(Ok(found)) => {
                let text = |data: &RData| {
                    let RData::TXT(text) = data else { return None };
                    Some(readable(&text.txt_data.concat()))
                };
                let texts = found.answers().iter().filter_map(|record| text(&record.data));
                Answer::Records(texts.take(MOST_RECORDS).collect())
            }
            Ok(Err(NetError::Dns(DnsError::NoRecordsFound(none))))
                if matches!(none.response_code, ResponseCode::NoError | ResponseCode::NXDomain) =>
            {
                Answer::Records(Vec::new())
            }
            Ok(Err(error)) => {
                tracing::info!(%domain, %error, "a domain's name servers gave no answer");
                Answer::Silence
            }
            Err(_elapsed) => Answer::Silence,
        }
    }
}

fn only(address: SocketAddr) -> ResolverConfig {
    let mut server = NameServerConfig::udp_and_tcp(address.ip());
    let at_port = |mut connection: ConnectionConfig| {
        connection.port = address.port();
        connection
    };
    server.connections = server.connections.into_iter().map(at_port).collect();
    ResolverConfig::from_parts(None, Vec::new(), vec![server])
}

/// A record as text, without what could not stand on a page.
fn readable(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    text.chars().filter(|c| !c.is_control()).take(LONGEST_RECORD).collect()
}
