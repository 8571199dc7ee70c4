//! Keys for tests, made anew in each run, and tokens signed by hand so that any defect can be written.

use std::sync::{Arc, OnceLock};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair, RSA_PKCS1_SHA256, RsaKeyPair,
};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use jsonwebtoken::{Algorithm, DecodingKey};
use serde_json::{Value, json};

use super::keys::Key;

#[derive(Clone)]
enum Pair {
    Rsa(Arc<RsaKeyPair>),
    Ec(Arc<EcdsaKeyPair>),
}

/// Signs as a provider would.
#[derive(Clone)]
pub(crate) struct Signer {
    id: String,
    pair: Pair,
}

impl Signer {
    /// The one RSA key of the run (they are slow to make) under this id.
    pub(crate) fn rsa(id: &str) -> Self {
        static PAIR: OnceLock<Arc<RsaKeyPair>> = OnceLock::new();
        let pair = PAIR.get_or_init(|| Arc::new(RsaKeyPair::generate(KeySize::Rsa2048).unwrap()));
        Self { id: id.to_owned(), pair: Pair::Rsa(Arc::clone(pair)) }
    }

    /// A new P-256 key under this id.
    pub(crate) fn ec(id: &str) -> Self {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
        Self { id: id.to_owned(), pair: Pair::Ec(Arc::new(pair)) }
    }

    /// The public key as it stands in a key set.
    pub(crate) fn jwk(&self) -> Value {
        match &self.pair {
            Pair::Rsa(pair) => {
                let public = pair.public_key();
                let text = |bytes: &[u8]| BASE64.encode(bytes);
                let n = text(public.modulus().big_endian_without_leading_zero());
                let e = text(public.exponent().big_endian_without_leading_zero());
                json!({ "kty": "RSA", "kid": self.id, "use": "sig", "alg": "RS256", "n": n, "e": e })
            }
            Pair::Ec(pair) => {
                let (x, y) = pair.public_key().as_ref()[1..].split_at(32);
                json!({ "kty": "EC", "crv": "P-256", "kid": self.id, "x": BASE64.encode(x), "y": BASE64.encode(y) })
            }
        }
    }

    /// The public key as the check takes it.
    pub(crate) fn key(&self) -> Key {
        let (jwk, id) = (self.jwk(), self.id.clone());
        let part = |name: &str| jwk[name].as_str().unwrap().to_owned();
        match self.pair {
            Pair::Rsa(_) => {
                let public = DecodingKey::from_rsa_components(&part("n"), &part("e")).unwrap();
                Key { id, algorithm: Algorithm::RS256, public }
            }
            Pair::Ec(_) => {
                let public = DecodingKey::from_ec_components(&part("x"), &part("y")).unwrap();
                Key { id, algorithm: Algorithm::ES256, public }
            }
        }
    }

    /// A token with these claims under an honest header.
    pub(crate) fn sign(&self, claims: &Value) -> String {
        let alg = match self.pair {
            Pair::Rsa(_) => "RS256",
            Pair::Ec(_) => "ES256",
        };
        self.sign_as(&json!({ "alg": alg, "kid": self.id, "typ": "JWT" }), claims)
    }

    /// A token under any header, signed with this key all the same.
    pub(crate) fn sign_as(&self, header: &Value, claims: &Value) -> String {
        let signed = signed_part(header, claims);
        let random = SystemRandom::new();
        let signature = match &self.pair {
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, signed.as_bytes(), &mut signature).unwrap();
                signature
            }
            Pair::Ec(pair) => pair.sign(&random, signed.as_bytes()).unwrap().as_ref().to_vec(),
        };
        format!("{signed}.{}", BASE64.encode(signature))
    }

    /// A token under any header with an HMAC for a signature.
    pub(crate) fn hmac_token(secret: &[u8], header: &Value, claims: &Value) -> String {
        let signed = signed_part(header, claims);
        let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, secret);
        format!("{signed}.{}", BASE64.encode(aws_lc_rs::hmac::sign(&key, signed.as_bytes())))
    }
}

fn signed_part(header: &Value, claims: &Value) -> String {
    format!("{}.{}", BASE64.encode(header.to_string()), BASE64.encode(claims.to_string()))
}
