//! The keys a provider signs ID tokens with (RFC 7517). Called by `google`; must never offer a key for an
//! algorithm other than its own, nor fetch the set more often than once a minute because a token says so.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jsonwebtoken::{Algorithm, DecodingKey};
use serde::Deserialize;
use serde_json::Value;
use url::Url;

use crate::clock::{Clock, Timestamp};
use crate::login::SignInError;
use crate::login::cached::{Cached, Held};
use crate::login::client::Outbound;

const KEPT: Duration = Duration::from_hours(1);
const BETWEEN_REFETCHES: Duration = Duration::from_mins(1);

/// One public key, for one algorithm.
#[derive(Debug, Clone)]
pub(super) struct Key {
    pub id: String,
    pub algorithm: Algorithm,
    pub public: DecodingKey,
}

/// The provider's keys, kept and refetched when a token names one we have not seen.
#[derive(Debug)]
pub(super) struct Keys {
    clock: Clock,
    set: Cached<Vec<Key>>,
    refetched: Mutex<Option<Timestamp>>,
}

impl Keys {
    pub(super) fn new(clock: Clock) -> Self {
        Self { set: Cached::new(clock.clone()), clock, refetched: Mutex::new(None) }
    }

    /// The key of this id for this algorithm.
    pub(super) async fn find(
        &self,
        outbound: &Outbound,
        jwks_uri: &Url,
        id: &str,
        algorithm: Algorithm,
    ) -> Result<Key, SignInError> {
        let wanted =
            |keys: &[Key]| keys.iter().find(|key| key.id == id && key.algorithm == algorithm).cloned();
        let fresh = |held: &Held<Vec<Key>>| self.clock.now().since(held.since) < KEPT;
        let set = self.set.get(fresh, || fetch(outbound, jwks_uri)).await?;
        if let Some(key) = wanted(&set) {
            return Ok(key);
        }
        let good = |held: &Held<Vec<Key>>| wanted(&held.value).is_some();
        let enough = |held: &Held<Vec<Key>>| good(held) || !self.may_refetch();
        let refetch = || {
            *self.refetched.lock().unwrap_or_else(PoisonError::into_inner) = Some(self.clock.now());
            fetch(outbound, jwks_uri)
        };
        let set = self.set.renew(good, enough, refetch).await?;
        wanted(&set).ok_or(SignInError::Rejected("the ID token names an unknown key"))
    }

    fn may_refetch(&self) -> bool {
        let last = *self.refetched.lock().unwrap_or_else(PoisonError::into_inner);
        last.is_none_or(|last| self.clock.now().since(last) >= BETWEEN_REFETCHES)
    }
}

async fn fetch(outbound: &Outbound, jwks_uri: &Url) -> Result<Vec<Key>, SignInError> {
    let set: Set = outbound.get_json(jwks_uri.clone(), "the key set").await?;
    Ok(set.usable())
}

#[derive(Deserialize)]
struct Set {
    keys: Vec<Value>,
}

impl Set {
    /// The keys we can use; others may be there for others (RFC 7517 section 5).
    fn usable(self) -> Vec<Key> {
        self.keys.into_iter().filter_map(|key| serde_json::from_value::<Jwk>(key).ok()?.usable()).collect()
    }
}

#[derive(Deserialize)]
struct Jwk {
    kty: String,
    kid: String,
    #[serde(rename = "use")]
    purpose: Option<String>,
    alg: Option<String>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

impl Jwk {
    fn usable(self) -> Option<Key> {
        let (algorithm, name, public) = match (self.kty.as_str(), self.crv.as_deref()) {
            ("RSA", _) => {
                (Algorithm::RS256, "RS256", DecodingKey::from_rsa_components(&self.n?, &self.e?).ok()?)
            }
            ("EC", Some("P-256")) => {
                (Algorithm::ES256, "ES256", DecodingKey::from_ec_components(&self.x?, &self.y?).ok()?)
            }
            _ => return None,
        };
        let for_signing = self.purpose.is_none_or(|purpose| purpose == "sig");
        let for_this = self.alg.is_none_or(|alg| alg == name);
        (for_signing && for_this).then_some(Key { id: self.kid, algorithm, public })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use serde_json::json;

    use super::*;
    use crate::login::client::Limits;
    use crate::login::fake::{Fake, Reply};
    use crate::login::fake_keys::Signer;

    fn usable(keys: &Value) -> Vec<Key> {
        serde_json::from_value::<Set>(json!({ "keys": keys })).unwrap().usable()
    }

    #[test]
    fn only_signing_keys_of_known_algorithms_are_used() {
        let (rsa, ec) = (Signer::rsa("r").jwk(), Signer::ec("e").jwk());
        let with = |key: &Value, name: &str, value: Value| {
            let mut key = key.clone();
            key[name] = value;
            key
        };
        let found = usable(&json!([rsa, ec]));
        assert_eq!(
            found.iter().map(|key| key.algorithm).collect::<Vec<_>>(),
            [Algorithm::RS256, Algorithm::ES256]
        );
        let useless = json!([
            with(&rsa, "use", json!("enc")), with(&rsa, "alg", json!("RS512")), with(&rsa, "alg", json!("HS256")),
            with(&rsa, "kid", Value::Null), with(&rsa, "n", json!("!")), with(&ec, "crv", json!("P-384")),
            { "kty": "oct", "kid": "o", "k": "c2VjcmV0" }, { "kty": "OKP", "kid": "d", "crv": "Ed25519", "x": "" }, 7,
        ]);
        assert!(usable(&useless).is_empty());
    }

    #[tokio::test]
    async fn an_unknown_key_costs_one_fetch_a_minute() {
        let fetches = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&fetches);
        let fake = Fake::start(move |_request| {
            let id = format!("k{}", counter.fetch_add(1, Ordering::SeqCst));
            Reply::json(200, &json!({ "keys": [Signer::ec(&id).jwk()] }))
        })
        .await;
        let clock = Clock::manual(Timestamp::from_micros(0));
        let (keys, outbound) = (Keys::new(clock.clone()), Outbound::new(Limits::PRODUCTION, false).unwrap());
        let url = fake.url("/jwks");
        let find = |id: &'static str| keys.find(&outbound, &url, id, Algorithm::ES256);

        assert!(find("k0").await.is_ok());
        assert!(find("k0").await.is_ok());
        assert_eq!(fetches.load(Ordering::SeqCst), 1, "kept");
        assert!(find("k1").await.is_ok(), "a rotated key is found at once");
        assert_eq!(fetches.load(Ordering::SeqCst), 2);
        for _ in 0..5 {
            assert!(matches!(find("k2").await, Err(SignInError::Rejected(_))));
        }
        assert_eq!(fetches.load(Ordering::SeqCst), 2, "not again within the minute");
        clock.advance(BETWEEN_REFETCHES);
        let crowd = futures_util::future::join_all((0..20).map(|_| find("k2"))).await;
        assert!(crowd.iter().all(Result::is_ok));
        assert_eq!(fetches.load(Ordering::SeqCst), 3, "one fetch for all");
        assert!(keys.find(&outbound, &url, "k2", Algorithm::RS256).await.is_err(), "a key has one algorithm");
        clock.advance(KEPT);
        assert!(find("k3").await.is_ok(), "the set is not believed for ever");
    }
}
