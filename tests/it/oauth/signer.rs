//! Keys of apps, and assertions signed by hand so that any defect can be written.

use std::sync::OnceLock;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256, RSA_PSS_SHA256,
    RsaKeyPair,
};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use serde_json::{Value, json};

/// The one RSA key of the run: they are slow to make.
fn rsa() -> &'static RsaKeyPair {
    static PAIR: OnceLock<RsaKeyPair> = OnceLock::new();
    PAIR.get_or_init(|| RsaKeyPair::generate(KeySize::Rsa2048).unwrap())
}

pub(super) enum Signer {
    Ec(EcdsaKeyPair),
    Ed(Ed25519KeyPair),
    Rsa(&'static str),
}

impl Signer {
    pub(super) fn of(algorithm: &'static str) -> Self {
        match algorithm {
            "ES256" => Self::Ec(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap()),
            "EdDSA" => Self::Ed(Ed25519KeyPair::generate().unwrap()),
            other => Self::Rsa(other),
        }
    }

    pub(super) fn algorithm(&self) -> &'static str {
        match self {
            Self::Ec(_) => "ES256",
            Self::Ed(_) => "EdDSA",
            Self::Rsa(algorithm) => algorithm,
        }
    }

    /// The public half, as an app registers it.
    pub(super) fn jwk(&self, kid: &str) -> Value {
        let text = |bytes: &[u8]| BASE64.encode(bytes);
        let mut jwk = match self {
            Self::Ec(pair) => {
                let (x, y) = pair.public_key().as_ref()[1..].split_at(32);
                json!({ "kty": "EC", "crv": "P-256", "x": text(x), "y": text(y) })
            }
            Self::Ed(pair) => {
                json!({ "kty": "OKP", "crv": "Ed25519", "x": text(pair.public_key().as_ref()) })
            }
            Self::Rsa(_) => {
                let public = rsa().public_key();
                let n = text(public.modulus().big_endian_without_leading_zero());
                json!({ "kty": "RSA", "n": n, "e": "AQAB" })
            }
        };
        jwk["kid"] = json!(kid);
        jwk["alg"] = json!(self.algorithm());
        jwk
    }

    /// The private half of a P-256 key, as programs keep it.
    pub(super) fn pkcs8(&self) -> Vec<u8> {
        let Self::Ec(pair) = self else { panic!("not asked for") };
        pair.to_pkcs8v1().unwrap().as_ref().to_vec()
    }

    /// These claims under an honest header.
    pub(super) fn sign(&self, claims: &Value) -> String {
        self.sign_as(&json!({ "alg": self.algorithm() }), claims)
    }

    /// Any claims under any header.
    pub(super) fn sign_as(&self, header: &Value, claims: &Value) -> String {
        let signed = format!("{}.{}", BASE64.encode(header.to_string()), BASE64.encode(claims.to_string()));
        let random = SystemRandom::new();
        let signature = match self {
            Self::Ec(pair) => pair.sign(&random, signed.as_bytes()).unwrap().as_ref().to_vec(),
            Self::Ed(pair) => pair.sign(signed.as_bytes()).as_ref().to_vec(),
            Self::Rsa(algorithm) => {
                let mut signature = vec![0; rsa().public_modulus_len()];
                if *algorithm == "PS256" {
                    rsa().sign(&RSA_PSS_SHA256, &random, signed.as_bytes(), &mut signature).unwrap();
                } else {
                    rsa().sign(&RSA_PKCS1_SHA256, &random, signed.as_bytes(), &mut signature).unwrap();
                }
                signature
            }
        };
        format!("{signed}.{}", BASE64.encode(signature))
    }
}
