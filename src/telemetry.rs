//! Logs and metrics. Called by `app.rs` once at start.

use std::io::IsTerminal as _;

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::config::LogFormat;
use crate::error::{Error, Result};

/// Sends log lines that pass `filter` to standard error.
///
/// # Errors
/// [`Error::Malformed`] when the filter cannot be read.
pub fn log(filter: &str, format: LogFormat) -> Result<()> {
    let filter = EnvFilter::builder()
        .parse(filter)
        .map_err(|error| Error::Malformed(format!("FREEHOLD_LOG cannot be read: {error}").into()))?;
    let lines = tracing_subscriber::registry().with(filter);
    let writer = std::io::stderr;
    let colours = writer().is_terminal();
    let set = match format {
        LogFormat::Pretty => lines
            .with(tracing_subscriber::fmt::layer().with_target(false).with_ansi(colours).with_writer(writer))
            .try_init(),
        LogFormat::Json => lines.with(tracing_subscriber::fmt::layer().json().with_writer(writer)).try_init(),
    };
    set.map_err(|error| Error::internal("logging is set up twice", error))
}

/// Collects metrics of this process; the handle renders them for `/metrics`.
///
/// # Errors
/// [`Error::Internal`] when a bucket is not valid.
pub fn metrics() -> Result<PrometheusHandle> {
    let recorder = PrometheusBuilder::new()
        .set_buckets(&[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0])
        .map_err(|error| Error::internal("metrics", error))?
        .build_recorder();
    let handle = recorder.handle();
    if metrics::set_global_recorder(recorder).is_err() {
        tracing::debug!("metrics are collected already, as when tests run in one process");
    }
    Ok(handle)
}
