//! Nodes tell each other through Redis what they have counted, a few times a second and beside the requests: no request
//! ever waits for it. Without Redis, or while it is away or slow, each node counts for itself.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use fred::clients::Client;
use fred::prelude::{ClientLike, Config, HashesInterface as _, KeysInterface as _};
use fred::types::Builder;
use fred::types::config::ReconnectPolicy;
use tokio::sync::mpsc;

use super::counter::{Counter, WINDOW, window};
use super::{Key, Rate, Shared};
use crate::clock::Clock;
use crate::ids::random_bytes;

/// How often nodes tell each other.
const BEAT: Duration = Duration::from_millis(200);
/// How long Redis may take for it.
const PATIENCE: Duration = Duration::from_millis(500);
/// How long until a lost connection is tried again.
const RECONNECT_MILLIS: u32 = 250;
/// How many counters are told in one go.
const AT_ONCE: usize = 2_000;

/// A counter that is shared in this window, and what was last told of it.
struct Told {
    counter: Arc<Counter>,
    count: u32,
}

/// Shares what `rate` counts until the task is dropped.
pub(crate) async fn share(rate: Arc<Rate>, url: String, clock: Clock) {
    let Some(crossed) = rate.shared() else { return };
    match connect(&url) {
        Ok(client) => keep_telling(client, crossed, clock).await,
        Err(error) => tracing::error!(%error, "REDIS_URL cannot be used for sharing rate limits"),
    }
}

async fn keep_telling(client: Client, mut crossed: mpsc::Receiver<Shared>, clock: Clock) {
    while client.init().await.is_err() {
        tokio::time::sleep(Duration::from_millis(u64::from(RECONNECT_MILLIS))).await;
    }
    // Counts of a node that is started again stand beside those from before.
    let node = hexadecimal(&random_bytes::<8>());
    let (mut present, mut shared) = (0, HashMap::new());
    loop {
        tokio::time::sleep(BEAT).await;
        let now = window(clock.now());
        if now != present {
            (present, shared) = (now, HashMap::new());
        }
        while let Ok((key, counter)) = crossed.try_recv() {
            shared.entry(key).or_insert(Told { counter, count: 0 });
        }
        if let Err(error) = tell(&client, &node, now, &mut shared).await {
            tracing::debug!(%error, "rate limits are not shared now; each node counts for itself");
        }
    }
}

/// Tells the counters that went on since they were last told, and hears of the other nodes' counts. Each node has its
/// own field, so that telling twice changes nothing.
async fn tell(
    client: &Client,
    node: &str,
    window: u32,
    shared: &mut HashMap<Key, Told>,
) -> Result<(), fred::error::Error> {
    let moved = shared.iter_mut().filter_map(|(key, told)| {
        let own = told.counter.own(window);
        (own != told.count).then_some((key, told, own))
    });
    let moved: Vec<_> = moved.take(AT_ONCE).collect();
    if moved.is_empty() {
        return Ok(());
    }
    let pipeline = client.pipeline();
    for (key, _, own) in &moved {
        let (kind, id) = key.words();
        let name = format!("freehold:rate:{kind}:{}:{window}", hexadecimal(id));
        let expiry = i64::try_from(WINDOW * 2).unwrap_or(i64::MAX);
        let () = pipeline.hset(&name, (node, *own)).await?;
        let () = pipeline.expire(&name, expiry, None).await?;
        let () = pipeline.hvals(&name).await?;
    }
    let answers: Vec<fred::types::Value> = pipeline.all().await?;
    for ((_, told, own), answer) in moved.into_iter().zip(answers.into_iter().skip(2).step_by(3)) {
        let all: Vec<u32> = answer.convert()?;
        let others = all.into_iter().fold(0_u32, u32::saturating_add).saturating_sub(own);
        told.counter.heard(window, others);
        told.count = own;
    }
    Ok(())
}

fn connect(url: &str) -> Result<Client, fred::error::Error> {
    Builder::from_config(Config::from_url(url)?)
        .with_connection_config(|config| {
            config.connection_timeout = Duration::from_secs(1);
            config.internal_command_timeout = Duration::from_secs(1);
            config.max_command_attempts = 1;
        })
        .with_performance_config(|config| config.default_command_timeout = PATIENCE)
        .set_policy(ReconnectPolicy::new_constant(0, RECONNECT_MILLIS))
        .build()
}

fn hexadecimal(bytes: &[u8]) -> String {
    let digits = bytes.iter().map(|byte| format!("{byte:02x}"));
    digits.collect::<Vec<_>>().concat()
}
