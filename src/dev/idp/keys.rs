//! RSA keys of the Google side. Called by the JWKS and token endpoints; keys live in memory only and must
//! never be written anywhere.

use std::sync::{Arc, OnceLock};

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::OldKey;
use crate::error::{Error, Result};
use crate::ids;

/// The keys the JWKS tells, and which of them signs.
pub(super) struct Keys {
    current: Arc<Key>,
    old: Vec<Arc<Key>>,
}

/// One RSA key with its name.
pub(super) struct Key {
    id: String,
    pair: KeyPair,
}

impl Keys {
    /// The first key is made once for the process: tests start many providers, and making one takes long.
    pub(super) fn new() -> Result<Self> {
        static FIRST: OnceLock<Arc<Key>> = OnceLock::new();
        let current = if let Some(key) = FIRST.get() {
            Arc::clone(key)
        } else {
            let made = Arc::new(Key::generate()?);
            Arc::clone(FIRST.get_or_init(|| made))
        };
        Ok(Self { current, old: Vec::new() })
    }

    pub(super) fn rotate(&mut self, old: OldKey) -> Result<()> {
        let before = std::mem::replace(&mut self.current, Arc::new(Key::generate()?));
        match old {
            OldKey::Keep => self.old.push(before),
            OldKey::Drop => self.old.clear(),
        }
        Ok(())
    }

    pub(super) fn current(&self) -> Arc<Key> {
        Arc::clone(&self.current)
    }

    /// RFC 7517: the public halves.
    pub(super) fn jwks(&self) -> Value {
        let keys: Vec<Value> = std::iter::once(&self.current).chain(&self.old).map(|key| key.jwk()).collect();
        json!({ "keys": keys })
    }
}

impl Key {
    pub(super) fn generate() -> Result<Self> {
        let pair = KeyPair::generate(KeySize::Rsa2048)
            .map_err(|error| Error::internal("no RSA key could be made", error))?;
        Ok(Self { id: ids::secret_text().chars().take(20).collect(), pair })
    }

    pub(super) fn id(&self) -> &str {
        &self.id
    }

    /// A signature by RS256.
    pub(super) fn sign(&self, message: &[u8]) -> Result<Vec<u8>> {
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature)
            .map_err(|error| Error::internal("the RSA key does not sign", error))?;
        Ok(signature)
    }

    /// The public half as PEM, the form in which careless verifiers take it for an HMAC secret.
    pub(super) fn public_pem(&self) -> Result<String> {
        let der = self
            .pair
            .public_key()
            .as_der()
            .map_err(|error| Error::internal("the RSA key has no public half", error))?;
        let text = STANDARD.encode(der.as_ref());
        let mut pem = String::from("-----BEGIN PUBLIC KEY-----\n");
        for (at, letter) in text.chars().enumerate() {
            if at > 0 && at % 64 == 0 {
                pem.push('\n');
            }
            pem.push(letter);
        }
        pem.push_str("\n-----END PUBLIC KEY-----\n");
        Ok(pem)
    }

    fn jwk(&self) -> Value {
        let public = self.pair.public_key();
        json!({
            "kty": "RSA",
            "use": "sig",
            "alg": "RS256",
            "kid": self.id,
            "n": URL_SAFE_NO_PAD.encode(public.modulus().big_endian_without_leading_zero()),
            "e": URL_SAFE_NO_PAD.encode(public.exponent().big_endian_without_leading_zero()),
        })
    }
}
